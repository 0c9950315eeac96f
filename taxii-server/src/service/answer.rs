use std::io::Write;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use quick_cache::Weighter;
use taxii_model::{Endpoint, Filter, Timestamp};

use crate::access::Viewer;
use crate::audit::Runs;
use crate::store::{CollectionKey, Mark};

/// A page, ready to be sent.
#[derive(Debug)]
pub struct Answer {
    /// The resource as JSON.
    pub body: Bytes,
    /// The dates added of the first and last entry; an empty page has none.
    pub dates: Option<(Timestamp, Timestamp)>,
    /// The same for the same content: a weak entity tag's inside.
    pub tag: String,
    /// How far the collection had come before the page was read.
    pub(super) mark: Mark,
    /// Is there more behind it? What is added later cannot change such a page.
    pub(super) more: bool,
    /// When it had been read.
    pub(super) made: Instant,
    /// Which objects it has, if that is recorded: those that are whole, and those that are not.
    pub(super) runs: Vec<Arc<Runs>>,
    gzip: OnceLock<Bytes>,
}

impl Answer {
    pub(super) fn new(
        body: Vec<u8>,
        dates: Option<(Timestamp, Timestamp)>,
        tag: String,
        mark: Mark,
        more: bool,
    ) -> Self {
        Self {
            body: body.into(),
            dates,
            tag,
            mark,
            more,
            made: Instant::now(),
            runs: Vec::new(),
            gzip: OnceLock::new(),
        }
    }

    /// It has these objects.
    pub(super) fn with(self, runs: Vec<Arc<Runs>>) -> Self {
        Self { runs, ..self }
    }

    /// Stands for a page without entries, which is not the same for everybody.
    pub(super) fn nothing(mark: Mark) -> Self {
        Self::new(Vec::new(), None, String::new(), mark, false)
    }

    /// Is it such a one?
    pub(super) fn is_nothing(&self) -> bool {
        self.body.is_empty()
    }

    /// How far somebody has come who has this page.
    pub(super) fn position(&self) -> Timestamp {
        match self.dates {
            Some((_, last)) if self.more => last,
            // Nothing that the caller asks for lies behind it.
            _ => self.mark.clock,
        }
    }

    /// Is it still what would be answered, now that the collection has come to `mark`?
    pub(super) fn holds(&self, mark: Mark) -> bool {
        self.mark.changes == mark.changes && (self.more || self.mark.clock == mark.clock)
    }

    /// The body compressed, if that has been asked for before.
    #[must_use]
    pub fn compressed(&self) -> Option<Bytes> {
        self.gzip.get().cloned()
    }

    /// Compresses the body and keeps the result.
    pub fn compress(&self) -> Bytes {
        self.gzip.get_or_init(|| gzip(&self.body)).clone()
    }
}

/// Level 1 costs a quarter of the usual level and saves nearly as much on JSON.
fn gzip(body: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    let written = encoder.write_all(body).and_then(|()| encoder.finish());
    written.map(Bytes::from).unwrap_or_default()
}

/// Under what a page is kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct PageKey {
    pub(super) collection: CollectionKey,
    pub(super) endpoint: Endpoint,
    pub(super) object: Option<Box<str>>,
    pub(super) filter: Filter,
    pub(super) after: Timestamp,
    pub(super) limit: usize,
    /// Who looks, if not at everything.
    pub(super) viewer: Option<Viewer>,
    /// Does it bring along what its objects refer to?
    pub(super) supply: bool,
}

/// How much memory a kept page takes.
#[derive(Clone)]
pub(super) struct Weight;

impl Weighter<PageKey, Arc<Answer>> for Weight {
    fn weight(&self, _: &PageKey, answer: &Arc<Answer>) -> u64 {
        /// The key, the tag and the cache's own book-keeping.
        const OVERHEAD: u64 = 512;
        let body = answer.body.len() as u64;
        // A quarter for the compressed copy that may come.
        OVERHEAD + body + body / 4 + answer.runs.iter().map(|runs| runs.bytes()).sum::<u64>()
    }
}
