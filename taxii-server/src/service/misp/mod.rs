//! Collections as feeds of MISP, and the part of a MISP server that others read from.
//!
//! A feed is what a caller sees of a collection, as events: one for each report and grouping, and one for each day for what was
//! created that day and is in none. It is made once for all who see the same, and again when the collection has changed; then
//! only events whose objects have changed are made anew.

mod build;
mod event;
mod feed;
mod holding;
mod outline;
mod settings;

use std::sync::Arc;
use std::time::Duration;

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{OptionsBuilder, Weighter};
use taxii_model::Timestamp;
use tokio::sync::Mutex;

pub use event::Wish;
pub use feed::{Feed, Kind, Listed};
pub use settings::Misp;

use self::build::Builder;
use super::sights::Limited;
use super::{Answer, ErrorKind, Reach, Result, ServiceError, Session};
use crate::access::Viewer;
use crate::store::{CollectionKey, Mark, StoreError};

/// What is seen of which collection.
type View = (CollectionKey, Option<Viewer>);

/// What is kept of feeds.
pub(super) struct Feeds {
    feeds: Cache<View, Arc<Feed>, Weight>,
    events: Cache<(View, String, Wish), Arc<Made>, Weight>,
    /// One is made at a time: it takes memory.
    turn: Mutex<()>,
}

/// An event as it is sent.
struct Made {
    digest: u64,
    answer: Arc<Answer>,
}

/// How much memory it takes.
#[derive(Clone)]
struct Weight;

impl Weighter<View, Arc<Feed>> for Weight {
    fn weight(&self, _: &View, feed: &Arc<Feed>) -> u64 {
        feed.bytes()
    }
}

impl Weighter<(View, String, Wish), Arc<Made>> for Weight {
    fn weight(&self, _: &(View, String, Wish), made: &Arc<Made>) -> u64 {
        let body = made.answer.body.len() as u64;
        512 + body + body / 4
    }
}

impl Feeds {
    pub(super) fn new(bytes: u64) -> Self {
        Self { feeds: kept(bytes), events: kept(bytes / 4), turn: Mutex::default() }
    }
}

/// In one part: a large feed may take most of the room.
fn kept<K: Eq + std::hash::Hash, V: Clone>(bytes: u64) -> Cache<K, V, Weight>
where
    Weight: Weighter<K, V>,
{
    const ITEMS: usize = 100;
    match OptionsBuilder::new().estimated_items_capacity(ITEMS).weight_capacity(bytes).shards(1).build() {
        Ok(options) => Cache::with_options(
            options,
            Weight,
            quick_cache::DefaultHashBuilder::default(),
            DefaultLifecycle::default(),
        ),
        // All that has to be said is said.
        Err(_) => Cache::with_weighter(ITEMS, bytes, Weight),
    }
}

/// So long somebody waits for a feed that is being made; it goes on being made.
const PATIENCE: Duration = Duration::from_secs(25);

