//! Constants against values (STIX 2.1 §9.3, §9.6): what compares with what, and how.

use std::cmp::Ordering;

use serde_json::Number;

use super::super::Literal;
use super::octets;
use super::reading::Reading;
use crate::json::Json;
use crate::{Timestamp, timestamp::Instant};

/// A constant, with what of it is needed for comparing.
#[derive(Clone, Debug)]
pub(super) enum Constant {
    Boolean(bool),
    Integer(i128),
    Float(f64),
    Text {
        text: Box<str>,
        /// If it is compared with octets and can be.
        octets: Option<Box<[u8]>>,
        /// If strings are compared with timestamps and this is one.
        instant: Option<Timestamp>,
    },
    Octets(Box<[u8]>),
    Timestamp(Timestamp),
}

/// What a comparison of a value with a constant gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The value, by the constant.
    Ordered(Ordering),
    /// The two have nothing to do with each other, so that they differ (PC-01).
    Incompatible,
    /// The value is not what its property says, so that nothing is true of it (PM-11).
    Malformed,
}

impl Constant {
    pub(super) fn new(literal: &Literal, reading: Reading, strings_as_timestamps: bool) -> Self {
        match literal {
            Literal::Boolean(value) => Self::Boolean(*value),
            Literal::Integer(value) => Self::Integer(*value),
            Literal::Float(value) => Self::Float(*value),
            Literal::Hex(octets) | Literal::Binary(octets) => Self::Octets(octets.as_slice().into()),
            Literal::Timestamp(instant) => Self::Timestamp(instant.clone()),
            Literal::String(text) => Self::Text {
                text: text.as_str().into(),
                octets: match reading {
                    Reading::Octets(_) => octets::of_text(text).map(|octets| octets.as_ref().into()),
                    _ => None,
                },
                instant: (strings_as_timestamps && reading == Reading::Timestamp).then(|| text.parse().ok()).flatten(),
            },
        }
    }

    pub(super) fn compare(&self, value: &Json<'_>, reading: Reading) -> Outcome {
        match (self, value) {
            (Self::Boolean(constant), Json::Bool(value)) => Outcome::Ordered(value.cmp(constant)),
            (Self::Integer(constant), Json::Number(value)) => by_integer(value, *constant),
            (Self::Float(constant), Json::Number(value)) => by_float(value, *constant),
            (_, Json::String(value)) => self.compare_text(value, reading),
            _ => Outcome::Incompatible,
        }
    }

    fn compare_text(&self, value: &str, reading: Reading) -> Outcome {
        match (self, reading) {
            (Self::Text { text, .. }, Reading::Text | Reading::Unknown) => Outcome::Ordered(value.cmp(text)),
            (Self::Text { octets: Some(octets), .. } | Self::Octets(octets), Reading::Octets(encoding)) => {
                match encoding.decode(value) {
                    Some(value) => Outcome::Ordered(value.as_slice().cmp(octets)),
                    None => Outcome::Malformed,
                }
            }
            (Self::Octets(octets), Reading::Text | Reading::Unknown) => match octets::of_text(value) {
                Some(value) => Outcome::Ordered(value.as_ref().cmp(octets)),
                None => Outcome::Incompatible,
            },
            (Self::Timestamp(constant), Reading::Timestamp)
            | (Self::Text { instant: Some(constant), .. }, Reading::Timestamp) => {
                compare_instants(value, constant).unwrap_or(Outcome::Malformed)
            }
            (Self::Timestamp(constant), Reading::Unknown) => {
                compare_instants(value, constant).unwrap_or(Outcome::Incompatible)
            }
            _ => Outcome::Incompatible,
        }
    }
}

/// `None` if the value is no timestamp.
fn compare_instants(value: &str, constant: &Timestamp) -> Option<Outcome> {
    let (value, constant) = (Instant::of(value)?, Instant::of(constant.as_str())?);
    Some(Outcome::Ordered(value.cmp(&constant)))
}

fn by_integer(value: &Number, constant: i128) -> Outcome {
    match integer(value) {
        Some(value) => Outcome::Ordered(value.cmp(&constant)),
        None => {
            let ordering = value.as_f64().and_then(|value| order_float(value, constant));
            ordering.map_or(Outcome::Incompatible, Outcome::Ordered)
        }
    }
}

fn by_float(value: &Number, constant: f64) -> Outcome {
    let ordering = match integer(value) {
        Some(value) => order_float(constant, value).map(Ordering::reverse),
        None => value.as_f64().and_then(|value| value.partial_cmp(&constant)),
    };
    ordering.map_or(Outcome::Incompatible, Outcome::Ordered)
}

/// The value, if it is written as an integer.
fn integer(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

/// A float by an integer, exactly: an integer can have more digits than a float (PC-02).
fn order_float(float: f64, integer: i128) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    // A cast saturates, which leaves the order as it is, but for integers at the ends of the range.
    let whole = float.trunc();
    if whole >= i128::MAX as f64 {
        return Some(Ordering::Greater);
    }
    let by_whole = (whole as i128).cmp(&integer);
    Some(by_whole.then(float.partial_cmp(&whole)?))
}

/// A number such that equal numbers are the same, however they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Exact {
    Integer(i128),
    /// The bits of a float that is no integer within 127 bits.
    Float(u64),
}

impl Exact {
    pub(super) fn of(number: &Number) -> Option<Self> {
        integer(number).map(Self::Integer).or_else(|| number.as_f64().map(Self::of_float))
    }

    pub(super) fn of_float(float: f64) -> Self {
        if float.fract() == 0.0 && float.abs() < i128::MAX as f64 {
            return Self::Integer(float as i128);
        }
        Self::Float(float.to_bits())
    }
}
