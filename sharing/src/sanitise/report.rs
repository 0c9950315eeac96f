//! What left, what stayed and what was taken out, by which rule.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use stix_model::Object;
use stix_model::json::Members;

use super::Stay;
use super::known::text;

/// What became of objects. It is for those who own them: it names originals. A partner gets the [`Summary`] at most.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sanitised {
    /// What leaves.
    pub leaving: Vec<Leaving>,
    /// What stays.
    pub withheld: Vec<Withheld>,
    /// What was taken out of what leaves.
    pub removed: Vec<Removed>,
}

/// A version of an object that leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaving {
    /// The original's `id`; of a pseudonym, the author's.
    pub original: String,
    /// The original's version.
    pub original_version: String,
    /// The `id` under which it leaves.
    pub id: String,
    /// The version under which it leaves; empty if objects of its type have none.
    pub version: String,
    /// Its text.
    pub object: String,
    /// Is it the original as it stood?
    pub unchanged: bool,
    /// Is it the identity of a pseudonym? Then the original is an author, who is no object of the batch.
    pub is_pseudonym: bool,
}

/// A version of an object that stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withheld {
    /// Its `id`.
    pub id: String,
    /// Its version.
    pub version: String,
    /// What it is called where it would go: an earlier version of it may have left under this name. Of observables, nobody can
    /// tell.
    pub leaving_as: Option<String>,
    /// The rule.
    pub rule: String,
    /// In words. Nothing is told of its content.
    pub reason: String,
}

/// A part of an object that was taken out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Removed {
    /// The original's `id`.
    pub id: String,
    /// The original's version.
    pub version: String,
    /// Where in the original it stands (RFC 6901).
    pub pointer: String,
    /// The rule.
    pub rule: String,
}

/// Numbers alone: what a partner may be told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// How many versions left.
    pub leaving: usize,
    /// How many stayed, by rule.
    pub withheld: BTreeMap<String, usize>,
    /// How many parts were taken out, by rule.
    pub removed: BTreeMap<String, usize>,
}

fn version(object: &Members<'_>) -> String {
    text(object, "modified").or_else(|| text(object, "created")).unwrap_or_default().to_owned()
}

fn id(object: &Members<'_>) -> String {
    text(object, "id").unwrap_or_default().to_owned()
}

impl Leaving {
    pub(super) fn of_pseudonym(author: &str, identity: &Members<'_>, shown: String) -> Self {
        Self { is_pseudonym: true, ..Self::of(author, identity, identity, shown, false) }
    }

    pub(super) fn of(
        original: &str,
        source: &Members<'_>,
        object: &Members<'_>,
        shown: String,
        unchanged: bool,
    ) -> Self {
        Self {
            original: original.to_owned(),
            original_version: version(source),
            id: id(object),
            version: version(object),
            object: shown,
            unchanged,
            is_pseudonym: false,
        }
    }
}

impl Withheld {
    pub(super) fn of(object: &Members<'_>, leaving_as: Option<String>, stay: Stay) -> Self {
        Self { id: id(object), version: version(object), leaving_as, rule: stay.rule, reason: stay.reason }
    }

    pub(super) fn unread() -> Self {
        let stay = Stay::new("malformed", "it is no JSON object within I-JSON");
        Self::of(&Members::new(), None, stay)
    }
}

impl Removed {
    pub(super) fn of(object: &Members<'_>, (pointer, rule): (String, String)) -> Self {
        Self { id: id(object), version: version(object), pointer, rule }
    }
}

impl Sanitised {
    /// Adds objects that stay by a rule of somebody else's.
    pub(crate) fn hold_back(&mut self, texts: &[&str], rule: &str, reason: &str) {
        let object = |text: &&str| Object::parse(text).map(Object::into_members).unwrap_or_default();
        let withheld = texts.iter().map(|text| Withheld::of(&object(text), None, Stay::new(rule, reason)));
        self.withheld.extend(withheld);
    }

    /// Numbers alone.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut summary = Summary { leaving: self.leaving.len(), ..Summary::default() };
        for withheld in &self.withheld {
            *summary.withheld.entry(public(&withheld.rule)).or_default() += 1;
        }
        for removed in &self.removed {
            *summary.removed.entry(public(&removed.rule)).or_default() += 1;
        }
        summary
    }
}

/// Rules of the scanner can have names of one's own.
fn public(rule: &str) -> String {
    if rule.starts_with("scan-") { "scan".to_owned() } else { rule.to_owned() }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "leaving   {}", self.leaving)?;
        let sum = |rules: &BTreeMap<String, usize>| rules.values().sum::<usize>();
        for (word, rules) in [("withheld", &self.withheld), ("removed", &self.removed)] {
            writeln!(f, "{word:<9} {}", sum(rules))?;
            rules.iter().try_for_each(|(rule, count)| writeln!(f, "  {count:>7} by {rule}"))?;
        }
        Ok(())
    }
}

impl fmt::Display for Sanitised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for leaving in &self.leaving {
            match leaving.unchanged {
                true => writeln!(f, "leaves    {}  unchanged", leaving.original)?,
                false => writeln!(f, "leaves    {}  as {}", leaving.original, leaving.id)?,
            }
            let of = |removed: &&Removed| removed.id == leaving.original && removed.version == leaving.original_version;
            for removed in self.removed.iter().filter(of) {
                writeln!(f, "  without {}  by {}", removed.pointer, removed.rule)?;
            }
        }
        for withheld in &self.withheld {
            writeln!(f, "stays     {}  by {}: {}", withheld.id, withheld.rule, withheld.reason)?;
        }
        write!(f, "{}", self.summary())
    }
}
