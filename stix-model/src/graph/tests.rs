use super::*;

const UUID: &str = "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f";

/// `type` and `name` are enough for a name: `tool--UUID`.
fn graph(text: &str) -> Graph {
    let objects = Json::parse(&text.replace("UUID", UUID)).unwrap().into_owned();
    Graph::of(objects.as_list().unwrap().iter().filter_map(Json::as_object))
}

fn id(object_type: &str) -> String {
    format!("{object_type}--{UUID}")
}

const SEEN: &str = r#"[
    {"type":"sighting","id":"sighting--UUID","sighting_of_ref":"tool--UUID","where_sighted_refs":["identity--UUID"],
     "created_by_ref":"identity--UUID"},
    {"type":"relationship","id":"relationship--UUID","relationship_type":"uses","source_ref":"campaign--UUID",
     "target_ref":"tool--UUID","object_marking_refs":["marking-definition--UUID"]},
    {"type":"tool","id":"tool--UUID","name":"new","modified":"2020-01-01T00:00:00.0001Z","revoked":true},
    {"type":"tool","id":"tool--UUID","name":"old","modified":"2020-01-01T00:00:00Z","created_by_ref":"identity--UUID"},
    {"type":"identity","id":"identity--UUID","name":"we"},
    {"type":"campaign","id":"campaign--UUID","name":"c"},
    {"type":"campaign","name":"nameless"}
]"#;

/// ID-06, ID-08, VER-01, RF-02: objects by their whole id, the latest version of each; what is missing is known.
#[test]
fn the_latest_version_is_the_node() {
    let graph = graph(SEEN);
    assert_eq!(graph.nodes().count(), 5);
    let tool = graph.node(&id("tool")).unwrap();
    assert_eq!((tool.name.as_deref(), tool.revoked), (Some("new"), true));
    assert_eq!(graph.outgoing(&id("tool")).count(), 0);
    let dangling: Vec<_> = graph.dangling().map(|edge| (edge.object.as_str(), edge.pointer.as_str())).collect();
    assert_eq!(dangling, [(id("relationship").as_str(), "/object_marking_refs/0")]);
}

/// §5: relationships and sightings lead from one object to another.
#[test]
fn relationships_and_sightings_are_edges() {
    let graph = graph(SEEN);
    let to_tool: Vec<_> = graph.incoming(&id("tool")).map(|edge| (edge.label.as_str(), edge.kind)).collect();
    assert_eq!(
        to_tool,
        [
            ("target_ref", EdgeKind::Reference),
            ("uses", EdgeKind::Relationship),
            ("sighting_of_ref", EdgeKind::Reference),
            ("sighted", EdgeKind::Sighting)
        ]
    );
    let neighbours = graph.neighbours(&id("tool"));
    assert_eq!(
        neighbours.into_iter().collect::<Vec<_>>(),
        ["campaign", "identity", "relationship", "sighting"].map(id)
    );
    assert!(graph.neighbours("x").is_empty());
    let reachable = graph.reachable(&id("campaign"));
    assert_eq!(reachable.into_iter().collect::<Vec<_>>(), ["marking-definition", "relationship", "tool"].map(id));
}

/// RF-03: references may go round in a circle.
#[test]
fn circles_end() {
    let graph = graph(
        r#"[{"type":"process","id":"process--UUID","parent_ref":"x-a--UUID","child_refs":["process--UUID"]},
            {"type":"x-a","id":"x-a--UUID","child_refs":["process--UUID","x-b--UUID"]}]"#,
    );
    assert_eq!(graph.reachable(&id("process")).into_iter().collect::<Vec<_>>(), ["x-a", "x-b"].map(id));
    assert_eq!(graph.neighbours(&id("process")).into_iter().collect::<Vec<_>>(), ["x-a"].map(id));
}

