use crate::TypeClass;
use crate::vocabulary::GroupingContext;

object_table! {
    /// Objects that have something in common, without the claim of a finished report.
    Grouping = "grouping", Role::Object(TypeClass::Domain), "4.4";
    properties {
        /// What the grouping is called.
        name [string];
        /// What it is for.
        description [string];
        /// What the objects have in common.
        context (required) [GroupingContext];
        /// The objects, of any type.
        object_refs (required) [list reference(any)];
    }
}
