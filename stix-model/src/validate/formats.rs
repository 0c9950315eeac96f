//! Forms of text that come from elsewhere: URLs, hashes, addresses, names.

use std::net::Ipv6Addr;

/// How far a text is a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UrlForm {
    /// By RFC 3986.
    Url,
    /// But for characters that would have to be percent-encoded, as browsers show them (RFC 3987).
    Displayed,
    /// Not at all.
    Malformed,
}

/// RFC 3986: a scheme, a colon, and characters that may stand in a URL.
pub(super) fn url_form(text: &str) -> UrlForm {
    let Some((scheme, rest)) =
        text.bytes().position(|c| c == b':').and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?)))
    else {
        return UrlForm::Malformed;
    };
    let in_scheme = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'-' | b'.');
    let has_scheme = scheme.bytes().next().is_some_and(|c| c.is_ascii_alphabetic()) && scheme.bytes().all(in_scheme);
    let allowed = is_escaped(rest.as_bytes());
    // What is allowed is neither a control character nor white space.
    if !has_scheme || rest.is_empty() || !allowed && rest.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return UrlForm::Malformed;
    }
    if let Some(path) = rest.strip_prefix("//") {
        let end = path.bytes().position(|c| matches!(c, b'/' | b'?' | b'#')).unwrap_or(path.len());
        if !path.get(..end).is_some_and(is_authority) {
            return UrlForm::Malformed;
        }
    }
    if allowed { UrlForm::Url } else { UrlForm::Displayed }
}

/// Has it only characters that may stand in a URL, with two digits after each `%`?
fn is_escaped(text: &[u8]) -> bool {
    #[allow(clippy::indexing_slicing, reason = "the compiler would tell")]
    static ALLOWED: [bool; 256] = {
        let mut allowed = [false; 256];
        let mut rest: &[u8] = b"-._~:/?#[]@!$&'()*+,;=%ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        while let [byte, others @ ..] = rest {
            allowed[*byte as usize] = true;
            rest = others;
        }
        allowed
    };
    let mut percent = false;
    for byte in text {
        if !ALLOWED.get(usize::from(*byte)).is_some_and(|allowed| *allowed) {
            return false;
        }
        percent |= *byte == b'%';
    }
    let digits = |tail: &[u8]| tail.iter().take(2).filter(|c| c.is_ascii_hexdigit()).count() == 2;
    !percent || text.split(|c| *c == b'%').skip(1).all(digits)
}

/// Host and port, after a user; a bracket is only for IPv6.
fn is_authority(authority: &str) -> bool {
    // Nearly all are a name.
    if authority.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-')) {
        return true;
    }
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = match host.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((address, port)) if address.parse::<Ipv6Addr>().is_ok() => {
                ("", port.strip_prefix(':').unwrap_or(port))
            }
            _ => return false,
        },
        None => host.split_once(':').unwrap_or((host, "")),
    };
    port.bytes().all(|c| c.is_ascii_digit()) && !host.contains(['[', ']', ':'])
}

/// Does a hash have the form that its algorithm gives (STIX 2.1 §10.8)?
pub(crate) fn hash_fits(name: &str, text: &str) -> Result<(), &'static str> {
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

/// XR-4: `CVE-`, a year and at least four digits.
pub(super) fn is_cve(text: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|c| c.is_ascii_digit());
    let parts = text.strip_prefix("CVE-").and_then(|rest| rest.split_once('-'));
    parts.is_some_and(|(year, number)| year.len() == 4 && digits(year) && number.len() >= 4 && digits(number))
}

/// XR-5: `CAPEC-` and digits.
pub(super) fn is_capec(text: &str) -> bool {
    let number = text.strip_prefix("CAPEC-");
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|c| c.is_ascii_digit()))
}

/// Lowercase words joined by hyphens.
pub(super) fn is_hyphenated(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
}

/// The two parts of a media type (RFC 6838 §4.2).
pub(super) fn media_type(text: &str) -> Option<(&str, &str)> {
    let allowed = |c: u8| c.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&c);
    let name = |part: &str| (1..=127).contains(&part.len()) && part.bytes().all(allowed);
    text.split_once('/').filter(|(top, subtype)| name(top) && name(subtype))
}

