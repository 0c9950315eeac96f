record! {
    /// An organisation.
    Org {
        /// Of the instance that it comes from.
        id = "id": number;
        /// What it is called.
        name = "name": text;
        /// Its name everywhere.
        uuid = "uuid": uuid;
        /// Has it users on the instance?
        local = "local": flag;
    }
}

record! {
    /// Organisations and instances among which something is shared.
    SharingGroup {
        /// Of the instance that it comes from.
        id = "id": number;
        /// What it is called.
        name = "name": text;
        /// To whom it may be given, in words.
        releasability = "releasability": text;
        /// What it is for.
        description = "description": text;
        /// Its name everywhere.
        uuid = "uuid": uuid;
        /// Whose it is.
        organisation_uuid = "organisation_uuid": text;
        /// Is it in use?
        active = "active": flag;
        /// Does it go to every instance of a member, whatever instances are listed?
        roaming = "roaming": flag;
        /// Who belongs to it.
        orgs = "SharingGroupOrg": list(SharingGroupOrg);
        /// Where it is passed on to.
        servers = "SharingGroupServer": list(SharingGroupServer);
    }
}

record! {
    /// A member of a sharing group.
    SharingGroupOrg {
        /// Of the instance that it comes from.
        id = "id": number;
        /// Of the sharing group.
        sharing_group_id = "sharing_group_id": number;
        /// Of the organisation.
        org_id = "org_id": number;
        /// May it add others?
        extend = "extend": flag;
        /// Who it is.
        organisation = "Organisation": one(Org);
    }
}

record! {
    /// An instance of a sharing group.
    SharingGroupServer {
        /// Of the instance itself.
        server_id = "server_id": number;
        /// Of the sharing group.
        sharing_group_id = "sharing_group_id": number;
        /// Does everybody on it belong to the group?
        all_orgs = "all_orgs": flag;
        /// Name and address.
        server = "Server": any;
    }
}
