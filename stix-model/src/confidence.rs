//! Confidence in the words of other scales (STIX 2.1 Appendix A).
//!
//! An object without `confidence` says nothing about it; that is not the same as 0.

/// A scale of confidence: its labels, from low to high, each with the value that it stands for.
///
/// ```
/// use stix_model::confidence::Scale;
///
/// assert_eq!(Scale::LowMediumHigh.label(60), Some("Med"));
/// assert_eq!(Scale::LowMediumHigh.value("Med"), Some(50));
/// // Nobody can judge: the property is left out.
/// assert_eq!(Scale::Admiralty.value("6 - Truth cannot be judged"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scale {
    /// None, low, medium, high.
    LowMediumHigh,
    /// From 0 to 10.
    ZeroToTen,
    /// The credibility of the Admiralty code, from 5 to 1; its 6 means that there is no confidence to speak of.
    Admiralty,
    /// The words of estimative probability by Sherman Kent.
    EstimativeProbability,
    /// The scale of the Director of National Intelligence of the United States.
    Dni,
}

/// A label and the values that it covers.
struct Step {
    label: &'static str,
    /// The value that it is turned into.
    value: u8,
    /// The greatest value that is turned into it; the least is one more than that of the step before.
    upto: u8,
}

const fn step(label: &'static str, value: u8, upto: u8) -> Step {
    Step { label, value, upto }
}

static LOW_MEDIUM_HIGH: [Step; 4] =
    [step("None", 0, 0), step("Low", 15, 29), step("Med", 50, 69), step("High", 85, 100)];

static ZERO_TO_TEN: [Step; 11] = [
    step("0", 0, 4),
    step("1", 10, 14),
    step("2", 20, 24),
    step("3", 30, 34),
    step("4", 40, 44),
    step("5", 50, 54),
    step("6", 60, 64),
    step("7", 70, 74),
    step("8", 80, 84),
    step("9", 90, 94),
    step("10", 100, 100),
];

static ADMIRALTY: [Step; 5] = [
    step("5 - Improbable", 10, 19),
    step("4 - Doubtful", 30, 39),
    step("3 - Possibly True", 50, 59),
    step("2 - Probably True", 70, 79),
    step("1 - Confirmed by other sources", 90, 100),
];

static ESTIMATIVE_PROBABILITY: [Step; 7] = [
    step("Impossible", 0, 0),
    step("Highly Unlikely/Almost Certainly Not", 10, 19),
    step("Unlikely/Probably Not", 30, 39),
    step("Even Chance", 50, 59),
    step("Likely/Probable", 70, 79),
    step("Highly likely/Almost Certain", 90, 99),
    step("Certain", 100, 100),
];

static DNI: [Step; 7] = [
    step("Almost No Chance/Remote", 5, 9),
    step("Very Unlikely/Highly Improbable", 15, 19),
    step("Unlikely/Improbable", 30, 39),
    step("Roughly Even Chance/Roughly Even Odds", 50, 59),
    step("Likely/Probable", 70, 79),
    step("Very Likely/Highly Probable", 85, 89),
    step("Almost Certain/Nearly Certain", 95, 100),
];

impl Scale {
    /// Every scale of the standard.
    pub const ALL: [Self; 5] =
        [Self::LowMediumHigh, Self::ZeroToTen, Self::Admiralty, Self::EstimativeProbability, Self::Dni];

    /// The label of a confidence; `None` if it is not from 0 to 100.
    #[must_use]
    pub fn label(self, confidence: i64) -> Option<&'static str> {
        let confidence = u8::try_from(confidence).ok()?;
        self.steps().iter().find(|step| confidence <= step.upto).map(|step| step.label)
    }

    /// The confidence that a label stands for, in capitals or not.
    ///
    /// `None` if there is no such label, or if it means that nothing can be said, so that `confidence` is left out.
    #[must_use]
    pub fn value(self, label: &str) -> Option<i64> {
        self.steps().iter().find(|step| step.label.eq_ignore_ascii_case(label.trim())).map(|step| step.value.into())
    }

    /// The labels, from low to high.
    pub fn labels(self) -> impl Iterator<Item = &'static str> {
        self.steps().iter().map(|step| step.label)
    }

    fn steps(self) -> &'static [Step] {
        match self {
            Self::LowMediumHigh => &LOW_MEDIUM_HIGH,
            Self::ZeroToTen => &ZERO_TO_TEN,
            Self::Admiralty => &ADMIRALTY,
            Self::EstimativeProbability => &ESTIMATIVE_PROBABILITY,
            Self::Dni => &DNI,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CF-1, CP-04: each label covers the values from the last of the one before to its own, and stands for one of them.
    #[test]
    fn labels_and_values_agree() {
        for scale in Scale::ALL {
            let mut covered = 0;
            for step in scale.steps() {
                assert!((covered..=i64::from(step.upto)).contains(&step.value.into()), "{}", step.label);
                for confidence in covered..=i64::from(step.upto) {
                    assert_eq!(scale.label(confidence), Some(step.label), "{scale:?} {confidence}");
                }
                covered = i64::from(step.upto) + 1;
                let value = scale.value(step.label).unwrap();
                assert_eq!(scale.label(value), Some(step.label));
            }
            assert_eq!(covered, 101, "{scale:?}");
            assert_eq!((scale.label(-1), scale.label(101), scale.label(256)), (None, None, None));
        }
    }

    /// CF-1: the bounds of Appendix A, label by label.
    #[test]
    fn bounds_are_those_of_the_standard() {
        for (scale, bounds) in [
            (Scale::LowMediumHigh, &[(0, 0, 0), (1, 15, 29), (30, 50, 69), (70, 85, 100)][..]),
            (Scale::Admiralty, &[(0, 10, 19), (20, 30, 39), (40, 50, 59), (60, 70, 79), (80, 90, 100)]),
            (
                Scale::EstimativeProbability,
                &[(0, 0, 0), (1, 10, 19), (20, 30, 39), (40, 50, 59), (60, 70, 79), (80, 90, 99), (100, 100, 100)],
            ),
            (
                Scale::Dni,
                &[(0, 5, 9), (10, 15, 19), (20, 30, 39), (40, 50, 59), (60, 70, 79), (80, 85, 89), (90, 95, 100)],
            ),
        ] {
            for (label, &(least, value, greatest)) in scale.labels().zip(bounds) {
                assert_eq!(scale.value(label), Some(value), "{label}");
                assert_eq!((scale.label(least), scale.label(greatest)), (Some(label), Some(label)));
            }
            assert_eq!(scale.labels().count(), bounds.len());
        }
        for n in 0..=10_i64 {
            let label = n.to_string();
            assert_eq!(Scale::ZeroToTen.value(&label), Some(10 * n));
            let (least, greatest) = ((10 * n - 5).max(0), (10 * n + 4).min(100));
            for confidence in least..=greatest {
                assert_eq!(Scale::ZeroToTen.label(confidence), Some(label.as_str()), "{confidence}");
            }
        }
    }

    /// CP-04: what cannot be judged is no confidence of 0.
    #[test]
    fn what_cannot_be_judged_has_no_value() {
        assert_eq!(Scale::Admiralty.value("6 - Truth cannot be judged"), None);
        assert_eq!(Scale::LowMediumHigh.value("Not Specified"), None);
        assert_eq!(Scale::LowMediumHigh.value("none"), Some(0));
    }
}
