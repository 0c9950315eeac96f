use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use sharing::agreement::{Agreement, Finding, State};
use taxii_model::Timestamp;

use super::super::{FlowSettings, Reader, Report, readers, report};
use super::{Following, Refusal, Steward, known};
use crate::store::{Change, Collection, KeptAgreement, KeptFlow};

/// An agreement in a list.
#[derive(Clone, Debug, Serialize)]
pub struct AgreementListed {
    /// Its id.
    pub id: String,
    /// What it is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Does it hold? `unreadable` if the document says nothing to this version.
    pub state: &'static str,
    /// Has every party signed off?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed: Option<bool>,
    /// From when on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<DateTime<Utc>>,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<DateTime<Utc>>,
    /// How many flows keep to it.
    pub flows: usize,
    /// Who has agreed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parties: Vec<String>,
}

/// An agreement with all there is to know of it.
#[derive(Clone, Debug, Serialize)]
pub struct AgreementShown {
    /// Its id.
    pub id: String,
    /// When it was added.
    pub added: Timestamp,
    /// What names exactly this document.
    pub digest: String,
    /// What names its terms, as sign-offs do; nothing if it cannot be read.
    pub terms: Option<String>,
    /// Does it hold?
    pub state: &'static str,
    /// Has every party signed off?
    pub signed: bool,
    /// What is wrong with it, or worth a second thought.
    pub findings: Vec<Finding>,
    /// The flows that keep to it.
    pub flows: Vec<String>,
    /// The document, to the letter.
    pub text: String,
}

/// An agreement that may be kept, and what follows from it.
#[derive(Clone, Debug)]
pub struct Adding {
    /// What the document says.
    pub document: Agreement,
    /// What is worth a second thought.
    pub findings: Vec<Finding>,
    /// The grants that follow.
    pub following: Following,
    /// Are its terms others than those that are kept under this id? Nothing if none are.
    pub changed: Option<bool>,
    text: String,
}

impl Adding {
    /// For programs.
    #[must_use]
    pub fn told(&self, dry_run: bool) -> Value {
        let Following { changes, notes } = &self.following;
        json!({
            "id": self.document.id, "terms": self.document.digest(), "findings": self.findings, "changes": changes,
            "notes": notes, "dry_run": dry_run,
        })
    }
}

/// What goes with an agreement.
#[derive(Clone, Debug, Serialize)]
pub struct Removing {
    /// Its id.
    pub id: String,
    /// The flows that stop.
    pub flows: Vec<String>,
    /// The grants that are taken back.
    pub changes: Vec<Change>,
}

/// Does it hold, in words?
fn state(document: &Agreement) -> &'static str {
    match document.state(Utc::now()) {
        State::NotYetValid => "not yet valid",
        State::InForce => "in force",
        State::Expired => "expired",
    }
}

const UNREADABLE: &str = "unreadable";

impl Steward {
    /// The agreement of this id, as it is kept.
    ///
    /// # Errors
    /// There is none.
    pub async fn agreement(&self, id: &str) -> Result<KeptAgreement, Refusal> {
        known("agreement", id, self.kept()?.agreements().await?, |one| &one.id)
    }

