#![no_main]
//! Matching always ends, says the same in every way of asking, and alone the same as in a set.
//!
//! The first line is the pattern, what follows is the objects.

use libfuzzer_sys::fuzz_target;
use stix_model::json::Json;
use stix_model::pattern::matcher::{MatchOptions, Matcher, Observation, PatternSet};
use stix_model::pattern::{Options, Pattern};

fuzz_target!(|text: &str| {
    let Some((pattern, objects)) = text.split_once('\n') else { return };
    let Ok(pattern) = Pattern::parse_with(pattern, &Options { mixed_types: true, ..Options::default() }) else { return };
    let options = MatchOptions { steps: 20_000, backtracks: 2000, regex_size: 1 << 16, ..MatchOptions::default() };
    let Ok(matcher) = Matcher::new(&pattern, &options) else { return };
    let Ok(json) = Json::parse(objects) else { return };
    let objects = || json.as_list().unwrap_or_default().iter().filter_map(Json::as_object);
    let mut observations = Observation::in_bundle(objects());
    observations.push(Observation::of_objects(objects()));
    observations.extend(objects().map(|object| Observation::of_objects([object])));
    let matches = matcher.matches(&observations);
    let first = matcher.first(&observations);
    if let (Ok(matches), Ok(first)) = (&matches, &first) {
        assert_eq!(*matches, first.is_some());
    }
    if let (Ok(first), Ok(all)) = (&first, matcher.all(&observations, 20)) {
        assert_eq!(first.is_some(), !all.is_empty());
    }
    let set = PatternSet::new([&pattern], &options);
    let scan = set.scan(&observations);
    if let (Ok(first), true) = (first, scan.undecided.is_empty()) {
        assert_eq!(first.is_some(), !scan.found.is_empty());
    }
});
