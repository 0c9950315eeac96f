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
    /// The names of the tests over the wire, as `module::test`.
    pub tests: Vec<String>,
    /// The names of the client's tests; `None` where it is not concerned.
    pub client: Option<Vec<String>>,
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
    /// In the server's crate, where clocks can be had.
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
    let heading = "id\tlevel\twho\tdefence\ttests\tclient\tnote";
    assert_eq!(lines.next(), Some(heading), "the heading");
    lines.map(requirement).collect()
}

fn requirement(line: &str) -> Requirement {
    let columns: Vec<&str> = line.split('\t').collect();
    let [id, level, who, defence, tests, client, note] = columns.as_slice() else {
        panic!("seven columns wanted: {line:?}");
    };
    let defence = match *defence {
        "wire" => Defence::Wire,
        "client" => Defence::Client,
        "server" => Defence::Server,
        "none" => Defence::None,
        other => panic!("no such defence {other:?}: {line:?}"),
    };
    let names = |column: &str| match column {
        "-" => Vec::new(),
        names => names.split(' ').map(str::to_owned).collect(),
    };
    Requirement {
        id: (*id).to_owned(),
        level: (*level).to_owned(),
        who: (*who).to_owned(),
        defence,
        tests: names(tests),
        client: (*client != "-").then(|| names(client)),
        note: (*note).to_owned(),
    }
}

/// The names of all functions of the client's crate, among which its tests are.
pub fn client_tests() -> Vec<String> {
    let mut names = Vec::new();
    let mut folders = vec![folder().join("../taxii-client")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the client's crate") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source = std::fs::read_to_string(path).expect("a source file");
                names.extend(source.lines().filter_map(function).map(str::to_owned));
            }
        }
    }
    names
}

fn function(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("fn ")?;
    rest.split(['(', '<']).next()
}

/// The names of all tests in the sources, as `module::test`.
pub fn tests() -> Vec<String> {
    tests_with_words().into_iter().map(|(name, _)| name).collect()
}

/// The same, each with the first line of what is said above it.
pub fn tests_with_words() -> Vec<(String, String)> {
    sources().iter().flat_map(|path| tests_of(path)).collect()
}

/// The text of all test sources but these.
pub fn sources_but(files: &[&str]) -> String {
    let named = |path: &PathBuf| files.iter().any(|file| path.ends_with(file));
    let paths = sources().into_iter().filter(|path| !named(path));
    paths.map(|path| std::fs::read_to_string(path).expect("a source file")).collect()
}

fn sources() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder().join("tests/all")).expect("tests/all");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

/// A test is a function marked so, or one handed to a macro that makes tests.
fn tests_of(path: &Path) -> Vec<(String, String)> {
    let module = path.file_stem().and_then(|stem| stem.to_str()).expect("a name");
    let source = std::fs::read_to_string(path).expect("a source file");
    let handed = handed_to_macros(&source);
    let (mut names, mut above) = (Vec::new(), Vec::new());
    for line in source.lines() {
        if let Some(name) = function(line)
            && line.starts_with("fn ")
            && (above.contains(&"#[test]") || handed.contains(&name))
        {
            let words = above.first().copied().unwrap_or_default();
            names.push((format!("{module}::{name}"), words.to_owned()));
        }
        if line.starts_with("///") || line.starts_with("#[") {
            above.push(line);
        } else {
            above.clear();
        }
    }
    names
}

fn handed_to_macros(source: &str) -> Vec<&str> {
    let mut handed = Vec::new();
    for name in ["on_every_site!(", "on_every_kind!(", "on_every_persistent_kind!("] {
        for list in source.split(name).skip(1) {
            let list = list.split(");").next().unwrap_or_default();
            handed.extend(list.split(',').map(str::trim));
        }
    }
    handed
}
