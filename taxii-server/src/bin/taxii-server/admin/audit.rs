use std::io::Write;

use serde::Serialize;
use serde_json::{Value, json};
use stix_model::Identifier;
use stix_model::Timestamp as StixTimestamp;
use taxii_model::Timestamp;
use taxii_server::audit::{self, Activity, Entry, Head, Lag};
use taxii_server::sharing;
use taxii_server::store::{CollectionKey, Directory};

use super::{Desk, collection_name, confirm, find_collection, name};
use crate::Outcome;
use crate::cli_audit::Audit;
use crate::config::Config;
use crate::output::Output;

impl Desk {
    pub(crate) async fn audit(&self, command: Audit, config: &Config, out: &Output) -> Outcome {
        match command {
            Audit::WhoReceived { object, version, collection } => {
                self.who_received(&object, version.as_deref(), collection.as_deref(), out).await
            }
            Audit::WhatDid { account, since, until } => self.what_did(&account, since, until, out).await,
            Audit::Lag { collection } => self.lag(collection.as_deref(), config, out).await,
            Audit::Verify { expect } => self.verify(config, expect.as_ref(), out).await,
            Audit::Head => {
                let head = self.store.head().await?;
                out.done(&head.to_string(), &head)
            }
            Audit::List { since, limit } => self.records(since, limit, out).await,
            Audit::Export { since } => self.export(since).await,
            Audit::Prune { before, yes } => self.prune(before, yes, out).await,
        }
    }

