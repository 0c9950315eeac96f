//! The properties that all objects of a class share (STIX 2.1 §3.2).

use crate::TypeClass;
use crate::nested::{ExternalReference, GranularMarking};
use crate::property::{Kind, Precision, Property, Target};
use crate::value::Value;

const fn row(name: &'static str, required: bool, kind: Kind, doc: &'static str) -> Property {
    Property { name, kind, required, doc }
}

/// The row of a property that some classes demand and others leave open.
const fn required(row: Property) -> Property {
    Property { required: true, ..row }
}

const IDENTITY: Kind = Kind::Reference(Target::Types(&["identity"]));
const MARKING_LIST: Kind = Kind::List(&Kind::Reference(Target::Types(&["marking-definition"])));
const MILLISECONDS: Kind = Kind::Timestamp(Precision::Milliseconds);

const TYPE: Property = row("type", true, Kind::String, "The type of the object.");
const SPEC_VERSION: Property =
    row("spec_version", false, Kind::Literal("2.1"), "The edition of STIX that the object follows.");
const ID: Property = row("id", true, Kind::Identifier, "The name of the object, the same in all its versions.");
const CREATED_BY_REF: Property =
    row("created_by_ref", false, IDENTITY, "The identity that made the object; none means an anonymous creator.");
const CREATED: Property = row("created", true, MILLISECONDS, "When the first version was made.");
const MODIFIED: Property = row("modified", true, MILLISECONDS, "When this version was made.");
const REVOKED: Property =
    row("revoked", false, Kind::Boolean, "Is the object no longer valid in the eyes of its creator?");
const LABELS: Property = row(
    "labels",
    false,
    Kind::List(&Kind::String),
    "Words that describe the object, where no property with a vocabulary does.",
);
const CONFIDENCE: Property = row(
    "confidence",
    false,
    Kind::Integer { min: 0, max: 100 },
    "How sure the creator is, from 0 to 100; absent means that nothing is said.",
);
const LANG: Property = row("lang", false, Kind::Language, "The language of the text properties.");
const EXTERNAL_REFERENCES: Property =
    row("external_references", false, Kind::List(&ExternalReference::KIND), "Where else the object is described.");
const OBJECT_MARKING_REFS: Property =
    row("object_marking_refs", false, MARKING_LIST, "The markings that apply to the whole object.");
const GRANULAR_MARKINGS: Property = row(
    "granular_markings",
    false,
    Kind::List(&GranularMarking::KIND),
    "The markings that apply to parts of the object.",
);
const EXTENSIONS: Property =
    row("extensions", false, Kind::Extensions, "Content that other definitions add to the object.");
const DEFANGED: Property =
    row("defanged", false, Kind::Boolean, "Has the content been altered so that it can do no harm?");

/// Domain and relationship objects.
static VERSIONED: [Property; 14] = [
    TYPE,
    required(SPEC_VERSION),
    ID,
    CREATED_BY_REF,
    CREATED,
    MODIFIED,
    REVOKED,
    LABELS,
    CONFIDENCE,
    LANG,
    EXTERNAL_REFERENCES,
    OBJECT_MARKING_REFS,
    GRANULAR_MARKINGS,
    EXTENSIONS,
];

/// Cyber-observable objects.
static OBSERVABLE: [Property; 7] =
    [TYPE, SPEC_VERSION, ID, OBJECT_MARKING_REFS, GRANULAR_MARKINGS, EXTENSIONS, DEFANGED];

static EXTENSION_DEFINITION: [Property; 11] = [
    TYPE,
    required(SPEC_VERSION),
    ID,
    required(CREATED_BY_REF),
    CREATED,
    MODIFIED,
    REVOKED,
    LABELS,
    EXTERNAL_REFERENCES,
    OBJECT_MARKING_REFS,
    GRANULAR_MARKINGS,
];

static LANGUAGE_CONTENT: [Property; 13] = [
    TYPE,
    required(SPEC_VERSION),
    ID,
    CREATED_BY_REF,
    CREATED,
    MODIFIED,
    REVOKED,
    LABELS,
    CONFIDENCE,
    EXTERNAL_REFERENCES,
    OBJECT_MARKING_REFS,
    GRANULAR_MARKINGS,
    EXTENSIONS,
];

static MARKING_DEFINITION: [Property; 9] = [
    TYPE,
    required(SPEC_VERSION),
    ID,
    CREATED_BY_REF,
    CREATED,
    EXTERNAL_REFERENCES,
    OBJECT_MARKING_REFS,
    GRANULAR_MARKINGS,
    EXTENSIONS,
];

static BUNDLE: [Property; 2] =
    [TYPE, row("id", true, Kind::Identifier, "The name of the bundle. Nothing refers to it.")];

/// The common rows of an object type.
pub(crate) const fn of(class: TypeClass, object_type: &str) -> &'static [Property] {
    match (class, object_type.as_bytes()) {
        (TypeClass::Observable, _) => &OBSERVABLE,
        (TypeClass::Meta, b"extension-definition") => &EXTENSION_DEFINITION,
        (TypeClass::Meta, b"language-content") => &LANGUAGE_CONTENT,
        (TypeClass::Meta, b"marking-definition") => &MARKING_DEFINITION,
        (TypeClass::Bundle, _) => &BUNDLE,
        _ => &VERSIONED,
    }
}
