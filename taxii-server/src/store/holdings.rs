use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use taxii_model::Timestamp;

use super::retention::DAY;
use super::{Account, Grant, Member, Subject};

/// What a collection holds, counted.
///
/// Counting reads an index from one end to the other, in small steps: of a billion entries for minutes, in which nobody
/// waits for it. What comes and goes meanwhile may be counted or not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Holdings {
    /// Objects, whatever the number of their versions.
    pub objects: u64,
    /// Versions of objects.
    pub versions: u64,
    /// Encodings of versions: one in STIX 2.0 and one in STIX 2.1 are two.
    pub entries: u64,
    /// How many objects there are of each type.
    pub types: BTreeMap<String, u64>,
    /// When the oldest entry was added.
    pub oldest: Option<Timestamp>,
    /// When the newest entry was added.
    pub newest: Option<Timestamp>,
    /// Of what is there, how many entries were added on each of the last days (UTC); today comes last.
    pub growth: Vec<Day>,
    /// Accounts that were granted to read, if the store knows accounts. Administrators may besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readers: Option<u64>,
    /// Accounts that were granted to write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writers: Option<u64>,
}

impl Holdings {
    /// Counts who may read and write by these grants.
    pub(super) fn count_holders<'g>(
        &mut self,
        grants: impl Iterator<Item = &'g Grant>,
        accounts: impl Iterator<Item = &'g Account>,
        members: impl Iterator<Item = &'g Member>,
        now: Timestamp,
    ) {
        let (accounts, members): (Vec<_>, Vec<_>) = (accounts.collect(), members.collect());
        let mut of = [BTreeSet::new(), BTreeSet::new()];
        for grant in grants.filter(|grant| !grant.is_expired(now)) {
            let names: Vec<&str> = match &grant.subject {
                Subject::Account(name) => vec![name],
                Subject::Group(name) => members
                    .iter()
                    .filter(|member| member.group == *name)
                    .map(|member| member.account.as_str())
                    .collect(),
                Subject::Organisation(name) => {
                    let own = accounts.iter().filter(|account| account.organisation.as_ref() == Some(name));
                    own.map(|account| account.name.as_str()).collect()
                }
            };
            for (holders, may) in of.iter_mut().zip([grant.rights.read, grant.rights.write]) {
                holders.extend(names.iter().copied().filter(|_| may));
            }
        }
        let [readers, writers] = of.map(|holders| Some(holders.len() as u64));
        (self.readers, self.writers) = (readers, writers);
    }
}

/// One day of a collection's growth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Day {
    /// `2026-11-22`.
    pub day: String,
    /// Entries added on it.
    pub added: u64,
}

/// So many days of growth are told.
const DAYS: i64 = 30;

/// The last days up to now, each with its beginning and its end.
pub(crate) fn days(now: Timestamp) -> impl Iterator<Item = (String, Timestamp, Timestamp)> {
    let today = now.as_micros().div_euclid(DAY);
    (today - DAYS + 1..=today).map(|day| {
        let (begin, end) = (Timestamp::from_micros(day * DAY), Timestamp::from_micros((day + 1) * DAY));
        (begin.to_utc().format("%Y-%m-%d").to_string(), begin, end)
    })
}

impl Holdings {
    /// Takes entries of one type in that all stand the same way.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(crate) fn count(&mut self, object_type: &str, (is_newest, is_best): (bool, bool), entries: u64) {
        self.entries += entries;
        self.versions += if is_best { entries } else { 0 };
        if is_newest && is_best && entries > 0 {
            self.objects += entries;
            *self.types.entry(object_type.to_owned()).or_default() += entries;
        }
    }
}
