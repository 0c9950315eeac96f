//! Where objects live: the trait [`Store`], its vocabulary, and the stores that come with the crate.
//!
//! A store keeps *entries*: one version of one object in one collection. What every store promises:
//!
//! * **Order.** Every entry of a collection has its own `added` stamp, in microseconds; stamps rise
//!   strictly in the order in which entries become visible, whoever writes and however many at once. A batch
//!   ends on a whole millisecond, since some clients cut their position to milliseconds.
//! * **Durability.** When [`Store::add`] answers, the entries and the status survive a crash.
//! * **Bytes.** The text of an object comes back as it was given.
//! * **Selection.** Which entries of an object are its first and last is decided over all of them,
//!   before [`Window::after`] is applied (see [`Selection`]).
//! * **Sight.** To who does not see everything, the collection is as if all other entries did not exist: which are the first and
//!   the last of an object is decided over those that are seen (see [`Sight`]).
//!
//! What is asked about a collection that is gone has nothing in it; only [`Store::mark`] and [`Store::add`] tell.
//!
//! [`acceptance`] is the test-suite that proves a store right; it needs the feature `testing`.

#[cfg(any(test, feature = "testing"))]
pub mod acceptance;
mod admin;
mod arrangements;
mod change;
mod credential;
mod directory;
mod error;
mod exchange;
mod grant;
mod holdings;
mod identity;
mod ingest;
mod label;
mod lifecycle;
mod managed;
mod markings;
mod memory;
#[cfg(feature = "postgres")]
pub mod postgres;
mod retention;
mod rights;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod schema;
pub(crate) mod selection;
mod sight;
mod sound;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;
#[cfg(feature = "sqlite")]
pub mod sqlite;
mod submission;
mod sweeper;
#[cfg(feature = "sqlite")]
pub mod transfer;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use stix_model::{SpecVersion, Timestamp as StixTimestamp};
use taxii_model::{Filter, Status, Timestamp};
use uuid::Uuid;

pub use admin::Admin;
pub use arrangements::{Arrangements, Bookmark, Counterpart, KeptAgreement, KeptFlow};
pub use change::{Actor, ActorKind, Change, Terms};
pub use credential::{Credential, CredentialKind, PASSWORDS, Scope, UnknownKind};
pub use directory::{ApiRoot, Collection, CollectionKey, Directory, InvalidName};
pub use error::StoreError;
pub use exchange::{
    Changed, Conflict, Exchange, Origins, Partner, Provenance, Retracted, Retraction, Stretch, content_version,
};
pub use grant::{Grant, Object, Subject};
pub use holdings::{Day, Holdings};
pub use identity::{Account, Group, Identity, Member, Organisation};
pub use ingest::{Ingest, UnknownIngest};
pub use label::Label;
pub(crate) use label::definition;
pub use managed::Managed;
pub use markings::{Markings, UnknownUnmarked, Unmarked};
pub use memory::MemoryStore;
#[cfg(feature = "postgres")]
pub use postgres::{PostgresBuilder, PostgresStore};
pub use retention::{Due, Removed, Retention};
pub use rights::{Rights, UnknownRight};
pub use selection::{Editions, Selection};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) use sight::UNREAD;
pub use sight::{Labels, Sight};
pub(crate) use sight::{MOST, UNMARKED};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use sql::Statistics;
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteBuilder, SqliteStore};
pub use submission::{Item, Outcome, Submission, Told};
pub(crate) use submission::{Redated, stamps};
pub use sweeper::{Portion, Sweeper, Swept};

