use super::Org;

record! {
    /// Somebody has seen an attribute, takes it for a false positive, or for expired.
    Sighting {
        /// Of the instance that it comes from.
        id = "id": number;
        /// Its name everywhere.
        uuid = "uuid": uuid;
        /// When.
        date_sighting = "date_sighting": seconds;
        /// With what, or where.
        source = "source": text;
        /// 0 seen, 1 false positive, 2 expiration.
        kind = "type": number(0, 2);
        /// Whose it is.
        organisation = "Organisation": one(Org);
        /// Of the attribute.
        attribute_uuid = "attribute_uuid": uuid;
    }
}
