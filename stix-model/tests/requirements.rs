//! Who defends which rule: `requirements.tsv` lists every rule with a test for what keeps it and one for what breaks it.
//!
//! Its columns: the rule, the tests of both kinds, a note. A test is `module::name`, and names the rule in its comment; or a
//! table of `rules.rs`, which then has a row for the rule. `-` stands for none, which few rules may have: see [`EXCUSES`].
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use stix_model::validate::rules::{BUNDLE_RULES, RULES};

const REQUIREMENTS: &str = include_str!("requirements.tsv");
const TABLES: &[(&str, &str)] =
    &[("rules.tsv", include_str!("rules.tsv")), ("aliases.tsv", include_str!("aliases.tsv"))];

/// Rules that say nothing about behaviour of ours, by the first word of their note: what they are, and for which kind of
/// test there is nothing to do. Any other rule without a test of each kind fails.
const EXCUSES: &[(&str, &[&str])] = &[
    // Advice to people who write content, which cannot be seen in it.
    ("guidance:", &["good", "bad"]),
    // It says that something is no error, so nothing breaks it.
    ("legal:", &["bad"]),
    // What breaks it does not compile.
    ("compiler:", &["bad"]),
];

struct Requirement {
    rule: &'static str,
    /// What keeps the rule passes; what breaks it is found.
    tests: [(&'static str, &'static str); 2],
    note: &'static str,
}

fn requirements() -> Vec<Requirement> {
    let line = |line: &'static str| {
        let mut columns = line.split('\t');
        let mut next = || columns.next().unwrap_or_default();
        Requirement { rule: next(), tests: [("good", next()), ("bad", next())], note: next() }
    };
    REQUIREMENTS.lines().map(line).collect()
}

/// The comments of all tests, by `module::name`: `versioning::always_later` for one in `src/versioning/tests.rs`.
fn tests() -> BTreeMap<String, String> {
    let mut tests = BTreeMap::new();
    for folder in ["src", "tests"] {
        collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), "", &mut tests);
    }
    tests
}

fn collect(folder: &Path, module: &str, tests: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let module = match name {
            "mod" | "main" | "lib" | "tests" => module.to_owned(),
            name => format!("{module}{name}::"),
        };
        if path.is_dir() {
            collect(&path, &module, tests);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            tests_of(&fs::read_to_string(&path).unwrap(), &module, tests);
        }
    }
}

/// The tests of one file: functions with the attribute, and those of `proptest!`, which have arguments `in` something.
fn tests_of(source: &str, module: &str, tests: &mut BTreeMap<String, String>) {
    let (mut comment, mut marked) = (String::new(), false);
    for line in source.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("///") {
            comment = comment + text + "\n";
        } else if line.starts_with("#[") {
            marked |= line == "#[test]";
        } else {
            if let Some((name, rest)) = line.strip_prefix("fn ").and_then(|rest| rest.split_once('('))
                && (marked || rest.contains(" in "))
            {
                tests.insert(format!("{module}{name}"), comment);
            }
            (comment, marked) = (String::new(), false);
        }
    }
}

/// Does the comment have the rule's name as a word of its own?
fn names(comment: &str, rule: &str) -> bool {
    comment.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').any(|word| word == rule)
}

/// Every rule has tests, which exist and name it, unless there is nothing to test.
#[test]
fn every_rule_is_defended() {
    let tests = tests();
    let mut wrong = Vec::new();
    let mut without = BTreeSet::new();
    for Requirement { rule, tests: pair, note } in requirements() {
        for (kind, listed) in pair {
            if listed == "-" || listed.is_empty() {
                let excuse = EXCUSES.iter().find(|(word, _)| note.starts_with(word));
                if !excuse.is_some_and(|(_, kinds)| kinds.contains(&kind)) {
                    without.insert(rule);
                }
                continue;
            }
            for test in listed.split(' ') {
                let start = format!("{rule}\t{kind}\t");
                let table = TABLES.iter().find(|(name, _)| *name == test);
                let problem = match (table, tests.get(test)) {
                    (Some((_, rows)), _) if rows.lines().any(|row| row.starts_with(&start)) => continue,
                    (Some(_), _) => "has no such row",
                    (None, Some(comment)) if names(comment, rule) => continue,
                    (None, Some(_)) => "does not name the rule",
                    (None, None) => "does not exist",
                };
                wrong.push(format!("{rule} {kind}: {test} {problem}"));
            }
        }
    }
    println!("without a test: {without:?}");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(without.is_empty(), "rules without a test: {without:?}");
}

/// The list has every rule of the catalogue and of the tables, and each rule once.
#[test]
fn every_rule_is_listed() {
    let requirements = requirements();
    let listed: BTreeSet<_> = requirements.iter().map(|requirement| requirement.rule).collect();
    assert_eq!(listed.len(), requirements.len(), "a rule is listed twice");
    let of_tables = TABLES.iter().flat_map(|(_, rows)| rows.lines()).filter_map(|row| row.split('\t').next());
    let all = RULES.iter().chain(BUNDLE_RULES).map(|rule| rule.id).chain(of_tables);
    let unlisted: BTreeSet<_> = all.filter(|rule| !listed.contains(rule)).collect();
    assert!(unlisted.is_empty(), "{unlisted:?}");
}

/// Which functions are tests, and which rules their comments name.
#[test]
fn comments_are_read() {
    let mut tests = BTreeMap::new();
    let source =
        "/// T-01, T-02a: a\n/// T-03.\n#[test]\nfn a() {}\n/// T-04\nfn b() {}\n/// T-05: c\nfn c(x in 0..1) {}";
    tests_of(source, "m::", &mut tests);
    assert_eq!(tests.keys().collect::<Vec<_>>(), ["m::a", "m::c"]);
    for (rule, named) in [("T-01", true), ("T-02a", true), ("T-02", false), ("T-03", true), ("T-04", false)] {
        assert_eq!(names(&tests["m::a"], rule), named, "{rule}");
    }
}
