//! Walking through a collection: nothing missed, nothing twice, no walk without end.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use taxii_tests::collection::{By, Collection, Page, encoded, expected, following};
use taxii_tests::objects::{id_of, indicator, indicators, malware, modified, versions};
use taxii_tests::site::{ADMIN, Kind, NOBODY, READER, Serving, Site, Stop, WRITER};

/// TX-PAG-01, TX-OBJ-06, TX-SEC-02, AMB-18: without a limit a page ends at the server's own, which is 1000.
fn a_page_without_limit_ends_somewhere(site: &Site) {
    let collection = site.collection();
    let objects = indicators(1001);
    collection.add(&objects);
    for endpoint in ["objects/", "manifest/", "objects/?limit=5000"] {
        let page = collection.page(endpoint);
        assert_eq!(page.entries.len(), 1000, "{endpoint}");
        assert!(page.more, "{endpoint}");
        let rest = collection.page(&following(endpoint, &page, By::Next));
        assert_eq!(rest.keys(), expected(&objects[1000..]), "{endpoint}");
        assert!(!rest.more, "{endpoint}");
    }
}

/// TX-PAG-01, TX-FLT-09: the operator's maximum holds for all four endpoints and for every `limit`.
fn the_operators_maximum_holds(kind: Kind) {
    let site = Site::start(kind, Serving { page_limit: Some(3) });
    let collection = site.collection();
    let object = indicator();
    collection.add_each(&versions(&object, 7));
    for below in [
        "objects/?match[version]=all".to_owned(),
        "manifest/?match[version]=all".to_owned(),
        format!("objects/{}/?match[version]=all", id_of(&object)),
        format!("objects/{}/versions/", id_of(&object)),
    ] {
        for limit in ["", "limit=4", "limit=1000", "limit=99999999999999999999999"] {
            let separator = if below.contains('?') { '&' } else { '?' };
            let pages = collection.walk(&format!("{below}{separator}{limit}"), By::Next);
            let sizes: Vec<_> = pages.iter().map(|page| page.entries.len()).collect();
            assert_eq!(sizes, [3, 3, 1], "{below} {limit}");
        }
    }
}

/// TX-PAG-05, TX-SRT-01, promise 1: each entry once and in order, by either way of walking, on objects and on
/// the manifest; pages are full, and a walk never ends with an empty one.
fn a_walk_gives_each_entry_once(site: &Site) {
    let collection = site.collection();
    let objects = indicators(60);
    collection.add_each(&objects[..10]);
    collection.add(&objects[10..]);
    for endpoint in ["objects/", "manifest/"] {
        for limit in [1, 7, 30, 59, 60, 61] {
            for by in [By::Next, By::Date] {
                let what = format!("{endpoint}?limit={limit}");
                let pages = collection.walk(&what, by);
                let keys: Vec<_> = pages.iter().flat_map(Page::keys).collect();
                assert_eq!(keys, expected(&objects), "{what} {by:?}");
                let (last, full) = pages.split_last().expect("a page");
                assert!(full.iter().all(|page| page.entries.len() == limit), "{what} {by:?}");
                assert!(!last.entries.is_empty(), "{what} {by:?}");
            }
        }
    }
}

/// TX-PAG-05, AMB-09: 10 000 objects of one POST have 10 000 dates, so a walk by date alone loses none.
fn dates_are_unique_within_a_batch(site: &Site) {
    let collection = site.collection();
    let objects = indicators(10_000);
    collection.add(&objects);
    let records = collection.records();
    let dates: Vec<_> = records.iter().map(|r| r["date_added"].as_str().expect("a date")).collect();
    assert_eq!(dates.len(), objects.len());
    assert!(dates.windows(2).all(|pair| pair[0] < pair[1]), "strictly increasing");
    assert_eq!(collection.walk_keys("objects/?limit=77", By::Date), expected(&objects));
}