/// The result of a store's operation.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// What the server needs of a database to speak TAXII. Held as `Arc<dyn Store>`.
///
/// The module's documentation says what an implementation promises.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The API roots and collections.
    async fn directory(&self) -> Result<Directory>;

    /// A number that changes whenever the directory, an account, a credential or a grant does. Asked for at every request:
    /// it has to be cheap.
    async fn revision(&self) -> Result<i64>;

    /// How far a collection has come. Asked for at every poll: it has to be cheap.
    async fn mark(&self, collection: CollectionKey) -> Result<Mark>;

    /// The texts of the selected objects, in order of `added`.
    async fn objects(&self, window: &Window) -> Result<Texts>;

    /// What is known about the selected objects, in order of `added`.
    async fn records(&self, window: &Window) -> Result<Page<Record>>;

    /// Is there an entry of this object, with one of these versions unless none is given? Without a `sight`, everything is
    /// seen.
    async fn holds(
        &self,
        collection: CollectionKey,
        id: &str,
        versions: &[StixTimestamp],
        sight: Option<&Arc<Sight>>,
    ) -> Result<bool>;

    /// Adds the items in their order, as far as they are new, and keeps the status that tells what
    /// became of each.
    async fn add(&self, submission: Submission) -> Result<Status>;

    /// Removes the selected entries of one object, of those that are seen, and tells how many there were.
    async fn delete(
        &self,
        collection: CollectionKey,
        id: &str,
        selection: &Selection,
        sight: Option<&Arc<Sight>>,
    ) -> Result<u64>;

    /// As [`Store::add`], and tells more, as far as it is known.
    async fn add_telling(&self, submission: Submission) -> Result<Told> {
        Ok(Told { status: self.add(submission).await?, stamps: Vec::new(), outcomes: Vec::new() })
    }

    /// As [`Store::delete`], and tells what was removed, as far as that is known.
    async fn delete_telling(
        &self,
        collection: CollectionKey,
        id: &str,
        selection: &Selection,
        sight: Option<&Arc<Sight>>,
    ) -> Result<(u64, Vec<Gone>)> {
        Ok((self.delete(collection, id, selection, sight).await?, Vec::new()))
    }

    /// The status of an earlier submission to this API root, and whose it was.
    async fn status(&self, root: &str, id: Uuid) -> Result<Option<(Status, String)>>;

    /// 32 secret bytes that stay the same for as long as the data does and are the same for every
    /// process over it. They protect page cursors.
    async fn secret(&self) -> Result<[u8; 32]>;

    /// The labels of a collection's entries. Asked for, after something has changed, by the next who does not see everything.
    ///
    /// A store that cannot tell need not have it. It then serves only those who see everything, and all others get an error.
    async fn labels(&self, collection: CollectionKey) -> Result<Labels> {
        let _ = collection;
        Err(StoreError::failed(
            "this store does not know the markings of what it holds: nobody can be shown a part of it",
        ))
    }

    /// What is needed to exchange collections with other servers, if the store has it.
    fn exchange(&self) -> Option<&dyn Exchange> {
        None
    }

    /// What was arranged with others, if the store keeps it.
    fn arrangements(&self) -> Option<&dyn Arrangements> {
        None
    }

    // What follows keeps collections as long as their `Retention` says and counts what they hold. The methods have
    // default ones, which read page by page and delete objects one by one.

    /// How many objects are due to go.
    async fn due(&self, collection: CollectionKey, due: Due) -> Result<u64> {
        lifecycle::due(self, collection, due).await
    }

    /// One step of removing what is due: about `limit` entries, which is at least 4, those first that are due the longest.
    /// It takes no longer than adding as many, so that writers hardly wait. When nothing was removed, nothing is due.
    ///
    /// An object that gets a new version before its turn has come is judged by this one.
    async fn remove_due(&self, collection: CollectionKey, due: Due, limit: usize) -> Result<Removed> {
        lifecycle::remove_due(self, collection, due, limit).await
    }

    /// When the newest version of the object was added that is the `nth` newest in these terms; 1 is the newest.
    async fn nth_newest(&self, collection: CollectionKey, nth: u64) -> Result<Option<Timestamp>> {
        lifecycle::nth_newest(self, collection, nth).await
    }

    /// One step of what the store has to do for itself from time to time, such as forgetting old statuses: at most about
    /// `limit` rows. Is there more to do?
    async fn tidy(&self, limit: usize) -> Result<bool> {
        let _ = limit;
        Ok(false)
    }

    /// Makes `holder` the only one for a while who does the work of this name, in whichever process over the same data, or
    /// lets the one who is go on. A zero `duration` gives the work back. Whoever ends without a word holds up nobody for longer
    /// than the `duration`. A store that only one process uses need not do anything.
    async fn lease(&self, work: &str, holder: Uuid, duration: Duration) -> Result<bool> {
        let _ = (work, holder, duration);
        Ok(true)
    }

    /// Counts what a collection holds; `now` says which days of growth are told.
    async fn holdings(&self, collection: CollectionKey, now: Timestamp) -> Result<Holdings> {
        lifecycle::holdings(self, collection, now).await
    }
}

