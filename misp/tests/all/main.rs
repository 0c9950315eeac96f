//! Events, STIX, feeds: what the crate promises, tried out from outside.

mod corpus;
mod feed;
mod foreign;
mod format;
mod random;
mod stix;

/// Writes the corpus into a folder, for other programs to read.
#[test]
#[ignore = "writes files: MISP_CORPUS names the folder"]
fn write_corpus() {
    let folder = std::env::var("MISP_CORPUS").unwrap();
    for (name, text) in corpus::all() {
        std::fs::write(format!("{folder}/{}.json", name.replace(' ', "-")), text).unwrap();
    }
}
