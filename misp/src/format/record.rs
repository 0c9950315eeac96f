//! Records by their tables: the getters and the checks come from the same lines.

use stix_model::json::{Json, Members};

/// What a member holds.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Text.
    Text,
    /// A UUID, of any version.
    Uuid,
    /// A whole number, also as text.
    Number,
    /// A whole number of this range, also as text.
    Range(i64, i64),
    /// A truth, also as a number or as text.
    Flag,
    /// A day: `2026-11-01`.
    Date,
    /// Seconds since 1970, also as text.
    Seconds,
    /// A record.
    One(&'static Record),
    /// A list of records.
    List(&'static Record),
    /// Anything.
    Any,
}

/// A member of a record.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// As it is written.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Is a record without it no such record?
    pub required: bool,
}

/// The table of a record.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    /// As the format calls it.
    pub name: &'static str,
    /// Its members, in the order in which MISP writes them.
    pub fields: &'static [Field],
}

/// A view of the JSON of a record.
pub(crate) trait View<'e> {
    fn of(members: &'e Members<'static>) -> Self;
}

pub(crate) fn text<'e>(members: &'e Members<'static>, name: &str) -> Option<&'e str> {
    members.get(name).and_then(Json::as_str)
}

pub(crate) fn number(json: &Json<'_>) -> Option<i64> {
    json.as_integer().or_else(|| json.as_str()?.trim().parse().ok())
}

pub(crate) fn flag(json: &Json<'_>) -> Option<bool> {
    match json {
        Json::Bool(value) => Some(*value),
        Json::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Json::String(text) if text.eq_ignore_ascii_case("false") || text.is_empty() => Some(false),
        other => match number(other)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        },
    }
}

pub(crate) fn list<'e, T: View<'e>>(members: &'e Members<'static>, name: &str) -> impl Iterator<Item = T> + use<'e, T> {
    let items = members.get(name).and_then(Json::as_list).unwrap_or_default();
    items.iter().filter_map(Json::as_object).map(T::of)
}

/// A record: its documentation, its name, and a line for each member.
macro_rules! record {
    (
        $(#[$doc:meta])*
        $Name:ident {
            $($(#[$field_doc:meta])* $getter:ident = $json:literal: $kind:ident $(($($argument:tt)*))? $($required:ident)?;)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $Name<'e>(&'e stix_model::json::Members<'static>);

        impl<'e> $crate::format::record::View<'e> for $Name<'e> {
            fn of(members: &'e stix_model::json::Members<'static>) -> Self {
                Self(members)
            }
        }

        impl<'e> $Name<'e> {
            /// The table of this record.
            pub const RECORD: &'static $crate::format::Record = {
                static RECORD: $crate::format::Record = $crate::format::Record {
                    name: stringify!($Name),
                    fields: &[$($crate::format::Field {
                        name: $json,
                        kind: record!(@kind $kind $(($($argument)*))?),
                        required: record!(@required $($required)?),
                    }),*],
                };
                &RECORD
            };

            /// Everything that it has, in the order in which it was written.
            #[must_use]
            pub fn members(self) -> &'e stix_model::json::Members<'static> {
                self.0
            }

            $(record!(@getter $(#[$field_doc])* $getter $json $kind $(($($argument)*))?);)*
        }
    };
    (@required) => { false };
    (@required required) => { true };
    (@kind text) => { $crate::format::Kind::Text };
    (@kind uuid) => { $crate::format::Kind::Uuid };
    (@kind date) => { $crate::format::Kind::Date };
    (@kind seconds) => { $crate::format::Kind::Seconds };
    (@kind number) => { $crate::format::Kind::Number };
    (@kind number($low:literal, $high:literal)) => { $crate::format::Kind::Range($low, $high) };
    (@kind flag) => { $crate::format::Kind::Flag };
    (@kind one($Type:ident)) => { $crate::format::Kind::One($Type::RECORD) };
    (@kind list($Type:ident)) => { $crate::format::Kind::List($Type::RECORD) };
    (@kind any) => { $crate::format::Kind::Any };
    (@getter $(#[$doc:meta])* $getter:ident $json:literal number $(($($argument:tt)*))?) => {
        $(#[$doc])*
        #[must_use]
        pub fn $getter(self) -> Option<i64> {
            self.0.get($json).and_then($crate::format::record::number)
        }
    };
    (@getter $(#[$doc:meta])* $getter:ident $json:literal seconds) => {
        record!(@getter $(#[$doc])* $getter $json number);
    };
    (@getter $(#[$doc:meta])* $getter:ident $json:literal flag) => {
        $(#[$doc])*
        #[must_use]
        pub fn $getter(self) -> Option<bool> {
            self.0.get($json).and_then($crate::format::record::flag)
        }
    };
    (@getter $(#[$doc:meta])* $getter:ident $json:literal one($Type:ident)) => {
        $(#[$doc])*
        #[must_use]
        pub fn $getter(self) -> Option<$Type<'e>> {
            let members = self.0.get($json).and_then(stix_model::json::Json::as_object)?;
            Some($crate::format::record::View::of(members))
        }
    };
    (@getter $(#[$doc:meta])* $getter:ident $json:literal list($Type:ident)) => {
        $(#[$doc])*
        pub fn $getter(self) -> impl Iterator<Item = $Type<'e>> + use<'e> {
            $crate::format::record::list(self.0, $json)
        }
    };
    (@getter $(#[$doc:meta])* $getter:ident $json:literal any) => {
        $(#[$doc])*
        #[must_use]
        pub fn $getter(self) -> Option<&'e stix_model::json::Json<'static>> {
            self.0.get($json)
        }
    };
    (@getter $(#[$doc:meta])* $getter:ident $json:literal $text:ident) => {
        $(#[$doc])*
        #[must_use]
        pub fn $getter(self) -> Option<&'e str> {
            $crate::format::record::text(self.0, $json)
        }
    };
}
