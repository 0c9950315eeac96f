//! Events of MISP on the command line: `taxii convert`.

use serde_json::Value;

use crate::cli::{Home, Run};

const EVENT: &str = r#"{"Event":{"uuid":"5f1b1e3a-9c8e-4b5e-8a6b-0c2d4e6f8a01","info":"Night Heron","date":"2026-11-01","timestamp":"1793491200","published":true,"Attribute":[{"type":"ip-dst","category":"Network activity","to_ids":true,"uuid":"5f1b1e3a-9c8e-4b5e-8a6b-0c2d4e6f8a02","timestamp":"1793491200","comment":"c","value":"198.51.100.3","x-new":[null]}]}}"#;

fn convert(input: &str, args: &[&str]) -> Run {
    Home::new().run_with(&[&["convert", "-"], args].concat(), input.as_bytes())
}

/// An event becomes a bundle that the validator accepts, and the bundle the same event; which way is told by the
/// content, and what is kept beside is said.
#[test]
fn there_and_back() {
    let there = convert(EVENT, &[]);
    assert_eq!(there.code, 0, "{}", there.err);
    assert_eq!(Home::new().run_with(&["validate", "-"], there.out.as_bytes()).code, 0);
    for says in ["/Event/Attribute/0 keeps beside indicator--", "x-new", "objects made of 1 event in 1 file; "] {
        assert!(there.err.contains(says), "{says}: {}", there.err);
    }
    let back = convert(&there.out, &[]);
    assert_eq!((back.code, back.out.trim_end()), (0, EVENT), "{}", back.err);
    let listed = convert(EVENT, &["--output", "json"]);
    let line: Value = serde_json::from_str(listed.err.lines().next().unwrap()).unwrap();
    assert_eq!(line["path"], "/Event/Attribute/0");
}

/// Several events make one bundle, and come back as the answer to a search does; objects one per line are read too.
#[test]
fn several_events() {
    let other = EVENT.replace("8a01", "8b01").replace("8a02", "8b02").replace("198.51.100.3", "198.51.100.4");
    for input in
        [format!("[{EVENT},{other}]"), format!("{EVENT}\n{other}\n"), format!(r#"{{"response":[{EVENT},{other}]}}"#)]
    {
        let there = convert(&input, &["--to", "stix"]);
        assert_eq!((there.code, there.out.lines().count()), (0, 1), "{}", there.err);
        let expected = format!(r#"{{"response":[{EVENT},{other}]}}"#);
        assert_eq!(convert(&there.out, &["--to", "misp"]).out.trim_end(), expected);
        let bundle: Value = serde_json::from_str(&there.out).unwrap();
        let lines: Vec<_> = bundle["objects"].as_array().unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(convert(&lines.join("\n"), &[]).out.trim_end(), expected);
    }
}

/// What is neither is refused, with the place and what to do; nothing is written then.
#[test]
fn what_cannot_be_converted() {
    for (input, args, says) in [
        ("", &[][..], "the file is empty"),
        ("{", &[], "EOF"),
        (r#"{"Event":{"Attribute":[{"type":"x"}]}}"#, &[], "/Event/Attribute/0: value is missing; expected"),
        (r#"{"Event":{"info":[7]}}"#, &[], "/Event/info: a list of 1; expected text in quotes"),
        (r#"[{"type":"tool"}]"#, &["--to", "misp"], "object 1: "),
        ("7", &[], "expected an object with an Event"),
    ] {
        let run = convert(input, args);
        assert_eq!((run.code, run.out.as_str()), (6, ""), "{input}: {}", run.err);
        assert!(run.err.contains(says), "{says}: {}", run.err);
    }
}
