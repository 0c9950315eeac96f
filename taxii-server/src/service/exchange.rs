//! What servers of ours tell each other about a collection, beyond TAXII. Whoever may read objects may read changes, and sees of
//! them what is seen of the objects; whoever may add objects may send changes.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::value::RawValue;
use sharing::flow::{Change, HopLimits, Item, Outcome, Provenance};
use taxii_model::Timestamp;
use taxii_model::changes::{self, Became, Changes, Digests};
use tokio::task::spawn_blocking;

use super::{ErrorKind, Reach, Result, ServiceError, Session};
use crate::audit::Runs;
use crate::sharing::{Asker, Governing, Levels, MOST_DIGITS, Offer, Offered, Shared, Taker, Terms, Tree, records};
use crate::store::{Changed, Exchange, Mark, Partner, StoreError, Stretch};

/// A body of this size is read on another thread, lest it holds up other requests.
const LARGE: usize = 64 << 10;

/// What is asked of the changes of a collection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangesQuery {
    /// The cursor that a page before this one ended with.
    pub after: Option<String>,
    /// At most so many.
    pub limit: Option<u64>,
    /// Only objects with keys that begin like this.
    pub prefix: Option<String>,
}

fn bad(problem: impl Into<String>) -> ServiceError {
    ServiceError::new(ErrorKind::BadRequest, problem.into())
}

/// The parameters of a query, each of which is one of these and there once.
fn parameters(raw: &str, known: &[&str]) -> Result<Vec<(String, String)>> {
    let mut all: Vec<(String, String)> = Vec::new();
    for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decoded = percent_encoding::percent_decode_str(value).decode_utf8();
        let value = decoded.map_err(|_| bad(format!("{name}: not UTF-8")))?;
        if !known.contains(&name) {
            return Err(bad(format!("unknown parameter; this takes {}", known.join(", "))));
        }
        if all.iter().any(|(other, _)| other == name) {
            return Err(bad(format!("{name}: given twice")));
        }
        all.push((name.to_owned(), value.into_owned()));
    }
    Ok(all)
}

fn prefix(value: String) -> Result<String> {
    let is_digit = |c: char| matches!(c, '0'..='9' | 'a'..='f');
    match value.len() <= MOST_DIGITS && value.chars().all(is_digit) {
        true => Ok(value),
        false => Err(bad(format!("prefix: up to {MOST_DIGITS} digits, 0 to 9 and a to f"))),
    }
}

impl ChangesQuery {
    /// Reads the part of a URL behind the `?`.
    ///
    /// # Errors
    /// [`ErrorKind::BadRequest`] for anything that it does not take.
    pub fn parse(raw: &str) -> Result<Self> {
        let mut query = Self::default();
        for (name, value) in parameters(raw, &["after", "limit", "prefix"])? {
            match name.as_str() {
                "after" => query.after = Some(value),
                "limit" => {
                    let limit = value.parse().ok().filter(|limit| *limit > 0);
                    query.limit = Some(limit.ok_or_else(|| bad("limit: a number, at least 1"))?);
                }
                _ => query.prefix = Some(prefix(value)?),
            }
        }
        Ok(query)
    }
}

/// Reads the query of a digest: the prefix.
///
/// # Errors
/// [`ErrorKind::BadRequest`] for anything that it does not take.
pub fn digest_query(raw: &str) -> Result<String> {
    let value = parameters(raw, &["prefix"])?.pop().map(|(_, value)| value);
    prefix(value.unwrap_or_default())
}

