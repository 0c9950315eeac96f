//! Content on the command line: `taxii graph`.

use crate::cli::{Home, Run};

const UUID: &str = "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f";

/// campaign –uses→ tool –targets→ vulnerability; an identity made campaign and vulnerability; a note on the tool and on
/// something that is not there.
const OBJECTS: [&str; 7] = [
    r#"{"type":"campaign","id":"campaign--UUID","name":"Autumn","created_by_ref":"identity--UUID"}"#,
    r#"{"type":"tool","id":"tool--UUID","name":"scan \"]ner"}"#,
    r#"{"type":"vulnerability","id":"vulnerability--UUID","name":"CVE","created_by_ref":"identity--UUID"}"#,
    r#"{"type":"identity","id":"identity--UUID","name":"we"}"#,
    r#"{"type":"relationship","id":"relationship--UUID","relationship_type":"uses","source_ref":"campaign--UUID","target_ref":"tool--UUID"}"#,
    r#"{"type":"relationship","id":"relationship--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd40","relationship_type":"targets","source_ref":"tool--UUID","target_ref":"vulnerability--UUID"}"#,
    r#"{"type":"note","id":"note--UUID","abstract":"n","object_refs":["tool--UUID","malware--UUID"]}"#,
];

fn bundle() -> String {
    let text = r#"{"type":"bundle","id":"bundle--UUID","objects":[OBJECTS]}"#;
    text.replace("OBJECTS", &OBJECTS.join(",")).replace("UUID", UUID)
}

fn graph(args: &[&str]) -> Run {
    Home::new().run_with(&[&["graph", "-"], args].concat(), bundle().as_bytes())
}

/// The types that are drawn, and the arrows with their ends, of a drawing for Mermaid.
fn drawn(run: &Run) -> (Vec<String>, Vec<String>) {
    assert_eq!(run.code, 0, "{}", run.err);
    let label = |line: &str| line.split('"').nth(1).unwrap().split(['<', '-']).next().unwrap().to_owned();
    let nodes: Vec<String> = run.out.lines().filter(|line| line.contains("[\"")).map(label).collect();
    let end = |text: &str| nodes[text.trim().trim_start_matches('n').parse::<usize>().unwrap()].clone();
    let arrow = |line: &str| {
        let parts: Vec<_> = line.split('|').collect();
        let source = parts[0].trim_end_matches(|c| "-.>".contains(c));
        Some(format!("{} {} {}", end(source), parts[1].trim_matches('"'), end(parts[2])))
    };
    let arrows = run.out.lines().filter(|line| line.contains("->|")).filter_map(arrow).collect();
    (nodes, arrows)
}

/// Relationships are arrows, what is missing is drawn as such, the counts are beside it.
#[test]
fn the_whole_graph() {
    let run = graph(&[]);
    let (nodes, arrows) = drawn(&run);
    assert_eq!(nodes, ["campaign", "identity", "malware", "note", "tool", "vulnerability"]);
    let expected = [
        "campaign created by identity",
        "note object malware",
        "note object tool",
        "tool targets vulnerability",
        "campaign uses tool",
        "vulnerability created by identity",
    ];
    let sorted = |mut list: Vec<String>| {
        list.sort();
        list
    };
    assert_eq!(sorted(arrows), sorted(expected.map(str::to_owned).to_vec()));
    assert!(run.out.starts_with("flowchart LR\n") && run.out.contains("<br/>not here\"]:::missing"), "{}", run.out);
    let says = "5 objects, 2 relationships, 4 references; 1 object is referred to but not here (dashed border)\n";
    assert_eq!(run.err, says);
    let dot = graph(&["--format", "dot", "--quiet"]);
    assert!(dot.out.starts_with("digraph stix {\n") && dot.out.ends_with("}\n") && dot.err.is_empty(), "{}", dot.err);
    assert!(dot.out.contains(&format!("\"campaign--{UUID}\" -> \"tool--{UUID}\" [label=\"uses\"];")), "{}", dot.out);
}

