use crate::TypeClass;

object_table! {
    /// Something that happened. This edition leaves all but the name to extensions.
    Incident = "incident", Role::Object(TypeClass::Domain), "4.6";
    properties {
        /// What the incident is called.
        name (required) [string];
        /// What happened.
        description [string];
    }
}
