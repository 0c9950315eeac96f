//! Rules of cyber-observable objects (STIX 2.1 §6).

use super::formats::{self, IpForm, UrlForm};
use super::values::quoted;
use super::{Check, names, payload};
use crate::Severity;
use crate::json::{Json, Members};
use crate::timestamp::Instant;

/// The rules of one type.
pub(super) fn check<'c>(check: &mut Check<'c>, object_type: &str, members: &'c Members<'_>) {
    encodings(check, members);
    if object_type == "artifact" {
        payload::check(check, members);
    }
    match object_type {
        "artifact" | "file" => check.text(members, "mime_type", |check, text| {
            media_type(check, text, object_type == "artifact");
        }),
        "autonomous-system" => {
            if let Some(number) = members.get("number")
                && number.as_integer().is_some_and(|number| number > i64::from(u32::MAX))
            {
                check.at("number", |check| check.warning("SCO-AS-1", number.excerpt(), "at most 4294967295"));
            }
        }
        "email-message" => email_message(check, members),
        "network-traffic" => traffic(check, members),
        "software" => software(check, members),
        "user-account" => account(check, members),
        "windows-registry-key" => check.text(members, "key", |check, key| {
            if let Err(expected) = formats::hive(key) {
                check.error("SCO-RK-2", quoted(key), expected);
            }
        }),
        "x509-certificate" => certificate(check, members),
        _ => check.text(members, "value", |check, value| value_of(check, object_type, value)),
    }
}

/// The types that are one value.
fn value_of(check: &mut Check<'_>, object_type: &str, value: &str) {
    let found = || quoted(value);
    match object_type {
        "domain-name" if !formats::is_domain_name(value) => {
            check.warning(
                "SCO-DN-1",
                found(),
                "labels of letters, digits and hyphens joined by dots, without scheme or port",
            );
        }
        "email-addr" if !formats::is_email_address(value) => {
            check.error(
                "SCO-EA-1",
                found(),
                "an address as in john@example.com, without name and angle brackets (RFC 5322)",
            );
        }
        "ipv4-addr" => {
            ip(check, formats::ipv4_form(value), value, "an IPv4 address or network such as 198.51.100.0/24");
        }
        "ipv6-addr" => ip(check, formats::ipv6_form(value), value, "an IPv6 address or network such as 2001:db8::/96"),
        "mac-addr" if !formats::is_mac(value) => {
            check.error("SCO-MAC-1", found(), "six lowercase pairs joined by colons, such as d2:fb:49:24:37:18");
        }
        "url" if formats::url_form(value) != UrlForm::Url => check.warning("SCO-URL-1", found(), "a URL (RFC 3986)"),
        _ => {}
    }
}

fn ip(check: &mut Check<'_>, form: IpForm, value: &str, expected: &'static str) {
    match form {
        IpForm::Usual => {}
        IpForm::Zeros => check.warning("SCO-IP-1", quoted(value), "numbers without leading zeros"),
        IpForm::Unusual(usual) => check.warning("SCO-IP-2", quoted(value), usual),
        IpForm::Malformed => check.error("SCO-IP-1", quoted(value), expected),
    }
}

/// N-03.
fn encodings<'c>(check: &mut Check<'c>, members: &'c Members<'_>) {
    for (name, base) in members.iter().filter_map(|(name, _)| Some((name, name.strip_suffix("_enc")?))) {
        check.text(members, name, |check, charset| {
            if !members.contains(base) {
                check.error("N-03", format!("{name} without {base}"), format!("{base}, whose character set it names"));
            } else if !names::is_charset(charset) {
                check.error(
                    "N-03",
                    quoted(charset),
                    "a character set that IANA has registered, such as \"ISO-8859-1\"",
                );
            }
        });
    }
}

/// SCO-MIME-1: the form is demanded of artifacts only.
fn media_type(check: &mut Check<'_>, text: &str, form_demanded: bool) {
    match formats::media_type(text) {
        Some((top, subtype)) if names::is_media_type(top, subtype) => {}
        Some(_) => check.warning("SCO-MIME-1", quoted(text), "a media type that IANA has registered"),
        None if form_demanded => {
            let expected = "a type and a subtype joined by '/'";
            check.find_code("SCO-MIME-1", None, Severity::Error, quoted(text), expected);
        }
        None => check.warning("SCO-MIME-1", quoted(text), "a type and a subtype joined by '/'"),
    }
}

