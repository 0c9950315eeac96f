//! Content on the command line: `taxii validate` and `taxii new`.

use serde_json::Value;

use crate::cli::{Home, Run, finish};

const BUNDLE: &str = r#"{
  "type": "bundle",
  "id": "bundle--5d0092c5-5f74-4287-9642-33f4c354e56d",
  "objects": [
    {
      "type": "indicator",
      "spec_version": "2.1",
      "id": "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
      "created": "2016-04-06T20:03:48.000Z",
      "modified": "2016-04-06T20:03:48.000Z",
      "description": "Zeichen für Zeichen", "pattern": "[url:value = 'x']", "pattern_type": 7,
      "valid_from": "2016-01-01T00:00:00Z", "name": "Beacon",
      "labels": ["a", null]
    },
    {"type": "ipv4-addr", "spec_version": "2.1", "id": "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4", "value": "198.51.100.3"},
    {"type": "user-account", "id": "user-account--0d5b424b-93b8-5cd8-ac36-306e1789d63c", "user_id": "1001", "rank": 1}
  ]
}
"#;

const GOOD: &str = r#"{"type":"ipv4-addr","spec_version":"2.1","id":"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4","value":"198.51.100.3"}"#;

fn validate(input: &str, args: &[&str]) -> Run {
    let output: &[&str] = if args.contains(&"--output") { &[] } else { &["--output", "table"] };
    Home::new().run_with(&[&["validate", "-"], output, args].concat(), input.as_bytes())
}

/// The summary without the time that it took.
fn summary(run: &Run) -> &str {
    run.err.rsplit_once(" (").map_or(run.err.as_str(), |(summary, _)| summary)
}

/// LIB-04: every finding with file, line, column, rule, place, what was found, what was expected, and a hint.
#[test]
fn findings_in_words() {
    let run = validate(BUNDLE, &[]);
    let expected = "\
stdin:11:93: error[T-14] /pattern_type: 7; expected a string
    in indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f
stdin:13:23: error[T-17] /labels/1: null; expected a value; leave the property out if there is none
    in indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f
    hint: leave the property out
stdin:16:117: warning[CU-01] /rank: \"rank\"; expected a custom property named x_…
    in user-account--0d5b424b-93b8-5cd8-ac36-306e1789d63c
    hint: names of properties of your own start with x_ and your name: x_acme_rank; or define an extension
stdin:16:117: warning[CU-06] /rank: custom property rank; expected an extension that defines it
    in user-account--0d5b424b-93b8-5cd8-ac36-306e1789d63c
    hint: define an extension (STIX 2.1 §7.3) and name it in the object's extensions
";
    assert_eq!((run.code, run.out.as_str()), (1, expected));
    assert!(summary(&run).starts_with("3 objects in 1 file: 2 errors, 2 warnings"), "{}", run.err);
}

/// LIB-01: the profiles decide what fails; rules can be switched off.
#[test]
fn profiles_and_rules() {
    let custom = GOOD.replace('}', ",\"x_acme_rank\":1}");
    for (input, args, code, says) in [
        (GOOD, vec![], 0, "no errors, 0 warnings"),
        (&custom, vec![], 0, "no errors, 1 warning"),
        (&custom, vec!["--profile", "strict"], 1, "1 error, 0 warnings"),
        (&custom, vec!["--profile", "strict", "--disable", "401"], 0, "no errors"),
        (&custom, vec!["--profile", "strict", "--disable", "XR-3,CU-06"], 0, "no errors"),
        (BUNDLE, vec!["--profile", "lenient"], 0, "no errors, 4 warnings"),
        (BUNDLE, vec!["--disable", "T-14", "--disable", "T-17"], 0, "no errors, 2 warnings"),
    ] {
        let run = validate(input, &args);
        assert_eq!(run.code, code, "{args:?}: {}{}", run.out, run.err);
        assert!(run.err.contains(says), "{args:?}: {}", run.err);
    }
    // The environment's profile is one of settings.
    let home = Home::new();
    let file = home.path("good.json");
    std::fs::write(&file, &custom).unwrap();
    for name in ["cert", "strict"] {
        let run = finish(home.command(&["validate", &file]).env("TAXII_CLIENT_PROFILE", name).output().unwrap());
        assert_eq!(run.code, 0, "{}", run.err);
    }
    assert_eq!(home.run(&["validate", &file, "--profile", "cert"]).code, 2);
    assert_eq!(home.run(&["--profile", "cert", "validate", &file]).code, 2);
}

