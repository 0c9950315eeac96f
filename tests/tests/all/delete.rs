//! Removing an object or some of its versions.

use serde_json::Value;
use taxii_tests::collection::{Collection, expected};
use taxii_tests::http::{Response, TAXII};
use taxii_tests::objects::{address, id, id_of, indicator, indicators, marking, modified, versions, with};
use taxii_tests::site::{ADMIN, FIXED, Kind, NOBODY, READER, Serving, Site, Stop, WRITER};

fn delete(collection: &Collection<'_>, id: &str, query: &str) -> Response {
    collection.site.request("DELETE", &format!("{}{query}", collection.object(id))).send()
}

/// TX-DEL-01, TX-CN-02, AMB-25: 200, no payload, the TAXII type, a length of zero.
fn a_delete_answers_with_nothing(site: &Site) {
    let collection = site.collection();
    let object = indicator();
    collection.add(std::slice::from_ref(&object));
    let answer = delete(&collection, id_of(&object), "").expect(200);
    assert_eq!(answer.header("Content-Type"), Some(TAXII));
    assert_eq!(answer.header("Content-Length"), Some("0"), "{answer}");
    assert!(answer.body.is_empty());
}

/// TX-DEL-03, TX-DEL-04, TX-DEL-08, AMB-25: all versions go, from every listing; nothing comes up again.
fn what_is_deleted_is_gone_everywhere(site: &Site) {
    let collection = site.collection();
    let object = indicator();
    let others = indicators(2);
    collection.add(&others[..1]);
    collection.add_each(&versions(&object, 3));
    collection.add(&others[1..]);
    let id = id_of(&object);
    delete(&collection, id, "").expect(200);
    for target in [
        collection.object(id),
        collection.versions(id),
        format!("{}?match[version]=all", collection.object(id)),
        format!("{}?match[version]=first", collection.object(id)),
    ] {
        site.get(&target).send().expect(404);
    }
    for query in ["", "match[version]=all", "match[version]=first,last"] {
        for endpoint in ["objects/", "manifest/"] {
            let found = collection.keys(&format!("{endpoint}?{query}"));
            assert_eq!(found, expected(&others), "{endpoint}?{query}");
        }
    }
    assert!(collection.ids(&format!("match[id]={id}")).is_empty());
}

/// TX-DEL-02, AMB-25, AMB-12: which of five versions each filter removes.
fn filters_narrow_what_is_removed(site: &Site) {
    let cases: [(&str, u16, &[usize]); 11] = [
        ("", 200, &[]),
        ("?match[version]=last", 200, &[0, 1, 2, 3]),
        ("?match[version]=first", 200, &[1, 2, 3, 4]),
        ("?match[version]=all", 200, &[]),
        ("?match[version]=first,last", 200, &[1, 2, 3]),
        ("?match[version]=2021-01-03T00:00:00Z", 200, &[0, 1, 3, 4]),
        ("?match[version]=2021-01-03T00:00:00Z,first", 200, &[1, 3, 4]),
        ("?match[version]=1999-01-01T00:00:00Z", 404, &[0, 1, 2, 3, 4]),
        ("?match[spec_version]=2.0", 404, &[0, 1, 2, 3, 4]),
        ("?match[spec_version]=2.1", 200, &[]),
        ("?match[spec_version]=2.1&match[version]=last", 200, &[0, 1, 2, 3]),
    ];
    let collection = site.collection();
    for (query, status, left) in cases {
        let object = indicator();
        let all = versions(&object, 5);
        collection.add_each(&all);
        let answer = delete(&collection, id_of(&object), query);
        assert_eq!(answer.status, status, "{query}: {answer}");
        let wanted: Vec<Value> = left.iter().map(|place| all[*place].clone()).collect();
        let query_of = format!("objects/?match[id]={}&match[version]=all", id_of(&object));
        assert_eq!(collection.keys(&query_of), expected(&wanted), "{query}");
        let newest = collection.keys(&format!("objects/?match[id]={}", id_of(&object)));
        assert_eq!(newest, expected(&wanted[wanted.len().saturating_sub(1)..]), "{query}");
    }
}

/// TX-DEL-03, AMB-19: a version that was deleted is not found, the others are.
fn a_deleted_version_is_not_found(site: &Site) {
    let collection = site.collection();
    let object = indicator();
    let all = versions(&object, 2);
    collection.add_each(&all);
    delete(&collection, id_of(&object), "?match[version]=2021-01-01T00:00:00Z").expect(200);
    let one = collection.object(id_of(&object));
    site.get(&format!("{one}?match[version]=2021-01-01T00:00:00Z")).send().expect(404);
    site.get(&format!("{one}?match[version]=2021-01-02T00:00:00Z")).send().expect(200);
    let first = collection.keys(&format!("objects/{}/?match[version]=first", id_of(&object)));
    assert_eq!(first, expected(&all[1..]), "what is first is decided anew");
}

/// TX-DEL-07, TX-ONE-05: unknown, malformed, and already gone.
fn what_is_not_there_cannot_be_deleted(site: &Site) {
    let collection = site.collection();
    let object = indicator();
    collection.add(std::slice::from_ref(&object));
    let unknown = [id("indicator"), "rubbish".to_owned(), "indicator--1".to_owned(), "%00".to_owned()];
    for name in unknown {
        delete(&collection, &name, "").expect(404);
    }
    delete(&collection, id_of(&object), "").expect(200);
    delete(&collection, id_of(&object), "").expect(404);
}

