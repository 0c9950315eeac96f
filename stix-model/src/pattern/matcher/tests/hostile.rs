//! What is made to take forever does not: each of these tests ends (PM-12, PG-20).

use super::*;

/// PC-09, PM-12: a regular expression that goes back without end is stopped.
#[test]
fn regular_expressions_end() {
    let value = format!(r#"{{"type":"x","s":"{}b"}}"#, "a".repeat(60));
    let object = members(&value);
    for (regex, expected) in [
        (r"^(a|aa)+\\1$", Err(MatchError::Limit)),
        (r"^(a+)+$", Ok(false)),
        (r"^(?=(a+)+$)", Ok(false)),
        (r"(a*)*(a*)*(a*)*c", Ok(false)),
    ] {
        let result = matcher(&format!("[x:s MATCHES '{regex}']")).matches_objects([&object]);
        assert_eq!(result, expected, "{regex}");
    }
    // What is decided otherwise is not in doubt.
    let evil = r"x:s MATCHES '^(a|aa)+\\1$'";
    assert_eq!(matcher(&format!("[{evil} OR x:s LIKE 'a%']")).matches_objects([&object]), Ok(true));
    assert_eq!(matcher(&format!("[{evil} AND x:s LIKE 'b%']")).matches_objects([&object]), Ok(false));
    for regex in ["(a{1000}){1000}", "((a{100}){100}){100}", r"((\\w\\1{100}){100}){100}", "(?:a?){5000}a{5000}"] {
        let pattern = Pattern::parse(&format!("[x:s MATCHES '{regex}']")).unwrap();
        let _ = Matcher::new(&pattern, &MatchOptions::default()).map(|matcher| matcher.matches_objects([&object]));
    }
}

/// PM-12: wildcards that fit in many ways are tried in one.
#[test]
fn wildcards_end() {
    let object = members(&format!(r#"{{"type":"x","s":"{}"}}"#, "a".repeat(100_000)));
    let result = |wildcard: String| matcher(&format!("[x:s LIKE '{wildcard}']")).matches_objects([&object]);
    assert_eq!(result("%a".repeat(1000) + "b%"), Ok(false));
    assert_eq!(result("%_a_".repeat(1000) + "%"), Ok(true));
    assert_ne!(result(format!("%{}b%", "a_".repeat(5_000))), Ok(true));
}

/// PG-20, PM-12: wide and deep patterns, over many observations.
#[test]
fn searches_end() {
    let object = members(r#"{"type":"x","s":"a"}"#);
    let leaf = "[x:s = 'a']";
    let observations: Vec<_> = (0..300)
        .map(|i| {
            let time = format!("2026-01-01T00:{:02}:{:02}Z", i / 60, i % 60).parse().unwrap();
            Observation::of_objects([&object]).seen(&time, &time, 1)
        })
        .collect();
    let joined = |by: &str, times| vec![leaf; times].join(by);
    let nested = |times: usize| {
        (0..times).fold(leaf.to_owned(), |inside, _| format!("({inside} FOLLOWEDBY {leaf}) WITHIN 9 SECONDS"))
    };
    for text in [
        joined(" OR ", 20_000),
        joined(" AND ", 20_000),
        joined(" FOLLOWEDBY ", 5000),
        joined(" FOLLOWEDBY ", 100),
        format!("({}) WITHIN 1 SECONDS", joined(" AND ", 100)),
        format!("({}) REPEATS 999999999 TIMES", joined(" FOLLOWEDBY ", 3)),
        format!("({}) REPEATS 100 TIMES", joined(" FOLLOWEDBY ", 3)),
        format!("(({}) WITHIN 3 SECONDS) REPEATS 100 TIMES", joined(" FOLLOWEDBY ", 3)),
        format!("(({leaf} AND {leaf} OR {leaf}) REPEATS 100 TIMES) WITHIN 50 SECONDS"),
        format!("({leaf} AND {leaf} OR {leaf} AND {leaf}) REPEATS 999999999 TIMES"),
        nested(30),
        format!("({}) REPEATS 7 TIMES", nested(5)),
    ] {
        let pattern = Pattern::parse(&text).unwrap();
        let options = MatchOptions { steps: 300_000, ..MatchOptions::default() };
        let matcher = Matcher::new(&pattern, &options).unwrap();
        let result = matcher.matches(&observations);
        assert!(matches!(result, Ok(_) | Err(MatchError::Limit)));
        let _ = matcher.all(&observations, 10);
    }
}

/// PG-20: as deep as a search goes, the stack is deep enough for it.
#[test]
fn the_stack_suffices() {
    let object = members(r#"{"type":"x","s":"a"}"#);
    let leaf = "[x:s = 'a']";
    let observations: Vec<_> = (0..290)
        .map(|i: u32| {
            let time = format!("2026-01-01T{:02}:{:02}:00Z", i / 2 / 60, i / 2 % 60).parse().unwrap();
            Observation::of_objects([&object]).seen(&time, &time, 1)
        })
        .collect();
    let options = MatchOptions { steps: 20_000_000, ..MatchOptions::default() };
    let both = format!("({leaf} AND {leaf}) WITHIN 1 SECONDS");
    for (text, expected) in [
        (format!("({both}) REPEATS 40 TIMES"), Ok(true)),
        (format!("({both}) REPEATS 140 TIMES"), Err(MatchError::Limit)),
        (format!("({both}) REPEATS 146 TIMES"), Ok(false)),
        (vec![leaf; 180].join(" AND "), Ok(true)),
        (format!("{leaf} REPEATS 190 TIMES"), Ok(true)),
        (vec![format!("({leaf} OR {leaf} AND {leaf})"); 50].join(" AND "), Ok(true)),
    ] {
        let matcher = Matcher::new(&Pattern::parse(&text).unwrap(), &options).unwrap();
        assert_eq!(matcher.matches(&observations), expected, "{}", &text[..60.min(text.len())]);
        let _ = matcher.all(&observations, 2);
    }
}
