use taxii_model::Timestamp;

use super::{Refusal, Steward, known};
use crate::store::{Partner, StoreError};

/// Who may speak for a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// An account.
    Account(String),
    /// Every account of an organisation.
    Organisation(String),
}

impl Holder {
    /// As it is kept: [`Partner::holder`].
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Account(name) => Partner::account(name),
            Self::Organisation(name) => Partner::organisation(name),
        }
    }
}

impl Steward {
    /// Who speaks for which server, in order of holder.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn partners(&self) -> Result<Vec<Partner>, Refusal> {
        Ok(self.exchange()?.partners().await?)
    }

    /// Says which server somebody speaks for.
    ///
    /// # Errors
    /// There is no such account or organisation, or somebody else speaks for the server.
    pub async fn set_partner(&self, holder: &Holder, server: &str) -> Result<Partner, Refusal> {
        match holder {
            Holder::Account(name) => {
                known("account", name, self.store.accounts().await?, |account| &account.name)?;
            }
            Holder::Organisation(name) => {
                known("organisation", name, self.store.organisations().await?, |organisation| &organisation.name)?;
            }
        }
        let partner = Partner { holder: holder.name(), server: server.to_owned(), since: Timestamp::now() };
        match self.exchange()?.set_partner(&partner).await {
            Err(StoreError::Taken(_)) => return Err(Refusal::SpokenFor(server.to_owned())),
            other => other?,
        }
        self.noted(&format!("{} speaks for the server {server}", partner.holder)).await?;
        Ok(partner)
    }

    /// Lets somebody speak for no server, until it names one.
    ///
    /// # Errors
    /// It speaks for none.
    pub async fn remove_partner(&self, holder: &Holder) -> Result<(), Refusal> {
        let name = holder.name();
        if !self.exchange()?.remove_partner(&name).await? {
            return Err(Refusal::Silent(name));
        }
        Ok(self.noted(&format!("{name} speaks for no server")).await?)
    }
}
