use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use stix_model::Identifier;
use stix_model::json::{Json, Members};
use stix_model::marking::pap::Pap;
use stix_model::marking::tlp::Tlp;
use stix_model::marking::{Marking, Reach, Source, markings, redact};

/// All that an entry's own text says about who may see it: entries with one label are seen by the same people, in the
/// same way. What somebody may see is decided label by label, whatever the number of entries: see
/// [`Viewer::view`](crate::access::Viewer::view).
///
/// ```
/// use stix_model::marking::tlp;
/// use taxii_server::store::Label;
///
/// assert_eq!(Label::of(r#"{"type": "url", "value": "https://example.com/"}"#), Label::default());
/// let marked = Label::of(&format!(r#"{{"object_marking_refs": ["{}"]}}"#, tlp::AMBER.id()));
/// assert!(marked.object().contains(&tlp::AMBER.id()));
/// assert_eq!(Label::read(&marked.text()), marked);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Label {
    /// What the markings say cannot be known.
    #[serde(skip_serializing_if = "is_false")]
    unreadable: bool,
    /// It is a definition that everybody knows.
    #[serde(skip_serializing_if = "is_false")]
    public: bool,
    /// The markings of the object as a whole, in lower case.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    object: BTreeSet<Identifier>,
    /// The markings of its parts, in lower case.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    parts: BTreeSet<Identifier>,
    /// Which of the markings of parts hide the whole object when they hide their parts: the bit of the number whose bits
    /// are the places of the hidden ones. `None`: any.
    withheld: Option<u16>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_false(is: &bool) -> bool {
    !is
}

/// Of so many markings of parts, each combination is tried out.
const FEW: usize = 4;
/// With more markings than this, an object counts as unreadable: labels are kept in memory.
const MANY: usize = 200;

/// What is read of an object. Whatever else there is costs little.
#[derive(Deserialize)]
struct Marks<'t> {
    #[serde(borrow, default)]
    id: Option<Cow<'t, str>>,
    #[serde(borrow, default, deserialize_with = "present")]
    object_marking_refs: Option<&'t RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    granular_markings: Option<&'t RawValue>,
}

/// `null` is there, too.
fn present<'de: 't, 't, D: Deserializer<'de>>(from: D) -> Result<Option<&'t RawValue>, D::Error> {
    <&RawValue>::deserialize(from).map(Some)
}

impl Label {
    /// What is seen by nobody who does not see everything.
    #[must_use]
    pub fn unreadable() -> Self {
        Self { unreadable: true, ..Self::default() }
    }

    /// The label of an object, by its text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        // Names with these letters have them as they are, unless they are escaped.
        if !text.contains("marking") && !text.contains("\\u") {
            return Self::default();
        }
        Self::parse(text).unwrap_or_else(Self::unreadable)
    }

    /// `None` if what is said cannot be read.
    fn parse(text: &str) -> Option<Self> {
        let marks: Marks<'_> = serde_json::from_str(text).ok()?;
        let object = match marks.object_marking_refs {
            None => BTreeSet::new(),
            Some(refs) => references(refs.get())?,
        };
        let of_object = Self { object, ..Self::default() };
        match (marks.granular_markings, marks.id) {
            (Some(_), _) => Self::with_parts(of_object, text),
            (None, Some(id)) if of_object.object.is_empty() => {
                Some(Self { public: Tlp::by_id(&id).is_some() || Pap::by_id(&id).is_some(), ..of_object })
            }
            (None, _) => Some(of_object),
        }
    }

    fn with_parts(self, text: &str) -> Option<Self> {
        let json = Json::parse(text).ok()?;
        let members = json.as_object()?;
        // Whoever may see everything sees whatever can be read.
        redact(members, |_| true)?;
        let of_parts = Reach { inherited: false, descendants: true };
        let mut parts = BTreeSet::new();
        for applied in markings(members, None, of_parts) {
            if let (Marking::Definition(id), Source::Part(_)) = (&applied.marking, &applied.from) {
                parts.insert(definition(id.as_str())?);
            }
        }
        let withheld = (parts.len() <= FEW).then(|| withheld(members, &parts));
        (parts.len() <= MANY).then_some(Self { parts, withheld, ..self })
    }

    /// Reads what [`Label::text`] has written. What cannot be read is seen by nobody who does not see everything.
    #[must_use]
    pub fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_else(|_| Self::unreadable())
    }

    /// The label as it is kept: the same text for equal labels.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Can it be known what the markings say?
    #[must_use]
    pub fn is_readable(&self) -> bool {
        !self.unreadable
    }

    /// Is it a definition that everybody knows, of TLP or PAP?
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.public
    }

    /// The markings of the object as a whole, in lower case.
    #[must_use]
    pub fn object(&self) -> &BTreeSet<Identifier> {
        &self.object
    }

    /// The markings of its parts, in lower case.
    #[must_use]
    pub fn parts(&self) -> &BTreeSet<Identifier> {
        &self.parts
    }

    /// Is anything left of the object without the parts with those markings that `may_see` does not allow? `None` if there
    /// is nothing to leave out.
    pub fn leaves(&self, may_see: impl Fn(&Identifier) -> bool) -> Option<bool> {
        let hidden = self.parts.iter().enumerate().filter(|(_, id)| !may_see(id));
        let places: Vec<usize> = hidden.map(|(place, _)| place).collect();
        if places.is_empty() {
            return None;
        }
        let subset = places.iter().fold(0_u32, |bits, place| bits | 1_u32.checked_shl(*place as u32).unwrap_or(0));
        Some(self.withheld.is_some_and(|withheld| u32::from(withheld).checked_shr(subset).unwrap_or(1) & 1 == 0))
    }
}

