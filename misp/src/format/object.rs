use super::{AnalystNote, AnalystOpinion, AnalystRelationship, Attribute, SharingGroup};

record! {
    /// Attributes that belong together, by a template.
    Object {
        /// Of the instance that it comes from.
        id = "id": number;
        /// Of the template: `file`.
        name = "name": text required;
        /// What it is about, in one word.
        meta_category = "meta-category": text;
        /// What the template is for.
        description = "description": text;
        /// Of the template.
        template_uuid = "template_uuid": uuid;
        /// Of the template.
        template_version = "template_version": number;
        /// Of the event, on the instance that it comes from.
        event_id = "event_id": number;
        /// Its name everywhere.
        uuid = "uuid": uuid;
        /// When it was last changed.
        timestamp = "timestamp": seconds;
        /// How far it may be passed on; 5 as the event.
        distribution = "distribution": number(0, 5);
        /// Of the sharing group, on the instance that it comes from.
        sharing_group_id = "sharing_group_id": number;
        /// Words about it.
        comment = "comment": text;
        /// Was it deleted?
        deleted = "deleted": flag;
        /// When it was first seen.
        first_seen = "first_seen": text;
        /// When it was last seen.
        last_seen = "last_seen": text;
        /// The sharing group.
        sharing_group = "SharingGroup": one(SharingGroup);
        /// Where it leads.
        references = "ObjectReference": list(ObjectReference);
        /// Its parts.
        attributes = "Attribute": list(Attribute);
        /// Remarks of analysts.
        notes = "Note": list(AnalystNote);
        /// Judgements of analysts.
        opinions = "Opinion": list(AnalystOpinion);
        /// Connections by analysts.
        relationships = "Relationship": list(AnalystRelationship);
    }
}

record! {
    /// A connection from an object to an object or attribute of the event.
    ObjectReference {
        /// Of the instance that it comes from.
        id = "id": number;
        /// Its name everywhere.
        uuid = "uuid": uuid;
        /// When it was last changed.
        timestamp = "timestamp": seconds;
        /// Of where it begins.
        object_uuid = "object_uuid": uuid;
        /// Of where it leads.
        referenced_uuid = "referenced_uuid": uuid;
        /// 0 to an attribute, 1 to an object.
        referenced_type = "referenced_type": number;
        /// How the one relates to the other.
        relationship_type = "relationship_type": text;
        /// Words about it.
        comment = "comment": text;
        /// Was it deleted?
        deleted = "deleted": flag;
    }
}
