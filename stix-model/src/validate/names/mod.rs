//! Registered names: long lists that others keep.

mod charsets;
mod countries;
mod headers;
mod ipfix;
mod media_types;
mod protocols;

use std::sync::LazyLock;

use media_types::MEDIA_TYPES;

/// Services that have a port, in lowercase: IANA's registry "Service Name and Transport Protocol Port Number" as of
/// 2026-09-17.
static SERVICES: LazyLock<Vec<&str>> = LazyLock::new(|| include_str!("services.txt").lines().collect());

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

/// Is it the name of a protocol or a service, in lowercase?
pub(super) fn is_protocol(name: &str) -> bool {
    lists(protocols::PROTOCOLS, name) || lists(&SERVICES, name)
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
        let others = others.into_iter().chain([SERVICES.as_slice()]);
        for names in media.chain(others) {
            assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
        }
    }

    /// N-03, SCO-MIME-1, SCO-NT-5 to SCO-NT-7, SDO-LOC-4: names of each part of the registries, in the case that they allow.
    #[test]
    fn registered_names_are_known() {
        // How many names IANA's registry had on the day of the list.
        assert_eq!(charsets::CHARSETS.len(), 887 + 1);
        for charset in ["UTF-8", "cn", "iso-ir-100", "csISO115481", "windows-1252", "CP51932", "ebcdic-us-37+euro"] {
            assert!(is_charset(charset), "{charset}");
        }
        for header in ["User-Agent", "Priority", "Accept-Query", "CMCD-Request", "X-Forwarded-For", "DNT"] {
            assert!(is_header(header), "{header}");
        }
        for element in ["octetDeltaCount", "udpSafeOptions", "ipv6ExtensionHeadersFull", "bgpSourceAsPathList"] {
            assert!(is_ipfix_element(element), "{element}");
        }
        for protocol in ["tcp", "ipv6-icmp", "bgp", "kafka", "postgresql", "rdp", "ssh", "3com-tsmux", "sctp"] {
            assert!(is_protocol(protocol), "{protocol}");
        }
        for (top, subtype) in [
            ("application", "vnd.ms-excel"),
            ("Application", "STIX+json"),
            ("application", "x-www-form-urlencoded"),
            ("haptics", "ivs"),
            ("video", "matroska"),
            ("text", "plain"),
        ] {
            assert!(is_media_type(top, subtype), "{top}/{subtype}");
        }
        assert!(is_country("de") && is_country("SS") && !is_country("XK"));
        for unknown in ["utf8x", "octetdeltacount", "no-such-name", ""] {
            assert!(!is_charset(unknown) && !is_header(unknown) && !is_ipfix_element(unknown), "{unknown}");
            assert!(!is_protocol(unknown) && !is_media_type("text", unknown) && !is_country(unknown), "{unknown}");
        }
    }
}