/// AMB-13: a DELETE with a filter it does not know is refused, and nothing is deleted.
fn a_mistyped_filter_deletes_nothing(site: &Site) {
    let collection = site.collection();
    let object = indicator();
    collection.add_each(&versions(&object, 3));
    for query in [
        "match[versions]=first",
        "match[id]=x",
        "match[type]=indicator",
        "match[foo]=bar",
        "Match[version]=first",
        "version=first",
        "limit=1",
        "added_after=2020-01-01T00:00:00Z",
        "next=",
        "foo",
        "match[version]=first&match[version]=last",
        "match[version]=first,first",
        "match[version]=all,last",
        "match[version]=",
        "match[version]=yesterday",
        "match[spec_version]=two",
    ] {
        let answer = delete(&collection, id_of(&object), &format!("?{query}"));
        assert_eq!(answer.status, 400, "{query}: {answer}");
    }
    assert_eq!(collection.records().len(), 3);
}

/// TX-DEL-06, AMB-23: neither right 404, one right 403, both go on; the rights are looked at before the object.
fn who_may_delete(site: &Site) {
    let collection = site.collection();
    let object = indicator();
    collection.add(std::slice::from_ref(&object));
    let ask = collection.delete(id_of(&object));
    ask.clone().anonymous().send().expect(401);
    for (account, status) in [(NOBODY, 404), (READER, 403), (WRITER, 403)] {
        let answer = ask.clone().account(account).send();
        assert_eq!(answer.status, status, "{}: {answer}", account.name);
    }
    assert_eq!(collection.records().len(), 1, "still there");
    ask.clone().send().expect(200);
    collection.add(std::slice::from_ref(&object));
    ask.account(ADMIN).send().expect(200);
    for fixed in FIXED {
        let status = match (fixed.rights.read, fixed.rights.write) {
            (false, false) => 404,
            (true, true) => continue,
            _ => 403,
        };
        let answer = site.fixed(fixed).delete(&id("indicator")).send();
        assert_eq!(answer.status, status, "{}: {answer}", fixed.alias);
    }
}

/// TX-DEL-05, AMB-36: an object stays in the other collections it is in.
fn other_collections_keep_theirs(site: &Site) {
    let (one, two) = (site.collection(), site.collection());
    let objects = [indicator()];
    one.add(&objects);
    two.add(&objects);
    one.delete(id_of(&objects[0])).send().expect(200);
    assert_eq!(one.keys("objects/"), []);
    assert_eq!(two.keys("objects/"), expected(&objects));
}

/// AMB-09, AMB-08: after a DELETE the same version may come again, also with other content: it is new.
fn what_was_deleted_may_come_again(site: &Site) {
    let collection = site.collection();
    let objects = [indicator(), marking(), address("198.51.100.12")];
    collection.add(&objects);
    let before = collection.records();
    for object in &objects {
        collection.delete(id_of(object)).send().expect(200);
    }
    assert!(collection.records().is_empty());
    let changed: Vec<Value> = objects.iter().map(|object| with(object.clone(), "x_note", "again")).collect();
    collection.add(&changed);
    let after = collection.records();
    for (old, new) in before.iter().zip(&after) {
        assert!(old["date_added"].as_str() < new["date_added"].as_str(), "{old} {new}");
    }
    assert_eq!(collection.page("objects/").entries, changed);
}

/// AMB-35: many at once ask for the same deletion; one of them did it.
fn only_one_can_have_deleted_it(site: &Site) {
    let collection = site.collection();
    let object = indicator();
    collection.add_each(&[object.clone(), modified(&object, "2021-01-01T00:00:00Z")]);
    let mut statuses = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..8).map(|_| scope.spawn(|| delete(&collection, id_of(&object), "").status)).collect();
        asking.into_iter().map(|one| one.join().expect("an answer")).collect::<Vec<_>>()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 404, 404, 404, 404, 404, 404, 404]);
}

/// Promise 2: what was deleted stays deleted when the server is killed right after its answer.
fn a_deletion_outlives_the_process(kind: Kind) {
    let mut site = Site::start(kind, Serving::default());
    let objects = indicators(2);
    let (id, alias) = {
        let collection = site.collection();
        collection.add(&objects);
        collection.delete(id_of(&objects[0])).send().expect(200);
        (collection.id.clone(), collection.alias.clone())
    };
    site.restart(Stop::Killed);
    let collection = site.known_collection("api1", &id, &alias);
    assert_eq!(collection.keys("objects/"), expected(&objects[1..]));
    site.get(&collection.object(id_of(&objects[0]))).send().expect(404);
}

taxii_tests::on_every_site!(
    a_delete_answers_with_nothing,
    what_is_deleted_is_gone_everywhere,
    filters_narrow_what_is_removed,
    a_deleted_version_is_not_found,
    what_is_not_there_cannot_be_deleted,
    a_mistyped_filter_deletes_nothing,
    who_may_delete,
    other_collections_keep_theirs,
    what_was_deleted_may_come_again,
    only_one_can_have_deleted_it,
);

taxii_tests::on_every_persistent_kind!(a_deletion_outlives_the_process);
