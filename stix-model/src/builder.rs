use std::marker::PhantomData;

use crate::json::{Json, Members};
use crate::object::{Extension, StixObject, typed};
use crate::property::Shape;
use crate::table::Table;
use crate::validate::{self, Profile};
use crate::value::IntoValue;
use crate::{Identifier, Invalid, Timestamp};

/// Builds an object step by step and checks it at the end.
///
/// A later call replaces what an earlier one set. Properties that no table knows are set with [`Builder::set`].
#[derive(Clone, Debug)]
pub struct Builder<T> {
    pub(crate) members: Members<'static>,
    target: PhantomData<T>,
}

impl<T: Table> Builder<T> {
    pub(crate) fn from_members(members: Members<'static>) -> Self {
        Self { members, target: PhantomData }
    }

    /// Sets any property, also one that no table knows.
    ///
    /// ```
    /// use stix_model::{sdo::Tool, StixObject, Table};
    ///
    /// let tool = Tool::builder().name("nmap").set("x_acme_rank", 7_i64).build()?;
    /// assert_eq!(tool.members().get("x_acme_rank").and_then(|rank| rank.as_integer()), Some(7));
    /// # Ok::<(), stix_model::Invalid>(())
    /// ```
    #[must_use]
    pub fn set(mut self, name: &'static str, value: impl Into<Json<'static>>) -> Self {
        self.members.insert(name, value.into());
        self
    }

    /// Removes a property.
    #[must_use]
    pub fn unset(mut self, name: &str) -> Self {
        self.members.remove(name);
        self
    }

    pub(crate) fn put<V>(mut self, name: &'static str, value: impl IntoValue<V>) -> Self {
        self.members.insert(name, value.into_json());
        self
    }
}

pub(crate) fn blank<T: Table>() -> Builder<T> {
    Builder::from_members(Members::new())
}

macro_rules! common_setters {
    ($($(#[doc = $doc:literal])* $name:ident: $type:ty;)*) => {$(
        $(#[doc = $doc])*
        #[must_use]
        pub fn $name(self, value: impl IntoValue<$type>) -> Self {
            self.put(stringify!($name), value)
        }
    )*};
}

/// Properties that objects have in common. One that the type does not have is an error when it is built.
impl<T: StixObject> Builder<T> {
    common_setters! {
        /// Gives the object a name of your own instead of a new one.
        id: Identifier;
        /// The identity that makes the object.
        created_by_ref: Identifier;
        /// When the first version was made, if not now.
        created: Timestamp;
        /// When this version was made, if not with the first.
        modified: Timestamp;
        /// Is it withdrawn?
        revoked: bool;
        /// Words that describe it.
        labels: Vec<String>;
        /// How sure you are, from 0 to 100.
        confidence: i64;
        /// The language of its text.
        lang: String;
        /// Where else it is described.
        external_references: Vec<crate::nested::ExternalReference>;
        /// The markings of the whole object.
        object_marking_refs: Vec<Identifier>;
        /// The markings of parts of it.
        granular_markings: Vec<crate::nested::GranularMarking>;
        /// Has it been altered so that it can do no harm?
        defanged: bool;
    }

    /// Adds an extension, or replaces the one with the same key.
    #[must_use]
    #[allow(clippy::needless_pass_by_value, reason = "a builder takes what it is given")]
    pub fn extension<E: Extension>(mut self, extension: E) -> Self {
        let text = serde_json::to_string(&extension).unwrap_or_default();
        let value = Json::parse(&text).map_or(Json::Null, Json::into_owned);
        let mut extensions = match self.members.remove("extensions") {
            Some(Json::Object(extensions)) => extensions,
            _ => Members::new(),
        };
        extensions.insert(E::KEY, value);
        self.members.insert("extensions", Json::Object(extensions));
        self
    }

    /// Completes and checks the object.
    ///
    /// What is not set is filled in: `type`; `spec_version`; a random `id`, or for observables the deterministic one
    /// (§2.9); `created` and `modified` with the present time, if the type has them.
    ///
    /// # Errors
    /// Everything about the object that the standard forbids.
    pub fn build(self) -> Result<T, Invalid> {
        let members = self.complete();
        let options = validate::Options { profile: Profile::Default, ..Default::default() };
        let findings = validate::members(&members, &options);
        Invalid::unless_valid(findings)?;
        typed(Json::Object(members))
    }

    /// Completes the object and checks only what its type stands for: that required properties are there.
    ///
    /// # Errors
    /// A required property is missing or malformed.
    pub fn build_unchecked(self) -> Result<T, Invalid> {
        typed(Json::Object(self.complete()))
    }

    /// Fills in what is not set, and puts common properties first.
    fn complete(self) -> Members<'static> {
        let mut given = self.members;
        let shape = T::SHAPE;
        given.insert("type", Json::from(shape.name));
        if shape.property("spec_version").is_some() && !given.contains("spec_version") {
            given.insert("spec_version", Json::from("2.1"));
        }
        let now = Timestamp::from(chrono::Utc::now());
        for name in ["created", "modified"] {
            if shape.property(name).is_some() && !given.contains(name) {
                let instant = given.get("created").and_then(Json::as_str).unwrap_or(now.as_str()).to_owned();
                given.insert(name, Json::from(instant));
            }
        }
        if !given.contains("id") {
            let id = crate::deterministic::name_of(shape, &given);
            given.insert("id", Json::from(id.as_str().to_owned()));
        }
        in_table_order(shape, given)
    }
}

/// Members in the order of the table, then the others as they were.
fn in_table_order(shape: &Shape, mut given: Members<'static>) -> Members<'static> {
    let known = shape.rows().filter_map(|row| given.remove(row.name).map(|value| (row.name, value)));
    let mut members: Members<'static> = known.collect();
    for (name, value) in given {
        members.insert(name, value);
    }
    members
}
