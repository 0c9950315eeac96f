//! `added_after`, `limit` and `match[…]`; the choice of versions has a file of its own.

use serde_json::Value;
use taxii_tests::collection::{By, Collection, expected, key};
use taxii_tests::objects::{
    address, custom, id, id_of, indicator, indicators, lacking, malware, marking, relationship, version_of, versions,
    with,
};
use taxii_tests::site::Site;

/// The dates of all entries, in order.
fn dates(collection: &Collection<'_>) -> Vec<String> {
    collection.records().iter().map(|r| r["date_added"].as_str().expect("a date").to_owned()).collect()
}

/// The time one microsecond before.
fn just_before(date: &str) -> String {
    let time = chrono::DateTime::parse_from_rfc3339(date).expect("a timestamp");
    let earlier = time - chrono::TimeDelta::microseconds(1);
    earlier.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// TX-FLT-02, TX-MAN-08: strictly after, on all four endpoints that page; the date compared is the one the
/// manifest and the headers tell.
fn added_after_is_exclusive(site: &Site) {
    let collection = site.collection();
    let object = indicator();
    collection.add_each(&versions(&object, 3));
    let dates = dates(&collection);
    for below in [
        "objects/?match[version]=all".to_owned(),
        "manifest/?match[version]=all".to_owned(),
        format!("objects/{}/?match[version]=all", id_of(&object)),
        format!("objects/{}/versions/?limit=9", id_of(&object)),
    ] {
        let count = |after: &str| collection.page(&format!("{below}&added_after={after}")).entries.len();
        for (index, date) in dates.iter().enumerate() {
            assert_eq!(count(date), 2 - index, "{below}: after {date}");
            assert_eq!(count(&just_before(date)), 3 - index, "{below}: 1 µs before {date}");
        }
    }
}

/// TX-HDR-01, TX-HDR-02, TX-HDR-04, TX-MAN-08: the headers are the dates of the first and the last entry.
fn the_headers_are_the_dates_of_the_ends(site: &Site) {
    let collection = site.collection();
    let object = indicator();
    collection.add_each(&versions(&object, 4));
    let dates = dates(&collection);
    for below in [
        "objects/?match[version]=all".to_owned(),
        "manifest/?match[version]=all".to_owned(),
        format!("objects/{}/?match[version]=all", id_of(&object)),
        format!("objects/{}/versions/?x=y", id_of(&object)),
    ] {
        for (window, first, last) in [("limit=9", 0, 3), ("limit=2", 0, 1), ("limit=1", 0, 0)] {
            let page = collection.page(&format!("{below}&{window}"));
            assert_eq!(page.first.as_ref(), Some(&dates[first]), "{below}&{window}");
            assert_eq!(page.last.as_ref(), Some(&dates[last]), "{below}&{window}");
        }
        let rest = collection.page(&format!("{below}&added_after={}", dates[1]));
        assert_eq!(rest.first.as_ref(), Some(&dates[2]), "{below}");
        assert_eq!(rest.last.as_ref(), Some(&dates[3]), "{below}");
    }
}

/// AMB-10: one instant in many spellings, and what the fraction beyond microseconds is worth.
fn added_after_in_many_spellings(site: &Site) {
    let collection = site.collection();
    collection.add(&indicators(3));
    let past = ["", ".0", ".00", ".000", ".000000", ".000000000", ".123456789"];
    for fraction in past {
        for (t, z) in [("T", "Z"), ("t", "z"), ("T", "z")] {
            let time = format!("2020-01-01{t}00:00:00{fraction}{z}");
            assert_eq!(collection.ids(&format!("added_after={time}")).len(), 3, "{time}");
            let time = format!("2999-12-31{t}23:59:59{fraction}{z}");
            assert_eq!(collection.ids(&format!("added_after={time}")).len(), 0, "{time}");
        }
    }
    for (index, date) in dates(&collection).iter().enumerate() {
        let digits = date.trim_end_matches('Z');
        let short = digits.trim_end_matches('0').trim_end_matches('.');
        for same in [format!("{digits}000Z"), format!("{digits}999Z"), format!("{short}Z")] {
            let left = collection.ids(&format!("added_after={same}")).len();
            assert_eq!(left, 2 - index, "{same} is {date}, digits beyond microseconds cut");
        }
    }
}

/// TX-FLT-01, TX-FLT-03, TX-FLT-06, AMB-10: each is 400 on each of the four endpoints.
fn malformed_parameters_are_refused(site: &Site) {
    let collection = site.collection();
    let object = indicator();
    collection.add(std::slice::from_ref(&object));
    let queries = [
        "added_after=yesterday",
        "added_after=2020-01-01",
        "added_after=2020-01-01T00:00:00",
        "added_after=2020-01-01T00:00:00%2B00:00",
        "added_after=2020-01-01T00:00:00+00:00",
        "added_after=2020-01-01T00:00:00-01:00",
        "added_after=2020-01-01%2000:00:00Z",
        "added_after=2020-02-30T00:00:00Z",
        "added_after=2020-13-01T00:00:00Z",
        "added_after=2020-01-01T25:00:00Z",
        "added_after=2020-01-01T00:00:61Z",
        "added_after=2020-01-01T00:00:00.Z",
        "added_after=2020-1-1T0:0:0Z",
        "added_after=1577836800",
        "added_after=",
        "added_after=2020-01-01T00:00:00Z&added_after=2020-01-01T00:00:00Z",
        "limit=abc",
        "limit=0",
        "limit=-1",
        "limit=1.5",
        "limit=%2B1",
        "limit=1e3",
        "limit=0x10",
        "limit=",
        "limit=1&limit=1",
    ];
    for query in queries {
        for endpoint in ["objects/", "manifest/"] {
            let answer = collection.get(&format!("{endpoint}?{query}")).send();
            assert_eq!(answer.status, 400, "{endpoint}?{query}: {answer}");
        }
        for target in [collection.object(id_of(&object)), collection.versions(id_of(&object))] {
            let answer = site.get(&format!("{target}?{query}")).send();
            assert_eq!(answer.status, 400, "{target}?{query}: {answer}");
        }
    }
}

/// TX-FLT-04, TX-FLT-05, TX-SRT-01, TX-SRT-03, TX-OBJ-01: from the oldest on, by the date of adding and by
/// no date inside the objects.
fn the_order_is_that_of_adding(site: &Site) {
    let collection = site.collection();
    let years = ["2030", "2015", "2022", "1999"];
    let objects: Vec<Value> = years
        .iter()
        .map(|year| {
            let time = format!("{year}-01-01T00:00:00.000Z");
            with(with(indicator(), "created", time.as_str()), "modified", time.as_str())
        })
        .collect();
    collection.add_each(&objects);
    assert_eq!(collection.keys("objects/"), expected(&objects));
    assert_eq!(collection.keys("manifest/"), expected(&objects));
    assert_eq!(collection.ids("added_after=2020-01-01T00:00:00Z").len(), 4, "TX-FLT-05");
    let page = collection.page("objects/?limit=1");
    assert_eq!(key(&page.entries[0]), key(&objects[0]), "TX-FLT-04");
}

/// TX-FLT-07…11, TX-PAG-07, AMB-16: never more than the limit, all that fits, and `more` with `next` where
/// something is left; a limit beyond the server's own is cut, not refused.
fn limit_is_a_maximum(site: &Site) {
    let collection = site.collection();
    let objects = indicators(5);
    collection.add(&objects);
    let huge = "9".repeat(40);
    let limits = [
        ("1", 1),
        ("2", 2),
        ("4", 4),
        ("5", 5),
        ("6", 5),
        ("0005", 5),
        ("1000", 5),
        ("999999999", 5),
        (huge.as_str(), 5),
    ];
    for endpoint in ["objects/", "manifest/"] {
        for (limit, count) in limits {
            let page = collection.page(&format!("{endpoint}?limit={limit}"));
            assert_eq!(page.keys(), expected(&objects[..count]), "{endpoint}?limit={limit}");
            assert_eq!(page.more, count < 5, "TX-FLT-10: {endpoint}?limit={limit}");
            assert_eq!(page.next.is_some(), count < 5, "TX-FLT-11: {endpoint}?limit={limit}");
        }
    }
}

/// What the tables below filter: two indicators, a malware, a relationship, a custom object, an address, a
/// marking.
fn mixture() -> Vec<Value> {
    let (a, b, m) = (indicator(), indicator(), malware());
    let r = relationship(id_of(&a), id_of(&m));
    vec![a, b, m, r, custom(), address("198.51.100.1"), marking()]
}

/// TX-FLT-13, TX-FLT-15…17, TX-FLT-19, TX-ENV-04, TX-OBJ-02: which of the mixture each query gives.
fn matches() -> Vec<(&'static str, Vec<usize>)> {
    vec![
        ("match[id]={0}", vec![0]),
        ("match[id]={2},{0}", vec![0, 2]),
        ("match[id]={0},{0}", vec![0]),
        ("match[id]={unknown}", vec![]),
        ("match[id]={unknown},{4}", vec![4]),
        ("match[id]=rubbish", vec![]),
        ("match[type]=indicator", vec![0, 1]),
        ("match[type]=malware,indicator", vec![0, 1, 2]),
        ("match[type]=ipv4-addr,marking-definition", vec![5, 6]),
        ("match[type]=x-acme-finding", vec![4]),
        ("match[type]=Indicator", vec![]),
        ("match[type]=indicator,no-such-type", vec![0, 1]),
        ("match[type]=relationship&match[id]={3}", vec![3]),
        ("match[type]=indicator&match[id]={2}", vec![]),
        ("match[type]=indicator,malware&match[id]={1},{2},{3}", vec![1, 2]),
        ("match[spec_version]=2.1", vec![0, 1, 2, 3, 4, 5, 6]),
        ("match[spec_version]=2.1,9.9", vec![0, 1, 2, 3, 4, 5, 6]),
        ("match[spec_version]=9.9", vec![]),
        ("match[foo]=bar", vec![0, 1, 2, 3, 4, 5, 6]),
        ("foo=bar&match[type]=malware", vec![2]),
    ]
}

/// The table above, on objects and on the manifest, whose filters apply to the objects (TX-FLT-31).
fn fields_match_and_combine(site: &Site) {
    let collection = site.collection();
    let objects = mixture();
    // One by one, so that no server may put a marking or a relationship elsewhere in a batch.
    collection.add_each(&objects);
    let unknown = id("indicator");
    for (query, indexes) in matches() {
        let mut filled = query.replace("{unknown}", &unknown);
        for (index, object) in objects.iter().enumerate() {
            filled = filled.replace(&format!("{{{index}}}"), id_of(object));
        }
        let wanted: Vec<_> = indexes.iter().map(|index| id_of(&objects[*index])).collect();
        for endpoint in ["objects/", "manifest/"] {
            let keys = collection.keys(&format!("{endpoint}?{filled}"));
            let ids: Vec<_> = keys.iter().map(|(id, _)| id.as_str()).collect();
            assert_eq!(ids, wanted, "{endpoint}?{query}");
        }
    }
}

/// Every type that STIX 2.1 defines.
const TYPES: [&str; 42] = [
    "attack-pattern",
    "campaign",
    "course-of-action",
    "grouping",
    "identity",
    "incident",
    "indicator",
    "infrastructure",
    "intrusion-set",
    "location",
    "malware",
    "malware-analysis",
    "note",
    "observed-data",
    "opinion",
    "report",
    "threat-actor",
    "tool",
    "vulnerability",
    "relationship",
    "sighting",
    "language-content",
    "marking-definition",
    "extension-definition",
    "artifact",
    "autonomous-system",
    "directory",
    "domain-name",
    "email-addr",
    "email-message",
    "file",
    "ipv4-addr",
    "ipv6-addr",
    "mac-addr",
    "mutex",
    "network-traffic",
    "process",
    "software",
    "url",
    "user-account",
    "windows-registry-key",
    "x509-certificate",
];

/// TX-FLT-18: each may be asked for, alone and all at once.
fn every_type_of_stix_may_be_asked_for(site: &Site) {
    let collection = site.collection();
    let object = indicator();
    collection.add(std::slice::from_ref(&object));
    for name in TYPES {
        let found = collection.ids(&format!("match[type]={name}"));
        assert_eq!(found.len(), usize::from(name == "indicator"), "{name}");
    }
    assert_eq!(collection.ids(&format!("match[type]={}", TYPES.join(","))), [id_of(&object)]);
}

/// AMB-14: brackets and commas as they are or percent-encoded; a `+` is a blank.
fn brackets_and_commas_may_be_encoded(site: &Site) {
    let collection = site.collection();
    collection.add(&mixture());
    let all = collection.ids("match[type]=indicator,malware");
    assert_eq!(all.len(), 3);
    for query in [
        "match%5Btype%5D=indicator,malware",
        "match%5btype%5d=indicator%2Cmalware",
        "match[type]=indicator%2cmalware",
        "%6Datch[type]=%69ndicator,malware",
    ] {
        assert_eq!(collection.ids(query), all, "{query}");
    }
    collection.get("objects/?match[type]=indicator,+malware").send().expect(400);
    let date = collection.page("objects/?limit=1").last.expect("a date").replace(':', "%3A");
    assert_eq!(collection.ids(&format!("added_after={date}")).len(), 6);
}

/// TX-MAN-07, TX-FLT-31: whatever is asked, manifest and objects list the same versions in the same order.
fn the_manifest_lists_what_the_objects_are(site: &Site) {
    let collection = site.collection();
    let objects = mixture();
    collection.add_each(&objects);
    collection.add_each(&versions(&objects[0], 3));
    collection.add_each(&versions(&objects[2], 2));
    let dates = dates(&collection);
    let types = ["", "&match[type]=indicator", "&match[type]=malware,ipv4-addr,marking-definition"];
    let choices = ["", "first", "all", "first,last", "2021-01-02T00:00:00.000Z"];
    let after = ["", &dates[3], &dates[8], &dates[dates.len() - 1]];
    let (mut compared, mut listed) = (0, 0);
    for types in types {
        for choice in choices {
            for after in after {
                let mut query = format!("?x=y{types}");
                if !choice.is_empty() {
                    query.push_str(&format!("&match[version]={choice}"));
                }
                if !after.is_empty() {
                    query.push_str(&format!("&added_after={after}"));
                }
                let records = collection.walk(&format!("manifest/{query}&limit=2"), By::Next);
                let envelopes = collection.walk(&format!("objects/{query}&limit=3"), By::Date);
                let records: Vec<_> = records.iter().flat_map(|page| &page.entries).collect();
                let objects: Vec<_> = envelopes.iter().flat_map(|page| &page.entries).collect();
                assert_same(&records, &objects, &query);
                compared += 1;
                listed += objects.len();
            }
        }
    }
    assert!(compared == 60 && listed > 100, "{compared} queries, {listed} entries");
}

fn assert_same(records: &[&Value], objects: &[&Value], query: &str) {
    let ids = |entries: &[&Value]| entries.iter().map(|e| id_of(e).to_owned()).collect::<Vec<_>>();
    assert_eq!(ids(records), ids(objects), "{query}");
    for (record, object) in records.iter().zip(objects) {
        let own = version_of(object);
        if !own.is_empty() {
            assert_eq!(record["version"], own, "TX-MAN-04: {query}");
        }
        assert_eq!(record["media_type"], "application/stix+json;version=2.1", "TX-MAN-05: {query}");
    }
}

/// TX-MAN-01…05, AMB-21: the records of things with and without `modified`; the version is the object's own
/// text.
fn a_record_tells_what_the_object_says(site: &Site) {
    let collection = site.collection();
    let precise = with(indicator(), "modified", "2020-01-01T00:00:00.1234567Z");
    let coarse = with(indicator(), "modified", "2020-01-01T00:00:00Z");
    let plain = lacking(custom(), "severity_of_ours");
    let objects = [precise, coarse, plain, marking(), address("198.51.100.2")];
    collection.add_each(&objects);
    let records = collection.records();
    assert_eq!(records.len(), objects.len());
    for (record, object) in records.iter().zip(&objects) {
        assert_eq!(record["id"], object["id"]);
        let own = version_of(object);
        let expected = if own.is_empty() { &record["date_added"] } else { &Value::from(own) };
        assert_eq!(&record["version"], expected, "AMB-08c, AMB-21: {record}");
    }
}

taxii_tests::on_every_site!(
    added_after_is_exclusive,
    the_headers_are_the_dates_of_the_ends,
    added_after_in_many_spellings,
    malformed_parameters_are_refused,
    the_order_is_that_of_adding,
    limit_is_a_maximum,
    fields_match_and_combine,
    every_type_of_stix_may_be_asked_for,
    brackets_and_commas_may_be_encoded,
    the_manifest_lists_what_the_objects_are,
    a_record_tells_what_the_object_says,
);
