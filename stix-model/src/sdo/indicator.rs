use crate::TypeClass;
use crate::nested::KillChainPhase;
use crate::vocabulary::{IndicatorType, PatternType};

object_table! {
    /// A pattern by which suspicious or malicious activity can be detected.
    ///
    /// ```
    /// use stix_model::sdo::Indicator;
    /// use stix_model::StixObject;
    ///
    /// let indicator = Indicator::builder()
    ///     .name("Address of a control server")
    ///     .description("Seen in traffic of several sites")
    ///     .pattern("[ipv4-addr:value = '198.51.100.3']")
    ///     .pattern_type("stix")
    ///     .valid_from("2026-01-01T00:00:00Z")
    ///     .build()?;
    /// assert_eq!(indicator.id().object_type(), "indicator");
    /// # Ok::<(), stix_model::Invalid>(())
    /// ```
    Indicator = "indicator", Role::Object(TypeClass::Domain), "4.7";
    properties {
        /// What the indicator is called.
        name [string];
        /// What it detects and why that matters.
        description [string];
        /// What kinds of activity it points to.
        indicator_types [list IndicatorType];
        /// The detection pattern, in the language that `pattern_type` names.
        pattern (required) [string];
        /// The language of the pattern.
        pattern_type (required) [PatternType];
        /// The version of that language.
        pattern_version [string];
        /// From when on the indicator is worth looking for.
        valid_from (required) [timestamp];
        /// Until when, exclusively; absent means without end.
        valid_until [timestamp];
        /// The kill chain phases that the activity belongs to.
        kill_chain_phases [list KillChainPhase];
    }
    constraints { "SDO-IND-3": Demand::Before("valid_from", "valid_until"); }
}
