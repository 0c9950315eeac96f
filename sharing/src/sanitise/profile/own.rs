use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Creator, Exactness, Period, Profile, Reports, Sightings};
use crate::sanitise::scan::Scan;

/// A profile that cannot be used, with everything that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProfile {
    /// No TOML, or a setting that there is not; with line and column.
    #[error("the profile cannot be read: {0}")]
    Unreadable(String),
    /// What it is based on is none of the three.
    #[error("`based_on` is {0:?}; write full, technical or anonymous")]
    Base(String),
    /// Findings, each with its place.
    #[error("the profile cannot be used:\n  {}", .0.join("\n  "))]
    Findings(Vec<String>),
}

/// What a profile of one's own says: where it differs from another.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    name: String,
    based_on: String,
    creator: Option<Creator>,
    pseudonyms: Option<Period>,
    times: Option<Exactness>,
    #[serde(default)]
    times_of: BTreeMap<String, Exactness>,
    reports: Option<Reports>,
    sightings: Option<Sightings>,
    smallest_group: Option<usize>,
    text: Option<Vec<String>>,
    pattern_types: Option<Vec<String>>,
    relationship_types: Option<Vec<String>>,
    #[serde(default)]
    keys: Vec<String>,
    #[serde(default)]
    sources: BTreeMap<String, String>,
    #[serde(default)]
    labels: Vec<String>,
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    markings: Vec<String>,
    #[serde(default)]
    release: Vec<String>,
    /// Properties that may leave besides.
    #[serde(default)]
    allow: BTreeMap<String, Vec<String>>,
    /// Properties that do not leave after all; `*` is the type as a whole.
    #[serde(default)]
    deny: BTreeMap<String, Vec<String>>,
    /// Identities and locations may leave by their type: victims too.
    #[serde(default)]
    victims: bool,
    #[serde(default)]
    scan: Scan,
}

impl Profile {
    /// Reads a profile of one's own, in TOML: one of the three, and where it differs.
    ///
    /// ```
    /// use sharing::sanitise::Profile;
    ///
    /// let profile = Profile::read(r#"
    ///     name = "with actors"
    ///     based_on = "technical"
    ///     allow.intrusion-set = ["name", "aliases"]
    ///     deny.process = ["*"]
    ///     [scan]
    ///     names = ["Acme Clinic"]
    /// "#)?;
    /// assert!(profile.types.contains_key("intrusion-set") && !profile.types.contains_key("process"));
    /// # Ok::<(), sharing::sanitise::InvalidProfile>(())
    /// ```
    ///
    /// # Errors
    /// It cannot be read, or names what there is not.
    pub fn read(toml: &str) -> Result<Self, InvalidProfile> {
        let own: Own = toml::from_str(toml).map_err(|error| InvalidProfile::Unreadable(error.to_string()))?;
        let base = Self::by_name(&own.based_on).ok_or_else(|| InvalidProfile::Base(own.based_on.clone()))?;
        let changes_lists = !own.allow.is_empty() || !own.deny.is_empty() || own.scan != Scan::default();
        let is_in_vain = base.whole && changes_lists;
        let victims = own.victims_in_passing();
        let profile = own.over(base);
        let mut findings = profile.check();
        findings.extend(victims);
        findings.extend(name_is_taken(&profile.name));
        if is_in_vain {
            findings.push("based_on: under full, lists and scanner do not count; base it on technical".to_owned());
        }
        match findings {
            findings if findings.is_empty() => Ok(profile),
            findings => Err(InvalidProfile::Findings(findings)),
        }
    }
}

impl Own {
    /// Types whose objects would all leave, those of victims too, without a word that this is meant.
    fn victims_in_passing(&self) -> Vec<String> {
        let tables =
            ["identity", "location"].into_iter().filter(|table| !self.victims && self.allow.contains_key(*table));
        let advice = "so would victims leave; release those that may by `release`, or write victims = true";
        tables.map(|table| format!("allow.{table}: {advice}")).collect()
    }

    fn over(self, mut base: Profile) -> Profile {
        replace(&mut base.creator, self.creator);
        replace(&mut base.pseudonyms, self.pseudonyms);
        replace(&mut base.times, self.times);
        replace(&mut base.reports, self.reports);
        replace(&mut base.sightings, self.sightings);
        replace(&mut base.smallest_group, self.smallest_group);
        replace(&mut base.text, self.text);
        replace(&mut base.pattern_types, self.pattern_types);
        replace(&mut base.relationship_types, self.relationship_types);
        base.name = self.name;
        base.times_of.extend(self.times_of);
        base.keys.extend(self.keys);
        base.sources.extend(self.sources);
        base.labels.extend(self.labels);
        base.words.extend(self.words);
        base.markings.extend(self.markings);
        base.release.extend(self.release);
        base.scan = base.scan.and(self.scan);
        self.allow.into_iter().for_each(|(table, more)| base.list_of(&table).extend(more));
        for (table, fewer) in self.deny {
            if fewer.iter().any(|name| name == "*") {
                base.types.remove(&table);
                base.parts.remove(&table);
            } else {
                base.list_of(&table).retain(|name| !fewer.contains(name));
            }
        }
        base
    }
}

/// A name that agreements know as that of something else: who signed it would get another profile.
fn name_is_taken(name: &str) -> Option<String> {
    let plain = name.trim().to_lowercase();
    Profile::by_name(&plain)
        .map(|_| format!("name: {name:?} is that of a profile that there always is; give yours another name"))
}

fn replace<T>(value: &mut T, other: Option<T>) {
    if let Some(other) = other {
        *value = other;
    }
}

impl Profile {
    /// The list of a type, or of a part if the name is one of a part.
    fn list_of(&mut self, table: &str) -> &mut Vec<String> {
        let is_type = stix_model::object::object_type(table).is_some() || table.starts_with("x-");
        let tables = if is_type { &mut self.types } else { &mut self.parts };
        tables.entry(table.to_owned()).or_default()
    }
}
