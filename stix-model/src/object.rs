//! Objects of any type: reading them, and what all typed ones have in common.

use crate::builder::Builder;
use crate::json::{Json, Members};
use crate::property::{Role, Shape};
use crate::table::Table;
use crate::validate;
use crate::{Finding, Identifier, Invalid, SpecVersion, Timestamp, TypeClass, meta, sco, sdo, sro};

/// What every typed object can do.
///
/// A value of such a type is proof that every property that its table requires is there and is what the table says.
/// Optional properties may be malformed, in content that others wrote: their getters then give `None`, and
/// [`crate::validate`] tells. Nothing of what was read is lost or changed when it is written again.
pub trait StixObject: Table {
    /// The `id`.
    fn id(&self) -> Identifier {
        self.read("id").unwrap_or_else(Identifier::nil)
    }

    /// The `type`.
    fn object_type(&self) -> &'static str {
        Self::SHAPE.name
    }

    /// The edition that the object follows; an observable without the property follows 2.1.
    fn spec_version(&self) -> SpecVersion {
        self.text("spec_version").and_then(|text| text.parse().ok()).unwrap_or(SpecVersion::V2_1)
    }

    /// The identity that made the object.
    fn created_by_ref(&self) -> Option<Identifier> {
        self.read("created_by_ref")
    }

    /// When the first version was made; observables have none.
    fn created(&self) -> Option<Timestamp> {
        self.read("created")
    }

    /// When this version was made; observables and marking definitions have none.
    fn modified(&self) -> Option<Timestamp> {
        self.read("modified")
    }

    /// Has the creator withdrawn it?
    fn revoked(&self) -> bool {
        self.members().get("revoked").and_then(Json::as_bool).unwrap_or_default()
    }

    /// Words that describe it.
    fn labels(&self) -> Vec<&str> {
        self.texts("labels")
    }

    /// How sure the creator is, from 0 to 100; `None` if nothing is said.
    fn confidence(&self) -> Option<i64> {
        self.members().get("confidence").and_then(Json::as_integer)
    }

    /// The language of its text.
    fn lang(&self) -> Option<&str> {
        self.text("lang")
    }

    /// Where else it is described.
    fn external_references(&self) -> Vec<crate::nested::ExternalReference> {
        self.parts("external_references")
    }

    /// The markings of the whole object.
    fn object_marking_refs(&self) -> Vec<Identifier> {
        self.texts("object_marking_refs").into_iter().filter_map(|text| text.parse().ok()).collect()
    }

    /// The markings of parts of it.
    fn granular_markings(&self) -> Vec<crate::nested::GranularMarking> {
        self.parts("granular_markings")
    }

    /// Has it been altered so that it can do no harm?
    fn defanged(&self) -> bool {
        self.members().get("defanged").and_then(Json::as_bool).unwrap_or_default()
    }

    /// One of its extensions, if it has it and it is well-formed.
    fn extension<E: Extension>(&self) -> Option<E> {
        E::from_json(self.members().get("extensions")?.get(E::KEY)?)
    }

    /// Starts the next version of the object: see [`NextVersion`](crate::versioning::NextVersion).
    fn new_version(&self) -> crate::versioning::NextVersion<Self> {
        crate::versioning::NextVersion::of(self)
    }

    /// The last version of the object, in which its creator withdraws it.
    ///
    /// # Errors
    /// The object is revoked already, or its type has no versions.
    fn revoke(&self) -> Result<Self, crate::versioning::VersionError> {
        self.new_version().revoke().build()
    }

    /// The same object, open for changes. For objects with versions, use [`StixObject::new_version`].
    ///
    /// An observable whose `id` was made from its content gets the one of its new content, unless you set another.
    ///
    /// ```
    /// use stix_model::{sco::Url, StixObject};
    ///
    /// let url = Url::builder().value("https://example.com/a").build()?;
    /// let other = url.to_builder().value("https://example.com/b").build()?;
    /// assert_eq!(other.id(), Url::builder().value("https://example.com/b").build()?.id());
    /// assert_eq!(url.to_builder().defanged(true).build()?.id(), url.id());
    /// # Ok::<(), stix_model::Invalid>(())
    /// ```
    fn to_builder(&self) -> Builder<Self> {
        let mut members = self.members().clone();
        // Left out, it is made anew when the object is built.
        if crate::deterministic::is_name_of(Self::SHAPE, &members) {
            members.remove("id");
        }
        Builder::from_members(members)
    }

    /// The object as JSON.
    fn to_json(&self) -> Json<'static> {
        Json::Object(self.members().clone())
    }

    #[doc(hidden)]
    fn text(&self, name: &str) -> Option<&str> {
        self.members().get(name)?.as_str()
    }

    #[doc(hidden)]
    fn read<V: std::str::FromStr>(&self, name: &str) -> Option<V> {
        self.text(name)?.parse().ok()
    }

    #[doc(hidden)]
    fn texts(&self, name: &str) -> Vec<&str> {
        self.members().get(name).and_then(Json::as_list).into_iter().flatten().filter_map(Json::as_str).collect()
    }

    #[doc(hidden)]
    fn parts<T: Table>(&self, name: &str) -> Vec<T> {
        let items = self.members().get(name).and_then(Json::as_list).into_iter().flatten();
        items.filter_map(|item| typed(item.clone()).ok()).collect()
    }
}

