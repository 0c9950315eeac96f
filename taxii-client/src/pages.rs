use std::collections::HashSet;

use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use stix_model::Timestamp as StixTimestamp;
use taxii_model::headers::{DATE_ADDED_FIRST, DATE_ADDED_LAST};
use taxii_model::{Filter, ManifestRecord, Query, Selector, Timestamp, VersionFilter};
use url::Url;

use crate::answer::Answer;
use crate::collection::check;
use crate::page::sealed::{Name, Sealed};
use crate::page::{Body, Entry};
use crate::transport::{Request, first_line};
use crate::warning::Warning;
use crate::{Bookmark, Client, Collection, Error, Page, address};

/// The limit to try when a page was too much and none was asked for.
const FIRST_LIMIT: u64 = 500;
/// More pages than this without a single entry are no accident.
const MOST_EMPTY_PAGES: u32 = 100;

/// A walk through the pages of an answer (TAXII 2.1 §3.5).
///
/// Goes by `next`, or by date where the server gives none; keeps the filters; tolerates pages without
/// entries; and stops with an error rather than going round in circles. Faults of the server on the way
/// are [`Warning`]s.
///
/// ```no_run
/// # async fn example(collection: taxii_client::Collection) -> Result<(), Box<dyn std::error::Error>> {
/// use taxii_client::{Bookmark, Query};
///
/// let bookmark: Bookmark = serde_json::from_str(&std::fs::read_to_string("poll.json")?)?;
/// let mut pages = collection.objects(Query::default()).resume(&bookmark);
/// while let Some(page) = pages.next().await? {
///     // … keep the objects, then:
///     std::fs::write("poll.json", serde_json::to_string(&page.bookmark)?)?;
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is sent until the first page is asked for"]
pub struct Pages<T> {
    collection: Collection,
    url: Url,
    /// Why there is no next page to be had.
    failed: Option<Error>,
    query: Query,
    /// What the walk knows by now.
    bookmark: Bookmark,
    guard: Guard,
    /// Does the next request ask by date? Then entries may come a second time.
    by_date: bool,
    done: bool,
    entries: std::marker::PhantomData<fn() -> T>,
}

impl<T: Entry> Pages<T> {
    pub(crate) fn new(collection: Collection, url: Result<Url, Error>, mut query: Query) -> Self {
        let (url, failed) = match url.and_then(|url| check(&mut query).map(|()| url)) {
            Ok(url) => (url, None),
            Err(error) => (collection.url().clone(), Some(error)),
        };
        let bookmark = Bookmark { start: query.added_after, next: query.next.clone(), ..Bookmark::default() };
        Self {
            collection,
            url,
            failed,
            query,
            bookmark,
            guard: Guard::default(),
            by_date: false,
            done: false,
            entries: std::marker::PhantomData,
        }
    }

    /// Goes on where an earlier walk with the same filters was: in the middle of it, or after its end.
    pub fn resume(mut self, bookmark: &Bookmark) -> Self {
        if *bookmark == Bookmark::default() {
            return self;
        }
        self.bookmark = bookmark.clone();
        if bookmark.is_midway() {
            (self.query.next, self.query.added_after) = (bookmark.next.clone(), bookmark.start);
        } else if let Some(reached) = bookmark.reached {
            self.begin_at(reached);
        }
        self
    }

    fn begin_at(&mut self, reached: Timestamp) {
        (self.query.next, self.query.added_after) = (None, Some(reached));
        (self.bookmark.next, self.bookmark.start) = (None, Some(reached));
        self.by_date = true;
    }

    /// The next page; `None` after the last. A page may be empty and not be the last.
    ///
    /// # Errors
    /// The server cannot be reached, refuses, answers with something else, or goes in circles. Asking
    /// again after an error asks for the same page again.
    pub async fn next(&mut self) -> Result<Option<Page<T>>, Error> {
        if let Some(error) = self.failed.take() {
            self.done = true;
            return Err(error);
        }
        if self.done {
            return Ok(None);
        }
        let answer = self.fetch().await?;
        let client = self.client().clone();
        let mut body = answer.read_with(T::WHAT, client.warner(), T::parse)?;
        if body.bundles > 0 {
            client.warner().warn(&Warning::NestedBundles(body.bundles));
        }
        self.guard.page(&self.url, &self.query, &body).inspect_err(|_| self.done = true)?;
        let name_of_last = body.entries.last().and_then(T::name);
        self.drop_seen(&mut body.entries);
        let (first, last) = self.stamps(&answer);
        let more = body.more.unwrap_or(false) || (client.next_means_more() && body.next.is_some());
        match more {
            // This page is good, even if there is no way to the next one.
            true => self.failed = self.advance(body.next.take(), name_of_last).await.err(),
            false => self.end(),
        }
        Ok(Some(Page {
            entries: body.entries,
            more,
            date_added_first: first,
            date_added_last: last,
            bookmark: self.bookmark.clone(),
        }))
    }