/// The neighbourhood of an object, in both directions, and only through objects of some types.
#[test]
fn parts() {
    let tool = format!("tool--{UUID}");
    let missing = format!("malware--{UUID}");
    for (args, nodes, arrows) in [
        (vec!["--from", &tool, "--depth", "0"], vec!["tool"], 0),
        (vec!["--from", &tool, "--depth", "1"], vec!["campaign", "note", "tool", "vulnerability"], 3),
        (
            vec!["--from", &tool, "--depth", "2"],
            vec!["campaign", "identity", "malware", "note", "tool", "vulnerability"],
            6,
        ),
        (vec!["--from", &missing, "--depth", "1"], vec!["malware", "note"], 1),
        (vec!["--from", &missing], vec!["campaign", "identity", "malware", "note", "tool", "vulnerability"], 6),
        (vec!["--types", "campaign,tool"], vec!["campaign", "tool"], 1),
        (vec!["--types", "note,malware"], vec!["malware", "note"], 1),
        (vec!["--from", &tool, "--types", "vulnerability"], vec!["tool", "vulnerability"], 1),
        (vec!["--from", &missing, "--types", "campaign,tool"], vec!["malware"], 0),
    ] {
        let run = graph(&args);
        let (found, lines) = drawn(&run);
        assert_eq!((found, lines.len()), (nodes.into_iter().map(str::to_owned).collect(), arrows), "{args:?}");
        assert!(run.err.contains(" of 5, "), "{args:?}: {}", run.err);
    }
    let run = graph(&["--from", "tool--x"]);
    assert!(run.code == 4 && run.out.is_empty() && run.err.contains("--from tool--x"), "{}", run.err);
    assert_eq!(graph(&["--depth", "1"]).code, 2);
    assert_eq!(graph(&["--format", "svg"]).code, 2);
}

/// LIB-08: every form of file, several of them in one graph; what has no id is mentioned.
#[test]
fn every_form_of_file() {
    let whole = graph(&[]).out;
    let objects = OBJECTS.map(|object| object.replace("UUID", UUID));
    let home = Home::new();
    let (first, second) = (home.path("first"), home.path("second"));
    for (one, other) in [
        (objects[..3].join("\n"), format!("[{}]", objects[3..].join(","))),
        (format!("[{}]", bundle()), objects[0].clone()),
        (format!(r#"{{"objects":[{}]}}"#, objects[1..].join(",")), format!("{}{{\"type\":\"tool\"}}", objects[0])),
    ] {
        std::fs::write(&first, one).unwrap();
        std::fs::write(&second, &other).unwrap();
        let run = home.run(&["graph", &first, &second]);
        assert_eq!((run.code, run.out.as_str()), (0, whole.as_str()), "{}", run.err);
        assert_eq!(run.err.contains("1 object without an id"), other.contains(r#"{"type":"tool"}"#), "{}", run.err);
    }
    std::fs::write(&second, "rubbish").unwrap();
    let run = home.run(&["graph", &first, &second]);
    assert!(run.code == 6 && run.out.is_empty() && run.err.contains("second: expected value"), "{}", run.err);
    assert_eq!(home.run(&["graph", "/no/such/file"]).code, 2);
}

/// A drawing that Mermaid would refuse is announced.
#[test]
fn too_much_for_mermaid() {
    let notes = (0..600).map(|n| OBJECTS[6].replacen("UUID", &format!("{n:08}-17d4-4cbf-938f-98ee46b3cd3f"), 1));
    let input = notes.collect::<Vec<_>>().join("\n").replace("UUID", UUID);
    for (format, warns) in [("mermaid", true), ("dot", false)] {
        let run = Home::new().run_with(&["graph", "-", "--format", format], input.as_bytes());
        assert_eq!((run.code, run.err.contains("warning: Mermaid may refuse")), (0, warns), "{}", run.err);
    }
}
