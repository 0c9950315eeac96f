use super::{
    AnalystNote, AnalystOpinion, AnalystRelationship, Attribute, Galaxy, Object, Org, ShadowAttribute, SharingGroup,
    Tag,
};

record! {
    /// What belongs together: attributes and objects about one incident, campaign or report.
    Event {
        /// Of the instance that it comes from.
        id = "id": number;
        /// Of who has it here, on the instance that it comes from.
        org_id = "org_id": number;
        /// How far it may be passed on: 0 this organisation, 1 this community, 2 connected ones, 3 everybody, 4 a sharing group.
        distribution = "distribution": number(0, 5);
        /// What it is about.
        info = "info": text required;
        /// Of who made it, on the instance that it comes from.
        orgc_id = "orgc_id": number;
        /// Its name everywhere.
        uuid = "uuid": uuid;
        /// The day that it is about.
        date = "date": date;
        /// Is it published?
        published = "published": flag;
        /// How far the analysis has come: 0 begun, 1 under way, 2 completed.
        analysis = "analysis": number(0, 2);
        /// How many attributes there are.
        attribute_count = "attribute_count": number;
        /// When it was last changed.
        timestamp = "timestamp": seconds;
        /// Of the sharing group, on the instance that it comes from.
        sharing_group_id = "sharing_group_id": number;
        /// Are proposals by mail locked?
        proposal_email_lock = "proposal_email_lock": flag;
        /// Did it come from another instance?
        locked = "locked": flag;
        /// From 1, high, to 4, undefined.
        threat_level_id = "threat_level_id": number(1, 4);
        /// When it was last published.
        publish_timestamp = "publish_timestamp": seconds;
        /// Is it left out when events are compared?
        disable_correlation = "disable_correlation": flag;
        /// Of the event that it adds to; empty if none.
        extends_uuid = "extends_uuid": text;
        /// Is it signed?
        protected = "protected": any;
        /// Who has it here.
        org = "Org": one(Org);
        /// Who made it.
        orgc = "Orgc": one(Org);
        /// The sharing group.
        sharing_group = "SharingGroup": one(SharingGroup);
        /// Its facts.
        attributes = "Attribute": list(Attribute);
        /// Proposals for new attributes.
        proposals = "ShadowAttribute": list(ShadowAttribute);
        /// Events with the same values.
        related = "RelatedEvent": any;
        /// What galaxies know about it.
        galaxies = "Galaxy": list(Galaxy);
        /// Its objects.
        objects = "Object": list(Object);
        /// Reports about it, in words.
        reports = "EventReport": list(EventReport);
        /// Who may sign it.
        keys = "CryptographicKey": list(CryptographicKey);
        /// Its tags.
        tags = "Tag": list(Tag);
        /// Its tags in another form.
        event_tags = "EventTag": list(EventTag);
        /// Remarks of analysts.
        notes = "Note": list(AnalystNote);
        /// Judgements of analysts.
        opinions = "Opinion": list(AnalystOpinion);
        /// Connections by analysts.
        relationships = "Relationship": list(AnalystRelationship);
    }
}

record! {
    /// A report in Markdown.
    EventReport {
        /// Of the instance that it comes from.
        id = "id": number;
        /// Its name everywhere.
        uuid = "uuid": uuid;
        /// Of the event, on the instance that it comes from.
        event_id = "event_id": number;
        /// Its title.
        name = "name": text;
        /// Its words.
        content = "content": text;
        /// How far it may be passed on; 5 as the event.
        distribution = "distribution": number(0, 5);
        /// Of the sharing group, on the instance that it comes from.
        sharing_group_id = "sharing_group_id": number;
        /// When it was last changed.
        timestamp = "timestamp": seconds;
        /// Was it deleted?
        deleted = "deleted": flag;
    }
}

record! {
    /// A key with which a protected event is signed.
    CryptographicKey {
        /// Its name everywhere.
        uuid = "uuid": uuid;
        /// Its kind: `pgp`.
        key_type = "type": text;
        /// The key.
        key_data = "key_data": text;
        /// When it was added.
        timestamp = "timestamp": seconds;
        /// Is it no longer good?
        revoked = "revoked": flag;
        /// Its fingerprint.
        fingerprint = "fingerprint": text;
    }
}

record! {
    /// A tag and whether it is local, as older exports have it.
    EventTag {
        /// Is it of this instance alone?
        local = "local": flag;
        /// The tag.
        tag = "Tag": one(Tag);
    }
}

impl Event<'_> {
    /// The day that it is about, else that of its last change, else the first of 1970.
    #[must_use]
    pub fn day(self) -> String {
        let stamp = || chrono::DateTime::from_timestamp(self.timestamp()?, 0);
        let day = || stamp().map(|at| at.format("%Y-%m-%d").to_string());
        self.date().map(str::to_owned).or_else(day).unwrap_or_else(|| "1970-01-01".to_owned())
    }
}
