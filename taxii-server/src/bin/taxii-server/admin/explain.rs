use taxii_model::Timestamp;
use taxii_server::access::{Explained, Seen, Standing, View};
use taxii_server::store::Rights;

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
        let is_enabled = identity.is_enabled();
        let usual = config.default_clearance();
        let standing = Standing::of(&*self.store, identity, collection, usual.as_ref(), Timestamp::now()).await?;
        let clearance = standing.clearance.as_ref().map_or_else(|| "all".to_owned(), ToString::to_string);
        let mut lines = vec![
            format!("{account} may on {}: {}", name(collection), standing.rights),
            format!("may log in: {}", yes(is_enabled)),
            format!("administrator: {}", yes(standing.account.admin)),
            format!("open to read: {}, listed: {}", yes(collection.anonymous_read), yes(collection.listed)),
            format!("clearance: {clearance}"),
            "grants:".to_owned(),
        ];
        lines.extend(standing.grants.iter().map(|grant| {
            let (who, with) = (&grant.subject, object_name(&directory, &grant.object));
            format!("  {who} on {with}: {}{}", grant.rights, until(grant.expires))
        }));
        lines.push("with its credentials:".to_owned());
        lines.extend(standing.credentials.iter().map(|scoped| {
            let may = if scoped.expired { Rights::NONE } else { scoped.rights };
            let credential = &scoped.credential;
            format!("  {credential} {}: {may}{}", credential.name, until(credential.expires))
        }));
        out.done(&lines.join("\n"), &serde_json::to_value(&standing)?)
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
        let (usual, now) = (config.default_clearance(), Timestamp::now());
        let seen = Seen::by(&*self.store, &identity, collection, object, usual.as_ref(), now).await?;
        let clearance = seen.clearance.as_ref().map_or_else(|| "all".to_owned(), ToString::to_string);
        let mut lines = vec![
            format!("{account} may read {}: {}", name(collection), yes(seen.may_read)),
            format!("clearance: {clearance}"),
        ];
        if seen.versions.is_empty() {
            lines.push(format!("there is no {object} in {}", name(collection)));
        }
        lines.extend(seen.versions.iter().flat_map(told));
        if seen.versions.iter().any(|version| version.explanation.view != View::Hidden) && !seen.may_read {
            lines.push("all of this only if it could read the collection".to_owned());
        }
        out.done(&lines.join("\n"), &serde_json::to_value(&seen)?)
    }
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
