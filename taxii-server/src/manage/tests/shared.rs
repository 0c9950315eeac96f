//! What is shared with others, as far as a store in memory has to do with it: who speaks for whom, and conflicts.

use proptest::collection::vec;
use proptest::prelude::*;
use sharing::flow::{Change, Item, Outcome, Provenance, Sink as _};
use uuid::Uuid;

use super::*;
use crate::audit::{Journal, Log as _, action};
use crate::sharing::{Context, Holder, Local, Steward};
use crate::store::{Actor, ApiRoot, Collection, Organisation, Partner, Store as _};

async fn recording() -> Desk {
    Desk::with(|taxii, store| taxii.audit(Journal::new(Arc::clone(store) as _))).await
}

/// The same that commands do it with.
fn steward(desk: &Desk) -> Steward {
    let context = Context::new(Arc::clone(&desk.store) as _).log(Arc::clone(&desk.store) as _);
    Steward::new(Arc::clone(&desk.store) as _, context, Actor::operator("alice"))
}

/// What the log says was done, in words, and by whom.
async fn noted(desk: &Desk) -> Vec<(String, String)> {
    let entries = desk.store.entries(0, 10_000).await.unwrap();
    let changed = entries.iter().filter(|entry| entry.record.action == action::CHANGED);
    let told = changed.filter_map(|entry| {
        let details: Value = serde_json::from_str(&entry.record.details).unwrap();
        // What is no change of the directory has words and nothing else.
        details["change"].is_null().then(|| details["what"].as_str().unwrap().to_owned()).map(|what| {
            let by = entry.record.account.clone().unwrap();
            let credential = entry.record.credential.is_some();
            (what, format!("{by} {} {credential}", details["by"].as_str().unwrap()))
        })
    });
    told.collect()
}

#[derive(Clone, Debug)]
enum Step {
    Set(Holder, String),
    Remove(Holder),
}

fn step() -> impl Strategy<Value = Step> {
    let name = prop_oneof![Just("other"), Just("root"), Just("nobody"), Just("a b/é")].prop_map(str::to_owned);
    let organisation = prop_oneof![Just("acme"), Just("nobody")].prop_map(str::to_owned);
    let holder = prop_oneof![name.prop_map(Holder::Account), organisation.prop_map(Holder::Organisation)];
    let server = prop_oneof![Just("s1"), Just("s2"), Just("s3")].prop_map(str::to_owned);
    prop_oneof![
        (holder.clone(), server).prop_map(|(holder, server)| Step::Set(holder, server)),
        holder.prop_map(Step::Remove)
    ]
}

/// Who speaks for whom, apart from since when.
fn spoken(partners: Vec<Partner>) -> Vec<(String, String)> {
    partners.into_iter().map(|partner| (partner.holder, partner.server)).collect()
}

async fn agree(steps: Vec<Step>) {
    let (by_api, by_hand) = (recording().await, recording().await);
    for desk in [&by_api, &by_hand] {
        desk.store.add_account(&Account::new("a b/é")).await.unwrap();
        let acme = crate::store::Change::AddOrganisation(Organisation::new("acme", "ACME"));
        desk.store.change(&Actor::system(), &[acme]).await.unwrap();
    }
    for step in &steps {
        let (made, method, holder, body) = match step {
            Step::Set(holder, server) => {
                let made = steward(&by_hand).set_partner(holder, server).await.is_ok();
                (made, "PUT", holder, json!({"server": server}))
            }
            Step::Remove(holder) => {
                (steward(&by_hand).remove_partner(holder).await.is_ok(), "DELETE", holder, Value::Null)
            }
        };
        let (kind, name) = match holder {
            Holder::Account(name) => ("account", name),
            Holder::Organisation(name) => ("organisation", name),
        };
        let path = crate::manage::resource::location(&["/v1/partners", kind, name]);
        let answer = by_api.call(method, &path, body).await;
        assert_eq!(made, answer.status < 300, "{step:?}: {answer:?}");
        let shown = by_api.get(&path).await;
        let listed = by_api.get("/v1/partners").await.is(200).json()["items"].clone();
        let is_listed = listed.as_array().unwrap().iter().any(|one| one["holder"] == holder.name());
        assert_eq!(shown.status, if is_listed { 200 } else { 404 });
    }
    let [here, there] = [&by_api, &by_hand].map(|desk| Arc::clone(&desk.store));
    let (here, there) =
        (here.exchange().unwrap().partners().await.unwrap(), there.exchange().unwrap().partners().await.unwrap());
    assert_eq!(spoken(here), spoken(there));
    let (here, there) = (noted(&by_api).await, noted(&by_hand).await);
    let words = |all: &[(String, String)]| all.iter().map(|(what, _)| what.clone()).collect::<Vec<_>>();
    assert_eq!(words(&here), words(&there));
    assert!(here.iter().all(|(_, by)| by == "root account true"), "{here:?}");
    assert!(there.iter().all(|(_, by)| by == "alice operator false"), "{there:?}");
}

