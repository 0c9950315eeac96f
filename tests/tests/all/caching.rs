//! Pages that have not changed cost next to nothing, and a cache never shows what is no longer so.

use taxii_tests::collection::Collection;
use taxii_tests::endpoints;
use taxii_tests::http::Response;
use taxii_tests::objects::{id_of, indicator, indicators, modified};
use taxii_tests::site::{NOBODY, READ, READER, Site, WRITER};

fn tag(answer: &Response) -> String {
    answer.header("ETag").unwrap_or_else(|| panic!("promise 6: no ETag: {answer}")).to_owned()
}

/// RFC 9111 §3.5 keeps shared caches only from what was asked for with `Authorization`: a key may come in another header.
#[track_caller]
fn is_private(answer: &Response) {
    assert_eq!(answer.header("Cache-Control"), Some("private, no-cache"), "{answer}");
}

/// Promise 6: everything that is polled has a weak tag, and is not sent again to who has it.
fn what_has_not_changed_is_not_sent_again(site: &Site) {
    let collection = site.collection();
    let mut targets: Vec<_> = endpoints::pages(&collection).into_iter().map(|endpoint| endpoint.target).collect();
    targets.push("/api2/collections/".to_owned());
    for target in targets {
        let ask = site.get(&target);
        let fresh = ask.send().expect(200);
        is_private(&fresh);
        let tag = tag(&fresh);
        assert!(tag.starts_with("W/\"") && tag.ends_with('"'), "{target}: {tag}");
        for known in [tag.clone(), format!("\"x\", {tag}"), "*".to_owned()] {
            let answer = ask.clone().header("If-None-Match", &known).send();
            assert_eq!(answer.status, 304, "{target}: {known}: {answer}");
            assert!(answer.body.is_empty());
            is_private(&answer);
        }
        is_private(&site.get(&target).account(NOBODY).send());
        ask.header("If-None-Match", "W/\"other\"").send().expect(200);
    }
}

/// Makes a change, and expects news from who asks with the tag of before.
fn shows(collection: &Collection<'_>, what: &str, change: impl FnOnce()) {
    let asks = ["objects/?match[version]=all", "manifest/?match[version]=all"].map(|below| collection.get(below));
    let before = asks.clone().map(|ask| ask.send().expect(200));
    change();
    for (ask, before) in asks.into_iter().zip(&before) {
        let after = ask.header("If-None-Match", &tag(before)).send();
        assert_eq!(after.status, 200, "stale after {what}: {after}");
        assert_ne!(after.body, before.body, "stale after {what}");
        assert_ne!(tag(&after), tag(before), "{what}");
    }
}

/// Promises 1 and 6: every change shows at once, on every page it concerns.
fn every_change_shows_at_once(site: &Site) {
    let collection = site.collection();
    let object = indicator();
    collection.add(&[object.clone(), indicator()]);
    shows(&collection, "a new object", || {
        collection.add(&[indicator()]);
    });
    shows(&collection, "a new version", || {
        collection.add(&[modified(&object, "2021-01-01T00:00:00Z")]);
    });
    shows(&collection, "a version deleted", || {
        let target = format!("{}?match[version]=first", collection.object(id_of(&object)));
        site.request("DELETE", &target).send().expect(200);
    });
    shows(&collection, "an object deleted", || {
        collection.delete(id_of(&object)).send().expect(200);
    });
}

/// Promise 4: rights are looked at before any cache; a tag opens nothing, and each sees their own list.
fn a_tag_gives_no_rights(site: &Site) {
    let collection = site.collection();
    collection.add(&indicators(2));
    let ask = collection.get("objects/");
    let tag_of_objects = tag(&ask.send().expect(200));
    let with_tag = ask.header("If-None-Match", &tag_of_objects);
    with_tag.clone().anonymous().send().expect(401);
    with_tag.clone().account(NOBODY).send().expect(404);
    with_tag.clone().account(WRITER).send().expect(403);
    site.host().grant(NOBODY.name, &collection.root, &collection.alias, READ);
    let granted = with_tag.account(NOBODY).send();
    assert!(matches!(granted.status, 200 | 304), "{granted}");
    let path = collection.path();
    let mine = site.get(&path).send().expect(200);
    let theirs = site.get(&path).account(READER).header("If-None-Match", &tag(&mine)).send();
    assert_eq!(theirs.status, 200, "another's rights are another body: {theirs}");
}

/// Promise 6: a page is packed for who asks for it, and is the same page.
fn a_page_is_packed_on_demand(site: &Site) {
    let collection = site.collection();
    collection.add(&indicators(200));
    let ask = collection.get("objects/");
    let plain = ask.clone().send().expect(200);
    assert_eq!(plain.header("Content-Encoding"), None);
    for coding in ["gzip", "gzip, deflate", "br;q=1.0, gzip;q=0.8, *;q=0.1", "GZIP"] {
        let packed = ask.clone().header("Accept-Encoding", coding).send().expect(200);
        assert_eq!(packed.header("Content-Encoding"), Some("gzip"), "{coding}");
        let vary = packed.all("Vary").join(", ").to_lowercase();
        assert!(vary.contains("accept-encoding"), "{coding}: {vary}");
        assert!(packed.body == plain.body, "{coding}: another page");
    }
    for coding in ["identity", "gzip;q=0", "", "x-ours"] {
        let answer = ask.clone().header("Accept-Encoding", coding).send().expect(200);
        assert_eq!(answer.header("Content-Encoding"), None, "{coding}");
    }
}

taxii_tests::on_every_site!(
    what_has_not_changed_is_not_sent_again,
    every_change_shows_at_once,
    a_tag_gives_no_rights,
    a_page_is_packed_on_demand,
);
