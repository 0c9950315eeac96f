use std::io::{IsTerminal, Write};
use std::sync::Arc;

use serde_json::json;
use taxii_server::audit::Log;
use taxii_server::store::{Collection, Directory, Removed, Retention, Sweeper};

use super::{Desk, find_collection, name};
use crate::Outcome;
use crate::output::Output;

impl Desk {
    /// Removes what collections are not to keep, or tells what that would be.
    pub(super) async fn sweep(&self, wanted: Option<&str>, dry_run: bool, out: &Output) -> Outcome {
        let directory = self.store.directory().await?;
        let only = wanted.map(|wanted| find_collection(&directory, wanted)).transpose()?;
        let store = Arc::clone(&self.store);
        let log = Arc::clone(&self.store) as Arc<dyn Log>;
        let sweeper = Sweeper::new(store).progress(progress);
        let sweeper = if self.records { sweeper.audit(log) } else { sweeper };
        let limited = |c: &&Collection| only.is_none_or(|only| only.id == c.id) && !c.retention.is_forever();
        let limited: Vec<&Collection> = directory.collections.iter().filter(limited).collect();
        if let (Some(only), []) = (only, limited.as_slice()) {
            let sentence = format!("{} keeps everything: see collection set --help", name(only));
            return out.done(&sentence, &json!([]));
        }
        match dry_run {
            true => dry(&sweeper, &limited, out).await,
            false => wet(&sweeper, only, &directory, out).await,
        }
    }
}

async fn dry(sweeper: &Sweeper, collections: &[&Collection], out: &Output) -> Outcome {
    let mut rows = Vec::new();
    for collection in collections {
        let [aged, expired, surplus] = sweeper.due(collection).await?;
        rows.push(json!({
            "collection": name(collection), "id": collection.id, "dry_run": true,
            "aged": aged, "expired": expired, "surplus": surplus,
        }));
    }
    let number = |row: &serde_json::Value, key| row.get(key).map(ToString::to_string).unwrap_or_default();
    out.list(["Collection", "Would go for age", "Expired", "Too many"], &rows, |row| {
        let collection = row.get("collection").and_then(|name| name.as_str()).unwrap_or_default();
        [collection.to_owned(), number(row, "aged"), number(row, "expired"), number(row, "surplus")]
    })?;
    if !out.is_json() {
        anstream::println!("Nothing was removed. An object that is due for several reasons counts for each.");
    }
    Ok(())
}

async fn wet(sweeper: &Sweeper, only: Option<&Collection>, directory: &Directory, out: &Output) -> Outcome {
    let swept = sweeper.sweep(|c| only.is_none_or(|only| only.id == c.id)).await?;
    end_progress();
    let swept = swept.ok_or("another process is sweeping at this moment, such as a server; it does the same")?;
    let called = |swept: &taxii_server::store::Swept| {
        let collection = directory.collections.iter().find(|c| c.id == swept.collection);
        collection.map_or_else(|| swept.collection.to_string(), name)
    };
    out.list(["Collection", "Removed objects", "Entries", "For age", "Expired", "Too many"], &swept, |swept| {
        let total = swept.total();
        [
            called(swept),
            total.objects.to_string(),
            total.entries.to_string(),
            swept.aged.objects.to_string(),
            swept.expired.objects.to_string(),
            swept.surplus.objects.to_string(),
        ]
    })
}

fn progress(removed: Removed) {
    if std::io::stderr().is_terminal() {
        anstream::eprint!("\rremoved {} objects, {} entries …", removed.objects, removed.entries);
        let _ = std::io::stderr().flush();
    }
}

fn end_progress() {
    if std::io::stderr().is_terminal() {
        anstream::eprint!("\r\x1b[K");
    }
}

/// How long a collection keeps objects, for people.
pub(super) fn keeps(retention: &Retention) -> String {
    let days = |n: u32| if n == 1 { "1 day".to_owned() } else { format!("{n} days") };
    let rules = [
        retention.keep_days.map(days),
        retention.keep_expired_days.map(|n| format!("{} after valid_until", days(n))),
        retention.keep_objects.map(|n| format!("the newest {n} objects")),
    ];
    let rules: Vec<String> = rules.into_iter().flatten().collect();
    if rules.is_empty() { "for ever".to_owned() } else { rules.join(", ") }
}
