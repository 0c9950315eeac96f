use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::{Value, json};

use super::simulate::simulate;
use super::*;
use crate::flow::{Applied, Change, Fault, Item, Policy, Provenance};
use crate::sanitise::{Lookup, Nothing, Secret};

const ORIGIN: &str = "server-of-acme-clinic";

fn object(object_type: &str, number: u32, more: &Value) -> Value {
    let mut object = json!({"type": object_type, "spec_version": "2.1", "id": format!("{object_type}--{number:08x}-0000-4000-8000-000000000000"),
        "created": "2026-11-19T10:11:12.123Z", "modified": "2026-11-19T10:11:12.123Z"});
    object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    object
}

/// A malware, a tool, what links them, and a victim.
fn case() -> Vec<Value> {
    let malware = object(
        "malware",
        1,
        &json!({"name": "Night Heron", "is_family": true, "description": "Seen at 10.0.0.1.", "x_case": "7"}),
    );
    let tool = object("tool", 2, &json!({"name": "nmap"}));
    let ends = json!({"relationship_type": "uses", "source_ref": malware["id"], "target_ref": tool["id"]});
    let link = object("relationship", 3, &ends);
    let victim = object("identity", 4, &json!({"name": "Acme Clinic"}));
    vec![malware, tool, link, victim]
}

fn changes(objects: &[Value]) -> Vec<Change> {
    let provenance = Provenance::local(ORIGIN).leaving(ORIGIN).leaving("hub");
    objects.iter().map(|object| Change::Object(Item::parse(&object.to_string(), provenance.clone()).unwrap())).collect()
}

fn hub() -> Hub {
    Hub::new(Secret::new(&[7; 32]).unwrap())
}

fn policy(document: &str, hub: &Hub) -> AgreementPolicy {
    read(document).policy("isac", "police", "malware", hub, Arc::new(Nothing)).unwrap()
}

fn ids(applied: &Applied) -> Vec<String> {
    applied.leaving.iter().map(|change| change.id().to_owned()).collect()
}

/// What an agreement lets leave is sanitised, and nothing tells where it came from but how far.
#[tokio::test]
async fn what_moves_is_sanitised() {
    let applied = policy(&signed(DOCUMENT), &hub()).apply(changes(&case())).await.unwrap();
    assert_eq!((applied.leaving.len(), applied.withheld.len()), (3, 1));
    assert_eq!(applied.withheld[0].rule, "type");
    for change in &applied.leaving {
        let Change::Object(item) = change else { panic!() };
        assert!(!item.text().contains("10.0.0.1") && !item.text().contains("x_case"));
        assert_eq!((item.provenance().hops, item.provenance().path.as_slice()), (2, &["hub".to_owned()][..]));
        assert!(!format!("{change:?}").contains("acme"));
    }
}

/// Nothing moves before, after, without both sign-offs, after a change, or unencrypted: each with its rule.
#[tokio::test]
async fn nothing_moves_without_an_agreement() {
    let document = signed(DOCUMENT);
    let at = |clock: fn() -> DateTime<Utc>| Hub { clock, ..hub() };
    let plain = Hub { encrypted: false, ..hub() };
    for (document, hub, rule) in [
        (document.clone(), at(|| DateTime::UNIX_EPOCH), "agreement-not-yet-valid"),
        (document.clone(), at(|| DateTime::from_timestamp(40_000_000_000, 0).unwrap()), "agreement-expired"),
        (DOCUMENT.to_owned(), hub(), "agreement-not-signed"),
        (document.replace("retention_days = 365", "retention_days = 366"), hub(), "agreement-not-signed"),
        (document.clone(), plain, "agreement-encryption"),
    ] {
        let applied = policy(&document, &hub).apply(changes(&case())).await.unwrap();
        assert!(applied.leaving.is_empty(), "{rule}");
        assert!(
            applied.withheld.len() == 4 && applied.withheld.iter().all(|one| one.rule == rule),
            "{rule}: {:?}",
            applied.withheld
        );
    }
}

