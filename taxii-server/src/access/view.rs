use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use serde::Serialize;
use stix_model::Identifier;
use stix_model::marking::pap::Pap;
use stix_model::marking::tlp::{Tlp, TlpLevel};
use uuid::Uuid;

use super::{Clearance, Definitions, RedLists};
use crate::store::{Collection, Label, Markings, Unmarked, definition};

/// How much of an object somebody sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum View {
    /// Nothing: not even that there is one.
    Hidden,
    /// What is left without the parts that are hidden.
    Redacted,
    /// All of it.
    Whole,
}

/// Somebody who looks at a collection and does not see everything. All who have the same clearance see the same.
#[derive(Clone, Debug)]
pub struct Viewer {
    pub(super) clearance: Arc<Clearance>,
    collection: Uuid,
    pub(super) markings: Markings,
    /// Of the above: viewers are compared and looked up at every request.
    hash: u64,
}

impl PartialEq for Viewer {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
            && self.collection == other.collection
            && self.clearance == other.clearance
            && self.markings == other.markings
    }
}

impl Eq for Viewer {}

impl Hash for Viewer {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.hash.hash(state);
    }
}

impl Viewer {
    /// Who has this clearance, before this collection.
    #[must_use]
    pub fn new(clearance: Arc<Clearance>, collection: &Collection) -> Self {
        let mut markings = collection.markings.clone();
        markings.open = markings.open.iter().filter_map(|id| definition(id.as_str())).collect();
        let mut hasher = DefaultHasher::new();
        (&clearance, collection.id, &markings).hash(&mut hasher);
        let hash = hasher.finish();
        Self { clearance, collection: collection.id, markings, hash }
    }

    /// How much is seen of objects with this label.
    #[must_use]
    pub fn view(&self, label: &Label) -> View {
        if label.is_public() {
            return View::Whole;
        }
        if !label.is_readable() || !self.may_see_object(label.object()) {
            return View::Hidden;
        }
        match label.leaves(|id| self.may_see(id)) {
            None => View::Whole,
            Some(true) => View::Redacted,
            Some(false) => View::Hidden,
        }
    }

    fn may_see_object(&self, markings: &BTreeSet<Identifier>) -> bool {
        let has_level = markings.iter().any(|id| Tlp::by_id(id.as_str()).is_some());
        let restricting = markings.iter().any(|id| restricts(&self.markings, id));
        let otherwise = match self.markings.default_marking {
            _ if has_level => true,
            Some(level) => self.has_level(level),
            // A marking that restricts nobody says nothing of who may see the object.
            None => restricting || self.markings.unmarked == Unmarked::Visible,
        };
        otherwise && markings.iter().all(|id| self.may_see(id))
    }

    /// May what has this marking be seen?
    #[must_use]
    pub fn may_see(&self, id: &Identifier) -> bool {
        let Some(id) = definition(id.as_str()) else { return false };
        if let Some(tlp) = Tlp::by_id(id.as_str()) {
            return self.has_level(tlp.level());
        }
        if let Some(pap) = Pap::by_id(id.as_str()) {
            return self.clearance.pap >= Some(pap.level());
        }
        if self.markings.open.contains(&id) {
            return true;
        }
        match &self.clearance.others {
            Definitions::All => true,
            Definitions::Of(some) => some.contains(&id) || some.iter().any(|known| is_same(known, &id)),
        }
    }

    /// TLP:RED is for the recipients that the collection has named, whatever else they may see.
    pub(super) fn has_level(&self, level: TlpLevel) -> bool {
        match (level, &self.clearance.red) {
            (TlpLevel::Red, RedLists::All) => true,
            (TlpLevel::Red, RedLists::Of(lists)) => lists.contains(&self.collection),
            (level, _) => self.clearance.tlp >= Some(level),
        }
    }
}

/// Is it more in the collection than a statement?
pub(super) fn restricts(markings: &Markings, id: &Identifier) -> bool {
    !markings.open.contains(id)
}

/// The digits of a UUID are the same in either case.
fn is_same(one: &Identifier, other: &Identifier) -> bool {
    one.as_str().eq_ignore_ascii_case(other.as_str())
}

#[cfg(test)]
mod tests {
    use stix_model::marking::pap::{self, PapLevel};
    use stix_model::marking::tlp;

    use super::*;

