//! An alliance: nations share what malware is with a coordination cell, and through it with each other, without telling who was
//! hit or who found it.

use serde_json::{Value, json};
use stix_model::marking::tlp;
use taxii_tests::house::{House, agreement, ids};
use taxii_tests::node::until;
use taxii_tests::objects::{CREATED, id_of, indicator, malware, modified, relationship, with};

const EVER: &str = "2099-01-01T00:00:00Z";
/// What nobody outside may read.
const SECRETS: [&str; 6] =
    ["Acme Clinic", "acme", "Cyber Command North", "srv-17.acme-clinic.local", "10.20.30.40", "ward 7"];

fn green(object: Value) -> Value {
    with(object, "object_marking_refs", json!([tlp::GREEN.id().as_str()]))
}

fn identity(name: &str) -> Value {
    green(json!({
        "type": "identity", "spec_version": "2.1", "id": taxii_tests::objects::id("identity"), "created": CREATED,
        "modified": CREATED, "name": name, "identity_class": "organization",
    }))
}

/// An incident as analysts write it down.
struct Incident {
    malware: Value,
    indicator: Value,
    objects: Vec<Value>,
}

impl Incident {
    fn new() -> Self {
        let author = identity("Cyber Command North");
        let victim = identity("Acme Clinic");
        let by = |object: Value| green(with(object, "created_by_ref", id_of(&author)));
        let family = by(with(
            with(malware(), "name", "Night Heron"),
            "description",
            "Wipes disks. Seen on srv-17.acme-clinic.local (10.20.30.40) in ward 7 of Acme Clinic.",
        ));
        let beacon = by(indicator());
        let indicates = by(relationship(id_of(&beacon), id_of(&family)));
        let targets = by(with(relationship(id_of(&family), id_of(&victim)), "relationship_type", "targets"));
        let sighting = by(json!({
            "type": "sighting", "spec_version": "2.1", "id": taxii_tests::objects::id("sighting"), "created": CREATED,
            "modified": CREATED, "sighting_of_ref": id_of(&family), "where_sighted_refs": [id_of(&victim)], "count": 3,
            "first_seen": "2020-01-01T10:11:12.000Z", "last_seen": "2020-01-01T11:11:12.000Z",
        }));
        let secret = with(by(malware()), "object_marking_refs", json!([tlp::RED.id().as_str()]));
        let objects = vec![author, victim, family.clone(), beacon.clone(), indicates, targets, sighting, secret];
        Self { malware: family, indicator: beacon, objects }
    }
}

fn tells_nothing(what: &str, text: &str, incident: &Incident) {
    let lower = text.to_lowercase();
    for secret in SECRETS {
        assert!(!lower.contains(&secret.to_lowercase()), "{what} has {secret:?}: {text}");
    }
    for object in &incident.objects {
        assert!(!text.contains(id_of(object)), "{what} has the id {}: {text}", id_of(object));
    }
}

