//! What leaves under a profile: the facts of the malware without the details of the attack.
//!
//! A [`Profile`] is a list of what is allowed; what is not on it does not leave. A [`Sanitiser`] makes of each object a new one,
//! of what is allowed of the old:
//!
//! * It has an identifier of its own, made of a secret, the audience and the old identifier. So whoever knows the secret finds
//!   the way back, nobody else does, and new versions and revocations follow. Observables are named after what is left of
//!   their content, as the standard has it.
//! * References lead to what their ends are called there. Those to what does not leave are taken out, and an object that
//!   cannot do without stays.
//! * Identities leave only if they are released by name. Whether one is a victim can come out later, in an object that is yet
//!   to come; so none leaves for want of a reason against it.
//! * Markings hold objects and parts of them back, and are carried along. Nothing leaves whose marking nobody understands.
//! * Text is looked through for leaks ([`scan`]).
//!
//! The same object, with the same [`Known`] around it, gives the same result, in whichever batch it comes.
//!
//! ```
//! use sharing::sanitise::{Audience, Objects, Profile, Sanitiser, Secret};
//!
//! let secret = Secret::new(&[7; 32])?;
//! let audience = Audience::new("isac.example", "identity--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f".parse()?);
//! let sanitiser = Sanitiser::new(Profile::technical(), audience, secret)?;
//! let malware = r#"{"type": "malware", "spec_version": "2.1", "id": "malware--0c7b5b88-8ff7-4a4d-aa9d-feb398cd0061",
//!     "created": "2026-11-01T08:00:00.000Z", "modified": "2026-11-01T08:00:00.000Z", "name": "Night Heron", "is_family": true,
//!     "description": "Found at 10.2.0.7.", "x_case": "2026/17"}"#;
//! let sanitised = sanitiser.sanitise(&[malware], &Objects::default());
//! let shared = &sanitised.leaving[0].object;
//! assert!(shared.contains("Night Heron") && shared.contains("Found at [removed]."));
//! assert!(!shared.contains("2026/17") && !shared.contains("0c7b5b88"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod admit;
mod build;
mod iep;
mod known;
mod lookup;
mod pattern;
pub mod profile;
mod report;
mod rules;
pub mod scan;
mod secret;
mod sightings;
mod times;
mod who;

use std::collections::BTreeSet;

use stix_model::json::{Json, Members};
use stix_model::marking::pap::PapLevel;
use stix_model::marking::tlp::TlpLevel;
use stix_model::{Identifier, Object, TypeClass};
use uuid::Uuid;

pub use admit::Ceiling;
pub use known::{Known, Objects};
pub use lookup::{Lookup, Nothing};
pub use profile::{InvalidProfile, Profile};
pub use report::{Leaving, Removed, Sanitised, Summary, Withheld};
pub use secret::{Secret, TooShort};

use known::{Both, text};
use rules::Rules;
use who::{Leaves, Pass};

/// Why an object stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stay {
    pub(crate) rule: String,
    pub(crate) reason: String,
}

impl Stay {
    pub(crate) fn new(rule: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { rule: rule.into(), reason: reason.into() }
    }
}

/// For whom objects are sanitised, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience {
    /// Who gets them. Another name gives other identifiers and pseudonyms.
    pub name: String,
    /// The identity whose sanitised objects are. It leaves.
    pub hub: Identifier,
    /// How far things may go.
    pub ceiling: Ceiling,
}

impl Audience {
    /// Up to TLP:AMBER and PAP:AMBER, encrypted, now; what has no TLP level counts as TLP:AMBER.
    #[must_use]
    pub fn new(name: impl Into<String>, hub: Identifier) -> Self {
        let ceiling = Ceiling {
            tlp: TlpLevel::Amber,
            pap: PapLevel::Amber,
            unmarked: Some(TlpLevel::Amber),
            encrypted: true,
            at: chrono::Utc::now(),
        };
        Self { name: name.into(), hub, ceiling }
    }
}

/// Makes of objects what may leave of them.
#[derive(Clone, Debug)]
pub struct Sanitiser {
    rules: Rules,
    ceiling: Ceiling,
    hub: String,
    namespace: Uuid,
    audience: String,
    secret: Secret,
}

