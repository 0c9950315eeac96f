//! The committed JSON Schemas of STIX 2.1.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const REMEDY: &str = "run `cargo run -p stix-model --example write_schemas` and commit what it writes";

/// The files below a folder, by their path from it.
fn files(folder: &Path, above: &str, found: &mut BTreeMap<String, String>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}; {REMEDY}", folder.display()));
    for entry in entries {
        let path = entry.unwrap().path();
        let name = format!("{above}{}", path.file_name().unwrap().to_string_lossy());
        match path.is_dir() {
            true => files(&path, &format!("{name}/"), found),
            false => drop(found.insert(name, fs::read_to_string(&path).unwrap())),
        }
    }
}

/// The files are those that the tables make.
#[test]
fn committed_schemas_are_current() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../schemas/stix-2.1");
    let mut committed = BTreeMap::new();
    files(&folder, "", &mut committed);
    for (file, document) in stix_model::schema::all() {
        let current = serde_json::to_string_pretty(&document).unwrap() + "\n";
        match committed.remove(&file) {
            None => panic!("schemas/stix-2.1/{file} is missing: {REMEDY}"),
            Some(text) => assert!(text == current, "schemas/stix-2.1/{file} is stale: {REMEDY}"),
        }
    }
    assert!(committed.is_empty(), "no table makes {:?} of schemas/stix-2.1: {REMEDY}", committed.keys());
}
