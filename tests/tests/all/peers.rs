//! Mistakes other servers made: where each is tested, and tests for those that no requirement covers.

use serde_json::json;
use taxii_tests::collection::{By, expected, following};
use taxii_tests::http::TAXII;
use taxii_tests::objects::{envelope, id_of, indicator, indicators};
use taxii_tests::requirements;
use taxii_tests::site::Site;

/// The checklist, and the tests that would fail if we made the mistake, too.
const CHECKLIST: [(&str, &str); 33] = [
    ("a bad UUID or slug is 404, not 500", "hostile::impossible_names_are_not_found"),
    ("limit zero or negative", "filters::malformed_parameters_are_refused"),
    ("limit huge", "filters::limit_is_a_maximum"),
    ("undecodable cursor", "paging::a_forged_token_is_refused"),
    ("foreign cursor", "paging::a_foreign_token_is_refused"),
    ("cursor replayed", "paging::a_token_is_a_position_and_nothing_more"),
    ("equal added times across a page border", "paging::dates_are_unique_within_a_batch"),
    ("a writer commits late while a reader pages", "peers::a_late_writer_is_not_missed"),
    ("all versions of one id across pages", "paging::versions_of_an_object_page_by_either_way"),
    ("more always with a usable next", "peers::every_next_leads_on"),
    ("manifest by next and by date", "paging::a_walk_gives_each_entry_once"),
    ("versions by next and by date", "paging::versions_of_an_object_page_by_either_way"),
    ("added_after with any fraction", "filters::added_after_in_many_spellings"),
    ("added_after with an offset", "filters::malformed_parameters_are_refused"),
    ("media types in all spellings", "negotiation::every_legal_accept_is_served"),
    ("no media type", "negotiation::absent_and_repeated_accept_headers"),
    ("wrong version is 406 with a hint", "negotiation::a_foreign_accept_is_refused"),
    ("wrong content type is 415 with a hint", "negotiation::content_types_of_a_post"),
    ("401 carries WWW-Authenticate", "access::nobody_gets_in_without_credentials"),
    ("title and a string http_status", "errors::every_refusal_is_an_error_resource"),
    ("versions of a root are media types", "discovery::each_root_describes_itself"),
    ("relative roots resolve", "discovery::roots_can_be_followed"),
    ("the slash is missing", "negotiation::the_slash_at_the_end_may_be_missing"),
    ("a bundle instead of an envelope", "add::a_bundle_is_an_envelope"),
    ("one bad object among good ones", "add::one_bad_object_fails_alone"),
    ("posted twice", "duplicates::the_same_again_changes_nothing"),
    ("no modified, no created", "duplicates::an_observable_has_the_version_of_its_first_date"),
    ("delete persists, needs both rights", "delete::a_deletion_outlives_the_process"),
    ("a write-only collection leaks by status", "status::a_status_belongs_to_its_sender"),
    ("never pending after a crash", "status::a_status_outlives_the_process"),
    ("properties and numbers survive", "add::the_text_comes_back_untouched"),
    ("lying lengths, chunks", "hostile::lies_about_the_length_are_not_believed"),
    ("a page has an end without limit", "paging::a_page_without_limit_ends_somewhere"),
];

/// The checklist names tests that exist.
#[test]
fn every_mistake_of_the_peers_has_a_test() {
    let tests = requirements::tests();
    let missing: Vec<_> = CHECKLIST.iter().filter(|(_, test)| !tests.iter().any(|name| name == test)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Promise 1, AMB-09: a request that began earlier and ends later comes after what was served meanwhile.
fn a_late_writer_is_not_missed(site: &Site) {
    let collection = site.collection();
    let (late, early) = (indicator(), indicator());
    let body = envelope(std::slice::from_ref(&late)).to_string().into_bytes();
    let post = collection.post(&[]).header("Content-Length", &body.len().to_string());
    let mut writer = post.connect();
    let (begin, end) = body.split_at(body.len() - 1);
    writer.write(&[post.head().as_slice(), begin].concat()).expect("it is read");
    collection.add(std::slice::from_ref(&early));
    let page = collection.page("objects/");
    assert_eq!(page.keys(), expected(&[early]));
    writer.write(end).expect("it is read");
    assert_eq!(writer.read("POST").expect("an answer").status, 202);
    let news = collection.page(&following("objects/", &page, By::Date));
    assert_eq!(news.keys(), expected(&[late]));
}

/// AMB-16: each `next` gives a page with something on it, for every limit and every length.
fn every_next_leads_on(site: &Site) {
    for length in [1, 2, 3, 5] {
        let collection = site.collection();
        let objects = indicators(length);
        collection.add(&objects);
        for limit in 1..=length + 1 {
            for endpoint in ["objects/", "manifest/"] {
                let pages = collection.walk(&format!("{endpoint}?limit={limit}"), By::Next);
                assert_eq!(pages.len(), length.div_ceil(limit), "{length} by {limit}");
                assert!(pages.iter().all(|page| !page.entries.is_empty()), "{length} by {limit}");
            }
        }
    }
}

/// A bundle inside the list was once served on as an "unknown type": here it fails, and says why.
fn a_bundle_among_the_objects_is_explained(site: &Site) {
    let collection = site.collection();
    let bundle = json!({
        "type": "bundle", "id": taxii_tests::objects::id("bundle"), "objects": [indicator()]
    });
    let status = collection.post(std::slice::from_ref(&bundle)).send().expect(202).json();
    assert_eq!(status["failures"][0]["id"], bundle["id"]);
    let message = status["failures"][0]["message"].as_str().unwrap_or_default();
    assert!(message.contains("bundle"), "{message}");
    assert!(collection.records().is_empty());
}

/// Headers once came from dates inside the objects, and in the wrong order.
fn the_date_headers_are_no_dates_of_objects(site: &Site) {
    let collection = site.collection();
    let objects = indicators(3);
    collection.add(&objects);
    let answer = collection.get("objects/").send().expect(200);
    let (first, last) = (answer.header("X-TAXII-Date-Added-First"), answer.header("X-TAXII-Date-Added-Last"));
    assert!(first < last, "{answer}");
    assert!(first.is_some_and(|first| !first.starts_with("2020")), "{answer}");
    assert!(!answer.text().contains("undefined"), "{answer}");
}

/// One bad item once made the whole request fail with a message about none of them.
fn a_refused_request_says_which_item_was_wrong(site: &Site) {
    let collection = site.collection();
    let body = format!("{{\"objects\":[{},{{\"type\":\"malware\"}}]}}", indicator());
    let answer = collection.post(&[]).body(TAXII, body).send().expect(422);
    let words = answer.json()["description"].as_str().unwrap_or_default().to_owned();
    assert!(words.contains("/objects/1") || words.contains("objects[1]"), "no place: {answer}");
}

/// An object that was added, deleted and added again was once served twice.
fn what_comes_back_comes_once(site: &Site) {
    let collection = site.collection();
    let objects = indicators(3);
    collection.add(&objects);
    for _ in 0..3 {
        collection.delete(id_of(&objects[1])).send().expect(200);
        collection.add(&objects);
    }
    let wanted = [objects[0].clone(), objects[2].clone(), objects[1].clone()];
    assert_eq!(collection.keys("objects/?match[version]=all"), expected(&wanted));
}

taxii_tests::on_every_site!(
    a_late_writer_is_not_missed,
    every_next_leads_on,
    a_bundle_among_the_objects_is_explained,
    the_date_headers_are_no_dates_of_objects,
    a_refused_request_says_which_item_was_wrong,
    what_comes_back_comes_once,
);
