//! Observations and their joining (PM-01 to PM-14).

use super::*;

/// Names of files, from when to when in seconds, how often.
type Seen<'a> = (&'a str, f64, f64, u64);

/// Files of these names, at these times in seconds, so often.
fn files(seen: &[Seen<'_>]) -> Vec<Members<'static>> {
    let file = |names: &str| {
        let objects = names
            .split('+')
            .map(|name| (name.to_owned(), members(&format!(r#"{{"type":"file","name":"{name}"}}"#)).into()));
        objects.collect::<Members<'static>>()
    };
    let time = |seconds: f64| format!("2026-01-01T00:{:02}:{:09.6}Z", (seconds / 60.0) as u32, seconds % 60.0);
    let observed = |(names, first, last, number): &Seen<'_>| {
        let mut observed = members(&format!(
            r#"{{"type":"observed-data","first_observed":"{}","last_observed":"{}","number_observed":{number}}}"#,
            time(*first),
            time(*last)
        ));
        observed.insert("objects", file(names).into());
        observed
    };
    seen.iter().map(observed).collect()
}

/// `{a}` stands for `[file:name = 'a']`.
fn pattern(text: &str) -> Pattern {
    let text = text.replace('{', "[file:name = '").replace('}', "']");
    Pattern::parse(&text).unwrap_or_else(|invalid| panic!("{text}\n{invalid}"))
}

fn first(text: &str, seen: &[Seen<'_>]) -> Option<Vec<(usize, u64)>> {
    let files = files(seen);
    let observations = Observation::in_bundle(&files);
    let matcher = Matcher::new(&pattern(text), &MatchOptions::default()).unwrap();
    let binding = matcher.first(&observations).unwrap();
    assert_eq!(matcher.matches(&observations).unwrap(), binding.is_some(), "{text}");
    binding.map(|binding| binding.instances().to_vec())
}

fn rows(rows: &[(&str, &[Seen<'_>], bool)]) {
    for (text, seen, expected) in rows {
        assert_eq!(first(text, seen).is_some(), *expected, "{text} of {seen:?}");
    }
}

/// PM-01, PM-02, TR-12: comparisons joined by `AND` are of one observable, those joined by `OR` of any.
#[test]
fn comparisons_are_of_one_observable() {
    let traffic = |id: u8, from: u8, to: u8| {
        format!(
            r#"{{"type":"network-traffic","id":"network-traffic--{id}","src_ref":"ipv4-addr--{from}","dst_ref":"ipv4-addr--{to}"}}"#
        )
    };
    let addresses = [1, 2, 3].map(|i| format!(r#"{{"type":"ipv4-addr","id":"ipv4-addr--{i}","value":"10.0.0.{i}"}}"#));
    let [one, two, three] = &addresses;
    let text = "[network-traffic:src_ref.value = '10.0.0.1' AND network-traffic:dst_ref.value = '10.0.0.2']";
    let options = MatchOptions::default();
    assert!(is_true(text, &[one, two, three, &traffic(0, 1, 2)], &options));
    assert!(!is_true(text, &[one, two, three, &traffic(0, 1, 3), &traffic(1, 3, 2)], &options));
    assert!(is_true("[file:name = 'x' OR ipv4-addr:value = '10.0.0.1']", &[one], &options));
    assert!(is_true(&text.replace("AND", "OR"), &[one, two, three, &traffic(1, 3, 2)], &options));
}

/// PM-03, PM-04: `AND` and `FOLLOWEDBY` are of different observations.
#[test]
fn observations_are_different_ones() {
    rows(&[
        ("{a} AND {b}", &[("a+b", 0.0, 0.0, 1)], false),
        ("{a} AND {b}", &[("a+b", 0.0, 0.0, 1), ("b", 9.0, 9.0, 1)], true),
        ("{a} AND {b} AND {c}", &[("a+b", 0.0, 0.0, 1), ("b+c", 0.0, 0.0, 1), ("a", 0.0, 0.0, 1)], true),
        ("{a} AND {b} AND {c}", &[("a+b+c", 0.0, 0.0, 1), ("a+b+c", 0.0, 0.0, 1)], false),
        ("{a} AND {b} AND {c}", &[("a+b+c", 0.0, 0.0, 1), ("a+b+c", 0.0, 0.0, 2)], true),
        ("{a} OR {b}", &[("b", 0.0, 0.0, 1)], true),
        ("{a} OR {b}", &[("c", 0.0, 0.0, 1)], false),
        ("{a} FOLLOWEDBY {b}", &[("a+b", 0.0, 0.0, 1)], false),
        ("{a} AND {a}", &[("a", 0.0, 0.0, 1)], false),
        ("{a} AND {b} OR {c}", &[("c", 0.0, 0.0, 1)], true),
        ("({a} OR {b}) AND ({b} OR {c})", &[("b", 0.0, 0.0, 1)], false),
        ("({a} OR {b}) AND ({b} OR {c})", &[("b", 0.0, 0.0, 1), ("c", 0.0, 0.0, 1)], true),
    ]);
}

/// PM-05: what follows may be at the same time, and an observation is anywhere in its time.
#[test]
fn what_follows_is_not_earlier() {
    rows(&[
        ("{a} FOLLOWEDBY {b}", &[("a", 1.0, 1.0, 1), ("b", 2.0, 2.0, 1)], true),
        ("{a} FOLLOWEDBY {b}", &[("a", 2.0, 2.0, 1), ("b", 1.0, 1.0, 1)], false),
        ("{a} FOLLOWEDBY {b}", &[("b", 1.0, 1.0, 1), ("a", 1.0, 1.0, 1)], true),
        ("{a} FOLLOWEDBY {b}", &[("a", 2.0, 9.0, 1), ("b", 1.0, 3.0, 1)], true),
        ("{a} FOLLOWEDBY {b} FOLLOWEDBY {c}", &[("a", 2.0, 2.0, 1), ("b", 0.0, 9.0, 1), ("c", 1.0, 1.0, 1)], false),
        ("{a} FOLLOWEDBY ({b} FOLLOWEDBY {c})", &[("a", 2.0, 2.0, 1), ("b", 0.0, 9.0, 1), ("c", 1.0, 1.0, 1)], false),
        ("({a} AND {b}) FOLLOWEDBY {c}", &[("a", 1.0, 1.0, 1), ("b", 3.0, 3.0, 1), ("c", 2.0, 2.0, 1)], false),
        ("{a} AND ({b} FOLLOWEDBY {c})", &[("a", 9.0, 9.0, 1), ("b", 1.0, 1.0, 1), ("c", 2.0, 2.0, 1)], true),
    ]);
}

/// PM-06: from the start, before the stop.
#[test]
fn start_is_in_and_stop_is_out() {
    let window = "{a} START t'2026-01-01T00:00:05Z' STOP t'2026-01-01T00:00:10Z'";
    let none = "{a} START t'2026-01-01T00:00:10Z' STOP t'2026-01-01T00:00:05Z'";
    rows(&[
        (window, &[("a", 5.0, 5.0, 1)], true),
        (window, &[("a", 9.999_999, 9.999_999, 1)], true),
        (window, &[("a", 10.0, 10.0, 1)], false),
        (window, &[("a", 4.9, 4.9, 1)], false),
        (window, &[("a", 0.0, 5.0, 1)], true),
        (window, &[("a", 0.0, 20.0, 1)], true),
        (none, &[("a", 0.0, 20.0, 1)], false),
        (
            "({a} AND {b}) START t'2026-01-01T00:00:05Z' STOP t'2026-01-01T00:00:10Z'",
            &[("a", 6.0, 6.0, 1), ("b", 11.0, 11.0, 1)],
            false,
        ),
    ]);
}

/// PM-07: within means less than; one observation is always within.
#[test]
fn within_is_less_than() {
    rows(&[
        ("({a} AND {b}) WITHIN 5 SECONDS", &[("a", 0.0, 0.0, 1), ("b", 5.0, 5.0, 1)], false),
        ("({a} AND {b}) WITHIN 5 SECONDS", &[("a", 0.0, 0.0, 1), ("b", 4.999_999, 4.999_999, 1)], true),
        ("({a} AND {b}) WITHIN 0.5 SECONDS", &[("a", 0.0, 0.0, 1), ("b", 0.25, 9.0, 1)], true),
        ("({a} AND {b}) WITHIN 5 SECONDS", &[("b", 0.0, 1.0, 1), ("a", 5.0, 5.0, 1)], true),
        ("{a} WITHIN 0.1 SECONDS", &[("a", 0.0, 30.0, 1)], true),
        (
            "{a} REPEATS 3 TIMES WITHIN 2.5 SECONDS",
            &[("a", 0.0, 0.0, 1), ("a", 1.0, 1.0, 1), ("a", 3.0, 3.0, 1)],
            false,
        ),
        ("{a} REPEATS 3 TIMES WITHIN 2.5 SECONDS", &[("a", 0.0, 0.0, 1), ("a", 2.0, 2.0, 1), ("a", 3.0, 3.0, 2)], true),
        (
            "({a} FOLLOWEDBY {b}) WITHIN 5 SECONDS",
            &[("a", 0.0, 0.0, 1), ("b", 9.0, 9.0, 1), ("a", 10.0, 10.0, 1), ("b", 20.0, 20.0, 1)],
            false,
        ),
        (
            "({a} FOLLOWEDBY {b}) WITHIN 5 SECONDS",
            &[("a", 0.0, 0.0, 1), ("b", 9.0, 9.0, 1), ("a", 7.0, 7.0, 1), ("b", 20.0, 20.0, 1)],
            true,
        ),
    ]);
}

/// PM-08, PG-03: repetitions are different instances; an observation has as many as it was seen, without counting them
/// out.
#[test]
fn repetitions_are_counted_by_number_observed() {
    rows(&[
        ("{a} REPEATS 5 TIMES", &[("a", 0.0, 0.0, 5)], true),
        ("{a} REPEATS 5 TIMES", &[("a", 0.0, 0.0, 4)], false),
        ("{a} REPEATS 5 TIMES", &[("a", 0.0, 0.0, 3), ("b", 0.0, 0.0, 9), ("a", 0.0, 0.0, 2)], true),
        ("({a} AND {b}) REPEATS 5 TIMES", &[("a", 0.0, 0.0, 5), ("b", 0.0, 0.0, 4)], false),
        ("({a} AND {b}) REPEATS 5 TIMES", &[("a+b", 0.0, 0.0, 9), ("b", 0.0, 0.0, 1)], true),
        ("({a} REPEATS 2 TIMES) REPEATS 2 TIMES", &[("a", 0.0, 0.0, 3)], false),
        ("{a} REPEATS 999999999 TIMES", &[("a", 0.0, 0.0, 999_999_998), ("a", 1.0, 1.0, 1)], true),
        (
            "({a} AND {b}) REPEATS 999999999 TIMES",
            &[("a+b", 0.0, 0.0, 999_999_999), ("a+b", 0.0, 0.0, 999_999_999)],
            true,
        ),
        (
            "({a} FOLLOWEDBY {b}) REPEATS 999999999 TIMES",
            &[("a", 0.0, 0.0, 999_999_999), ("b", 1.0, 1.0, 999_999_998), ("b", 2.0, 2.0, 1)],
            true,
        ),
        (
            "({a} FOLLOWEDBY {b}) REPEATS 999999999 TIMES",
            &[("a", 1.5, 1.5, 999_999_999), ("b", 1.0, 1.0, 999_999_998), ("b", 2.0, 2.0, 1)],
            false,
        ),
        (
            "(({a} AND {b}) WITHIN 2 SECONDS) REPEATS 1000000 TIMES",
            &[
                ("a", 0.0, 0.0, 600_000),
                ("b", 1.0, 1.0, 600_000),
                ("a", 10.0, 10.0, 400_000),
                ("b", 11.0, 11.0, 400_000),
            ],
            true,
        ),
    ]);
    assert_eq!(
        first("{a} REPEATS 5 TIMES", &[("a", 0.0, 0.0, 3), ("b", 0.0, 0.0, 9), ("a", 1.0, 1.0, 9)]),
        Some(vec![(0, 3), (2, 2)])
    );
}

/// PG-24: a pattern of version 2.0 means exactly so many times.
#[test]
fn repetitions_are_exact_in_2_0() {
    let options = crate::pattern::Options { version: Version::V2_0, ..Default::default() };
    for (text, number, expected) in [
        ("[file:name = 'a'] REPEATS 3 TIMES", 3, true),
        ("[file:name = 'a'] REPEATS 3 TIMES", 4, false),
        ("[file:name = 'a'] REPEATS 3 TIMES", 2, false),
        ("[file:name = 'a'] REPEATS 1 TIMES", 2, false),
        ("([file:name = 'a'] AND [file:name = 'a']) REPEATS 2 TIMES", 5, true),
        ("([file:name = 'a'] AND [file:name = 'a']) REPEATS 2 TIMES", 6, false),
    ] {
        let matcher = Matcher::new(&Pattern::parse_with(text, &options).unwrap(), &MatchOptions::default()).unwrap();
        let files = files(&[("a", 0.0, 0.0, number)]);
        assert_eq!(matcher.matches(&Observation::in_bundle(&files)).unwrap(), expected, "{text} {number}");
    }
}

/// PM-09, PM-12: all bindings, each once, of both sides of `OR`, up to a limit.
#[test]
fn all_bindings_are_found() {
    let files = files(&[("a", 0.0, 0.0, 2), ("a+b", 1.0, 1.0, 1), ("b", 2.0, 2.0, 1)]);
    let observations = Observation::in_bundle(&files);
    let all = |text: &str, limit| {
        let matcher = Matcher::new(&pattern(text), &MatchOptions::default()).unwrap();
        let mut all: Vec<_> =
            matcher.all(&observations, limit).unwrap().iter().map(|it| it.instances().to_vec()).collect();
        all.sort();
        all
    };
    assert_eq!(all("{a} OR {b}", 9), [[(0, 1)], [(1, 1)], [(2, 1)]]);
    assert_eq!(all("{a} AND {b}", 9), [[(0, 1), (1, 1)], [(0, 1), (2, 1)], [(1, 1), (2, 1)]]);
    assert_eq!(all("{a} REPEATS 2 TIMES", 9), [vec![(0, 1), (1, 1)], vec![(0, 2)]]);
    assert_eq!(all("{a} AND {b}", 2).len(), 2);
    assert!(all("{a} AND {c}", 9).is_empty());
    assert!(all("{a}", 0).is_empty());
}

/// PM-10, PM-12: what would take too long is told. What is known without it is not.
#[test]
fn a_limit_is_an_error() {
    let options = MatchOptions { steps: 2000, ..MatchOptions::default() };
    let files = files(&vec![("a", 0.0, 0.0, 1); 3000]);
    let observations = Observation::in_bundle(&files);
    let result = |text: &str| Matcher::new(&pattern(text), &options).unwrap().matches(&observations);
    assert_eq!(result("{b} AND {a}"), Err(MatchError::Limit));
    assert_eq!(result("{a}"), Ok(true));
    assert_eq!(result("{b}"), Err(MatchError::Limit));
}

/// PM-14: observables without an observed-data are one observation at a time that is not known.
#[test]
fn observables_alone_are_one_observation() {
    let file = [r#"{"type":"file","name":"a"}"#];
    let options = MatchOptions::default();
    assert!(is_true("[file:name = 'a']", &file, &options));
    assert!(is_true("[file:name = 'a'] START t'2026-01-01T00:00:05Z' STOP t'2026-01-01T00:00:10Z'", &file, &options));
    assert!(!is_true("[file:name = 'a'] REPEATS 2 TIMES", &file, &options));
}

/// Of several versions of an observed-data the latest counts; what does not say when it was is passed over.
#[test]
fn the_latest_version_was_observed() {
    let observed = |id: u8, version: u8, name: &str| {
        members(&format!(
            r#"{{"type":"observed-data","id":"observed-data--{id}","modified":"2026-01-0{version}T00:00:00Z","first_observed":"2026-01-01T00:00:00Z",
            "last_observed":"2026-01-01T00:00:00Z","number_observed":1,"objects":{{"0":{{"type":"file","name":"{name}"}}}}}}"#
        ))
    };
    let mut timeless = observed(3, 1, "d");
    timeless.remove("first_observed");
    let objects = [observed(1, 2, "b"), observed(1, 1, "a"), observed(1, 3, "c"), observed(2, 1, "a"), timeless];
    let observations = Observation::in_bundle(&objects);
    assert_eq!(observations.len(), 2);
    assert_eq!(matcher("[file:name = 'c']").first(&observations).unwrap().unwrap().instances(), [(0, 1)]);
    assert_eq!(matcher("[file:name = 'a']").first(&observations).unwrap().unwrap().instances(), [(1, 1)]);
    assert!(!matcher("[file:name = 'b']").matches(&observations).unwrap());
}