    async fn who_received(
        &self,
        object: &str,
        version: Option<&str>,
        collection: Option<&str>,
        out: &Output,
    ) -> Outcome {
        if object.parse::<Identifier>().is_err() {
            return Err(format!("{object:?} is no id of an object: expected TYPE--UUID").into());
        }
        let directory = self.store.directory().await?;
        let only = collection.map(|wanted| find_collection(&directory, wanted)).transpose()?;
        let mut received = audit::who_received(&*self.store, object).await?;
        received.extend(sharing::who_was_sent(&*self.store, object).await?);
        received.retain(|row| only.is_none_or(|only| only.key == row.collection));
        received.retain(|row| version.is_none_or(|version| is_same(version, &row.version)));
        if out.is_json() {
            let rows: Vec<Value> = received.iter().map(|row| named(&directory, row, Some(row.collection))).collect();
            return out.done("", &rows);
        }
        let header = ["Collection", "Version", "Account", "Credential", "Address", "First", "Last", ""];
        out.list(header, &received, |row| {
            let some = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
            let mut notes = Vec::new();
            notes.extend(row.redacted.then(|| "redacted".to_owned()));
            if let Some(brought) = &row.brought {
                notes.push(format!("to {}", brought.to));
                notes.extend(brought.partner.as_ref().map(|partner| format!("which is {partner}")));
                notes.extend(brought.agreement.as_ref().map(|agreement| format!("under {agreement}")));
                notes.extend(brought.r#as.as_ref().map(|derived| format!("as {derived}")));
            }
            notes.extend(row.removed.map(|removed| format!("removed {removed}")));
            [
                called(&directory, row.collection),
                row.version.clone(),
                some(&row.account),
                some(&row.credential),
                some(&row.address),
                row.first.to_string(),
                row.last.to_string(),
                notes.join(", "),
            ]
        })
    }

    async fn what_did(
        &self,
        account: &str,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
        out: &Output,
    ) -> Outcome {
        let directory = self.store.directory().await?;
        let mut all: Vec<Activity> = Vec::new();
        audit::what_did(&*self.store, account, since, until, |activity| all.push(activity)).await?;
        if all.is_empty() && !self.store.knows(account).await? {
            return Err(format!("there is no account {account}, and the log has nothing of one in this time").into());
        }
        if out.is_json() {
            let key = |activity: &Activity| activity.collection.map(CollectionKey);
            let rows: Vec<Value> = all.iter().map(|activity| named(&directory, activity, key(activity))).collect();
            return out.done("", &rows);
        }
        out.list(["When", "What", "Collection", "Versions", "Credential", "Address", "Details"], &all, |activity| {
            let some = |text: &Option<String>| text.clone().unwrap_or_default();
            [
                activity.at.to_string(),
                activity.action.clone(),
                activity.collection.map(|key| called(&directory, CollectionKey(key))).unwrap_or_default(),
                activity.versions.map(|n| n.to_string()).unwrap_or_default(),
                some(&activity.credential),
                some(&activity.address),
                some(&activity.details),
            ]
        })
    }

    async fn lag(&self, wanted: Option<&str>, config: &Config, out: &Output) -> Outcome {
        let directory = self.store.directory().await?;
        let only = wanted.map(|wanted| find_collection(&directory, wanted)).transpose()?;
        let collections: Vec<_> = match only {
            Some(only) => vec![only.clone()],
            None => directory.collections.clone(),
        };
        let readers = audit::readers(&*self.store, Timestamp::now()).await?;
        let lags = audit::lag(&*self.store, &collections, &readers, Timestamp::now(), config.audit.patience()).await?;
        out.list(
            ["Collection", "Account", "Standing", "Last poll", "Usually", "Entries behind", "Time behind"],
            &lags,
            |lag: &Lag| {
                [
                    collection_name(&directory, lag.collection),
                    if lag.account.is_empty() { "(not logged in)".to_owned() } else { lag.account.clone() },
                    format!("{:?}", lag.standing).to_lowercase(),
                    lag.polled.map_or_else(|| "never".to_owned(), |polled| polled.to_string()),
                    lag.usual_seconds.map_or_else(|| "?".to_owned(), |seconds| format!("every {}", span(seconds))),
                    lag.entries.to_string(),
                    if lag.entries == 0 { "-".to_owned() } else { span(lag.seconds) },
                ]
            },
        )
    }

    async fn verify(&self, config: &Config, expect: Option<&Head>, out: &Output) -> Outcome {
        let verified = audit::verify(&*self.store, &config.audit.chain()?, expect).await?;
        if let Some(fault) = &verified.fault {
            if out.is_json() {
                out.done("", &verified)?;
            }
            return Err(format!("the log is not as it was written: {fault}").into());
        }
        let first = verified.first.unwrap_or(1);
        let sentence = format!(
            "the log is as it was written: {} records, from number {first}; its head is {}",
            verified.records, verified.head
        );
        out.done(&sentence, &verified)
    }

    async fn records(&self, since: Option<Timestamp>, limit: usize, out: &Output) -> Outcome {
        let directory = self.store.directory().await?;
        let after = match since {
            Some(since) => self.store.last_before(since).await?,
            None => self.store.head().await?.number.saturating_sub(i64::try_from(limit).unwrap_or(i64::MAX)),
        };
        let entries = self.store.entries(after, limit).await?;
        out.list(
            ["Number", "When", "What", "Account", "Address", "Collection", "Details"],
            &entries,
            |entry: &Entry| {
                let record = &entry.record;
                let some = |text: &Option<String>| text.clone().unwrap_or_default();
                let details: String = record.details.chars().take(80).collect();
                [
                    entry.number.to_string(),
                    record.at.to_string(),
                    record.action.to_string(),
                    some(&record.account),
                    some(&record.address),
                    record.collection.map(|key| called(&directory, key)).unwrap_or_default(),
                    details,
                ]
            },
        )
    }

    async fn export(&self, since: Option<Timestamp>) -> Outcome {
        let mut after = match since {
            Some(since) => self.store.last_before(since).await?,
            None => 0,
        };
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        loop {
            let entries = self.store.entries(after, 1000).await?;
            let Some(last) = entries.last() else { break };
            after = last.number;
            for entry in &entries {
                serde_json::to_writer(&mut out, entry)?;
                out.write_all(b"\n")?;
            }
        }
        Ok(out.flush()?)
    }

    async fn prune(&self, before: Timestamp, yes: bool, out: &Output) -> Outcome {
        confirm(yes, &format!("Cut off everything that was recorded before {before}?"))?;
        let pruned = audit::prune(&*self.store, before, Timestamp::now()).await?;
        let sentence = match pruned.records {
            0 => format!("nothing was recorded before {before}"),
            n => format!("cut off {n} records, up to number {}; what is left verifies", pruned.through),
        };
        out.done(&sentence, &pruned)
    }
}

/// Does a person mean this version? It may be spelled in another way.
fn is_same(wanted: &str, version: &str) -> bool {
    let instant = |text: &str| text.parse::<StixTimestamp>().ok();
    wanted == version || (instant(wanted).is_some() && instant(wanted) == instant(version))
}

/// How people call a collection, also one that is gone.
fn called(directory: &Directory, key: CollectionKey) -> String {
    let known = directory.collections.iter().find(|collection| collection.key == key);
    known.map_or_else(|| format!("removed collection {}", key.0), name)
}

/// With the collection's `id` and its name in place of the store's own number.
fn named(directory: &Directory, row: &impl Serialize, key: Option<CollectionKey>) -> Value {
    let known = directory.collections.iter().find(|collection| Some(collection.key) == key);
    let mut value = json!(row);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("collection".to_owned(), json!(known.map(|collection| collection.id)));
        fields.insert("collection_name".to_owned(), json!(key.map(|key| called(directory, key))));
    }
    value
}

/// A time for people: 90 s, 5 min, 3 h, 12 days.
fn span(seconds: i64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}
