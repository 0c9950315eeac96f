use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::strict::{Name, Names, Strict, shorten};
use crate::{Finding, Identifier, SpecVersion, Timestamp, TypeClass};

/// The properties that identify and version an object, as they stand in its text: unchecked.
///
/// A property that is there but is no string is remembered as such, so that the check can say so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawHead {
    pub(crate) object_type: Member,
    pub(crate) id: Member,
    pub(crate) spec_version: Member,
    pub(crate) created: Member,
    pub(crate) modified: Member,
}

/// A property of the head.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Member {
    #[default]
    Absent,
    Text(String),
    /// There, and of this JSON type.
    Other(&'static str),
}

impl Member {
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// What identifies and versions one object, checked.
///
/// Holding one from [`RawHead::check`] is proof that the identifier is well-formed and agrees with `type`, that the dates
/// are timestamps in order, and that a domain or relationship object has both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectHead {
    /// The `id`; its type is the object's `type`.
    pub id: Identifier,
    /// The edition of STIX: as stated or, if not stated, as the kind of object implies.
    pub spec_version: SpecVersion,
    /// When the object was first made.
    pub created: Option<Timestamp>,
    /// When this version was made.
    pub modified: Option<Timestamp>,
}

impl ObjectHead {
    /// What tells versions of the object apart: `modified`, else `created`, else nothing
    /// (TAXII 2.1 §3.4.1).
    #[must_use]
    pub fn version(&self) -> Option<&Timestamp> {
        self.modified.as_ref().or(self.created.as_ref())
    }
}

impl RawHead {
    /// Reads the head of one object and checks the whole text against I-JSON on the way.
    ///
    /// `depth` is how many levels of nesting the object may have, itself included.
    ///
    /// # Errors
    /// The text is not one JSON object within I-JSON's limits.
    pub fn read(text: &str, depth: usize) -> serde_json::Result<Self> {
        let mut json = serde_json::Deserializer::from_str(text);
        let head = HeadSeed { depth }.deserialize(&mut json)?;
        json.end()?;
        Ok(head)
    }

    /// The `id`, if it is a string.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.text()
    }

    /// The `type`, if it is a string.
    #[must_use]
    pub fn object_type(&self) -> Option<&str> {
        self.object_type.text()
    }

    /// The version as it stands in the text, well-formed or not: `modified`, else `created`.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.modified.text().or(self.created.text())
    }

    /// Checks everything that an exchange relies on.
    ///
    /// `default` is the edition that the wrapper states for objects which state none themselves: a
    /// STIX 2.0 bundle has one.
    ///
    /// # Errors
    /// Every finding, not only the first.
    pub fn check(&self, default: Option<SpecVersion>) -> Result<ObjectHead, Vec<Finding>> {
        let mut findings = Vec::new();
        let class = TypeClass::of(self.object_type().unwrap_or_default());
        if class == TypeClass::Bundle {
            findings.push(finding("head-bundle", "/type", "a bundle is not an object: submit the objects inside it"));
        }
        let id = self.check_id(&mut findings);
        let spec_version = self.check_spec_version(class, default, &mut findings);
        let [created, modified] = [("/created", &self.created), ("/modified", &self.modified)]
            .map(|(pointer, member)| check_date(pointer, member, class, &mut findings));
        if let (Some(created), Some(modified)) = (&created, &modified)
            && modified < created
        {
            findings.push(finding("head-date-order", "/modified", "modified is earlier than created"));
        }
        match (id, spec_version) {
            (Some(id), Some(spec_version)) if findings.is_empty() => {
                Ok(ObjectHead { id, spec_version, created, modified })
            }
            _ => Err(findings),
        }
    }

    /// Checks only what keeping an object needs: a `type` other than `bundle`, an `id` that is an identifier, a known
    /// edition. Dates that are no timestamps count as absent, their order does not matter, and the object is of the
    /// type that its `id` says.
    ///
    /// # Errors
    /// What keeps the object from being kept.
    pub fn check_storable(&self, default: Option<SpecVersion>) -> Result<ObjectHead, Vec<Finding>> {
        let mut findings = match self.check(default) {
            Ok(head) => return Ok(head),
            Err(findings) => findings,
        };
        findings.retain(|finding| matches!(finding.rule, "head-bundle" | "head-id" | "head-spec-version"));
        let class = TypeClass::of(self.object_type().unwrap_or_default());
        let id = self.id().unwrap_or_default().parse();
        let spec_version = self.check_spec_version(class, default, &mut Vec::new());
        let date = |member: &Member| member.text().and_then(|text| text.parse().ok());
        match (id, spec_version) {
            (Ok(id), Some(spec_version)) if findings.is_empty() => {
                Ok(ObjectHead { id, spec_version, created: date(&self.created), modified: date(&self.modified) })
            }
            _ => Err(findings),
        }
    }

    fn check_id(&self, findings: &mut Vec<Finding>) -> Option<Identifier> {
        let object_type = self.object_type().unwrap_or_default();
        match self.id().unwrap_or_default().parse::<Identifier>() {
            Err(error) => {
                findings.push(finding("head-id", "/id", error));
                None
            }
            Ok(id) if id.object_type() != object_type => {
                let message = format!(
                    "the id is of type {:?}, the object of type {:?}",
                    shorten(id.object_type()),
                    shorten(object_type)
                );
                findings.push(finding("head-id-type", "/id", message));
                None
            }
            Ok(id) => Some(id),
        }
    }

    fn check_spec_version(
        &self,
        class: TypeClass,
        default: Option<SpecVersion>,
        findings: &mut Vec<Finding>,
    ) -> Option<SpecVersion> {
        match &self.spec_version {
            Member::Absent => Some(self.implied_spec_version(class, default)),
            Member::Text(text) => match text.parse() {
                Ok(version) => Some(version),
                Err(error) => {
                    findings.push(finding("head-spec-version", "/spec_version", error));
                    None
                }
            },
            Member::Other(kind) => {
                findings.push(finding(
                    "head-spec-version",
                    "/spec_version",
                    format!("expected a string, found {kind}"),
                ));
                None
            }
        }
    }

    /// STIX 2.0 objects have no `spec_version` and always a `created`; of STIX 2.1 only
    /// cyber-observables may leave `spec_version` out, and they have no `created`.
    fn implied_spec_version(&self, class: TypeClass, default: Option<SpecVersion>) -> SpecVersion {
        match class {
            TypeClass::Observable => SpecVersion::V2_1,
            TypeClass::Custom if self.created == Member::Absent && default.is_none() => SpecVersion::V2_1,
            _ => default.unwrap_or(SpecVersion::V2_0),
        }
    }
}

