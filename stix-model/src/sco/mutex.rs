use crate::TypeClass;

object_table! {
    /// A named lock of an operating system.
    Mutex = "mutex", Role::Object(TypeClass::Observable), "6.11";
    properties {
        /// The name of the lock.
        name (required) [string];
    }
    contributing ["name"]
}
