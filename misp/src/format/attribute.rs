use super::{AnalystNote, AnalystOpinion, AnalystRelationship, EventTag, Galaxy, Org, SharingGroup, Sighting, Tag};

record! {
    /// A single fact: a category, a type and a value.
    Attribute {
        /// Of the instance that it comes from.
        id = "id": number;
        /// What the value is: `ip-dst`, `filename|md5`.
        attribute_type = "type": text required;
        /// What the fact is about: `Network activity`.
        category = "category": text;
        /// Is it good for detection?
        to_ids = "to_ids": flag;
        /// Its name everywhere.
        uuid = "uuid": uuid;
        /// Of the event, on the instance that it comes from.
        event_id = "event_id": number;
        /// How far it may be passed on; 5 as the event.
        distribution = "distribution": number(0, 5);
        /// When it was last changed.
        timestamp = "timestamp": seconds;
        /// Words about it.
        comment = "comment": text;
        /// Of the sharing group, on the instance that it comes from.
        sharing_group_id = "sharing_group_id": number;
        /// Was it deleted?
        deleted = "deleted": flag;
        /// Is it left out when events are compared?
        disable_correlation = "disable_correlation": flag;
        /// Of the object that it is part of, on the instance that it comes from.
        object_id = "object_id": number;
        /// What it is to the object that it is part of.
        object_relation = "object_relation": text;
        /// When it was first seen.
        first_seen = "first_seen": text;
        /// When it was last seen.
        last_seen = "last_seen": text;
        /// The fact. Composite ones have a vertical bar.
        value = "value": text required;
        /// A file, in Base64.
        data = "data": text;
        /// The sharing group.
        sharing_group = "SharingGroup": one(SharingGroup);
        /// What galaxies know about it.
        galaxies = "Galaxy": list(Galaxy);
        /// Proposals to change it.
        proposals = "ShadowAttribute": list(ShadowAttribute);
        /// Its tags.
        tags = "Tag": list(Tag);
        /// Its tags in another form.
        attribute_tags = "AttributeTag": list(EventTag);
        /// Who has seen it.
        sightings = "Sighting": list(Sighting);
        /// Remarks of analysts.
        notes = "Note": list(AnalystNote);
        /// Judgements of analysts.
        opinions = "Opinion": list(AnalystOpinion);
        /// Connections by analysts.
        relationships = "Relationship": list(AnalystRelationship);
    }
}

record! {
    /// A proposal to add or to change an attribute.
    ShadowAttribute {
        /// Of the instance that it comes from.
        id = "id": number;
        /// What the value is.
        attribute_type = "type": text;
        /// What the fact is about.
        category = "category": text;
        /// Is it good for detection?
        to_ids = "to_ids": flag;
        /// Its name everywhere.
        uuid = "uuid": uuid;
        /// Of the attribute that it would change, on the instance that it comes from.
        old_id = "old_id": number;
        /// When it was made.
        timestamp = "timestamp": seconds;
        /// Words about it.
        comment = "comment": text;
        /// Does it propose to delete?
        proposal_to_delete = "proposal_to_delete": flag;
        /// Was it deleted itself?
        deleted = "deleted": flag;
        /// The fact.
        value = "value": text;
        /// Who proposes it.
        org = "Org": one(Org);
    }
}
