//! What is large or deep is read in a time that grows with its length, or refused (PG-20).

use std::time::{Duration, Instant};

use stix_model::pattern::{Limits, ObjectPath, ObservationExpression, Options, Pattern};

const LARGE: usize = 1 << 19;

/// Many times what it takes in a debug build; what grows with the square of the length takes far longer.
const LONG: Duration = Duration::from_secs(30);

fn timed<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = run();
    let took = start.elapsed();
    assert!(took < LONG, "{took:?}: {what}");
    result
}

fn repeated(before: &str, part: &str, behind: &str) -> String {
    format!("{before}{}{behind}", part.repeat(LARGE / part.len()))
}

/// PG-20, PG-21: one text over and over, which is no pattern.
#[test]
fn large_texts_that_are_no_pattern_are_refused_in_time() {
    let parts = [
        "(",
        "[",
        "'",
        ")",
        "]",
        "/",
        "/*",
        "//",
        "//\n",
        "\"",
        "“",
        "”",
        "„",
        "‘",
        "’",
        "`",
        "\\",
        "\\'",
        "a",
        "a ",
        "a:",
        "a:b",
        ":",
        ".",
        ",",
        "*",
        "-",
        "+",
        "1",
        "0",
        "1.",
        ".1",
        "1 ",
        "é",
        " ",
        "\u{2028}",
        "\n",
        "\0",
        "t'",
        "h'",
        "b'",
        "'a'",
        "[a:b=",
        "[a:b[",
        "[(a:b=1 ",
        "[a:b=1",
        "[a:b IN (",
        "[a:b IN (1,",
        "EXISTS ",
        "NOT ",
        "WITHIN ",
        "[a:b=1] WITHIN ",
        " WITHIN 1 SECONDS",
        "AND ",
        "OR(",
        "[a:b=1]AND",
        "[a:b=1]AND(",
        "[a:b=1]FOLLOWEDBY ",
        "a AND ",
        "([a:b=1] WITHIN 1 SECONDS",
        "[a:b=1]",
        "?",
        "“a",
        "\"a ",
        "[a:b='“' “",
    ];
    for part in parts {
        for before in ["", "[a:b = "] {
            let text = repeated(before, part, "");
            let invalid = timed(&format!("{before}{part}…"), || Pattern::parse(&text));
            let Err(invalid) = invalid else { continue };
            assert!((1..=20).contains(&invalid.problems.len()), "{before}{part}…");
            assert!(invalid.to_string().len() < 20_000, "{before}{part}…");
            timed("excerpts", || invalid.problems.iter().for_each(|problem| drop(problem.excerpt(&text))));
        }
    }
}

/// PG-20: one part over and over, in a pattern.
#[test]
fn large_patterns_are_read_in_time() {
    let patterns = [
        repeated("[a:b = 1", " AND a:b = 1", "]"),
        repeated("[a:b = 1", " OR c:d = 1", "]"),
        repeated("[a:b = 1]", " AND [a:b = 1]", ""),
        repeated("[a:b = 1]", " OR [a:b = 1]", ""),
        repeated("[a:b = 1]", " FOLLOWEDBY [a:b = 1]", ""),
        repeated("[a:b = 1]", " FOLLOWEDBY ([a:b = 1] REPEATS 2 TIMES)", ""),
        repeated("[a:b = 1]", " AND ([a:b = 1] OR [a:b = 1] REPEATS 2 TIMES)", ""),
        repeated("[a:b IN (1", ", 1", ")]"),
        repeated("[a:b", ".c", " = 1]"),
        repeated("[a:b", "[*]", " = 1]"),
        repeated("[a:b = '", "x", "']"),
        repeated("[a:b = '", "\\'", "']"),
        repeated("[a:b = h'", "00", "']"),
        repeated("[a:b = b'", "AAAA", "']"),
        repeated("[a:b = b'", "A\nAAA", "']"),
        repeated("[a:b = t'2026-01-01T00:00:00.", "0", "Z']"),
        repeated("[a:b = 0.", "1", "]"),
        repeated("[", "a", ":b = 1]"),
        repeated("[a:", "b", " = 1]"),
        repeated("[a:b = 1]", " ", ""),
        repeated("[a:b = 1]", "\u{2028}", ""),
        repeated("[a:b = 1]", "/**/", ""),
        repeated("[a:b = 1]", "//\n", ""),
        repeated("[a:b = 1] /*", "*", "*/"),
    ];
    for text in patterns {
        let what: String = text.chars().take(60).collect();
        let pattern = timed(&what, || Pattern::parse(&text)).unwrap_or_else(|invalid| panic!("{what}: {invalid}"));
        let printed = timed(&format!("print {what}"), || pattern.to_string());
        let count = timed(&format!("visit {what}"), || pattern.comparisons().count() + pattern.qualifiers().count());
        assert!(printed.len() > 8 && count > 0);
    }
}

