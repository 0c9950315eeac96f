use std::fmt;

use serde::Serialize;

use super::record::{Entry, Head, action};
use super::{Chain, Log};
use crate::store::Result;

/// What is wrong with a log, at the first place where something is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "fault", rename_all = "kebab-case")]
pub enum Fault {
    /// This record is not there, although a later one is.
    Missing {
        /// Its number.
        number: i64,
    },
    /// This record is not what was written at its place: it was changed, or others before it were removed, inserted or put in another
    /// order.
    Altered {
        /// Its number.
        number: i64,
    },
    /// The log does not reach as far as it says: its last records were removed, or one more was written behind them.
    Cut {
        /// The last record that is there.
        last: i64,
        /// The last record that there should be.
        head: i64,
    },
    /// The last record is not the one that the head names.
    OtherHead {
        /// Its number.
        number: i64,
    },
    /// A head that was written down elsewhere is not part of the log.
    NotExpected {
        /// The number that was written down.
        number: i64,
        /// How far the log reaches.
        head: i64,
    },
    /// No record fits the key: it is another one, or all are made anew.
    WrongKey,
    /// The log was made without a key, but there is one.
    WithoutKey,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { number } => write!(f, "record {number} is missing: it was removed"),
            Self::Altered { number } => write!(
                f,
                "record {number} is not what was written there: it was changed, or records before it were removed, inserted or exchanged"
            ),
            Self::Cut { last, head } => {
                write!(f, "the last record is {last}, but {head} were written: the end was cut off or forged")
            }
            Self::OtherHead { number } => write!(f, "record {number}, the last, is not the one that was written last"),
            Self::NotExpected { number, head } => write!(
                f,
                "the record {number} that was expected is not in the log, which reaches to {head}: records were removed, or all were made anew"
            ),
            Self::WrongKey => f.write_str(
                "no record fits: the key is not the one that the log was made with, or the log was made anew",
            ),
            Self::WithoutKey => f.write_str("the log was made without a key, but `audit.key` says that there is one"),
        }
    }
}

/// What a verification found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// How many records were looked at.
    pub records: u64,
    /// The first of them, if any.
    pub first: Option<i64>,
    /// The end of the chain, as the log says.
    pub head: Head,
    /// What is wrong.
    pub fault: Option<Fault>,
}

/// Walks through the chain. `expect` is a head that was written down elsewhere, which somebody who has the whole database in hand
/// cannot change.
///
/// # Errors
/// The log cannot be read.
pub async fn verify<L: Log + ?Sized>(log: &L, chain: &Chain, expect: Option<&Head>) -> Result<Verified> {
    let head = log.head().await?;
    let mut walk = Walk::new(chain, expect);
    loop {
        let entries = log.entries(walk.last, PAGE).await?;
        // What has been appended since is for the next time.
        let own: Vec<Entry> = entries.into_iter().filter(|entry| entry.number <= head.number).collect();
        let is_last = own.len() < PAGE;
        for entry in own {
            walk.step(entry);
        }
        if is_last || walk.fault.is_some() {
            break;
        }
    }
    let beyond = log.entries(head.number, 1).await?;
    let grown = log.head().await?.number > head.number;
    if walk.fault.is_none()
        && !grown
        && let Some(entry) = beyond.first()
    {
        walk.fault = Some(Fault::Cut { last: entry.number, head: head.number });
    }
    walk.end(&head);
    Ok(Verified { records: walk.records, first: walk.first, head, fault: walk.fault })
}

const PAGE: usize = 1000;

struct Walk<'w> {
    chain: &'w Chain,
    plain: Chain,
    expect: Option<&'w Head>,
    records: u64,
    first: Option<i64>,
    last: i64,
    before: String,
    /// Behind the first record that was made with the key.
    with_key: bool,
    /// The first record, if it does not begin the chain: which hash came before it is told by the record of the cut, later in the chain.
    unproved: Option<Entry>,
    met: bool,
    checked: u64,
    misfits: u64,
    fault: Option<Fault>,
}

impl<'w> Walk<'w> {
    fn new(chain: &'w Chain, expect: Option<&'w Head>) -> Self {
        Self {
            chain,
            plain: Chain::plain(),
            expect,
            records: 0,
            first: None,
            last: 0,
            before: Head::beginning().hash,
            with_key: false,
            unproved: None,
            met: expect.is_none_or(|head| head.number == 0),
            checked: 0,
            misfits: 0,
            fault: None,
        }
    }

    fn step(&mut self, entry: Entry) {
        self.records += 1;
        let is_first = self.first.is_none();
        self.first.get_or_insert(entry.number);
        if is_first && entry.number > 1 {
            self.unproved = Some(entry.clone());
        } else {
            if entry.number != self.last + 1 {
                self.find(Fault::Missing { number: self.last + 1 });
            }
            let before = std::mem::take(&mut self.before);
            self.check(&before, &entry);
        }
        if entry.record.action == action::PRUNED {
            self.prove_the_first(&entry);
        }
        if let Some(expected) = self.expect.filter(|expected| expected.number == entry.number) {
            self.met = expected.hash == entry.hash;
        }
        self.last = entry.number;
        self.before = entry.hash;
    }

    /// Does the entry follow on this hash?
    fn check(&mut self, before: &str, entry: &Entry) {
        self.checked += 1;
        if self.chain.follows(before, entry) {
            self.with_key = self.chain.has_key();
        } else if self.with_key || !self.plain.follows(before, entry) {
            self.misfits += 1;
            let is_key = entry.record.action == action::KEYED;
            self.find(if is_key { Fault::WrongKey } else { Fault::Altered { number: entry.number } });
        }
    }

    /// The record of a cut says which hash came before what is left.
    fn prove_the_first(&mut self, cut: &Entry) {
        let said: Option<serde_json::Value> = serde_json::from_str(&cut.record.details).ok();
        let said = said.as_ref().and_then(|said| Some((said.get("through")?.as_i64()?, said.get("hash")?.as_str()?)));
        let Some((through, hash)) = said else { return };
        if let Some(first) = self.unproved.take_if(|first| first.number == through + 1) {
            let (chain, plain) = (self.chain, &self.plain);
            if !chain.follows(hash, &first) && !plain.follows(hash, &first) {
                self.fault = Some(Fault::Altered { number: first.number });
            }
        }
    }

    fn find(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    /// What can only be told when all was seen.
    fn end(&mut self, head: &Head) {
        if self.fault.is_some() {
            if self.misfits == self.checked && (self.checked > 1 || self.chain.has_key()) && self.misfits > 0 {
                self.fault = Some(Fault::WrongKey);
            }
        } else if self.unproved.is_some() {
            self.find(Fault::Missing { number: 1 });
        } else if self.last != head.number {
            self.find(Fault::Cut { last: self.last, head: head.number });
        } else if self.before != head.hash {
            self.find(Fault::OtherHead { number: self.last });
        } else if self.records > 0 && self.chain.has_key() && !self.with_key {
            self.find(Fault::WithoutKey);
        } else if let Some(expected) = self.expect.filter(|_| !self.met) {
            self.find(Fault::NotExpected { number: expected.number, head: head.number });
        }
    }
}
