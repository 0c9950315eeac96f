use crate::TypeClass;

object_table! {
    /// A URL.
    Url = "url", Role::Object(TypeClass::Observable), "6.15";
    properties {
        /// The URL as it was observed. It is never rewritten: the identifier depends on it.
        value (required) [string];
    }
    contributing ["value"]
}
