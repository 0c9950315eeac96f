//! Objects as they are for somebody who may not see some of their parts.

use std::sync::Arc;

use stix_model::json::Json;
use stix_model::marking::redact;
use tokio::task::spawn_blocking;

use super::Result;
use super::sights::Limited;
use crate::access::Viewer;
use crate::store::{StoreError, Texts};

/// The texts without what is hidden; those of which nothing is hidden stay as they are, byte for byte.
pub(super) async fn redacted(texts: Texts, limited: &Arc<Limited>) -> Result<Texts> {
    if !texts.labels().iter().any(|label| limited.redacts(*label)) {
        return Ok(texts);
    }
    let limited = Arc::clone(limited);
    // Each object takes as long as a small page.
    Ok(spawn_blocking(move || without_hidden(&texts, &limited)).await.map_err(StoreError::failed)?)
}

fn without_hidden(texts: &Texts, limited: &Limited) -> Texts {
    let mut shown = Texts::with_capacity(texts.bytes());
    shown.more = texts.more;
    for ((added, text), label) in texts.iter().zip(texts.labels()) {
        if !limited.redacts(*label) {
            shown.push_labelled(added, text, Some(*label));
        } else if let Some(text) = what_is_left(text, &limited.viewer) {
            shown.push_labelled(added, text, Some(*label));
        } else {
            tracing::error!(%added, label, "an object was to be shown in part, but nothing is left of it; it is left out");
        }
    }
    shown
}

fn what_is_left(text: &[u8], viewer: &Viewer) -> Option<String> {
    let json = Json::parse(std::str::from_utf8(text).ok()?).ok()?;
    let left = redact(json.as_object()?, |marking| viewer.may_see(marking))?;
    serde_json::to_string(&left).ok()
}
