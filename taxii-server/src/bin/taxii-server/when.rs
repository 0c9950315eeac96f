//! Moments and whiles, as people write them.

use std::str::FromStr;
use std::time::Duration;

use taxii_model::Timestamp;

/// A moment, or never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct When(pub(crate) Option<Timestamp>);

/// Nobody means a while that is longer: a thousand years.
const LONGEST: u64 = 1000 * 365 * 24 * 60 * 60;

/// Reads a while: a number and its unit.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no while: expected a number and s, m, h, d or w, such as 90d");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        'w' => 7 * 24 * 60 * 60,
        _ => return Err(wrong()),
    };
    let number: u64 = text.strip_suffix(unit).and_then(|number| number.parse().ok()).ok_or_else(wrong)?;
    match number.checked_mul(seconds) {
        Some(seconds) if seconds <= LONGEST => Ok(Duration::from_secs(seconds)),
        _ => Err(format!("{text:?} is more than a thousand years")),
    }
}

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self(None));
        }
        if let Ok(duration) = duration(text) {
            return Ok(Self(Some(Timestamp::now().saturating_add(duration))));
        }
        let date = text.parse().or_else(|_| format!("{text}T00:00:00Z").parse::<Timestamp>());
        date.map(|date| Self(Some(date))).map_err(|_| {
            format!(
                "{text:?} is no date: expected 2027-01-31, 2027-01-31T12:00:00Z, a while from now such as 90d, or none"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A typing error never makes something last for longer than was meant: what is not understood is refused.
    #[test]
    fn moments_are_read() {
        let noon: Timestamp = "2027-01-31T12:00:00Z".parse().unwrap();
        assert_eq!("2027-01-31T12:00:00Z".parse(), Ok(When(Some(noon))));
        assert_eq!("2027-01-31".parse(), Ok(When(Some("2027-01-31T00:00:00Z".parse().unwrap()))));
        assert_eq!("none".parse(), Ok(When(None)));
        assert_eq!(duration("2h"), Ok(Duration::from_secs(7200)));
        assert_eq!(duration("1w"), Ok(Duration::from_secs(604_800)));
        for wrong in ["", "d", "-1d", "1", "1 d", "1y", "2027-13-01", "52143w", "99999999999999999w", "1é", "never"] {
            assert!(wrong.parse::<When>().is_err(), "{wrong}");
        }
    }
}
