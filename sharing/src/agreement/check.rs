//! What contradicts itself, or will not do what somebody expects.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use stix_model::Identifier;
use stix_model::marking::tlp::TlpLevel;
use stix_model::object::object_type;

use super::section::Section;
use super::{Exchange, Party, SignOff, Terms, sign};
use crate::sanitise::Profile;

type Read<'s, 'n, 't, T> = &'s [(Section<'n, 't>, Option<T>)];

pub(super) fn document(
    document: &Section<'_, '_>,
    purposes: &[String],
    from: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
) {
    if purposes.is_empty() {
        document.error("purposes", "it is not said what for", "write purposes = [\"…\"]");
    }
    if let (Some(from), Some(until)) = (from, until)
        && until <= from
    {
        document.error("valid_until", "it ends before it begins", "write a time after valid_from");
    }
    if until.is_some_and(|until| until <= Utc::now()) {
        document.warn("valid_until", "it has expired: nothing moves under it", "agree on a new one");
    }
}

pub(super) fn parties(document: &Section<'_, '_>, parties: Read<'_, '_, '_, Party>) {
    if parties.len() < 2 {
        document.error("party", "an agreement has two parties at least", "write [[party]] with name and identity");
    }
    let (mut names, mut identities) = (BTreeSet::new(), BTreeSet::new());
    for (section, party) in parties {
        let Some(party) = party else { continue };
        if !names.insert(&party.name) {
            section.error("name", "two parties have this name", "give each its own");
        }
        if party.identity.object_type() != "identity" {
            section.error("identity", "it is the id of something else", "write the id of an identity: identity--…");
        }
        if !identities.insert(party.identity.as_str()) {
            section.error("identity", "two parties have this identity", "an agreement is between different ones");
        }
    }
}

/// A list of types that is empty reads like none and would count as all; and what two parties agreed on for all that moves is
/// no wider for a part of it.
pub(super) fn types(section: &Section<'_, '_>, types: &[String], base: &[String]) {
    if !section.says("types") {
        return;
    }
    if types.is_empty() {
        section.error(
            "types",
            "it names no type",
            "name those that move, or leave it out for all that the profile allows",
        );
    }
    for name in types.iter().filter(|name| !base.is_empty() && !base.contains(name)) {
        let problem = format!("{name:?} is none of the types that move at all: {}", base.join(", "));
        section.error("types", problem, "leave it out, or name it in the terms");
    }
}

pub(super) fn terms(section: &Section<'_, '_>, terms: &Terms) {
    let profile = Profile::by_name(&terms.profile);
    if profile.is_none() {
        let problem = format!("{:?} is none of full, technical and anonymous", terms.profile);
        section.warn("profile", problem, "each side that gives needs a profile of this name");
    }
    for name in &terms.types {
        if object_type(name).is_none() && !name.starts_with("x-") {
            section.error(
                "types",
                format!("{name:?} is no object type"),
                "write types of STIX 2.1, or x-… for your own",
            );
        } else if profile.as_ref().is_some_and(|profile| !profile.whole && !moves(profile, name)) {
            let problem = format!("under the profile {} no {name} ever moves", terms.profile);
            section.warn("types", problem, "leave it out, or take another profile");
        }
    }
    for id in terms.release.iter().filter(|id| id.parse::<Identifier>().is_err()) {
        section.error("release", format!("{id:?} is no identifier"), "write the ids of objects");
    }
    if terms.unmarked.is_some_and(|level| level > terms.tlp) {
        section.warn("unmarked", "what has no TLP level counts as more than may move, and stays", "write stay");
    }
    if terms.retention_days == Some(0) {
        section.error("retention_days", "what is kept for no day is not exchanged", "write 1 or more");
    }
    if !terms.encrypted {
        section.warn("encrypted", "things move in plain text", "write encrypted = true");
    }
    onward(section, terms);
}

fn moves(profile: &Profile, name: &str) -> bool {
    profile.types.contains_key(name)
        || (name == "marking-definition")
        || (name == "identity" || name == "location")
        || (name == "report" && profile.reports == crate::sanitise::profile::Reports::Grouping)
}

fn onward(section: &Section<'_, '_>, terms: &Terms) {
    let onward = &terms.onward;
    let most = onward.tlp.min(terms.tlp);
    if !onward.allowed {
        if onward.max_hops > 0 {
            section.error(
                "onward",
                "it may not be passed on, and yet has hops",
                "write allowed = true, or take max_hops out",
            );
        }
        return;
    }
    if onward.max_hops == 0 {
        section.error("onward", "it may be passed on, but not once", "write max_hops = 1 or more, or allowed = false");
    }
    if onward.tlp > terms.tlp {
        let problem = format!("TLP:{} may be passed on, but only TLP:{} moves at all", onward.tlp, terms.tlp);
        section.error("onward", problem, "write the same level or a lower one");
    }
    if most >= TlpLevel::AmberStrict {
        let problem = format!("TLP:{most} must not be passed on");
        section.error("onward", problem, "write tlp = \"amber\" or lower in it, or allowed = false");
    } else if most == TlpLevel::Amber {
        section.warn(
            "onward",
            "TLP:amber goes to clients who need it, and no further",
            "write tlp = \"green\" if that is too far",
        );
    }
}

pub(super) fn exchanges(
    document: &Section<'_, '_>,
    exchanges: Read<'_, '_, '_, Exchange>,
    parties: Read<'_, '_, '_, Party>,
) {
    if exchanges.is_empty() {
        document.error("exchange", "nothing is exchanged", "write [[exchange]] with from, to and collection");
    }
    let names: Vec<&str> = parties.iter().filter_map(|(_, party)| Some(party.as_ref()?.name.as_str())).collect();
    let mut seen = BTreeSet::new();
    for (section, exchange) in exchanges {
        let Some(exchange) = exchange else { continue };
        for (name, party) in [("from", &exchange.from), ("to", &exchange.to)] {
            if !names.contains(&party.as_str()) {
                section.error(name, format!("{party:?} is no party"), format!("write one of {}", names.join(", ")));
            }
        }
        if exchange.from == exchange.to {
            section.error("to", "it comes from there", "write the other party");
        }
        if !seen.insert((&exchange.from, &exchange.to, &exchange.collection)) {
            section.error("collection", "it is exchanged twice, maybe under different terms", "write it once");
        }
    }
}

pub(super) fn sign_offs(signed: Read<'_, '_, '_, SignOff>, parties: Read<'_, '_, '_, Party>, digest: &str) {
    let mut seen = BTreeSet::new();
    for (section, signed) in signed {
        let Some(signed) = signed else { continue };
        let party = parties.iter().filter_map(|(_, party)| party.as_ref()).find(|party| party.name == signed.party);
        match party {
            None => section.error("party", format!("{:?} is no party", signed.party), "write the name of a party"),
            Some(party) => {
                if let Err(problem) = sign::verify(party, signed, digest) {
                    section.warn("terms", problem.to_string(), "have the party sign off again");
                }
            }
        }
        if !seen.insert(&signed.party) {
            section.error("party", "it signs off twice", "keep one");
        }
    }
    let missing = parties.iter().filter_map(|(section, party)| Some((section, party.as_ref()?)));
    for (section, party) in missing.filter(|(_, party)| !seen.contains(&party.name)) {
        let problem = format!("{} has not signed off: nothing moves under the agreement yet", party.name);
        section.warn("name", problem, format!("add [[signed]] with terms = \"{digest}\""));
    }
}
