//! What patterns match, against stix2-matcher, the reference: on random observed data we find the same bindings; on the cases
//! of `matcher_disagreements.tsv` we differ, and the table says who is right and why.

use std::collections::BTreeSet;
use std::io::Write;

use serde_json::{Value, json};
use stix_model::json::Json;
use stix_model::pattern::Pattern;
use stix_model::pattern::matcher::{MatchOptions, Matcher, Observation};
use taxii_tests::mutations::Random;
use taxii_tests::observed;
use taxii_tests::programs::Folder;
use taxii_tests::python::call;

const SCRIPT: &str = "stix_matches.py";
/// Bindings that are looked at, of one pattern.
const MOST: usize = 3000;

/// What a pattern finds: each binding is how often it takes which observation.
type Bindings = BTreeSet<Vec<(usize, u64)>>;

fn ours(pattern: &str, objects: &[Value], limit: usize) -> Result<(bool, Bindings), String> {
    let pattern = Pattern::parse(pattern).unwrap_or_else(|invalid| panic!("{pattern}\n{invalid}"));
    let matcher = Matcher::new(&pattern, &MatchOptions::default()).map_err(|error| error.to_string())?;
    let objects: Vec<_> = objects.iter().map(|object| Json::from(object.clone())).collect();
    let observations = Observation::in_bundle(objects.iter().filter_map(Json::as_object));
    let matches = matcher.matches(&observations).map_err(|error| error.to_string())?;
    let first = matcher.first(&observations).map_err(|error| error.to_string())?;
    assert_eq!(first.is_some(), matches, "{}", pattern.text());
    let all = matcher.all(&observations, limit).map_err(|error| error.to_string())?;
    Ok((matches, all.iter().map(|binding| binding.instances().to_vec()).collect()))
}

/// Asks the reference about patterns, each on its objects.
fn theirs(asked: &[(Vec<String>, Vec<Value>)]) -> Option<Vec<Vec<Value>>> {
    let folder = Folder::new();
    let file = folder.file("asked.jsonl");
    let mut written = std::fs::File::create(&file).unwrap();
    for (patterns, objects) in asked {
        writeln!(written, "{}", json!({ "patterns": patterns, "objects": objects })).unwrap();
    }
    let answers = call(SCRIPT, "bindings", &json!({ "file": file, "most": MOST }))?;
    Some(serde_json::from_value(answers).unwrap())
}

/// PM-01 to PM-12, PC-01 to PC-14, PP-01 to PP-04: the same bindings in the same observed data.
#[test]
fn pattern_bindings_are_those_of_stix2_matcher() {
    let mut random = Random::new(4);
    let asked: Vec<_> = (0..600)
        .map(|_| {
            let objects = observed::bundle(&mut random);
            ((0..5).map(|_| observed::pattern(&mut random)).collect::<Vec<_>>(), objects)
        })
        .collect();
    let Some(answers) = theirs(&asked) else { return };
    let (mut matched, mut compared, mut total) = (0, 0, 0);
    let mut differences = Vec::new();
    for ((patterns, objects), answers) in asked.iter().zip(&answers) {
        for (pattern, theirs) in patterns.iter().zip(answers) {
            total += 1;
            let ours = ours(&observed::with_exists(pattern), objects, usize::MAX);
            let Ok((matches, bindings)) = &ours else {
                differences.push(format!("{pattern}\n  we: {ours:?}, they: {theirs}\n  {}", json!(objects)));
                continue;
            };
            matched += usize::from(*matches);
            let is_same = theirs["matches"] == json!(matches)
                && (theirs["all"] == json!(false) || theirs["bindings"] == json!(bindings));
            compared += usize::from(theirs["all"] == json!(true) && *matches);
            if !is_same {
                differences.push(format!("{pattern}\n  we: {ours:?}\n  they: {theirs}\n  {}", json!(objects)));
            }
        }
    }
    println!("{total} patterns, {matched} match, all bindings of {compared} compared, {} differ", differences.len());
    differences.sort_by_key(String::len);
    assert!(
        differences.is_empty(),
        "{} differences:\n{}",
        differences.len(),
        differences[..differences.len().min(12)].join("\n")
    );
    assert!(matched * 4 > total && matched * 4 < 3 * total, "about half match: {matched} of {total}");
}

/// The objects on which `matcher_disagreements.tsv` is about: a file and an address, seen three times, the third time both.
fn cases() -> Vec<Value> {
    let observed = |number: usize, second: usize, count: usize, refs: &[&str]| {
        let at = format!("2026-01-01T00:00:{second:02}Z");
        json!({"type": "observed-data", "id": format!("observed-data--{number}"), "first_observed": at, "last_observed": at,
            "number_observed": count, "object_refs": refs})
    };
    vec![
        json!({"type": "file", "id": "file--1", "name": "a\nc", "size": 9_007_199_254_740_993_i64, "ctime": "2026-01-01T00:00:00.0000001Z",
            "parent_directory_ref": "directory--1", "name_enc": "end\n"}),
        json!({"type": "directory", "id": "directory--1", "path": "/"}),
        json!({"type": "ipv6-addr", "id": "ipv6-addr--1", "value": "2001:db8::1"}),
        json!({"type": "ipv4-addr", "id": "ipv4-addr--1", "value": "10.0.0.1"}),
        json!({"type": "x-thing", "id": "x-thing--1", "yes": true, "one": 1, "when": "never", "raw_bin": "?", "raw_hex": "e9", "text": "é"}),
        observed(1, 0, 1, &["file--1"]),
        observed(2, 5, 1, &["ipv4-addr--1", "ipv6-addr--1"]),
        observed(3, 10, 5, &["x-thing--1"]),
    ]
}

/// Where we differ from stix2-matcher, it is as the table says, on either side.
#[test]
fn pattern_matching_differs_from_stix2_matcher_only_as_explained() {
    let table = include_str!("../../matcher_disagreements.tsv")
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    let rows: Vec<[&str; 5]> = table
        .map(|line| line.split('\t').collect::<Vec<_>>().try_into().unwrap_or_else(|_| panic!("five columns: {line}")))
        .collect();
    let patterns: Vec<_> = rows.iter().map(|row| row[0].to_owned()).collect();
    let Some(answers) = theirs(&[(patterns, cases())]) else { return };
    let mut wrong = Vec::new();
    for ([pattern, expected, they, rule, why], answer) in rows.into_iter().zip(&answers[0]) {
        assert!(!rule.is_empty() && !why.is_empty() && expected != they, "{pattern}");
        let ours = match ours(pattern, &cases(), 10) {
            Ok((matches, _)) => matches.to_string(),
            Err(error) => error,
        };
        let theirs = match answer["failure"].as_str() {
            Some(failure) => failure.to_owned(),
            None => answer["matches"].to_string(),
        };
        if !ours.contains(expected) || !theirs.contains(they) {
            wrong.push(format!("{pattern}: we {ours}, they {theirs}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
