//! A carrier and the police: types, purpose and retention are agreed, and the exchange stops by itself.

use chrono::{SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};
use stix_model::marking::tlp;
use taxii_tests::house::{House, agreement, ids};
use taxii_tests::node::until;
use taxii_tests::objects::{CREATED, id, id_of, indicator, malware, with};
use taxii_tests::programs::{self, Ran};

const EVER: &str = "2099-01-01T00:00:00Z";
const TERMS: &str = "tlp = \"amber\"\nunmarked = \"amber\"\nprofile = \"full\"\nretention_days = 30\n\
                     types = [\"infrastructure\", \"indicator\", \"threat-actor\"]";

fn amber(object: Value) -> Value {
    with(object, "object_marking_refs", json!([tlp::AMBER.id().as_str()]))
}

fn of(object_type: &str, name: &str, members: &Value) -> Value {
    let mut object = json!({
        "type": object_type, "spec_version": "2.1", "id": id(object_type), "created": CREATED, "modified": CREATED, "name": name,
    });
    let members = members.as_object().expect("members").clone();
    object.as_object_mut().expect("an object").extend(members);
    amber(object)
}

fn refused(house: &House, arguments: &[&str], words: &[&str]) {
    let mut command = house.node.folder().command(&programs::server(), arguments);
    command.env("TAXII_DATABASE", "taxii.db").env("TAXII_SHARING__IDENTITY", &house.identity);
    Ran::of(command, "").bad(words);
}

/// Only what was agreed moves; what is received is kept no longer than agreed; an agreement that has expired lets nothing move, by
/// itself and with a reason that is told, while all that is there stays; the next one goes on where the last one ended.
#[test]
fn what_was_agreed_moves_until_it_expires() {
    let mut carrier = House::new("carrier", &["abuse", "for-police"]);
    let mut police = House::new("police", &["intake"]);
    let key = carrier.lets_in(&police, &[]);

    // Nothing moves under what not everybody has signed.
    let lasting = agreement("carrier-police", &carrier, &police, "for-police", EVER, TERMS);
    let half = carrier.node.folder().write("half.toml", &carrier.signed(&lasting, &[&carrier]));
    let told = carrier.node.admin(&["agreement", "add", &half.display().to_string(), "--yes"]);
    assert!(told["findings"].to_string().contains("police has not signed off"), "{told:#}");
    let (abuse, shared) = (carrier.place("abuse"), carrier.place("for-police"));
    let flow = ["flow", "add", "to-police", "--from", &abuse, "--to", &shared, "--agreement", "carrier-police"];
    let added = carrier.node.admin(&flow);
    assert!(added["notes"].to_string().contains("agreement-not-signed"), "{added:#}");
    // What the agreement does not name does not even begin.
    refused(
        &carrier,
        &["flow", "add", "x", "--from", &abuse, "--to", "folder:out", "--agreement", "carrier-police"],
        &["says nothing about this"],
    );
    refused(&carrier, &["flow", "add", "x", "--from", &abuse, "--to", "folder:out"], &["--agreement"]);
    carrier.node.start();
    police.node.start();
    let actor = of("threat-actor", "Hacktivists", &json!({}));
    let first = [
        actor.clone(),
        of("infrastructure", "C2", &json!({"infrastructure_types": ["command-and-control"]})),
        amber(indicator()),
        amber(malware()),
        of("identity", "Mr Subscriber", &json!({"identity_class": "individual"})),
    ];
    carrier.post("abuse", &first);
    carrier.is("to-police", "stopped");
    assert!(carrier.objects("for-police").is_empty());

    // Signed, it goes on by itself.
    let granted = carrier.agrees(&lasting, &[&carrier, &police]);
    assert!(granted["changes"].to_string().contains("police"), "{granted:#}");
    carrier.has("for-police", 3);
    let expected =
        json!({"flow": "to-police", "to": shared, "partner": "police", "agreement": "carrier-police", "as": null});
    assert_eq!(carrier.brought(id_of(&first[2]), "to-police"), [expected]);
    assert!(!carrier.read("for-police").text().contains("Subscriber"));

    // The police may keep it for 30 days, and says so before it gets anything.
    police.agrees(&lasting, &[&carrier, &police]);
    let (from, intake) = (carrier.url("for-police"), police.place("intake"));
    let pull = [
        "flow",
        "add",
        "from-carrier",
        "--from",
        &from,
        "--to",
        &intake,
        "--agreement",
        "carrier-police",
        "--secret",
        &key,
        "--every",
        "1s",
    ];
    refused(&police, &pull, &["30 days", "--keep-days 30"]);
    police.node.admin(&["collection", "set", "intake", "--keep-days", "30"]);
    police.node.admin(&pull);
    police.has("intake", 3);
    assert_eq!(ids(&police.objects("intake"), "threat-actor"), [id_of(&actor)], "under full, names stay");

    // It expires, without anybody doing anything.
    let soon = (Utc::now() + TimeDelta::seconds(10)).to_rfc3339_opts(SecondsFormat::Secs, true);
    let ending = agreement("carrier-police", &carrier, &police, "for-police", &soon, TERMS);
    for house in [&carrier, &police] {
        house.agrees(&ending, &[&carrier, &police]);
    }
    for (house, flow) in [(&carrier, "to-police"), (&police, "from-carrier")] {
        // Who asked a moment before may have heard it from the partner first; told to look again, it knows by itself.
        let expired = |told: &Value| told["last_error"]["message"].to_string().contains("agreement-expired");
        if !expired(&house.is(flow, "stopped")) {
            house.node.admin(&["flow", "resume", flow]);
        }
        until("it stops because of the agreement", || {
            let told = house.flow(flow);
            told["phase"] == "stopped" && expired(&told)
        });
    }
    let reads = || carrier.request("police", "GET", "for-police", "objects/").try_send().expect("an answer").status;
    until("the grant has expired, too", || reads() != 200);
    carrier.post("abuse", &[amber(indicator())]);
    assert_eq!((carrier.objects("for-police").len(), police.objects("intake").len()), (3, 3), "what is there stays");

    // The agreement that follows goes on where the last one ended.
    for house in [&carrier, &police] {
        house.agrees(&lasting, &[&carrier, &police]);
    }
    carrier.has("for-police", 4);
    police.has("intake", 4);
    let listed = carrier.node.admin(&["agreement", "list"]);
    assert_eq!((&listed[0]["state"], &listed[0]["signed"]), (&json!("in force"), &json!(true)), "{listed:#}");
    let report = carrier.node.admin(&["agreement", "report", "carrier-police"])["lines"][0].clone();
    assert_eq!((&report["objects"], &report["partner"]), (&json!(4), &json!("police")), "{report:#}");
    assert_eq!(report["withheld"]["agreement-type"], 2, "{report:#}");
    assert_eq!(
        report["terms"].as_array().map(Vec::len),
        Some(1),
        "transfers name the terms that they were under: {report:#}"
    );
}
