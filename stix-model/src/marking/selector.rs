use std::fmt;
use std::str::FromStr;

/// A part of an object: `labels.[0]`, `hashes.MD5` (STIX 2.1 §7.2.3.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Selector(Vec<Step>);

/// A step of a selector.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Step {
    /// A property, or a key of a dictionary.
    Name(String),
    /// An item of a list.
    Index(usize),
}

/// The text is no selector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a selector: expected names and list indexes joined by dots, such as external_references.[0].source_name")]
pub struct InvalidSelector;

impl FromStr for Selector {
    type Err = InvalidSelector;

    fn from_str(text: &str) -> Result<Self, InvalidSelector> {
        let steps: Vec<Step> = text.split('.').map(step).collect::<Option<_>>().ok_or(InvalidSelector)?;
        match steps.first() {
            Some(Step::Name(_)) => Ok(Self(steps)),
            _ => Err(InvalidSelector),
        }
    }
}

fn step(text: &str) -> Option<Step> {
    if let Some(index) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let canonical = index == "0" || !index.starts_with('0');
        let digits = !index.is_empty() && index.bytes().all(|c| c.is_ascii_digit());
        return (canonical && digits).then(|| index.parse().ok()).flatten().map(Step::Index);
    }
    let allowed = |c: u8| c.is_ascii_alphanumeric() || c == b'_' || c == b'-';
    ((1..=250).contains(&text.len()) && text.bytes().all(allowed)).then(|| Step::Name(text.to_owned()))
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            let dot = if i == 0 { "" } else { "." };
            match step {
                Step::Name(name) => write!(f, "{dot}{name}")?,
                Step::Index(index) => write!(f, "{dot}[{index}]")?,
            }
        }
        Ok(())
    }
}
