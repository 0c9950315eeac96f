use crate::TypeClass;

object_table! {
    /// A software product.
    Software = "software", Role::Object(TypeClass::Observable), "6.14";
    properties {
        /// What it is called.
        name (required) [string];
        /// Its entry in the Common Platform Enumeration, as a formatted string of version 2.3.
        cpe [string];
        /// The identifier of its software identification tag.
        swid [string];
        /// The languages that it supports.
        languages [list string];
        /// Who made it.
        vendor [string];
        /// Its version.
        version [string];
    }
    contributing ["name", "cpe", "swid", "vendor", "version"]
}