/// A type that is the value of an entry of `extensions`: one of the standard's, or your own.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use stix_model::sdo::Identity;
/// use stix_model::{Extension, StixObject};
///
/// #[derive(Serialize, Deserialize)]
/// struct Rank { extension_type: String, rank: u8 }
///
/// impl Extension for Rank {
///     const KEY: &'static str = "extension-definition--d83fce45-ef58-4c6c-a3f4-1fbc32e98c6e";
/// }
///
/// let rank = Rank { extension_type: "property-extension".into(), rank: 5 };
/// let identity = Identity::builder().name("ACME").extension(rank).build()?;
/// assert_eq!(identity.extension::<Rank>().unwrap().rank, 5);
/// # Ok::<(), stix_model::Invalid>(())
/// ```
pub trait Extension: serde::Serialize + serde::de::DeserializeOwned {
    /// Its key in `extensions`.
    const KEY: &'static str;

    /// Reads it; `None` if it is malformed.
    #[must_use]
    fn from_json(json: &Json<'static>) -> Option<Self> {
        serde_json::from_str(&json.to_string()).ok()
    }
}

/// Wraps an object in its type, if it has what the type stands for.
pub(crate) fn typed<T: Table>(json: Json<'static>) -> Result<T, Invalid> {
    let invalid = |finding| Err(Invalid { findings: vec![finding] });
    let Json::Object(members) = json else {
        return invalid(Finding::error("T-15", "", format!("{} was found", json.kind()), "an object"));
    };
    let found = members.get("type").and_then(Json::as_str).unwrap_or_default();
    if matches!(T::SHAPE.role, Role::Object(_)) && found != T::SHAPE.name {
        return invalid(Finding::error("LIB-14", "/type", format!("{found:?}"), format!("{:?}", T::SHAPE.name)));
    }
    validate::required(T::SHAPE, &members)?;
    Ok(T::from_checked(members))
}

macro_rules! objects {
    ($($name:literal $Type:ident: $path:path;)*) => {
        /// An object of any type.
        ///
        /// ```
        /// use stix_model::{Object, StixObject};
        ///
        /// let text = r#"{"type": "ipv4-addr", "id": "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4", "value": "198.51.100.3"}"#;
        /// match Object::parse(text)? {
        ///     Object::Ipv4Addr(address) => assert_eq!(address.value(), "198.51.100.3"),
        ///     other => panic!("{}", other.object_type()),
        /// }
        /// # Ok::<(), serde_json::Error>(())
        /// ```
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum Object {
            $(#[doc = concat!("`", $name, "`")] $Type($path),)*
            /// An object of a type that the standard does not name.
            Custom(CustomObject),
            /// An object of a type that the standard does name, without something that the type requires; or without
            /// a type.
            Malformed(MalformedObject),
        }

        impl Object {
            /// Sorts an object into its type. Nothing is lost, whatever it is.
            #[must_use]
            pub fn from_members(members: Members<'static>) -> Self {
                let object_type = members.get("type").and_then(Json::as_str).unwrap_or_default();
                match object_type {
                    $($name => match fits::<$path>(members) {
                        Ok(object) => Self::$Type(object),
                        Err(malformed) => Self::Malformed(malformed),
                    },)*
                    "" => Self::Malformed(MalformedObject(members)),
                    _ => Self::Custom(CustomObject(members)),
                }
            }

            /// The members of the object, whatever its type.
            #[must_use]
            pub fn members(&self) -> &Members<'static> {
                match self {
                    $(Self::$Type(object) => object.members(),)*
                    Self::Custom(object) => &object.0,
                    Self::Malformed(object) => &object.0,
                }
            }

            /// Takes the members out.
            #[must_use]
            pub fn into_members(self) -> Members<'static> {
                match self {
                    $(Self::$Type(object) => object.0,)*
                    Self::Custom(object) => object.0,
                    Self::Malformed(object) => object.0,
                }
            }
        }

        $(impl From<$path> for Object {
            fn from(object: $path) -> Self {
                Self::$Type(object)
            }
        })*

        /// The table of an object type of the standard.
        #[must_use]
        pub fn object_type(name: &str) -> Option<&'static Shape> {
            match name {
                $($name => Some(<$path as Table>::SHAPE),)*
                _ => None,
            }
        }

        /// The tables of all object types, in the order of the standard.
        pub static OBJECT_TYPES: &[&Shape] = &[$(<$path as Table>::SHAPE),*];
    };
}

