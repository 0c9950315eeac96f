//! What is about everything at once, or about why something is as it is.

use std::time::Duration;

use stix_model::RawHead;
use stix_model::marking::tlp;
use taxii_model::Timestamp;
use uuid::Uuid;

use super::*;
use crate::audit::{Journal, Log as _};
use crate::store::{ApiRoot, Collection, Item, Retention, Store as _, Submission};

const HERE: Uuid = Uuid::from_u128(0x0000_0000_0000_4000_8000_0000_0000_0007);

fn indicator(n: usize, more: &str) -> String {
    format!(
        r#"{{"type":"indicator","spec_version":"2.1","id":"indicator--00000000-0000-4000-8000-{n:012}","created":"2024-01-01T00:00:00Z","modified":"2024-01-01T00:00:00Z","pattern":"[url:value = 'x']","pattern_type":"stix","valid_from":"2024-01-01T00:00:00Z"{more}}}"#
    )
}

/// A root `api1` with the collection `HERE`, and these objects in it.
async fn furnish(desk: &Desk, retention: Retention, texts: Vec<String>) {
    desk.store.add_root(&ApiRoot::new("api1", "One").unwrap()).await.unwrap();
    let mut collection = Collection::new("api1", Some("feed"), "Feed").unwrap();
    (collection.id, collection.retention) = (HERE, retention);
    desk.store.add_collection(&collection).await.unwrap();
    let item = |text: String| Item::new(RawHead::read(&text, 100).unwrap().check(None).unwrap(), text);
    let submission = Submission {
        status: Uuid::new_v4(),
        root: "api1".to_owned(),
        collection: desk.store.directory().await.unwrap().collections[0].key,
        caller: "somebody".to_owned(),
        received: Timestamp::now(),
        items: texts.into_iter().map(item).collect(),
        refused: Vec::new(),
    };
    desk.store.add(submission).await.unwrap();
}