/// Promise 4, and what sharing promises: under `technical`, exactly what was simulated leaves; no victim, author or original id is in
/// any byte at the cell or at the other nation, and the facts of the malware are. A revocation follows, a recall reaches
/// everybody, and the transparency report counts exactly what went.
#[test]
fn nations_share_the_malware_and_not_the_attack() {
    let mut north = House::new("north", &["raw"]);
    let scan = north
        .node
        .folder()
        .write("scan.toml", "names = [\"Acme Clinic\", \"ward 7\"]\ndomains = [\"acme-clinic.local\"]\n");
    north.node = north.node.setting("TAXII_SHARING__SCAN", &scan.display().to_string());
    let mut cell = House::new("cell", &["shared"]);
    let mut south = House::new("south", &["inbox"]);
    let key_of_north = cell.lets_in(&north, &["--read", "shared", "--write", "shared"]);
    let key_of_south = cell.lets_in(&south, &[]);

    let up = agreement(
        "north-cell",
        &north,
        &cell,
        "raw",
        EVER,
        "tlp = \"green\"\nprofile = \"technical\"\nonward = { allowed = true, max_hops = 2, tlp = \"green\" }",
    );
    let down = agreement("cell-south", &cell, &south, "shared", EVER, "tlp = \"green\"\nprofile = \"full\"");
    north.agrees(&up, &[&north, &cell]);
    // South may read what is agreed, once nothing but that is what it would see.
    for (setting, missing) in [
        (["organisation", "set", "south", "--clearance", "tlp:amber, any"], "--clearance 'tlp:green, pap:green'"),
        (["organisation", "set", "south", "--clearance", "tlp:green, pap:green"], "--unmarked hidden"),
        (["collection", "set", "shared", "--unmarked", "hidden"], ""),
    ] {
        cell.node.admin(&setting);
        let granted = cell.agrees(&down, &[&cell, &south]);
        let changes = if missing.is_empty() { 1 } else { 0 };
        assert_eq!(granted["changes"].as_array().map(Vec::len), Some(changes), "{granted:#}");
        assert!(granted["notes"].to_string().contains(missing), "{granted:#}");
    }
    south.agrees(&down, &[&cell, &south]);
    for house in [&mut north, &mut cell, &mut south] {
        house.node.start();
    }

    let incident = Incident::new();
    north.post("raw", &incident.objects);
    let simulated = north.node.admin(&["agreement", "simulate", "north-cell"])[0].clone();
    let types = json!({"indicator": 1, "malware": 1, "relationship": 1, "sighting": 1});
    assert_eq!(simulated["summary"]["types"], types, "{simulated:#}");
    assert_eq!(simulated["withheld"].as_array().map(Vec::len), Some(4), "{simulated:#}");
    assert!(cell.objects("shared").is_empty(), "nothing leaves by being simulated");

    // The order of the flows does not matter: south asks before there is anything.
    let inbox = south.place("inbox");
    south.node.admin(&[
        "flow",
        "add",
        "from-cell",
        "--from",
        &cell.url("shared"),
        "--to",
        &inbox,
        "--agreement",
        "cell-south",
        "--secret",
        &key_of_south,
        "--every",
        "1s",
    ]);
    let raw = north.place("raw");
    north.node.admin(&[
        "flow",
        "add",
        "to-cell",
        "--from",
        &raw,
        "--to",
        &cell.url("shared"),
        "--agreement",
        "north-cell",
        "--secret",
        &key_of_north,
    ]);
    cell.has("shared", 4);
    south.has("inbox", 4);

    let mut left: Vec<String> =
        simulated["leaving"].as_array().expect("a list").iter().map(|one| one["leaving_as"].to_string()).collect();
    let mut there: Vec<String> = cell.objects("shared").iter().map(|object| object["id"].to_string()).collect();
    left.sort();
    there.sort();
    assert_eq!(left, there, "what was simulated is what left");
    for (house, collection) in [(&cell, "shared"), (&south, "inbox")] {
        let text = house.read(collection).text().to_owned();
        tells_nothing(&house.name, &text, &incident);
        for fact in ["Night Heron", "Wipes disks", "198.51.100.7"] {
            assert!(text.contains(fact), "{} is told {fact:?}: {text}", house.name);
        }
    }
    assert_eq!(cell.read("shared").text(), south.read("inbox").text(), "bytes in, bytes out");

    // Who asks who has the original is told under which name it went, and to whom.
    let told = north.brought(id_of(&incident.malware), "to-cell");
    let brought = told.iter().find(|brought| brought["flow"] == "to-cell").expect("a delivery");
    let there = ids(&cell.objects("shared"), "malware")[0].to_owned();
    let named = (&brought["as"], &brought["partner"], &brought["agreement"]);
    assert_eq!(named, (&json!(there), &json!("cell"), &json!("north-cell")), "{told:#?}");
    let received = north.node.admin(&["audit", "who-received", &there]);
    assert_eq!(received[0]["brought"]["flow"], "to-cell", "by the id that partners know: {received:#}");

    // A revocation follows under the name that the object has there.
    let derived = ids(&south.objects("inbox"), "indicator")[0].to_owned();
    let revoked = with(modified(&incident.indicator, "2021-01-01T00:00:00.000Z"), "revoked", true);
    north.post("raw", &[revoked]);
    let is_revoked =
        || south.objects("inbox").iter().any(|object| object["id"] == derived.as_str() && object["revoked"] == true);
    until("the revocation is at south", is_revoked);

    // What is recalled is gone everywhere.
    let family = ids(&south.objects("inbox"), "malware")[0].to_owned();
    north.delete("raw", id_of(&incident.malware));
    until("the cell has forgotten it", || !cell.read("shared").text().contains("Night Heron"));
    until("south has forgotten it", || !south.read("inbox").text().contains("Night Heron"));
    assert!(!ids(&south.objects("inbox"), "malware").contains(&family.as_str()));

    let report = north.node.admin(&["agreement", "report", "north-cell"]);
    let line = &report["lines"][0];
    assert_eq!(report["lines"].as_array().map(Vec::len), Some(1), "{report:#}");
    let counted =
        [&line["objects"], &line["versions"], &line["deleted"]].map(|count| count.as_u64().unwrap_or_default());
    assert_eq!(counted, [4, 5, 1], "{report:#}");
    assert_eq!(line["types"], json!({"indicator": 2, "malware": 1, "relationship": 1, "sighting": 1}), "{report:#}");
    assert_eq!((&line["partner"], &line["direction"]), (&json!("cell"), &json!("out")));
    let stayed: u64 = line["withheld"].as_object().expect("by rule").values().filter_map(Value::as_u64).sum();
    assert_eq!(stayed, 4, "{report:#}");
    let received = south.node.admin(&["agreement", "report", "cell-south"])["lines"][0].clone();
    assert_eq!((&received["direction"], &received["versions"]), (&json!("in"), &json!(5)), "{received:#}");
    let verified = north.node.admin(&["audit", "verify"]);
    assert_eq!(verified["fault"], Value::Null, "{verified}");
}
