use crate::TypeClass;

object_table! {
    /// The hardware address of a network interface.
    MacAddr = "mac-addr", Role::Object(TypeClass::Observable), "6.10";
    properties {
        /// Six pairs of lowercase digits joined by colons: `d2:fb:49:24:37:18`.
        value (required) [string];
    }
    contributing ["value"]
}
