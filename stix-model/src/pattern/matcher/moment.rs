//! Instants as numbers, for the search.

use crate::Timestamp;

/// An instant, in attoseconds since 1970; digits beyond the eighteenth of the fraction are cut.
pub(super) type Moment = i128;

/// Before every timestamp, with room for differences.
pub(super) const MIN: Moment = i128::MIN / 8;
/// After every timestamp, with room for differences.
pub(super) const MAX: Moment = i128::MAX / 8;

const SECOND: Moment = 1_000_000_000_000_000_000;

pub(super) fn of(timestamp: &Timestamp) -> Moment {
    let seconds = Moment::from(timestamp.to_utc().timestamp()) * SECOND;
    let text = timestamp.as_str();
    let digits = text.split_once('.').map_or("", |(_, fraction)| fraction.trim_end_matches('Z'));
    let fraction = digits.bytes().chain(std::iter::repeat(b'0')).take(18);
    seconds + fraction.fold(0, |sum, digit| sum * 10 + Moment::from(digit.saturating_sub(b'0')))
}

/// A span of so many seconds; more than any two timestamps are apart is as good as without end.
pub(super) fn span(seconds: f64) -> Moment {
    ((seconds * SECOND as f64) as Moment).clamp(1, MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PC-07: fractions count, beyond nanoseconds also.
    #[test]
    fn fractions_are_kept() {
        let at = |text: &str| of(&text.parse().unwrap());
        assert_eq!(at("1970-01-01T00:00:01.5Z"), SECOND + SECOND / 2);
        assert_eq!(at("1969-12-31T23:59:59.999999999999999999Z"), -1);
        assert!(at("0000-01-01T00:00:00Z") > MIN && at("9999-12-31T23:59:60.9Z") < MAX);
        assert_eq!(span(0.1), SECOND / 10);
        assert_eq!((span(1e300), span(1e-300)), (MAX, 1));
    }
}