/// Why an account may do what it may is told with everything that decides it: its grants by whichever way, what each credential leaves of
/// them, and no secret; of an object, each version with what is seen of it and which marking asks for what.
#[actix_web::test]
async fn why_is_told() {
    let desk = Desk::with(|taxii, _| {
        let default_clearance = Some("tlp:green".parse().unwrap());
        taxii.settings(crate::service::Settings { default_clearance, ..crate::service::Settings::default() })
    })
    .await;
    let marked = |id: &str| format!(r#","object_marking_refs":["{id}"]"#);
    let red = indicator(1, &marked(tlp::RED.id().as_str()));
    furnish(&desk, Retention::default(), vec![red, indicator(2, "")]).await;
    desk.call("POST", "/v1/groups", json!({"name": "soc", "title": "SOC"})).await.is(201);
    desk.call("PUT", "/v1/groups/soc/members/other", Value::Null).await.is(204);
    let rights = json!({"rights": {"list": true, "read": true, "write": true}});
    desk.call("PUT", "/v1/grants/group/soc/root/api1", rights).await.is(200);
    let scope = Scope { rights: Rights { read: true, ..Rights::default() }, collections: None };
    desk.store.add_credential(&Credential { scope, ..key("other", "reads") }).await.unwrap();
    let at = |account: &str, object: &str| format!("/v1/explain?account={account}&collection={HERE}{object}");
    let told = desk.get(&at("other", "")).await.is(200);
    let why = told.json();
    assert_eq!((&why["account"]["name"], &why["clearance"]), (&json!("other"), &json!("tlp:green")));
    assert_eq!((&why["groups"], &why["grants"][0]["subject"]), (&json!(["soc"]), &json!({"group": "soc"})));
    let may = |rights: &Value| ["read", "write"].map(|right| rights[right].as_bool().unwrap());
    assert_eq!(may(&why["rights"]), [true, true]);
    let left: Vec<_> = why["credentials"].as_array().unwrap().iter().map(|one| may(&one["rights"])).collect();
    assert_eq!(left, [[true, true], [true, false]]);
    for credential in desk.store.credentials(None).await.unwrap() {
        assert!(!told.text.contains(&credential.secret));
    }
    for (account, n, view, says) in
        [("other", 1, "hidden", "TLP:RED"), ("other", 2, "whole", "unmarked"), ("root", 1, "whole", "any")]
    {
        let object = format!("&object=indicator--00000000-0000-4000-8000-{n:012}");
        let seen = desk.get(&at(account, &object)).await.is(200).json();
        assert_eq!(seen["may_read"], true);
        assert_eq!((&seen["versions"][0]["view"], seen["versions"].as_array().unwrap().len()), (&json!(view), 1));
        assert_eq!(seen["versions"][0]["reasons"][0]["marking"], says);
    }
    assert_eq!(desk.get(&at("other", "&object=nothing")).await.is(200).json()["versions"], json!([]));
    desk.call("PATCH", "/v1/accounts/other", json!({"enabled": false})).await.is(200);
    assert_eq!(may(&desk.get(&at("other", "")).await.is(200).json()["rights"]), [false, false]);
    for (path, status) in [
        (at("nobody", ""), 404),
        (format!("/v1/explain?account=other&collection={}", Uuid::nil()), 404),
        ("/v1/explain?account=other&collection=api1/feed".to_owned(), 400),
        (format!("/v1/explain?collection={HERE}"), 400),
        (at("other", "&object="), 400),
    ] {
        desk.get(&path).await.is(status);
    }
}

/// What cannot be had back goes only if somebody says so after having been told how much that is; and whatever is refused changes nothing.
#[actix_web::test]
async fn nothing_is_lost_unasked() {
    let desk = Desk::new().await;
    furnish(&desk, Retention::default(), (0..5).map(|n| indicator(n, "")).collect()).await;
    let whole = desk.get("/v1/state").await.is(200);
    assert!(!whole.text.contains("secret") && !whole.text.contains("credential"), "{whole:?}");
    let revision = desk.store.revision().await.unwrap();
    let mut less = whole.json();
    less["collections"] = json!([]);
    less["accounts"].as_array_mut().unwrap().retain(|account| account["name"] == "root");
    less["organisations"] = json!([{"name": "acme", "title": "ACME", "clearance": null}]);
    let refused = desk.call("POST", "/v1/state?prune=true", less.clone()).await.is(409).json();
    assert_eq!(refused["type"], "urn:taxii-server:problem:unconfirmed");
    for words in ["5 versions of objects", "1 accounts", "confirm=true"] {
        assert!(refused["detail"].as_str().unwrap().contains(words), "{refused}");
    }
    let told = desk.call("POST", "/v1/state?prune=true&dry_run=true", less.clone()).await.is(200).json();
    assert_eq!((&told["objects_removed"], &told["applied"]), (&json!(5), &Value::Null));
    let confirmed = "/v1/state?prune=true&confirm=true";
    desk.call_as(KEY, "POST", confirmed, less.clone(), Some("\"other\"")).await.is(412);
    desk.call("POST", "/v1/state?confirm=maybe", less.clone()).await.is(400);
    assert_eq!(desk.get("/v1/state").await.tag(), whole.tag());
    assert_eq!(desk.store.revision().await.unwrap(), revision, "something was changed");
    // Without pruning nothing goes, so nobody is asked.
    let added = desk.call_as(KEY, "POST", "/v1/state", less.clone(), Some(whole.tag())).await.is(200).json();
    assert_eq!((&added["applied"], added["changes"].as_array().unwrap().len()), (&json!(true), 1));
    let done = desk.call("POST", confirmed, less.clone()).await.is(200).json();
    assert_eq!((&done["objects_removed"], &done["changes"]), (&json!(5), &without(&told, "add-organisation")));
    assert!(desk.store.directory().await.unwrap().collections.is_empty());
    assert!(desk.store.account("other").await.unwrap().is_none());
}

/// The changes that were told, but for those of this kind.
fn without(told: &Value, kind: &str) -> Value {
    told["changes"].as_array().unwrap().iter().filter(|one| one["change"] != kind).cloned().collect()
}

/// A mistake is told with the place in the body where it is, also those that only what is there shows.
#[actix_web::test]
async fn mistakes_have_their_place() {
    let desk = Desk::new().await;
    let account = |more: Value| {
        let mut account = json!({"name": "soc"});
        crate::manage::body::merge(&mut account, more);
        json!({"accounts": [{"name": "~\"\n'é"}, account]})
    };
    let group = |members: Value| json!({"groups": [{"name": "g", "title": "G", "members": members}]});
    for (body, pointer, says) in [
        (account(json!({"organisation": "acme"})), "/accounts/1/organisation", "there is no organisation"),
        (account(json!({"clearance": "tlp:pink"})), "/accounts/1/clearance", "tlp:pink"),
        (account(json!({"name": "~\"\n'é"})), "/accounts/1/name", "there twice"),
        (account(json!({"client": "outlook"})), "/accounts/1/client", "expected one of"),
        (account(json!({"enabled": 1})), "/accounts/1/enabled", "boolean"),
        (group(json!(["root", "othr"])), "/groups/0/members/1", "did you mean other?"),
        (json!({"roots": [{"name": "status", "title": ""}]}), "/roots/0/name", "the path of an API root"),
        (json!({"collections": [{"root": "x", "alias": "y", "title": ""}]}), "/collections/0/root", "no API root"),
        (json!({"grants": [{"account": "root", "rights": []}]}), "/grants/0/account", "one of collection and root"),
        (json!({"grants": [{"account": "root", "root": "x", "rights": ["raed"]}]}), "/grants/0/rights/0", "expected"),
        (json!({"group": []}), "/group", "there is no such member"),
    ] {
        let answer = desk.call("POST", "/v1/state", body.clone()).await.is(422).json();
        let finding = &answer["findings"][0];
        assert_eq!(finding["pointer"], pointer, "{body}: {answer}");
        assert!(finding["detail"].as_str().unwrap().contains(says), "{body}: {answer}");
    }
}

/// A sweep on demand removes what the dry run has told, stands in the log in the name of who asked for it, and is refused while another one
/// is at work, with a word when to come again.
#[actix_web::test]
async fn sweeping_on_demand() {
    let desk = Desk::with(|taxii, store| taxii.audit(Journal::new(Arc::clone(store) as _))).await;
    let retention = Retention { keep_objects: Some(3), ..Retention::default() };
    furnish(&desk, retention, (0..10).map(|n| indicator(n, "")).collect()).await;
    let at = format!("/v1/collections/{HERE}/sweep");
    let swept = |dry_run: bool, surplus: Value| {
        let none = if dry_run { json!({"objects": 0}) } else { json!({"objects": 0, "entries": 0}) };
        json!({"collection": HERE, "dry_run": dry_run, "more": false, "aged": none, "expired": none, "surplus": surplus})
    };
    let told = desk.call("POST", &format!("{at}?dry_run=true"), Value::Null).await.is(200);
    assert_eq!(told.json(), swept(true, json!({"objects": 7})));
    let other = Uuid::new_v4();
    assert!(desk.store.lease("sweep", other, Duration::from_secs(60)).await.unwrap());
    let busy = desk.call("POST", &at, Value::Null).await.is(409);
    assert_eq!(busy.json()["type"], "urn:taxii-server:problem:under-way");
    assert_eq!(busy.headers["retry-after"], "10");
    assert!(desk.store.lease("sweep", other, Duration::ZERO).await.unwrap());
    for surplus in [7, 0] {
        let done = desk.call("POST", &at, Value::Null).await.is(200);
        assert_eq!(done.json(), swept(false, json!({"objects": surplus, "entries": surplus})));
    }
    let entries = desk.store.entries(0, 1000).await.unwrap();
    let recorded: Vec<_> = entries.iter().filter(|entry| entry.record.action == "swept").collect();
    assert_eq!(recorded.len(), 1);
    assert_eq!(recorded[0].record.account.as_deref(), Some("root"));
    assert!(recorded[0].record.credential.as_deref().unwrap().starts_with("key "));
    desk.call("POST", &format!("/v1/collections/{}/sweep", Uuid::nil()), Value::Null).await.is(404);
    desk.call("GET", &at, Value::Null).await.is(405);
}
