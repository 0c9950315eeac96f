use crate::TypeClass;

object_table! {
    /// A name in the domain name system.
    DomainName = "domain-name", Role::Object(TypeClass::Observable), "6.4";
    properties {
        /// The name.
        value (required) [string];
        /// The addresses and names that it resolved to.
        resolves_to_refs [list reference("ipv4-addr" | "ipv6-addr" | "domain-name")];
    }
    contributing ["value"]
}
