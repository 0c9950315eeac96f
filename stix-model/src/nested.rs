//! The types that lie inside objects (STIX 2.1 §2 and §7).

nested_table! {
    /// Where else something is described: a report, a catalogue entry, a file.
    ExternalReference = "external-reference", Role::Nested, "2.6";
    properties {
        /// The source: `cve`, `capec`, `mitre-attack`, the name of a vendor.
        source_name (required) [string];
        /// What is to be found there.
        description [string];
        /// Where it is.
        url [url];
        /// Hashes of what the URL led to.
        hashes [hashes];
        /// The name of the entry in the source: `CVE-2016-1234`.
        external_id [string];
    }
    constraints { "XR-1": Demand::AnyOf(&["description", "url", "external_id"]); }
}

nested_table! {
    /// A phase in a kill chain: how far an attack has come.
    KillChainPhase = "kill-chain-phase", Role::Nested, "2.11";
    properties {
        /// The kill chain: `lockheed-martin-cyber-kill-chain`, `mitre-attack`.
        kill_chain_name (required) [string];
        /// The phase of it.
        phase_name (required) [string];
    }
}

nested_table! {
    /// A marking, or a language, of some parts of an object.
    GranularMarking = "granular-marking", Role::Nested, "7.2.3";
    properties {
        /// The language of the parts.
        lang [language];
        /// The marking that applies to the parts.
        marking_ref [reference("marking-definition")];
        /// The parts: `description`, `labels.[0]`, `hashes.MD5`.
        selectors (required) [list selector];
    }
    constraints { "GM-1": Demand::OneOf(&["lang", "marking_ref"]); }
}
