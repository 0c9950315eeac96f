//! Events, STIX, feeds: what the crate promises, tried out from outside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[cfg(feature = "client")]
mod client;
mod corpus;
mod feed;
#[cfg(feature = "flow")]
mod flow;
mod foreign;
mod format;
#[cfg(feature = "client")]
mod partner;
#[cfg(feature = "client")]
mod passes;
mod random;
mod stix;
mod together;

/// Writes the corpus into a folder, for other programs to read.
#[test]
#[ignore = "writes files: MISP_CORPUS names the folder"]
fn write_corpus() {
    let folder = std::env::var("MISP_CORPUS").unwrap();
    for (name, text) in corpus::all() {
        std::fs::write(format!("{folder}/{}.json", name.replace(' ', "-")), text).unwrap();
    }
}
