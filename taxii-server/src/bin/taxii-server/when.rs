//! Moments and whiles, as people write them.

use std::str::FromStr;

use taxii_model::Timestamp;

/// A moment, or never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct When(pub(crate) Option<Timestamp>);

/// A while, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Duration(pub(crate) i64);

const SECOND: i64 = 1_000_000;

impl FromStr for Duration {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
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
        let number: i64 = text.strip_suffix(unit).and_then(|number| number.parse().ok()).ok_or_else(wrong)?;
        let micros = number.checked_mul(seconds * SECOND).filter(|_| number >= 0);
        micros.map(Self).ok_or_else(wrong)
    }
}

impl Duration {
    /// The moment that is this far from another.
    pub(crate) fn after(self, moment: Timestamp) -> Timestamp {
        Timestamp::from_micros(moment.as_micros().saturating_add(self.0))
    }
}

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self(None));
        }
        if let Ok(duration) = text.parse::<Duration>() {
            return Ok(Self(Some(duration.after(Timestamp::now()))));
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
        assert_eq!("2h".parse(), Ok(Duration(7_200 * SECOND)));
        assert_eq!("1w".parse::<Duration>().unwrap().after(noon), "2027-02-07T12:00:00Z".parse().unwrap());
        for wrong in ["", "d", "-1d", "1", "1 d", "1y", "2027-13-01", "99999999999999999w", "1é", "never"] {
            assert!(wrong.parse::<When>().is_err(), "{wrong}");
        }
    }
}
