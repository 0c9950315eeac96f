//! Tags: markings, confidence, and labels.

use stix_model::json::{Json, Members};
use stix_model::marking::pap::{self, Pap, PapLevel};
use stix_model::marking::tlp::{Tlp, TlpEdition, TlpLevel};

use super::index::texts;
use crate::format::Tag;

/// What the tags of something say.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Said {
    /// The most restrictive level.
    pub(crate) tlp: Option<TlpLevel>,
    /// The most restrictive level.
    pub(crate) pap: Option<PapLevel>,
    /// All others, verbatim.
    pub(crate) labels: Vec<String>,
    /// From 0 to 100.
    pub(crate) confidence: Option<i64>,
}

/// Reads tags. Local ones are of no other instance's concern.
pub(crate) fn said<'e>(tags: impl Iterator<Item = Tag<'e>>) -> Said {
    let mut said = Said::default();
    for tag in tags.filter(|tag| tag.local() != Some(true) && tag.exportable() != Some(false)) {
        let Some(name) = tag.name().filter(|name| !name.is_empty()) else { continue };
        let word = |space: &str| {
            let (found, word) = name.split_once(':')?;
            found.eq_ignore_ascii_case(space).then_some(word)
        };
        if let Some(level) = word("tlp").and_then(|word| word.parse().ok()) {
            said.tlp = said.tlp.max(Some(level));
        } else if let Some(level) = word("pap").and_then(|word| word.parse().ok()) {
            said.pap = said.pap.max(Some(level));
        } else {
            said.confidence = said.confidence.or_else(|| confidence(name));
            said.labels.push(name.to_owned());
        }
    }
    said
}

/// What scales say in numbers: the Admiralty code as in STIX 2.1 Appendix A, and MISP's own.
fn confidence(name: &str) -> Option<i64> {
    let scales = [
        ("admiralty-scale:information-credibility=", &["5", "4", "3", "2", "1"][..], &[10, 30, 50, 70, 90][..]),
        (
            "misp:confidence-level=",
            &["unconfident", "rarely-confident", "fairly-confident", "usually-confident", "completely-confident"],
            &[0, 25, 50, 75, 100],
        ),
    ];
    scales.iter().find_map(|(space, words, values)| {
        let word = name.strip_prefix(space)?.trim_matches('"');
        let at = words.iter().position(|known| *known == word)?;
        values.get(at).copied()
    })
}

impl Said {
    /// With what holds for the whole event: the more restrictive levels.
    pub(crate) fn within(&self, event: &Self) -> Self {
        Self { tlp: self.tlp.max(event.tlp), pap: self.pap.max(event.pap), ..self.clone() }
    }

    /// The identifiers of the definitions.
    pub(crate) fn marking_refs(&self) -> Vec<String> {
        let tlp = self.tlp.and_then(definition).map(|tlp| tlp.id().as_str().to_owned());
        let pap = self.pap.map(|level| pap_definition(level).id().as_str().to_owned());
        tlp.into_iter().chain(pap).collect()
    }

    /// The definitions themselves.
    pub(crate) fn definitions(&self) -> impl Iterator<Item = Members<'static>> {
        let tlp = self.tlp.and_then(definition).map(Tlp::object);
        let pap = self.pap.map(|level| pap_definition(level).object());
        tlp.into_iter().chain(pap).map(|object| stix_model::Object::from(object).into_members())
    }
}

fn definition(level: TlpLevel) -> Option<Tlp> {
    Tlp::ALL.into_iter().find(|tlp| tlp.edition() == TlpEdition::V2 && tlp.level() == level)
}

fn pap_definition(level: PapLevel) -> Pap {
    match level {
        PapLevel::Clear => pap::CLEAR,
        PapLevel::Green => pap::GREEN,
        PapLevel::Amber => pap::AMBER,
        PapLevel::Red => pap::RED,
    }
}

/// What the markings of an object say.
pub(crate) fn marked(object: &Members<'_>) -> Said {
    let mut said = Said::default();
    for id in texts(object, "object_marking_refs") {
        said.tlp = said.tlp.max(Tlp::by_id(id).map(Tlp::level));
        said.pap = said.pap.max(Pap::by_id(id).map(Pap::level));
    }
    said
}

/// The tags that an object of STIX makes, without what holds for the whole event.
pub(crate) fn tags(object: &Members<'_>, event: &Said) -> Vec<Json<'static>> {
    listed(object, event, false)
}

/// The same, and those that say what the object is in MISP.
pub(crate) fn every_tag(object: &Members<'_>, event: &Said) -> Vec<Json<'static>> {
    listed(object, event, true)
}

fn listed(object: &Members<'_>, event: &Said, own: bool) -> Vec<Json<'static>> {
    let marked = marked(object);
    let tlp = marked.tlp.filter(|level| Some(*level) != event.tlp).map(|level| format!("tlp:{level}"));
    let pap = marked.pap.filter(|level| Some(*level) != event.pap);
    let pap = pap.map(|level| format!("PAP:{}", level.as_str().to_ascii_uppercase()));
    let labels = texts(object, "labels").filter(|label| own || !is_own(label)).map(str::to_owned);
    let tag = |name: String| Json::Object([("name", Json::from(name))].into_iter().collect());
    tlp.into_iter().chain(pap).chain(labels).map(tag).collect()
}

/// Labels that say what an object is in MISP.
const OWN: [&str; 7] = [
    "misp:type=",
    "misp:category=",
    "misp:to_ids=",
    "misp:name=",
    "misp:meta-category=",
    "misp:galaxy-type=",
    "misp:galaxy-name=",
];

fn is_own(label: &str) -> bool {
    OWN.iter().any(|own| label.starts_with(own))
}

/// A label of our own: `misp:type="ip-dst"`.
pub(crate) fn own(word: &str, value: &str) -> Json<'static> {
    Json::from(format!("misp:{word}=\"{value}\""))
}

/// The value of such a label.
pub(crate) fn owned<'m>(object: &'m Members<'_>, word: &str) -> Option<&'m str> {
    let value =
        |label: &'m str| label.strip_prefix("misp:")?.strip_prefix(word)?.strip_prefix("=\"")?.strip_suffix('"');
    texts(object, "labels").find_map(value)
}
