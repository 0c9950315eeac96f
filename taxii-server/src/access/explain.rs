//! Why somebody sees of an object what they see.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use stix_model::Identifier;
use stix_model::json::Json;
use stix_model::marking::pap::Pap;
use stix_model::marking::tlp::{Tlp, TlpLevel};
use stix_model::marking::{Marking, Reach, Source, markings};
use taxii_model::{Timestamp, VersionFilter};

use super::view::restricts;
use super::{Clearance, Definitions, View, Viewer};
use crate::store::selection::Editions;
use crate::store::{
    Collection, Label, Labels, Result, Selection, Sight, Store, UNMARKED, Unmarked, Window, definition,
};

/// What somebody sees of an object, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// How much.
    pub view: View,
    /// All that is asked of whoever looks. The object is whole if all is allowed, and hidden if something is not that is said of
    /// the object.
    pub reasons: Vec<Reason>,
}

/// One thing that is asked of whoever looks at an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// What asks: `TLP:AMBER`, the `id` of a marking definition, a setting of the collection.
    pub marking: String,
    /// The part that it is about (STIX 2.1 §7.2.3.1); the object as a whole without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// Is it granted?
    pub allowed: bool,
    /// Why, or why not.
    pub why: String,
}

/// `TLP:RED of account_login no: …`.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.marking)?;
        if let Some(part) = &self.part {
            write!(f, " of {part}")?;
        }
        write!(f, " {}: {}", if self.allowed { "yes" } else { "no" }, self.why)
    }
}

impl Reason {
    fn of_object(marking: impl Into<String>, allowed: bool, why: impl Into<String>) -> Self {
        Self { marking: marking.into(), part: None, allowed, why: why.into() }
    }
}

/// One version of an object in a collection, and what somebody sees of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// When it was added.
    pub date_added: Timestamp,
    /// The version, in the object's own spelling.
    pub version: String,
    /// The edition of STIX.
    pub spec_version: String,
    /// What is seen of it.
    #[serde(flatten)]
    pub explanation: Explanation,
}

impl Viewer {
    /// What is seen of an object with this label, and why. The text tells of which parts its markings speak.
    #[must_use]
    pub fn explain(&self, label: &Label, text: &str) -> Explanation {
        let view = self.view(label);
        if label.is_public() {
            let why = "a definition of TLP or PAP is nobody's secret";
            return Explanation { view, reasons: vec![Reason::of_object("none", true, why)] };
        }
        if !label.is_readable() {
            let why = "its markings cannot be read, so only those see it who see everything";
            return Explanation { view, reasons: vec![Reason::of_object("unknown", false, why)] };
        }
        let mut reasons = self.of_object(label);
        let object_is_seen = reasons.iter().all(|reason| reason.allowed);
        reasons.extend(self.of_parts(text));
        if view == View::Hidden && object_is_seen {
            let why = "without the parts that are hidden, nothing could be shown";
            reasons.push(Reason::of_object("what is left", false, why));
        }
        Explanation { view, reasons }
    }

    fn of_object(&self, label: &Label) -> Vec<Reason> {
        let own = label.object();
        let mut reasons: Vec<Reason> = own.iter().map(|id| self.of_marking(id)).collect();
        let has_level = own.iter().any(|id| Tlp::by_id(id.as_str()).is_some());
        let is_marked = own.iter().any(|id| restricts(&self.markings, id));
        match self.markings.default_marking {
            _ if has_level => {}
            Some(level) => reasons.push(Reason::of_object(
                format!("TLP:{} by default", level.as_str().to_uppercase()),
                self.has_level(level),
                format!("objects without a level of TLP have this one in the collection; {}", self.of_level(level)),
            )),
            None if is_marked => {}
            None => {
                let visible = self.markings.unmarked == Unmarked::Visible;
                let seen =
                    if visible { "seen by everybody who may read it" } else { "seen only by who sees everything" };
                reasons.push(Reason::of_object(
                    "unmarked",
                    visible,
                    format!("in the collection such objects are {seen}"),
                ));
            }
        }
        reasons
    }

    fn of_parts(&self, text: &str) -> Vec<Reason> {
        let Ok(json) = Json::parse(text) else { return Vec::new() };
        let Some(object) = json.as_object() else { return Vec::new() };
        let all = markings(object, None, Reach { inherited: false, descendants: true });
        let of_part = all.into_iter().filter_map(|applied| match (applied.marking, applied.from) {
            (Marking::Definition(id), Source::Part(part)) => {
                Some(Reason { part: Some(part.to_string()), ..self.of_marking(&id) })
            }
            _ => None,
        });
        of_part.collect()
    }