/// LIB-08: bundles, envelopes, lists, single objects, JSON texts one after the other, compressed or not; each object
/// is found where it stands.
#[test]
fn every_form_of_file() {
    let bad = GOOD.replace("\"198.51.100.3\"", "7");
    let column = |before: usize| before + bad.find("7}").unwrap() + 1;
    for (input, objects, place) in [
        (format!("{{\"objects\":[{GOOD},\n{bad}]}}"), 2, (2, column(0))),
        (format!("{{\"x\": \"é\", \"objects\":[{bad}]}}"), 1, (1, column(22))),
        (
            format!(
                "{{\"type\":\"bundle\",\"id\":\"bundle--5d0092c5-5f74-4287-9642-33f4c354e56d\",\"objects\":[\n\n{bad}]}}"
            ),
            1,
            (3, column(0)),
        ),
        (format!("[{GOOD} , {bad}]"), 2, (1, column(GOOD.len() + 4))),
        (format!("\u{feff}\n {bad}"), 1, (2, column(1))),
        (format!("{GOOD}\n{GOOD}\r\n{bad}\n"), 3, (3, column(0))),
        (format!("{bad}{GOOD}"), 2, (1, column(0))),
        (format!("[{}{bad}]", format!("{GOOD},\n").repeat(5000)), 5001, (5001, column(0))),
    ] {
        let run = validate(&input, &[]);
        assert_eq!(run.code, 1, "{}", run.err);
        let (line, column) = place;
        assert!(run.out.contains(&format!("stdin:{line}:{column}: error[T-15] /value")), "{}", run.out);
        assert!(summary(&run).replace(',', "").starts_with(&format!("{objects} object")), "{}", run.err);
    }
    let empty = validate(r#"{"type":"bundle","id":"bundle--5d0092c5-5f74-4287-9642-33f4c354e56d"}"#, &[]);
    assert_eq!((empty.code, summary(&empty)), (0, "0 objects in 1 file: no errors, 0 warnings"));
}

/// Items that are no objects, objects without what names them, duplicate names: findings, and the rest is read.
#[test]
fn what_an_exchange_would_refuse_is_a_finding() {
    let input = format!("[7, {{\"id\": \"x\"}}, {{\"type\": \"ipv4-addr\", \"type\": \"ipv4-addr\"}}, {GOOD}]");
    let run = validate(&input, &[]);
    for says in [
        "stdin:1:2: error[T-15]: an integer was found; expected an object",
        "stdin:1:5: error[CP-01]: type is missing",
        "error[J-01] /type: a duplicate member name; expected each name once",
    ] {
        assert!(run.out.contains(says), "{says}: {}", run.out);
    }
    assert!(run.code == 1 && run.err.starts_with("4 objects in 1 file"), "{}", run.err);
}

/// STIX 2.0: what an exchange relies on, and a remark that this was all.
#[test]
fn stix_20() {
    let old = r#"{"type":"bundle","id":"bundle--5d0092c5-5f74-4287-9642-33f4c354e56d","spec_version":"2.0","objects":[
        {"type":"tool","id":"tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","created":"2016-04-06T20:03:48.000Z","modified":"2016-04-06T20:03:48.000Z"}]}"#;
    let run = validate(old, &[]);
    assert_eq!((run.code, summary(&run)), (0, "1 object in 1 file: no errors, 0 warnings, 2 remarks"), "{}", run.out);
    let run = validate(&old.replace("tool--8e", "malware--8e"), &[]);
    assert!(run.code == 1 && run.out.contains("error[head-id-type] /id"), "{}", run.out);
}

