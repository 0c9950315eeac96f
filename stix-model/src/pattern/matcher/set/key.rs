//! Under which keys a condition is found: if it is true of an observable, the observable has at least one of them.

use super::super::super::network::Network;
use super::super::condition::{Expression, PathTest};
use super::super::constant::{Constant, Exact};
use super::super::like::Like;
use super::super::octets;
use super::super::reading::Reading;
use super::super::test::{Check, Relation};

/// Something that the value of a path has.
#[derive(Clone, Debug)]
pub(super) enum Key {
    Text(Box<str>),
    Octets(Box<[u8]>),
    Number(Exact),
    Boolean(bool),
    /// As [`crate::Timestamp::sort_key`].
    Instant(Box<str>),
    /// It lies within.
    Network(Network),
    /// In NFC, at most [`AFFIX`] bytes.
    Prefix(Box<str>),
    Suffix(Box<str>),
    /// Somewhere inside, in NFC.
    Gram([u8; GRAM]),
    /// It is there.
    Present,
    /// There is an observable of the type.
    Type,
}

/// The longest beginnings and ends that are looked up.
pub(super) const AFFIX: usize = 24;

/// The bytes of what is looked up inside of values.
pub(super) const GRAM: usize = 4;

/// Keys, each of the path of a comparison, and how much is likely found under them in vain.
pub(super) struct Access<'c> {
    pub(super) keys: Vec<(&'c PathTest, Key)>,
    cost: u64,
}

impl<'c> Access<'c> {
    pub(super) fn of(expression: &'c Expression) -> Self {
        match expression {
            Expression::Test(test) => {
                let keys: Vec<_> = test.keys().into_iter().map(|key| (test.as_ref(), key)).collect();
                Self { cost: keys.iter().map(|(_, key)| key.cost()).sum(), keys }
            }
            // One of them is enough to find it, since all are true.
            Expression::All(items) => {
                let cheapest = items.iter().map(Self::of).min_by_key(|access| access.cost);
                cheapest.unwrap_or(Self { keys: Vec::new(), cost: 0 })
            }
            Expression::Any(items) => {
                items.iter().map(Self::of).fold(Self { keys: Vec::new(), cost: 0 }, |mut all, next| {
                    all.keys.extend(next.keys);
                    Self { cost: all.cost.saturating_add(next.cost), keys: all.keys }
                })
            }
        }
    }
}

impl PathTest {
    fn keys(&self) -> Vec<Key> {
        if self.negated {
            return vec![if let Check::Exists = self.check { Key::Type } else { Key::Present }];
        }
        match &self.check {
            Check::Compare(Relation::Equal, constant) => self.key(constant).into_iter().collect(),
            Check::In(constants) => constants.iter().filter_map(|constant| self.key(constant)).collect(),
            Check::InTexts(texts) => texts.iter().cloned().map(Key::Text).collect(),
            Check::IsSubset(network) => vec![Key::Network(*network)],
            Check::Like(like) if matches!(self.reading, Reading::Text | Reading::Unknown) => vec![of_like(like)],
            Check::Exists | Check::Compare(..) | Check::Like(_) | Check::Matches(_) | Check::IsSuperset(_) => {
                vec![Key::Present]
            }
        }
    }

    /// What equals a constant; `None` if nothing does.
    fn key(&self, constant: &Constant) -> Option<Key> {
        let is_text = matches!(self.reading, Reading::Text | Reading::Unknown);
        match constant {
            Constant::Boolean(value) => Some(Key::Boolean(*value)),
            Constant::Integer(value) => Some(Key::Number(Exact::Integer(*value))),
            Constant::Float(value) => Some(Key::Number(Exact::of_float(*value))),
            Constant::Octets(bytes) if is_text => Some(Key::Text(octets::to_text(bytes).into())),
            Constant::Octets(bytes) => Some(Key::Octets(bytes.clone())),
            Constant::Text { text, .. } if is_text => Some(Key::Text(text.clone())),
            Constant::Text { octets: Some(bytes), .. } => Some(Key::Octets(bytes.clone())),
            Constant::Text { instant: Some(instant), .. } | Constant::Timestamp(instant) => {
                Some(Key::Instant(instant.sort_key().into()))
            }
            Constant::Text { .. } => None,
        }
    }
}

fn of_like(like: &Like) -> Key {
    let (prefix, suffix) = like.ends();
    let inside = like.runs().max_by_key(|run| run.len()).unwrap_or_default();
    if prefix.len() >= GRAM && prefix.len() >= suffix.len() {
        return Key::Prefix(beginning(prefix).into());
    }
    if suffix.len() >= GRAM {
        return Key::Suffix(end(suffix).into());
    }
    // The end of a run says more than its beginning, in names and paths.
    match inside.as_bytes().last_chunk::<GRAM>() {
        Some(gram) => Key::Gram(*gram),
        None if !prefix.is_empty() => Key::Prefix(prefix.into()),
        None if !suffix.is_empty() => Key::Suffix(suffix.into()),
        None => Key::Present,
    }
}

/// At most so many bytes from the beginning, in whole characters.
pub(super) fn beginning(text: &str) -> &str {
    let length = (0..=AFFIX.min(text.len())).rev().find(|length| text.is_char_boundary(*length));
    text.get(..length.unwrap_or_default()).unwrap_or_default()
}

/// At most so many bytes from the end, in whole characters.
fn end(text: &str) -> &str {
    let start = (text.len().saturating_sub(AFFIX)..=text.len()).find(|start| text.is_char_boundary(*start));
    text.get(start.unwrap_or_default()..).unwrap_or_default()
}

impl Key {
    /// How much is likely found under it in vain.
    fn cost(&self) -> u64 {
        match self {
            Self::Text(text) if text.len() >= 8 => 1,
            Self::Octets(_) | Self::Instant(_) => 2,
            Self::Text(_) => 8,
            Self::Network(network) if network.length() >= 16 => 8,
            Self::Prefix(text) | Self::Suffix(text) if text.len() >= 8 => 8,
            Self::Number(_) => 16,
            Self::Prefix(_) | Self::Suffix(_) | Self::Gram(_) | Self::Network(_) => 64,
            Self::Boolean(_) => 2000,
            Self::Present => 4000,
            Self::Type => 8000,
        }
    }
}