/// SCO-SW-1: a formatted string of CPE 2.3 (NISTIR 7695 §6.2): thirteen parts, colons inside them escaped.
pub(super) fn is_cpe(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("cpe:2.3:") else { return false };
    let mut parts = 1;
    let mut length = 0;
    let mut escaped = false;
    for c in rest.bytes() {
        match (escaped, c) {
            (true, _) => escaped = false,
            (false, b'\\') => escaped = true,
            (false, b':') if length == 0 => return false,
            (false, b':') => (parts, length) = (parts + 1, 0),
            (false, b'*' | b'?' | b'-' | b'.' | b'_' | b'~') => {}
            (false, c) if c.is_ascii_alphanumeric() => {}
            _ => return false,
        }
        length = if c == b':' && !escaped && length == 0 { 0 } else { length + 1 };
    }
    let part = rest.split(':').next().unwrap_or_default();
    parts == 11 && length > 0 && !escaped && matches!(part, "a" | "o" | "h" | "*" | "-")
}

/// SCO-MAC-1: six lowercase pairs joined by colons.
pub(crate) fn is_mac(text: &str) -> bool {
    let lower = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
    text.len() == 17 && text.split(':').all(|pair| pair.len() == 2 && pair.bytes().all(lower))
}

/// What an IP address or network is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IpForm {
    /// In the usual form.
    Usual,
    /// With leading zeros.
    Zeros,
    /// In another form; this is what is usual.
    Unusual(&'static str),
    /// None.
    Malformed,
}

/// SCO-IP-1, SCO-IP-2 for IPv4: four numbers, optionally with the length of a prefix.
pub(crate) fn ipv4_form(text: &str) -> IpForm {
    let (address, prefix) = with_prefix(text);
    let (mut bits, mut parts, mut zeros) = (0u32, 0, false);
    for part in address.as_bytes().split(|&c| c == b'.') {
        if !(1..=3).contains(&part.len()) || !part.iter().all(u8::is_ascii_digit) {
            return IpForm::Malformed;
        }
        let value = part.iter().fold(0, |value, digit| value * 10 + u32::from(digit & 0xf));
        if value > 255 {
            return IpForm::Malformed;
        }
        bits = bits << 8 | value;
        parts += 1;
        zeros |= part.len() > 1 && part.starts_with(b"0");
    }
    match prefix_form(prefix, u128::from(bits), 32) {
        _ if parts != 4 => IpForm::Malformed,
        IpForm::Malformed => IpForm::Malformed,
        _ if zeros => IpForm::Zeros,
        form => form,
    }
}

/// SCO-IP-1, SCO-IP-2 for IPv6: RFC 4291 without a zone, optionally with the length of a prefix.
pub(crate) fn ipv6_form(text: &str) -> IpForm {
    let (address, prefix) = with_prefix(text);
    let Ok(parsed) = address.parse::<Ipv6Addr>() else { return IpForm::Malformed };
    match prefix_form(prefix, u128::from(parsed), 128) {
        IpForm::Usual if parsed.to_string() != address => IpForm::Unusual("the form of RFC 5952: lowercase, shortened"),
        form => form,
    }
}

fn with_prefix(text: &str) -> (&str, Option<&str>) {
    match text.bytes().position(|c| c == b'/').and_then(|slash| text.split_at_checked(slash)) {
        Some((address, prefix)) => (address, prefix.get(1..)),
        None => (text, None),
    }
}

fn prefix_form(prefix: Option<&str>, bits: u128, width: u32) -> IpForm {
    let Some(prefix) = prefix else { return IpForm::Usual };
    let digits = (1..=3).contains(&prefix.len()) && prefix.bytes().all(|c| c.is_ascii_digit());
    match prefix.parse::<u32>() {
        Ok(length) if digits && length <= width => match bits & host_mask(width - length) {
            _ if length == width => IpForm::Unusual("a single address without the length of a prefix"),
            0 => IpForm::Usual,
            _ => IpForm::Unusual("a network whose bits beyond the prefix are zero"),
        },
        _ => IpForm::Malformed,
    }
}

