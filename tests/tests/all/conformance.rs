//! That nothing was forgotten: every requirement has a test, and every test that is named exists.

use std::collections::BTreeSet;

use taxii_tests::requirements::{self, Defence, Requirement};

/// How many requirements the list has; a row that goes missing is noticed.
const REQUIREMENTS: usize = 222;

/// The decisions AMB-01 to AMB-38.
const DECISIONS: usize = 38;

/// Decisions that no test over the wire can defend here.
const ELSEWHERE: [(&str, &str); 1] =
    [("AMB-37", "absolute roots need a public URL, which is configured and tested in the server")];

fn named(requirements: &[Requirement], wanted: impl Fn(&Requirement) -> bool) -> Vec<&str> {
    requirements.iter().filter(|row| wanted(row)).map(|row| row.id.as_str()).collect()
}

/// The list is whole: every id once, and within a section one number after the other.
#[test]
fn the_list_is_whole() {
    let all = requirements::all();
    assert_eq!(all.len(), REQUIREMENTS);
    let ids: BTreeSet<_> = all.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids.len(), all.len(), "an id is there twice");
    let mut expected = (String::new(), 0);
    for row in &all {
        let (section, number) = row.id.rsplit_once('-').expect("TX-SECTION-NUMBER");
        if expected.0 != section {
            expected = (section.to_owned(), 0);
        }
        expected.1 += 1;
        assert_eq!(number.parse(), Ok(expected.1), "{}", row.id);
    }
}

/// What obliges the server has a test over the wire, or one in the server's crate and a reason.
#[test]
fn every_duty_of_the_server_has_a_test() {
    let all = requirements::all();
    let bare = named(&all, |row| {
        let defended = match row.defence {
            Defence::Wire => !row.tests.is_empty(),
            Defence::Server | Defence::None => row.note != "-",
            Defence::Client => false,
        };
        row.binds_server() && !defended
    });
    assert!(bare.is_empty(), "no test: {bare:?}");
}

/// What is merely recommended has a test, too, or a reason why not.
#[test]
fn every_row_has_a_test_or_a_reason() {
    let all = requirements::all();
    let bare = named(&all, |row| match row.defence {
        Defence::Wire => row.tests.is_empty(),
        Defence::Client => row.client.is_none(),
        Defence::Server | Defence::None => row.note == "-",
    });
    assert!(bare.is_empty(), "neither test nor reason: {bare:?}");
}

/// What obliges the client has tests in its crate, and they exist.
#[test]
fn every_duty_of_the_client_is_followed() {
    let all = requirements::all();
    let lost = named(&all, |row| row.binds_client() && row.client.is_none() && row.defence != Defence::None);
    assert!(lost.is_empty(), "nothing said about the client: {lost:?}");
    let existing = requirements::client_tests();
    for row in &all {
        for name in row.client.iter().flatten() {
            assert!(existing.contains(name), "{}: the client has no test {name}", row.id);
        }
    }
}

/// A name that no test has any more defends nothing.
#[test]
fn every_named_test_exists() {
    let existing = requirements::tests();
    let all = requirements::all();
    let lost: Vec<_> = all
        .iter()
        .flat_map(|row| row.tests.iter().map(move |test| (row.id.as_str(), test)))
        .filter(|(_, test)| !existing.contains(test))
        .collect();
    assert!(lost.is_empty(), "no such tests: {lost:?}");
    let distinct: BTreeSet<_> = existing.iter().collect();
    assert_eq!(distinct.len(), existing.len(), "two tests of one name");
}

/// Every decision is named by some test, or has a reason.
#[test]
fn every_decision_has_a_test() {
    let sources = requirements::sources_but(&["conformance.rs"]);
    let bare: Vec<String> = (1..=DECISIONS)
        .map(|number| format!("AMB-{number:02}"))
        .filter(|id| !sources.contains(id.as_str()))
        .filter(|id| !ELSEWHERE.iter().any(|(elsewhere, _)| elsewhere == id))
        .collect();
    assert!(bare.is_empty(), "no test names {bare:?}");
}

/// Every test says what it defends: a requirement, a decision, a promise, a case, or where it was recorded.
#[test]
fn every_test_says_what_it_defends() {
    let silent: Vec<_> = requirements::tests_with_words()
        .into_iter()
        .filter(|(_, words)| !words.starts_with("///"))
        .map(|(name, _)| name)
        .collect();
    assert!(silent.is_empty(), "no word about {silent:?}");
}
