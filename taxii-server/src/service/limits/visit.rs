use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::ledger::Page;
use super::{Allowance, Counters, Kind, Now, too_much};
use crate::auth::Caller;
use crate::rate::{Left, Rate};
use crate::service::Result;

/// One request, from its first line to its answer.
#[derive(Debug)]
pub struct Visit<'c> {
    counters: &'c Counters,
    kind: Kind,
    pages: Vec<(Arc<Page>, Allowance)>,
    places: Places,
    standing: Option<Standing>,
}

/// Places among the requests that are being answered. They are free again when this is gone.
#[derive(Debug, Default)]
pub struct Places(Vec<Arc<Page>>);

/// Where a caller stands, for the fields `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whose limit it is: `account` or `address`.
    pub whose: &'static str,
    /// What is counted: `reads` or `writes`.
    pub what: &'static str,
    /// Requests in a window, at the most.
    pub quota: u64,
    /// The window.
    pub window: Duration,
    /// Requests that could come at once.
    pub remaining: u64,
    /// Until the whole quota is there again.
    pub reset: Duration,
}

impl<'c> Visit<'c> {
    pub(super) fn new(counters: &'c Counters, kind: Kind) -> Self {
        Self { counters, kind, pages: Vec::new(), places: Places::default(), standing: None }
    }

    /// The sender is known now.
    ///
    /// # Errors
    /// [`ErrorKind::TooManyRequests`](crate::service::ErrorKind::TooManyRequests) if the account asks for too much.
    pub fn identify(&mut self, caller: &Caller) -> Result<()> {
        self.identify_at(caller, self.counters.now())
    }

    pub(super) fn identify_at(&mut self, caller: &Caller, now: Now) -> Result<()> {
        let allowance = caller.allowance(&self.counters.limits);
        match &caller.name {
            Some(name) if allowance != Allowance::UNLIMITED => {
                let page = self.counters.accounts.page(name.as_str(), now);
                self.enter("account", page, allowance, now)
            }
            _ => Ok(()),
        }
    }

    pub(super) fn enter(&mut self, whose: &'static str, page: Arc<Page>, allowed: Allowance, now: Now) -> Result<()> {
        let (what, meter, rate) = match self.kind {
            Kind::Read => ("reads", &page.reads, allowed.reads),
            Kind::Write => ("writes", &page.writes, allowed.writes),
        };
        if let Some(rate) = Rate::per_second(rate) {
            let taken = meter.take(rate, now.nanos);
            let left = taken.unwrap_or_else(|_| meter.look(rate, now.nanos));
            self.standing = Some(Standing::of(whose, what, rate, left));
            taken.map_err(|wait| {
                too_much("there were too many requests; please come again when Retry-After says", wait)
            })?;
        }
        self.quota(&page, allowed, now)?;
        if allowed.concurrent > 0 {
            self.places.take(&page, allowed.concurrent)?;
        }
        self.pages.push((page, allowed));
        Ok(())
    }

    fn quota(&self, page: &Page, allowed: Allowance, now: Now) -> Result<()> {
        let (used, quota, description) = match self.kind {
            Kind::Read => (
                page.octets.used(now),
                allowed.octets_per_day,
                "everything that may be read on one day has been read; please come again after midnight (UTC)",
            ),
            Kind::Write => (
                page.objects.used(now),
                allowed.objects_per_day,
                "all objects that may be submitted on one day have been; please come again after midnight (UTC)",
            ),
        };
        match quota > 0 && used >= quota {
            true => Err(too_much(description, now.until_midnight())),
            false => Ok(()),
        }
    }

    /// These many objects were submitted.
    pub fn submitted(&self, objects: u64) {
        let now = self.counters.now();
        for (page, _) in self.pages.iter().filter(|(_, allowed)| allowed.objects_per_day > 0) {
            page.objects.add(objects, now);
        }
    }

    /// An answer of this length goes out.
    pub fn answered(&self, octets: u64) {
        let counted = self.pages.iter().filter(|(_, allowed)| allowed.octets_per_day > 0);
        for (page, _) in counted {
            page.octets.add(octets, self.counters.now());
        }
    }

    /// Where the caller stands, so far as anything is limited: the account, if it is known, or else the address.
    #[must_use]
    pub fn standing(&self) -> Option<Standing> {
        self.standing
    }

    /// Its places, to be kept until the answer has gone out.
    #[must_use]
    pub fn into_places(self) -> Places {
        self.places
    }
}

impl Places {
    fn take(&mut self, page: &Arc<Page>, most: u32) -> Result<()> {
        let enter = |under_way: u32| (under_way < most).then_some(under_way + 1);
        match page.under_way.fetch_update(Ordering::Relaxed, Ordering::Relaxed, enter) {
            Ok(_) => {
                self.0.push(Arc::clone(page));
                Ok(())
            }
            Err(_) => Err(too_much(
                "too many requests are being answered at the same time; please wait for some of the answers",
                Duration::from_secs(1),
            )),
        }
    }
}

impl Drop for Places {
    fn drop(&mut self) {
        for page in &self.0 {
            page.under_way.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Standing {
    fn of(whose: &'static str, what: &'static str, rate: Rate, left: Left) -> Self {
        let (quota, window) = (rate.burst, rate.window());
        Self { whose, what, quota, window, remaining: left.count, reset: left.full }
    }
}
