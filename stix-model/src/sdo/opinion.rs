use crate::TypeClass;
use crate::vocabulary::OpinionValue;

object_table! {
    /// How far somebody agrees with what objects say, mostly those of other creators.
    Opinion = "opinion", Role::Object(TypeClass::Domain), "4.15";
    properties {
        /// Why somebody thinks so.
        explanation [string];
        /// Who thinks so, by name.
        authors [list string];
        /// How far they agree.
        opinion (required) [OpinionValue];
        /// What it is about: objects of any type.
        object_refs (required) [list reference(any)];
    }
}
