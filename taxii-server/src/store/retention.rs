use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use stix_model::Timestamp as StixTimestamp;
use taxii_model::Timestamp;

/// How long a collection keeps objects. Nothing goes unless it is told so.
///
/// Every rule looks at what a poll without filters shows: the newest version of each object. As long as this one may
/// stay, all versions stay; when it goes, the object goes with all its versions. So whoever polls never finds an old version
/// in the place of a newer one.
///
/// What goes is removed by a [`Sweeper`](super::Sweeper), some time after it is due.
///
/// ```
/// use taxii_model::Timestamp;
/// use taxii_server::store::{Due, Retention};
///
/// let month = Retention { keep_days: Some(30), ..Retention::default() };
/// let now: Timestamp = "2026-12-31T00:00:00Z".parse()?;
/// assert_eq!(month.aged(now), Some(Due::AddedBefore("2026-12-01T00:00:00Z".parse()?)));
/// assert!(Retention::default().is_forever());
/// # Ok::<(), taxii_model::InvalidTimestamp>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Retention {
    /// For so many days after its newest version was added, whenever its older ones were.
    pub keep_days: Option<u32>,
    /// An indicator: for so many days after the `valid_until` of its newest version. What has none stays.
    pub keep_expired_days: Option<u32>,
    /// So many objects, those whose newest versions were added last.
    pub keep_objects: Option<u64>,
}

/// Objects that are to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Those whose newest version was added before this.
    AddedBefore(Timestamp),
    /// The indicators whose newest version was valid until before this.
    ExpiredBefore(Timestamp),
}

/// What has been removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Removed {
    /// Objects of which nothing is left.
    pub objects: u64,
    /// Their entries: each encoding of each version. Of an object with very many, some may go before the others.
    pub entries: u64,
}

impl Retention {
    /// Does everything stay?
    #[must_use]
    pub fn is_forever(&self) -> bool {
        *self == Self::default()
    }

    /// What is to go for its age.
    #[must_use]
    pub fn aged(&self, now: Timestamp) -> Option<Due> {
        self.keep_days.map(|days| Due::AddedBefore(days_before(now, days)))
    }

    /// What is to go since it is valid no longer.
    #[must_use]
    pub fn expired(&self, now: Timestamp) -> Option<Due> {
        self.keep_expired_days.map(|days| Due::ExpiredBefore(days_before(now, days)))
    }
}

/// A day has 24 hours, as everywhere in UTC.
pub(crate) const DAY: i64 = 24 * 60 * 60 * 1_000_000;

fn days_before(now: Timestamp, days: u32) -> Timestamp {
    Timestamp::from_micros(now.as_micros().saturating_sub(i64::from(days).saturating_mul(DAY)))
}

impl std::ops::AddAssign for Removed {
    fn add_assign(&mut self, more: Self) {
        self.objects += more.objects;
        self.entries += more.entries;
    }
}

/// Until when an object is valid, as its text says: only indicators do (STIX 2.1 §4.7.1). What is no timestamp says nothing.
pub(crate) fn valid_until(object_type: &str, text: &str) -> Option<Timestamp> {
    #[derive(Deserialize)]
    struct Validity<'t> {
        #[serde(borrow)]
        valid_until: Option<Cow<'t, str>>,
    }
    if object_type != "indicator" {
        return None;
    }
    let validity: Validity<'_> = serde_json::from_str(text).ok()?;
    let instant: StixTimestamp = validity.valid_until?.parse().ok()?;
    Some(instant.to_utc().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What says until when it is valid is understood, and what does not never expires.
    #[test]
    fn validity_is_read_from_the_text() {
        let until = |t: &str| Some(t.parse::<Timestamp>().unwrap());
        for (object_type, text, expected) in [
            ("indicator", r#"{"valid_until":"2026-01-02T03:04:05Z"}"#, until("2026-01-02T03:04:05Z")),
            (
                "indicator",
                r#"{"a":{"valid_until":1},"valid_until":"2026-01-02T03:04:05.6789Z"}"#,
                until("2026-01-02T03:04:05.6789Z"),
            ),
            ("indicator", r#"{"valid\u005funtil":"2026-01-02T03:04:05Z"}"#, until("2026-01-02T03:04:05Z")),
            ("indicator", r#"{"valid_until":"some day"}"#, None),
            ("indicator", r#"{"valid_until":5}"#, None),
            ("indicator", r#"{"valid_until":null}"#, None),
            ("indicator", "{}", None),
            ("x-own", r#"{"valid_until":"2026-01-02T03:04:05Z"}"#, None),
        ] {
            assert_eq!(valid_until(object_type, text), expected, "{text}");
        }
    }
}