    /// The flows that keep to an agreement.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn flows_under(&self, id: &str) -> Result<Vec<(KeptFlow, FlowSettings)>, Refusal> {
        Ok(under(self.flows().await?, id))
    }

    /// Every agreement, in order of id.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn agreements(&self) -> Result<Vec<AgreementListed>, Refusal> {
        let flows = self.flows().await?;
        let listed = |kept: KeptAgreement| {
            let flows = under(flows.clone(), &kept.id).len();
            let id = kept.id;
            let Ok((document, _)) = Agreement::read(&kept.text) else {
                let (title, signed, valid_from, valid_until, parties) = (None, None, None, None, Vec::new());
                return AgreementListed {
                    id,
                    title,
                    state: UNREADABLE,
                    signed,
                    valid_from,
                    valid_until,
                    flows,
                    parties,
                };
            };
            AgreementListed {
                id,
                state: state(&document),
                signed: Some(document.signed_off().is_ok()),
                valid_from: Some(document.valid_from),
                valid_until: Some(document.valid_until),
                flows,
                parties: document.parties.into_iter().map(|party| party.name).collect(),
                title: document.title,
            }
        };
        Ok(self.kept()?.agreements().await?.into_iter().map(listed).collect())
    }

    /// An agreement with its flows.
    ///
    /// # Errors
    /// There is none of this id.
    pub async fn shown(&self, id: &str) -> Result<AgreementShown, Refusal> {
        let KeptAgreement { id, text, digest, added } = self.agreement(id).await?;
        let flows = self.flows_under(&id).await?.into_iter().map(|(flow, _)| flow.name).collect();
        let (document, findings) = match Agreement::read(&text) {
            Ok((document, findings)) => (Some(document), findings),
            Err(wrong) => (None, wrong.0),
        };
        Ok(AgreementShown {
            terms: document.as_ref().map(|document| document.digest().to_owned()),
            state: document.as_ref().map_or(UNREADABLE, state),
            signed: document.is_some_and(|document| document.signed_off().is_ok()),
            id,
            added,
            digest,
            findings,
            flows,
            text,
        })
    }

    /// What it would be to keep this document. What partners give us, they may bring into the collection `into` themselves.
    ///
    /// # Errors
    /// It is no agreement, or none of ours.
    pub async fn adding(&self, text: String, into: Option<&Collection>) -> Result<Adding, Refusal> {
        let (document, findings) = Agreement::read(&text).map_err(Refusal::Unreadable)?;
        let own = self.context.who()?.party(&document)?;
        let directory = self.store.directory().await?;
        let following = self.following(&document, own, into, &directory).await?;
        let before = self.kept()?.agreements().await?.into_iter().find(|one| one.id == document.id);
        let before = before.and_then(|before| Agreement::read(&before.text).ok());
        let changed = before.map(|(before, _)| before.digest() != document.digest());
        Ok(Adding { document, findings, following, changed, text })
    }

    /// Keeps an agreement, and makes the grants that follow.
    ///
    /// # Errors
    /// The store refuses.
    pub async fn keep(&self, adding: &Adding) -> Result<(), Refusal> {
        let Adding { document, text, following, .. } = adding;
        let digest = sharing::flow::sha256(text.as_bytes());
        let kept = KeptAgreement { id: document.id.clone(), digest, text: text.clone(), added: Timestamp::now() };
        self.kept()?.set_agreement(&kept).await?;
        self.noted(&format!("kept the agreement {}, terms {}", document.id, document.digest())).await?;
        if !following.changes.is_empty() {
            self.store.change(&self.by, &following.changes).await?;
        }
        Ok(())
    }

    /// What would go with an agreement.
    ///
    /// # Errors
    /// There is none of this id.
    pub async fn removing(&self, id: &str) -> Result<Removing, Refusal> {
        let kept = self.agreement(id).await?;
        let changes = match (Agreement::read(&kept.text), self.context.who()) {
            // What is none of ours, or no longer, can be forgotten all the same.
            (Ok((document, _)), Ok(us)) if us.party(&document).is_ok() => self.granted(&document, us).await?,
            _ => Vec::new(),
        };
        let flows = self.flows_under(id).await?.into_iter().map(|(flow, _)| flow.name).collect();
        Ok(Removing { id: kept.id, flows, changes })
    }

    /// Forgets an agreement and takes back its grants.
    ///
    /// # Errors
    /// The store refuses.
    pub async fn remove_agreement(&self, removing: &Removing) -> Result<(), Refusal> {
        if !removing.changes.is_empty() {
            self.store.change(&self.by, &removing.changes).await?;
        }
        self.kept()?.remove_agreement(&removing.id).await?;
        Ok(self.noted(&format!("removed the agreement {}", removing.id)).await?)
    }

    /// What went and came under an agreement in a period, and what accounts of the partners fetched and brought themselves: those
    /// whose organisation has a party's name. Also of an agreement that is there no longer.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn report(
        &self,
        id: &str,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> Result<(Report, Vec<Reader>), Refusal> {
        if let (Some(since), Some(until)) = (since, until)
            && since >= until
        {
            return Err(Refusal::Unable("the period ends before it begins"));
        }
        let report = report(&*self.store, id, since, until).await?;
        let mut all = Vec::new();
        let agreements = self.kept()?.agreements().await?;
        // One that was removed is still told of, unless it never was.
        let kept = match report.lines.is_empty() {
            true => Some(known("agreement", id, agreements, |kept| kept.id.as_str())?),
            false => agreements.into_iter().find(|kept| kept.id == id),
        };
        let Some((document, _)) = kept.and_then(|kept| Agreement::read(&kept.text).ok()) else {
            return Ok((report, all));
        };
        let accounts = self.store.accounts().await?;
        for party in &document.parties {
            let own = accounts.iter().filter(|account| account.organisation.as_deref() == Some(&party.name));
            let own: Vec<String> = own.map(|account| account.name.clone()).collect();
            all.extend(readers(&*self.store, &party.name, &own, since, until).await?);
        }
        Ok((report, all))
    }
}

/// Those of the flows that keep to an agreement.
fn under(flows: Vec<KeptFlow>, id: &str) -> Vec<(KeptFlow, FlowSettings)> {
    let read =
        flows.into_iter().filter_map(|flow| FlowSettings::read(&flow.settings).ok().map(|settings| (flow, settings)));
    read.filter(|(_, settings)| settings.agreement.as_deref() == Some(id)).collect()
}
