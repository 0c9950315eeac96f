//! Rules of the types that lie inside objects, and of the predefined extensions.

use super::values::quoted;
use super::{Check, formats, names};
use crate::json::{Json, Members};

/// The prefixes of socket options.
const SOCKET_OPTIONS: [&str; 8] = ["SO_", "ICMP_", "ICMP6_", "IP_", "IPV6_", "MCAST_", "TCP_", "IRLMP_"];

/// The keys of a PDF's information dictionary (ISO 32000-1 §14.3.3).
const PDF_KEYS: [&str; 9] =
    ["Title", "Author", "Subject", "Keywords", "Creator", "Producer", "CreationDate", "ModDate", "Trapped"];

/// The rules of one part, by the name of its table.
pub(super) fn check<'c>(check: &mut Check<'c>, part: &str, members: &'c Members<'_>) {
    match part {
        "external-reference" => external_reference(check, members),
        "kill-chain-phase" => kill_chain_phase(check, members),
        "email-mime-part" if members.contains("body") && members.contains("body_raw_ref") => {
            check.warning("SCO-EM-4", "body together with body_raw_ref", "one of them");
        }
        "http-request-ext" => http_request(check, members),
        "socket-ext" => check.entries(members, "options", |check, key, _| {
            if !SOCKET_OPTIONS.iter().any(|prefix| key.starts_with(prefix)) {
                check.warning(
                    "SCO-NT-8",
                    quoted(key),
                    format!("an option that begins with {}", SOCKET_OPTIONS.join(", ")),
                );
            }
        }),
        "pdf-ext" => check.entries(members, "document_info_dict", |check, key, _| {
            if !PDF_KEYS.contains(&key) {
                check.warning("SCO-FILE-PDF-2", quoted(key), format!("one of {}", PDF_KEYS.join(", ")));
            }
        }),
        "windows-process-ext" => check.text(members, "priority", |check, priority| {
            if !priority.ends_with("_CLASS") {
                check.warning("SCO-PR-2", quoted(priority), "a priority class, such as \"NORMAL_PRIORITY_CLASS\"");
            }
        }),
        _ => {
            if let Some(entropy) = members.get("entropy")
                && entropy.as_float().is_some_and(|bits| !(0.0..=8.0).contains(&bits))
            {
                check.at("entropy", |check| check.warning("SCO-PE-2", entropy.excerpt(), "bits per byte, from 0 to 8"));
            }
        }
    }
}

/// XR-3 to XR-6.
fn external_reference<'c>(check: &mut Check<'c>, members: &'c Members<'_>) {
    if members.contains("url") && !members.contains("hashes") {
        check.warning("XR-3", "url without hashes", "hashes of what the URL led to");
    }
    let source = members.get("source_name").and_then(Json::as_str).unwrap_or_default();
    match source {
        "cve" | "capec" => check.text(members, "external_id", |check, id| match source {
            "cve" if !formats::is_cve(id) => {
                check.error("XR-4", quoted(id), "CVE-, a year, '-' and at least four digits, such as CVE-2016-1234");
            }
            "capec" if !formats::is_capec(id) => {
                check.error("XR-5", quoted(id), "CAPEC- and digits, such as CAPEC-550");
            }
            _ => {}
        }),
        _ if source.eq_ignore_ascii_case("cve") || source.eq_ignore_ascii_case("capec") => {
            check.at("source_name", |check| {
                check.warning("XR-6", quoted(source), format!("{:?}", source.to_ascii_lowercase()));
            });
        }
        _ => {}
    }
}

/// T-11.
fn kill_chain_phase<'c>(check: &mut Check<'c>, members: &'c Members<'_>) {
    for name in ["kill_chain_name", "phase_name"] {
        check.text(members, name, |check, text| {
            if !formats::is_hyphenated(text) {
                check.warning("T-11", quoted(text), "lowercase words joined by hyphens");
            }
        });
    }
}

/// SCO-NT-7, SCO-NT-9.
fn http_request<'c>(check: &mut Check<'c>, members: &'c Members<'_>) {
    for name in ["request_method", "request_version"] {
        check.text(members, name, |check, text| {
            if text.bytes().any(|c| c.is_ascii_uppercase()) {
                check.warning("SCO-NT-9", quoted(text), format!("{:?}, in lowercase", text.to_ascii_lowercase()));
            }
        });
    }
    check.entries(members, "request_header", |check, key, _| {
        if !names::is_header(key) {
            check.warning("SCO-NT-7", quoted(key), "a header field of HTTP that IANA has registered");
        }
    });
}
