//! The names in a certificate, as texts that nobody can mistake for each other.
//!
//! What they say comes from whoever asked for the certificate. An authority should look at it, and not all do.

use std::collections::HashSet;
use std::net::IpAddr;

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;

use super::distinguished;

/// More names than anybody needs, and few enough to look up at every request.
const MOST: usize = 128;
/// Octets of one name.
const LONGEST: usize = 2048;

/// The alternative names in the order of the certificate, and the subject behind them.
pub(super) fn of(certificate: &X509Certificate<'_>) -> Vec<String> {
    // An extension that is there twice, or is nothing that can be read, names nobody.
    let extension = certificate.subject_alternative_name().ok().flatten();
    let listed = extension.iter().flat_map(|extension| &extension.value.general_names).filter_map(alternative);
    let mut seen = HashSet::new();
    let mut names: Vec<String> =
        listed.filter(|name| name.len() <= LONGEST && seen.insert(name.clone())).take(MOST - 1).collect();
    let subject = distinguished::text(certificate.subject()).filter(|subject| subject.len() <= LONGEST);
    names.extend(subject.map(|subject| format!("subject:{subject}")));
    names
}

fn alternative(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => {
            let plain = name.strip_prefix("*.").unwrap_or(name);
            is_host(plain).then(|| format!("dns:{}", name.to_ascii_lowercase()))
        }
        GeneralName::RFC822Name(address) => {
            let (mailbox, domain) = address.split_once('@')?;
            let good = is_mailbox(mailbox) && is_host(domain);
            good.then(|| format!("email:{mailbox}@{}", domain.to_ascii_lowercase()))
        }
        GeneralName::URI(uri) => is_uri(uri).then(|| format!("uri:{uri}")),
        GeneralName::IPAddress(octets) => address(octets).map(|address| format!("ip:{address}")),
        // A directory name stands beside the subject and is no subject.
        _ => None,
    }
}

/// Labels of letters, digits, `-` and `_` (RFC 5280 §4.2.1.6).
fn is_host(name: &str) -> bool {
    let good = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_');
    name.len() <= 253 && name.split('.').all(|label| (1..=63).contains(&label.len()) && label.bytes().all(good))
}

/// A dot-atom (RFC 5322 §3.2.3): no quotes, which would let anything in.
fn is_mailbox(name: &str) -> bool {
    let good = |octet: u8| octet.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&octet);
    name.len() <= 64 && name.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(good))
}

/// A scheme and something, of the characters that a URI may have (RFC 3986 §2).
fn is_uri(uri: &str) -> bool {
    let Some((scheme, rest)) = uri.split_once(':') else { return false };
    let named = |octet: u8| octet.is_ascii_alphanumeric() || b"+-.".contains(&octet);
    let allowed = |octet: u8| octet.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&octet);
    let begins = scheme.bytes().next().is_some_and(|first| first.is_ascii_alphabetic());
    begins && scheme.bytes().all(named) && !rest.is_empty() && rest.bytes().all(allowed)
}

fn address(octets: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(octets).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from)).ok()
}
