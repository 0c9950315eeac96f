//! Which versions of an object a query gives, and the list of them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::Value;
use taxii_tests::collection::{By, Collection, expected};
use taxii_tests::objects::{
    address, as_21, id, id_of, indicator, indicator_20, lacking, malware, marking, modified, versions, with,
};
use taxii_tests::site::{Options, Site};

fn dates(collection: &Collection<'_>) -> Vec<String> {
    collection.records().iter().map(|r| r["date_added"].as_str().expect("a date").to_owned()).collect()
}

/// TX-FLT-22…26, TX-OBJ-04, TX-ONE-01, AMB-12: three versions of one object, and another between them. The
/// numbers are places in the order of adding.
const CHOICES: [(&str, &[usize]); 13] = [
    ("", &[2, 3]),
    ("match[version]=last", &[2, 3]),
    ("match[version]=first", &[0, 2]),
    ("match[version]=all", &[0, 1, 2, 3]),
    ("match[version]=first,last", &[0, 2, 3]),
    ("match[version]=last,first", &[0, 2, 3]),
    ("match[version]=2021-01-02T00:00:00.000Z", &[1]),
    ("match[version]=2021-01-02T00:00:00Z", &[1]),
    ("match[version]=2021-01-02T00:00:00.000000000Z", &[1]),
    ("match[version]=first,2021-01-02T00:00:00.000Z", &[0, 1, 2]),
    ("match[version]=2021-01-03T00:00:00Z,2021-01-01T00:00:00Z", &[0, 3]),
    ("match[version]=last,2021-01-03T00:00:00.000Z", &[2, 3]),
    ("match[version]=2021-01-02T00:00:00.001Z", &[]),
];

/// The table above, on objects and manifest.
fn the_choice_of_versions(site: &Site) {
    let collection = site.collection();
    let object = indicator();
    let mut added = versions(&object, 3);
    added.insert(2, malware());
    collection.add_each(&added);
    for (query, places) in CHOICES {
        let wanted: Vec<_> = places.iter().map(|place| added[*place].clone()).collect();
        for endpoint in ["objects/", "manifest/"] {
            let found = collection.keys(&format!("{endpoint}?{query}"));
            assert_eq!(found, expected(&wanted), "{endpoint}?{query}");
        }
    }
}

/// TX-ONE-01, TX-ONE-02, TX-FLT-22…26: the same choices for one object by its id.
fn the_choice_of_versions_of_one_object(site: &Site) {
    let collection = site.collection();
    let object = indicator();
    let added = versions(&object, 3);
    collection.add_each(&added);
    collection.add(&[malware()]);
    for (choice, places) in [
        ("", vec![2]),
        ("match[version]=last", vec![2]),
        ("match[version]=first", vec![0]),
        ("match[version]=all", vec![0, 1, 2]),
        ("match[version]=first,last", vec![0, 2]),
        ("match[version]=2021-01-02T00:00:00Z,last", vec![1, 2]),
    ] {
        let wanted: Vec<_> = places.iter().map(|place: &usize| added[*place].clone()).collect();
        let found = collection.keys(&format!("objects/{}/?{choice}", id_of(&object)));
        assert_eq!(found, expected(&wanted), "{choice}");
    }
}

/// TX-FLT-24, TX-FLT-27, TX-FLT-28, AMB-12: refused, on every endpoint that offers the filter.
fn impossible_choices_are_refused(site: &Site) {
    let collection = site.collection();
    let object = indicator();
    collection.add(std::slice::from_ref(&object));
    for choice in [
        "all,last",
        "first,all",
        "all,2021-01-01T00:00:00Z",
        "all,all",
        "last,last",
        "first,last,first",
        "2021-01-01T00:00:00Z,2021-01-01T00:00:00Z",
        "2021-01-01T00:00:00Z,2021-01-01T00:00:00.000Z",
        "foo",
        "LAST",
        "2021-01-01",
        "2021-02-30T00:00:00Z",
        "2021-01-01T00:00:00%2B00:00",
        "",
        "last,",
        ",last",
        "first,,last",
        "first,%20last",
    ] {
        for below in ["objects/".to_owned(), "manifest/".to_owned(), format!("objects/{}/", id_of(&object))] {
            let answer = collection.get(&format!("{below}?match[version]={choice}")).send();
            assert_eq!(answer.status, 400, "{below}: {choice}: {answer}");
        }
    }
    collection.get("objects/?match[version]=last&match[version]=first").send().expect(400);
    assert_eq!(collection.records().len(), 1);
}

