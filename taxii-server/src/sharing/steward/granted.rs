use std::collections::HashSet;

use sharing::agreement::{Agreement, Exchange, Terms};
use stix_model::marking::tlp::TlpLevel;
use taxii_model::Timestamp;

use super::super::context::find;
use super::super::{Direction, FlowSettings, Us};
use super::{Refusal, Steward};
use crate::access::{Clearance, Definitions, RedLists};
use crate::store::{
    Change, Collection, Directory, Grant, KeptFlow, Mark, Object, Organisation, Rights, Subject, Unmarked,
};

/// What would be granted because of an agreement, and why some things would not.
#[derive(Clone, Debug, Default)]
pub struct Following {
    /// The grants.
    pub changes: Vec<Change>,
    /// What is not granted and why, in words.
    pub notes: Vec<String>,
}

/// When everything ends that follows from an agreement.
fn end(document: &Agreement) -> Timestamp {
    Timestamp::from_micros(document.valid_until.timestamp_micros())
}

impl Steward {
    /// The grants that follow from an agreement. What a partner may read directly is what the agreement lets leave as it is, or
    /// what nothing but the agreement's flows has filled.
    pub(super) async fn following(
        &self,
        document: &Agreement,
        own: &str,
        into: Option<&Collection>,
        directory: &Directory,
    ) -> Result<Following, Refusal> {
        let mut following = Following::default();
        if document.signed_off().is_err() {
            following.notes.push("nothing is granted before every party has signed off".to_owned());
            return Ok(following);
        }
        let organisations = self.store.organisations().await?;
        let flows = self.flows_under(&document.id).await?;
        for exchange in &document.exchanges {
            let (partner, rights, collection) = match () {
                () if exchange.from == own => {
                    let rights = Rights { list: true, read: true, ..Rights::NONE };
                    (&exchange.to, rights, find(directory, &exchange.collection).ok())
                }
                () if exchange.to == own => {
                    let rights = Rights { list: true, write: true, ..Rights::NONE };
                    (&exchange.from, rights, into)
                }
                () => continue,
            };
            let Some(collection) = collection else { continue };
            let Some(organisation) = organisations.iter().find(|one| one.name == *partner) else {
                following.notes.push(format!(
                    "{partner} may read or write nothing here itself: there is no organisation of that name (organisation add {partner} --title …)"
                ));
                continue;
            };
            let objection = match rights.read {
                true => {
                    self.more_than_agreed((document, exchange), collection, organisation, &flows, directory).await?
                }
                false => longer_than_agreed(exchange, collection),
            };
            if let Some(why) = objection {
                let verb = if rights.read { "read" } else { "write to" };
                following.notes.push(format!("{partner} may not {verb} {} itself: {why}", collection.name()));
                continue;
            }
            let (subject, object) = (Subject::Organisation(partner.clone()), Object::Collection(collection.id));
            let grant = Grant { subject, object, rights, expires: Some(end(document)) };
            if self.store.grants(Some(&grant.subject)).await?.contains(&grant) {
                continue;
            }
            following.changes.push(Change::SetGrant(grant));
        }
        Ok(following)
    }

    /// Why a partner who reads a collection itself would get more than was agreed. What nothing but flows of the agreement has filled has what may
    /// leave; in any other collection, nobody but the clearance of the partner holds anything back.
    async fn more_than_agreed(
        &self,
        (document, exchange): (&Agreement, &Exchange),
        collection: &Collection,
        partner: &Organisation,
        flows: &[(KeptFlow, FlowSettings)],
        directory: &Directory,
    ) -> Result<Option<String>, Refusal> {
        if flows.iter().any(|(_, settings)| fills(settings, collection, directory)) {
            return Ok(None);
        }
        let terms = &exchange.terms;
        if terms.profile == "full" && terms.types.is_empty() {
            return match sees_more(terms, collection, partner) {
                Some(why) => Ok(Some(why)),
                None => self.bound_otherwise(document, collection, directory).await,
            };
        }
        // Nothing was ever there: it waits for flows of the agreement, which has to be there before them.
        let waits = self.store.mark(collection.key).await? == Mark::default();
        Ok((!waits).then(|| {
            let (profile, id) = (&terms.profile, &document.id);
            format!("it has more than the profile {profile} lets leave; fill a collection of its own with a flow under {id}, or push")
        }))
    }

