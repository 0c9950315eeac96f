//! Coarser times.

use chrono::{DateTime, Datelike as _, Days, NaiveTime, SecondsFormat, TimeDelta, Timelike as _, Utc};
use stix_model::Timestamp;

use super::profile::{Exactness, Period};

/// The latest moment not after a time that is told so exactly.
fn floor(at: DateTime<Utc>, exactness: Exactness) -> DateTime<Utc> {
    let day = at.date_naive();
    let start = match exactness {
        Exactness::Exact => return at,
        Exactness::Hour => return at - TimeDelta::seconds(i64::from(at.minute() * 60 + at.second())) - fraction(at),
        Exactness::Day => day,
        Exactness::Week => day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into())).unwrap_or(day),
    };
    start.and_time(NaiveTime::MIN).and_utc()
}

fn fraction(at: DateTime<Utc>) -> TimeDelta {
    TimeDelta::nanoseconds(at.nanosecond().into())
}

fn step(exactness: Exactness) -> TimeDelta {
    match exactness {
        Exactness::Exact => TimeDelta::zero(),
        Exactness::Hour => TimeDelta::hours(1),
        Exactness::Day => TimeDelta::days(1),
        Exactness::Week => TimeDelta::days(7),
    }
}

fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A time, told so exactly. An exact one keeps at most six digits of a second's fraction: more say nothing of a time, but
/// could say something else.
pub(super) fn coarse(text: &str, exactness: Exactness) -> Option<String> {
    let at: Timestamp = text.parse().ok()?;
    match exactness {
        Exactness::Exact => Some(cut(at.as_str())),
        _ => Some(written(floor(at.to_utc(), exactness))),
    }
}

/// The end of something: the first moment not before it that is told so exactly, so that an end stays behind its beginning.
pub(super) fn coarse_end(text: &str, exactness: Exactness) -> Option<String> {
    let at: Timestamp = text.parse().ok()?;
    if exactness == Exactness::Exact {
        return Some(cut(at.as_str()));
    }
    let start = floor(at.to_utc(), exactness);
    Some(written(if start == at.to_utc() { start } else { start.checked_add_signed(step(exactness))? }))
}

fn cut(text: &str) -> String {
    match text.split_once('.') {
        Some((seconds, fraction)) if fraction.len() > 7 => {
            format!("{seconds}.{}Z", fraction.get(..6).unwrap_or_default())
        }
        _ => text.to_owned(),
    }
}

/// The `modified` of a version among all versions of its object. Coarse times are alike, so versions of one span are
/// numbered by thousandths; a revocation lies behind all others, since none can follow.
pub(super) fn version(modified: &str, all: &[String], revoked: bool, exactness: Exactness) -> Option<String> {
    let own: Timestamp = modified.parse().ok()?;
    if exactness == Exactness::Exact {
        return Some(cut(own.as_str()));
    }
    let start = floor(own.to_utc(), exactness);
    if revoked {
        return Some(written(start.checked_add_signed(step(exactness))?));
    }
    let mut earlier: Vec<Timestamp> = all.iter().filter_map(|text| text.parse().ok()).collect();
    earlier.retain(|other: &Timestamp| *other < own && floor(other.to_utc(), exactness) == start);
    earlier.sort();
    earlier.dedup();
    Some(written(start.checked_add_signed(TimeDelta::milliseconds(earlier.len().try_into().ok()?))?))
}

/// The name of the period that a time lies in.
pub(super) fn period(text: &str, period: Period) -> Option<String> {
    let at = text.parse::<Timestamp>().ok()?.to_utc();
    Some(match period {
        Period::Month => format!("{}-{:02}", at.year(), at.month()),
        Period::Quarter => format!("{}-Q{}", at.year(), at.month0() / 3 + 1),
        Period::Year => at.year().to_string(),
    })
}

/// When a period begins.
pub(super) fn beginning(period: &str) -> String {
    let (year, month) = match period.split_once('-') {
        Some((year, "Q1")) => (year, "01"),
        Some((year, "Q2")) => (year, "04"),
        Some((year, "Q3")) => (year, "07"),
        Some((year, "Q4")) => (year, "10"),
        Some((year, month)) => (year, month),
        None => (period, "01"),
    };
    format!("{year}-{month}-01T00:00:00.000Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Coarse times tell no more than they should, and an end stays behind its beginning.
    #[test]
    fn times_are_coarse() {
        let at = "2026-11-19T13:14:15.123456789Z";
        for (exactness, start, end) in [
            (Exactness::Exact, "2026-11-19T13:14:15.123456Z", "2026-11-19T13:14:15.123456Z"),
            (Exactness::Hour, "2026-11-19T13:00:00.000Z", "2026-11-19T14:00:00.000Z"),
            (Exactness::Day, "2026-11-19T00:00:00.000Z", "2026-11-20T00:00:00.000Z"),
            (Exactness::Week, "2026-11-16T00:00:00.000Z", "2026-11-23T00:00:00.000Z"),
        ] {
            assert_eq!(coarse(at, exactness).as_deref(), Some(start));
            assert_eq!(coarse_end(at, exactness).as_deref(), Some(end));
        }
        assert_eq!(coarse("2026-11-19T13:14:15Z", Exactness::Exact).as_deref(), Some("2026-11-19T13:14:15Z"));
        assert_eq!(coarse("yesterday", Exactness::Day), None);
    }

    /// Versions of one day stay apart and in order, and a revocation is behind them.
    #[test]
    fn versions_stay_in_order() {
        let all: Vec<String> = ["11:00:00.000Z", "12:00:00.5Z", "12:00:00.500Z", "18:00:00.000Z"]
            .map(|time| format!("2026-11-19T{time}"))
            .to_vec();
        let told = |text: &str, revoked| version(text, &all, revoked, Exactness::Day).unwrap();
        assert_eq!(told(&all[0], false), "2026-11-19T00:00:00.000Z");
        assert_eq!(told(&all[2], false), "2026-11-19T00:00:00.001Z");
        assert_eq!(told(&all[3], false), "2026-11-19T00:00:00.002Z");
        assert_eq!(told(&all[3], true), "2026-11-20T00:00:00.000Z");
    }
}