/// The bits of all subsets of the markings that hide the whole object when they hide their parts.
fn withheld(object: &Members<'_>, parts: &BTreeSet<Identifier>) -> u16 {
    let hides = |subset: u32| {
        let hidden = |id: &Identifier| {
            let place = definition(id.as_str()).and_then(|id| parts.iter().position(|part| *part == id));
            place.is_some_and(|place| subset >> place & 1 == 1)
        };
        redact(object, |id| !hidden(id)).is_none()
    };
    (1..1_u32 << parts.len()).filter(|subset| hides(*subset)).fold(0, |bits, subset| bits | 1 << subset)
}

/// The `id` of a marking definition, in lower case.
pub(crate) fn definition(id: &str) -> Option<Identifier> {
    let id: Identifier = id.to_ascii_lowercase().parse().ok()?;
    (id.object_type() == "marking-definition").then_some(id)
}

fn references(list: &str) -> Option<BTreeSet<Identifier>> {
    let refs: Vec<Cow<'_, str>> = serde_json::from_str(list).ok()?;
    let refs: Option<BTreeSet<Identifier>> = refs.iter().map(|id| checked(id)).collect();
    refs.filter(|refs| refs.len() <= MANY)
}

/// As [`definition`], where the type has to be in lower case as everywhere.
fn checked(id: &str) -> Option<Identifier> {
    definition(id.parse::<Identifier>().ok()?.as_str())
}

#[cfg(test)]
mod tests {
    use stix_model::marking::{pap, tlp};

    use super::*;

    const OWN: &str = "marking-definition--fa42a846-8d90-4e51-bc29-71d5b4802168";

    fn account(more: &str) -> String {
        format!(
            r#"{{"type":"user-account","spec_version":"2.1","id":"user-account--0d5b424b-93b8-5cd8-ac36-306e1789d63c","user_id":"1001","account_login":"jo"{more}}}"#
        )
    }