/// Whatever is said about who speaks for whom, over the API or by command: what is there afterwards is the same, what fails here fails
/// there, and the log says the same of it, in the name of whoever said it.
#[test]
fn partners_are_the_same_by_whichever_way() {
    let system = actix_web::rt::System::new();
    let config = ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() };
    let run = |steps| {
        system.block_on(agree(steps));
        Ok(())
    };
    proptest::test_runner::TestRunner::new(config).run(&vec(step(), 1..12), run).unwrap();
}

/// Of two administrators who have read the same, one says who speaks for a server and the other is told; what is no account, no kind
/// of holder or no server is refused and changes nothing.
#[actix_web::test]
async fn partners_heed_what_was_read() {
    let desk = recording().await;
    let at = "/v1/partners/account/other";
    desk.call_as(KEY, "PUT", at, json!({"server": "s1"}), Some("*")).await.is(412);
    let made = desk.call("PUT", at, json!({"server": "s1"})).await.is(200);
    assert_eq!((made.json(), made.tag()), (desk.get(at).await.json(), desk.get(at).await.tag()));
    desk.call_as(KEY, "PUT", at, json!({"server": "s2"}), Some(made.tag())).await.is(200);
    for (method, body) in [("PUT", json!({"server": "s3"})), ("DELETE", Value::Null)] {
        desk.call_as(KEY, method, at, body, Some(made.tag())).await.is(412);
    }
    let taken = desk.call("PUT", "/v1/partners/account/root", json!({"server": "s2"})).await.is(409).json();
    assert_eq!(taken["type"], "urn:taxii-server:problem:taken");
    for (path, body, status) in [
        ("/v1/partners/account/other", json!({"server": ""}), 422),
        ("/v1/partners/account/other", json!({}), 422),
        ("/v1/partners/group/other", json!({"server": "s4"}), 404),
        ("/v1/partners/account/nobody", json!({"server": "s4"}), 404),
    ] {
        desk.call("PUT", path, body).await.is(status);
    }
    assert_eq!(desk.get(at).await.json()["server"], "s2");
    assert_eq!(noted(&desk).await.len(), 2);
}

const TWICE: &str = "indicator--00000000-0000-4000-8000-000000000001";

fn version(second: usize, name: &str) -> Change {
    let text = format!(
        r#"{{"type":"indicator","spec_version":"2.1","id":"{TWICE}","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:{second:02}.000Z","name":"{name}","pattern":"[url:value = 'x']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z"}}"#
    );
    Change::Object(Item::parse(&text, Provenance::local("elsewhere").leaving("elsewhere")).unwrap())
}

/// A collection with so many conflicts, and its id.
async fn quarrel(desk: &Desk, alias: &str, conflicts: usize) -> Uuid {
    let collection = Collection::new("api1", Some(alias), alias).unwrap();
    desk.store.add_collection(&collection).await.unwrap();
    let end = Local::new(Arc::clone(&desk.store) as _, collection.id, "in");
    for second in 0..conflicts {
        assert_eq!(end.deliver(&[version(second, "first")]).await.unwrap(), [Outcome::Added]);
        let refused = end.deliver(&[version(second, "second")]).await.unwrap();
        assert!(matches!(refused[0], Outcome::Conflict { .. }), "{refused:?}");
    }
    collection.id
}