/// How far a collection has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// The newest `added` ever given out: nothing lies behind it, and what comes will.
    pub clock: Timestamp,
    /// Moves whenever an entry that was there before is removed or superseded: as long as it stands,
    /// what was once read up to some stamp is still what there is.
    pub changes: i64,
}

impl Mark {
    /// Has this come as far as the other? Both numbers only ever rise, so of two states of one collection the later one has.
    #[must_use]
    pub fn reaches(self, other: Self) -> bool {
        self.clock >= other.clock && self.changes >= other.changes
    }
}

/// A stretch of a collection.
#[derive(Clone, Debug)]
pub struct Window {
    /// Of which collection.
    pub collection: CollectionKey,
    /// Which entries.
    pub selection: Selection,
    /// Only entries added after this.
    pub after: Timestamp,
    /// At most this many entries; at least 1.
    pub limit: usize,
    /// Stop when the texts exceed this many bytes; the first entry is always taken.
    pub bytes: usize,
    /// How far the collection has come, as far as the asker knows. A store that has copies may read from one
    /// that has come as far, and without this from none.
    pub mark: Option<Mark>,
    /// What the asker sees of the collection; everything without one.
    pub sight: Option<Arc<Sight>>,
}

/// The entries of a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// In order of `added`.
    pub entries: Vec<T>,
    /// Are there selected entries behind the last one?
    pub more: bool,
}

/// The texts of the entries of a window: an envelope in the making, so that nothing is copied later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts {
    /// Bytes, since checking again that they are text costs as much as finding them.
    envelope: Vec<u8>,
    /// When each was added, and where its text ends.
    ends: Vec<(Timestamp, usize)>,
    /// The label of each, if the asker does not see everything.
    labels: Vec<i64>,
    /// Are there selected entries behind the last one?
    pub more: bool,
}

/// How every envelope with objects begins.
const OPENING: &[u8] = b"{\"objects\":[";

