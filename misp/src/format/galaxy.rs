use super::Org;

record! {
    /// A collection of clusters: threat actors, techniques.
    Galaxy {
        /// Of the instance that it comes from.
        id = "id": number;
        /// Its name everywhere.
        uuid = "uuid": uuid;
        /// What it is called.
        name = "name": text;
        /// The word for it in tags: `mitre-attack-pattern`.
        galaxy_type = "type": text;
        /// What it is about.
        description = "description": text;
        /// The version of its list.
        version = "version": any;
        /// As it is shown.
        icon = "icon": text;
        /// The group of galaxies that it belongs to.
        namespace = "namespace": text;
        /// Kill chains and their phases.
        kill_chain_order = "kill_chain_order": any;
        /// Those that are meant.
        clusters = "GalaxyCluster": list(GalaxyCluster);
    }
}

record! {
    /// What a galaxy knows of: an actor, a technique, a tool.
    GalaxyCluster {
        /// Of the instance that it comes from.
        id = "id": number;
        /// Its name everywhere.
        uuid = "uuid": uuid;
        /// Of the list that it belongs to.
        collection_uuid = "collection_uuid": text;
        /// The type of its galaxy.
        cluster_type = "type": text;
        /// What it is called.
        value = "value": text required;
        /// The tag that says the same.
        tag_name = "tag_name": text;
        /// What it is.
        description = "description": text;
        /// Of the instance that it comes from.
        galaxy_id = "galaxy_id": number;
        /// Where it was taken from.
        source = "source": text;
        /// Who wrote it.
        authors = "authors": any;
        /// Its version.
        version = "version": any;
        /// Is it part of the published lists, rather than somebody's own?
        default = "default": flag;
        /// How far it may be passed on.
        distribution = "distribution": number(0, 5);
        /// Who made it.
        orgc = "Orgc": one(Org);
        /// What else is known: synonyms, references, external ids.
        meta = "meta": any;
    }
}