    const OWN: &str = "marking-definition--fa42a846-8d90-4e51-bc29-71d5b4802168";
    const OTHER: &str = "marking-definition--0c1d2e3f-8d90-4e51-bc29-71d5b4802168";

    fn viewer(clearance: &str, markings: Markings) -> Viewer {
        let mut collection = Collection::new("r", None, "t").unwrap();
        collection.id = Uuid::from_u128(7);
        collection.markings = markings;
        Viewer::new(Arc::new(clearance.parse().unwrap()), &collection)
    }

    fn of(ids: &[&Identifier]) -> Label {
        let refs: Vec<String> = ids.iter().map(|id| format!("\"{id}\"")).collect();
        Label::of(&format!(r#"{{"object_marking_refs":[{}]}}"#, refs.join(",")))
    }

    fn whole(clearance: &str, label: &Label) -> bool {
        viewer(clearance, Markings::default()).view(label) == View::Whole
    }

    /// Promise 4: each level of TLP, of either edition, is seen by those who have it or a higher one; RED only by those whom the
    /// collection's list names, whatever their level.
    #[test]
    fn levels_of_tlp() {
        let here = format!("tlp:red@{}", Uuid::from_u128(7));
        for definition in Tlp::ALL {
            let label = of(&[&definition.id()]);
            for level in TlpLevel::ALL.into_iter().filter(|level| *level != TlpLevel::Red) {
                let may = definition.level() <= level && definition.level() != TlpLevel::Red;
                assert_eq!(whole(&format!("tlp:{level}, any"), &label), may, "{} by {level}", definition.name());
            }
            let is_red = definition.level() == TlpLevel::Red;
            assert!(whole("tlp:red", &label));
            for (clearance, may) in [
                ("", false),
                ("any", false),
                ("pap:red", false),
                ("tlp:red@any", is_red),
                (here.as_str(), is_red),
                ("tlp:red@6b1f3c1e-0d0d-4c39-9d4b-3f0f7c7a2f11", false),
            ] {
                assert_eq!(whole(clearance, &label), may, "{} by {clearance:?}", definition.name());
            }
        }
    }

    /// Levels of PAP are of another kind than those of TLP; of an object that has both, both have to be seen.
    #[test]
    fn levels_of_pap() {
        for definition in Pap::ALL {
            let label = of(&[&definition.id()]);
            for level in PapLevel::ALL {
                assert_eq!(whole(&format!("pap:{level}"), &label), definition.level() <= level, "{level}");
            }
            assert!(!whole("tlp:red, any", &label));
            let both = of(&[&definition.id(), &tlp::GREEN.id()]);
            assert!(!whole("pap:red", &both) && !whole("tlp:red", &both) && whole("pap:red, tlp:green", &both));
        }
    }

    /// Other definitions are seen one by one, or all; those that restrict nobody in the collection, by everybody.
    #[test]
    fn other_definitions() {
        let [own, other]: [Identifier; 2] = [OWN, OTHER].map(|id| id.parse().unwrap());
        let both = of(&[&own, &other]);
        assert!(whole("any", &both) && !whole("", &both) && !whole("tlp:red, pap:red", &both));
        assert!(!whole(OWN, &both) && whole(&format!("{OWN}, {OTHER}"), &both) && whole(OWN, &of(&[&own])));
        assert!(whole(&OWN.replace("fa42", "FA42"), &of(&[&own])), "a UUID is the same in either case");
        let open = Markings { open: [own.clone()].into(), ..Markings::default() };
        assert_eq!(viewer("", open.clone()).view(&of(&[&own])), View::Whole);
        assert_eq!(viewer("", open.clone()).view(&both), View::Hidden);
        assert_eq!(viewer(OTHER, open).view(&both), View::Whole);
        let red = Markings { open: [tlp::RED.id()].into(), ..Markings::default() };
        assert_eq!(viewer("", red).view(&of(&[&tlp::RED.id()])), View::Hidden, "a level is no statement");
    }

    /// What is not marked: by default everybody's, or of a level, or nobody's. A level of its own always counts more.
    #[test]
    fn unmarked_objects() {
        let own: Identifier = OWN.parse().unwrap();
        let with = |default_marking, unmarked, open: &[&Identifier]| {
            let open = open.iter().map(|id| (*id).clone()).collect();
            Markings { default_marking, unmarked, open, supply: false }
        };
        let (visible, hidden) = (Unmarked::Visible, Unmarked::Hidden);
        let amber = Some(TlpLevel::Amber);
        let (none, clear, statement) = (Label::default(), of(&[&tlp::CLEAR.id()]), of(&[&own]));
        for (markings, clearance, label, may) in [
            (with(None, visible, &[]), "", &none, true),
            (with(None, hidden, &[]), "tlp:red, pap:red, any", &none, false),
            (with(None, hidden, &[]), "tlp:clear", &clear, true),
            (with(None, hidden, &[]), "any", &statement, true),
            (with(None, hidden, &[&own]), "any", &statement, false),
            (with(None, visible, &[&own]), "", &statement, true),
            (with(amber, visible, &[]), "tlp:green, any", &none, false),
            (with(amber, visible, &[]), "tlp:amber", &none, true),
            (with(amber, hidden, &[]), "tlp:amber", &none, true),
            (with(amber, visible, &[]), "tlp:clear, any", &clear, true),
            (with(amber, visible, &[]), "tlp:clear, any", &statement, false),
            (with(amber, visible, &[&own]), "tlp:clear, any", &statement, false),
            (with(Some(TlpLevel::Red), visible, &[]), "tlp:amber+strict, any", &none, false),
            (with(Some(TlpLevel::Red), visible, &[]), "tlp:red@any", &none, true),
        ] {
            let view = viewer(clearance, markings.clone()).view(label);
            assert_eq!(view == View::Whole, may, "{clearance:?} of {label:?} under {markings:?}");
        }
        let strict = with(Some(TlpLevel::Red), hidden, &[]);
        let public = Label::of(&serde_json::to_string(&tlp::RED.object()).unwrap());
        assert_eq!(viewer("", strict.clone()).view(&public), View::Whole, "what TLP means is no secret");
        assert_eq!(viewer("tlp:red, any", strict).view(&Label::unreadable()), View::Hidden);
    }

    /// Parts are hidden for themselves, unless nothing could be shown without them.
    #[test]
    fn parts() {
        let account = |part: &str, more: &str| {
            Label::of(&format!(
                r#"{{"type":"user-account","spec_version":"2.1","id":"user-account--0d5b424b-93b8-5cd8-ac36-306e1789d63c","user_id":"1001","account_login":"jo","granular_markings":[{{"marking_ref":"{}","selectors":["{part}"]}}]{more}}}"#,
                pap::RED.id()
            ))
        };
        let views = |clearance: &str| {
            let viewer = viewer(clearance, Markings::default());
            let amber = format!(r#","object_marking_refs":["{}"]"#, tlp::AMBER.id());
            [account("account_login", ""), account("granular_markings", ""), account("account_login", &amber)]
                .map(|label| viewer.view(&label))
        };
        assert_eq!(views("pap:red"), [View::Whole, View::Whole, View::Hidden]);
        assert_eq!(views("tlp:amber, any"), [View::Redacted, View::Hidden, View::Redacted]);
        assert_eq!(views("tlp:amber, pap:red"), [View::Whole; 3]);
        assert_eq!(views(""), [View::Redacted, View::Hidden, View::Hidden]);
    }

    /// More clearance never shows less.
    #[test]
    fn a_wider_clearance_shows_no_less() {
        let words = ["tlp:clear", "tlp:green", "tlp:red", "tlp:red@any", "pap:green", "pap:red", "any", OWN];
        let rank = |view| match view {
            View::Hidden => 0,
            View::Redacted => 1,
            View::Whole => 2,
        };
        let own: Identifier = OWN.parse().unwrap();
        let labels = [of(&[&tlp::GREEN.id()]), of(&[&tlp::RED.id(), &own]), of(&[&pap::RED.id()]), Label::default()];
        for bits in 0..1_usize << words.len() {
            let some: Vec<&str> = (0..words.len()).filter(|i| bits >> i & 1 == 1).map(|i| words[i]).collect();
            let wide: Clearance = some.join(",").parse().unwrap();
            for left_out in 0..some.len() {
                let mut fewer = some.clone();
                fewer.remove(left_out);
                for label in &labels {
                    let narrow = viewer(&fewer.join(","), Markings::default()).view(label);
                    let wide = viewer(&wide.to_string(), Markings::default()).view(label);
                    assert!(rank(narrow) <= rank(wide), "{fewer:?} {some:?} {label:?}");
                }
            }
        }
    }
}
