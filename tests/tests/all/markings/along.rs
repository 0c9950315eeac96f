//! What comes along with a page, and what a caller is told of markings.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use stix_model::marking::tlp;
use taxii_server::service::Settings;
use taxii_server::store::MemoryStore;
use taxii_tests::collection::Page;
use taxii_tests::objects::{id_of, indicator, lacking, marking, with};
use tempfile::TempDir;

use super::viewers::{ALL, Full, Server};
use super::{ALIAS, collection, sqlite};

fn ids(objects: &[Value]) -> Vec<&str> {
    objects.iter().map(id_of).collect()
}

/// Promises 1 and 4: what objects refer to comes along once a page, within the limit, only to who may see it, and no walk misses an object for it.
fn what_is_referred_to_comes_along(store: Arc<dyn Full>) {
    let mut supplies = collection(ALIAS);
    supplies.markings.supply = true;
    let server = Server::start(store, &[&supplies], Settings::default());
    let open = marking();
    let secret = with(marking(), "object_marking_refs", json!([tlp::RED.id()]));
    let author = json!({
        "type": "identity", "spec_version": "2.1", "id": "identity--f431f809-377b-45e0-aa1c-6a4751cae5ff",
        "created": "2020-01-01T00:00:00.000Z", "modified": "2020-01-01T00:00:00.000Z", "name": "A lab",
    });
    server.post(ALIAS, &[open.clone(), secret.clone(), author.clone()]);
    let owned: Vec<Value> = (0..6)
        .map(|_| with(indicator(), "created_by_ref", id_of(&author)))
        .map(|object| with(object, "object_marking_refs", json!([id_of(&open), id_of(&secret)])))
        .collect();
    server.post(ALIAS, &owned);
    let page = |who: &str, below: &str| Page::of(&server.request(who, "GET", ALIAS, below).send().expect(200));

    let one = format!("objects/?match[id]={}", id_of(&owned[0]));
    let along = |who: &str| page(who, &one).entries.iter().map(|one| id_of(one).to_owned()).collect::<BTreeSet<_>>();
    let set = |ids: &[&Value]| ids.iter().map(|one| id_of(one).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(along(ALL), set(&[&owned[0], &open, &secret, &author]));
    assert_eq!(along("tlp:green, any"), set(&[&owned[0], &open, &author]));
    assert_eq!(along("tlp:green"), set(&[]));
    // The records of a manifest bring nothing.
    let manifest = format!("manifest/?match[id]={}", id_of(&owned[0]));
    assert_eq!(page(ALL, &manifest).entries.len(), 1);

    for limit in [1, 2, 4, 5, 20] {
        let (mut below, mut seen) = (format!("objects/?match[type]=indicator&limit={limit}"), Vec::new());
        loop {
            let page = page(ALL, &below);
            assert!(page.entries.len() <= limit, "{} entries within {limit}", page.entries.len());
            let all = ids(&page.entries);
            assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "nothing is twice on a page");
            seen.extend(all.into_iter().filter(|id| id.starts_with("indicator")).map(str::to_owned));
            if !page.more {
                break;
            }
            below = taxii_tests::collection::following(&below, &page, taxii_tests::collection::By::Next);
        }
        assert_eq!(seen, ids(&owned), "limit {limit}");
    }
}

/// Promise 4: who may read is told of the markings that it may see, and of nothing else; who may not gets what other questions get.
fn markings_are_told(store: Arc<dyn Full>) {
    let here = collection(ALIAS);
    let server = Server::start(store, &[&here], Settings::default());
    let own = with(marking(), "name", "House rules");
    let hidden = with(with(marking(), "name", "Plans"), "object_marking_refs", json!([tlp::RED.id()]));
    let mark = |id: &str| with(indicator(), "object_marking_refs", json!([id]));
    let part = json!([{"marking_ref": tlp::RED.id(), "selectors": ["name"]}]);
    server.post(
        ALIAS,
        &[own.clone(), hidden.clone(), mark(id_of(&own)), mark(id_of(&hidden)), mark(tlp::AMBER.id().as_str())],
    );
    server.post(ALIAS, &[with(mark(tlp::GREEN.id().as_str()), "granular_markings", part), indicator()]);
    let told = |who: &str| {
        let request = server.request(who, "GET", ALIAS, "markings/").accept("application/json");
        let answer = request.send_unchecked().expect(200);
        assert!(answer.header("content-type").is_some_and(|kind| kind.starts_with("application/json")));
        answer.json()
    };
    let names = |told: &Value| -> BTreeSet<String> {
        let all = told["markings"].as_array().expect("markings").iter();
        all.map(|one| one["name"].as_str().unwrap_or("?").to_owned()).collect()
    };
    for (who, clearance, expected) in [
        (ALL, "everything", &["TLP:RED", "TLP:AMBER", "TLP:GREEN", "House rules", "Plans"][..]),
        ("tlp:red, any", "tlp:red, any", &["TLP:RED", "TLP:AMBER", "TLP:GREEN", "House rules", "Plans"]),
        // The name of a definition that is hidden stays hidden, and so does what hides it.
        ("tlp:green, any", "tlp:green, any", &["TLP:GREEN", "House rules", "?"]),
        ("tlp:amber", "tlp:amber", &["TLP:AMBER", "TLP:GREEN"]),
        ("tlp:clear", "tlp:clear", &[]),
    ] {
        let told = told(who);
        assert_eq!(told["clearance"], clearance, "{told}");
        assert_eq!(names(&told), expected.iter().map(|name| (*name).to_owned()).collect(), "{who}: {told}");
    }
    let elsewhere = server.request(ALL, "GET", "none", "markings/").accept("application/json");
    assert_eq!(elsewhere.send_unchecked().status, 404);
    assert_eq!(lacking(told(ALL), "markings"), json!({"clearance": "everything"}));
}

/// Promises 1 and 4, in memory.
#[test]
fn markings_come_along_and_are_told_in_memory() {
    what_is_referred_to_comes_along(Arc::new(MemoryStore::new()));
    markings_are_told(Arc::new(MemoryStore::new()));
}

/// Promises 1 and 4, over SQLite.
#[test]
fn markings_come_along_and_are_told_over_sqlite() {
    let folders = [(); 2].map(|()| TempDir::with_prefix("taxii-tests-").expect("a temporary folder"));
    what_is_referred_to_comes_along(sqlite(&folders[0]));
    markings_are_told(sqlite(&folders[1]));
}