/// What is not exchanged has no policy, and the error says what is.
#[test]
fn what_is_not_exchanged_has_no_policy() {
    let agreement = read(DOCUMENT);
    let error = agreement.policy("police", "isac", "malware", &hub(), Arc::new(Nothing)).unwrap_err().to_string();
    assert!(error.contains("seizures from police to isac"), "{error}");
    let agreement = read(&DOCUMENT.replace("profile = \"technical\"", "profile = \"mine\""));
    let error = agreement.policy("isac", "police", "malware", &hub(), Arc::new(Nothing)).unwrap_err();
    assert!(matches!(error, NoPolicy::NoProfile { .. }));
    let own = crate::sanitise::Profile { name: "mine".to_owned(), ..crate::sanitise::Profile::technical() };
    let hub = Hub { profiles: vec![own], ..hub() };
    assert!(agreement.policy("isac", "police", "malware", &hub, Arc::new(Nothing)).is_ok());
}

/// Types that the agreement does not name stay under every profile, and take what needs them with them.
#[tokio::test]
async fn only_named_types_move() {
    for profile in ["full", "technical", "anonymous"] {
        let terms = format!("profile = \"{profile}\"\ntypes = [\"malware\", \"relationship\"]");
        let document = DOCUMENT.replacen("profile = \"technical\"", &terms, 1).replace("[\"indicator\", ", "[");
        let document = signed(&document);
        let applied = policy(&document, &hub()).apply(changes(&case())).await.unwrap();
        let types: Vec<String> = ids(&applied).iter().map(|id| id.split("--").next().unwrap().to_owned()).collect();
        let expected: &[&str] = if profile == "full" { &["malware", "relationship"] } else { &["malware"] };
        assert_eq!(types, expected, "{profile}");
    }
}

/// A deletion follows under the name that the object left under, and is told of nothing that did not leave.
#[tokio::test]
async fn deletions_follow() {
    let store = Arc::new(Store::of(&case()));
    let policy = read(&signed(DOCUMENT)).policy("isac", "police", "malware", &hub(), store).unwrap();
    let left = ids(&policy.apply(changes(&case())).await.unwrap());
    let delete = |object: &Value| Change::Deleted {
        id: object["id"].as_str().unwrap().to_owned(),
        version: None,
        provenance: Provenance::local("hub"),
    };
    let applied = policy.apply(case().iter().map(delete).collect()).await.unwrap();
    assert_eq!(ids(&applied), left);
    assert_eq!(applied.withheld.len(), 1);
    let gone = self::policy(&signed(DOCUMENT), &hub());
    let applied = gone.apply(case().iter().map(delete).collect()).await.unwrap();
    assert_eq!(ids(&applied), left, "also when the objects are no longer there");
    let one = |version: &str| Change::Deleted {
        id: left_id(&case()[0]),
        version: Some(version.to_owned()),
        provenance: Provenance::local("hub"),
    };
    let applied = gone.apply(vec![one("2026-11-19T10:11:12.123Z")]).await.unwrap();
    assert_eq!(applied.leaving[0].version(), Some("2026-11-19T10:11:12.123Z"));
    let coarse = self::policy(&signed(&DOCUMENT.replacen("technical", "anonymous", 1)), &hub());
    let applied = coarse.apply(vec![one("2026-11-19T10:11:12.123Z")]).await.unwrap();
    assert!(applied.leaving.is_empty(), "one version of several is never all of them");
}

fn left_id(object: &Value) -> String {
    object["id"].as_str().unwrap().to_owned()
}

/// An agreement that continues another keeps the names; any other has its own.
#[tokio::test]
async fn names_continue() {
    let names =
        async |document: String| ids(&policy(&signed(&document), &hub()).apply(changes(&case())).await.unwrap());
    let first = names(DOCUMENT.to_owned()).await;
    let next = DOCUMENT.replacen("isac-police-2026", "isac-police-2027", 1);
    assert_ne!(names(next.clone()).await, first);
    assert_eq!(names(format!("continues = \"isac-police-2026\"\n{next}")).await, first);
}

