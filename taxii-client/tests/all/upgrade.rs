//! Content on the command line: `taxii upgrade`.

use serde_json::{Value, json};

use crate::cli::{Home, Run};

const INDICATOR: &str = r#"{"type":"indicator","id":"indicator--UUID","created":"2016-04-06T20:03:48.000Z","modified":"2016-04-06T20:03:48.000Z","labels":["malicious-activity"],"pattern":"[url:value = 'x']","valid_from":"2016-01-01T00:00:00Z"}"#;
const OBSERVED: &str = r#"{"type":"observed-data","id":"observed-data--UUID","created":"2016-04-06T20:03:48.000Z","modified":"2016-04-06T20:03:48.000Z","first_observed":"2016-04-06T20:03:48.000Z","last_observed":"2016-04-06T20:03:48.000Z","number_observed":1,"objects":{"0":{"type":"ipv4-addr","value":"198.51.100.3"}}}"#;
const NEW: &str = r#"{"type":"ipv4-addr","spec_version":"2.1","id":"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4","value":"198.51.100.3","x_n":1.50,"x_l":[1e3,null]}"#;
const BUNDLE: &str =
    r#"{"type":"bundle","id":"bundle--5d0092c5-5f74-4287-9642-33f4c354e56d","spec_version":"2.0","objects":[OBJECTS]}"#;
const UUID: &str = "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f";
const ADDRESS: &str = "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4";

fn text(text: &str) -> String {
    text.replace("UUID", UUID)
}

fn bundle(objects: &[&str]) -> String {
    text(&BUNDLE.replace("OBJECTS", &objects.join(",\n")))
}

fn upgrade(input: &str, args: &[&str]) -> Run {
    Home::new().run_with(&[&["upgrade", "-"], args].concat(), text(input).as_bytes())
}

fn values(lines: &str) -> Vec<Value> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// V20-01 to V20-07, OC-4: a bundle of 2.0 comes out as one of 2.1 that the validator accepts, in one line; what was
/// done is said beside it.
#[test]
fn a_bundle_of_20() {
    let run = upgrade(&bundle(&[INDICATOR, OBSERVED]), &[]);
    assert_eq!((run.code, run.out.lines().count()), (0, 1), "{}", run.err);
    let new = &values(&run.out)[0];
    assert_eq!((new.get("spec_version"), &new["id"]), (None, &"bundle--5d0092c5-5f74-4287-9642-33f4c354e56d".into()));
    let types: Vec<_> = new["objects"].as_array().unwrap().iter().map(|object| object["type"].clone()).collect();
    assert_eq!(types, ["indicator", "observed-data", "ipv4-addr"]);
    assert_eq!(new["objects"][0]["indicator_types"], json!(["malicious-activity"]));
    assert_eq!(new["objects"][1]["object_refs"], json!([ADDRESS]));
    assert_eq!(Home::new().run_with(&["validate", "-"], run.out.as_bytes()).code, 0);
    for says in [
        "OBJECT ",
        "/spec_version",
        "  V20-02  set to 2.1",
        &format!("indicator--{UUID} and 1 more "),
        "warning: keeps its id: only its creator may publish it as a new version",
        "2 objects in 1 file: 2 objects upgraded, 1 observable taken out of observed-data, 2 warnings (",
    ] {
        assert!(run.err.contains(says), "{says}: {}", run.err);
    }
}