    /// What came into a collection under another agreement that does not let it be passed on.
    async fn bound_otherwise(
        &self,
        document: &Agreement,
        collection: &Collection,
        directory: &Directory,
    ) -> Result<Option<String>, Refusal> {
        let grants = self.store.grants(None).await?;
        let writes = |grant: &&Grant| grant.rights.write && grant.object == Object::Collection(collection.id);
        let ends: Vec<Timestamp> = grants.iter().filter(writes).filter_map(|grant| grant.expires).collect();
        let flows = self.flows().await?;
        let settings = flows.iter().filter_map(|flow| FlowSettings::read(&flow.settings).ok());
        let brings = |flow: &FlowSettings| flow.direction() == Direction::In && fills(flow, collection, directory);
        let bringing: HashSet<String> = settings.filter(brings).filter_map(|flow| flow.agreement).collect();
        for kept in self.kept()?.agreements().await?.into_iter().filter(|kept| kept.id != document.id) {
            let Ok((other, _)) = Agreement::read(&kept.text) else { continue };
            if other.exchanges.iter().all(|one| one.terms.onward.allowed) {
                continue;
            }
            if ends.contains(&end(&other)) || bringing.contains(&other.id) {
                return Ok(Some(format!(
                    "what comes there under {} may not be passed on; fill a collection of its own with a flow under {}, or push",
                    other.id, document.id
                )));
            }
        }
        Ok(None)
    }

    /// What takes back the grants that were made because of an agreement: they end when it does.
    pub(super) async fn granted(&self, document: &Agreement, us: &Us) -> Result<Vec<Change>, Refusal> {
        let (own, until) = (us.party(document)?, end(document));
        let mut changes = Vec::new();
        for party in document.parties.iter().filter(|party| party.name != own) {
            let grants = self.store.grants(Some(&Subject::Organisation(party.name.clone()))).await?;
            let ours = grants.into_iter().filter(|grant| grant.expires == Some(until));
            changes.extend(ours.map(|Grant { subject, object, .. }| Change::RemoveGrant { subject, object }));
        }
        Ok(changes)
    }
}

/// Does what a flow brings come into this collection?
fn fills(flow: &FlowSettings, collection: &Collection, directory: &Directory) -> bool {
    let to = flow.to.collection().and_then(|name| find(directory, name).ok());
    to.is_some_and(|to| to.id == collection.id)
}

/// Why the clearance of a partner shows more than the terms let leave, and what to do.
fn sees_more(terms: &Terms, collection: &Collection, partner: &Organisation) -> Option<String> {
    let is_within = |clearance: &Clearance| {
        clearance.tlp <= Some(terms.tlp)
            && (clearance.red == RedLists::default() || terms.tlp == TlpLevel::Red)
            && clearance.pap <= Some(terms.pap)
            && clearance.others != Definitions::All
    };
    let (name, title) = (collection.name(), &partner.name);
    if !partner.clearance.as_ref().is_some_and(is_within) {
        return Some(format!(
            "it would see more there than the terms let leave; fill it with nothing but flows of the agreement and add it again, or organisation set {title} --clearance 'tlp:{}, pap:{}'",
            terms.tlp, terms.pap
        ));
    }
    let shows = collection.markings.default_marking.is_none() && collection.markings.unmarked == Unmarked::Visible;
    (terms.unmarked.is_none() && shows).then(|| {
        format!(
            "what has no TLP level stays by the terms, and would be seen there; collection set {name} --unmarked hidden"
        )
    })
}

/// Why a collection keeps what comes longer than was agreed, and what to do.
fn longer_than_agreed(exchange: &Exchange, collection: &Collection) -> Option<String> {
    let days = exchange.terms.retention_days?;
    let name = collection.name();
    let is_longer = collection.retention.keep_days.is_none_or(|kept| kept > days);
    is_longer.then(|| format!("what comes is kept for {days} days at most; collection set {name} --keep-days {days}"))
}