    /// The pages as a stream.
    pub fn into_stream(self) -> impl Stream<Item = Result<Page<T>, Error>> {
        stream::try_unfold(self, |mut pages| async move { Ok(pages.next().await?.map(|page| (page, pages))) })
    }

    /// What is in the pages, as a stream.
    pub fn entries(self) -> impl Stream<Item = Result<T, Error>> {
        self.into_stream().map_ok(|page| stream::iter(page.entries).map(Ok)).try_flatten()
    }

    /// Every page until the last, in memory.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub async fn all(mut self) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        while let Some(page) = self.next().await? {
            all.extend(page.entries);
        }
        Ok(all)
    }

    fn client(&self) -> &Client {
        self.collection.root().client()
    }

    fn warn(&self, warning: &Warning) {
        self.client().warner().warn(warning);
    }

    /// Asks for a page; for a smaller one if this one is too much; by date if the `next` is not taken.
    async fn fetch(&mut self) -> Result<Answer, Error> {
        loop {
            let mut asked = self.url.clone();
            let query = self.query.to_string();
            asked.set_query(Some(&query).filter(|query| !query.is_empty()).map(String::as_str));
            match self.client().send(Request::page(asked)).await {
                Err(error) if asks_for_less(&error) && self.ask_for_less(&error) => {}
                Err(error) if self.query.next.is_some() && is_token_refused(&error) && self.go_by_date(&error) => {}
                outcome => return outcome,
            }
        }
    }

    fn ask_for_less(&mut self, error: &Error) -> bool {
        let limit = self.query.limit.map_or(FIRST_LIMIT, |limit| limit / 2);
        if limit > 0 {
            self.query.limit = Some(limit);
            self.warn(&Warning::SmallerPages { limit, cause: first_line(error) });
        }
        limit > 0
    }

    /// Some servers forget their tokens after seconds, or after one use.
    fn go_by_date(&mut self, error: &Error) -> bool {
        let Some(reached) = self.bookmark.reached.filter(|reached| self.guard.position(None, Some(*reached))) else {
            return false;
        };
        self.begin_at(reached);
        self.warn(&Warning::TokenRefused(first_line(error)));
        true
    }

    fn drop_seen(&mut self, entries: &mut Vec<T>) {
        let fingerprints: Vec<u64> = entries.iter().map(T::fingerprint).collect();
        if self.by_date && !self.bookmark.recent.is_empty() {
            let recent: HashSet<u64> = self.bookmark.recent.iter().copied().collect();
            let all = entries.len();
            entries.retain(|entry| !recent.contains(&entry.fingerprint()));
            if entries.len() < all {
                self.warn(&Warning::SeenBefore(all - entries.len()));
            }
        }
        if !fingerprints.is_empty() {
            self.bookmark.recent = fingerprints;
        }
    }

    /// The dates of the page. The bookmark takes the later one and never goes back: some servers swap the
    /// two, others take them from the objects.
    fn stamps(&mut self, answer: &Answer) -> (Option<Timestamp>, Option<Timestamp>) {
        let warner = self.client().warner();
        let first = answer.stamp(DATE_ADDED_FIRST, warner);
        let last = answer.stamp(DATE_ADDED_LAST, warner);
        self.reach(first.max(last));
        if let (Some(first), Some(last)) = (first, last)
            && first > last
        {
            self.warn(&Warning::StampsBackwards { found: last, reached: first });
        }
        (first, last)
    }

    fn reach(&mut self, stamp: Option<Timestamp>) {
        if let (Some(found), Some(reached)) = (stamp, self.bookmark.reached)
            && found < reached
        {
            self.warn(&Warning::StampsBackwards { found, reached });
        }
        self.bookmark.reached = self.bookmark.reached.max(stamp);
    }

    fn end(&mut self) {
        self.done = true;
        (self.bookmark.start, self.bookmark.next) = (None, None);
    }

    /// Moves on to the page after this one (§3.5): by `next`, else by the date of the last entry.
    async fn advance(&mut self, next: Option<String>, last: Option<Name>) -> Result<(), Error> {
        if let Some(next) = next {
            self.query.next = Some(next.clone());
            self.by_date = false;
            if !self.guard.position(Some(&next), self.query.added_after) {
                return Err(circle(&self.url, format!("\"next\" is {next:?} for the second time")));
            }
            self.bookmark.next = Some(next);
            return Ok(());
        }
        let before = self.query.added_after;
        if self.bookmark.reached.is_none_or(|reached| Some(reached) <= before) {
            let found = self.date_in_manifest(last).await?;
            self.reach(found);
        }
        match self.bookmark.reached {
            Some(reached) if Some(reached) > before && self.guard.position(None, Some(reached)) => {
                self.warn(&Warning::NoNext);
                self.begin_at(reached);
                Ok(())
            }
            _ => Err(circle(
                &self.url,
                "the server says there is more, but gives neither \"next\" nor a later date to go on from".to_owned(),
            )),
        }
    }

    /// The date of the last entry, from the manifest if need be.
    async fn date_in_manifest(&self, last: Option<Name>) -> Result<Option<Timestamp>, Error> {
        let Some(Name { id, version, date_added }) = last else { return Ok(None) };
        if date_added.is_some() {
            return Ok(date_added);
        }
        let versions = version.as_deref().and_then(|version| version.parse::<StixTimestamp>().ok());
        let versions = versions.map_or_else(VersionFilter::default, |at| VersionFilter::Any(vec![Selector::At(at)]));
        let filter = Filter { ids: Some(vec![id.clone()]), versions, ..self.query.filter.clone() };
        let mut url = address::below(self.collection.url(), &["manifest"])?;
        url.set_query(Some(&Query { filter, ..Query::default() }.to_string()));
        let Ok(answer) = self.client().get(url).await else { return Ok(None) };
        let Ok(body) = answer.read_with(ManifestRecord::WHAT, self.client().warner(), ManifestRecord::parse) else {
            return Ok(None);
        };
        self.warn(&Warning::NoStamp);
        Ok(body.entries.iter().filter(|record| record.id == id).map(|record| record.date_added).max())
    }
}

