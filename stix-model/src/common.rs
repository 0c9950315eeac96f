//! The properties that all objects of a class share (STIX 2.1 §3.2).

use crate::TypeClass;
use crate::nested::{ExternalReference, GranularMarking};
use crate::property::{Kind, Precision, Property, Target};
use crate::value::Value;

macro_rules! rows {
    ($($name:ident $required:literal $kind:expr, $doc:expr;)*) => {
        [$(Property { name: stringify!($name), kind: $kind, required: $required, doc: $doc }),*]
    };
}

const TYPE: &str = "The type of the object.";
const ID: &str = "The name of the object, the same in all its versions.";
const SPEC_VERSION: &str = "The edition of STIX that the object follows.";
const CREATED_BY: &str = "The identity that made the object; none means an anonymous creator.";
const CREATED: &str = "When the first version was made.";
const MODIFIED: &str = "When this version was made.";
const REVOKED: &str = "Is the object no longer valid in the eyes of its creator?";
const LABELS: &str = "Words that describe the object, where no property with a vocabulary does.";
const CONFIDENCE: &str = "How sure the creator is, from 0 to 100; absent means that nothing is said.";
const LANG: &str = "The language of the text properties.";
const REFERENCES: &str = "Where else the object is described.";
const MARKINGS: &str = "The markings that apply to the whole object.";
const GRANULAR: &str = "The markings that apply to parts of the object.";
const EXTENSIONS: &str = "Content that other definitions add to the object.";
const DEFANGED: &str = "Has the content been altered so that it can do no harm?";

const CREATOR: Kind = Kind::Reference(Target::Types(&["identity"]));
const MARKING_REFS: Kind = Kind::List(&Kind::Reference(Target::Types(&["marking-definition"])));
const MILLISECONDS: Kind = Kind::Timestamp(Precision::Milliseconds);
const VERSION: Kind = Kind::Literal("2.1");

/// Domain and relationship objects.
static VERSIONED: [Property; 14] = rows! {
    type true Kind::String, TYPE;
    spec_version true VERSION, SPEC_VERSION;
    id true Kind::Identifier, ID;
    created_by_ref false CREATOR, CREATED_BY;
    created true MILLISECONDS, CREATED;
    modified true MILLISECONDS, MODIFIED;
    revoked false Kind::Boolean, REVOKED;
    labels false Kind::List(&Kind::String), LABELS;
    confidence false Kind::Integer { min: 0, max: 100 }, CONFIDENCE;
    lang false Kind::Language, LANG;
    external_references false Kind::List(&ExternalReference::KIND), REFERENCES;
    object_marking_refs false MARKING_REFS, MARKINGS;
    granular_markings false Kind::List(&GranularMarking::KIND), GRANULAR;
    extensions false Kind::Extensions, EXTENSIONS;
};

/// Cyber-observable objects.
static OBSERVABLE: [Property; 7] = rows! {
    type true Kind::String, TYPE;
    spec_version false VERSION, SPEC_VERSION;
    id true Kind::Identifier, ID;
    object_marking_refs false MARKING_REFS, MARKINGS;
    granular_markings false Kind::List(&GranularMarking::KIND), GRANULAR;
    extensions false Kind::Extensions, EXTENSIONS;
    defanged false Kind::Boolean, DEFANGED;
};

static EXTENSION_DEFINITION: [Property; 11] = rows! {
    type true Kind::String, TYPE;
    spec_version true VERSION, SPEC_VERSION;
    id true Kind::Identifier, ID;
    created_by_ref true CREATOR, CREATED_BY;
    created true MILLISECONDS, CREATED;
    modified true MILLISECONDS, MODIFIED;
    revoked false Kind::Boolean, REVOKED;
    labels false Kind::List(&Kind::String), LABELS;
    external_references false Kind::List(&ExternalReference::KIND), REFERENCES;
    object_marking_refs false MARKING_REFS, MARKINGS;
    granular_markings false Kind::List(&GranularMarking::KIND), GRANULAR;
};

static LANGUAGE_CONTENT: [Property; 13] = rows! {
    type true Kind::String, TYPE;
    spec_version true VERSION, SPEC_VERSION;
    id true Kind::Identifier, ID;
    created_by_ref false CREATOR, CREATED_BY;
    created true MILLISECONDS, CREATED;
    modified true MILLISECONDS, MODIFIED;
    revoked false Kind::Boolean, REVOKED;
    labels false Kind::List(&Kind::String), LABELS;
    confidence false Kind::Integer { min: 0, max: 100 }, CONFIDENCE;
    external_references false Kind::List(&ExternalReference::KIND), REFERENCES;
    object_marking_refs false MARKING_REFS, MARKINGS;
    granular_markings false Kind::List(&GranularMarking::KIND), GRANULAR;
    extensions false Kind::Extensions, EXTENSIONS;
};

static MARKING_DEFINITION: [Property; 9] = rows! {
    type true Kind::String, TYPE;
    spec_version true VERSION, SPEC_VERSION;
    id true Kind::Identifier, ID;
    created_by_ref false CREATOR, CREATED_BY;
    created true MILLISECONDS, CREATED;
    external_references false Kind::List(&ExternalReference::KIND), REFERENCES;
    object_marking_refs false MARKING_REFS, MARKINGS;
    granular_markings false Kind::List(&GranularMarking::KIND), GRANULAR;
    extensions false Kind::Extensions, EXTENSIONS;
};

static BUNDLE: [Property; 2] = rows! {
    type true Kind::String, TYPE;
    id true Kind::Identifier, "The name of the bundle. Nothing refers to it.";
};

/// The common rows of an object type.
pub(crate) fn of(class: TypeClass, object_type: &str) -> &'static [Property] {
    match (class, object_type) {
        (TypeClass::Observable, _) => &OBSERVABLE,
        (TypeClass::Meta, "extension-definition") => &EXTENSION_DEFINITION,
        (TypeClass::Meta, "language-content") => &LANGUAGE_CONTENT,
        (TypeClass::Meta, "marking-definition") => &MARKING_DEFINITION,
        (TypeClass::Bundle, _) => &BUNDLE,
        _ => &VERSIONED,
    }
}