impl Session<'_> {
    /// Fails unless the operator has the collection served to MISP, as if there was nothing.
    ///
    /// # Errors
    /// [`Session::hidden`].
    pub fn must_serve_misp(&self, reach: &Reach<'_>) -> Result<()> {
        match self.settings().misp.serves(reach.root, reach.collection) {
            true => Ok(()),
            false => Err(self.hidden()),
        }
    }

    /// Names the state of the collection's feed, if that can be told without making it. Who does not see everything must not be told of
    /// changes to what is hidden: for them the content names itself.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn feed_tag(&self, reach: &Reach<'_>) -> Result<Option<String>> {
        if self.clearance().is_some() {
            return Ok(None);
        }
        let mark = self.service.store.mark(reach.collection.key).await?;
        let is_settled = mark.clock < second(Timestamp::now());
        Ok(is_settled.then(|| feed::tag(reach.collection, mark)))
    }

    /// How far the collection has come, and up to where it is told. Events have their time in whole seconds, and MISP fetches one again only
    /// if that has come forward: what is added in a second must not be told before it is over.
    async fn settled(&self, reach: &Reach<'_>) -> Result<(Mark, Timestamp)> {
        let mark = self.mark(reach.collection.key).await?;
        let now = Timestamp::now();
        if mark.clock < second(now) {
            return Ok((mark, mark.clock));
        }
        let over = second(now).as_micros() + SECOND;
        let rest = u64::try_from(over - now.as_micros()).unwrap_or_default();
        tokio::time::sleep(Duration::from_micros(rest)).await;
        let mark = self.mark(reach.collection.key).await?;
        Ok((mark, mark.clock.min(Timestamp::from_micros(over - 1))))
    }

    /// What the caller sees of the collection, as a feed.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] while it is being made and that takes long; [`ErrorKind::Forbidden`] if it is too large.
    pub async fn feed(&self, reach: &Reach<'_>) -> Result<Arc<Feed>> {
        let (mark, told) = self.settled(reach).await?;
        let limited = self.limited(reach, mark).await?;
        let view = view(reach, limited.as_ref());
        if let Some(feed) = self.service.feeds.feeds.get(&view).filter(|feed| feed.is_as_of(mark, told)) {
            return Ok(feed);
        }
        let builder = self.builder(reach, limited, mark);
        let feeds = Arc::clone(&self.service.feeds);
        // Whoever stops waiting does not stop it: otherwise a client that is too impatient would never get it.
        let making = tokio::spawn(async move {
            let _turn = feeds.turn.lock().await;
            let old = feeds.feeds.get(&view);
            if let Some(feed) = old.clone().filter(|feed| feed.reaches(mark, told)) {
                return Ok(feed);
            }
            let feed = Arc::new(builder.build(old, told).await?);
            feeds.feeds.insert(view, Arc::clone(&feed));
            Ok(feed)
        });
        match tokio::time::timeout(PATIENCE, making).await {
            Ok(made) => made.map_err(StoreError::failed)?,
            Err(_) => Err(ServiceError::new(
                ErrorKind::Unavailable,
                "the events of this collection are being made for the first time, or many have changed: ask again in a minute",
            )
            .after(Duration::from_secs(30))),
        }
    }

    fn builder(&self, reach: &Reach<'_>, limited: Option<Arc<Limited>>, mark: Mark) -> Builder {
        Builder {
            store: Arc::clone(&self.service.store),
            collection: reach.collection.clone(),
            settings: self.settings().misp.clone(),
            page_bytes: self.settings().page_bytes,
            // Labels may have been asked for later than the mark.
            read: limited.as_ref().map_or(mark, |limited| limited.mark),
            limited,
            mark,
        }
    }

    /// An event of the feed; `None` if there is none of this UUID.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn misp_event(
        &self,
        reach: &Reach<'_>,
        feed: &Feed,
        uuid: &str,
        wish: Wish,
    ) -> Result<Option<Arc<Answer>>> {
        let Some((plan, digest)) = feed.plan(uuid) else { return Ok(None) };
        let limited = self.limited(reach, feed.mark).await?;
        let key = (view(reach, limited.as_ref()), uuid.to_owned(), wish);
        let events = &self.service.feeds.events;
        if let Some(made) = events.get(&key).filter(|made| made.digest == digest) {
            return Ok(Some(Arc::clone(&made.answer)));
        }
        let builder = self.builder(reach, limited.clone(), feed.mark);
        let (texts, text) = builder.event(plan, wish).await?;
        let Some(text) = text else { return Ok(None) };
        let runs = texts.iter().flat_map(|texts| self.runs(reach, texts, limited.as_ref())).collect();
        let tag = feed::content_tag(text.as_bytes());
        let answer = Arc::new(Answer::new(text.into_bytes(), None, tag, feed.mark, false).with(runs));
        events.insert(key, Arc::new(Made { digest, answer: Arc::clone(&answer) }));
        Ok(Some(answer))
    }
}

const SECOND: i64 = 1_000_000;

/// The beginning of the second.
fn second(at: Timestamp) -> Timestamp {
    Timestamp::from_micros(at.as_micros().div_euclid(SECOND) * SECOND)
}

fn view(reach: &Reach<'_>, limited: Option<&Arc<Limited>>) -> View {
    (reach.collection.key, limited.map(|limited| limited.viewer.clone()))
}
