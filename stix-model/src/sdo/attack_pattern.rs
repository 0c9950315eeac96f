use crate::TypeClass;
use crate::nested::KillChainPhase;

object_table! {
    /// A way in which attackers go about it: spear phishing, say.
    ///
    /// Catalogues of such ways, as CAPEC and ATT&CK, are named in `external_references`.
    AttackPattern = "attack-pattern", Role::Object(TypeClass::Domain), "4.1";
    properties {
        /// What the attack pattern is called.
        name (required) [string];
        /// What attackers do, and what for.
        description [string];
        /// What else it is called.
        aliases [list string];
        /// The kill chain phases in which it is used.
        kill_chain_phases [list KillChainPhase];
    }
}
