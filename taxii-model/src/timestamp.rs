use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A TAXII timestamp (TAXII 2.1 §2): UTC, written with exactly six fraction digits.
///
/// Inside it is a number of microseconds since 1970, which is also how stores keep it.
///
/// Reading is more lenient than the standard asks of clients, since clients are: none to nine
/// fraction digits (those beyond microseconds are cut off), `t` and `z` in either case. An offset
/// such as `+00:00` is refused: unencoded in a query, its `+` means a blank.
///
/// ```
/// use taxii_model::Timestamp;
///
/// let t: Timestamp = "2026-11-22T10:00:00.5Z".parse()?;
/// assert_eq!(t.to_string(), "2026-11-22T10:00:00.500000Z");
/// assert_eq!(t, Timestamp::from_micros(1_795_341_600_500_000));
/// # Ok::<(), taxii_model::InvalidTimestamp>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(i64);

/// The text is not a timestamp that TAXII accepts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a timestamp: expected YYYY-MM-DDTHH:MM:SS, optionally '.' and up to nine digits, then 'Z'")]
pub struct InvalidTimestamp;

impl Timestamp {
    /// From microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// As chrono's type. An instant beyond its range becomes 1970.
    #[must_use]
    pub fn to_utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }

    /// The wall clock.
    #[must_use]
    pub fn now() -> Self {
        Utc::now().into()
    }

    /// So much later, or the last instant there is.
    ///
    /// ```
    /// use std::time::Duration;
    /// use taxii_model::Timestamp;
    ///
    /// assert_eq!(Timestamp::from_micros(5).saturating_add(Duration::from_millis(1)), Timestamp::from_micros(1_005));
    /// assert_eq!(Timestamp::from_micros(5).saturating_add(Duration::MAX), Timestamp::from_micros(i64::MAX));
    /// ```
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(micros))
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(instant: DateTime<Utc>) -> Self {
        Self(instant.timestamp_micros())
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        let upper = text.to_ascii_uppercase();
        let instant: stix_model::Timestamp = upper.parse().map_err(|_| InvalidTimestamp)?;
        let fraction = upper.split_once('.').map_or(0, |(_, rest)| rest.len().saturating_sub(1));
        let leap_second = upper.get(17..19) == Some("60");
        if fraction > 9 || leap_second {
            return Err(InvalidTimestamp);
        }
        Ok(instant.to_utc().into())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_utc().to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
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
    use super::*;

    /// AMB-10: spellings of one instant, and what is refused.
    #[test]
    fn reads_what_clients_send() {
        let expected: Timestamp = "2026-01-02T03:04:05.600000Z".parse().unwrap();
        for same in ["2026-01-02T03:04:05.6Z", "2026-01-02t03:04:05.600z", "2026-01-02T03:04:05.600000999Z"] {
            assert_eq!(same.parse(), Ok(expected), "{same}");
        }
        assert!("2026-01-02T03:04:05Z".parse::<Timestamp>().unwrap() < expected);
        for bad in [
            "",
            "yesterday",
            "2026-01-02",
            "2026-01-02T03:04:05",
            "2026-01-02T03:04:05+00:00",
            "2026-01-02T03:04:05 00:00",
            "2026-01-02T03:04:60Z",
            "2026-02-30T03:04:05Z",
            "2026-01-02 03:04:05Z",
            "2026-01-02T03:04:05.1234567890Z",
        ] {
            assert_eq!(bad.parse::<Timestamp>(), Err(InvalidTimestamp), "{bad}");
        }
    }

    /// TX-TYP-09, AMB-30: six digits always.
    #[test]
    fn writes_six_digits() {
        assert_eq!(Timestamp::from_micros(0).to_string(), "1970-01-01T00:00:00.000000Z");
        assert_eq!(
            "2026-01-02T03:04:05.000001Z".parse::<Timestamp>().unwrap().to_string(),
            "2026-01-02T03:04:05.000001Z"
        );
    }
}