impl Sanitiser {
    /// A sanitiser for an audience.
    ///
    /// # Errors
    /// The profile looks for what cannot be looked for.
    pub fn new(mut profile: Profile, audience: Audience, secret: Secret) -> Result<Self, InvalidProfile> {
        let hub = audience.hub.as_str().to_owned();
        profile.release.push(hub.clone());
        let namespace = audience.hub.uuid().parse().unwrap_or(Uuid::NAMESPACE_URL);
        let Audience { name, ceiling, .. } = audience;
        Ok(Self { rules: Rules::new(profile)?, ceiling, hub, namespace, audience: name, secret })
    }

    /// The same at another time: policies of others begin and end.
    #[must_use]
    pub fn at(mut self, at: chrono::DateTime<chrono::Utc>) -> Self {
        self.ceiling.at = at;
        self
    }

    /// What of these objects leaves. References are looked up in what is known, then among the objects themselves.
    #[must_use]
    pub fn sanitise(&self, batch: &[impl AsRef<str>], known: &dyn Known) -> Sanitised {
        let mut read = Vec::with_capacity(batch.len());
        let mut sanitised = Sanitised::default();
        let mut objects = Objects::default();
        for source in batch {
            match Object::parse(source.as_ref()) {
                Ok(object) => {
                    let members = object.into_members();
                    objects.add(std::sync::Arc::new(members.clone()));
                    read.push((source.as_ref(), members));
                }
                Err(_) => sanitised.withheld.push(Withheld::unread()),
            }
        }
        let pass = Pass::new(self, Both { known, batch: objects });
        let mut sent = BTreeSet::new();
        for (source, object) in &read {
            match self.one(&pass, source, object) {
                Ok(made) => self.leave(&mut sanitised, &mut sent, object, made),
                Err(stay) => sanitised.withheld.push(Withheld::of(object, self.alias(object), stay)),
            }
        }
        sanitised
    }

    /// What an object is called where it goes, for deletions: `None` if it does not leave. Of an observable of which nothing is
    /// known any more, nobody can tell.
    #[must_use]
    pub fn name_of(&self, id: &str, known: &dyn Known) -> Option<String> {
        let pass = Pass::new(self, Both { known, batch: Objects::default() });
        let object = known.object(id);
        if self.rules.profile.whole {
            let changed =
                object.is_some_and(|object| self.whole(&pass, "", &object).is_ok_and(|(_, leaves)| !leaves.unchanged));
            return Some(if changed { self.derived(id, None) } else { id.to_owned() });
        }
        match object {
            Some(_) => pass.name(id),
            None => self.name_of_unknown(id),
        }
    }

    /// What an object of which nothing is known was called, if it left.
    fn name_of_unknown(&self, id: &str) -> Option<String> {
        let profile = &self.rules.profile;
        let (own_type, _) = id.split_once("--")?;
        match (TypeClass::of(own_type), own_type) {
            _ if profile.releases(id) => Some(id.to_owned()),
            (TypeClass::Observable, _) | (_, "marking-definition") => None,
            (_, "sighting") if profile.sightings != profile::Sightings::Counts => None,
            (_, "report") if !profile.types.contains_key("report") => {
                (profile.reports == profile::Reports::Grouping).then(|| self.derived(id, Some("grouping")))
            }
            _ => profile.types.contains_key(own_type).then(|| self.derived(id, None)),
        }
    }

    /// What a version is called where it goes, if that can be told without the others.
    #[must_use]
    pub fn version_of(&self, id: &str, version: &str) -> Option<String> {
        let own_type = id.split_once("--")?.0;
        let exactness = self.rules.profile.exactness(own_type);
        match exactness {
            _ if self.rules.profile.whole => Some(version.to_owned()),
            profile::Exactness::Exact => times::coarse(version, exactness),
            _ => None,
        }
    }

    fn one(&self, pass: &Pass<'_>, source: &str, object: &Members<'static>) -> Result<(String, Leaves), Stay> {
        if pass.is_kept_back(object) {
            return Err(Stay::new("newer", "a newer version of it does not leave"));
        }
        if self.rules.profile.whole {
            return self.whole(pass, source, object);
        }
        let groups = self.rules.profile.sightings == profile::Sightings::Groups;
        let leaves = if groups && text(object, "type") == Some("sighting") {
            pass.group(object)?
        } else {
            let candidate = pass.candidate(object)?;
            pass.leaving(&candidate)?
        };
        // Released objects leave byte by byte; a published definition as it was published.
        let is_source = leaves.unchanged && leaves.object == *object;
        let shown = if is_source { source.to_owned() } else { written(&leaves.object) };
        Ok((shown, leaves))
    }

