use std::fmt;

use super::goal::Goal;
use super::network::Network;
use super::path::ObjectPath;

/// What a value is that a pattern looks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ValueKind {
    /// `198.51.100.3`
    Ipv4Address,
    /// `198.51.100.0/24`
    Ipv4Network,
    /// `2001:db8::1`
    Ipv6Address,
    /// `2001:db8::/32`
    Ipv6Network,
    /// `example.com`
    DomainName,
    /// `https://example.com/a`
    Url,
    /// `jdoe@example.com`
    EmailAddress,
    /// `d2:fb:49:24:37:18`
    MacAddress,
    /// The number of an autonomous system.
    AutonomousSystem,
    /// A hash or fingerprint, by the name of its algorithm, as in `SHA-256`.
    Hash(String),
    /// The name of a file.
    FileName,
    /// A key of the Windows registry.
    RegistryKey,
    /// The name of a mutex.
    Mutex,
    /// A port of TCP or UDP.
    Port,
    /// Something else.
    Other,
}

/// Ends of names that are no top-level domains, but those of files.
const FILES: &[&str] = &[
    "bat", "bin", "cmd", "dat", "dll", "doc", "docm", "docx", "exe", "gif", "hta", "htm", "html", "iso", "jar", "jpg",
    "js", "json", "lnk", "log", "msi", "pdf", "php", "png", "ppt", "pptx", "ps1", "rar", "rtf", "scr", "sys", "tmp",
    "txt", "vbs", "wsf", "xls", "xlsm", "xlsx", "xml",
];

impl ValueKind {
    /// What a text is that somebody gives for an indicator; `None` if that cannot be told.
    ///
    /// ```
    /// use stix_model::pattern::ValueKind;
    ///
    /// assert_eq!(ValueKind::guess("198.51.100.0/24"), Some(ValueKind::Ipv4Network));
    /// assert_eq!(ValueKind::guess("d41d8cd98f00b204e9800998ecf8427e"), Some(ValueKind::Hash("MD5".to_owned())));
    /// assert_eq!(ValueKind::guess("invoice.exe"), None);
    /// ```
    #[must_use]
    pub fn guess(text: &str) -> Option<Self> {
        if let Some(network) = address(text) {
            return Some(network);
        }
        if mac(text).is_some() {
            return Some(Self::MacAddress);
        }
        if as_number(text).is_some() {
            return Some(Self::AutonomousSystem);
        }
        if let Some(algorithm) = hash(text) {
            return Some(Self::Hash(algorithm.to_owned()));
        }
        if is_url(text) {
            return Some(Self::Url);
        }
        match text.rsplit_once('@') {
            Some((local, domain)) => {
                let fine = !local.is_empty() && !local.contains(|c: char| c.is_whitespace() || c == '@');
                (fine && is_domain(domain)).then_some(Self::EmailAddress)
            }
            None => is_domain(text).then_some(Self::DomainName),
        }
    }

    /// What the path leads to; where a reference may lead to several types, the text tells.
    pub(super) fn of(path: &ObjectPath, text: &str) -> Self {
        let goal = Goal::of(path);
        let names = goal.names.as_slice();
        match (goal.object_type(), names) {
            (_, ["value"]) if address(text).is_some() && !goal.types.iter().all(|name| is_word(name)) => {
                address(text).unwrap_or(Self::Other)
            }
            (Some("ipv4-addr"), ["value"]) => Self::Ipv4Address,
            (Some("ipv6-addr"), ["value"]) => Self::Ipv6Address,
            (Some("domain-name"), ["value"]) => Self::DomainName,
            (Some("url"), ["value"]) => Self::Url,
            (Some("email-addr"), ["value"]) => Self::EmailAddress,
            (Some("mac-addr"), ["value"]) => Self::MacAddress,
            (Some("autonomous-system"), ["number"]) => Self::AutonomousSystem,
            (Some("network-traffic"), ["src_port" | "dst_port"]) => Self::Port,
            (Some("file"), ["name"]) => Self::FileName,
            (Some("windows-registry-key"), ["key"]) => Self::RegistryKey,
            (Some("mutex"), ["name"]) => Self::Mutex,
            (Some("file" | "artifact" | "x509-certificate"), ["hashes", algorithm]) => {
                Self::Hash(spelled(algorithm).to_owned())
            }
            (None, ["value"]) => Self::guess(text).unwrap_or(Self::Other),
            _ => Self::Other,
        }
    }

