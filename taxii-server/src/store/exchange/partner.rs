use serde::Serialize;
use taxii_model::Timestamp;

/// Which server somebody speaks for who calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Partner {
    /// An account, `account:NAME`, or all accounts of an organisation, `organisation:NAME`.
    pub holder: String,
    /// The id of the server. Nobody else speaks for it.
    pub server: String,
    /// Since when.
    pub since: Timestamp,
}

impl Partner {
    /// The holder that stands for an account.
    #[must_use]
    pub fn account(name: &str) -> String {
        format!("account:{name}")
    }

    /// The holder that stands for all accounts of an organisation.
    #[must_use]
    pub fn organisation(name: &str) -> String {
        format!("organisation:{name}")
    }
}
