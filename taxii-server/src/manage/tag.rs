use ring::digest::{SHA256, digest};

use super::problem::Problem;
use crate::auth::hex;

/// The entity tag of a resource: strong, and made of its text alone (RFC 9110 §8.8.3).
pub(super) fn of(text: &[u8]) -> String {
    let digest = hex(digest(&SHA256, text).as_ref());
    format!("\"{}\"", digest.get(..32).unwrap_or(&digest))
}

/// Fails unless one of the tags that If-Match names is this one, by strong comparison (RFC 9110 §13.1.1).
pub(super) fn must_match(if_match: Option<&str>, tag: &str) -> Result<(), Problem> {
    let Some(wanted) = if_match else { return Ok(()) };
    let matches = wanted.split(',').map(str::trim).any(|one| one == "*" || one == tag);
    if matches { Ok(()) } else { Err(Problem::changed_meanwhile()) }
}

/// Is one of the tags that If-None-Match names this one, by weak comparison (RFC 9110 §13.1.2)?
pub(super) fn is_known(if_none_match: Option<&str>, tag: &str) -> bool {
    let known = |one: &str| one == "*" || one.trim_start_matches("W/") == tag;
    if_none_match.is_some_and(|known_tags| known_tags.split(',').map(str::trim).any(known))
}
