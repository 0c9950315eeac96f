//! Times: seconds, days and moments of MISP, timestamps of STIX.

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, Utc};

/// What stands for a time that is not told: earlier than whatever others say of the same object, so that theirs is newer.
pub(crate) const UNKNOWN: &str = "1970-01-01T00:00:00.000Z";

/// The last year that a timestamp can have.
const LAST: i64 = 253_402_300_799;

pub(crate) fn of_seconds(seconds: i64) -> Option<DateTime<Utc>> {
    let seconds = (0..=LAST).contains(&seconds).then_some(seconds)?;
    DateTime::from_timestamp(seconds, 0)
}

pub(crate) fn of_day(day: &str) -> Option<DateTime<Utc>> {
    let day = NaiveDate::parse_from_str(day, "%Y-%m-%d").ok()?;
    let moment = day.and_time(NaiveTime::MIN).and_utc();
    (0..=LAST).contains(&moment.timestamp()).then_some(moment)
}

/// A moment as MISP writes it: `2026-11-01T10:00:00.000000+00:00`.
pub(crate) fn of_moment(text: &str) -> Option<DateTime<Utc>> {
    let moment = DateTime::parse_from_rfc3339(text).ok()?.to_utc();
    (0..=LAST).contains(&moment.timestamp()).then_some(moment)
}

/// As STIX writes it: milliseconds, or microseconds if there are any.
pub(crate) fn stix(moment: DateTime<Utc>) -> String {
    let fine = !moment.timestamp_subsec_micros().is_multiple_of(1000);
    moment.to_rfc3339_opts(if fine { SecondsFormat::Micros } else { SecondsFormat::Millis }, true)
}

pub(crate) fn moment(moment: DateTime<Utc>) -> String {
    moment.format("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string()
}

pub(crate) fn seconds(text: &str) -> Option<i64> {
    Some(of_moment(text)?.timestamp())
}

pub(crate) fn day(text: &str) -> Option<String> {
    Some(of_moment(text)?.format("%Y-%m-%d").to_string())
}