/// Conflicts are told as the commands tell them, the newest first and however long the pages are; one is found by the beginning of its
/// digest if that is clear; what an administrator has looked at is settled, unless what is there has changed since, and what is there
/// stays.
#[actix_web::test]
async fn conflicts_are_looked_at_and_settled() {
    let desk = recording().await;
    desk.store.add_root(&ApiRoot::new("api1", "One").unwrap()).await.unwrap();
    let (here, there) = (quarrel(&desk, "here", 5).await, quarrel(&desk, "there", 1).await);
    let found = steward(&desk).conflicts(None).await.unwrap();
    let wanted: Vec<_> = found.iter().map(|one| (json!(one.collection.id), json!(one.conflict.digest))).collect();
    let named = |one: &Value| (one["collection"].clone(), one["digest"].clone());
    for limit in 1..=6 {
        let (mut all, mut after) = (Vec::new(), String::new());
        loop {
            let page = desk.get(&format!("/v1/conflicts?limit={limit}{after}")).await.is(200).json();
            all.extend(page["items"].as_array().unwrap().iter().map(named));
            let Some(next) = page["next"].as_str() else { break };
            let next = percent_encoding::utf8_percent_encode(next, percent_encoding::NON_ALPHANUMERIC);
            after = format!("&after={next}");
        }
        assert_eq!(all, wanted, "by {limit}");
    }
    let of = |collection: Uuid| format!("/v1/conflicts?collection={collection}");
    assert_eq!(desk.get(&of(there)).await.json()["items"].as_array().unwrap().len(), 1);
    desk.get(&of(Uuid::nil())).await.is(404);
    desk.get("/v1/conflicts?after=x").await.is(400);

    // The same came to both collections.
    let twice = steward(&desk).conflicts(Some(there)).await.unwrap().remove(0).conflict.digest;
    let ambiguous = desk.get(&format!("/v1/conflicts/{twice}")).await.is(409).json();
    assert_eq!(ambiguous["type"], "urn:taxii-server:problem:ambiguous");
    desk.call("DELETE", &format!("/v1/conflicts/{twice}"), Value::Null).await.is(409);
    let at = format!("/v1/conflicts/{}?collection={there}", &twice[..8]);
    let shown = desk.get(&at).await.is(200);
    assert_eq!((&shown.json()["there"]["name"], &shown.json()["refused"]["name"]), (&json!("first"), &json!("second")));
    desk.get("/v1/conflicts/nothing").await.is(404);

    desk.call_as(KEY, "DELETE", &at, Value::Null, Some("\"other\"")).await.is(412);
    assert_eq!(noted(&desk).await, []);
    desk.call_as(KEY, "DELETE", &at, Value::Null, Some(shown.tag())).await.is(204);
    desk.call("DELETE", &at, Value::Null).await.is(404);
    let left = steward(&desk).conflicts(None).await.unwrap();
    assert_eq!(left.iter().map(|one| one.collection.id).collect::<Vec<_>>(), vec![here; 5]);
    let key = desk.store.directory().await.unwrap().collections.iter().find(|of| of.id == there).unwrap().key;
    let window = crate::store::Window::of(key, &taxii_model::Filter::default());
    assert_eq!(desk.store.objects(&window).await.unwrap().iter().count(), 1, "what is there stays");

    // By hand the log says the same, but for where and who.
    steward(&desk).settle(&left[4]).await.unwrap();
    let told = noted(&desk).await;
    let words = |at: usize| told[at].0.replace("api1/here", "api1/there");
    assert_eq!((told.len(), words(0)), (2, words(1)));
    assert_eq!([told[0].1.as_str(), told[1].1.as_str()], ["root account true", "alice operator false"]);
}

const DOCUMENT: &str = r#"
id = "a-b"
purposes = ["defence"]
valid_from = 2026-01-01T00:00:00Z
valid_until = 2099-01-01T00:00:00Z

[[party]]
name = "a"
identity = "identity--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"

[[party]]
name = "b"
identity = "identity--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd30"

[terms]
tlp = "amber"
profile = "full"

[[exchange]]
from = "a"
to = "b"
collection = "feed"
"#;

/// What is not there is said, whatever is asked about it, and a document that cannot be kept is told with what is wrong; none of it changes
/// anything.
#[actix_web::test]
async fn what_is_not_there_is_said() {
    let desk = recording().await;
    for (method, path) in [
        ("GET", "/v1/agreements/x"),
        ("DELETE", "/v1/agreements/x"),
        ("GET", "/v1/agreements/x/report"),
        ("GET", "/v1/flows/x"),
        ("GET", "/v1/flows/x/status"),
        ("POST", "/v1/flows/x/pause"),
        ("POST", "/v1/flows/x/resume"),
        ("POST", "/v1/flows/x/rewind"),
        ("DELETE", "/v1/flows/x"),
    ] {
        let answer = desk.call(method, path, Value::Null).await.is(404).json();
        assert!(answer["detail"].as_str().unwrap().starts_with("there is no "), "{method} {path}: {answer}");
    }
    for path in ["/v1/agreements", "/v1/flows"] {
        assert_eq!(desk.get(path).await.is(200).json()["items"], json!([]));
    }
    let wrong = desk.call("POST", "/v1/agreements", json!({"text": "id = 1\n"})).await.is(422).json();
    assert!(wrong["findings"].as_array().unwrap().iter().all(|one| one["pointer"] == "/text"), "{wrong}");
    // Nobody has said who runs this server.
    let ours = desk.call("POST", "/v1/agreements", json!({"text": DOCUMENT})).await.is(409).json();
    assert_eq!(ours["type"], "urn:taxii-server:problem:missing", "{ours}");
    assert!(ours["detail"].as_str().unwrap().contains("sharing.identity"), "{ours}");
    assert_eq!(noted(&desk).await, []);
}
