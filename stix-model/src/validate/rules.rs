//! The catalogue of the rules, and the numbers that the OASIS validator gives to its checks.
//!
//! A rule is named after its table, with a number: `SCO-FILE-1`. That of a part of it names both: `SCO-FILE-NTFS-1`.

use std::collections::HashSet;

/// The number of the OASIS validator's check that a rule corresponds to, where it is one.
#[must_use]
pub fn code(rule: &str) -> Option<u16> {
    CODES.iter().find(|(name, _)| *name == rule).map(|(_, code)| *code)
}

const CODES: &[(&str, u16)] = &[("XR-3", 302)];

/// Is the rule switched off, by its own name or by its check's number, name or group?
#[must_use]
pub fn is_disabled(rule: &str, code: Option<u16>, disabled: &HashSet<String>) -> bool {
    !disabled.is_empty() && (disabled.contains(rule) || code.is_some_and(|code| disabled.contains(&code.to_string())))
}
