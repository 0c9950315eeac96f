use crate::TypeClass;

object_table! {
    /// A link from one domain or cyber-observable object to another: this malware uses that tool.
    ///
    /// ```
    /// use stix_model::StixObject;
    /// use stix_model::sdo::{Malware, Tool};
    /// use stix_model::sro::Relationship;
    ///
    /// let malware = Malware::builder().is_family(false).build()?;
    /// let tool = Tool::builder().name("nmap").build()?;
    /// let uses = Relationship::builder()
    ///     .source_ref(malware.id())
    ///     .relationship_type("uses")
    ///     .target_ref(tool.id())
    ///     .build()?;
    /// assert_eq!(uses.target_ref(), tool.id());
    /// # Ok::<(), stix_model::Invalid>(())
    /// ```
    Relationship = "relationship", Role::Object(TypeClass::Relationship), "5.1";
    properties {
        /// What the link says, in characters a-z, 0-9 and `-`: `uses`, `indicates`. The standard names the usual ones.
        relationship_type (required) [string];
        /// What is to be said about it.
        description [string];
        /// Where the link starts.
        source_ref (required) [reference(end)];
        /// Where the link leads.
        target_ref (required) [reference(end)];
        /// From when on the link holds, as far as is known.
        start_time [timestamp];
        /// Until when it holds. Later than `start_time`.
        stop_time [timestamp];
    }
    constraints { "SRO-REL-2": Demand::Before("start_time", "stop_time"); }
}
