extension_table! {
    /// What only files on NTFS have.
    NtfsExt = "ntfs-ext", Role::Extension(&["file"]), "6.7.3";
    properties {
        /// The security identifier of the file.
        sid [string];
        /// Its data streams besides the main one.
        alternate_data_streams [list AlternateDataStream];
    }
    constraints { "SCO-FILE-NTFS-1": Demand::AnyBesides(&[]); }
}

nested_table! {
    /// A data stream of a file on NTFS, besides the main one.
    AlternateDataStream = "alternate-data-stream", Role::Nested, "6.7.3";
    properties {
        /// Its name.
        name (required) [string];
        /// Hashes of its content.
        hashes [hashes];
        /// How many bytes it has.
        size [natural];
    }
}