/// TX-PAG-05, TX-ONE-02, TX-VER-03: one object's versions page as well, by either way.
fn versions_of_an_object_page_by_either_way(site: &Site) {
    let collection = site.collection();
    let object = indicator();
    let all = versions(&object, 5);
    collection.add_each(&all);
    collection.add(&indicators(3));
    let texts: Vec<_> = all.iter().map(|v| v["modified"].as_str().expect("text")).collect();
    for by in [By::Next, By::Date] {
        for limit in [1, 2, 3, 5] {
            let one = format!("objects/{}/?match[version]=all&limit={limit}", id_of(&object));
            assert_eq!(collection.walk_keys(&one, by), expected(&all), "{limit} {by:?}");
            let list = format!("objects/{}/versions/?limit={limit}", id_of(&object));
            let keys = collection.walk_keys(&list, by);
            let found: Vec<_> = keys.iter().map(|(_, version)| version.as_str()).collect();
            assert_eq!(found, texts, "{limit} {by:?}");
        }
    }
}

/// Promise 4: filters and rights apply before paging, so that pages stay full between other entries.
fn filtered_pages_are_full(site: &Site) {
    let collection = site.collection();
    let mixed: Vec<Value> = (0..40).map(|n| if n % 4 == 0 { malware() } else { indicator() }).collect();
    collection.add(&mixed);
    let pages = collection.walk("objects/?match[type]=malware&limit=4", By::Next);
    let sizes: Vec<_> = pages.iter().map(|page| page.entries.len()).collect();
    assert_eq!(sizes, [4, 4, 2]);
}

/// AMB-17: a token can be used again and gives the same page; `limit` and filters may change; with
/// `added_after` both apply; alone it is enough.
fn a_token_is_a_position_and_nothing_more(site: &Site) {
    let collection = site.collection();
    let mut objects = indicators(8);
    objects[6] = malware();
    collection.add(&objects);
    let page = collection.page("objects/?limit=3&match[type]=indicator,malware");
    let next = encoded(page.next.as_deref().expect("more"));
    let at = |query: &str| collection.keys(&format!("objects/?next={next}{query}"));
    assert_eq!(at("&limit=3"), expected(&objects[3..6]));
    assert_eq!(at("&limit=3"), expected(&objects[3..6]), "the same page again");
    assert_eq!(at("&limit=1"), expected(&objects[3..4]), "another limit");
    assert_eq!(at(""), expected(&objects[3..]), "the token alone");
    assert_eq!(at("&match[type]=malware"), expected(&objects[6..7]), "another filter");
    let dates = collection.records();
    let date = |n: usize| dates[n]["date_added"].as_str().expect("a date").to_owned();
    let after = at(&format!("&added_after={}", date(5)));
    assert_eq!(after, expected(&objects[6..]), "an added_after that moved on");
    let after = at(&format!("&added_after={}", date(0)));
    assert_eq!(after, expected(&objects[3..]), "an added_after from before");
}

/// AMB-17, TX-DEL-08: what comes during a walk is met at its end; what goes, even the entry a position stands
/// on, disturbs nobody; a new version takes the place of the old.
fn a_walk_goes_on_while_things_change(site: &Site) {
    let below = "objects/?limit=2";
    for by in [By::Next, By::Date] {
        let collection = site.collection();
        let objects = indicators(6);
        collection.add(&objects);
        let first = collection.page(below);
        collection.delete(id_of(&objects[1])).send().expect(200);
        let renewed = modified(&objects[4], "2022-01-01T00:00:00.000Z");
        let newcomer = indicator();
        collection.add(&[newcomer.clone(), renewed.clone()]);
        let rest = collection.walk_keys(&following(below, &first, by), By::Next);
        let wanted = [&objects[2], &objects[3], &objects[5], &newcomer, &renewed].map(Value::clone);
        assert_eq!(rest, expected(&wanted), "{by:?}");
    }
}

