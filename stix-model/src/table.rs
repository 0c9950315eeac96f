//! The one clever file: a property table becomes a typed object, its builder, and the table as data.

use crate::json::Members;
use crate::property::Shape;

/// A type that is made from a property table: an object, a part of one, or an extension.
pub trait Table: Sized {
    /// Its table.
    const SHAPE: &'static Shape;

    /// Its members, known and unknown, as they were read or set.
    fn members(&self) -> &Members<'static>;

    /// Wraps members that have been checked.
    #[doc(hidden)]
    fn from_checked(members: Members<'static>) -> Self;
}

/// What a property is, in the words of a table: `list of string` is written `list string`.
macro_rules! kind {
    (string) => { $crate::property::Kind::String };
    (boolean) => { $crate::property::Kind::Boolean };
    (integer) => { <i64 as $crate::value::Value>::KIND };
    (integer($min:expr, $max:expr)) => { $crate::property::Kind::Integer { min: $min, max: $max } };
    (natural) => { $crate::property::Kind::Integer { min: 0, max: $crate::value::MAX_INTEGER } };
    (float) => { <f64 as $crate::value::Value>::KIND };
    (float($min:expr, $max:expr)) => { $crate::property::Kind::Float { min: $min, max: $max } };
    (timestamp) => { $crate::property::Kind::Timestamp($crate::property::Precision::Any) };
    (timestamp(seconds)) => { $crate::property::Kind::Timestamp($crate::property::Precision::Seconds) };
    (hex) => { $crate::property::Kind::Hex };
    (binary) => { $crate::property::Kind::Binary };
    (url) => { $crate::property::Kind::Url };
    (language) => { $crate::property::Kind::Language };
    (selector) => { $crate::property::Kind::Selector };
    (hashes) => { $crate::property::Kind::Hashes };
    (observables) => { $crate::property::Kind::Observables };
    (translations) => { $crate::property::Kind::Translations };
    (any) => { $crate::property::Kind::Any };
    (reference(any)) => { $crate::property::Kind::Reference($crate::property::Target::Any) };
    (reference(domain)) => { $crate::property::Kind::Reference($crate::property::Target::Domain) };
    (reference(observable)) => { $crate::property::Kind::Reference($crate::property::Target::Observable) };
    (reference(observed)) => { $crate::property::Kind::Reference($crate::property::Target::Observed) };
    (reference(end)) => { $crate::property::Kind::Reference($crate::property::Target::End) };
    (reference($($target:literal)|+)) => {
        $crate::property::Kind::Reference($crate::property::Target::Types(&[$($target),+]))
    };
    (integer or string) => { $crate::property::Kind::Either(&[kind!(integer), kind!(string)]) };
    (dictionary as found of $($of:tt)+) => {
        $crate::property::Kind::Dictionary(&kind!($($of)+), $crate::property::Keys::AsFound)
    };
    (dictionary of $($of:tt)+) => {
        $crate::property::Kind::Dictionary(&kind!($($of)+), $crate::property::Keys::Lowercase)
    };
    (list $($of:tt)+) => { $crate::property::Kind::List(&kind!($($of)+)) };
    ($type:ty) => { <$type as $crate::value::Value>::KIND };
}

/// The Rust type of what [`kind!`] says.
macro_rules! rust_type {
    (string) => { String };
    (boolean) => { bool };
    (integer $($bounds:tt)?) => { i64 };
    (natural) => { i64 };
    (float $($bounds:tt)?) => { f64 };
    (timestamp $($precision:tt)?) => { $crate::Timestamp };
    (hex) => { String };
    (binary) => { String };
    (url) => { String };
    (language) => { String };
    (selector) => { String };
    (hashes) => { $crate::json::Members<'static> };
    (observables) => { $crate::json::Members<'static> };
    (translations) => { $crate::json::Members<'static> };
    (any) => { $crate::json::Json<'static> };
    (reference $target:tt) => { $crate::Identifier };
    (dictionary $($of:tt)+) => { $crate::json::Members<'static> };
    (list $($of:tt)+) => { Vec<rust_type!($($of)+)> };
    ($type:ty) => { $type };
}

macro_rules! json_name {
    ($name:ident) => {
        stringify!($name)
    };
    ($name:ident $json:literal) => {
        $json
    };
}

macro_rules! getter {
    ($(#[doc = $doc:literal])* $name:ident $json:expr, (required), $($kind:tt)+) => {
        $(#[doc = $doc])*
        #[must_use]
        pub fn $name(&self) -> <rust_type!($($kind)+) as $crate::value::Value>::Ref<'_> {
            use $crate::value::Value;
            let value = self.0.get($json).and_then(<rust_type!($($kind)+)>::read);
            value.unwrap_or_else(|| <rust_type!($($kind)+)>::absent(&$crate::json::Json::Null))
        }
    };
    ($(#[doc = $doc:literal])* $name:ident $json:expr, (), $($kind:tt)+) => {
        $(#[doc = $doc])*
        ///
        /// `None` if it is absent, or not what the standard says it is.
        #[must_use]
        pub fn $name(&self) -> Option<<rust_type!($($kind)+) as $crate::value::Value>::Ref<'_>> {
            self.0.get($json).and_then(<rust_type!($($kind)+) as $crate::value::Value>::read)
        }
    };
}

/// A property table of the standard.
///
/// ```text
/// table! {
///     /// What it is.
///     Rust = "name-in-the-standard", ROLE, "section";
///     properties {
///         /// What it means.
///         name (required) [string];
///         size [natural];
///     }
///     contributing ["name"]
///     constraints { "RULE-1": Demand::AnyOf(&["name", "size"]); }
/// }
/// ```
macro_rules! table {
    (
        $(#[doc = $doc:literal])*
        $Type:ident = $type_name:literal, $role:expr, $section:literal;
        properties { $(
            $(#[doc = $property_doc:literal])*
            $name:ident $(= $json:literal)? $(($required:ident))? [$($kind:tt)+];
        )* }
        $(contributing [$($contributing:literal),*])?
        $(constraints { $($rule:literal: $demand:expr;)* })?
    ) => {
        $(#[doc = $doc])*
        #[doc = concat!("\n\nSTIX 2.1 §", $section, ".")]
        #[derive(Clone, Debug, PartialEq)]
        pub struct $Type(pub(crate) $crate::json::Members<'static>);

        const _: () = {
            #[allow(unused_imports, reason = "not every table has constraints")]
            use $crate::property::{Demand, Role};
            const ROLE: Role = $role;
            static PROPERTIES: &[$crate::property::Property] = &[$($crate::property::Property {
                name: json_name!($name $($json)?),
                kind: kind!($($kind)+),
                required: table!(@required $($required)?),
                doc: concat!($($property_doc),*),
            }),*];
            static SHAPE: $crate::property::Shape = $crate::property::Shape {
                name: $type_name,
                role: ROLE,
                section: $section,
                doc: concat!($($doc),*),
                properties: PROPERTIES,
                constraints: &[$($($crate::property::Constraint { rule: $rule, demand: $demand }),*)?],
                contributing: &[$($($contributing),*)?],
                index: $crate::names::Index::of(ROLE.common($type_name), PROPERTIES),
            };

            impl $crate::Table for $Type {
                const SHAPE: &'static $crate::property::Shape = &SHAPE;

                fn members(&self) -> &$crate::json::Members<'static> {
                    &self.0
                }

                fn from_checked(members: $crate::json::Members<'static>) -> Self {
                    Self(members)
                }
            }

            impl serde::Serialize for $Type {
                fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    self.0.serialize(serializer)
                }
            }

            impl<'de> serde::Deserialize<'de> for $Type {
                fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    let json = $crate::json::Json::deserialize(deserializer)?;
                    $crate::object::typed(json).map_err(serde::de::Error::custom)
                }
            }
        };

        impl $Type {
            /// Starts building one.
            #[must_use]
            pub fn builder() -> $crate::Builder<Self> {
                $crate::builder::blank()
            }

            $(getter! { $(#[doc = $property_doc])* $name json_name!($name $($json)?), ($($required)?), $($kind)+ })*
        }

        impl $crate::Builder<$Type> { $(
            $(#[doc = $property_doc])*
            #[must_use]
            pub fn $name(self, value: impl $crate::value::IntoValue<rust_type!($($kind)+)>) -> Self {
                self.put(json_name!($name $($json)?), value)
            }
        )* }
    };
    (@required required) => { true };
    (@required) => { false };
}

/// A property table of something that lies inside objects.
macro_rules! nested_table {
    ($(#[doc = $doc:literal])* $Type:ident $($rest:tt)*) => {
        table! { $(#[doc = $doc])* $Type $($rest)* }

        impl $crate::value::Value for $Type {
            const KIND: $crate::property::Kind = $crate::property::Kind::Object(<$Type as $crate::Table>::SHAPE);
            type Ref<'a> = $Type;

            fn read(json: &$crate::json::Json<'static>) -> Option<Self> {
                $crate::object::typed(json.clone()).ok()
            }

            fn absent(_: &$crate::json::Json<'static>) -> Self {
                Self($crate::json::Members::new())
            }
        }

        impl $crate::value::IntoValue<$Type> for $Type {
            fn into_json(self) -> $crate::json::Json<'static> {
                $crate::json::Json::Object(self.0)
            }
        }

        impl $crate::Builder<$Type> {
            /// Checks it against its table.
            ///
            /// # Errors
            /// Every property that is missing or not what its table says.
            pub fn build(self) -> Result<$Type, $crate::Invalid> {
                $crate::validate::part(<$Type as $crate::Table>::SHAPE, &self.members)?;
                Ok($Type(self.members))
            }
        }
    };
}

/// A property table of an object type.
macro_rules! object_table {
    ($(#[doc = $doc:literal])* $Type:ident $($rest:tt)*) => {
        table! { $(#[doc = $doc])* $Type $($rest)* }

        impl $crate::StixObject for $Type {}
    };
}

/// A property table of a predefined extension.
macro_rules! extension_table {
    ($(#[doc = $doc:literal])* $Type:ident = $key:literal, $($rest:tt)*) => {
        nested_table! { $(#[doc = $doc])* $Type = $key, $($rest)* }

        impl $crate::Extension for $Type {
            const KEY: &'static str = $key;
        }
    };
}

/// A vocabulary of the standard as an enum; values that it does not know are kept as text.
macro_rules! vocabulary {
    ($(#[doc = $doc:literal])* $Type:ident = $list:literal, $open:ident $(($code:literal))?; $($Variant:ident = $value:literal),* $(,)?) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $Type {
            $(#[doc = concat!("`", $value, "`")] $Variant,)*
            /// A value that the standard does not name.
            Other(String),
        }

        impl $Type {
            /// The values of the standard.
            pub const VOCABULARY: &'static $crate::property::Vocabulary = {
                static VOCABULARY: $crate::property::Vocabulary = $crate::property::Vocabulary {
                    name: $list,
                    open: vocabulary!(@open $open),
                    code: vocabulary!(@code $($code)?),
                    values: &[$($value),*],
                };
                &VOCABULARY
            };

            /// The value as it stands in JSON.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$Variant => $value,)*
                    Self::Other(text) => text,
                }
            }
        }

        impl From<&str> for $Type {
            fn from(text: &str) -> Self {
                match text {
                    $($value => Self::$Variant,)*
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl std::fmt::Display for $Type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::value::Value for $Type {
            const KIND: $crate::property::Kind = $crate::property::Kind::Vocabulary(Self::VOCABULARY);
            type Ref<'a> = Self;

            fn read(json: &$crate::json::Json<'static>) -> Option<Self> {
                json.as_str().map(Self::from)
            }

            fn absent(_: &$crate::json::Json<'static>) -> Self {
                Self::Other(String::new())
            }
        }

        impl $crate::value::IntoValue<$Type> for $Type {
            fn into_json(self) -> $crate::json::Json<'static> {
                $crate::json::Json::from(self.as_str().to_owned())
            }
        }

        impl $crate::value::IntoValue<$Type> for &str {
            fn into_json(self) -> $crate::json::Json<'static> {
                $crate::json::Json::from(self.to_owned())
            }
        }
    };
    (@open open) => { true };
    (@open closed) => { false };
    (@code $code:literal) => { Some($code) };
    (@code) => { None };
}
