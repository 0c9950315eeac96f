//! A whole document at once.

use std::collections::HashMap;

use super::BundleCheck;
use crate::json::{Json, Members};
use crate::reader::{self, Limits, ReadError};
use crate::validate::Options;
use crate::{Finding, Severity};

/// What the check of a whole document found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many objects there were.
    pub objects: usize,
    /// Everything that was noticed, by object; what is about the document as a whole comes first.
    pub findings: Vec<Located>,
}

/// A finding, and which object of the document it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The place of the object in the list, counted from zero; `None` for the document as a whole.
    pub index: Option<usize>,
    /// What was noticed.
    pub finding: Finding,
}

/// `objects[3]: CP-01 at …`
impl std::fmt::Display for Located {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.index {
            Some(index) => write!(f, "objects[{index}]: {}", self.finding),
            None => write!(f, "{}", self.finding),
        }
    }
}

impl Report {
    /// Is there no error?
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.findings.iter().all(|located| located.finding.severity < Severity::Error)
    }
}

/// Checks a bundle or an envelope that is in memory, each object and what is between them.
///
/// What is found between objects is located at the first object that has the identifier.
///
/// ```
/// use stix_model::validate::{self, Options};
///
/// let text = r#"{"type": "bundle", "id": "bundle--1b6f0d4c-6ed8-4f0b-9a1c-0d9d1e7a7c55", "objects": [
///     {"type": "ipv4-addr", "id": "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4", "value": "198.51.100.3"},
///     {"type": "ipv4-addr", "id": "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4", "value": "198.51.100.3"}
/// ]}"#;
/// let report = validate::bundle(text, &Options::default())?;
/// assert_eq!(report.findings[0].index, Some(1));
/// assert_eq!(report.findings[0].finding.rule, "B-04");
/// assert!(report.is_valid());
/// # Ok::<(), stix_model::reader::ReadError>(())
/// ```
///
/// # Errors
/// The text is no bundle or envelope: see [`ReadError`].
pub fn bundle(text: &str, options: &Options) -> Result<Report, ReadError> {
    let (_, objects) = reader::from_str(text, &Limits::default())?;
    let mut check = BundleCheck::new(options, false);
    let mut findings = Vec::new();
    let mut add = |index, found: Vec<Finding>| {
        findings.extend(found.into_iter().map(|finding| Located { index, finding }));
    };
    add(None, check.wrapper(&beside_the_list(text)?));
    for (index, object) in objects.iter().enumerate() {
        if let Json::Object(members) = Json::parse(object.text.get())? {
            add(Some(index), check.add(&members));
        }
    }
    if check.wants_again() {
        for object in &objects {
            if let Json::Object(members) = Json::parse(object.text.get())? {
                check.again(&members);
            }
        }
    }
    let between = check.finish();
    if !between.is_empty() {
        let mut places = HashMap::new();
        for (index, object) in objects.iter().enumerate() {
            places.entry(object.head.id().unwrap_or_default()).or_insert(index);
        }
        for finding in between {
            let index = finding.object.as_deref().and_then(|id| places.get(id)).copied();
            add(index, vec![finding]);
        }
    }
    findings.sort_by_key(|located| located.index);
    Ok(Report { objects: objects.len(), findings })
}

/// The members of the document except for the list.
fn beside_the_list(text: &str) -> serde_json::Result<Members<'_>> {
    use serde_json::value::RawValue;
    let all: std::collections::BTreeMap<String, &RawValue> = serde_json::from_str(text)?;
    let beside = all.into_iter().filter(|(name, _)| name != "objects");
    beside.map(|(name, value)| Ok((name, Json::parse(value.get())?))).collect()
}