/// JSON lines whose lines are bundles: each is checked by itself, and findings have their places.
#[test]
fn bundles_on_lines() {
    let bundle = |uuid: &str, more: &str| {
        format!(
            r#"{{"type":"bundle","id":"bundle--5d0092c5-5f74-4287-9642-33f4c354e5{uuid}","objects":[{GOOD}{more}]}}"#
        )
    };
    let input = format!("{}\n{GOOD}\n{}\n", bundle("6d", ""), bundle("6e", &format!(", {GOOD}")));
    let run = validate(&input, &[]);
    let before = input.find(GOOD).unwrap() + GOOD.len() + 2;
    let column = before + GOOD.find("\"id\":").unwrap() + 6;
    assert!(run.out.starts_with(&format!("stdin:3:{column}: warning[B-04] /id: ")), "{column} {}", run.out);
    assert!(summary(&run).starts_with("4 objects in 1 file: no errors, 1 warning"), "{}", run.err);
    let translated = r#",{"type":"language-content","spec_version":"2.1","id":"language-content--5d0092c5-5f74-4287-9642-33f4c354e56d","created":"2020-01-01T00:00:00.000Z","modified":"2020-01-01T00:00:00.000Z","object_ref":"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4","contents":{"de":{"value":["x"]}}}"#;
    let late = bundle("6d", translated);
    let home = Home::new();
    let file = home.path("bundles");
    for text in [
        format!("{late}\n{late}\n"),
        late.clone(),
        format!("{}\n{late}\n", bundle("6d", &format!(" {}", " ".repeat(70_000)))),
    ] {
        std::fs::write(&file, &text).unwrap();
        let run = home.run(&["validate", &file, "--output", "table"]);
        let found = run.out.matches("error[LC-2] /contents/de/value: a list; expected a string").count();
        assert_eq!(found, text.matches("language-content\"").count(), "{}", run.out);
    }
}

/// Exit codes: 2 for what cannot be opened, 6 for what is no JSON; other files are checked all the same.
#[test]
fn files_that_cannot_be_read() {
    let home = Home::new();
    let (good, broken) = (home.path("good.json"), home.path("broken.json"));
    std::fs::write(&good, GOOD).unwrap();
    for (content, says) in [
        ("", "the file is empty"),
        ("rubbish", "expected value at line 1 column 1"),
        ("{\"type\":\"bundle\",\"objects\":[", "EOF"),
        ("{\"a\":1}", "neither an object with a \"type\" nor a bundle"),
        ("{\"objects\":7}", "expected a list of objects"),
        ("{\"objects\":[],\"objects\":[]}", "duplicate member name \"objects\""),
        ("[1] 2", "trailing characters"),
    ] {
        std::fs::write(&broken, content).unwrap();
        let run = home.run(&["validate", &broken, &good]);
        assert!(
            run.code == 6 && run.err.contains(says) && run.err.contains("broken.json: "),
            "{}: {}",
            run.code,
            run.err
        );
        assert!(run.err.contains("in 2 files: no errors") || !run.out.is_empty(), "{}", run.err);
    }
    let run = home.run(&["validate", "/no/such/file", &good]);
    assert!(run.code == 2 && run.err.contains("/no/such/file: No such file"), "{}", run.err);
    assert_eq!(home.run(&["validate"]).code, 2);
    assert_eq!(home.run(&["collections", "--output", "sarif"]).code, 2);
}

/// For programs: one document, a line each, and SARIF.
#[test]
fn findings_for_programs() {
    let home = Home::new();
    let file = home.path("a bundle.json");
    std::fs::write(&file, BUNDLE).unwrap();
    let json: Value = serde_json::from_str(&home.run(&["validate", &file, "--output", "json"]).out).unwrap();
    let graver = |findings: &Value| findings.as_array().unwrap().iter().filter(|f| f["severity"] != "info").count();
    assert_eq!(graver(&json["findings"]), 4);
    assert_eq!((&json["summary"]["errors"], &json["summary"]["objects"]), (&2.into(), &3.into()));
    let lines = home.run(&["validate", &file]).out;
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(first, json["findings"][0]);
    for (name, value) in [
        ("rule", Value::from("T-14")),
        ("severity", "error".into()),
        ("line", 11.into()),
        ("column", 93.into()),
        ("pointer", "/pattern_type".into()),
        ("found", "7".into()),
        ("expected", "a string".into()),
    ] {
        assert_eq!(first[name], value, "{first}");
    }
    let sarif: Value = serde_json::from_str(&home.run(&["validate", &file, "--output", "sarif"]).out).unwrap();
    let run = &sarif["runs"][0];
    assert_eq!(run["results"].as_array().unwrap().len(), json["findings"].as_array().unwrap().len());
    let place = &run["results"][0]["locations"][0]["physicalLocation"];
    assert!(place["artifactLocation"]["uri"].as_str().unwrap().ends_with("/a%20bundle.json"), "{place}");
    assert_eq!(place["region"], serde_json::json!({"startLine": 11, "startColumn": 93}));
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert!(rules.contains(&serde_json::json!({"id": "CU-06"})), "{rules:?}");
    for (output, findings) in [("json", "findings"), ("sarif", "runs")] {
        let run = validate(GOOD, &["--output", output]);
        assert!(serde_json::from_str::<Value>(&run.out).unwrap()[findings].is_array(), "{}", run.out);
    }
}

