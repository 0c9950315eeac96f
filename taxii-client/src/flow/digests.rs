//! The endpoint `changes/digest/` of our own servers.

use async_trait::async_trait;
use serde_json::value::RawValue;
use sharing::flow::reconcile::{Below, Digests, Leaf, Range};
use sharing::flow::{Change, Fault, Versions};
use taxii_model::changes::{Changes, Digests as Wire, MEDIA_TYPE};

use super::Remote;
use super::changes::{change, read};
use super::fault::fault;
use crate::address;
use crate::transport::Request;

#[async_trait]
impl Digests for Remote {
    async fn below(&self, prefix: &str) -> Result<Below, Fault> {
        let wrong = |error: &crate::Error| fault(&self.url(), error);
        let mut url = address::below(self.collection.url(), &["changes", "digest"]).map_err(|error| wrong(&error))?;
        url.query_pairs_mut().append_pair("prefix", prefix);
        let answer = self.collection.root().client().send(Request::page(url).of(MEDIA_TYPE)).await;
        let answer = answer.map_err(|error| wrong(&error))?;
        let told: Wire =
            read(&answer).map_err(|error| self.malformed(format!("the digests cannot be read: {error}")))?;
        Ok(match told {
            Wire::Children { children, .. } => {
                let range = |child: taxii_model::changes::DigestRange| Range {
                    prefix: child.prefix,
                    count: child.count,
                    digest: child.digest,
                };
                Below::Ranges(children.into_iter().map(range).collect())
            }
            Wire::Leaves { leaves, .. } => {
                Below::Versions(leaves.iter().map(|leaf| Leaf::new(&leaf.id, &leaf.version, &leaf.digest)).collect())
            }
        })
    }
}

#[async_trait]
impl Versions for Remote {
    async fn at(&self, key: &str) -> Result<Vec<Change>, Fault> {
        let wrong = |error: &crate::Error| fault(&self.url(), error);
        let mut url = address::below(self.collection.url(), &["changes"]).map_err(|error| wrong(&error))?;
        url.query_pairs_mut().append_pair("prefix", key);
        let answer = self.collection.root().client().send(Request::page(url).of(MEDIA_TYPE)).await;
        let answer = answer.map_err(|error| wrong(&error))?;
        let told: Changes<Box<RawValue>> =
            read(&answer).map_err(|error| self.malformed(format!("the changes cannot be read: {error}")))?;
        // What cannot be read is missing as before, and is told as such by the next comparison.
        Ok(told.changes.iter().filter_map(|row| change(row).ok()).collect())
    }
}