/// SCO-EM-3.
fn email_message<'c>(check: &mut Check<'c>, members: &'c Members<'_>) {
    let look = |check: &mut Check<'c>, text: &str| {
        if formats::has_encoded_word(text) {
            check.warning("SCO-EM-3", quoted(text), "the text that the encoded words stand for (RFC 2047)");
        }
    };
    check.text(members, "subject", look);
    check.entries(members, "additional_header_fields", |check, _, value| {
        for (i, text) in value.as_list().into_iter().flatten().enumerate().filter_map(|(i, v)| Some((i, v.as_str()?))) {
            check.at_index(i, |check| look(check, text));
        }
    });
}

/// SCO-NT-4 to SCO-NT-6, SCO-NT-10.
fn traffic<'c>(check: &mut Check<'c>, members: &'c Members<'_>) {
    for name in ["src_port", "dst_port"].into_iter().filter(|name| !members.contains(name)) {
        check.warning("SCO-NT-4", format!("{name} is missing"), format!("a {name}"));
    }
    check.texts(members, "protocols", |check, protocol| {
        if protocol.bytes().any(|c| c.is_ascii_uppercase()) {
            check.warning("SCO-NT-5", quoted(protocol), format!("{:?}, in lowercase", protocol.to_ascii_lowercase()));
        } else if !names::is_protocol(protocol) {
            check.warning("SCO-NT-5", quoted(protocol), "the name of a protocol that IANA has registered");
        }
    });
    check.entries(members, "ipfix", |check, key, _| {
        if !names::is_ipfix_element(key) {
            check.warning("SCO-NT-6", quoted(key), "an information element of IPFIX that IANA has registered");
        }
    });
    let spoken = |wanted: &[&str]| {
        let protocols = members.get("protocols").and_then(Json::as_list).into_iter().flatten();
        protocols.filter_map(Json::as_str).any(|name| wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(name)))
    };
    check.entries(members, "extensions", |check, key, _| {
        let wanted: &[&str] = match key {
            "http-request-ext" => &["http", "https", "http-alt", "https-alt"],
            "tcp-ext" => &["tcp"],
            "icmp-ext" => &["icmp", "icmp6", "ipv6-icmp"],
            _ => return,
        };
        if !spoken(wanted) {
            let expected = format!("{} among the protocols", wanted.first().copied().unwrap_or_default());
            check.warning("SCO-NT-10", quoted(key), expected);
        }
    });
}

/// SCO-SW-1, SCO-SW-2.
fn software<'c>(check: &mut Check<'c>, members: &'c Members<'_>) {
    check.text(members, "cpe", |check, cpe| {
        if !formats::is_cpe(cpe) {
            let expected = "\"cpe:2.3:\" and eleven parts joined by ':', such as cpe:2.3:a:acme:word:1.0:*:*:*:*:*:*:*";
            check.error("SCO-SW-1", quoted(cpe), expected);
        }
    });
    check.texts(members, "languages", |check, language| {
        if !crate::language::is_tag(language) {
            check.error("SCO-SW-2", quoted(language), "a language tag such as en or pt-BR (RFC 5646)");
        }
    });
}

/// SCO-UA-1 where there is nothing but an extension, SCO-UA-3.
fn account<'c>(check: &mut Check<'c>, members: &'c Members<'_>) {
    if members.contains("credential") {
        check.at("credential", |check| check.note("SCO-UA-3", "a credential in clear text", "nobody's personal data"));
    }
    let shape = crate::object::object_type("user-account");
    let own = shape.is_some_and(|shape| shape.properties.iter().any(|property| members.contains(property.name)));
    if !own && members.contains("extensions") {
        check.warning("SCO-UA-1", "an extension and nothing else", "a property such as user_id or account_login");
    }
}

/// SCO-X5-2.
fn certificate<'c>(check: &mut Check<'c>, members: &'c Members<'_>) {
    let date = |name| members.get(name).and_then(Json::as_str).and_then(Instant::of);
    if let (Some(from), Some(until)) = (date("validity_not_before"), date("validity_not_after"))
        && until < from
    {
        check.text(members, "validity_not_after", |check, text| {
            check.warning("SCO-X5-2", quoted(text), "an instant not earlier than validity_not_before");
        });
    }
}
