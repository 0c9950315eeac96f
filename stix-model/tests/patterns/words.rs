//! The words of a printed pattern, to write it otherwise.

/// Cuts a printed pattern into its words; a text in quotes is one of them, with its prefix.
pub(crate) fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (word, behind) = rest.split_at(length(rest));
        words.push(word);
        rest = behind.trim_start();
    }
    words
}

/// Of the first word.
fn length(text: &str) -> usize {
    let bytes = text.as_bytes();
    match bytes {
        [b'\'', ..] => quoted(bytes, 1),
        [b'h' | b'b' | b't', b'\'', ..] => quoted(bytes, 2),
        [b'!' | b'<' | b'>', b'=', ..] => 2,
        [b'-', ..] => 1 + bytes[1..].iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count(),
        [b'0'..=b'9', ..] => bytes.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count(),
        [first, ..] if is_inside_name(*first) => bytes.iter().take_while(|byte| is_inside_name(**byte)).count(),
        _ => text.chars().next().map_or(0, char::len_utf8),
    }
}

fn is_inside_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// Up to the closing quote; to the end if there is none.
fn quoted(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'\'' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The same words with other gaps between them; where two would run together, a gap of nothing is a blank.
pub(crate) fn joined(text: &str, gaps: &[&str]) -> String {
    let mut gaps = gaps.iter().cycle();
    let mut gap = || *gaps.next().unwrap_or(&" ");
    let mut joined = gap().to_owned();
    for word in words(text) {
        let before = joined.bytes().last().unwrap_or(b' ');
        let first = word.bytes().next().unwrap_or(b' ');
        let would_join = is_inside_name(before) && (is_inside_name(first) || matches!(first, b'\'' | b'.'));
        if would_join || (before == b'.' && first.is_ascii_digit()) {
            joined.push(' ');
        }
        joined.push_str(word);
        joined.push_str(gap());
    }
    joined
}
