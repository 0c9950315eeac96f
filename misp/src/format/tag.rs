record! {
    /// A word about something, often of a taxonomy: `tlp:amber`, `admiralty-scale:source-reliability="b"`.
    Tag {
        /// Of the instance that it comes from.
        id = "id": number;
        /// The tag itself.
        name = "name": text required;
        /// As it is shown: `#ffc000`.
        colour = "colour": text;
        /// Is it passed on?
        exportable = "exportable": flag;
        /// Is it of this instance alone?
        local = "local": flag;
        /// A number that goes with it.
        numerical_value = "numerical_value": number;
        /// How the tagged relates to what the tag means.
        relationship_type = "relationship_type": text;
    }
}
