//! What is read of an object to know with which others it makes an event.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};

/// What an object says of itself and of others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outline {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) created: Option<String>,
    /// What kind of relationship it is.
    pub(super) relation: Option<String>,
    /// Where it begins, or what it is about.
    pub(super) about: Vec<String>,
    /// The objects of a container, or of an opinion or a note.
    pub(super) contains: Vec<String>,
    /// All others that it refers to, at whatever depth; markings are not among them.
    pub(super) refers: Vec<String>,
}

impl Outline {
    /// `None` if it has no name.
    pub(super) fn of(text: &[u8]) -> Option<Self> {
        let mut outline = Self::default();
        let mut reader = serde_json::Deserializer::from_slice(text);
        reader.deserialize_map(Top(&mut outline)).ok()?;
        (!outline.id.is_empty()).then_some(outline)
    }
}

/// The members of the object itself.
struct Top<'o>(&'o mut Outline);

impl<'de> Visitor<'de> for Top<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            let outline = &mut *self.0;
            let into = match &*name {
                "id" => Into::One(&mut outline.id),
                "type" => Into::One(&mut outline.kind),
                "created" => Into::Maybe(&mut outline.created),
                "relationship_type" => Into::Maybe(&mut outline.relation),
                "source_ref" | "sighting_of_ref" => Into::Many(&mut outline.about),
                "object_refs" => Into::Many(&mut outline.contains),
                name => Into::within(name, &mut outline.refers),
            };
            map.next_value_seed(into)?;
        }
        Ok(())
    }
}

/// Where a text goes.
enum Into<'o> {
    One(&'o mut String),
    Maybe(&'o mut Option<String>),
    Many(&'o mut Vec<String>),
    /// Nowhere; but references inside go here.
    Inside(&'o mut Vec<String>),
}

impl<'o> Into<'o> {
    fn within(name: &str, refers: &'o mut Vec<String>) -> Self {
        let refers_to = name.ends_with("_ref") || name.ends_with("_refs");
        match refers_to && !matches!(name, "object_marking_refs" | "marking_ref") {
            true => Self::Many(refers),
            false => Self::Inside(refers),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Into<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        value.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Into<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        match self {
            Self::One(one) => text.clone_into(one),
            Self::Maybe(one) => *one = Some(text.to_owned()),
            Self::Many(many) => many.push(text.to_owned()),
            Self::Inside(_) => {}
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        match self {
            Self::Many(many) => while items.next_element_seed(Into::Many(many))?.is_some() {},
            Self::Inside(many) => while items.next_element_seed(Into::Inside(many))?.is_some() {},
            Self::One(_) | Self::Maybe(_) => while items.next_element::<serde::de::IgnoredAny>()?.is_some() {},
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut nowhere = Vec::new();
        let refers = match self {
            Self::Many(many) | Self::Inside(many) => many,
            Self::One(_) | Self::Maybe(_) => &mut nowhere,
        };
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            map.next_value_seed(Into::within(&name, refers))?;
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// References are found wherever they stand, those to markings are none, and what is no object of STIX has no outline.
    #[test]
    fn references_at_every_depth() {
        let text = br#"{"type":"relationship","id":"relationship--1","created":"2026-11-01T00:00:00Z","relationship_type":"based-on",
            "source_ref":"indicator--1","target_ref":"observed-data--1","object_marking_refs":["marking-definition--1"],
            "granular_markings":[{"marking_ref":"marking-definition--2"}],"n":[1,-1,1.5,true,null],
            "extensions":{"x":{"message_body_data_ref":"artifact--1","list":[{"a_refs":["file--1"]}]}}}"#;
        let outline = Outline::of(text).unwrap();
        assert_eq!((outline.id.as_str(), outline.kind.as_str()), ("relationship--1", "relationship"));
        assert_eq!((outline.relation.as_deref(), outline.about), (Some("based-on"), vec!["indicator--1".to_owned()]));
        assert_eq!(outline.refers, ["observed-data--1", "artifact--1", "file--1"]);
        for text in ["", "[]", "{}", r#"{"id":1}"#, r#"{"id":"a""#, "\"a\""] {
            assert_eq!(Outline::of(text.as_bytes()), None, "{text}");
        }
    }
}
