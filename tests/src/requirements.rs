//! The list of requirements and who defends each: `conformance.tsv`.

use std::path::{Path, PathBuf};

/// A requirement of the standard.
#[derive(Clone, Debug)]
pub struct Requirement {
    pub id: String,
    /// `MUST`, `MUST NOT`, `SHOULD`, `SHOULD NOT`, `MAY`, `def` (fixed by a table) or `-`.
    pub level: String,
    /// `S` the server, `C` the client, `B` both.
    pub who: String,
    pub defence: Defence,
    /// The names of the tests, as `module::test`.
    pub tests: Vec<String>,
    /// Why there is no test here, or none at all.
    pub note: String,
}

/// Where the tests of a requirement are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defence {
    /// In this crate, over the wire.
    Wire,
    /// In the client's crate.
    Client,
    /// In the server's crate, where clocks and certificates can be had.
    Server,
    /// Nowhere: it obliges nobody, or nothing can be observed.
    None,
}

impl Requirement {
    /// Whether the server is obliged.
    pub fn binds_server(&self) -> bool {
        self.is_duty() && self.who != "C"
    }

    /// Whether the client is obliged.
    pub fn binds_client(&self) -> bool {
        self.is_duty() && self.who != "S"
    }

    fn is_duty(&self) -> bool {
        matches!(self.level.as_str(), "MUST" | "MUST NOT" | "def")
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Reads the list; a row that cannot be understood is a panic with its line.
pub fn all() -> Vec<Requirement> {
    let text = std::fs::read_to_string(folder().join("conformance.tsv")).expect("conformance.tsv");
    let mut lines = text.lines();
    assert_eq!(
        lines.next(),
        Some("id\tlevel\twho\tdefence\ttests\tnote"),
        "the heading"
    );
    lines.map(requirement).collect()
}

fn requirement(line: &str) -> Requirement {
    let columns: Vec<&str> = line.split('\t').collect();
    let [id, level, who, defence, tests, note] = columns.as_slice() else {
        panic!("six columns wanted: {line:?}");
    };
    let defence = match *defence {
        "wire" => Defence::Wire,
        "client" => Defence::Client,
        "server" => Defence::Server,
        "none" => Defence::None,
        other => panic!("no such defence {other:?}: {line:?}"),
    };
    Requirement {
        id: (*id).to_owned(),
        level: (*level).to_owned(),
        who: (*who).to_owned(),
        defence,
        tests: tests.split_whitespace().map(str::to_owned).collect(),
        note: (*note).to_owned(),
    }
}

/// The names of all tests in the sources, as `module::test`.
pub fn tests() -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder().join("tests/all")).expect("tests/all") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            names.extend(tests_of(&path));
        }
    }
    names
}

/// A test is a function marked so, or one handed to a macro that makes tests.
fn tests_of(path: &Path) -> Vec<String> {
    let module = path
        .file_stem()
        .and_then(|stem| stem.to_str())
        .expect("a name");
    let source = std::fs::read_to_string(path).expect("a source file");
    let mut handed: Vec<&str> = Vec::new();
    for name in [
        "on_every_site!(",
        "on_every_kind!(",
        "on_every_persistent_kind!(",
    ] {
        for list in source.split(name).skip(1) {
            let list = list.split(");").next().unwrap_or_default();
            handed.extend(list.split(',').map(str::trim));
        }
    }
    let mut names = Vec::new();
    let mut marked = false;
    for line in source.lines() {
        if let Some(rest) = line.strip_prefix("fn ") {
            let name = rest.split(['(', '<']).next().unwrap_or_default();
            if marked || handed.contains(&name) {
                names.push(format!("{module}::{name}"));
            }
        }
        marked = line == "#[test]" || (marked && line.starts_with("#["));
    }
    names
}
