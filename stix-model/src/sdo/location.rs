use crate::TypeClass;
use crate::vocabulary::Region;

object_table! {
    /// A place: a region, a country or a point, with what narrows it down.
    ///
    /// ```
    /// use stix_model::sdo::Location;
    ///
    /// let island = Location::builder().name("Null Island").latitude(0.0).longitude(0.0).precision(1.0).build()?;
    /// assert_eq!(island.latitude(), Some(0.0));
    /// let error = Location::builder().latitude(0.0).build().unwrap_err();
    /// assert_eq!(error.findings[0].rule, "SDO-LOC-1");
    /// # Ok::<(), stix_model::Invalid>(())
    /// ```
    Location = "location", Role::Object(TypeClass::Domain), "4.10";
    properties {
        /// What the place is called.
        name [string];
        /// What is to be said about it.
        description [string];
        /// Degrees north of the equator, from -90 to 90 (WGS 84). Only together with `longitude`.
        latitude [float(-90.0, 90.0)];
        /// Degrees east of Greenwich, from -180 to 180 (WGS 84). Only together with `latitude`.
        longitude [float(-180.0, 180.0)];
        /// The radius in metres around the point within which the place lies. Only together with the point.
        precision [float];
        /// The region of the world.
        region [Region];
        /// The country, as a code of two letters (ISO 3166-1).
        country [string];
        /// The state, province or the like, as a code (ISO 3166-2).
        administrative_area [string];
        /// The city.
        city [string];
        /// The street and the number.
        street_address [string];
        /// The postal code.
        postal_code [string];
    }
    constraints {
        "SDO-LOC-1": Demand::AnyGroup(&[&["region"], &["country"], &["latitude", "longitude"]]);
        "SDO-LOC-2": Demand::Needs("latitude", &["longitude"]);
        "SDO-LOC-2": Demand::Needs("longitude", &["latitude"]);
        "SDO-LOC-3": Demand::Needs("precision", &["latitude", "longitude"]);
    }
}
