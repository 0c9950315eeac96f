//! What analysts say about parts of events.

record! {
    /// A remark.
    AnalystNote {
        /// Its name everywhere.
        uuid = "uuid": uuid;
        /// Of what it is about.
        object_uuid = "object_uuid": uuid;
        /// The kind of what it is about.
        object_type = "object_type": text;
        /// Who wrote it.
        authors = "authors": text;
        /// How far it may be passed on.
        distribution = "distribution": number(0, 5);
        /// Its words.
        note = "note": text;
        /// The language of these.
        language = "language": text;
    }
}

record! {
    /// A judgement from 0 to 100.
    AnalystOpinion {
        /// Its name everywhere.
        uuid = "uuid": uuid;
        /// Of what it is about.
        object_uuid = "object_uuid": uuid;
        /// The kind of what it is about.
        object_type = "object_type": text;
        /// Who wrote it.
        authors = "authors": text;
        /// How far it may be passed on.
        distribution = "distribution": number(0, 5);
        /// How far it is agreed with.
        opinion = "opinion": number;
        /// Why.
        comment = "comment": text;
    }
}

record! {
    /// A connection to something else, also of another event.
    AnalystRelationship {
        /// Its name everywhere.
        uuid = "uuid": uuid;
        /// Of where it begins.
        object_uuid = "object_uuid": uuid;
        /// The kind of where it begins.
        object_type = "object_type": text;
        /// How far it may be passed on.
        distribution = "distribution": number(0, 5);
        /// Of where it leads.
        related_object_uuid = "related_object_uuid": uuid;
        /// The kind of where it leads.
        related_object_type = "related_object_type": text;
        /// How the one relates to the other.
        relationship_type = "relationship_type": text;
    }
}
