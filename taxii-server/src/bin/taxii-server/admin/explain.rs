use std::sync::Arc;

use serde_json::json;
use taxii_model::Timestamp;
use taxii_server::access::{self, Access, Effective, Explained, Grants, View};
use taxii_server::auth::Caller;
use taxii_server::store::{Collection, Identity, Object, Rights};

use super::{Desk, find_collection, name, object_name, until, yes};
use crate::Outcome;
use crate::config::Config;
use crate::output::Output;

impl Desk {
    /// Why an account may do with a collection what it may.
    pub(crate) async fn explain(&self, account: &str, collection: &str, config: &Config, out: &Output) -> Outcome {
        self.find_account(account).await?;
        let directory = self.store.directory().await?;
        let collection = find_collection(&directory, collection)?;
        let identity = self.store.identity(account).await?.ok_or("the account is gone")?;
        let now = Timestamp::now();
        let about = |object: &Object| match object {
            Object::Collection(id) => *id == collection.id,
            Object::Root(root) => *root == collection.root,
        };
        let grants: Vec<_> = identity.grants.iter().filter(|grant| about(&grant.object)).collect();
        let rights = rights(&identity, collection);
        let credentials = self.store.credentials(Some(account)).await?;
        let sees = config.sees(&identity);
        let clearance = sees.as_ref().map_or_else(|| "all".to_owned(), ToString::to_string);
        let mut lines = vec![
            format!("{account} may on {}: {rights}", name(collection)),
            format!("may log in: {}", yes(identity.is_enabled())),
            format!("administrator: {}", yes(identity.account.admin)),
            format!("open to read: {}, listed: {}", yes(collection.anonymous_read), yes(collection.listed)),
            format!("clearance: {clearance}"),
            "grants:".to_owned(),
        ];
        lines.extend(grants.iter().map(|grant| {
            let (who, with) = (&grant.subject, object_name(&directory, &grant.object));
            format!("  {who} on {with}: {}{}", grant.rights, until(grant.expires))
        }));
        lines.push("with its credentials:".to_owned());
        let of = |scope: &taxii_server::store::Scope| rights & scope.rights_to(collection.id);
        lines.extend(credentials.iter().map(|credential| {
            let may = if credential.is_expired(now) { Rights::NONE } else { of(&credential.scope) };
            format!("  {credential} {}: {may}{}", credential.name, until(credential.expires))
        }));
        let scoped: Vec<_> = credentials
            .iter()
            .map(|credential| json!({"credential": credential, "rights": of(&credential.scope), "expired": credential.is_expired(now)}))
            .collect();
        out.done(
            &lines.join("\n"),
            &json!({
                "account": identity.account, "organisation": identity.organisation, "groups": identity.groups,
                "collection": collection.id, "rights": rights, "clearance": sees, "grants": grants,
                "credentials": scoped,
            }),
        )
    }

    /// What an account sees of an object in a collection, and why.
    pub(crate) async fn explain_object(
        &self,
        (account, collection, object): (&str, &str, &str),
        config: &Config,
        out: &Output,
    ) -> Outcome {
        self.find_account(account).await?;
        let directory = self.store.directory().await?;
        let collection = find_collection(&directory, collection)?;
        let identity = self.store.identity(account).await?.ok_or("the account is gone")?;
        let rights = rights(&identity, collection);
        let own = identity.clearance();
        let clearance = match identity.account.admin {
            true => None,
            false => own.or_else(|| config.settings().default_clearance),
        };
        let shown = clearance.as_ref().map_or_else(|| "all".to_owned(), ToString::to_string);
        let clearance = clearance.map(Arc::new);
        let versions = access::explain(&*self.store, collection, clearance.as_ref(), object).await?;
        let mut lines = vec![
            format!("{account} may read {}: {}", name(collection), yes(rights.read)),
            format!("clearance: {shown}"),
        ];
        if versions.is_empty() {
            lines.push(format!("there is no {object} in {}", name(collection)));
        }
        lines.extend(versions.iter().flat_map(told));
        if versions.iter().any(|version| version.explanation.view != View::Hidden) && !rights.read {
            lines.push("all of this only if it could read the collection".to_owned());
        }
        out.done(
            &lines.join("\n"),
            &json!({
                "account": account, "collection": collection.id, "object": object, "may_read": rights.read,
                "clearance": clearance.as_deref(), "versions": versions,
            }),
        )
    }
}

/// What an account may do with all its credentials.
fn rights(identity: &Identity, collection: &Collection) -> Rights {
    let effective = Effective::of(identity, Timestamp::now());
    let caller = Caller {
        name: Some(identity.account.name.clone()),
        admin: identity.account.admin,
        grants: effective.collections,
        roots: effective.roots,
        ..Caller::default()
    };
    if identity.is_enabled() { Grants.rights(&caller, collection) } else { Rights::NONE }
}

fn told(version: &Explained) -> Vec<String> {
    let view = match version.explanation.view {
        View::Hidden => "hidden",
        View::Redacted => "without some parts",
        View::Whole => "whole",
    };
    let Explained { version, spec_version, date_added, explanation } = version;
    let first = format!("version {version} (STIX {spec_version}, added {date_added}): {view}");
    let reasons = explanation.reasons.iter().map(|reason| format!("  {reason}"));
    std::iter::once(first).chain(reasons).collect()
}
