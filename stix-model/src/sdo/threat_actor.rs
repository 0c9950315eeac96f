use crate::TypeClass;
use crate::vocabulary::{
    AttackMotivation, AttackResourceLevel, ThreatActorRole, ThreatActorSophistication, ThreatActorType,
};

object_table! {
    /// A person, a group or an organization that means harm.
    ThreatActor = "threat-actor", Role::Object(TypeClass::Domain), "4.17";
    properties {
        /// What the threat actor is called.
        name (required) [string];
        /// What is known about it.
        description [string];
        /// What kinds of threat actor it is.
        threat_actor_types [list ThreatActorType];
        /// What else it is called.
        aliases [list string];
        /// When it was first seen.
        first_seen [timestamp];
        /// When it was last seen. Not earlier than `first_seen`.
        last_seen [timestamp];
        /// The parts that it plays.
        roles [list ThreatActorRole];
        /// What it wants, in prose.
        goals [list string];
        /// How skilled it is.
        sophistication [ThreatActorSophistication];
        /// How large its means are.
        resource_level [AttackResourceLevel];
        /// The main reason why it attacks.
        primary_motivation [AttackMotivation];
        /// Other reasons, in no order.
        secondary_motivations [list AttackMotivation];
        /// The reasons of the persons in it, apart from those of the whole.
        personal_motivations [list AttackMotivation];
    }
    constraints { "SDO-TA-1": Demand::NotAfter("first_seen", "last_seen"); }
}