impl Texts {
    /// None yet, with room for so many bytes.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        let mut envelope = Vec::with_capacity(bytes.saturating_add(OPENING.len() + 128));
        envelope.extend_from_slice(OPENING);
        Self { envelope, ends: Vec::new(), labels: Vec::new(), more: false }
    }

    /// Appends an object as it was submitted: JSON in UTF-8.
    ///
    /// ```
    /// use taxii_model::Timestamp;
    /// use taxii_server::store::Texts;
    ///
    /// let mut texts = Texts::default();
    /// texts.push(Timestamp::from_micros(1), r#"{"n":1}"#);
    /// texts.push(Timestamp::from_micros(2), r#"{"n":2}"#);
    /// assert_eq!(texts.iter().last(), Some((Timestamp::from_micros(2), br#"{"n":2}"#.as_slice())));
    /// assert_eq!(texts.into_envelope(None), br#"{"objects":[{"n":1},{"n":2}],"more":false}"#);
    /// ```
    pub fn push(&mut self, added: Timestamp, text: impl AsRef<[u8]>) {
        if !self.ends.is_empty() {
            self.envelope.push(b',');
        }
        self.envelope.extend_from_slice(text.as_ref());
        self.ends.push((added, self.envelope.len()));
    }

    /// The same for somebody who does not see everything, with the number of the entry's label.
    pub fn push_labelled(&mut self, added: Timestamp, text: impl AsRef<[u8]>, label: Option<i64>) {
        self.push(added, text);
        self.labels.extend(label);
    }

    /// The numbers of the labels, in order; none if the asker sees everything.
    #[must_use]
    pub fn labels(&self) -> &[i64] {
        &self.labels
    }

    /// The envelope (TAXII 2.1 §3.7), with the cursor of the next page if there is one. A cursor has
    /// no character that JSON would have to escape.
    #[must_use]
    pub fn into_envelope(mut self, next: Option<&str>) -> Vec<u8> {
        match next {
            Some(next) => {
                for part in ["],\"more\":true,\"next\":\"", next, "\"}"] {
                    self.envelope.extend_from_slice(part.as_bytes());
                }
            }
            None => self.envelope.extend_from_slice(b"],\"more\":false}"),
        }
        self.envelope
    }

    /// The bytes of all texts, with a comma between each two.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.envelope.len() - OPENING.len()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Are there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// When the first and the last were added.
    #[must_use]
    pub fn dates(&self) -> Option<(Timestamp, Timestamp)> {
        Some((self.ends.first()?.0, self.ends.last()?.0))
    }

    /// Each text, with when it was added and the number of its label, if the asker does not see everything.
    pub fn labelled(&self) -> impl Iterator<Item = (Timestamp, &[u8], Option<i64>)> {
        let labels = self.labels.iter().copied().map(Some).chain(std::iter::repeat(None));
        self.iter().zip(labels).map(|((added, text), label)| (added, text, label))
    }

    /// Each text, with when it was added.
    pub fn iter(&self) -> impl Iterator<Item = (Timestamp, &[u8])> {
        let begins = std::iter::once(OPENING.len()).chain(self.ends.iter().map(|(_, end)| end + 1));
        self.ends.iter().zip(begins).filter_map(|((added, end), begin)| Some((*added, self.envelope.get(begin..*end)?)))
    }
}

impl Default for Texts {
    fn default() -> Self {
        Self::with_capacity(0)
    }
}

/// An entry that was removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// When it was added.
    pub added: Timestamp,
    /// The version, in the object's own spelling.
    pub version: String,
}

/// An entry without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// When it was added.
    pub added: Timestamp,
    /// The object.
    pub id: String,
    /// The version, in the object's own spelling.
    pub version: String,
    /// The edition of STIX.
    pub spec_version: SpecVersion,
}

/// Tells the time. Tests bring their own.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The wall clock.
#[must_use]
pub fn wall_clock() -> Clock {
    Arc::new(Timestamp::now)
}

/// How stamps are given out (see [`Store`]): the last stamp of a batch of `n` after `clock`. The
/// batch takes the `n` microseconds up to and including it.
pub(crate) fn batch_end(clock: Timestamp, now: Timestamp, n: usize) -> Timestamp {
    const MILLISECOND: i64 = 1000;
    let n = i64::try_from(n).unwrap_or(i64::MAX);
    let earliest = clock.as_micros().saturating_add(n).max(now.as_micros());
    Timestamp::from_micros(
        earliest.div_euclid(MILLISECOND) * MILLISECOND + if earliest % MILLISECOND == 0 { 0 } else { MILLISECOND },
    )
}

impl Window {
    /// Everything that `filter` selects, from the beginning.
    #[must_use]
    pub fn of(collection: CollectionKey, filter: &Filter) -> Self {
        let after = Timestamp::from_micros(i64::MIN);
        let selection = Selection::of(filter);
        Self { collection, selection, after, limit: usize::MAX, bytes: usize::MAX, mark: None, sight: None }
    }
}
