use taxii_model::Timestamp;
use uuid::Uuid;

use crate::store::{Admin, Credential, Identity, Result, Scope};

/// Whoever calls, once what was shown was found good. May still be somebody who may not log in.
pub(super) struct Proven {
    pub(super) identity: Identity,
    /// The credential of the store, if it was one.
    pub(super) credential: Option<Uuid>,
    /// What was shown, as logs call it.
    pub(super) called: String,
    /// What of all rights it may use.
    pub(super) scope: Scope,
    /// From when on it is good for nothing.
    pub(super) expires: Option<Timestamp>,
}

impl Proven {
    /// The account of a credential.
    pub(super) async fn of<S: Admin + ?Sized>(store: &S, credential: Credential) -> Result<Option<Self>> {
        let identity = store.identity(&credential.account).await?;
        Ok(identity.map(|identity| Self {
            identity,
            credential: Some(credential.id),
            called: credential.to_string(),
            scope: credential.scope,
            expires: credential.expires,
        }))
    }
}