/// The lowest bits set.
fn host_mask(bits: u32) -> u128 {
    1u128.checked_shl(bits).map_or(u128::MAX, |power| power - 1)
}

/// SCO-DN-1: labels joined by dots (RFC 1034 §3.5, RFC 5890), without scheme, port or trailing dot.
pub(super) fn is_domain_name(text: &str) -> bool {
    let inside =
        |c: char| c.is_ascii_alphanumeric() || c == '-' || (!c.is_ascii() && !c.is_whitespace() && !c.is_control());
    let label = |label: &str| {
        (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-') && label.chars().all(inside)
    };
    text.len() <= 253 && text.split('.').all(label)
}

/// SCO-EA-1: an `addr-spec` (RFC 5322 §3.4.1), in Unicode (RFC 6532).
pub(super) fn is_email_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || is_wide(c);
    let dotted = |text: &str| text.split('.').all(|part| !part.is_empty() && part.chars().all(atom));
    let literal = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let domain_literal = literal.is_some_and(|inside| !inside.contains(['[', ']', '\\', ' ']));
    (dotted(local) || is_quoted(local)) && (dotted(domain) || domain_literal)
}

fn is_wide(c: char) -> bool {
    !c.is_ascii() && !c.is_whitespace() && !c.is_control()
}

fn is_quoted(text: &str) -> bool {
    let Some(inside) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return false };
    let mut escaped = false;
    for c in inside.chars() {
        match (escaped, c) {
            (true, _) => escaped = false,
            (false, '\\') => escaped = true,
            (false, '"') => return false,
            (false, c) if c.is_control() => return false,
            _ => {}
        }
    }
    !escaped
}

/// SCO-RK-2: the full name of a hive that is abbreviated.
pub(super) fn hive(key: &str) -> Result<(), &'static str> {
    const HIVES: [&str; 7] = [
        "HKEY_LOCAL_MACHINE",
        "HKEY_CURRENT_USER",
        "HKEY_CLASSES_ROOT",
        "HKEY_USERS",
        "HKEY_CURRENT_CONFIG",
        "HKEY_PERFORMANCE_DATA",
        "HKEY_DYN_DATA",
    ];
    let hive = key.split('\\').next().unwrap_or_default();
    match hive.to_ascii_uppercase().as_str() {
        "HKLM" => Err("HKEY_LOCAL_MACHINE in full"),
        "HKCU" => Err("HKEY_CURRENT_USER in full"),
        "HKCR" => Err("HKEY_CLASSES_ROOT in full"),
        "HKU" => Err("HKEY_USERS in full"),
        "HKCC" => Err("HKEY_CURRENT_CONFIG in full"),
        upper if HIVES.contains(&upper) => Ok(()),
        _ => Err("a key that begins with its hive in full, such as HKEY_LOCAL_MACHINE"),
    }
}

/// SCO-EM-3: is there an encoded word (RFC 2047), `=?utf-8?Q?caf=C3=A9?=`?
pub(super) fn has_encoded_word(text: &str) -> bool {
    /// RFC 2047 §2: no word is longer.
    const LONGEST: usize = 75;
    text.match_indices("=?").any(|(at, _)| {
        let word = text.as_bytes().get(at + 2..).unwrap_or_default();
        let mut parts = word.get(..LONGEST).unwrap_or(word).splitn(3, |c| *c == b'?');
        let charset = parts.next().is_some_and(|charset| !charset.is_empty());
        let encoding = matches!(parts.next(), Some(b"B" | b"b" | b"Q" | b"q"));
        charset && encoding && parts.next().is_some_and(|rest| rest.windows(2).any(|end| end == b"?="))
    })
}

/// XD-5: three numbers joined by dots, optionally with a suffix (semver.org).
pub(super) fn is_semantic_version(text: &str) -> bool {
    let core = text.split(['-', '+']).next().unwrap_or_default();
    let number = |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit());
    core.split('.').count() == 3 && core.split('.').all(number)
}
