//! Patterns of all shapes, whole and damaged: what is read, printed, and said about them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod cost;
mod damage;
mod strategies;
mod words;

use proptest::prelude::*;
use stix_model::pattern::{Comparison, Literal, ObjectPath, Pattern, Span, Test};
use strategies::{expression, gaps};

fn read(text: &str) -> Pattern {
    Pattern::parse(text).unwrap_or_else(|invalid| panic!("{text}\n{invalid}"))
}

fn comparison(text: &str) -> Comparison {
    read(&format!("[{text}]")).comparisons().next().unwrap().clone()
}

/// Where the parentheses of a text are, without those around sets.
fn parentheses(text: &str) -> Vec<(usize, usize)> {
    let (mut pairs, mut open, mut quoted) = (Vec::new(), Vec::new(), false);
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' if quoted => drop(bytes.next()),
            b'\'' => quoted = !quoted,
            b'(' if !quoted => open.push(at),
            b')' if !quoted => pairs.push((open.pop().unwrap(), at)),
            _ => {}
        }
    }
    pairs.retain(|(start, _)| !text[..*start].ends_with("IN "));
    pairs
}

fn without(text: &str, (start, end): (usize, usize)) -> String {
    format!("{}{}{}", &text[..start], &text[start + 1..end], &text[end + 1..])
}

/// Each constant of a comparison with its place.
fn constants(test: &Test) -> Vec<(Literal, Span)> {
    match test {
        Test::Exists => Vec::new(),
        Test::Equal(constant)
        | Test::NotEqual(constant)
        | Test::Less(constant)
        | Test::LessOrEqual(constant)
        | Test::Greater(constant)
        | Test::GreaterOrEqual(constant) => vec![(constant.value.clone(), constant.span)],
        Test::In(constants) => constants.iter().map(|constant| (constant.value.clone(), constant.span)).collect(),
        Test::Like(text) | Test::Matches(text) | Test::IsSubset(text) | Test::IsSuperset(text) => {
            vec![(Literal::String(text.value.clone()), text.span)]
        }
    }
}

/// What has a place in the text stands there.
fn check_places(pattern: &Pattern) {
    let text = pattern.text();
    let at = |span: Span| &text[span.range()];
    for found in pattern.comparisons() {
        let path = &found.path;
        assert_eq!(comparison(at(found.span)), *found, "{text}");
        assert_eq!(at(path.span()).parse::<ObjectPath>().as_ref(), Ok(path), "{text}");
        assert_eq!(at(path.object_type().span), path.object_type().as_str(), "{text}");
        for (constant, span) in constants(&found.test) {
            let alone = comparison(&format!("a:b = {}", at(span)));
            assert_eq!(constants(&alone.test)[0].0, constant, "{text}");
        }
    }
    for qualifier in pattern.qualifiers() {
        let alone = read(&format!("[a:b = 1] {}", at(qualifier.span)));
        assert_eq!(alone.qualifiers().next(), Some(qualifier), "{text}");
    }
    for part in pattern.expression().parts() {
        assert_eq!(read(at(part.span())).expression(), part, "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    /// PG-19, PG-23: what was built is read from its text as it was built, and printed again in the same way.
    #[test]
    fn printed_patterns_are_read_as_they_were_built(built in expression()) {
        let pattern = Pattern::new(&built).unwrap_or_else(|invalid| panic!("{built}\n{invalid}"));
        prop_assert_eq!(pattern.expression(), &built);
        prop_assert_eq!(pattern.to_string(), pattern.text());
        check_places(&pattern);
    }

    /// PG-01, PG-19: each parenthesis that is printed is needed.
    #[test]
    fn no_parenthesis_is_printed_in_vain(built in expression()) {
        let text = built.to_string();
        let pattern = read(&text);
        for pair in parentheses(&text) {
            let bare = without(&text, pair);
            let says_the_same = Pattern::parse(&bare).is_ok_and(|bare| bare == pattern);
            prop_assert!(!says_the_same, "{} says the same as {}", bare, text);
        }
    }

    /// PG-14, PG-19: blanks and comments between the words, or nothing, are the same pattern, and every place is right.
    #[test]
    fn what_stands_between_words_means_nothing(built in expression(), gaps in gaps()) {
        let text = words::joined(&built.to_string(), &gaps);
        let pattern = read(&text);
        prop_assert_eq!(pattern.expression(), &built);
        check_places(&pattern);
    }
}

/// PG-23: an object type that is no name makes no other pattern of what was built.
#[test]
fn no_object_type_is_read_as_more_than_a_name() {
    for name in
        ["file:a = 1] OR [file", "file:a = 1 OR file", " file", "file ", "file/**/", "/*", "", "fi:le", "AND", "é"]
    {
        let built = ObjectPath::new(name, "size").equals(1).observed();
        let invalid = Pattern::new(&built).unwrap_err();
        assert!(!invalid.problems.is_empty(), "{name}");
    }
}

/// PG-05, PG-10, PG-13, PG-20: what no text can say is refused.
#[test]
fn what_cannot_be_written_is_refused() {
    let path = || ObjectPath::new("a", "b");
    let observed = || path().equals(1).observed();
    let refused = [
        path().equals(f64::NAN).observed(),
        path().equals(f64::INFINITY).observed(),
        path().is_less_than(true).observed(),
        path().equals(Literal::Binary(Vec::new())).observed(),
        path().is_in([Literal::Integer(1), Literal::from("x")]).observed(),
        path().equals(1).and(ObjectPath::new("c", "d").equals(1)).observed(),
        observed().repeats(0),
        observed().repeats(1_000_000_000),
        observed().within(0.0),
        observed().within(-1.0),
        observed().within(f64::NAN),
        observed().within(f64::INFINITY),
    ];
    for built in refused {
        assert!(Pattern::new(&built).is_err(), "{built}");
    }
}
