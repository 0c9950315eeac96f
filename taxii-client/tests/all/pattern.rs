//! Patterns on the command line: `taxii pattern`.

use serde_json::{Value, json};

use crate::cli::{Home, Run};

const BUNDLE: &str = r#"{"type":"bundle","id":"bundle--5d0092c5-5f74-4287-9642-33f4c354e56d","objects":[
  {"type":"indicator","spec_version":"2.1","id":"indicator--1","pattern_type":"stix","pattern":"[url:value = 'a'"},
  {"type":"indicator","spec_version":"2.1","id":"indicator--2","pattern_type":"yara","pattern":"rule a { condition: true }"},
  {"type":"ipv4-addr","spec_version":"2.1","id":"ipv4-addr--1","value":"198.51.100.3"},
  {"type":"indicator","spec_version":"2.1","id":"indicator--3","pattern_type":"stix","pattern":"[url:value = 'b'] AND [domain-name:value = 'c.example']"},
  {"type":"indicator","id":"indicator--4","pattern":"[url:value = 'd'] START '2026-01-01T00:00:00Z' STOP '2027-01-01T00:00:00Z'"}
]}"#;

fn pattern(args: &[&str]) -> Run {
    Home::new().run(&[&["pattern"], args].concat())
}

fn pattern_with(args: &[&str], input: &str) -> Run {
    Home::new().run_with(&[&["pattern"], args].concat(), input.as_bytes())
}

fn values(lines: &str) -> Vec<Value> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// PG-21: each problem with rule, place, the text with a mark under it, and advice.
#[test]
fn problems_in_words() {
    let run = pattern(&["check", "--output", "table", "[file:hashes.SHA-256 = 'a' and file:size > 1]"]);
    let expected = "\
14: error[PG-08]: expected a property name, found SHA-256
    [file:hashes.SHA-256 = 'a' and file:size > 1]
                 ^^^^^^^
    hint: quote it: 'SHA-256'
28: error[PG-17]: expected AND, found and
    [file:hashes.SHA-256 = 'a' and file:size > 1]
                               ^^^
    hint: write AND
";
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (1, expected, "1 pattern: 2 errors, 0 warnings\n"));
    let warned = pattern(&["check", "--output", "table", "[file:hashes.SHA256 = 'a']"]);
    assert!(warned.out.starts_with("14: warning[PP-08]: expected the name of a hash algorithm, found SHA256\n"));
    assert_eq!((warned.code, warned.err.as_str()), (0, "1 pattern: no errors, 1 warning\n"));
}

/// PG-21: the same for programs: spans in bytes, lines and columns as people count them.
#[test]
fn problems_for_programs() {
    let text = "[file:name = 'é'\nand file:size > 1]";
    let run = pattern(&["check", text, "--output", "json"]);
    let expected = json!({"problems": [{
        "file": null, "file_line": null, "file_column": null, "object": null, "pattern": text, "severity": "error",
        "rule": "PG-17", "line": 2, "column": 1, "start": 18, "end": 21, "found": "and", "expected": "AND",
        "hint": "write AND",
    }]});
    assert_eq!((run.code, serde_json::from_str::<Value>(&run.out).unwrap()), (1, expected));
    let fine = pattern(&["check", "[file:name = 'a']", "--output", "json"]);
    assert_eq!((fine.code, serde_json::from_str::<Value>(&fine.out).unwrap()), (0, json!({"problems": []})));
    assert_eq!(pattern(&["check", "[file:name = 'a']", "--output", "sarif"]).code, 2);
}

