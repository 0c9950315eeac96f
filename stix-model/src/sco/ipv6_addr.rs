use crate::TypeClass;

object_table! {
    /// One IPv6 address, or a block of them.
    Ipv6Addr = "ipv6-addr", Role::Object(TypeClass::Observable), "6.9";
    properties {
        /// The address, or a block in CIDR notation. It is never rewritten: the identifier depends on it.
        value (required) [string];
        /// The hardware addresses that it resolved to.
        resolves_to_refs [list reference("mac-addr")];
        /// The autonomous systems that it belongs to.
        belongs_to_refs [list reference("autonomous-system")];
    }
    contributing ["value"]
}