/// AMB-12, TX-FLT-25: versions differ by more than six digits, and are found by exactly their own.
fn a_version_is_as_precise_as_its_text(site: &Site) {
    let collection = site.collection();
    let object = indicator();
    let times = ["2021-01-01T00:00:00.123456Z", "2021-01-01T00:00:00.1234561Z", "2021-01-01T00:00:00.12345610001Z"];
    let added: Vec<_> = times.iter().map(|time| modified(&object, time)).collect();
    collection.add_each(&added);
    for (time, version) in times.iter().zip(&added) {
        let found = collection.keys(&format!("objects/?match[version]={time}"));
        assert_eq!(found, expected(std::slice::from_ref(version)), "{time}");
    }
    assert_eq!(collection.keys("objects/"), expected(&added[2..]), "the newest");
}

/// AMB-11, reading A: a version that comes late and is old is neither `last` nor news to a poller.
fn a_late_old_version_is_not_the_last(site: &Site) {
    let collection = site.collection();
    let object = indicator();
    let all = versions(&object, 3);
    let (old, middle, new) = (&all[0], &all[1], &all[2]);
    collection.add_each(&[middle.clone(), new.clone(), old.clone()]);
    let dates = dates(&collection);
    let cases: [(&str, &str, Vec<&Value>); 10] = [
        ("last", "", vec![new]),
        ("last", &dates[0], vec![new]),
        ("last", &dates[1], vec![]),
        ("first", "", vec![old]),
        ("first", &dates[1], vec![old]),
        ("first", &dates[2], vec![]),
        ("all", "", vec![middle, new, old]),
        ("all", &dates[1], vec![old]),
        ("2021-01-02T00:00:00Z", "", vec![middle]),
        ("2021-01-02T00:00:00Z", &dates[0], vec![]),
    ];
    for (choice, after, wanted) in cases {
        let wanted: Vec<_> = wanted.into_iter().cloned().collect();
        let after = if after.is_empty() { String::new() } else { format!("&added_after={after}") };
        for endpoint in ["objects/", "manifest/"] {
            let found = collection.keys(&format!("{endpoint}?match[version]={choice}{after}"));
            assert_eq!(found, expected(&wanted), "{endpoint}: {choice}{after}");
        }
    }
}

/// AMB-19, TX-ONE-03, TX-ONE-04: when an object asked for by id is not found, and when there is just nothing.
fn not_found_or_nothing(site: &Site) {
    let collection = site.collection();
    let object = indicator();
    collection.add_each(&versions(&object, 2));
    let one = format!("objects/{}/", id_of(&object));
    let unknown = format!("objects/{}/", id("indicator"));
    for (below, status) in [
        (format!("{one}?match[version]=2021-01-01T00:00:00Z"), 200),
        (format!("{one}?match[version]=1999-01-01T00:00:00Z"), 404),
        (format!("{one}?match[version]=1999-01-01T00:00:00Z,1998-01-01T00:00:00Z"), 404),
        (format!("{one}?match[version]=1999-01-01T00:00:00Z,last"), 200),
        (format!("{one}?added_after=2999-01-01T00:00:00Z"), 200),
        (format!("{one}?match[spec_version]=2.0"), 200),
        (unknown.clone(), 404),
        (format!("{unknown}?added_after=2999-01-01T00:00:00Z"), 404),
        (format!("{unknown}versions/"), 404),
        (format!("objects/?match[id]={}", id("indicator")), 200),
    ] {
        let answer = collection.get(&below).send();
        assert_eq!(answer.status, status, "{below}: {answer}");
    }
    for nothing in ["added_after=2999-01-01T00:00:00Z", "match[spec_version]=2.0"] {
        assert!(collection.keys(&format!("{one}?{nothing}")).is_empty(), "{nothing}");
    }
}

/// A stored row, as the manifest tells it.
struct Row {
    id: String,
    object_type: String,
    version: String,
    at: DateTime<Utc>,
    spec: String,
    date_added: String,
}

