use crate::TypeClass;
use crate::nested::KillChainPhase;
use crate::vocabulary::InfrastructureType;

object_table! {
    /// Systems and services that serve a purpose, in an attack or in a defence: a botnet, a phishing site.
    Infrastructure = "infrastructure", Role::Object(TypeClass::Domain), "4.8";
    properties {
        /// What the infrastructure is called.
        name (required) [string];
        /// What it consists of and how it is used.
        description [string];
        /// What it is used for.
        infrastructure_types [list InfrastructureType];
        /// What else it is called.
        aliases [list string];
        /// The kill chain phases in which it is used.
        kill_chain_phases [list KillChainPhase];
        /// When it was first seen doing harm.
        first_seen [timestamp];
        /// When it was last seen doing harm. Not earlier than `first_seen`.
        last_seen [timestamp];
    }
    constraints { "SDO-INF-1": Demand::NotAfter("first_seen", "last_seen"); }
}