fn fits<T: Table>(members: Members<'static>) -> Result<T, MalformedObject> {
    match validate::has_required(T::SHAPE, &members) {
        true => Ok(T::from_checked(members)),
        false => Err(MalformedObject(members)),
    }
}

/// An object of a type that the standard does not name (§11.2), or that an extension defines (§7.3).
#[derive(Clone, Debug, PartialEq)]
pub struct CustomObject(pub(crate) Members<'static>);

/// An object that lacks what its type requires. It is kept as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct MalformedObject(pub(crate) Members<'static>);

impl Object {
    /// Reads the text of one object, of any type, well-formed or not.
    ///
    /// # Errors
    /// The text is not one JSON object within I-JSON (RFC 7493).
    pub fn parse(text: &str) -> serde_json::Result<Self> {
        match Json::parse_owned(text)? {
            Json::Object(members) => Ok(Self::from_members(members)),
            other => Err(serde::de::Error::custom(format_args!("expected a JSON object, found {}", other.kind()))),
        }
    }

    /// The `type`; empty if there is none.
    #[must_use]
    pub fn object_type(&self) -> &str {
        self.members().get("type").and_then(Json::as_str).unwrap_or_default()
    }

    /// The `id`, if it is an identifier.
    #[must_use]
    pub fn id(&self) -> Option<Identifier> {
        self.members().get("id")?.as_str()?.parse().ok()
    }

    /// What tells its versions apart: `modified`, else `created`.
    #[must_use]
    pub fn version(&self) -> Option<Timestamp> {
        let date = |name| self.members().get(name)?.as_str()?.parse().ok();
        date("modified").or_else(|| date("created"))
    }

    /// The class of its type.
    #[must_use]
    pub fn class(&self) -> TypeClass {
        TypeClass::of(self.object_type())
    }
}

impl serde::Serialize for Object {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.members().serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for Object {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Json::deserialize(deserializer)? {
            Json::Object(members) => Ok(Self::from_members(members)),
            other => Err(serde::de::Error::custom(format_args!("expected a JSON object, found {}", other.kind()))),
        }
    }
}

objects! {
    "attack-pattern" AttackPattern: sdo::AttackPattern;
    "campaign" Campaign: sdo::Campaign;
    "course-of-action" CourseOfAction: sdo::CourseOfAction;
    "grouping" Grouping: sdo::Grouping;
    "identity" Identity: sdo::Identity;
    "incident" Incident: sdo::Incident;
    "indicator" Indicator: sdo::Indicator;
    "infrastructure" Infrastructure: sdo::Infrastructure;
    "intrusion-set" IntrusionSet: sdo::IntrusionSet;
    "location" Location: sdo::Location;
    "malware" Malware: sdo::Malware;
    "malware-analysis" MalwareAnalysis: sdo::MalwareAnalysis;
    "note" Note: sdo::Note;
    "observed-data" ObservedData: sdo::ObservedData;
    "opinion" Opinion: sdo::Opinion;
    "report" Report: sdo::Report;
    "threat-actor" ThreatActor: sdo::ThreatActor;
    "tool" Tool: sdo::Tool;
    "vulnerability" Vulnerability: sdo::Vulnerability;
    "relationship" Relationship: sro::Relationship;
    "sighting" Sighting: sro::Sighting;
    "artifact" Artifact: sco::Artifact;
    "autonomous-system" AutonomousSystem: sco::AutonomousSystem;
    "directory" Directory: sco::Directory;
    "domain-name" DomainName: sco::DomainName;
    "email-addr" EmailAddr: sco::EmailAddr;
    "email-message" EmailMessage: sco::EmailMessage;
    "file" File: sco::File;
    "ipv4-addr" Ipv4Addr: sco::Ipv4Addr;
    "ipv6-addr" Ipv6Addr: sco::Ipv6Addr;
    "mac-addr" MacAddr: sco::MacAddr;
    "mutex" Mutex: sco::Mutex;
    "network-traffic" NetworkTraffic: sco::NetworkTraffic;
    "process" Process: sco::Process;
    "software" Software: sco::Software;
    "url" Url: sco::Url;
    "user-account" UserAccount: sco::UserAccount;
    "windows-registry-key" WindowsRegistryKey: sco::WindowsRegistryKey;
    "x509-certificate" X509Certificate: sco::X509Certificate;
    "language-content" LanguageContent: meta::LanguageContent;
    "marking-definition" MarkingDefinition: meta::MarkingDefinition;
    "extension-definition" ExtensionDefinition: meta::ExtensionDefinition;
}

/// The tables of the predefined extensions.
pub static EXTENSIONS: &[&Shape] = &[
    sco::ArchiveExt::SHAPE,
    sco::NtfsExt::SHAPE,
    sco::PdfExt::SHAPE,
    sco::RasterImageExt::SHAPE,
    sco::WindowsPebinaryExt::SHAPE,
    sco::HttpRequestExt::SHAPE,
    sco::IcmpExt::SHAPE,
    sco::SocketExt::SHAPE,
    sco::TcpExt::SHAPE,
    sco::WindowsProcessExt::SHAPE,
    sco::WindowsServiceExt::SHAPE,
    sco::UnixAccountExt::SHAPE,
];

impl CustomObject {
    /// The members of the object.
    #[must_use]
    pub fn members(&self) -> &Members<'static> {
        &self.0
    }

    /// The object as a type of your own.
    ///
    /// # Errors
    /// It does not have what the type wants.
    pub fn decode<T: serde::de::DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_str(&serde_json::to_string(&self.0)?)
    }
}

