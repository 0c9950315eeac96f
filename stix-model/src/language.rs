//! Language tags, and the translations of `language-content` (STIX 2.1 §7.1).

/// Is it a well-formed language tag (RFC 5646 §2.1)?
#[must_use]
pub fn is_tag(text: &str) -> bool {
    let mut parts = text.split('-');
    let primary = parts.next().unwrap_or_default();
    let language = (2..=8).contains(&primary.len()) && primary.bytes().all(|c| c.is_ascii_alphabetic());
    let private = matches!(primary, "x" | "X" | "i" | "I") && text.len() > 2;
    (language || private)
        && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|c| c.is_ascii_alphanumeric()))
}