/// LIB-09, B-01 to B-04, ID-07: what is between the objects of a file, found when it has ended, where it stands.
#[test]
fn findings_between_objects() {
    let home = Home::new();
    let file = home.path("bundle.json");
    let domain = r#"{"type":"domain-name","spec_version":"2.1","id":"domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7","value":"example.com","resolves_to_refs":["ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"]}"#;
    std::fs::write(&file, format!("{{\"type\":\"bundle\",\"id\":\"x\",\"objects\":[\n{domain}]}}")).unwrap();
    let run = |args: &[&str]| home.run(&[&["validate", &file, "--output", "table"], args].concat());
    let plain = run(&[]);
    assert!(
        plain.out.contains(":1:1: error[ID-01] /id") && plain.err.contains("1 remark"),
        "{}{}",
        plain.out,
        plain.err
    );
    assert!(!plain.out.contains("RF-02") && plain.err.contains("-v shows the remarks"), "{}{}", plain.out, plain.err);
    let place = format!("bundle.json:2:{}: ", domain.find("\"ipv4-addr--").unwrap() + 1);
    for (args, severity) in [(["--enforce-refs"], "error"), (["-v"], "info")] {
        let out = run(&args).out;
        assert!(out.contains(&format!("{place}{severity}[RF-02] /resolves_to_refs/0")), "{out}");
    }
    let stream = validate(domain, &["--enforce-refs"]);
    assert!(stream.code == 1 && stream.out.starts_with("stdin: error[RF-02]"), "{}", stream.out);
    assert_eq!(validate(&format!("{GOOD}\n{domain}"), &["--enforce-refs"]).code, 0);
}

/// Hostile content does not steer the terminal.
#[test]
fn control_characters_are_shown() {
    let run = validate(&GOOD.replace("ipv4-addr\",\"spec", "a\\u001b[2Jb\",\"spec"), &[]);
    assert!(run.code == 1 && !run.out.contains('\u{1b}'), "{}", run.out);
}

/// An object to start from is valid, whatever is set on it; what would not be is not printed.
#[test]
fn new_objects() {
    let home = Home::new();
    let run = home.run(&["new", "ipv4-addr"]);
    let expected = GOOD.replace(":\"", ": \"").replace('{', "{\n  ").replace(",\"", ",\n  \"").replace('}', "\n}\n");
    assert_eq!((run.code, run.out), (0, expected));
    let run = home.run(&[
        "new",
        "indicator",
        "--set",
        "name=Beacon",
        "--set",
        "labels=a",
        "--set",
        "labels=b",
        "--output",
        "jsonl",
    ]);
    let object: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((&object["name"], &object["labels"]), (&"Beacon".into(), &serde_json::json!(["a", "b"])));
    assert_eq!(validate(&run.out, &[]).code, 0);
    let run = home.run(&["new", "indicator", "--set", "confidence=often"]);
    assert!(run.code == 1 && run.out.is_empty() && run.err.contains("T-10 at /confidence"), "{}", run.err);
    let run = home.run(&["new", "ipv4"]);
    assert!(run.code == 2 && run.err.contains("did you mean ipv4-addr?"), "{}", run.err);
    assert_eq!(home.run(&["new"]).code, 2);
    assert_eq!(home.run(&["new", "indicator", "--set", "name"]).code, 2);
    let run = home.run(&["new", "--list", "--output", "table"]);
    assert!(run.code == 0 && run.out.contains("indicator") && run.out.contains("4.7"), "{}", run.out);
}