impl Session<'_> {
    fn exchange(&self) -> Result<&dyn Exchange> {
        self.service.store.exchange().ok_or_else(ServiceError::not_found)
    }

    /// Who the caller speaks for, if that was settled.
    async fn partner(&self, exchange: &dyn Exchange) -> Result<Option<Partner>> {
        let caller = self.caller();
        let holders =
            [caller.name.as_deref().map(Partner::account), caller.organisation.as_deref().map(Partner::organisation)];
        let all = exchange.partners().await?;
        let found = holders.iter().flatten().find_map(|holder| all.iter().find(|partner| partner.holder == *holder));
        Ok(found.cloned())
    }

    /// Changes of a collection, as far as the caller may see them.
    ///
    /// # Errors
    /// [`ErrorKind::BadRequest`] for a cursor that is not ours; [`ErrorKind::NotFound`] if the store keeps nothing of the kind.
    pub async fn changes(&self, reach: &Reach<'_>, query: &ChangesQuery) -> Result<Bytes> {
        let (exchange, settings) = (self.exchange()?, &self.service.settings);
        let cursors = &self.service.cursors;
        let after = match &query.after {
            None => Timestamp::from_micros(i64::MIN),
            Some(text) => cursors.read_change(text, reach.collection.id).ok_or_else(|| {
                bad("after: not a value that this endpoint of this collection has given out; leave it out to start from the beginning")
            })?,
        };
        let limit = query.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        let limit = limit.min(settings.page_limit);
        let mark = self.mark(reach.collection.key).await?;
        let server = self.service.server_id().await?;
        let partner = self.partner(exchange).await?;
        let offer = self.offer(exchange, reach, mark, &server, partner.as_ref()).await?;
        let offered = match &query.prefix {
            None => offer.page(after, limit, settings.page_bytes).await?,
            Some(prefix) => {
                let tree = self.tree(&offer, reach, mark).await?;
                some_of(&offer, tree.stamps(prefix, after), after, limit, settings.page_bytes).await?
            }
        };
        let next = Some(cursors.write_change(reach.collection.id, offered.reached));
        self.changes_sent(reach, offered.changes.iter().filter(|one| one.text.is_some()).map(|one| one.stamp))?;
        let changes = offered.changes.into_iter().map(written).collect::<Result<Vec<_>>>()?;
        let page = Changes { more: offered.more, next, server, remaining: None, changes };
        Ok(serde_json::to_vec(&page).map_err(StoreError::failed)?.into())
    }

    async fn offer<'o>(
        &self,
        exchange: &'o dyn Exchange,
        reach: &Reach<'o>,
        mark: Mark,
        server: &'o str,
        partner: Option<&'o Partner>,
    ) -> Result<Offer<'o>> {
        let limited = self.limited(reach, mark).await?;
        let labels = self.service.labels_of(reach.collection.key, mark).await?;
        Ok(Offer {
            exchange,
            collection: reach.collection,
            server,
            receiver: partner.map(|partner| partner.server.as_str()),
            limited,
            levels: Levels::of(&labels, reach.collection),
            limits: HopLimits::default(),
            until: mark.clock,
        })
    }

    fn changes_sent(&self, reach: &Reach<'_>, stamps: impl Iterator<Item = Timestamp>) -> Result<()> {
        let Some(journal) = self.service.journal() else { return Ok(()) };
        let runs = Arc::new(Runs::of(reach.collection.key, &reach.root.name, stamps));
        if !runs.is_empty() && journal.delivered(self.shared_caller(), self.origin().address, &runs) {
            return Err(super::audited::unrecorded());
        }
        Ok(())
    }

    /// What the caller may see of a collection, below a prefix of keys, in numbers or one by one.
    ///
    /// # Errors
    /// As [`Session::changes`].
    pub async fn digest(&self, reach: &Reach<'_>, prefix: &str) -> Result<Digests> {
        let exchange = self.exchange()?;
        let mark = self.mark(reach.collection.key).await?;
        let server = self.service.server_id().await?;
        let offer = self.offer(exchange, reach, mark, &server, None).await?;
        let tree = self.tree(&offer, reach, mark).await?;
        let prefix = prefix.to_owned();
        Ok(spawn_blocking(move || tree.tell(&prefix)).await.map_err(StoreError::failed)?)
    }

    /// All that may be offered to somebody who sees as much, also what has been there: it is compared with what is there.
    async fn tree(&self, offer: &Offer<'_>, reach: &Reach<'_>, mark: Mark) -> Result<Arc<Tree>> {
        let trees = &self.service.trees;
        let viewer = offer.limited.as_ref().map(|limited| limited.viewer.clone());
        let asker = Asker { collection: reach.collection.key, viewer };
        if let Some(tree) = trees.get(&asker, mark) {
            return Ok(tree);
        }
        let _one = trees.reading.lock().await;
        if let Some(tree) = trees.get(&asker, mark) {
            return Ok(tree);
        }
        let limited = offer.limited.clone();
        let labels = self.service.labels_of(reach.collection.key, mark).await?;
        let levels = Levels::of(&labels, reach.collection);
        let tree = Arc::new(Tree::read(&Offer { receiver: None, limited, levels, ..*offer }).await?);
        trees.keep(asker, mark, &tree);
        Ok(tree)
    }

    /// The agreement under which the caller writes to a collection, if there is one.
    pub(super) async fn governing(&self, reach: &Reach<'_>) -> Result<Option<Arc<Governing>>> {
        let organisation = self.caller().organisation.as_deref();
        Ok(self.service.governance.of(&*self.service.store, organisation, reach.collection.id).await?)
    }

    /// Takes changes that another server sends; what became of each is told in their order.
    ///
    /// # Errors
    /// [`ErrorKind::Unprocessable`] if the body is not [`Changes`], [`ErrorKind::Forbidden`] if the caller does not speak for the
    /// server that it says it is: then nothing was taken.
    pub async fn take_changes(&self, reach: &Reach<'_>, body: Bytes) -> Result<Vec<changes::Outcome>> {
        self.must_be_recorded()?;
        let exchange = self.exchange()?;
        let most = self.service.settings.max_objects;
        let large = body.len() > LARGE;
        let read = move || read(&body, most);
        let read = if large { spawn_blocking(read).await.map_err(StoreError::failed)?? } else { read()? };
        if read.server.is_empty() {
            return match read.refused.is_empty() {
                // Somebody wants to know whether changes are taken here, and speaks for nobody yet.
                true => Ok(Vec::new()),
                false => {
                    Err(ServiceError::new(ErrorKind::Unprocessable, "server: empty; nothing was taken".to_owned()))
                }
            };
        }
        let server = self.service.server_id().await?;
        self.must_speak_for(exchange, &read.server, &server).await?;
        let by = self.caller().name.clone().unwrap_or_default();
        let governing = self.governing(reach).await?;
        let agreement = governing.as_ref().map(|governing| governing.agreement.as_str());
        let taker = Taker {
            store: &*self.service.store,
            exchange,
            collection: reach.collection,
            server: &server,
            by: &by,
            from: Some(&read.server),
            agreement,
            governing: governing.as_deref(),
            limits: HopLimits::default(),
        };
        let taken = taker.take(&read.changes).await?;
        self.service.written.tell();
        let terms = Terms { flow: None, server: Some(&read.server), agreement };
        let mut recorded = records(&taken, reach.collection, &terms, Timestamp::now());
        if let Some(governing) = &governing {
            let mut shared = Shared::default();
            read.changes.iter().zip(&taken.outcomes).for_each(|(change, outcome)| shared.became(change, outcome));
            recorded.extend(governing.record(shared, reach.collection, &format!("server {}", read.server)));
        }
        self.taken(recorded);
        let mut known = taken.outcomes.into_iter().map(told);
        Ok(read.refused.into_iter().filter_map(|refused| refused.or_else(|| known.next())).collect())
    }

    /// The first who says to be a server, by an account or an organisation that speaks for none, is it from then on.
    async fn must_speak_for(&self, exchange: &dyn Exchange, server: &str, ours: &str) -> Result<()> {
        let forbidden = |why: String| Err(ServiceError::new(ErrorKind::Forbidden, why));
        if server == ours {
            return forbidden("server: this is the id of this server itself".to_owned());
        }
        match self.partner(exchange).await? {
            Some(partner) if partner.server == server => return Ok(()),
            Some(partner) => {
                return forbidden(format!(
                    "server: these credentials speak for the server {}, not for {server}; nothing was taken",
                    partner.server
                ));
            }
            None => {}
        }
        let Some(account) = &self.caller().name else {
            return forbidden("server: nobody in particular speaks for no server".to_owned());
        };
        let (holder, since) = (Partner::account(account), Timestamp::now());
        let partner = Partner { holder, server: server.to_owned(), since };
        match exchange.set_partner(&partner).await {
            Ok(()) => {
                tracing::info!(account, server, "from now on this account speaks for this server");
                self.bound(&partner);
                Ok(())
            }
            Err(StoreError::Taken(_)) => {
                forbidden("server: other credentials speak for this server; nothing was taken".to_owned())
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// What was added at these times, as far as it is still offered.
async fn some_of(
    offer: &Offer<'_>,
    stamps: Vec<Timestamp>,
    after: Timestamp,
    limit: usize,
    bytes: usize,
) -> Result<Offered> {
    let collection = offer.collection.key;
    let sight = offer.limited.as_ref().map(|limited| Arc::clone(&limited.sight));
    let (mut changes, mut reached, mut size) = (Vec::new(), after, 0);
    let total = stamps.len();
    let mut looked_at = 0;
    for stamp in stamps.into_iter().take(limit) {
        let before = Timestamp::from_micros(stamp.as_micros() - 1);
        let one = Stretch { after: before, until: stamp, limit: 1, bytes, sight: sight.clone(), collection };
        let page = offer.exchange.changes(&one).await?;
        let found: Vec<Changed> = page.entries.into_iter().filter_map(|one| offer.leaving(one)).collect();
        size += found.iter().filter_map(|one| one.text.as_ref()).map(String::len).sum::<usize>();
        if size > bytes && !changes.is_empty() {
            break;
        }
        changes.extend(found);
        (reached, looked_at) = (stamp, looked_at + 1);
    }
    let more = looked_at < total;
    Ok(Offered { changes, reached: if more { reached } else { reached.max(offer.until) }, more })
}

fn written(changed: Changed) -> Result<changes::Change> {
    let came = changed.provenance.unwrap_or_default();
    let raw = |text: String| RawValue::from_string(text).map_err(StoreError::failed);
    let (deleted, version) = match changed.text {
        Some(_) => (None, None),
        None => (Some(changed.id), Some(changed.version)),
    };
    let object = changed.text.map(raw).transpose()?;
    Ok(changes::Change { object, deleted, version, origin: came.origin, hops: came.hops, path: came.path })
}

/// What somebody has sent.
struct Read {
    server: String,
    changes: Vec<Change>,
    /// What became of those that are none; the others are yet to come.
    refused: Vec<Option<changes::Outcome>>,
}

fn read(body: &[u8], most: usize) -> Result<Read> {
    let wrong = |why: String| ServiceError::new(ErrorKind::Unprocessable, format!("{why}; nothing was taken"));
    let text = std::str::from_utf8(body).map_err(|_| wrong("the body is not UTF-8".to_owned()))?;
    let page: Changes<Box<RawValue>> =
        serde_json::from_str(text).map_err(|error| wrong(format!("the body is no list of changes: {error}")))?;
    if page.changes.len() > most {
        return Err(wrong(format!("{} changes are too many; {most} are the most in one request", page.changes.len())));
    }
    let (mut changes, mut refused) = (Vec::new(), Vec::new());
    for raw in page.changes {
        match change(&raw) {
            Ok(change) => {
                changes.push(change);
                refused.push(None);
            }
            Err(outcome) => refused.push(Some(told(outcome))),
        }
    }
    Ok(Read { server: page.server, changes, refused })
}

fn change(raw: &RawValue) -> Result<Change, Outcome> {
    let refused = |rule: &str, reason: String| Outcome::Refused { rule: rule.to_owned(), reason };
    let change: changes::Change =
        serde_json::from_str(raw.get()).map_err(|error| refused("change-form", format!("no change: {error}")))?;
    let changes::Change { object, deleted, version, origin, hops, path } = change;
    let provenance = Provenance { origin, hops, path };
    match (object, deleted) {
        (Some(object), None) if version.is_none() => {
            let item = Item::new(object, None, provenance).map_err(|why| refused(&why.rule, why.reason))?;
            Ok(Change::Object(item))
        }
        (None, Some(id)) => Ok(Change::Deleted { id, version, provenance }),
        _ => Err(refused("change-form", "either an object, or what was deleted, with its version".to_owned())),
    }
}

fn told(outcome: Outcome) -> changes::Outcome {
    let (outcome, rule, reason) = match outcome {
        Outcome::Added => (Became::Added, None, None),
        Outcome::Known => (Became::Known, None, None),
        Outcome::Conflict { reason } => (Became::Conflict, None, Some(reason)),
        Outcome::Refused { rule, reason } => (Became::Refused, Some(rule), Some(reason)),
        Outcome::Deleted => (Became::Deleted, None, None),
    };
    changes::Outcome { outcome, rule, reason }
}
