use serde_json::{Value, json};
use taxii_server::sharing::{Found, Steward};
use taxii_server::store;

use super::{Desk, find_collection, name as called};
use crate::Outcome;
use crate::cli_sharing::Conflict;
use crate::output::Output;

fn row(found: &Found) -> Value {
    let store::Conflict { digest, id, version, source, at, .. } = &found.conflict;
    json!({
        "digest": digest, "collection": called(&found.collection), "id": id, "version": version, "source": source, "at": at,
    })
}

impl Desk {
    pub(crate) async fn conflict(&self, command: Conflict, out: &Output) -> Outcome {
        let steward = self.steward(&self.context());
        match command {
            Conflict::List { collection } => self.list_conflicts(collection.as_deref(), &steward, out).await,
            Conflict::Show { digest } => show_conflict(&digest, &steward, out).await,
            Conflict::Settle { digests } => settle_conflicts(&digests, &steward, out).await,
        }
    }

    async fn list_conflicts(&self, only: Option<&str>, steward: &Steward, out: &Output) -> Outcome {
        let directory = self.store.directory().await?;
        let only = only.map(|wanted| find_collection(&directory, wanted)).transpose()?;
        let found = steward.conflicts(only.map(|only| only.id)).await?;
        let rows: Vec<Value> = found.iter().map(row).collect();
        let text = |row: &Value, key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        out.list(["Digest", "Collection", "Object", "Version", "Sent by", "When"], &rows, |row| {
            let digest = text(row, "digest").get(..12).map(str::to_owned).unwrap_or_default();
            let [collection, id, version, source, at] =
                ["collection", "id", "version", "source", "at"].map(|key| text(row, key));
            [digest, collection, id, version, source, at]
        })
    }
}

async fn show_conflict(wanted: &str, steward: &Steward, out: &Output) -> Outcome {
    let found = steward.conflict(wanted, None).await?;
    let store::Conflict { digest, id, version, refused, source, at, .. } = &found.conflict;
    let there = steward.there(&found).await?;
    let shown = |text: Option<&String>, missing: &str| text.cloned().unwrap_or_else(|| missing.to_owned());
    let text = format!(
        "{digest}\n{id} {version} in {}\nrefused {at}, sent by {source}\n\nthere:\n{}\n\nrefused:\n{}",
        called(&found.collection),
        shown(there.as_ref(), "nothing any longer"),
        shown(refused.as_ref(), "too large to be kept"),
    );
    let object = |text: Option<&String>| text.and_then(|text| serde_json::from_str::<Value>(text).ok());
    let mut told = row(&found);
    told = crate::output::with(told, "there", object(there.as_ref()));
    told = crate::output::with(told, "refused", object(refused.as_ref()));
    out.done(&text, &told)
}

async fn settle_conflicts(wanted: &[String], steward: &Steward, out: &Output) -> Outcome {
    let mut settled = Vec::new();
    for wanted in wanted {
        let found = steward.conflict(wanted, None).await?;
        steward.settle(&found).await?;
        settled.push(row(&found));
    }
    out.done(&format!("settled {}; what is there stays", settled.len()), &settled)
}