/// V20-01: content of 2.1 passes unchanged, in every form, and without a word about it.
#[test]
fn content_of_21_passes() {
    let document = |objects: &str| bundle(&[objects]).replace(r#""spec_version":"2.0","#, "");
    let other = NEW.replace("ipv4-addr--28", "ipv4-addr--29");
    for input in [
        document(NEW),
        BUNDLE.replace(r#","spec_version":"2.0","objects":[OBJECTS]"#, ""),
        format!(r#"{{"more":true,"objects":[{NEW}]}}"#),
        r#"{"objects":[]}"#.to_owned(),
        format!("[{NEW},{other}]"),
        NEW.to_owned(),
        format!("{NEW}\n{other}"),
    ] {
        let run = upgrade(&input, &[]);
        let same = input.replace("1.50", "1.5").replace("1e3", "1000.0") + "\n";
        assert_eq!((run.code, run.out), (0, same));
        assert!(run.err.contains(": 0 objects upgraded, 0 warnings") && run.err.lines().count() == 1, "{}", run.err);
    }
}

/// LIB-08: each form comes out as it went in; observables become objects beside the one that held them, each once.
#[test]
fn every_form() {
    let types = |run: &Run| -> Vec<String> {
        assert_eq!(run.code, 0, "{}", run.err);
        run.out.split(r#""type":""#).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
    };
    let texts = upgrade(&format!("{INDICATOR}\n{OBSERVED}"), &[]);
    assert_eq!(types(&texts), ["indicator", "observed-data", "ipv4-addr"]);
    assert_eq!(values(&texts.out).len(), 3);
    let there = NEW.replace(r#","x_n":1.50,"x_l":[1e3,null]"#, "");
    let list = upgrade(&format!("[{there},{OBSERVED}]"), &[]);
    assert_eq!(types(&list), ["ipv4-addr", "observed-data"]);
    assert!(list.out.starts_with('[') && list.out.lines().count() == 1, "{}", list.out);
    let envelope = upgrade(&format!(r#"{{"next":"x","objects":[{INDICATOR}]}}"#), &[]);
    assert_eq!(types(&envelope), ["indicator"]);
    assert_eq!(values(&envelope.out)[0]["next"], "x");
    // Bundles in a list are no objects, but content.
    let inner = upgrade(&format!("[{}]", bundle(&[OBSERVED])), &[]);
    assert_eq!(types(&inner), ["bundle", "observed-data", "ipv4-addr"]);
    assert!(inner.err.contains("1 object in 1 file: 1 object upgraded, 1 observable"), "{}", inner.err);
    let home = Home::new();
    let (first, second) = (home.path("first.json"), home.path("second.json"));
    std::fs::write(&first, bundle(&[INDICATOR])).unwrap();
    std::fs::write(&second, text(OBSERVED)).unwrap();
    assert_eq!(types(&home.run(&["upgrade", &first, &second])), ["bundle", "indicator", "observed-data", "ipv4-addr"]);
}

/// V20-03: whose version it is, of when, and under which name.
#[test]
fn choices() {
    let relationship = r#"{"type":"relationship","id":"relationship--UUID","created":"2016-04-06T20:03:48.000Z","modified":"2016-04-06T20:03:48.000Z","relationship_type":"x","source_ref":"indicator--UUID","target_ref":"tool--UUID"}"#;
    let input = format!("{INDICATOR}\n{relationship}");
    let run = upgrade(&input, &["--ids", "new", "--modified", "now"]);
    let new = values(&run.out);
    assert_ne!(new[0]["id"], format!("indicator--{UUID}").as_str());
    assert_eq!((&new[1]["source_ref"], &new[1]["target_ref"]), (&new[0]["id"], &format!("tool--{UUID}").into()));
    assert!(new[0]["modified"].as_str().unwrap() > "2026" && new[0]["created"] == "2016-04-06T20:03:48.000Z");
    let mine = INDICATOR.replace("\"labels\"", r#""created_by_ref":"identity--UUID","labels""#);
    let run = upgrade(&mine, &["--author", &format!("identity--{UUID}")]);
    assert!(run.err.contains("1 object upgraded, 0 warnings"), "{}", run.err);
    let file = r#"{"type":"network-traffic","protocols":["tcp"],"extensions":{"socket-ext":{"address_family":"AF_INET","protocol_family":"PF_INET"}}}"#;
    for (args, kept) in [(vec![], false), (vec!["--keep-removed"], true)] {
        let run = upgrade(file, &args);
        assert_eq!(run.out.contains("x_stix20_protocol_family"), kept, "{}{}", run.out, run.err);
    }
    for bad in [["--ids", "random"], ["--modified", "never"], ["--author", "me"], ["--output", "sarif"]] {
        assert_eq!(upgrade(&input, &bad).code, 2, "{bad:?}");
    }
}

/// The report: 20 lines for people, what matters first; everything for programs, on standard error or in a file.
#[test]
fn reports() {
    let object = |n: u32| {
        let object = OBSERVED.replace("UUID", &format!("{n:08}-17d4-4cbf-938f-98ee46b3cd3f"));
        object.replace("198.51.100.3", &format!("198.51.100.{n}"))
    };
    let objects: Vec<String> = (0..30).map(object).collect();
    let objects: Vec<&str> = objects.iter().map(String::as_str).collect();
    let home = Home::new();
    let (old, new, report) = (home.path("old.json"), home.path("new.json"), home.path("report.jsonl"));
    std::fs::write(&old, bundle(&objects)).unwrap();
    let people = home.run(&["upgrade", &old]);
    let lines: Vec<_> = people.err.lines().collect();
    assert!(
        lines.len() == 23 && lines[1].contains(" and 29 more ") && lines[1].contains("warning: "),
        "{}",
        people.err
    );
    let rest = "… and 14 more changes; --output json or --report FILE for all of them";
    assert_eq!(lines[21], rest, "{}", people.err);
    let json = home.run(&["upgrade", &old, "--output", "json"]);
    assert_eq!(json.out, people.out);
    let records = values(&json.err);
    assert_eq!(records.len(), records.iter().filter(|record| record["file"] == old.as_str()).count());
    let named: Vec<_> = records.iter().filter(|record| record["rule"] == "V20-07").collect();
    assert_eq!(named.len(), 30);
    let expected = json!({
        "file": old, "object": "observed-data--00000003-17d4-4cbf-938f-98ee46b3cd3f", "pointer": "/objects/0",
        "rule": "V20-07", "severity": "info", "what": format!("named {ADDRESS}"),
    });
    assert_eq!(*named[3], expected);
    let files = home.run(&["upgrade", &old, "--out", &new, "--report", &report]);
    assert_eq!((files.code, files.out.as_str()), (0, ""));
    assert_eq!(std::fs::read_to_string(&new).unwrap(), people.out);
    assert_eq!(std::fs::read_to_string(&report).unwrap(), json.err);
    assert!(files.err.contains(&format!("{} changes: {report}", records.len())), "{}", files.err);
    assert_eq!(home.run(&["upgrade", &old, "--quiet"]).err, "");
}

/// Exit codes: 1 for objects that cannot be upgraded, which are kept; 2 for files that cannot be used; 6 for what is no
/// STIX JSON; the other files come out all the same. No file is written over that is to be read.
#[test]
fn what_cannot_be_upgraded() {
    let later = INDICATOR.replace("\"id\"", "\"spec_version\":\"3.0\",\"id\"");
    let run = upgrade(&format!("[{later},{INDICATOR}]"), &[]);
    assert!(run.code == 1 && run.out.contains(r#""spec_version":"3.0""#), "{}", run.out);
    assert!(run.err.contains("V20-01  error: kept as it is: unknown spec_version 3.0"), "{}", run.err);
    assert!(run.err.contains("1 object upgraded, 1 object could not be, "), "{}", run.err);
    let home = Home::new();
    let (good, broken, out) = (home.path("good.json"), home.path("broken.json"), home.path("out.json"));
    std::fs::write(&good, NEW).unwrap();
    for (content, says) in [
        (bundle(&[INDICATOR]).replace("\"2.0\"", "\"3.0\""), "unknown spec_version 3.0"),
        ("rubbish".to_owned(), "expected value"),
        (bundle(&[INDICATOR]).replace("]}", ""), "EOF"),
        (format!("{INDICATOR}{}", "[".repeat(200) + &"]".repeat(200)), "broken.json:"),
    ] {
        std::fs::write(&broken, &content).unwrap();
        let run = home.run(&["upgrade", &broken, &good]);
        assert_eq!((run.code, run.out.lines().count()), (6, 1), "{}", run.err);
        assert!(run.err.contains(says) && run.err.matches("broken.json").count() == 1, "{}", run.err);
    }
    std::fs::write(&out, "precious").unwrap();
    assert_eq!(home.run(&["upgrade", &broken, "--out", &out]).code, 6);
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "precious");
    assert_eq!(home.run(&["upgrade", "/no/such/file"]).code, 2);
    assert_eq!(home.run(&["upgrade", &good, "--out", "/no/such/file"]).code, 2);
    let around = home.path("./good.json");
    for args in [["--out", &good], ["--out", &around], ["--report", &good]] {
        let run = home.run(&[&["upgrade", &good], &args[..]].concat());
        assert!(run.code == 2 && run.err.contains("this file is to be read"), "{}", run.err);
    }
    assert_eq!(home.run(&["upgrade", &good, "--out", &out, "--report", &out]).code, 2);
    assert_eq!(std::fs::read_to_string(&good).unwrap(), NEW);
    let twice = upgrade(&INDICATOR.replace("\"labels\"", "\"pattern\":\"\",\"labels\""), &[]);
    assert!(twice.err.contains("/pattern") && twice.err.contains("J-01    warning: a duplicate"), "{}", twice.err);
}

/// Hostile content does not steer the terminal.
#[test]
fn control_characters_are_shown() {
    let hostile = INDICATOR.replace("malicious-activity", "a\\u001b[2Jb").replace("indicator--UUID", "x\\u001b[2J");
    let run = upgrade(&hostile, &[]);
    assert!(!run.err.contains('\u{1b}') && !run.out.contains('\u{1b}'), "{}", run.err);
}