    /// An object of which everything may leave that its markings let leave.
    fn whole(&self, pass: &Pass<'_>, source: &str, object: &Members<'static>) -> Result<(String, Leaves), Stay> {
        let admitted = pass.judge().admit(object)?;
        let mut leaves = Leaves { object: object.clone(), gone: Vec::new(), unchanged: true, pseudonym: None };
        let must_hide_author = !admitted.attributed && object.contains("created_by_ref");
        if admitted.hidden.is_empty() && !must_hide_author {
            return Ok((source.to_owned(), leaves));
        }
        leaves.unchanged = false;
        leaves.gone = admitted.hidden.into_iter().map(|place| (place, "marking".to_owned())).collect();
        leaves.object = admitted.object;
        let id = text(object, "id").unwrap_or_default();
        let name = self.derived(id, None);
        leaves.object.insert("id", Json::from(name));
        if leaves.object.contains("created") {
            leaves.object.insert("created_by_ref", Json::from(self.hub.clone()));
        }
        if must_hide_author {
            leaves.gone.push(("/created_by_ref".to_owned(), "iep".to_owned()));
        }
        Ok((written(&leaves.object), leaves))
    }

    fn leave(
        &self,
        sanitised: &mut Sanitised,
        sent: &mut BTreeSet<(String, String)>,
        original: &Members<'static>,
        (shown, leaves): (String, Leaves),
    ) {
        sanitised.removed.extend(leaves.gone.into_iter().map(|gone| Removed::of(original, gone)));
        if let Some((author, period)) = leaves.pseudonym {
            let identity = self.pseudonymous(&author, &period);
            let leaving = Leaving::of_pseudonym(&author, &identity, written(&identity));
            if sent.insert((leaving.id.clone(), leaving.version.clone())) {
                sanitised.leaving.push(leaving);
            }
        }
        let original_id = text(original, "id").unwrap_or_default();
        let leaving = Leaving::of(original_id, original, &leaves.object, shown, leaves.unchanged);
        // Several sightings can be one group.
        if sent.insert((leaving.id.clone(), leaving.version.clone())) || leaving.version.is_empty() {
            sanitised.leaving.push(leaving);
        }
    }

    /// What an object that stays was called if an earlier version of it left.
    fn alias(&self, object: &Members<'static>) -> Option<String> {
        let id = text(object, "id")?;
        if self.rules.profile.whole { Some(id.to_owned()) } else { self.name_of_unknown(id) }
    }

    /// The identifier of what is made of an object.
    pub(crate) fn derived(&self, id: &str, object_type: Option<&str>) -> String {
        let own_type = id.split_once("--").map_or(id, |(own_type, _)| own_type);
        let parts = [self.audience.as_str(), id];
        // An observable is named after its content, or else at random (§2.9).
        let uuid = match TypeClass::of(own_type) {
            TypeClass::Observable => self.secret.random_uuid(self.namespace, "object", &parts),
            _ => self.secret.uuid(self.namespace, "object", &parts),
        };
        format!("{}--{uuid}", object_type.unwrap_or(own_type))
    }

    fn group_id(&self, of: &str, week: &str) -> String {
        format!("sighting--{}", self.secret.uuid(self.namespace, "group", &[&self.audience, of, week]))
    }

    fn pseudonym(&self, author: &str, period: &str) -> String {
        format!("identity--{}", self.secret.uuid(self.namespace, "pseudonym", &[&self.audience, period, author]))
    }

    /// The identity of a pseudonym. It says nothing but that it is one.
    fn pseudonymous(&self, author: &str, period: &str) -> Members<'static> {
        let id = self.pseudonym(author, period);
        let name = format!("Pseudonym {}", id.get(10..18).unwrap_or_default());
        let dates = times::beginning(period);
        let members = [
            ("type", "identity".to_owned()),
            ("spec_version", "2.1".to_owned()),
            ("id", id),
            ("created_by_ref", self.hub.clone()),
            ("created", dates.clone()),
            ("modified", dates),
            ("name", name),
            ("identity_class", "unknown".to_owned()),
        ];
        members.into_iter().map(|(name, text)| (name, Json::from(text))).collect()
    }
}

fn written(object: &Members<'_>) -> String {
    serde_json::to_string(object).unwrap_or_default()
}

/// The JSON pointer (RFC 6901) to a member of what another one leads to.
pub(crate) fn pointer(place: &str, name: &str) -> String {
    format!("{place}/{}", name.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests;
