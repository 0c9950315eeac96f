use crate::TypeClass;
use crate::nested::KillChainPhase;
use crate::vocabulary::ToolType;

object_table! {
    /// Legitimate software that attackers use: a port scanner, a remote desktop. Malware is none.
    Tool = "tool", Role::Object(TypeClass::Domain), "4.18";
    properties {
        /// What the tool is called.
        name (required) [string];
        /// What it does and how attackers use it.
        description [string];
        /// What it is for.
        tool_types [list ToolType];
        /// What else it is called.
        aliases [list string];
        /// The kill chain phases in which it is used.
        kill_chain_phases [list KillChainPhase];
        /// Its version.
        tool_version [string];
    }
}