/// PG-16, PG-20: many object types are compared in a time that grows with their number.
#[test]
fn many_object_types_are_compared_in_time() {
    let types = |prefix: &str| {
        let one = |i| format!("{prefix}{i}:b=1");
        (0..40_000).map(one).collect::<Vec<_>>().join(" OR ")
    };
    let same = format!("[({}) AND ({})]", types("a"), types("a"));
    assert!(timed("the same types", || Pattern::parse(&same)).is_ok());
    let other = format!("[({}) AND ({})]", types("a"), types("b"));
    let invalid = timed("other types", || Pattern::parse(&other)).unwrap_err();
    assert_eq!(invalid.problems[0].rule, "PG-16");
}

/// PG-23: patterns of many parts are built in a time that grows with their number.
#[test]
fn large_patterns_are_built_in_time() {
    let comparison = || ObjectPath::new("a", "b").equals(1);
    let join = [ObservationExpression::and, ObservationExpression::or, ObservationExpression::followed_by];
    for join in join {
        let built = timed("observations", || {
            (1..50_000).fold(comparison().observed(), |all, _| join(all, comparison().observed()))
        });
        assert_eq!(built.comparisons().count(), 50_000);
    }
    let built = timed("comparisons", || {
        (1..50_000).fold(comparison().into(), |all: stix_model::pattern::ComparisonExpression, _| all.and(comparison()))
    });
    assert_eq!(timed("new", || Pattern::new(&built.observed())).unwrap().comparisons().count(), 50_000);
}

/// PG-20: the limits, at them and beyond.
#[test]
fn limits_are_errors() {
    let nested = |depth: usize| format!("{}[a:b = 1]{}", "(".repeat(depth), ")".repeat(depth));
    let inside = |depth: usize| format!("[{}a:b = 1{}]", "(".repeat(depth), ")".repeat(depth));
    let mixed = |outer: usize, inner: usize| nested(outer).replace("a:b = 1", inside(inner).trim_matches(['[', ']']));
    for text in [nested(64), inside(64), mixed(32, 32)] {
        assert!(Pattern::parse(&text).is_ok(), "{text}");
    }
    for text in [nested(65), inside(65), mixed(32, 33), nested(100_000), inside(100_000)] {
        let problems = Pattern::parse(&text).unwrap_err().problems;
        let rules: Vec<_> = problems.iter().map(|problem| problem.rule).collect();
        assert_eq!(rules, ["PG-20"], "one problem: {problems:?}");
    }
    let options = Options { limits: Limits { depth: 2, length: 24, repeats: 3 }, ..Options::default() };
    let is_read = |text: &str| Pattern::parse_with(text, &options).is_ok();
    assert!(is_read("(([a:b = 1]))") && !is_read("((([a:b = 1])))"));
    assert!(is_read("[a:b = '12345678901234']") && !is_read("[a:b = '123456789012345']"));
    assert!(is_read("[a:b = 1] REPEATS 3TIMES") && !is_read("[a:b = 1] REPEATS 4TIMES"));
    let longest = format!("[a:b = '{}']", "x".repeat((2 << 20) - 10));
    assert_eq!(longest.len(), 2 << 20);
    assert!(timed("the longest", || Pattern::parse(&longest)).is_ok());
    let problems = Pattern::parse(&format!("{longest} ")).unwrap_err().problems;
    assert_eq!(problems[0].rule, "PG-20");
}
