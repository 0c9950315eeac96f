//! Query strings nobody should send, and what they get: the table of AMB-13.

use taxii_tests::collection::Collection;
use taxii_tests::endpoints;
use taxii_tests::objects::{id_of, indicator, malware};
use taxii_tests::site::Site;

/// Which parameters an endpoint knows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Lists,
    One,
    Versions,
}

struct Paging {
    target: String,
    of: Of,
}

fn paging(collection: &Collection<'_>) -> Vec<Paging> {
    let object = indicator();
    collection.add(&[object.clone(), malware()]);
    vec![
        Paging { target: collection.objects(), of: Of::Lists },
        Paging { target: collection.manifest(), of: Of::Lists },
        Paging { target: collection.object(id_of(&object)), of: Of::One },
        Paging { target: collection.versions(id_of(&object)), of: Of::Versions },
    ]
}

/// Malformed wherever the parameter is known.
const MALFORMED: [(&str, &str); 45] = [
    ("added_after", "added_after=2020-01-01T00:00:00Z&added_after=2020-01-01T00:00:00Z"),
    ("added_after", "added_after=2020-01-01T00:00:00Z&added%5Fafter=2021-01-01T00:00:00Z"),
    ("added_after", "added_after="),
    ("added_after", "added_after"),
    ("added_after", "added_after=%20"),
    ("added_after", "added_after=2020-01-01T00:00:00Z,2021-01-01T00:00:00Z"),
    ("limit", "limit=1&limit=2"),
    ("limit", "limit="),
    ("limit", "limit"),
    ("limit", "limit=0"),
    ("limit", "limit=00"),
    ("limit", "limit=-5"),
    ("limit", "limit=+5"),
    ("limit", "limit=%205"),
    ("limit", "limit=5%20"),
    ("limit", "limit=5,6"),
    ("limit", "limit=1_000"),
    ("limit", "limit=%D9%A3"),
    ("limit", "limit=five"),
    ("limit", "limit=5.0"),
    ("next", "next=a&next=a"),
    ("next", "next=rubbish"),
    ("next", "next=%20"),
    ("next", "next=-1"),
    ("match[id]", "match[id]=indicator--1&match[id]=indicator--2"),
    ("match[id]", "match[id]="),
    ("match[id]", "match[id]"),
    ("match[id]", "match[id]=,"),
    ("match[id]", "match[id]=indicator--1,"),
    ("match[id]", "match[id]=indicator--1,%20indicator--2"),
    ("match[type]", "match[type]=indicator&match[type]=malware"),
    ("match[type]", "match[type]=indicator&match%5Btype%5D=indicator"),
    ("match[type]", "match[type]="),
    ("match[type]", "match[type]=,indicator"),
    ("match[type]", "match[type]=indicator,,malware"),
    ("match[type]", "match[type]=indicator,+malware"),
    ("match[version]", "match[version]=all&match[version]=all"),
    ("match[version]", "match[version]="),
    ("match[version]", "match[version]=newest"),
    ("match[version]", "match[version]=last,"),
    ("match[spec_version]", "match[spec_version]=2.1&match[spec_version]=2.1"),
    ("match[spec_version]", "match[spec_version]="),
    ("match[spec_version]", "match[spec_version]=2.1,"),
    ("match[spec_version]", "match[spec_version]=two"),
    ("match[spec_version]", "match[spec_version]=2"),
];

fn knows(of: Of, parameter: &str) -> bool {
    match parameter {
        "match[id]" | "match[type]" => of == Of::Lists,
        "match[version]" => of != Of::Versions,
        _ => true,
    }
}

/// AMB-13, TX-FLT-01, TX-FLT-03, TX-FLT-06, TX-FLT-14: 400 where the parameter is known, ignored elsewhere.
fn malformed_where_known_ignored_where_not(site: &Site) {
    for endpoint in paging(&site.collection()) {
        let plain = site.get(&endpoint.target).send().expect(200);
        for (parameter, query) in MALFORMED {
            let answer = site.get(&format!("{}?{query}", endpoint.target)).send();
            if knows(endpoint.of, parameter) {
                assert_eq!(answer.status, 400, "{}?{query}: {answer}", endpoint.target);
                let words = answer.json()["description"].as_str().unwrap_or_default().to_owned();
                assert!(words.contains(parameter), "{query}: {parameter} is not named: {answer}");
            } else {
                assert_eq!(answer.status, 200, "{}?{query}: {answer}", endpoint.target);
                assert_eq!(answer.body, plain.body, "{}?{query}", endpoint.target);
            }
        }
    }
}

