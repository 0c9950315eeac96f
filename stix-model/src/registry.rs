//! Object types beyond the standard's, as their users declare them (STIX 2.1 §7.3, §11.2).

use std::collections::BTreeMap;

use crate::TypeClass;
use crate::object::object_type;

/// Object types that are not the standard's.
///
/// ```
/// use stix_model::{Registry, TypeClass};
///
/// let mut types = Registry::default();
/// types.add("x-acme-sensor", TypeClass::Observable, &["serial"])?;
/// assert!(types.add("indicator", TypeClass::Domain, &[]).is_err());
/// # Ok::<(), stix_model::Taken>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registry(BTreeMap<String, Declared>);

/// What is known of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Its class decides which common properties it has.
    pub class: TypeClass,
    /// For observables: the properties that make the deterministic identifier.
    pub contributing: Vec<String>,
}

/// The name is the standard's, declared already, or none that an object type can have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} cannot be declared: it is a type of the standard, declared already, or not 3 to 250 characters a-z, 0-9 and '-'"
)]
pub struct Taken(pub String);

impl Registry {
    /// Declares a type.
    ///
    /// # Errors
    /// [`Taken`]: a type is declared once, and those of the standard cannot be.
    pub fn add(&mut self, name: &str, class: TypeClass, contributing: &[&str]) -> Result<(), Taken> {
        let taken = object_type(name).is_some() || self.0.contains_key(name) || !crate::identifier::is_type_name(name);
        if taken {
            return Err(Taken(name.to_owned()));
        }
        let contributing = contributing.iter().map(|&name| name.to_owned()).collect();
        self.0.insert(name.to_owned(), Declared { class, contributing });
        Ok(())
    }

    /// What has been declared of a type.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Declared> {
        self.0.get(name)
    }
}
