//! Writes the JSON Schemas of STIX 2.1 to `schemas/stix-2.1/`, in place of those that are there:
//! `cargo run -p stix-model --example write_schemas`.

use std::path::PathBuf;
use std::{fs, io};

fn main() -> io::Result<()> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../schemas/stix-2.1");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    for (file, document) in stix_model::schema::all() {
        let path = folder.join(file);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, serde_json::to_string_pretty(&document)? + "\n")?;
    }
    Ok(())
}