fn row(record: &Value) -> Row {
    let text = |name: &str| record[name].as_str().expect("text").to_owned();
    let (id, version) = (text("id"), text("version"));
    Row {
        object_type: id.split("--").next().expect("a type").to_owned(),
        at: version.parse().expect("a timestamp"),
        spec: text("media_type").rsplit('=').next().expect("a version").to_owned(),
        date_added: text("date_added"),
        id,
        version,
    }
}

#[derive(Debug, Default)]
struct Query<'a> {
    types: &'a [&'a str],
    specs: &'a [&'a str],
    choice: &'a [&'a str],
    after: &'a str,
}

impl Query<'_> {
    fn text(&self) -> String {
        let mut parts = Vec::new();
        for (name, values) in
            [("match[type]", self.types), ("match[spec_version]", self.specs), ("match[version]", self.choice)]
        {
            if !values.is_empty() {
                parts.push(format!("{name}={}", values.join(",")));
            }
        }
        if !self.after.is_empty() {
            parts.push(format!("added_after={}", self.after));
        }
        parts.join("&")
    }

    fn chooses(&self, at: DateTime<Utc>, all: &BTreeSet<DateTime<Utc>>) -> bool {
        let choice = if self.choice.is_empty() { &["last"][..] } else { self.choice };
        choice.iter().any(|choice| match *choice {
            "all" => true,
            "last" => all.last() == Some(&at),
            "first" => all.first() == Some(&at),
            time => time.parse() == Ok(at),
        })
    }

    /// AMB-11 word by word: type and spec_version; one encoding per version, the highest, unless asked for;
    /// the choice of versions over that; then `added_after`; in order of adding.
    fn answer(&self, rows: &[Row]) -> Vec<(String, String)> {
        let one_of = |list: &[&str], value: &str| list.is_empty() || list.contains(&value);
        let mut rows: Vec<&Row> =
            rows.iter().filter(|row| one_of(self.types, &row.object_type) && one_of(self.specs, &row.spec)).collect();
        if self.specs.is_empty() {
            let mut highest: BTreeMap<(String, DateTime<Utc>), String> = BTreeMap::new();
            for row in &rows {
                let spec = highest.entry((row.id.clone(), row.at)).or_default();
                *spec = row.spec.clone().max(std::mem::take(spec));
            }
            rows.retain(|row| highest[&(row.id.clone(), row.at)] == row.spec);
        }
        let mut versions: BTreeMap<&str, BTreeSet<DateTime<Utc>>> = BTreeMap::new();
        for row in &rows {
            versions.entry(&row.id).or_default().insert(row.at);
        }
        rows.iter()
            .filter(|row| self.chooses(row.at, &versions[row.id.as_str()]))
            .filter(|row| row.date_added.as_str() > self.after)
            .map(|row| (row.id.clone(), row.version.clone()))
            .collect()
    }
}

/// Objects in all orders: newer before older, 2.1 before 2.0 and the other way round, and some that have
/// no version of their own.
fn tangle() -> Vec<Value> {
    let day = |object: &Value, day: u8| modified(object, &format!("2021-01-{day:02}T00:00:00.000Z"));
    let x = indicator_20();
    let y = lacking(with(malware(), "labels", serde_json::json!(["worm"])), "spec_version");
    vec![
        as_21(&day(&x, 3)),
        day(&x, 2),
        as_21(&day(&x, 1)),
        address("198.51.100.3"),
        day(&x, 3),
        day(&y, 1),
        as_21(&day(&y, 2)),
        marking(),
        day(&y, 4),
        day(&indicator_20(), 1),
        as_21(&day(&y, 1)),
    ]
}

