//! The client and its command line against scripted servers. Each test names the requirement (TX-…)
//! or the fault of other people's servers that it defends.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod cli;
mod content;
mod convert;
mod errors;
mod faults;
#[cfg(feature = "flow")]
mod flow;
mod graph;
mod locate;
mod origins;
mod paging;
mod pattern;
mod push;
mod requests;
mod retries;
mod stub;
mod tls;
mod upgrade;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use taxii_client::{Client, ClientBuilder, Collection, Retry, Warning};

/// Quick to give up, so that tests are quick.
fn builder(url: &str) -> ClientBuilder {
    Client::builder(url).retry(quick()).timeout(Duration::from_secs(60))
}

fn quick() -> Retry {
    Retry {
        attempts: 3,
        first: Duration::from_millis(5),
        longest: Duration::from_millis(20),
        patience: Duration::from_secs(3),
    }
}

fn client(url: &str) -> Client {
    builder(url).build().unwrap()
}

/// A collection of a stub, without asking it about anything.
fn collection(stub: &stub::Stub) -> Collection {
    client(&stub.url("/api1/")).api_root(&stub.url("/api1/")).unwrap().collection("c1").unwrap()
}

/// Warnings as they come, in words.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

impl Warnings {
    fn catch(&self, builder: ClientBuilder) -> ClientBuilder {
        let kept = self.0.clone();
        builder.on_warning(move |warning: &Warning| kept.lock().unwrap().push(warning.to_string()))
    }

    fn collection(&self, stub: &stub::Stub) -> Collection {
        let client = self.catch(builder(&stub.url("/api1/"))).build().unwrap();
        client.api_root(&stub.url("/api1/")).unwrap().collection("c1").unwrap()
    }

    fn all(&self) -> String {
        self.0.lock().unwrap().join("\n")
    }
}

/// An object with this number.
fn object(n: u32) -> String {
    format!(r#"{{"type":"url","id":"url--00000000-0000-4000-8000-{n:012}","value":"https://example.com/{n}"}}"#)
}

fn envelope(numbers: impl IntoIterator<Item = u32>, rest: &str) -> String {
    let objects: Vec<String> = numbers.into_iter().map(object).collect();
    format!(r#"{{{rest}"objects":[{}]}}"#, objects.join(","))
}

/// The n-th microsecond of a day.
fn stamp(n: u32) -> String {
    format!("2026-11-22T10:00:00.{n:06}Z")
}
