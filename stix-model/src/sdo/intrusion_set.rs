use crate::TypeClass;
use crate::vocabulary::{AttackMotivation, AttackResourceLevel};

object_table! {
    /// Attacks and means of attack that look like the work of one organization, known or not.
    IntrusionSet = "intrusion-set", Role::Object(TypeClass::Domain), "4.9";
    properties {
        /// What the intrusion set is called.
        name (required) [string];
        /// What marks it out.
        description [string];
        /// What else it is called.
        aliases [list string];
        /// When it was first seen. New sightings can move it back.
        first_seen [timestamp];
        /// When it was last seen. Not earlier than `first_seen`.
        last_seen [timestamp];
        /// What those behind it want, in prose.
        goals [list string];
        /// How large their means are.
        resource_level [AttackResourceLevel];
        /// The main reason why they attack.
        primary_motivation [AttackMotivation];
        /// Other reasons, in no order.
        secondary_motivations [list AttackMotivation];
    }
    constraints { "SDO-IS-1": Demand::NotAfter("first_seen", "last_seen"); }
}