/// LIB-08: patterns as arguments, files with a pattern per line, indicators in every form of STIX, standard input.
#[test]
fn every_form_of_input() {
    let home = Home::new();
    let (lines, bundle) = (home.path("patterns.txt"), home.path("bundle.json"));
    std::fs::write(&lines, "# a comment\n[url:value = 'a']\r\n\n  [url:value == 'b'] REPEATS 0 TIMES\n").unwrap();
    std::fs::write(&bundle, BUNDLE).unwrap();
    let run = home.run(&["pattern", "check", "--output", "table", &lines, &bundle, "[url:value = 'c']"]);
    for says in [
        format!("{lines}:4:30: error[PG-05]"),
        format!("{bundle}:2:96: error[SDO-IND-1]"),
        "    in indicator--1".to_owned(),
    ] {
        assert!(run.out.contains(&says), "{says}\n{}", run.out);
    }
    assert_eq!((run.code, run.err.as_str()), (1, "6 patterns: 2 errors, 0 warnings\n"));
    let json = values(&home.run(&["pattern", "check", &bundle]).out);
    assert_eq!((&json[0]["object"], &json[0]["file_line"]), (&json!("indicator--1"), &json!(2)));
    let indicator = r#"{"type":"indicator","spec_version":"2.1","id":"indicator--1","pattern_type":"stix","pattern":"[url:value = 'a']"}"#;
    for (input, expected) in [
        ("[url:value == 'a']", 1),
        ("[ url:value == 'a' ]\n[url:value == 'a']", 2),
        (indicator, 1),
        (&format!("[ {indicator},{indicator}]"), 2),
        (&format!("{indicator}\n{indicator}"), 2),
        (&format!(r#"{{"objects":[{indicator}]}}"#), 1),
        ("[]", 0),
        ("", 0),
    ] {
        for args in [&["format", "-"][..], &["format"]] {
            let run = pattern_with(args, input);
            assert_eq!((run.code, run.out), (0, "[url:value = 'a']\n".repeat(expected)), "{input}\n{}", run.err);
        }
    }
}

/// Exit codes: 2 for files that cannot be used, 6 for what is no STIX JSON; the others are read all the same.
#[test]
fn what_cannot_be_read() {
    let home = Home::new();
    let broken = home.path("broken.json");
    std::fs::write(&broken, r#"{"type":"indicator","pattern":"#).unwrap();
    for (name, code) in [(broken.as_str(), 6), ("/no/such/file", 2)] {
        let run = home.run(&["pattern", "format", name, "[url:value == 'a']"]);
        assert_eq!((run.code, run.out.as_str()), (code, "[url:value = 'a']\n"), "{}", run.err);
        assert!(run.err.contains(name), "{}", run.err);
    }
    // A pattern without brackets is a pattern, and told to be none.
    let bare = home.run(&["pattern", "check", "--output", "table", "url:value = 'a'"]);
    assert!(bare.code == 1 && bare.out.starts_with("1: error[PG-15]"), "{}", bare.out);
}

/// PG-19, PG-24: one way of writing; the normal form; the simple form with what it loses; patterns of 2.0 stay such.
#[test]
fn patterns_are_written() {
    let text = "[network-traffic:dst_ref.type='ipv4-addr' AND network-traffic:dst_ref.value=='198.51.100.3']";
    let run = |args: &[&str]| pattern(&[&["format", text], args].concat());
    let canonical = "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '198.51.100.3']";
    assert_eq!(run(&[]).out, format!("{canonical}\n"));
    let simple = run(&["--simple"]);
    assert_eq!(simple.out, "[ipv4-addr:value = '198.51.100.3']\n");
    assert!(
        simple.err.contains("warning: ") && simple.err.contains("losing that it is the destination"),
        "{}",
        simple.err
    );
    let record = &values(&run(&["--simple", "--output", "jsonl"]).out)[0];
    assert_eq!(
        (&record["written"], &record["lost"]),
        (&json!("[ipv4-addr:value = '198.51.100.3']"), &json!(["that it is the destination of network traffic"]))
    );
    let normal = pattern(&["format", "--normal", "[url:value = 'b'] OR [url:value = 'a']"]);
    assert_eq!((normal.out.as_str(), normal.err.as_str()), ("[url:value IN ('a', 'b')]\n", ""));
    let old = "[url:value = 'a'] START '2026-01-01T00:00:00Z' STOP '2027-01-01T00:00:00Z'";
    assert_eq!(pattern(&["format", "--pattern-version", "2.0", old]).out, format!("{old}\n"));
    assert_eq!(pattern(&["format", old]).code, 1);
    let mixed = "[url:value = 'a' AND file:name = 'b']";
    assert_eq!(pattern(&["format", mixed]).code, 1);
    assert_eq!(
        pattern(&["format", "--simple", "--mixed-types", mixed]).out,
        "[url:value = 'a'] AND [file:name = 'b']\n"
    );
    // What the pattern has stays in it.
    let strange = "[file:name = 'a\nb\tc\u{1b}[2J']";
    assert_eq!(pattern(&["format", strange]).out, format!("{strange}\n"));
}

/// What a pattern looks for, in words; of several, each with its text.
#[test]
fn patterns_are_explained() {
    let one = pattern(&["explain", "[file:name = 'a' AND file:size > 1000] REPEATS 2 TIMES"]);
    let words = "a file whose name is a and whose size is greater than 1000, seen at least 2 times\n";
    assert_eq!((one.code, one.out.as_str(), one.err.as_str()), (0, words, ""));
    let all = pattern_with(&["explain"], BUNDLE);
    let expected = "\
[url:value = 'b'] AND [domain-name:value = 'c.example']
all of these, each in an observation of its own:
  - the URL b
  - the domain name c.example

[url:value = 'd'] START '2026-01-01T00:00:00Z' STOP '2027-01-01T00:00:00Z'
the URL d, from 2026-01-01T00:00:00Z until before 2027-01-01T00:00:00Z
";
    assert_eq!((all.code, all.out.as_str()), (1, expected));
    assert!(all.err.contains("stdin:2:96: error[SDO-IND-1]"), "{}", all.err);
    let json = values(&pattern_with(&["explain", "--output", "jsonl"], BUNDLE).out);
    assert_eq!((&json[0]["object"], &json[1]["words"].as_str().unwrap()[..9]), (&json!("indicator--3"), "the URL d"));
}

/// The values with their kind and how exact they are: as a table, as JSON, as CSV, as a list without repetition.
#[test]
fn values_are_extracted() {
    let text = "[ipv4-addr:value IN ('198.51.100.3', '198.51.100.3') OR url:value LIKE 'a,\"%']";
    let run = |args: &[&str]| pattern(&[&["extract", text], args].concat());
    let table: Vec<Vec<String>> = run(&["--output", "table"])
        .out
        .lines()
        .map(|line| line.split_whitespace().map(ToOwned::to_owned).collect())
        .collect();
    assert_eq!(table[0], ["KIND", "VALUE", "EXACTNESS", "PATH"]);
    assert_eq!(table[1], ["ipv4-addr", "198.51.100.3", "alternative", "ipv4-addr:value"]);
    let json = values(&run(&[]).out);
    assert_eq!(json.len(), 3);
    let expected = json!({
        "kind": "url", "value": "a,\"%", "exactness": "related", "operator": "LIKE", "object_type": "url",
        "path": "url:value", "file": null, "object": null,
    });
    assert_eq!(json[2], expected);
    let csv = run(&["--csv"]).out;
    assert_eq!(csv.lines().next().unwrap(), "kind,value,exactness,operator,path,object");
    assert_eq!(csv.lines().last().unwrap(), "url,\"a,\"\"%\",related,LIKE,url:value,");
    assert_eq!(run(&["--list"]).out, "198.51.100.3\na,\"%\n");
    assert_eq!(run(&["--list", "--sufficient"]).out, "198.51.100.3\n");
    assert_eq!(run(&["--list", "--kind", "URL,MD5"]).out, "a,\"%\n");
    let traffic = "[network-traffic:dst_ref.value = '198.51.100.3' AND network-traffic:dst_port = 443]";
    assert_eq!(pattern(&["extract", "--list", "--sufficient", traffic]).out, "");
    assert_eq!(pattern(&["extract", "--list", "--sufficient", "--simple", traffic]).out, "198.51.100.3\n");
    let bundle = pattern_with(&["extract", "--list"], BUNDLE);
    assert_eq!((bundle.code, bundle.out.as_str()), (1, "b\nc.example\nd\n"));
}

/// TX-SEC-06: hostile content does not steer the terminal.
#[test]
fn control_characters_are_shown() {
    let hostile = "[file:na\u{1b}[2Jme = 'a']";
    for command in ["check", "explain", "format", "extract"] {
        let run = pattern(&[command, "--output", "table", hostile]);
        assert!(run.code == 1 && !run.err.contains('\u{1b}') && !run.out.contains('\u{1b}'), "{}{}", run.out, run.err);
    }
}

const OBSERVED: &str = r#"[
  {"type":"ipv4-addr","spec_version":"2.1","id":"ipv4-addr--1","value":"198.51.100.3"},
  {"type":"url","spec_version":"2.1","id":"url--1","value":"b"},
  {"type":"observed-data","spec_version":"2.1","id":"observed-data--1","modified":"2026-01-01T00:00:00.000Z","first_observed":"2026-01-01T00:00:00Z","last_observed":"2026-01-01T00:00:00Z","number_observed":1,"object_refs":["url--1"]},
  {"type":"observed-data","spec_version":"2.1","id":"observed-data--1","modified":"2026-01-02T00:00:00.000Z","first_observed":"2026-01-01T00:00:00Z","last_observed":"2026-01-01T00:00:00Z","number_observed":5,"object_refs":["ipv4-addr--1"]},
  {"type":"observed-data","spec_version":"2.1","id":"observed-data--2","modified":"2026-01-01T00:00:00.000Z","first_observed":"2026-01-02T00:00:00Z","last_observed":"2026-01-02T00:00:00Z","number_observed":1,"object_refs":["url--1"]}
]"#;

/// PM-02, PM-03, PM-08, PM-10, PM-12: which patterns match, in which observations; what cannot be told is no match.
#[test]
fn patterns_are_matched() {
    let home = Home::new();
    let (observed, indicators) = (home.path("observed.json"), home.path("indicators.json"));
    std::fs::write(&observed, OBSERVED).unwrap();
    std::fs::write(&indicators, BUNDLE).unwrap();
    let run = |args: &[&str]| home.run(&[&["pattern", "match"], args].concat());
    let address = "[ipv4-addr:value ISSUBSET '198.51.100.0/24'] REPEATS 5 TIMES";
    for (text, observations) in [
        (address, json!([{"id": "observed-data--1", "instances": 5}])),
        ("[url:value = 'b']", json!([{"id": "observed-data--2", "instances": 1}])),
        (
            "[ipv4-addr:value = '198.51.100.3'] FOLLOWEDBY [url:value = 'b']",
            json!([{"id": "observed-data--1", "instances": 1}, {"id": "observed-data--2", "instances": 1}]),
        ),
    ] {
        let run = run(&[text, &observed]);
        assert_eq!((run.code, run.err.as_str()), (0, "1 of 1 pattern matched in 2 observations\n"));
        let expected = json!({"file": null, "object": null, "pattern": text, "observations": observations});
        assert_eq!(values(&run.out), [expected]);
    }
    let none = run(&["[url:value = 'c']", &observed]);
    assert_eq!(
        (none.code, none.out.as_str(), none.err.as_str()),
        (0, "", "0 of 1 pattern matched in 2 observations\n")
    );
    let table = run(&[address, &observed, "--output", "table"]);
    assert!(table.out.lines().last().unwrap().ends_with("observed-data--1 (5 times)"), "{}", table.out);
    let all = run(&["--patterns", &indicators, &observed]);
    assert!(all.code == 1 && all.out.is_empty() && all.err.contains("0 of 2 patterns matched"), "{}", all.err);
    let regex = run(&["[url:value MATCHES '(']", &observed]);
    assert!(regex.code == 1 && regex.err.contains("not a regular expression"), "{}", regex.err);
    assert_eq!((run(&["[url:value = 'c']"]).code, run(&["[url:value = 'c']", "/no/such/file"]).code), (2, 2));
}
