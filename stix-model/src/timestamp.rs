use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant as STIX writes it: `2016-01-20T12:31:12.123Z` (STIX 2.1 §2.16).
///
/// Any number of fraction digits is allowed and none is lost: the text stays as it was. Comparing
/// and hashing go by the instant, so `…:00Z` equals `…:00.000Z`.
///
/// ```
/// use stix_model::Timestamp;
///
/// let short: Timestamp = "2016-01-20T12:31:12Z".parse()?;
/// let long: Timestamp = "2016-01-20T12:31:12.000Z".parse()?;
/// assert_eq!(short, long);
/// assert_eq!(long.as_str(), "2016-01-20T12:31:12.000Z");
/// # Ok::<(), stix_model::InvalidTimestamp>(())
/// ```
#[derive(Clone)]
pub struct Timestamp(Box<str>);

/// The text is not a STIX timestamp.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a timestamp: expected YYYY-MM-DDTHH:MM:SS, optionally '.' and digits, then 'Z'")]
pub struct InvalidTimestamp;

/// `YYYY-MM-DDTHH:MM:SS`, which sorts as text in the order of time.
const SECONDS_LENGTH: usize = 19;

impl Timestamp {
    /// The text, exactly as it was read.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A text that is the same for equal instants and sorts as the instants do. It has no length
    /// limit, since the fraction has none.
    ///
    /// ```
    /// # use stix_model::Timestamp;
    /// let t: Timestamp = "2016-01-20T12:31:12.5000Z".parse()?;
    /// assert_eq!(t.sort_key(), "2016-01-20T12:31:12.5");
    /// # Ok::<(), stix_model::InvalidTimestamp>(())
    /// ```
    #[must_use]
    pub fn sort_key(&self) -> String {
        let (seconds, fraction) = self.parts();
        match fraction {
            "" => seconds.to_owned(),
            _ => format!("{seconds}.{fraction}"),
        }
    }

    /// The instant, cut to nanoseconds. A leap second becomes the second after it.
    #[must_use]
    pub fn to_utc(&self) -> DateTime<Utc> {
        let (seconds, fraction) = self.parts();
        let nanos =
            fraction.bytes().chain(std::iter::repeat(b'0')).take(9).fold(0, |n, b| n * 10 + i64::from(b - b'0'));
        whole_seconds(seconds).unwrap_or_default() + TimeDelta::nanoseconds(nanos)
    }

    /// An instant written with six fraction digits.
    ///
    /// ```
    /// # use stix_model::Timestamp;
    /// let t: Timestamp = "2016-01-20T12:31:12.5Z".parse()?;
    /// assert_eq!(Timestamp::with_micros(t.to_utc()).as_str(), "2016-01-20T12:31:12.500000Z");
    /// # Ok::<(), stix_model::InvalidTimestamp>(())
    /// ```
    #[must_use]
    pub fn with_micros(instant: DateTime<Utc>) -> Self {
        Self(instant.to_rfc3339_opts(SecondsFormat::Micros, true).into())
    }

    /// The whole seconds, and the fraction digits without trailing zeros.
    fn parts(&self) -> (&str, &str) {
        let (seconds, digits) = split(&self.0).unwrap_or((&self.0, ""));
        (seconds, digits.trim_end_matches('0'))
    }
}

/// Cuts the whole seconds from the fraction digits; `None` if the text does not have that form.
fn split(text: &str) -> Option<(&str, &str)> {
    let (seconds, rest) = text.split_at_checked(SECONDS_LENGTH)?;
    let fraction = rest.strip_suffix('Z')?;
    let digits = match fraction.strip_prefix('.') {
        Some("") => return None,
        Some(digits) => digits,
        None if fraction.is_empty() => "",
        None => return None,
    };
    digits.bytes().all(|b| b.is_ascii_digit()).then_some((seconds, digits))
}

/// An instant in a text, compared without copying it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant<'a> {
    seconds: &'a str,
    /// Without trailing zeros.
    fraction: &'a str,
}

impl<'a> Instant<'a> {
    /// `None` if the text is no timestamp.
    pub(crate) fn of(text: &'a str) -> Option<Self> {
        let (seconds, digits) = split(text)?;
        is_date_and_time(seconds.as_bytes()).then_some(Self { seconds, fraction: digits.trim_end_matches('0') })
    }

    /// The whole seconds, and the fraction without trailing zeros: the same for equal instants.
    pub(crate) fn parts(self) -> (&'a str, &'a str) {
        (self.seconds, self.fraction)
    }

    /// Is its fraction zero?
    pub(crate) fn is_whole(self) -> bool {
        self.fraction.is_empty()
    }

    /// Is it written with 60 as the second?
    pub(crate) fn is_leap_second(self) -> bool {
        self.seconds.ends_with("60")
    }
}

/// Are both timestamps, the first an instant before the second?
pub(crate) fn is_before(first: &str, second: &str) -> bool {
    // Texts of one length are in the order of the instants, if they are such.
    (first.len() != second.len() || first < second)
        && Instant::of(first).zip(Instant::of(second)).is_some_and(|(first, second)| first < second)
}

