//! What the machine lacks. A test that cannot run for want of it says so aloud, never silently.

use std::io::Write;
use std::path::PathBuf;

/// Says that something was not tested and why: on the terminal, past the test harness, and to `tests/run`.
pub fn not_run(what: &str, why: &str) {
    let line = format!("{what}: {why}\n");
    drop(write!(std::io::stderr(), "NOT RUN: {line}"));
    if let Some(list) = std::env::var_os("TEST_TAXII_NOT_RUN") {
        let list = std::fs::OpenOptions::new().append(true).open(list);
        list.and_then(|mut list| list.write_all(line.as_bytes())).expect("the list of what was not run");
    }
}

/// A Python with the clients of `requirements.txt`: `TEST_TAXII_PYTHON`, else the one `tests/run` has made.
pub fn python(what: &str) -> Option<PathBuf> {
    let made = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(".venv");
    let python = match std::env::var_os("TEST_TAXII_PYTHON") {
        Some(named) => Some(PathBuf::from(named)),
        None => made.join("installed").exists().then(|| made.join("bin/python")),
    };
    if python.is_none() {
        not_run(what, "there is no Python with the clients of tests/requirements.txt; tests/run installs it");
    }
    python
}

/// A large bundle of real content from `TEST_TAXII_DATA`, else our own sample.
pub fn real_bundle(what: &str) -> PathBuf {
    const ATTACK: &str = "ics-attack-18.1.json.gz";
    let named = std::env::var_os("TEST_TAXII_DATA").map(|folder| PathBuf::from(folder).join(ATTACK));
    match named {
        Some(file) => {
            assert!(file.exists(), "TEST_TAXII_DATA: there is no {}", file.display());
            file
        }
        None => {
            not_run(&format!("{what} with {ATTACK}"), "TEST_TAXII_DATA is not set; took the project's own sample");
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../taxii-server/demo/intrusion.json")
        }
    }
}

/// A folder inside `TEST_TAXII_DATA`.
pub fn data(what: &str, folder: &str) -> Option<PathBuf> {
    let Some(data) = std::env::var_os("TEST_TAXII_DATA") else {
        not_run(what, &format!("TEST_TAXII_DATA is not set; it would have {folder}"));
        return None;
    };
    let found = PathBuf::from(data).join(folder);
    assert!(found.exists(), "TEST_TAXII_DATA: there is no {}", found.display());
    Some(found)
}