    /// In a word: the object type, `ipv4-net` or `ipv6-net` of networks, the algorithm of hashes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Ipv4Address => "ipv4-addr",
            Self::Ipv4Network => "ipv4-net",
            Self::Ipv6Address => "ipv6-addr",
            Self::Ipv6Network => "ipv6-net",
            Self::DomainName => "domain-name",
            Self::Url => "url",
            Self::EmailAddress => "email-addr",
            Self::MacAddress => "mac-addr",
            Self::AutonomousSystem => "autonomous-system",
            Self::Hash(algorithm) => algorithm,
            Self::FileName => "file-name",
            Self::RegistryKey => "registry-key",
            Self::Mutex => "mutex",
            Self::Port => "port",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for ValueKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Object types whose values may look like addresses and are none.
fn is_word(object_type: &str) -> bool {
    !matches!(object_type, "ipv4-addr" | "ipv6-addr")
}

fn address(text: &str) -> Option<ValueKind> {
    let network = Network::parse(text)?;
    let alone = !text.contains('/');
    Some(match (network.is_ipv4(), alone) {
        (true, true) => ValueKind::Ipv4Address,
        (true, false) => ValueKind::Ipv4Network,
        (false, true) => ValueKind::Ipv6Address,
        (false, false) => ValueKind::Ipv6Network,
    })
}

/// As STIX writes it: lower case, with colons.
pub(super) fn mac(text: &str) -> Option<String> {
    let separator = [':', '-'].into_iter().find(|separator| text.contains(*separator))?;
    let pairs: Vec<_> = text.split(separator).collect();
    let hex = |pair: &&str| pair.len() == 2 && pair.bytes().all(|c| c.is_ascii_hexdigit());
    (pairs.len() == 6 && pairs.iter().all(hex)).then(|| pairs.join(":").to_ascii_lowercase())
}

/// `AS64496`
pub(super) fn as_number(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("AS").or_else(|| text.strip_prefix("as"))?;
    digits.bytes().all(|c| c.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// The algorithm that makes hashes of this length.
fn hash(text: &str) -> Option<&'static str> {
    let algorithm = match text.len() {
        32 => "MD5",
        40 => "SHA-1",
        64 => "SHA-256",
        128 => "SHA-512",
        _ => return None,
    };
    text.bytes().all(|c| c.is_ascii_hexdigit()).then_some(algorithm)
}

fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let letters = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'-' | b'.'));
    letters && !rest.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// Two labels or more, of which the last is not one of files.
fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
    };
    let Some((before, last)) = text.rsplit_once('.') else { return false };
    let name = last.starts_with("xn--") || (last.chars().count() >= 2 && last.chars().all(char::is_alphabetic));
    let file = FILES.iter().any(|end| end.eq_ignore_ascii_case(last));
    name && !file && text.len() <= 253 && before.split('.').chain([last]).all(label)
}

/// The standard's name of a hash algorithm, however it is written.
pub(super) fn spelled(algorithm: &str) -> &str {
    const NAMES: [&str; 8] = ["MD5", "SHA-1", "SHA-256", "SHA-512", "SHA3-256", "SHA3-512", "SSDEEP", "TLSH"];
    let plain = |name: &str| name.replace(['-', '_'], "").to_ascii_uppercase();
    let known = NAMES.into_iter().find(|name| plain(name) == plain(algorithm));
    known.unwrap_or(algorithm)
}
