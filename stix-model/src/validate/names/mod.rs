//! Registered names: long lists that others keep.

mod charsets;
mod countries;
mod headers;
mod ipfix;
mod media_types;
mod protocols;

use media_types::MEDIA_TYPES;

/// Is it a character set of IANA's registry, or an alias of one?
pub(super) fn is_charset(name: &str) -> bool {
    lists(charsets::CHARSETS, &name.to_ascii_lowercase())
}

/// Is it the two-letter code of a country (ISO 3166-1), in either case?
pub(super) fn is_country(code: &str) -> bool {
    lists(countries::COUNTRIES, &code.to_ascii_uppercase())
}

/// Is it a header field of HTTP requests, in any case?
pub(super) fn is_header(name: &str) -> bool {
    lists(headers::HEADERS, &name.to_ascii_lowercase())
}

/// Is it an information element of IPFIX?
pub(super) fn is_ipfix_element(name: &str) -> bool {
    lists(ipfix::IPFIX, name)
}

/// Is it the name of a protocol, in lowercase?
pub(super) fn is_protocol(name: &str) -> bool {
    lists(protocols::PROTOCOLS, name)
}

/// Is it a registered media type? Those of vendors and persons (`vnd.`, `prs.`) are taken on trust: anybody can
/// register one.
pub(super) fn is_media_type(top: &str, subtype: &str) -> bool {
    let subtypes = MEDIA_TYPES.iter().find(|(name, _)| name.eq_ignore_ascii_case(top)).map(|(_, subtypes)| *subtypes);
    let subtype = subtype.to_ascii_lowercase();
    subtypes.is_some_and(|known| subtype.starts_with("vnd.") || subtype.starts_with("prs.") || lists(known, &subtype))
}

fn lists(names: &[&str], name: &str) -> bool {
    names.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// LIB-09: names are found by halving, which needs the lists sorted.
    #[test]
    fn lists_are_sorted() {
        let media = MEDIA_TYPES.iter().map(|(_, subtypes)| *subtypes);
        let others = [charsets::CHARSETS, countries::COUNTRIES, headers::HEADERS, ipfix::IPFIX, protocols::PROTOCOLS];
        for names in media.chain(others) {
            assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
        }
    }
}
