//! What is inside of the quotes of constants (STIX 2.1 §9.3).

use std::borrow::Cow;

use super::octets;

/// Why a text is not what its prefix says.
pub(super) struct Malformed {
    pub(super) rule: &'static str,
    pub(super) found: Cow<'static, str>,
    pub(super) expected: &'static str,
    pub(super) hint: Option<&'static str>,
}

/// The text that is written between single quotes (PG-07).
pub(super) fn string(written: &str) -> Result<String, Malformed> {
    let inside = between_quotes(written);
    if !inside.as_bytes().contains(&b'\\') {
        return Ok(inside.to_owned());
    }
    let mut text = String::with_capacity(inside.len());
    let mut characters = inside.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => match characters.next() {
                Some(escaped @ ('\'' | '\\')) => text.push(escaped),
                other => {
                    return Err(Malformed {
                        rule: "PG-07",
                        found: format!("\\{}", other.map(String::from).unwrap_or_default()).into(),
                        expected: r"\' or \\",
                        hint: Some("a backslash itself is written twice"),
                    });
                }
            },
            c => text.push(c),
        }
    }
    Ok(text)
}

/// `h'ff00'`
pub(super) fn hex(written: &str) -> Result<Vec<u8>, Malformed> {
    octets::from_hex(between_quotes(written)).ok_or(Malformed {
        rule: "SDO-IND-1",
        found: crate::strict::shorten(written).to_owned().into(),
        expected: "pairs of hexadecimal digits, as in h'ff00'",
        hint: None,
    })
}

/// `b'/wA='`; line feeds may stand inside (PG-13).
pub(super) fn binary(written: &str) -> Result<Vec<u8>, Malformed> {
    let mut inside = Cow::Borrowed(between_quotes(written));
    if inside.contains(['\n', '\r']) {
        inside = inside.replace(['\n', '\r'], "").into();
    }
    let decoded = octets::from_base64(&inside).filter(|bytes| !bytes.is_empty());
    decoded.ok_or_else(|| Malformed {
        rule: "PG-13",
        found: crate::strict::shorten(written).to_owned().into(),
        expected: "Base64 with its padding, as in b'/wA='",
        hint: None,
    })
}

/// What is between the quotes, behind the prefix.
pub(super) fn between_quotes(written: &str) -> &str {
    let opening = if written.starts_with('\'') { 1 } else { 2 };
    written.get(opening..written.len().saturating_sub(1)).unwrap_or_default()
}

/// The text in single quotes, escaped.
pub(super) fn quoted(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + 2);
    written.push('\'');
    for c in text.chars() {
        if matches!(c, '\'' | '\\') {
            written.push('\\');
        }
        written.push(c);
    }
    written.push('\'');
    written
}
