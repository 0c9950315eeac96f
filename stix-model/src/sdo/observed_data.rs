use crate::TypeClass;

object_table! {
    /// What was seen on systems and networks, as facts: a connection, a file, how often and when.
    ///
    /// ```
    /// use stix_model::StixObject;
    /// use stix_model::sco::Ipv4Addr;
    /// use stix_model::sdo::ObservedData;
    ///
    /// let address = Ipv4Addr::builder().value("198.51.100.3").build()?;
    /// let seen = ObservedData::builder()
    ///     .first_observed("2026-01-01T00:00:00Z")
    ///     .last_observed("2026-01-02T00:00:00Z")
    ///     .number_observed(50)
    ///     .object_refs([address.id()])
    ///     .build()?;
    /// assert_eq!(seen.object_refs(), Some(vec![address.id()]));
    /// # Ok::<(), stix_model::Invalid>(())
    /// ```
    ObservedData = "observed-data", Role::Object(TypeClass::Domain), "4.14";
    properties {
        /// When it was first seen.
        first_observed (required) [timestamp];
        /// When it was last seen. Not earlier than `first_observed`.
        last_observed (required) [timestamp];
        /// How often it was seen in that time, from 1 to 999 999 999.
        number_observed (required) [integer(1, 999_999_999)];
        /// The observables, under keys of this object. Deprecated: `object_refs` takes its place.
        objects [observables];
        /// The observables, and the relationships between them.
        object_refs [list reference(observed)];
    }
    constraints {
        "SDO-OD-1": Demand::NotAfter("first_observed", "last_observed");
        "SDO-OD-2": Demand::OneOf(&["objects", "object_refs"]);
    }
}
