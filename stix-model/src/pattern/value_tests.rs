//! Values out of patterns, and patterns out of values and observables.

use super::*;
use crate::json::{Json, Members};

/// A value: its kind, the text, how exact.
type Found = (&'static str, &'static str, &'static str);

/// Patterns, with each value.
const VALUES: &[(&str, &[Found])] = &[
    ("[ipv4-addr:value = '198.51.100.3']", &[("ipv4-addr", "198.51.100.3", "exact")]),
    ("[ipv4-addr:value IN ('198.51.100.3')] REPEATS 1 TIMES", &[("ipv4-addr", "198.51.100.3", "exact")]),
    ("[ipv4-addr:value = '198.51.100.0/24']", &[("ipv4-net", "198.51.100.0/24", "exact")]),
    ("[ipv4-addr:value ISSUBSET '198.51.100.0/24']", &[("ipv4-net", "198.51.100.0/24", "exact")]),
    ("[ipv4-addr:value ISSUPERSET '198.51.100.0/24']", &[("ipv4-net", "198.51.100.0/24", "related")]),
    ("[ipv4-addr:value LIKE '198.51.%']", &[("ipv4-addr", "198.51.%", "related")]),
    ("[ipv6-addr:value = '2001:db8::1']", &[("ipv6-addr", "2001:db8::1", "exact")]),
    (
        "[domain-name:value IN ('a.example', 'b.example')]",
        &[("domain-name", "a.example", "alternative"), ("domain-name", "b.example", "alternative")],
    ),
    ("[domain-name:value = '198.51.100.3']", &[("domain-name", "198.51.100.3", "exact")]),
    ("[domain-name:value NOT IN ('a.example')]", &[("domain-name", "a.example", "related")]),
    (
        "[url:value = 'a'] OR [email-addr:value = 'b']",
        &[("url", "a", "alternative"), ("email-addr", "b", "alternative")],
    ),
    ("[url:value = 'a'] AND [email-addr:value = 'b']", &[("url", "a", "part"), ("email-addr", "b", "part")]),
    ("[url:value = 'a'] FOLLOWEDBY [url:value != 'b']", &[("url", "a", "part"), ("url", "b", "related")]),
    ("[url:value = 'a'] START t'2026-01-01T00:00:00Z' STOP t'2027-01-01T00:00:00Z'", &[("url", "a", "part")]),
    (
        "[url:value = 'a' OR (url:value = 'b' AND url:value NOT = 'c')]",
        &[("url", "a", "alternative"), ("url", "b", "part"), ("url", "c", "related")],
    ),
    ("[url:value NOT LIKE 'a' OR url:value MATCHES 'b']", &[("url", "a", "related"), ("url", "b", "related")]),
    ("[file:hashes.'SHA-256' = 'ab' AND file:name = 'n']", &[("SHA-256", "ab", "part"), ("file-name", "n", "part")]),
    ("[file:hashes.sha256 = 'ab']", &[("SHA-256", "ab", "exact")]),
    ("[x509-certificate:hashes.'SHA-1' = 'ab']", &[("SHA-1", "ab", "exact")]),
    ("[file:content_ref.hashes.MD5 = 'ab']", &[("MD5", "ab", "exact")]),
    ("[file:size > 5]", &[("other", "5", "related")]),
    ("[EXISTS file:size]", &[]),
    ("[autonomous-system:number = 64496]", &[("autonomous-system", "64496", "exact")]),
    (
        "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '198.51.100.3' AND network-traffic:dst_port = 443]",
        &[("other", "ipv4-addr", "part"), ("ipv4-addr", "198.51.100.3", "part"), ("port", "443", "part")],
    ),
    (
        "[network-traffic:src_ref.value = '2001:db8::/32' OR network-traffic:src_ref.value = 'a.example']",
        &[("ipv6-net", "2001:db8::/32", "alternative"), ("domain-name", "a.example", "alternative")],
    ),
    ("[domain-name:resolves_to_refs[*].value = '198.51.100.3']", &[("ipv4-addr", "198.51.100.3", "exact")]),
    ("[email-message:from_ref.value = 'a@b.example']", &[("email-addr", "a@b.example", "exact")]),
    ("[email-message:body_multipart[*].body_raw_ref.name = 'a']", &[("file-name", "a", "exact")]),
    (
        "[process:image_ref.name = 'a' AND windows-registry-key:key = 'b']",
        &[("file-name", "a", "part"), ("registry-key", "b", "part")],
    ),
    (
        "[x-acme:value = '198.51.100.3' OR mutex:name = 'm']",
        &[("other", "198.51.100.3", "alternative"), ("mutex", "m", "alternative")],
    ),
    (
        "[artifact:payload_bin = b'/wA=' OR file:x_a = h'ff00' OR file:x_b = true]",
        &[("other", "/wA=", "alternative"), ("other", "ff00", "alternative"), ("other", "true", "alternative")],
    ),
];

/// PG-23: every value with its kind; negated, similar and combined ones are not taken for the value itself.
#[test]
fn values_of_patterns() {
    let options = Options { mixed_types: true, ..Options::default() };
    for (text, expected) in VALUES {
        let pattern = Pattern::parse_with(text, &options).unwrap();
        let values = pattern.values();
        let found: Vec<_> = values.iter().map(|v| (v.kind.to_string(), v.text(), v.exactness.as_str())).collect();
        let expected: Vec<_> =
            expected.iter().map(|(kind, text, how)| ((*kind).to_owned(), (*text).into(), *how)).collect();
        assert_eq!(found, expected, "{text}");
        assert!(
            values
                .iter()
                .all(|v| v.exactness.is_sufficient() == ["exact", "alternative"].contains(&v.exactness.as_str()))
        );
    }
}

/// What people paste, and the pattern for it; empty if there is none.
const PASTED: &[(&str, &str)] = &[
    (" 198.51.100.3\n", "[ipv4-addr:value = '198.51.100.3']"),
    ("198.51.100.0/24", "[ipv4-addr:value ISSUBSET '198.51.100.0/24']"),
    ("198.51.100.0/33", ""),
    ("198.51.100.300", ""),
    ("2001:db8::1", "[ipv6-addr:value = '2001:db8::1']"),
    ("2001:db8::/32", "[ipv6-addr:value ISSUBSET '2001:db8::/32']"),
    ("Mail.Example.com", "[domain-name:value = 'mail.example.com']"),
    ("xn--e1afmkfd.xn--p1ai", "[domain-name:value = 'xn--e1afmkfd.xn--p1ai']"),
    ("пример.рф", "[domain-name:value = 'пример.рф']"),
    ("_dmarc.example.com", "[domain-name:value = '_dmarc.example.com']"),
    ("a..example.com", ""),
    ("-a.example.com", ""),
    ("example", ""),
    ("example.com.", ""),
    ("invoice.PDF", ""),
    ("1.2", ""),
    ("https://example.com/It's?q=1", r"[url:value = 'https://example.com/It\'s?q=1']"),
    ("https://", ""),
    ("https://example.com/a b", ""),
    ("JDoe@example.com", "[email-addr:value = 'JDoe@example.com']"),
    ("@example.com", ""),
    ("a b@example.com", ""),
    ("D41D8CD98F00B204E9800998ECF8427E", "[file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e']"),
    ("da39a3ee5e6b4b0d3255bfef95601890afd80709", "[file:hashes.'SHA-1' = 'da39a3ee5e6b4b0d3255bfef95601890afd80709']"),
    (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "[file:hashes.'SHA-256' = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855']",
    ),
    ("d41d8cd98f00b204e9800998ecf8427x", ""),
    ("D2-FB-49-24-37-18", "[mac-addr:value = 'd2:fb:49:24:37:18']"),
    ("d2:fb:49:24:37", ""),
    ("AS64496", "[autonomous-system:number = 64496]"),
    ("as4294967296", ""),
    ("AS", ""),
    ("64496", ""),
    ("", ""),
];

/// PG-07, PG-18: each kind of value makes the pattern that finds it, and the value is found in it again; what is
/// nothing of the kind makes none.
#[test]
fn patterns_for_values() {
    for (text, expected) in PASTED {
        let pattern = Pattern::for_value(text);
        assert_eq!(pattern.as_ref().map_or("", Pattern::text), *expected, "{text}");
        if let Some(pattern) = pattern {
            assert_eq!(Pattern::parse(pattern.text()).as_ref(), Ok(&pattern));
            let values = pattern.values();
            assert_eq!(values[0].exactness, Exactness::Exact);
            assert_eq!(Some(&values[0].kind), ValueKind::guess(text.trim()).as_ref());
        }
    }
    let sha512 = "0f".repeat(64);
    let pattern = Pattern::for_value(&sha512).unwrap();
    assert_eq!(pattern.text(), format!("[file:hashes.'SHA-512' = '{sha512}']"));
}

/// Observables, and the pattern that finds them again.
const OBJECTS: &[(&str, &str)] = &[
    (r#"{"type":"ipv4-addr","value":"198.51.100.3"}"#, "[ipv4-addr:value = '198.51.100.3']"),
    (r#"{"type":"url","value":"hxxp://a","defanged":true}"#, ""),
    (r#"{"type":"autonomous-system","number":64496,"name":"x"}"#, "[autonomous-system:number = 64496]"),
    (r#"{"type":"file","name":"a","hashes":{"MD5":"ab","SHA-1":"cd"}}"#, "[file:hashes.'SHA-1' = 'cd']"),
    (r#"{"type":"file","name":"a","hashes":{"TLSH":"ab"}}"#, "[file:hashes.TLSH = 'ab']"),
    (
        r#"{"type":"file","name":"a","size":1,"parent_directory_ref":"directory--1"}"#,
        r"[file:name = 'a' AND file:parent_directory_ref.path = 'C:\\']",
    ),
    (r#"{"type":"file","size":1}"#, ""),
    (r#"{"type":"artifact","payload_bin":"/wA="}"#, "[artifact:payload_bin = b'/wA=']"),
    (r#"{"type":"artifact","payload_bin":"?"}"#, ""),
    (r#"{"type":"x509-certificate","serial_number":"1","issuer":"x"}"#, "[x509-certificate:serial_number = '1']"),
    (
        r#"{"type":"email-message","from_ref":"email-addr--1","subject":"s"}"#,
        "[email-message:from_ref.value = 'a@b.example' AND email-message:subject = 's']",
    ),
    (r#"{"type":"email-message","from_ref":"email-addr--2","subject":"s"}"#, "[email-message:subject = 's']"),
    (
        r#"{"type":"network-traffic","start":"2026-01-01T00:00:00Z","src_ref":"ipv4-addr--1","dst_port":443,"protocols":["tcp"]}"#,
        "[network-traffic:src_ref.value = '198.51.100.3' AND network-traffic:dst_port = 443 AND network-traffic:protocols[*] = 'tcp']",
    ),
    (r#"{"type":"network-traffic","src_ref":"ipv4-addr--2","dst_port":443,"protocols":["tcp"]}"#, ""),
    (r#"{"type":"network-traffic","protocols":["tcp"]}"#, ""),
    (r#"{"type":"user-account","account_type":"unix"}"#, ""),
    (
        r#"{"type":"user-account","account_type":"unix","account_login":"root"}"#,
        "[user-account:account_type = 'unix' AND user-account:account_login = 'root']",
    ),
    (
        r#"{"type":"windows-registry-key","key":"HKLM\\a","values":[{"name":"n","data":"d"}]}"#,
        r"[windows-registry-key:key = 'HKLM\\a' AND windows-registry-key:values[*].name = 'n' AND windows-registry-key:values[*].data = 'd']",
    ),
    (r#"{"type":"process","pid":1}"#, ""),
    (r#"{"type":"process","pid":1,"image_ref":"file--1"}"#, "[process:image_ref.hashes.MD5 = 'ab']"),
    (r#"{"type":"indicator","name":"x"}"#, ""),
    (r#"{"type":"x-acme","value":"x"}"#, ""),
    (r#"{"value":"x"}"#, ""),
];

/// DET-02, DET-03, PP-03: what an observable is named after, or a hash, finds it again; nothing is looked for by what
/// does not identify it.
#[test]
fn patterns_for_observables() {
    let others: Vec<Members<'static>> = [
        r#"{"type":"ipv4-addr","id":"ipv4-addr--1","value":"198.51.100.3"}"#,
        r#"{"type":"email-addr","id":"email-addr--1","value":"a@b.example"}"#,
        r#"{"type":"directory","id":"directory--1","path":"C:\\"}"#,
        r#"{"type":"file","id":"file--1","hashes":{"MD5":"ab"}}"#,
    ]
    .map(|text| Json::parse(text).unwrap().as_object().unwrap().clone().into_owned())
    .into();
    for (text, expected) in OBJECTS {
        let json = Json::parse(text).unwrap();
        let pattern = Pattern::for_object_among(json.as_object().unwrap(), |id| {
            others.iter().find(|object| object.get("id").and_then(Json::as_str) == Some(id))
        });
        assert_eq!(pattern.as_ref().map_or("", Pattern::text), *expected, "{text}");
        assert!(pattern.is_none_or(|pattern| Pattern::parse(pattern.text()) == Ok(pattern)));
    }
}
