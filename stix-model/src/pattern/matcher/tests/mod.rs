//! Matching, against the rules of the standard and against trying everything out.

mod exhaustive;
mod hostile;
mod observations;
mod paths;
mod set;
mod values;

use super::*;
use crate::json::{Json, Members};

fn members(text: &str) -> Members<'static> {
    match Json::parse_owned(text).unwrap() {
        Json::Object(members) => members,
        other => panic!("{other}"),
    }
}

fn matcher(pattern: &str) -> Matcher {
    matcher_with(pattern, &MatchOptions::default())
}

fn matcher_with(pattern: &str, options: &MatchOptions) -> Matcher {
    let pattern = Pattern::parse(pattern).unwrap_or_else(|invalid| panic!("{pattern}\n{invalid}"));
    Matcher::new(&pattern, options).unwrap()
}

/// Is a pattern true of observables?
fn is_true(pattern: &str, objects: &[&str], options: &MatchOptions) -> bool {
    let objects: Vec<_> = objects.iter().map(|text| members(text)).collect();
    matcher_with(pattern, options).matches_objects(&objects).unwrap()
}

/// Patterns that are true of an observable, and such that are not.
fn table(rows: &[(&str, &str, bool)]) {
    for (pattern, object, expected) in rows {
        assert_eq!(is_true(pattern, &[object], &MatchOptions::default()), *expected, "{pattern} of {object}");
    }
}