/// TX-PAG-06, TX-SEC-05, AMB-13: a token that is not ours, or of another collection or endpoint, is 400.
fn a_foreign_token_is_refused(site: &Site) {
    let (one, other) = (site.collection(), site.collection());
    let object = indicator();
    for collection in [&one, &other] {
        collection.add(&indicators(3));
        collection.add_each(&versions(&object, 3));
    }
    let token = |below: &str| encoded(one.page(below).next.as_deref().expect("more"));
    let objects = token("objects/?limit=1");
    let manifest = token("manifest/?limit=1");
    let single = format!("objects/{}/", id_of(&object));
    let versions = format!("{single}versions/");
    let of_object = token(&format!("{single}?match[version]=all&limit=1"));
    let of_versions = token(&format!("{versions}?limit=1"));
    other.get(&format!("objects/?next={objects}")).send().expect(400);
    other.get(&format!("manifest/?next={manifest}")).send().expect(400);
    for (below, token) in [
        ("manifest/", &objects),
        ("objects/", &manifest),
        (versions.as_str(), &of_object),
        (single.as_str(), &of_versions),
        ("objects/", &of_versions),
        ("manifest/", &of_object),
    ] {
        one.get(&format!("{below}?next={token}")).send().expect(400);
    }
}

/// TX-PAG-06, TX-SEC-05, AMB-13: every forgery is 400, whatever byte was changed.
fn a_forged_token_is_refused(site: &Site) {
    let collection = site.collection();
    collection.add(&indicators(3));
    let token = collection.page("objects/?limit=1").next.expect("more");
    let mut forged: Vec<String> =
        ["0", "1", "%00", "../../etc/passwd", "null", "2020-01-01T00:00:00Z"].map(str::to_owned).to_vec();
    forged.extend([token[1..].to_owned(), format!("{token}A"), token.repeat(2)]);
    forged.push("A".repeat(token.len()));
    // The last letter of a token may have bits that mean nothing.
    for index in 0..token.len() - 1 {
        let mut bytes = token.clone().into_bytes();
        bytes[index] = if bytes[index] == b'B' { b'C' } else { b'B' };
        forged.push(String::from_utf8(bytes).expect("tokens are text"));
    }
    for forgery in forged.iter().filter(|forgery| **forgery != token) {
        let answer = collection.get(&format!("objects/?next={}", encoded(forgery))).send();
        assert_eq!(answer.status, 400, "{forgery}: {answer}");
    }
}

/// TX-PAG-06, TX-AUT-07: a token opens nothing; who may read may use it, who may not gets what they would
/// get without it.
fn a_token_gives_no_rights(site: &Site) {
    let collection = site.collection();
    let objects = indicators(3);
    collection.add(&objects);
    let next = encoded(&collection.page("objects/?limit=1").next.expect("more"));
    let ask = collection.get(&format!("objects/?next={next}"));
    ask.clone().account(NOBODY).send().expect(404);
    ask.clone().account(WRITER).send().expect(403);
    ask.clone().anonymous().send().expect(401);
    for account in [READER, ADMIN] {
        let page = Page::of(&ask.clone().account(account).send().expect(200));
        assert_eq!(page.keys(), expected(&objects[1..]), "{}", account.name);
    }
}

/// Clients put the token into a URL; so it is short, and safe there as it is.
fn a_token_is_safe_in_a_url(site: &Site) {
    let collection = site.collection();
    let objects = indicators(3);
    collection.add(&objects);
    let next = collection.page("objects/?limit=1").next.expect("more");
    assert!(next.len() <= 512, "{next}");
    assert_eq!(encoded(&next), next, "nothing in it needs encoding");
    let page = collection.page(&format!("objects/?next={next}"));
    assert_eq!(page.keys(), expected(&objects[1..]));
}

/// AMB-13: an empty `next` is no `next`.
fn an_empty_token_is_none(site: &Site) {
    let collection = site.collection();
    let objects = indicators(3);
    collection.add(&objects);
    assert_eq!(collection.keys("objects/?next="), expected(&objects));
    assert_eq!(collection.keys("manifest/?next=&limit=2"), expected(&objects[..2]));
}

/// AMB-17: a token outlives the process, whether it was asked to stop or killed.
fn a_token_outlives_the_process(kind: Kind) {
    let mut site = Site::start(kind, Serving::default());
    let objects = indicators(5);
    let (id, alias, next) = {
        let collection = site.collection();
        collection.add(&objects);
        let next = collection.page("objects/?limit=2").next.expect("more");
        (collection.id.clone(), collection.alias.clone(), encoded(&next))
    };
    for how in [Stop::Asked, Stop::Killed] {
        site.restart(how);
        let collection = site.known_collection("api1", &id, &alias);
        let rest = collection.keys(&format!("objects/?next={next}"));
        assert_eq!(rest, expected(&objects[2..]), "{how:?}");
    }
}

