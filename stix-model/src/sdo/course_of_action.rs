use crate::TypeClass;

object_table! {
    /// What to do against an attack, before or after it. This edition can only say it in prose.
    CourseOfAction = "course-of-action", Role::Object(TypeClass::Domain), "4.3";
    properties {
        /// What the measure is called.
        name (required) [string];
        /// What is to be done.
        description [string];
    }
    constraints { "SDO-COA-1": Demand::Reserved("action"); }
}
