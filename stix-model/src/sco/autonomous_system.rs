use crate::TypeClass;

object_table! {
    /// A network under one routing policy.
    AutonomousSystem = "autonomous-system", Role::Object(TypeClass::Observable), "6.2";
    properties {
        /// The number that the registry assigned.
        number (required) [natural];
        /// What it is called.
        name [string];
        /// The regional registry that assigned the number.
        rir [string];
    }
    contributing ["number"]
}