    fn of_marking(&self, id: &Identifier) -> Reason {
        let allowed = self.may_see(id);
        let is_open = definition(id.as_str()).is_some_and(|id| self.markings.open.contains(&id));
        let by_id = id.as_str().to_ascii_lowercase();
        let (marking, why) = if let Some(tlp) = Tlp::by_id(&by_id) {
            (tlp.name().to_owned(), self.of_level(tlp.level()))
        } else if let Some(pap) = Pap::by_id(&by_id) {
            let has = self.clearance.pap.map_or("no level of PAP".to_owned(), |level| format!("pap:{level}"));
            (pap.name().to_owned(), format!("the clearance has {has}"))
        } else if is_open {
            (id.to_string(), "it restricts nobody in the collection".to_owned())
        } else {
            let why = match (&self.clearance.others, allowed) {
                (Definitions::All, _) => "the clearance has any",
                (_, true) => "the clearance names it",
                (_, false) => "the clearance does not name it",
            };
            (id.to_string(), why.to_owned())
        };
        Reason::of_object(marking, allowed, why)
    }

    fn of_level(&self, level: TlpLevel) -> String {
        match (level, self.has_level(level), self.clearance.tlp) {
            (TlpLevel::Red, true, _) => "the clearance names the bearer a recipient of TLP:RED here".to_owned(),
            (TlpLevel::Red, false, _) => {
                "the clearance does not name the bearer a recipient of TLP:RED here".to_owned()
            }
            (_, _, Some(has)) => format!("the clearance has tlp:{has}"),
            (_, _, None) => "the clearance has no level of TLP".to_owned(),
        }
    }
}

/// So many versions are explained.
const MOST: usize = 1000;

/// What somebody of this clearance sees of each version of an object, oldest first, as far as it is seen whether somebody may
/// read the collection at all: that is a matter of rights. Without a clearance, everything is seen.
///
/// # Errors
/// The store fails.
pub async fn explain<S: Store + ?Sized>(
    store: &S,
    collection: &Collection,
    clearance: Option<&Arc<Clearance>>,
    id: &str,
) -> Result<Vec<Explained>> {
    let labels = store.labels(collection.key).await?;
    let selection = Selection { versions: VersionFilter::All, editions: Editions::Every, ..Selection::default() };
    // Whoever sees all labels gets those of the entries told.
    let all = labels.labels.iter().map(|(number, _)| *number).chain([UNMARKED]).collect();
    let sight = (!labels.unread).then(|| Arc::new(Sight::new(all, labels.mark.clock)));
    let window = Window {
        collection: collection.key,
        selection: selection.with_id(id),
        after: Timestamp::from_micros(0),
        limit: MOST,
        bytes: usize::MAX,
        mark: None,
        sight,
    };
    let (records, texts) = (store.records(&window).await?, store.objects(&window).await?);
    let viewer = clearance.map(|clearance| Viewer::new(Arc::clone(clearance), collection));
    let known: BTreeMap<i64, &Label> = labels.labels.iter().map(|(number, label)| (*number, label)).collect();
    let numbers = texts.labels().iter().copied().map(Some).chain(std::iter::repeat(None));
    let entries = texts.iter().zip(numbers).map(|((added, text), number)| (added, (text, number)));
    let entries: BTreeMap<Timestamp, _> = entries.collect();
    let explained = records.entries.into_iter().filter_map(|record| {
        let (text, number) = entries.get(&record.added)?;
        let label = match number {
            Some(UNMARKED) => Some(Label::default()),
            Some(number) => known.get(number).map(|label| (*label).clone()),
            None => None,
        };
        Some(Explained {
            date_added: record.added,
            version: record.version,
            spec_version: record.spec_version.as_str().to_owned(),
            explanation: one(viewer.as_ref(), label.as_ref(), &labels, &String::from_utf8_lossy(text)),
        })
    });
    Ok(explained.collect())
}

fn one(viewer: Option<&Viewer>, label: Option<&Label>, labels: &Labels, text: &str) -> Explanation {
    match (viewer, label) {
        (None, _) => {
            let why = "whoever it is has no clearance, or is an administrator, and sees everything";
            Explanation { view: View::Whole, reasons: vec![Reason::of_object("any", true, why)] }
        }
        (Some(viewer), Some(label)) if !labels.unread => viewer.explain(label, text),
        _ => {
            let why = "the markings of some objects in the collection were not read yet; until they are, only those are answered who see everything";
            Explanation { view: View::Hidden, reasons: vec![Reason::of_object("not read yet", false, why)] }
        }
    }
}

#[cfg(test)]
#[path = "explain_tests.rs"]
mod tests;