impl MalformedObject {
    /// The members of the object.
    #[must_use]
    pub fn members(&self) -> &Members<'static> {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sco::{Ipv4Addr, UnixAccountExt, UserAccount};
    use crate::sdo::Indicator;

    /// LIB-02, LIB-05: what was read is written again, whatever it is.
    #[test]
    fn nothing_is_lost() {
        for text in [
            r#"{"id":"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4","value":"198.51.100.3","type":"ipv4-addr","x_n":7.0,"defanged":false}"#,
            r#"{"type":"indicator","id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","pattern":5}"#,
            r#"{"type":"x-thing","a":[{"b":1.50}]}"#,
            r#"{"type":7}"#,
        ] {
            let object = Object::parse(text).unwrap();
            let written = serde_json::to_string(&object).unwrap();
            assert_eq!(written, text.replace("1.50", "1.5"));
        }
    }

    /// LIB-14, LIB-15: a type stands for its table.
    #[test]
    fn a_type_has_what_its_table_requires() {
        let malformed = r#"{"type":"ipv4-addr","id":"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"}"#;
        assert!(matches!(Object::parse(malformed).unwrap(), Object::Malformed(_)));
        let error = serde_json::from_str::<Ipv4Addr>(malformed).unwrap_err();
        assert!(error.to_string().contains("CP-01"), "{error}");
        let other = r#"{"type":"domain-name","id":"domain-name--28bb3599-77cd-5a82-a950-b5bc3caf07c4","value":"x"}"#;
        assert!(serde_json::from_str::<Ipv4Addr>(other).unwrap_err().to_string().contains("LIB-14"));
    }

    /// DET-01 to DET-03; J-02: builders fill in what is missing, common properties first.
    #[test]
    fn builders_complete_and_check() {
        let address = Ipv4Addr::builder().value("198.51.100.3").build().unwrap();
        assert_eq!(address.id().as_str(), "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4");
        let names: Vec<_> = address.members().iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["type", "spec_version", "id", "value"]);
        let unix = UnixAccountExt::builder().gid(0).build().unwrap();
        let account = UserAccount::builder().user_id("1001").extension(unix.clone()).build().unwrap();
        assert_eq!(account.extension::<UnixAccountExt>(), Some(unix));
        let error = Indicator::builder()
            .pattern("[ipv4-addr:value = '198.51.100.3']")
            .pattern_type("stix")
            .valid_from("2026-01-02T00:00:00Z")
            .valid_until("2026-01-02T00:00:00.000Z")
            .labels(["a", "b"])
            .build()
            .unwrap_err();
        assert_eq!(error.findings[0].rule, "SDO-IND-3");
        assert!(UserAccount::builder().build().is_err());
        assert!(UnixAccountExt::builder().build().is_err());
    }
}
