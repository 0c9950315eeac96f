//! The endpoint `changes/digest/` of our own servers.

use async_trait::async_trait;
use sharing::flow::Fault;
use sharing::flow::reconcile::{Below, Digests, Leaf, Range};
use taxii_model::changes::{Digests as Wire, MEDIA_TYPE};

use super::Remote;
use super::changes::read;
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