/// More than the writers below write.
const MOST: usize = 1000;

/// Reads the collection page by page until all writers are done and nothing is left, as a tool does that
/// polls for years; more than there can be is a loop.
fn poll(collection: &Collection<'_>, writers: &AtomicUsize, by: By) -> Vec<(String, String)> {
    let below = "objects/?limit=7&match[version]=all";
    let (mut seen, mut ask) = (Vec::new(), below.to_owned());
    loop {
        let finished = writers.load(Ordering::SeqCst) == 0;
        let page = collection.page(&ask);
        seen.extend(page.keys());
        assert!(seen.len() <= MOST, "{by:?}: entries come again and again");
        if page.entries.is_empty() {
            if finished {
                return seen;
            }
            std::thread::yield_now();
        } else {
            // At the end of what there is, only the date can be kept for the next poll.
            let by = if page.more { by } else { By::Date };
            ask = following(below, &page, by);
        }
    }
}

/// Promise 1, AMB-09, AMB-35: four writers at once, two readers meanwhile: each reader meets every version
/// exactly once and all in the same order.
fn readers_miss_nothing_while_writers_write(site: &Site) {
    const WRITERS: usize = 4;
    let collection = site.collection();
    let batches: Vec<Vec<Vec<Value>>> =
        (0..WRITERS).map(|_| (0..25).map(|size| indicators(1 + size % 4)).collect()).collect();
    let writing = AtomicUsize::new(WRITERS);
    let (collection, running) = (&collection, &writing);
    let (by_next, by_date) = std::thread::scope(|scope| {
        let readers = [By::Next, By::Date].map(|by| scope.spawn(move || poll(collection, running, by)));
        for batches in &batches {
            scope.spawn(move || {
                let _finished = CountsDown(running);
                for batch in batches {
                    collection.add(batch);
                }
            });
        }
        let [next, date] = readers.map(|reader| reader.join().expect("the reader reads"));
        (next, date)
    });
    let written: BTreeSet<_> = batches.iter().flatten().flat_map(|batch| expected(batch)).collect();
    assert!(written.len() < MOST);
    assert_eq!(by_date.len(), written.len(), "nothing twice");
    assert_eq!(by_date.iter().cloned().collect::<BTreeSet<_>>(), written, "nothing missed");
    assert_eq!(by_next, by_date);
    let held = collection.walk_keys("manifest/?match[version]=all", By::Next);
    assert_eq!(by_date, held);
}

/// Counts also if the writer fails, so that the readers end and the failure is seen.
struct CountsDown<'a>(&'a AtomicUsize);

impl Drop for CountsDown<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// AMB-09: what is deleted and added again is new, with a date of its own, for those who poll.
fn what_comes_back_is_new(site: &Site) {
    let collection = site.collection();
    let objects = indicators(2);
    collection.add(&objects);
    let mark = collection.page("objects/").last.expect("a date");
    collection.delete(id_of(&objects[0])).send().expect(200);
    collection.add(&objects[..1]);
    let news = collection.keys(&format!("objects/?added_after={mark}"));
    assert_eq!(news, expected(&objects[..1]));
}

taxii_tests::on_every_site!(
    a_page_without_limit_ends_somewhere,
    a_walk_gives_each_entry_once,
    dates_are_unique_within_a_batch,
    versions_of_an_object_page_by_either_way,
    filtered_pages_are_full,
    a_token_is_a_position_and_nothing_more,
    a_walk_goes_on_while_things_change,
    a_foreign_token_is_refused,
    a_forged_token_is_refused,
    a_token_gives_no_rights,
    a_token_is_safe_in_a_url,
    an_empty_token_is_none,
    readers_miss_nothing_while_writers_write,
    what_comes_back_is_new,
);

taxii_tests::on_every_kind!(the_operators_maximum_holds);

taxii_tests::on_every_persistent_kind!(a_token_outlives_the_process);
