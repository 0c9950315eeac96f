use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;
use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use super::letters;

/// What to look for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scan {
    /// Names of members, victims, people, projects: found in any case and spelling, also in the middle of words.
    pub names: Vec<String>,
    /// Domains of members: hosts below them are leaks.
    pub domains: Vec<String>,
    /// Networks of members, besides the private ones that everybody has.
    pub networks: Vec<String>,
    /// Regular expressions of your own; they are matched against text in lower case, their own case does not count.
    #[serde(rename = "pattern")]
    pub patterns: Vec<Own>,
    /// What the rules do of which `actions` does not tell.
    pub default: Action,
    /// What single rules do.
    pub actions: BTreeMap<String, Action>,
}

/// What becomes of a leak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It is taken out of free text; a value that has one goes as a whole.
    #[default]
    Redact,
    /// The object stays.
    Reject,
    /// It is none.
    Keep,
}

/// A regular expression of your own.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Own {
    /// The name of the rule.
    pub rule: String,
    /// What it finds.
    pub regex: String,
}

impl Own {
    /// The expression, ready for use. Texts are in lower case, so its own case does not count.
    pub(super) fn compiled(&self) -> Result<Regex, InvalidScan> {
        let problem = |problem: String| InvalidScan::Regex { rule: self.rule.clone(), problem };
        if self.regex.is_empty() {
            return Err(problem("it is empty and finds nothing".to_owned()));
        }
        RegexBuilder::new(&self.regex).case_insensitive(true).build().map_err(|error| problem(error.to_string()))
    }
}

/// Settings that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidScan {
    /// Too few letters would be found everywhere.
    #[error("{0:?} in `names` or `domains` has fewer than 3 letters and digits; write it in full, or as a pattern")]
    Short(String),
    /// No network.
    #[error("{0:?} in `networks` is no network; write it like 203.0.113.0/24")]
    Network(String),
    /// No regular expression.
    #[error("the pattern of rule {rule:?} is no regular expression: {problem}")]
    Regex {
        /// Whose.
        rule: String,
        /// Why not.
        problem: String,
    },
    /// Nothing goes by this name.
    #[error("`actions` names the rule {0:?}, which there is not; there are {1}")]
    Rule(String, String),
}

/// The rules that there always are.
pub(super) const RULES: [&str; 8] = ["account", "domain", "host", "mac", "mail", "name", "network", "path"];

impl Scan {
    /// Can this be looked for?
    ///
    /// # Errors
    /// The first thing that cannot.
    pub fn check(&self) -> Result<(), InvalidScan> {
        if let Some(short) = self.names.iter().chain(&self.domains).find(|name| letters(name).chars().count() < 3) {
            return Err(InvalidScan::Short(short.clone()));
        }
        if let Some(bad) = self.networks.iter().find(|text| network(text).is_none()) {
            return Err(InvalidScan::Network(bad.clone()));
        }
        self.patterns.iter().try_for_each(|own| own.compiled().map(drop))?;
        let known: Vec<&str> = RULES.into_iter().chain(self.patterns.iter().map(|own| own.rule.as_str())).collect();
        match self.actions.keys().find(|rule| !known.contains(&rule.as_str())) {
            Some(unknown) => Err(InvalidScan::Rule(unknown.clone(), known.join(", "))),
            None => Ok(()),
        }
    }

    /// Looks for what the other looks for as well. An action that the other names counts.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.names.extend(other.names);
        self.domains.extend(other.domains);
        self.networks.extend(other.networks);
        self.patterns.extend(other.patterns);
        self.actions.extend(other.actions);
        if other.default != Action::default() {
            self.default = other.default;
        }
        self
    }
}

/// A network, or a single address.
pub(super) fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}
