use crate::TypeClass;

object_table! {
    /// The claim that something was seen: what, where, when and how often.
    ///
    /// ```
    /// use stix_model::StixObject;
    /// use stix_model::sdo::{Identity, Tool};
    /// use stix_model::sro::Sighting;
    ///
    /// let acme = Identity::builder().name("ACME").build()?;
    /// let tool = Tool::builder().name("nmap").build()?;
    /// let sighting = Sighting::builder()
    ///     .sighting_of_ref(tool.id())
    ///     .where_sighted_refs([acme.id()])
    ///     .count(0) // looked for, and not seen
    ///     .build()?;
    /// assert_eq!(sighting.count(), Some(0));
    /// # Ok::<(), stix_model::Invalid>(())
    /// ```
    Sighting = "sighting", Role::Object(TypeClass::Relationship), "5.2";
    properties {
        /// What is to be said about the sighting.
        description [string];
        /// When it was first seen.
        first_seen [timestamp];
        /// When it was last seen. Not earlier than `first_seen`.
        last_seen [timestamp];
        /// How often it was seen, from 0 to 999 999 999; 0 means looked for and not seen.
        count [integer(0, 999_999_999)];
        /// What was seen: a domain object.
        sighting_of_ref (required) [reference(domain)];
        /// The raw data that show it.
        observed_data_refs [list reference("observed-data")];
        /// Who saw it, or where.
        where_sighted_refs [list reference("identity" | "location")];
        /// Does it sum up other sightings? If absent, it does not.
        summary [boolean];
    }
    constraints { "SRO-SIG-1": Demand::NotAfter("first_seen", "last_seen"); }
}