/// A simulation says exactly what would leave and what would be removed: then it does.
#[tokio::test]
async fn simulations_come_true() {
    let policy = policy(&signed(DOCUMENT), &hub());
    let texts: Vec<String> = case().iter().map(Value::to_string).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let simulation = simulate(&policy, &texts).await.unwrap();
    let applied = policy.apply(changes(&case())).await.unwrap();
    let told: Vec<String> = simulation.details.leaving.iter().map(|leaving| leaving.id.clone()).collect();
    assert_eq!(told, ids(&applied));
    assert_eq!(Some(&simulation.details), policy.last().as_ref());
    let table = simulation.to_string();
    for words in
        ["malware from isac to police under isac-police-2026", "/x_case", "scan-network", "stays", "removed   2"]
    {
        assert!(table.contains(words), "{words}\n{table}");
    }
    let json = serde_json::to_value(&simulation).unwrap();
    assert_eq!(json["details"]["removed"][0]["pointer"], "/description");
    assert_eq!(json["onward"], json!({"allowed": true, "max_hops": 1, "tlp": "green"}));
}

/// Objects that are looked up one after the other.
struct Store {
    objects: BTreeMap<String, String>,
    asked: Mutex<Vec<String>>,
}

impl Store {
    fn of(objects: &[Value]) -> Self {
        let objects = objects.iter().map(|object| (object["id"].as_str().unwrap().to_owned(), object.to_string()));
        Self { objects: objects.collect(), asked: Mutex::default() }
    }
}

#[async_trait]
impl Lookup for Store {
    async fn objects(&self, ids: &[String]) -> Result<Vec<String>, Fault> {
        self.asked.lock().unwrap().extend(ids.iter().cloned());
        Ok(ids.iter().filter_map(|id| self.objects.get(id).cloned()).collect())
    }

    async fn sightings(&self, of: &[String]) -> Result<Vec<String>, Fault> {
        let is_one =
            |text: &&String| of.iter().any(|id| text.contains("sighting_of_ref") && text.contains(id.as_str()));
        Ok(self.objects.values().filter(is_one).cloned().collect())
    }
}

/// What is looked up as it is needed gives the same as what comes at once, and nothing is asked for twice in a batch.
#[tokio::test]
async fn what_is_around_is_looked_up() {
    let mut objects = case();
    let deep = objects[0]["id"].clone();
    for number in 10..20 {
        let refs = if number == 10 {
            deep.clone()
        } else {
            json!(format!("grouping--{:08x}-0000-4000-8000-000000000000", number - 1))
        };
        objects.push(object("grouping", number, &json!({"context": "unspecified", "object_refs": [refs]})));
    }
    let document = signed(DOCUMENT);
    let whole = policy(&document, &hub()).apply(changes(&objects)).await.unwrap();
    for (at, object) in objects.iter().enumerate() {
        let store = Arc::new(Store::of(&objects));
        let single = read(&document).policy("isac", "police", "malware", &hub(), store.clone()).unwrap();
        let applied = single.apply(changes(&objects[at..=at])).await.unwrap();
        let texts = |applied: &Applied| -> Vec<String> {
            applied
                .leaving
                .iter()
                .map(|change| match change {
                    Change::Object(item) => item.text().to_owned(),
                    Change::Deleted { .. } => panic!(),
                })
                .collect()
        };
        let all = texts(&whole);
        assert!(texts(&applied).iter().all(|text| all.contains(text)), "{object}");
        assert_eq!(applied.withheld.len(), usize::from(object["type"] == "identity"), "{object}");
        let asked = store.asked.lock().unwrap().clone();
        let different: std::collections::BTreeSet<_> = asked.iter().collect();
        assert_eq!(different.len(), asked.len(), "{asked:?}");
    }
}