/// Has the text the form of a timestamp, whether or not there is such a day and time?
pub(crate) fn has_form(text: &str) -> bool {
    split(text).is_some_and(|(seconds, _)| {
        seconds.bytes().enumerate().all(|(i, b)| match i {
            4 | 7 => b == b'-',
            10 => b == b'T',
            13 | 16 => b == b':',
            _ => b.is_ascii_digit(),
        })
    })
}

/// How many fraction digits a timestamp is written with.
pub(crate) fn fraction_digits(text: &str) -> usize {
    split(text).map_or(0, |(_, digits)| digits.len())
}

/// Is it `YYYY-MM-DDTHH:MM:SS`, and a day of the calendar? `60` as the second is a leap second.
fn is_date_and_time(text: &[u8]) -> bool {
    let &[a, b, c, d, b'-', m0, m1, b'-', d0, d1, b'T', h0, h1, b':', i0, i1, b':', s0, s1] = text else {
        return false;
    };
    if ![a, b, c, d, m0, m1, d0, d1, h0, h1, i0, i1, s0, s1].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let two = |tens: u8, ones: u8| u32::from(tens - b'0') * 10 + u32::from(ones - b'0');
    let year = two(a, b) * 100 + two(c, d);
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match two(m0, m1) {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    };
    (1..=days).contains(&two(d0, d1)) && two(h0, h1) <= 23 && two(i0, i1) <= 59 && two(s0, s1) <= 60
}

/// The instant of a text that has been checked; a leap second is the second after it.
fn whole_seconds(text: &str) -> Option<DateTime<Utc>> {
    let field = |from: usize, to: usize| text.get(from..to)?.parse::<u32>().ok();
    let date = NaiveDate::from_ymd_opt(i32::try_from(field(0, 4)?).ok()?, field(5, 7)?, field(8, 10)?)?;
    let second = field(17, 19)?;
    let time = date.and_hms_opt(field(11, 13)?, field(14, 16)?, second.min(59))?;
    Some(time.and_utc() + TimeDelta::seconds(i64::from(second / 60)))
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        Instant::of(text).map(|_| Self(text.into())).ok_or(InvalidTimestamp)
    }
}

/// Written with three fraction digits, as STIX producers do (STIX 2.1 §3.2, `created`).
impl From<DateTime<Utc>> for Timestamp {
    fn from(instant: DateTime<Utc>) -> Self {
        Self(instant.to_rfc3339_opts(SecondsFormat::Millis, true).into())
    }
}

impl Ord for Timestamp {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts())
    }
}

impl PartialOrd for Timestamp {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Timestamp {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for Timestamp {}

impl Hash for Timestamp {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn t(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// TS-01, TS-03: the form, and only dates that exist.
    #[test]
    fn refuses_what_is_no_timestamp() {
        for bad in [
            "",
            "2016",
            "2016-01-20",
            "2016-01-20T12:31:12",
            "2016-01-20T12:31:12.Z",
            "2016-01-20t12:31:12Z",
            "2016-01-20T12:31:12z",
            "2016-01-20T12:31:12+00:00",
            "2016-01-20 12:31:12Z",
            "2016-02-30T12:31:12Z",
            "2016-01-20T24:00:00Z",
            "2016-01-20T12:60:00Z",
            "2016-01-20T12:31:61Z",
            "2016-01-20T12:31:12.1 Z",
            "2016-01-20T12:31:1é.1Z",
            "+016-01-20T12:31:12Z",
        ] {
            assert!(bad.parse::<Timestamp>().is_err(), "{bad}");
        }
        assert!("2016-12-31T23:59:60Z".parse::<Timestamp>().is_ok());
    }

    /// TS-02, TS-04: text survives, comparison is numeric over all digits.
    #[test]
    fn compares_instants_and_keeps_texts() {
        assert_eq!(t("2016-01-20T12:31:12Z"), t("2016-01-20T12:31:12.000000Z"));
        assert!(t("2016-01-20T12:31:12.1Z") > t("2016-01-20T12:31:12.09Z"));
        assert!(t("2016-01-20T12:31:12.1Z") < t("2016-01-20T12:31:12.11Z"));
        assert!(t("2016-01-20T12:31:12.1234567890123Z") < t("2016-01-20T12:31:12.1234567890124Z"));
        assert_eq!(t("2016-01-20T12:31:12.1234567890123Z").as_str(), "2016-01-20T12:31:12.1234567890123Z");
        assert_eq!(t("2016-12-31T23:59:60Z").to_utc(), t("2017-01-01T00:00:00Z").to_utc());
    }

    proptest! {
        /// TS-04: the sort key orders exactly as the instants do.
        #[test]
        fn sort_key_agrees_with_order(a in 0i64..2_000_000_000, b in 0i64..2_000_000_000, x in "[0-9]{0,12}", y in "[0-9]{0,12}") {
            let text = |secs: i64, digits: &str| {
                let base = DateTime::from_timestamp(secs, 0).unwrap().format("%Y-%m-%dT%H:%M:%S").to_string();
                t(&if digits.is_empty() { format!("{base}Z") } else { format!("{base}.{digits}Z") })
            };
            for (p, q) in [(text(a, &x), text(b, &y)), (text(a, &x), text(a, &y))] {
                prop_assert_eq!(p.cmp(&q), p.sort_key().cmp(&q.sort_key()));
                prop_assert_eq!(p == q, p.sort_key() == q.sort_key());
            }
        }
    }
}
