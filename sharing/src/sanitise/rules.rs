use std::collections::BTreeMap;

use regex::Regex;
use stix_model::json::{Json, Members};
use stix_model::property::Vocabulary;

use super::build::is_word;
use super::profile::{InvalidProfile, Profile};
use super::scan::Scanner;

/// A profile, ready for use.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    pub(super) profile: Profile,
    pub(super) scanner: Scanner,
    sources: BTreeMap<String, Regex>,
}

impl Rules {
    pub(super) fn new(profile: Profile) -> Result<Self, InvalidProfile> {
        let problem =
            |place: &str, error: &dyn std::fmt::Display| InvalidProfile::Findings(vec![format!("{place}: {error}")]);
        let scanner = Scanner::new(&profile.scan).map_err(|error| problem("scan", &error))?;
        let mut sources = BTreeMap::new();
        for (source, regex) in &profile.sources {
            let whole = Regex::new(&format!("^(?:{regex})$")).map_err(|error| problem("sources", &error))?;
            sources.insert(source.clone(), whole);
        }
        Ok(Self { profile, scanner, sources })
    }

    /// May a value of a vocabulary leave?
    pub(super) fn word(&self, words: &Vocabulary, text: &str) -> bool {
        is_word(words, &self.profile.words, text)
    }

    /// Is it an entry of a source that may be told?
    pub(super) fn is_source(&self, reference: &Members<'_>) -> bool {
        let text = |name: &str| reference.get(name).and_then(Json::as_str);
        let entry = text("source_name").and_then(|source| self.sources.get(source)).zip(text("external_id"));
        entry.is_some_and(|(regex, id)| regex.is_match(id))
    }

    /// May a relationship of this type lead to an object of this type?
    pub(super) fn relates(&self, relationship_type: &str, target_type: &str) -> bool {
        let allowed = &self.profile.relationship_types;
        allowed.iter().any(|allowed| match allowed.split_once(':') {
            Some((name, target)) => name == relationship_type && target == target_type,
            None => allowed == relationship_type,
        })
    }
}
