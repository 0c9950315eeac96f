//! Reads STIX 2.0, an object or a bundle, and writes STIX 2.1 with a report of everything that was changed.
//!
//! ```text
//! cargo run -p stix-model --example upgrade < old.json > new.json
//! ```
//!
//! Without input from a pipe, a small `observed-data` is upgraded.

use std::error::Error;
use std::io::{IsTerminal, Read, stdin};

use stix_model::json::Json;
use stix_model::upgrade::{self, Options};
use stix_model::{Severity, validate};

const SAMPLE: &str = r#"{
    "type": "observed-data", "id": "observed-data--b67d30ff-02ac-498a-92f9-32f845f448cf",
    "created": "2016-04-06T19:58:16.000Z", "modified": "2016-04-06T19:58:16.000Z",
    "first_observed": "2015-12-21T19:00:00Z", "last_observed": "2015-12-21T19:00:00Z", "number_observed": 50,
    "objects": {
        "0": {"type": "process", "pid": 1221, "name": "foo.exe", "binary_ref": "1", "child_refs": ["2"]},
        "1": {"type": "file", "name": "foo.exe", "created": "2015-12-21T19:00:00Z"},
        "2": {"type": "process", "pid": 1222, "parent_ref": "0"}
    }
}"#;

fn main() -> Result<(), Box<dyn Error>> {
    let text = input()?;
    let Json::Object(old) = Json::parse(&text)?.into_owned() else {
        return Err("expected a JSON object".into());
    };
    // Nothing of the old content is dropped; the objects keep their names and versions.
    let options = Options { keep_removed: true, ..Options::default() };
    let upgraded = upgrade::object(old, &options)?;
    for change in &upgraded.changes {
        eprintln!("{:7} {change}", change.severity);
    }
    for object in upgraded.objects {
        for finding in validate::members(&object, &validate::Options::default()) {
            if finding.severity == Severity::Error {
                eprintln!("invalid {finding}");
            }
        }
        println!("{}", Json::Object(object));
    }
    Ok(())
}

fn input() -> std::io::Result<String> {
    if stdin().is_terminal() {
        return Ok(SAMPLE.to_owned());
    }
    let mut text = String::new();
    stdin().read_to_string(&mut text)?;
    Ok(if text.trim().is_empty() { SAMPLE.to_owned() } else { text })
}