/// TX-FLT-20…26, TX-MAN-07, AMB-11, AMB-33: the server against the rule written down naively, over all
/// combinations of filters.
fn every_combination_follows_the_rule(site: &Site) {
    let options = Options { spec_versions: Some("2.0,2.1"), ..Options::default() };
    let collection = site.collection_with(options);
    let added = tangle();
    collection.add_each(&added);
    let records = collection.records();
    let ids: Vec<_> = records.iter().map(id_of).collect();
    assert_eq!(ids, added.iter().map(id_of).collect::<Vec<_>>(), "all are there, in order");
    let rows: Vec<_> = records.iter().map(row).collect();
    let after: Vec<&str> = std::iter::once("").chain(rows.iter().map(|row| row.date_added.as_str())).collect();
    let mut entries = 0;
    for types in [&[][..], &["indicator"], &["malware", "ipv4-addr", "marking-definition"]] {
        for specs in [&[][..], &["2.0"], &["2.1"], &["2.0", "2.1"]] {
            for choice in [
                &[][..],
                &["first"],
                &["all"],
                &["last", "first"],
                &["2021-01-02T00:00:00Z"],
                &["2021-01-01T00:00:00Z", "last"],
            ] {
                for after in after.iter().copied().step_by(2) {
                    let query = Query { types, specs, choice, after };
                    entries += compare(&collection, &query, &rows);
                }
            }
        }
    }
    assert!(entries > 300, "{entries} entries compared");
}

fn compare(collection: &Collection<'_>, query: &Query<'_>, rows: &[Row]) -> usize {
    let wanted = query.answer(rows);
    let text = query.text();
    let manifest = collection.keys(&format!("manifest/?{text}"));
    assert_eq!(manifest, wanted, "manifest: {text}");
    let ids: Vec<_> = wanted.iter().map(|(id, _)| id.clone()).collect();
    assert_eq!(collection.ids(&text), ids, "objects: {text}");
    wanted.len()
}

/// TX-VER-01, TX-VER-02, TX-VER-05, TX-FLT-32, AMB-20, AMB-21: all of them, by date of adding, in the text of
/// the object itself.
fn the_versions_are_listed_as_they_came(site: &Site) {
    let collection = site.collection();
    let object = indicator();
    let times = ["2022-05-05T05:05:05Z", "2021-01-01T00:00:00.1Z", "2023-01-01T00:00:00.123456789Z"];
    let added: Vec<_> = times.iter().map(|time| modified(&object, time)).collect();
    collection.add_each(&added);
    let page = collection.page(&format!("objects/{}/versions/", id_of(&object)));
    assert_eq!(page.entries, times, "newer was added first");
    let dates = dates(&collection);
    assert_eq!((page.first.as_ref(), page.last.as_ref()), (dates.first(), dates.last()));
}

/// TX-VER-03, AMB-13, AMB-20: the filters of the versions endpoint; `match[version]` is not one of them.
fn the_versions_endpoint_has_its_own_filters(site: &Site) {
    let collection = site.collection();
    let object = indicator();
    collection.add_each(&versions(&object, 3));
    let dates = dates(&collection);
    let list = |query: &str| {
        let below = format!("objects/{}/versions/?{query}", id_of(&object));
        let keys = collection.walk_keys(&below, By::Next);
        keys.iter().map(|(_, version)| version[8..10].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(list("match[version]=last"), ["01", "02", "03"], "ignored");
    assert_eq!(list("match[version]=rubbish"), ["01", "02", "03"], "ignored");
    assert_eq!(list("match[spec_version]=2.1&limit=2"), ["01", "02", "03"]);
    assert_eq!(list(&format!("added_after={}", dates[0])), ["02", "03"]);
    let below = format!("objects/{}/versions/?match[spec_version]=2.0", id_of(&object));
    assert!(collection.page(&below).entries.is_empty());
}

/// TX-TYP-03, TX-VER-02: nothing to list is an empty object, as everywhere.
fn no_version_to_list_is_an_empty_answer(site: &Site) {
    let collection = site.collection();
    let object = marking();
    collection.add(std::slice::from_ref(&object));
    let all = collection.page(&format!("objects/{}/versions/", id_of(&object)));
    assert_eq!(all.entries, [object["created"].clone()], "TX-FLT-29: created stands in");
    let below = format!("objects/{}/versions/?added_after={}", id_of(&object), all.last.expect("a date"));
    assert_eq!(collection.get(&below).send().expect(200).json(), serde_json::json!({}));
}

taxii_tests::on_every_site!(
    the_choice_of_versions,
    the_choice_of_versions_of_one_object,
    impossible_choices_are_refused,
    a_version_is_as_precise_as_its_text,
    a_late_old_version_is_not_the_last,
    not_found_or_nothing,
    every_combination_follows_the_rule,
    the_versions_are_listed_as_they_came,
    the_versions_endpoint_has_its_own_filters,
    no_version_to_list_is_an_empty_answer,
);
