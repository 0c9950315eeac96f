//! How much a caller may ask for: requests in a second, requests at once, objects and octets in a day.
//!
//! Everything is counted in the memory of this process, for each account and for each address. The address counts before
//! anybody's credentials are looked at, the account right after they were. What has a limit of 0 has none.

mod ledger;
mod visit;

use std::net::IpAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use self::ledger::Ledger;
pub use self::visit::{Places, Standing, Visit};
use super::{ErrorKind, Result, ServiceError};
use crate::auth::{Caller, Origin};

/// What an operator decides about how much callers may ask for.
///
/// The defaults only stop what has run wild: many clients take a refusal for the end of the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For each account, unless [`Caller::limits`] says otherwise.
    pub account: Allowance,
    /// For each address; an IPv6 network of 64 bits is one address.
    pub address: Allowance,
}

impl Limits {
    /// None at all.
    pub const NONE: Self = Self { account: Allowance::UNLIMITED, address: Allowance::UNLIMITED };
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            account: Allowance { reads: 1000, writes: 500, concurrent: 256, ..Allowance::UNLIMITED },
            address: Allowance { reads: 5000, writes: 2000, concurrent: 2048, ..Allowance::UNLIMITED },
        }
    }
}

/// How much somebody may ask for; 0 for as much as they like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Allowance {
    /// Requests in a second that read, on average over ten seconds.
    pub reads: u32,
    /// Requests in a second that add or delete, on average over ten seconds.
    pub writes: u32,
    /// Requests at the same time.
    pub concurrent: u32,
    /// Objects submitted on one day (UTC). The request that goes beyond is still taken.
    pub objects_per_day: u64,
    /// Octets of answers on one day (UTC). The answer that goes beyond is still given.
    pub octets_per_day: u64,
}

impl Allowance {
    /// As much as they like.
    pub const UNLIMITED: Self = Self { reads: 0, writes: 0, concurrent: 0, objects_per_day: 0, octets_per_day: 0 };
}

/// What a request is counted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It looks at something.
    Read,
    /// It adds or deletes.
    Write,
}

/// Counts requests.
#[derive(Debug)]
pub struct Counters {
    limits: Limits,
    begun: Instant,
    addresses: Ledger<IpAddr>,
    accounts: Ledger<String>,
}

/// So many addresses, and so many accounts, are counted one by one; the others share a count.
const COUNTED: usize = 100_000;

impl Counters {
    pub(super) fn new(limits: Limits) -> Self {
        let (addresses, accounts) = (Ledger::new(COUNTED), Ledger::new(COUNTED));
        Self { limits, begun: Instant::now(), addresses, accounts }
    }

    /// A request comes in; its sender is not known yet.
    ///
    /// # Errors
    /// [`ErrorKind::TooManyRequests`] if the address asks for too much.
    pub fn arrive(&self, origin: Origin, kind: Kind) -> (Visit<'_>, Result<()>) {
        self.arrive_at(origin, kind, self.now())
    }

    fn arrive_at(&self, origin: Origin, kind: Kind, now: Now) -> (Visit<'_>, Result<()>) {
        let mut visit = Visit::new(self, kind);
        let (Some(address), true) = (origin.address, self.limits.address != Allowance::UNLIMITED) else {
            return (visit, Ok(()));
        };
        let page = self.addresses.page(&network(address), now);
        let allowed = visit.enter("address", page, self.limits.address, now);
        (visit, allowed)
    }

    fn now(&self) -> Now {
        let since = u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let of_day = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Now { nanos: since, seconds: of_day }
    }
}

/// The time, by the two clocks that count.
#[derive(Clone, Copy, Debug)]
struct Now {
    /// Since the counting began.
    nanos: u64,
    /// Since 1970.
    seconds: u64,
}

const DAY: u64 = 24 * 60 * 60;

impl Now {
    fn day(self) -> u64 {
        self.seconds / DAY
    }

    fn until_midnight(self) -> Duration {
        Duration::from_secs(DAY - self.seconds % DAY)
    }
}

/// What counts as one address: whoever has an address of IPv6 has 2⁶⁴ of them.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(ip) => std::net::Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX)).into(),
        v4 => v4,
    }
}

/// Too much, for this long.
fn too_much(description: &'static str, wait: Duration) -> ServiceError {
    ServiceError::new(ErrorKind::TooManyRequests, description).after(wait)
}

impl Caller {
    fn allowance(&self, limits: &Limits) -> Allowance {
        self.limits.unwrap_or(limits.account)
    }
}

#[cfg(test)]
mod tests;
