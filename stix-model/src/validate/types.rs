//! The rules of single types that no table can say.

use super::{Check, Role};
use crate::json::Members;

/// What all objects of a class have in common.
pub(super) fn common<'c>(_check: &mut Check<'c>, _members: &'c Members<'_>, _role: Role) {}

/// The rules of one type.
pub(super) fn check<'c>(_check: &mut Check<'c>, _object_type: &'static str, _members: &'c Members<'_>) {}

pub(super) fn external_reference<'c>(_check: &mut Check<'c>, _members: &'c Members<'_>) {}

pub(super) fn kill_chain_phase<'c>(_check: &mut Check<'c>, _members: &'c Members<'_>) {}

pub(super) fn unknown_extension<'c>(_check: &mut Check<'c>, _key: &str, _members: &'c Members<'_>) {}

impl<'c> Check<'c> {
    /// The deprecated container of observables (§11 of the rules: OC-1 to OC-3).
    pub(super) fn observables(&mut self, _entries: &'c Members<'_>) {}

    /// LC-2, LC-5.
    pub(super) fn translations(&mut self, _entries: &'c Members<'_>) {}
}

pub(super) fn is_url(text: &str) -> bool {
    text.contains(':')
}

/// Does a hash have the form that its algorithm gives?
pub(super) fn hash_fits(name: &str, text: &str) -> Result<(), &'static str> {
    let hex = |digits: usize| text.len() == digits && text.bytes().all(|c| c.is_ascii_hexdigit());
    let (fits, expected) = match name {
        "MD5" => (hex(32), "32 hexadecimal digits"),
        "SHA-1" => (hex(40), "40 hexadecimal digits"),
        "SHA-256" | "SHA3-256" => (hex(64), "64 hexadecimal digits"),
        "SHA-512" | "SHA3-512" => (hex(128), "128 hexadecimal digits"),
        "TLSH" => (hex(70), "70 hexadecimal digits"),
        "SSDEEP" => (is_ssdeep(text), "a block size and two hashes joined by ':'"),
        _ => (true, ""),
    };
    if fits { Ok(()) } else { Err(expected) }
}

fn is_ssdeep(text: &str) -> bool {
    let mut parts = text.splitn(3, ':');
    let size = parts.next().is_some_and(|size| !size.is_empty() && size.bytes().all(|c| c.is_ascii_digit()));
    let digits = |part: &str| part.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'+' || c == b'/');
    size && text.len() <= 148 && parts.next().is_some_and(digits) && parts.next().is_some_and(digits)
}