    /// Promise 4: whatever cannot be read as markings, or is spelt in a way that somebody else may read otherwise, hides the object;
    /// the names are found however they are escaped.
    #[test]
    fn nothing_slips_through() {
        let red = tlp::RED.id();
        let one = |text: &str| Label::of(&account(text));
        let marked = one(&format!(r#","object_marking_refs":["{red}"]"#));
        assert_eq!(marked.object().iter().collect::<Vec<_>>(), [&red]);
        assert_eq!(one(&format!(r#","object_m\u0061rking_refs":["{red}"]"#)), marked);
        assert_eq!(one(&format!(r#","\u006Fbject_\u006d\u0061rking_refs":["{red}"]"#)), marked);
        assert_eq!(one(&format!(r#","object_marking_refs":["{}"]"#, red.as_str().replace('-', "\\u002d"))), marked);
        let upper = red.as_str().replace("e828b379", "E828B379");
        assert_eq!(one(&format!(r#","object_marking_refs":["{upper}"]"#)), marked);
        for unreadable in [
            r#","object_marking_refs":null"#,
            r#","object_marking_refs":{}"#,
            r#","object_marking_refs":"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1""#,
            r#","object_marking_refs":["tlp:red"]"#,
            r#","object_marking_refs":[null]"#,
            r#","object_marking_refs":[["marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"]]"#,
            r#","object_marking_refs":["identity--e828b379-4e03-4974-9ac4-e53a884c97c1"]"#,
            r#","object_marking_refs":["MARKING-DEFINITION--e828b379-4e03-4974-9ac4-e53a884c97c1"]"#,
            r#","object_marking_refs":[],"object_marking_refs":[]"#,
            r#","object_marking_refs":[],"object_m\u0061rking_refs":[]"#,
            r#","granular_markings":null"#,
            r#","granular_markings":{}"#,
            r#","granular_markings":[{}]"#,
            r#","granular_markings":[],"granular_m\u0061rkings":[]"#,
            r#","granular_markings":[{"marking_ref":"x","selectors":["user_id"]}]"#,
            r#","granular_markings":[{"marking_ref":"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"}]"#,
            r#","granular_markings":[{"marking_ref":"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1","selectors":["a b"]}]"#,
            r#","granular_markings":[{"marking_ref":"identity--e828b379-4e03-4974-9ac4-e53a884c97c1","selectors":["user_id"]}]"#,
            r#","granular_markings":[{"marking_ref":"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1","selectors":["user_id"],"selectors":["account_login"]}]"#,
        ] {
            assert_eq!(one(unreadable), Label::unreadable(), "{unreadable}");
        }
        let many: Vec<String> =
            (0..=MANY).map(|n| format!(r#""marking-definition--00000000-0000-4000-8000-{n:012}""#)).collect();
        assert_eq!(one(&format!(r#","object_marking_refs":[{}]"#, many.join(","))), Label::unreadable());
        assert_eq!(one(r#","description":"marking \u0061""#), Label::default());
        assert_eq!(one(r#","object_marking_refs":[],"granular_markings":[]"#).parts().len(), 0);
    }

    /// Promise 4: without the parts that are hidden, an object is shown just when `redact` leaves something of it, whichever of its
    /// markings are hidden.
    #[test]
    fn labels_know_what_redaction_leaves() {
        let markings = [tlp::RED.id(), tlp::AMBER.id(), OWN.parse().unwrap(), pap::RED.id(), tlp::GREEN.id()];
        let parts = ["account_login", "user_id", "display_name", "granular_markings", "nowhere"];
        for n in 1..=markings.len() {
            for shift in 0..parts.len() {
                let entries: Vec<String> = (0..n)
                    .map(|i| {
                        let part = parts[(i + shift) % parts.len()];
                        format!(r#"{{"marking_ref":"{}","selectors":["{part}"]}}"#, markings[i])
                    })
                    .collect();
                let text = account(&format!(r#","display_name":"J","granular_markings":[{}]"#, entries.join(",")));
                let label = Label::of(&text);
                assert!(label.is_readable() && label.parts().len() == n);
                assert_eq!(Label::read(&label.text()), label);
                let json = Json::parse(&text).unwrap();
                for subset in 0..1_usize << n {
                    let may_see = |id: &Identifier| {
                        markings[..n].iter().position(|m| m == id).is_none_or(|i| subset >> i & 1 == 0)
                    };
                    let left = redact(json.as_object().unwrap(), may_see).is_some();
                    let expected = (subset != 0).then_some(left && n <= FEW);
                    assert_eq!(label.leaves(may_see), expected, "{text} without {subset:b}");
                }
            }
        }
    }

    /// Languages say nothing about who may see a part; the definitions of TLP and PAP are everybody's, unless they are marked.
    #[test]
    fn languages_and_public_definitions() {
        let language = account(r#","granular_markings":[{"lang":"de","selectors":["account_login"]}]"#);
        let label = Label::of(&language);
        assert!(label.is_readable() && label.parts().is_empty() && label.leaves(|_| false).is_none());
        let public = serde_json::to_string(&tlp::RED.object()).unwrap();
        assert!(Label::of(&public).is_public());
        assert!(Label::of(&serde_json::to_string(&pap::RED.object()).unwrap()).is_public());
        let marked = public.replacen('{', &format!(r#"{{"object_marking_refs":["{OWN}"],"#), 1);
        assert!(!Label::of(&marked).is_public() && Label::of(&marked).object().len() == 1);
        assert!(!Label::of(&public.replace("e828b379", "e828b370")).is_public());
        assert_eq!(Label::read("nonsense"), Label::unreadable());
        assert_eq!(Label::read(r#"{"objects":[]}"#), Label::unreadable());
    }
}
