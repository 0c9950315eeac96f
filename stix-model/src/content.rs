//! What markings and versions work on: objects of every kind, as their members.

use std::collections::HashMap;

use crate::json::{Json, Members};
use crate::object::{CustomObject, MalformedObject, Object, StixObject};
use crate::validate::{self, Options};
use crate::{Finding, Invalid, Severity};

/// An object in any of its forms: typed, of any type, or its bare members.
pub trait Content: Sized {
    /// Its members.
    fn content(&self) -> &Members<'static>;

    /// The same kind of object with other members.
    ///
    /// # Errors
    /// A typed object lacks what its type requires.
    fn from_content(members: Members<'static>) -> Result<Self, Invalid>;
}

impl<T: StixObject> Content for T {
    fn content(&self) -> &Members<'static> {
        self.members()
    }

    fn from_content(members: Members<'static>) -> Result<Self, Invalid> {
        crate::object::typed(Json::Object(members))
    }
}

macro_rules! content {
    ($($Type:ty: $members:expr, $from:expr;)*) => {$(
        impl Content for $Type {
            fn content(&self) -> &Members<'static> {
                let members: fn(&Self) -> &Members<'static> = $members;
                members(self)
            }

            fn from_content(members: Members<'static>) -> Result<Self, Invalid> {
                let from: fn(Members<'static>) -> Self = $from;
                Ok(from(members))
            }
        }
    )*};
}

content! {
    Object: Object::members, Object::from_members;
    CustomObject: CustomObject::members, CustomObject;
    MalformedObject: MalformedObject::members, MalformedObject;
    Members<'static>: |members| members, |members| members;
}

/// The errors of `after` that `before` does not have. Of a list, items may have moved.
pub(crate) fn new_errors(before: &Members<'_>, after: &Members<'_>) -> Vec<Finding> {
    let options = Options::default();
    let errors = |object| {
        let findings = validate::members(object, &options).into_iter();
        findings.filter(|finding| finding.severity == Severity::Error)
    };
    let mut known: HashMap<_, usize> = HashMap::new();
    for finding in errors(before) {
        *known.entry(key(&finding)).or_default() += 1;
    }
    let is_new = |finding: &Finding| match known.get_mut(&key(finding)) {
        Some(left) if *left > 0 => {
            *left -= 1;
            false
        }
        _ => true,
    };
    errors(after).filter(is_new).collect()
}

/// What makes two findings the same: not the index of an item.
fn key(finding: &Finding) -> (&'static str, String, String) {
    let is_index = |step: &str| !step.is_empty() && step.bytes().all(|c| c.is_ascii_digit());
    let steps: Vec<_> = finding.pointer.split('/').map(|step| if is_index(step) { "*" } else { step }).collect();
    (finding.rule, steps.join("/"), finding.expected.to_string())
}

/// The value of a member that is text.
pub(crate) fn text<'m>(members: &'m Members<'_>, name: &str) -> Option<&'m str> {
    members.get(name)?.as_str()
}
