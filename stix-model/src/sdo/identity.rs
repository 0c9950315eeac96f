use crate::TypeClass;
use crate::vocabulary::{IdentityClass, IndustrySector};

object_table! {
    /// A person, an organization, a system, or a class of these: who makes objects, and who is attacked.
    ///
    /// ```
    /// use stix_model::StixObject;
    /// use stix_model::sdo::{Identity, Tool};
    ///
    /// let acme = Identity::builder().name("ACME").identity_class("organization").sectors(["energy"]).build()?;
    /// let tool = Tool::builder().name("nmap").created_by_ref(acme.id()).build()?;
    /// assert_eq!(tool.created_by_ref(), Some(acme.id()));
    /// # Ok::<(), stix_model::Invalid>(())
    /// ```
    Identity = "identity", Role::Object(TypeClass::Domain), "4.5";
    properties {
        /// What the person, organization or system is called.
        name (required) [string];
        /// Who or what it is.
        description [string];
        /// The parts that it plays: `CEO`, `domain administrator`. There is no vocabulary for them.
        roles [list string];
        /// What kind of entity it is.
        identity_class [IdentityClass];
        /// The sectors of industry that it belongs to.
        sectors [list IndustrySector];
        /// How to reach it: an address, a phone number, in any form.
        contact_information [string];
    }
}
