//! Whether an object may leave at all, and with which of its parts: what its markings say.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use stix_model::json::{Json, Members};
use stix_model::marking::pap::{Pap, PapLevel};
use stix_model::marking::tlp::{Tlp, TlpLevel};
use stix_model::marking::{self, Applied, Marking, Reach, Selector, Source, Step, redact};

use super::iep::Iep;
use super::known::{Known, text};
use super::profile::Profile;
use super::{Stay, pointer};

/// How far things may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ceiling {
    /// The most restrictive TLP level that may leave.
    pub tlp: TlpLevel,
    /// The most restrictive PAP level that may leave.
    pub pap: PapLevel,
    /// What objects without a TLP level count as; with `None` they stay.
    pub unmarked: Option<TlpLevel>,
    /// Is everything encrypted on its way? Some policies demand it.
    pub encrypted: bool,
    /// When: policies of others begin and end.
    pub at: DateTime<Utc>,
}

/// An object that may leave, without its hidden parts.
pub(super) struct Admitted {
    pub(super) object: Members<'static>,
    /// Pointers to the parts that are hidden.
    pub(super) hidden: Vec<String>,
    /// The markings of the object and of its parts, with what it counts as if it is not marked.
    pub(super) markings: Vec<String>,
    /// May it be told who made it?
    pub(super) attributed: bool,
}

/// What a marking says.
enum Says {
    Tlp(TlpLevel),
    Pap(PapLevel),
    Policy(Iep),
    Nothing,
    Unknown,
}

/// Judges markings.
pub(super) struct Judge<'j> {
    pub(super) profile: &'j Profile,
    pub(super) ceiling: &'j Ceiling,
    pub(super) known: &'j dyn Known,
}

impl Judge<'_> {
    pub(super) fn admit(&self, object: &Members<'static>) -> Result<Admitted, Stay> {
        self.whole(object)?;
        let applied = marking::markings(object, None, Reach::ALL);
        let may_see = |id: &stix_model::Identifier| self.objection(id.as_str()).is_none();
        let shown = redact(object, may_see)
            .ok_or_else(|| Stay::new("marking", "what its markings hide cannot be taken out"))?;
        let hidden = applied.iter().filter_map(|applied| self.hidden(applied)).collect();
        let mut markings = Vec::new();
        for Applied { marking, .. } in marking::markings(&shown, None, Reach::ALL) {
            if let Marking::Definition(id) = marking
                && !markings.contains(&id.as_str().to_owned())
            {
                markings.push(id.as_str().to_owned());
            }
        }
        let attributed = markings.iter().all(|id| !matches!(self.says(id), Says::Policy(iep) if iep.is_anonymous()));
        self.unmarked(object, &mut markings)?;
        Ok(Admitted { object: shown, hidden, markings, attributed })
    }

    /// Do the markings of the whole let it leave?
    fn whole(&self, object: &Members<'_>) -> Result<(), Stay> {
        for applied in marking::markings(object, None, Reach::EXACT) {
            if let Marking::Definition(id) = applied.marking
                && let Some(stay) = self.objection(id.as_str())
            {
                return Err(stay);
            }
        }
        Ok(())
    }

    /// What an object counts as that has no TLP level. Definitions and what is released by name need none.
    fn unmarked(&self, object: &Members<'_>, markings: &mut Vec<String>) -> Result<(), Stay> {
        let is_marked = markings.iter().any(|id| matches!(self.says(id), Says::Tlp(_)));
        let is_released = text(object, "id").is_some_and(|id| self.profile.releases(id));
        if is_marked
            || is_released
            || matches!(text(object, "type"), Some("marking-definition" | "extension-definition"))
        {
            return Ok(());
        }
        match self.ceiling.unmarked {
            None => Err(Stay::new("unmarked", "it has no TLP level")),
            Some(level) if level > self.ceiling.tlp => {
                Err(Stay::new("unmarked", format!("it has no TLP level and so counts as TLP:{level}")))
            }
            Some(level) => {
                let tlp = Tlp::ALL.into_iter().rev().find(|tlp| tlp.level() == level);
                markings.extend(tlp.map(|tlp| tlp.id().as_str().to_owned()));
                Ok(())
            }
        }
    }

    /// Why what is marked so does not leave.
    fn objection(&self, id: &str) -> Option<Stay> {
        match self.says(id) {
            Says::Tlp(level) if level > self.ceiling.tlp => {
                Some(Stay::new("tlp", format!("TLP:{level} is above TLP:{}", self.ceiling.tlp)))
            }
            Says::Pap(level) if level > self.ceiling.pap => {
                Some(Stay::new("pap", format!("PAP:{level} is above PAP:{}", self.ceiling.pap)))
            }
            Says::Policy(iep) => iep.objection(self.ceiling),
            Says::Unknown => Some(Stay::new("marking-unknown", "nobody knows what one of its markings demands")),
            _ => None,
        }
    }

    fn says(&self, id: &str) -> Says {
        if let Some(tlp) = Tlp::by_id(id) {
            return Says::Tlp(tlp.level());
        }
        if let Some(pap) = Pap::by_id(id) {
            return Says::Pap(pap.level());
        }
        if self.profile.markings.iter().any(|known| known == id) {
            return Says::Nothing;
        }
        let definition: Option<Arc<Members<'static>>> = self.known.object(id);
        match definition.and_then(|definition| Iep::of(&definition)) {
            Some(iep) => Says::Policy(iep),
            None => Says::Unknown,
        }
    }

    /// Where the part stands that a marking hides.
    fn hidden(&self, applied: &Applied) -> Option<String> {
        match (&applied.marking, &applied.from) {
            (Marking::Definition(id), Source::Part(selector)) => {
                self.objection(id.as_str()).map(|_| pointer_of(selector))
            }
            _ => None,
        }
    }
}

fn pointer_of(selector: &Selector) -> String {
    selector.steps().iter().fold(String::new(), |place, step| match step {
        Step::Name(name) => pointer(&place, name),
        Step::Index(index) => pointer(&place, &index.to_string()),
    })
}

/// Whether a definition is one that everybody knows: then the published text leaves, whatever the source has.
pub(super) fn published(id: &str) -> Option<Members<'static>> {
    let tlp = Tlp::by_id(id).map(Tlp::object);
    let object = tlp.or_else(|| Pap::by_id(id).map(Pap::object))?;
    match stix_model::StixObject::to_json(&object) {
        Json::Object(members) => Some(members),
        _ => None,
    }
}