/// Would less at a time help?
fn asks_for_less(error: &Error) -> bool {
    let timed_out = matches!(error.status().map(|status| status.as_u16()), Some(408 | 504));
    error.is_too_large() || error.is_timeout() || timed_out || matches!(error, Error::TooMuch { .. })
}

fn is_token_refused(error: &Error) -> bool {
    matches!(error.status().map(|status| status.as_u16()), Some(400 | 404 | 410 | 416 | 422))
}

fn circle(url: &Url, problem: String) -> Error {
    Error::Circle { url: url.to_string(), problem }
}

/// Notices when a walk does not come forward.
#[derive(Debug, Default)]
struct Guard {
    /// What was asked for, by `next` or date.
    positions: HashSet<(Option<String>, Option<Timestamp>)>,
    /// What came.
    pages: HashSet<u64>,
    empty: u32,
}

impl Guard {
    /// Has nobody asked from here before?
    fn position(&mut self, next: Option<&str>, added_after: Option<Timestamp>) -> bool {
        self.positions.insert((next.map(ToOwned::to_owned), added_after))
    }

    /// A page that came before: the server takes no notice of `next` and `added_after`.
    fn page<T: Entry>(&mut self, url: &Url, query: &Query, body: &Body<T>) -> Result<(), Error> {
        if body.entries.is_empty() {
            self.empty += 1;
            return match self.empty {
                0..=MOST_EMPTY_PAGES => Ok(()),
                _ => Err(circle(url, format!("{MOST_EMPTY_PAGES} pages without an entry, each followed by another"))),
            };
        }
        self.empty = 0;
        let all: Vec<String> = body.entries.iter().map(|entry| entry.fingerprint().to_string()).collect();
        let texts: Vec<&str> = all.iter().map(String::as_str).collect();
        if self.pages.insert(crate::page::fnv(&texts)) {
            return Ok(());
        }
        let how = query.next.as_ref().map_or("added_after", |_| "next");
        Err(circle(url, format!("the same page came again, as if the server took no notice of {how:?}")))
    }
}
