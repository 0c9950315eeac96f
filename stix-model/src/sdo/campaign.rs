use crate::TypeClass;

object_table! {
    /// A series of attacks over some time against the same kind of targets, with one aim.
    Campaign = "campaign", Role::Object(TypeClass::Domain), "4.2";
    properties {
        /// What the campaign is called.
        name (required) [string];
        /// What happens in it, and to what end.
        description [string];
        /// What else it is called.
        aliases [list string];
        /// When it was first seen. New sightings can move it back.
        first_seen [timestamp];
        /// When it was last seen. Not earlier than `first_seen`.
        last_seen [timestamp];
        /// What the attackers want to achieve.
        objective [string];
    }
    constraints { "SDO-CAM-1": Demand::NotAfter("first_seen", "last_seen"); }
}
