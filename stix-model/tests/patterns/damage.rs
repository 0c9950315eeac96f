//! Patterns with small damage: never a panic, always a reason with its place.

use proptest::prelude::*;
use proptest::sample::Index;
use stix_model::pattern::{Options, Pattern, Position, Version};

use crate::strategies::expression;
use crate::words::words;

/// Reads it in both versions, and checks what is said about it.
fn check(text: &str) {
    for version in [Version::V2_0, Version::V2_1] {
        match Pattern::parse_with(text, &Options { version, ..Options::default() }) {
            Ok(pattern) => {
                let again = Options { version, ..Options::default() };
                assert_eq!(Pattern::parse_with(&pattern.to_string(), &again).as_ref(), Ok(&pattern), "{text}");
            }
            Err(invalid) => {
                let problems = &invalid.problems;
                assert!((1..=20).contains(&problems.len()), "{text}\n{invalid}");
                for problem in problems {
                    assert!(text.get(problem.span.range()).is_some(), "{:?} in {text:?}", problem.span);
                    assert_eq!(problem.position, Position::of(text, problem.span.start));
                    assert!(!problem.message().is_empty() && !problem.rule.is_empty());
                    assert!(problem.excerpt(text).contains('^'), "{text}");
                    assert!(problem.to_string().len() < 1000, "{problem}");
                }
                let starts: Vec<_> = problems.iter().map(|problem| problem.span.start).collect();
                assert!(starts.is_sorted_by(|a, b| a < b), "{text}\n{invalid}");
            }
        }
    }
}

#[derive(Clone, Debug)]
enum Damage {
    Delete(Index),
    Duplicate(Index),
    Swap(Index, Index),
    Insert(Index, &'static str),
}

fn damage() -> impl Strategy<Value = Damage> {
    let foreign = vec![
        "(",
        ")",
        "[",
        "]",
        "'",
        "\\",
        "\"",
        "“",
        "”",
        "/",
        "/*",
        "//",
        ":",
        ".",
        ",",
        "*",
        "=",
        "==",
        "<",
        "!",
        "&&",
        "|",
        "é",
        "\u{0}",
        "\u{2028}",
        "-",
        "+",
        "1",
        "0",
        "1.",
        "1e5",
        "AND",
        "OR",
        "NOT",
        "EXISTS",
        "FOLLOWEDBY",
        "WITHIN",
        "within",
        "START",
        "STOP",
        "SECONDS",
        "REPEATS",
        "TIMES",
        "IN",
        "LIKE",
        "true",
        "True",
        "a",
        "a:b",
        "a-b",
        "t'",
        "h'",
        "b'",
        "t'2026-01-01T00:00:00Z'",
        "'x'",
        "[a:b = 1]",
        "(a:b = 1)",
        "[",
        "]]",
        "?",
        "2026-01-01T00:00:00Z",
        "198.51.100.1",
    ];
    prop_oneof![
        any::<Index>().prop_map(Damage::Delete),
        any::<Index>().prop_map(Damage::Duplicate),
        any::<(Index, Index)>().prop_map(|(from, to)| Damage::Swap(from, to)),
        (any::<Index>(), proptest::sample::select(foreign)).prop_map(|(at, text)| Damage::Insert(at, text)),
    ]
}

/// Damages a sequence of words or characters.
fn damaged(mut parts: Vec<String>, damages: &[Damage]) -> Vec<String> {
    for damage in damages {
        if parts.is_empty() {
            break;
        }
        let count = parts.len();
        match damage {
            Damage::Delete(at) => drop(parts.remove(at.index(count))),
            Damage::Duplicate(at) => parts.insert(at.index(count), parts[at.index(count)].clone()),
            Damage::Swap(from, to) => parts.swap(from.index(count), to.index(count)),
            Damage::Insert(at, text) => parts.insert(at.index(count + 1), (*text).to_owned()),
        }
    }
    parts
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    /// PG-21: damaged words.
    #[test]
    fn damaged_words_are_told(built in expression(), damages in proptest::collection::vec(damage(), 1..4)) {
        let text = built.to_string();
        check(&damaged(words(&text).into_iter().map(str::to_owned).collect(), &damages).join(" "));
    }

    /// PG-21: damaged characters.
    #[test]
    fn damaged_characters_are_told(built in expression(), damages in proptest::collection::vec(damage(), 1..4)) {
        let text = built.to_string();
        check(&damaged(text.chars().map(String::from).collect(), &damages).concat());
    }

    /// PG-21: no pattern at all.
    #[test]
    fn any_text_is_told(inserted in proptest::collection::vec(damage(), 0..60), text in "\\PC{0,20}") {
        let soup: Vec<_> = inserted.iter().filter_map(|it| if let Damage::Insert(_, text) = it { Some(*text) } else { None }).collect();
        check(&soup.concat());
        check(&soup.join(" "));
        check(&text);
    }
}

/// PG-21: each beginning of a pattern is no panic, and its problem is at its end or before.
#[test]
fn each_beginning_is_told() {
    let text = "([a:b.'c d'[*] NOT = 'é\\'' AND a:e IN (1, -.5)] START t'2026-01-01T00:00:00Z' STOP t'2027-01-01T00:00:00Z' /* “ */ \
        FOLLOWEDBY [EXISTS a:'é' OR x:b = h'00' OR x:c = b'AA=='] REPEATS 2 TIMES) WITHIN .5 SECONDS // end";
    Pattern::parse(text).unwrap();
    text.char_indices().for_each(|(end, _)| check(&text[..end]));
    text.char_indices().for_each(|(start, _)| check(&text[start..]));
}

/// At most 20 problems, whatever is wrong.
#[test]
fn there_are_at_most_twenty_problems() {
    check(&["[a:b = ?]"; 100].join(" AND "));
    check(&format!("[{}", ["a:b = ?"; 100].join(" AND ")));
    check(&format!("({}", ["[a:b = ?]"; 100].join(" AND ")));
    check(&format!("[{}", ["(a:b = ?"; 60].join(" AND ")));
}