fn check_date(
    pointer: &'static str,
    member: &Member,
    class: TypeClass,
    findings: &mut Vec<Finding>,
) -> Option<Timestamp> {
    let message = match member {
        Member::Absent if matches!(class, TypeClass::Domain | TypeClass::Relationship) => {
            "required for this type".to_owned()
        }
        Member::Absent => return None,
        Member::Other(kind) => format!("expected a timestamp, found {kind}"),
        Member::Text(text) => match text.parse() {
            Ok(timestamp) => return Some(timestamp),
            Err(error) => format!("{:?} is {error}", shorten(text)),
        },
    };
    findings.push(finding("head-date", pointer, message));
    None
}

fn finding(rule: &'static str, pointer: &'static str, message: impl fmt::Display) -> Finding {
    Finding::error(rule, pointer, message.to_string(), "")
}

struct HeadSeed {
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for HeadSeed {
    type Value = RawHead;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<RawHead, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for HeadSeed {
    type Value = RawHead;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<RawHead, A::Error> {
        let inside = Strict { depth: self.depth.saturating_sub(1) };
        let mut head = RawHead::default();
        let mut names = Names::default();
        while let Some(name) = members.next_key_seed(Name)? {
            let slot = match &*name {
                "type" => Some(&mut head.object_type),
                "id" => Some(&mut head.id),
                "spec_version" => Some(&mut head.spec_version),
                "created" => Some(&mut head.created),
                "modified" => Some(&mut head.modified),
                _ => None,
            };
            names.insert(name)?;
            match slot {
                Some(slot) => *slot = members.next_value_seed(MemberSeed(inside))?,
                None => members.next_value_seed(inside)?,
            }
        }
        Ok(head)
    }
}

pub(crate) struct MemberSeed(pub(crate) Strict);

impl<'de> DeserializeSeed<'de> for MemberSeed {
    type Value = Member;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Member, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for MemberSeed {
    type Value = Member;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Member, E> {
        Ok(Member::Text(text.to_owned()))
    }
    fn visit_bool<E>(self, _: bool) -> Result<Member, E> {
        Ok(Member::Other("a boolean"))
    }
    fn visit_i64<E>(self, _: i64) -> Result<Member, E> {
        Ok(Member::Other("a number"))
    }
    fn visit_u64<E>(self, _: u64) -> Result<Member, E> {
        Ok(Member::Other("a number"))
    }
    fn visit_f64<E>(self, _: f64) -> Result<Member, E> {
        Ok(Member::Other("a number"))
    }
    fn visit_unit<E>(self) -> Result<Member, E> {
        Ok(Member::Other("null"))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Member, A::Error> {
        self.0.visit_seq(items).map(|()| Member::Other("a list"))
    }
    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Member, A::Error> {
        self.0.visit_map(members).map(|()| Member::Other("an object"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f";

    fn check(text: &str) -> Result<ObjectHead, Vec<Finding>> {
        RawHead::read(&text.replace("UUID", UUID), 100).unwrap().check(None)
    }

    /// AMB-22: what is checked, each with its rule and pointer, all at once.
    #[test]
    fn findings_name_rule_and_place() {
        let places = |text: &str| {
            check(text).unwrap_err().into_iter().map(|f| format!("{} {}", f.rule, f.pointer)).collect::<Vec<_>>()
        };
        assert_eq!(
            places(r#"{"type":"malware","id":"indicator--UUID","spec_version":3,"created":"2020","modified":[]}"#),
            ["head-id-type /id", "head-spec-version /spec_version", "head-date /created", "head-date /modified"]
        );
        assert_eq!(
            places(
                r#"{"type":"malware","id":"malware--UUID","created":"2020-01-01T00:00:00.000Z","modified":"2019-01-01T00:00:00.000Z"}"#
            ),
            ["head-date-order /modified"]
        );
        assert_eq!(
            places(r#"{"type":"sighting","id":"sighting--UUID"}"#),
            ["head-date /created", "head-date /modified"]
        );
        assert_eq!(places(r#"{"type":"bundle","id":"bundle--UUID"}"#), ["head-bundle /type"]);
        assert_eq!(
            places(r#"{"type":"malware","id":"x","created":"2020-01-01T00:00:00Z","modified":"2020-01-01T00:00:00Z"}"#),
            ["head-id /id"]
        );
    }

    /// What can be kept is less than what can be exchanged.
    #[test]
    fn storable_is_what_has_a_name_and_an_edition() {
        let storable = |text: &str| {
            let text = text.replace("UUID", "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f");
            RawHead::read(&text, 100).unwrap().check_storable(None)
        };
        let undated = storable(r#"{"type":"tool","id":"tool--UUID","created":7,"modified":"yesterday"}"#).unwrap();
        assert_eq!((undated.version(), undated.spec_version), (None, SpecVersion::V2_0));
        let reversed =
            r#"{"type":"tool","id":"tool--UUID","created":"2020-01-02T00:00:00Z","modified":"2020-01-01T00:00:00Z"}"#;
        assert_eq!(
            storable(reversed).unwrap().version().map(ToString::to_string).as_deref(),
            Some("2020-01-01T00:00:00Z")
        );
        assert_eq!(storable(r#"{"type":"url","id":"tool--UUID"}"#).unwrap().id.object_type(), "tool");
        for (text, rule) in [
            (r#"{"type":"tool","id":"rubbish","created":7}"#, "head-id"),
            (r#"{"type":"bundle","id":"bundle--UUID"}"#, "head-bundle"),
            (r#"{"type":"tool","id":"tool--UUID","spec_version":"7.1"}"#, "head-spec-version"),
        ] {
            let findings = storable(text).unwrap_err();
            assert!(findings.len() == 1 && findings[0].rule == rule, "{findings:?}");
        }
    }

    /// AMB-22: the edition of an object that does not state it.
    #[test]
    fn spec_version_is_implied_by_the_kind_of_object() {
        let version = |text| check(text).unwrap().spec_version;
        assert_eq!(version(r#"{"type":"url","id":"url--UUID"}"#), SpecVersion::V2_1);
        assert_eq!(version(r#"{"type":"x-observable","id":"x-observable--UUID"}"#), SpecVersion::V2_1);
        assert_eq!(
            version(
                r#"{"type":"marking-definition","id":"marking-definition--UUID","created":"2017-01-20T00:00:00.000Z"}"#
            ),
            SpecVersion::V2_0
        );
        assert_eq!(
            version(r#"{"type":"x-thing","id":"x-thing--UUID","created":"2017-01-20T00:00:00.000Z"}"#),
            SpecVersion::V2_0
        );
        assert_eq!(
            version(
                r#"{"type":"x-thing","id":"x-thing--UUID","spec_version":"2.1","created":"2017-01-20T00:00:00.000Z"}"#
            ),
            SpecVersion::V2_1
        );
    }

    /// AMB-32, TX-GEN-08: I-JSON at every level.
    #[test]
    fn refuses_what_i_json_refuses() {
        for bad in [
            r#"{"a":1,"a":2}"#,
            r#"{"a":{"b":[{"c":1,"\u0063":2}]}}"#,
            r#"{"id":"x","id":"y"}"#,
            r#"{"a":"\ud800"}"#,
            r#"{"\udc00":1}"#,
            r#"{"a":1e999}"#,
            r#"{"a":NaN}"#,
            r#"{"a":1} x"#,
            "[]",
            r#"{"type":{"a":1,"a":1}}"#,
        ] {
            assert!(RawHead::read(bad, 100).is_err(), "{bad}");
        }
        let nested = |n: usize| format!(r#"{{"a":{}{}}}"#, "[".repeat(n), "]".repeat(n));
        assert!(RawHead::read(&nested(9), 10).is_ok());
        assert!(RawHead::read(&nested(10), 10).is_err());
        assert!(RawHead::read(&nested(100_000), 100).is_err());
        let wide =
            |last: &str| format!("{{{}\"{last}\":0}}", (0..50_000).map(|i| format!("\"k{i}\":0,")).collect::<String>());
        assert!(RawHead::read(&wide("k"), 10).is_ok());
        assert!(RawHead::read(&wide("k49999"), 10).is_err());
        assert!(RawHead::read(&wide("k3"), 10).is_err());
    }
}