/// Unknown everywhere, however they are written.
const UNKNOWN: [&str; 22] = [
    "",
    "&",
    "&&x&&",
    "=",
    "=5",
    "foo",
    "foo=bar",
    "foo=bar&foo=baz",
    "foo=%2C%2C",
    "foo=a=b=c",
    "Limit=0",
    "LIMIT=abc",
    "MATCH[type]=x",
    "match[Type]=x",
    "match[foo]=bar",
    "match[foo]=a&match[foo]=b",
    "match[foo]=",
    "match=type",
    "match[]=x",
    "match[type",
    "match[version]]=x",
    "Added_After=yesterday",
];

/// AMB-13, TX-FLT-16: what is unknown is ignored, once or many times, with or without a value.
fn what_is_unknown_is_ignored(site: &Site) {
    for endpoint in paging(&site.collection()) {
        let plain = site.get(&endpoint.target).send().expect(200);
        for query in UNKNOWN {
            let answer = site.get(&format!("{}?{query}", endpoint.target)).send();
            assert_eq!(answer.status, 200, "{}?{query}: {answer}", endpoint.target);
            assert_eq!(answer.body, plain.body, "{}?{query}", endpoint.target);
        }
    }
}

/// AMB-13: a value of impossible shape matches nothing, and is no error.
fn impossible_ids_and_types_match_nothing(site: &Site) {
    let collection = site.collection();
    let endpoints = paging(&collection);
    for value in ["x", "indicator", "indicator--", "--", "%00", "%27%20OR%201=1--", "%25", "*", "a/b"] {
        for filter in ["match[id]", "match[type]"] {
            if (filter, value) == ("match[type]", "indicator") {
                continue;
            }
            for endpoint in endpoints.iter().filter(|endpoint| endpoint.of == Of::Lists) {
                let answer = site.get(&format!("{}?{filter}={value}", endpoint.target)).send();
                assert_eq!(answer.status, 200, "{filter}={value}: {answer}");
                assert_eq!(answer.json(), serde_json::json!({}), "{filter}={value}");
            }
        }
    }
    assert_eq!(collection.ids("match[spec_version]=9.9"), Vec::<String>::new());
}

/// AMB-13: bytes that are no text, on every endpoint that takes parameters.
fn what_cannot_be_decoded_is_refused(site: &Site) {
    for endpoint in paging(&site.collection()) {
        for query in [
            "foo=%zz",
            "foo=%",
            "foo=%2",
            "%zz=foo",
            "foo=%ff",
            "foo=%c3%28",
            "limit=%ff",
            "%ff=1",
            "match[type]=%c0%af",
            "foo=%ed%a0%80",
        ] {
            let answer = site.get(&format!("{}?{query}", endpoint.target)).send();
            assert_eq!(answer.status, 400, "{}?{query}: {answer}", endpoint.target);
        }
    }
}

/// AMB-13, AMB-34: endpoints without parameters ignore them all.
fn elsewhere_there_are_no_parameters(site: &Site) {
    let collection = site.collection();
    let query = "limit=0&limit=0&added_after=never&next=x&match[id]=,&match[version]=x";
    for endpoint in endpoints::all(&collection) {
        if endpoint.page || endpoint.method == "DELETE" {
            continue;
        }
        let mut odd = endpoint.clone();
        odd.target = format!("{}?{query}", endpoint.target);
        let answer = odd.request(site).send();
        assert_eq!(answer.status, endpoint.success, "{}: {answer}", endpoint.name);
    }
}

/// AMB-14: an ampersand or a semicolon inside a value, a question mark in it, an encoded name.
fn separators_inside_values(site: &Site) {
    let collection = site.collection();
    collection.add(&[indicator(), malware()]);
    for (query, count) in [
        ("match[type]=indicator%26limit=0", 0),
        ("match[type]=indicator;limit=0", 0),
        ("match[type]=indicator?limit=0", 0),
        ("match[type]=indicator&limit=1", 1),
        ("&match[type]=indicator&", 1),
        ("foo=match[type]=malware&match[type]=indicator", 1),
        ("m%61tch%5Btype%5D=indicator", 1),
    ] {
        assert_eq!(collection.ids(query).len(), count, "{query}");
    }
}

taxii_tests::on_every_site!(
    malformed_where_known_ignored_where_not,
    what_is_unknown_is_ignored,
    impossible_ids_and_types_match_nothing,
    what_cannot_be_decoded_is_refused,
    elsewhere_there_are_no_parameters,
    separators_inside_values,
);