/// The drawing does not depend on the order of the objects.
#[test]
fn drawings_are_stable() {
    let graph = graph(SEEN);
    let expected = format!(
        "flowchart LR
    n0[\"campaign<br/>c\"]
    n1[\"identity<br/>we\"]
    n2[\"marking-definition--8e2e2d2b-17d4-4cbf-9…<br/>not here\"]:::missing
    n3[\"sighting<br/>{UUID}\"]
    n4[\"tool<br/>new #40;revoked#41;\"]
    n0 -->|\"uses\"| n4
    n3 -.->|\"sighting of\"| n4
    n3 -.->|\"where sighted\"| n1
    n3 -.->|\"created by\"| n1
    classDef missing stroke-dasharray: 5 5
"
    );
    assert_eq!(graph.to_mermaid(), expected);
    let objects = Json::parse(&SEEN.replace("UUID", UUID)).unwrap().into_owned();
    let reversed = Graph::of(objects.as_list().unwrap().iter().rev().filter_map(Json::as_object));
    assert_eq!(reversed.to_mermaid(), expected);
    assert_eq!(reversed.to_dot(), graph.to_dot());
    assert!(graph.to_dot().contains(&format!("\"{}\" -> \"{}\" [label=\"uses\"];", id("campaign"), id("tool"))));
}

/// A name that is meant to break the drawing stays a name.
#[test]
fn hostile_names_stay_inside_their_labels() {
    let hostile = "\"];\\n click n0 \\\"javascript:x\\\" %%{init: {}}%% `<script> \u{202e}&quot;#quot;\\\\";
    let mut object = Members::new();
    object.insert("type", Json::from("tool"));
    object.insert("id", Json::from(id("tool")));
    object.insert("name", Json::from(hostile.replace("\\n", "\n")));
    let mut relationship = Members::new();
    relationship.insert("type", Json::from("relationship"));
    relationship.insert("id", Json::from(id("relationship")));
    relationship.insert("relationship_type", Json::from("a\"| n0\nend --> \\"));
    relationship.insert("source_ref", Json::from(id("tool")));
    relationship.insert("target_ref", Json::from(id("tool")));
    let graph = Graph::of([&object, &relationship]);
    let mermaid = graph.to_mermaid();
    assert_eq!(mermaid.lines().count(), 4);
    for line in mermaid.lines() {
        let quotes = line.matches('"').count();
        assert!(quotes == 0 || quotes == 2, "{line}");
        let label = line.split('"').nth(1).unwrap_or_default().replace("<br/>", "");
        assert!(!label.contains(['<', '>', '`', '%', '{', '|', '\\', '&', '\u{202e}']), "{line}");
    }
    let dot = graph.to_dot();
    assert_eq!(dot.lines().count(), 6);
    for line in dot.lines() {
        let bare = line.replace("\\\\", "").replace("\\\"", "");
        assert_eq!(bare.matches('"').count() % 2, 0, "{line}");
        assert!(bare.ends_with(['{', ';', '}']), "{line}");
    }
}

/// §5: a part has what leads from one of its objects to another, and what it names that is missing, but no loose ends.
#[test]
fn a_part_has_no_loose_ends() {
    let whole = graph(SEEN);
    let part = |types: &[&str]| whole.part(|name| types.iter().any(|object_type| id(object_type) == name));
    let uses = part(&["campaign", "tool", "relationship"]);
    let labels: Vec<_> = uses.edges().iter().map(|edge| edge.label.as_str()).collect();
    assert_eq!(labels, ["source_ref", "target_ref", "uses"]);
    assert_eq!((uses.nodes().count(), uses.dangling().count()), (3, 0));
    assert_eq!(uses.incoming(&id("tool")).count(), 2);
    assert!(part(&["campaign", "tool"]).edges().is_empty());
    assert_eq!(part(&["relationship", "marking-definition"]).dangling().count(), 1);
    assert_eq!(whole.part(|_| true).to_dot(), whole.to_dot());
}
