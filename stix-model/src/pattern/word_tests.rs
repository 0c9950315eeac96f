//! Patterns made simpler, and in words.

use super::*;

fn read(text: &str) -> Pattern {
    let options = Options { mixed_types: true, ..Options::default() };
    Pattern::parse_with(text, &options).unwrap_or_else(|invalid| panic!("{text}\n{invalid}"))
}

/// A change: how, and what is lost.
type Change = (&'static str, &'static str);

/// Patterns, what becomes of them (nothing if empty), and the changes.
const SIMPLER: &[(&str, &str, &[Change])] = &[
    // Those of MISP.
    (
        "[network-traffic:src_ref.type = 'ipv4-addr' AND network-traffic:src_ref.value = '198.51.100.3']",
        "[ipv4-addr:value = '198.51.100.3']",
        &[("referenced", "that it is the source of network traffic")],
    ),
    (
        "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '198.51.100.0/24']",
        "[ipv4-addr:value = '198.51.100.0/24']",
        &[("referenced", "that it is the destination of network traffic")],
    ),
    (
        "[network-traffic:dst_ref.type = 'domain-name' AND network-traffic:dst_ref.value = 'a.example' AND network-traffic:dst_port = '443']",
        "[domain-name:value = 'a.example']",
        &[
            ("referenced", "that it is the destination of network traffic"),
            ("unquoted", ""),
            ("left-out", "that its destination port is 443"),
        ],
    ),
    ("[network-traffic:dst_port = '443']", "[network-traffic:dst_port = 443]", &[("unquoted", "")]),
    (
        "[domain-name:value = 'a.example' AND domain-name:resolves_to_refs[*].value = '198.51.100.3']",
        "[domain-name:value = 'a.example']",
        &[("left-out", "that its resolved name or address is 198.51.100.3")],
    ),
    (
        "[domain-name:value = 'a.example' AND network-traffic:dst_port = '8080']",
        "[domain-name:value = 'a.example']",
        &[("unquoted", ""), ("left-out", "that its destination port is 8080")],
    ),
    ("[autonomous-system:number = '1234']", "[autonomous-system:number = 1234]", &[("unquoted", "")]),
    ("[file:size = '12']", "[file:size = 12]", &[("unquoted", "")]),
    (
        "[email-message:from_ref.value = 'a@b.example']",
        "[email-addr:value = 'a@b.example']",
        &[("referenced", "that it is the author of an email message")],
    ),
    (
        "[email-message:to_refs[*].value = 'a@b.example']",
        "[email-addr:value = 'a@b.example']",
        &[("referenced", "that it is a recipient of an email message")],
    ),
    (
        "[email-message:body_multipart[*].body_raw_ref.name = 'a.exe']",
        "[file:name = 'a.exe']",
        &[("referenced", "that it is attached to an email message")],
    ),
    (
        "[file:name = 'a' AND file:hashes.MD5 = 'ab' AND file:hashes.'SHA-256' = 'cd' AND file:size = '3']",
        "[file:hashes.'SHA-256' = 'cd']",
        &[
            ("left-out", "that its name is a"),
            ("left-out", "that its MD5 hash is ab"),
            ("unquoted", ""),
            ("left-out", "that its size is 3"),
        ],
    ),
    (
        "[windows-registry-key:key = 'k' AND windows-registry-key:values.data = 'v']",
        "[windows-registry-key:key = 'k' AND windows-registry-key:values[*].data = 'v']",
        &[("any-item", "")],
    ),
    // Those of others.
    (
        "[network-traffic:dst_ref.value = '2001:db8::1']",
        "[ipv6-addr:value = '2001:db8::1']",
        &[("referenced", "that it is the destination of network traffic")],
    ),
    (
        "[network-traffic:dst_ref.value ISSUBSET '198.51.100.0/24']",
        "[ipv4-addr:value ISSUBSET '198.51.100.0/24']",
        &[("referenced", "that it is the destination of network traffic")],
    ),
    (
        "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value LIKE '198.%']",
        "[ipv4-addr:value LIKE '198.%']",
        &[("referenced", "that it is the destination of network traffic")],
    ),
    (
        "[network-traffic:dst_ref.value IN ('198.51.100.3', '198.51.100.4')]",
        "[ipv4-addr:value IN ('198.51.100.3', '198.51.100.4')]",
        &[("referenced", "that it is the destination of network traffic")],
    ),
    (
        "[network-traffic:src_ref.value = '198.51.100.3' OR network-traffic:dst_ref.value = '198.51.100.3'] WITHIN 5 SECONDS AND [url:value = 'a']",
        "[ipv4-addr:value = '198.51.100.3' OR ipv4-addr:value = '198.51.100.3'] WITHIN 5 SECONDS AND [url:value = 'a']",
        &[
            ("referenced", "that it is the source of network traffic"),
            ("referenced", "that it is the destination of network traffic"),
        ],
    ),
    (
        "[process:image_ref.hashes.MD5 = 'ab']",
        "[file:hashes.MD5 = 'ab']",
        &[("referenced", "that it is the image of a process")],
    ),
    (
        "[network-traffic:start = '2026-01-01T00:00:00Z']",
        "[network-traffic:start = t'2026-01-01T00:00:00Z']",
        &[("unquoted", "")],
    ),
    ("[file:size IN ('1', '2')]", "[file:size IN (1, 2)]", &[("unquoted", "")]),
    ("[network-traffic:is_active = 'True']", "[network-traffic:is_active = true]", &[("unquoted", "")]),
    (
        "[email-message:to_refs.value = 'a']",
        "[email-addr:value = 'a']",
        &[("any-item", ""), ("referenced", "that it is a recipient of an email message")],
    ),
    (
        "[file:name = 'a' AND url:value = 'b']",
        "[file:name = 'a'] AND [url:value = 'b']",
        &[("split", "that one observation shows it all")],
    ),
    (
        "[(file:name = 'a' AND url:value = 'b') OR mutex:name = 'c']",
        "[file:name = 'a'] AND [url:value = 'b'] OR [mutex:name = 'c']",
        &[("split", "that one observation shows it all")],
    ),
    // What cannot be said more simply, or only wrongly.
    ("[ipv4-addr:value = '198.51.100.3']", "", &[]),
    ("[network-traffic:dst_ref.value != '198.51.100.3']", "", &[]),
    ("[network-traffic:dst_ref.value NOT IN ('198.51.100.3')]", "", &[]),
    ("[network-traffic:dst_ref.value IN ('198.51.100.3', 'a.example')]", "", &[]),
    ("[network-traffic:dst_ref.value LIKE 'a%']", "", &[]),
    ("[network-traffic:src_ref.value = '198.51.100.3' AND network-traffic:dst_ref.value = '198.51.100.4']", "", &[]),
    ("[network-traffic:src_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '198.51.100.4']", "", &[]),
    ("[network-traffic:dst_ref.value = '198.51.100.4' AND network-traffic:dst_port != 443]", "", &[]),
    (
        "[network-traffic:dst_ref.value = '198.51.100.4' AND (network-traffic:dst_port = 443 OR network-traffic:dst_port = 80)]",
        "",
        &[],
    ),
    ("[network-traffic:dst_port = 443 AND network-traffic:protocols[*] = 'tcp']", "", &[]),
    ("[network-traffic:dst_ref.type = 'ipv4-addr']", "", &[]),
    ("[email-message:from_ref.value = 'a@b.example' AND email-message:subject = 's']", "", &[]),
    ("[file:content_ref.hashes.MD5 = 'ab']", "", &[]),
    ("[file:name = 'a' AND file:size = 3]", "", &[]),
    ("[file:hashes.MD5 = 'ab' AND file:name != 'a']", "", &[]),
    ("[file:size = 'large']", "", &[]),
    ("[x-acme:count = '5']", "", &[]),
    ("[user-account:account_type = 'github' AND user-account:account_login = 'v']", "", &[]),
];

/// PG-16, PG-17, PC-01, PP-09: what others write in a roundabout way becomes plain, with a report of what is lost; what
/// would mean something else stays.
#[test]
fn patterns_are_made_simpler() {
    for (text, expected, changes) in SIMPLER {
        let pattern = read(text);
        let simple = pattern.simplify();
        let expected = if expected.is_empty() { text } else { expected };
        assert_eq!(simple.pattern.text(), *expected, "{text}");
        let found: Vec<_> =
            simple.changes.iter().map(|c| (c.rewrite.as_str(), c.lost.as_deref().unwrap_or_default())).collect();
        assert_eq!(found, *changes, "{text}");
        assert_eq!(pattern.text(), *text);
        assert!(simple.changes.iter().all(|change| text[change.span.range()].contains(':')), "{text}");
        // A second time there is nothing to do.
        assert_eq!(simple.pattern.simplify().changes, [], "{text}");
        assert_eq!(read(simple.pattern.text()), simple.pattern);
    }
    let change = &read("[network-traffic:dst_port = '443']").simplify().changes[0];
    assert_eq!(change.to_string(), "network-traffic:dst_port = '443': now network-traffic:dst_port = 443");
}

/// Patterns in words.
const WORDS: &[(&str, &str)] = &[
    (
        "[file:hashes.'SHA-256' = 'ab12' AND file:size > 1000] REPEATS 2 TIMES",
        "a file whose SHA-256 hash is ab12 and whose size is greater than 1000, seen at least 2 times",
    ),
    ("[ipv4-addr:value = '198.51.100.3']", "the IPv4 address 198.51.100.3"),
    ("[ipv4-addr:value ISSUBSET '198.51.100.0/24']", "an IPv4 address in the network 198.51.100.0/24"),
    (
        "[ipv4-addr:value NOT ISSUBSET '198.51.100.0/24']",
        "an IPv4 address that does not lie in the network 198.51.100.0/24",
    ),
    ("[ipv6-addr:value ISSUPERSET '2001:db8::/32']", "an IPv6 address that contains the network 2001:db8::/32"),
    (
        "[domain-name:value IN ('a.example', 'b.example', 'c.example')]",
        "one of the domain names a.example, b.example or c.example",
    ),
    ("[domain-name:value IN ('a.example')]", "a domain name that is a.example"),
    ("[domain-name:value NOT IN ('a', 'b')]", "a domain name that is neither a nor b"),
    ("[domain-name:value IN ()]", "a domain name that is one of nothing"),
    ("[url:value = 'a' OR url:value = 'b']", "the URL a or the URL b"),
    ("[domain-name:value LIKE '%.example']", "a domain name that ends with .example"),
    ("[url:value LIKE 'https://a%' OR url:value LIKE '%b%']", "a URL that begins with https://a or that contains b"),
    ("[file:name LIKE 'a_c%d']", "a file whose name has the form \"a_c%d\" (% is any text, _ any character)"),
    ("[file:name NOT LIKE '%.exe']", "a file whose name does not end with .exe"),
    ("[file:name MATCHES '^a']", "a file whose name matches the regular expression \"^a\""),
    ("[file:name = 'my file' AND file:name != '']", "a file whose name is \"my file\" and whose name is not \"\""),
    ("[file:size NOT < 5]", "a file whose size is not less than 5"),
    ("[file:size NOT != 5]", "a file whose size is 5"),
    ("[file:size >= 5 AND file:size <= 7]", "a file whose size is at least 5 and whose size is at most 7"),
    ("[file:ctime > t'2026-01-01T00:00:00Z']", "a file whose time of creation is after 2026-01-01T00:00:00Z"),
    ("[EXISTS file:name AND NOT EXISTS file:size]", "a file that has a value for name and that has no size"),
    ("[artifact:payload_bin = b'/wA=']", "an artifact whose content is the bytes /wA= (Base64)"),
    ("[file:x_a = h'ff' OR file:is_b = true]", "a file whose x a is the bytes ff (hex) or that is b"),
    ("[autonomous-system:number = 64496]", "the autonomous system 64496"),
    ("[mutex:name = 'm']", "the mutex m"),
    (
        "[user-account:can_escalate_privs = true AND user-account:is_disabled NOT = true AND user-account:is_privileged = false]",
        "a user account that can escalate privs and that is not disabled and that is not privileged",
    ),
    (
        "[EXISTS process:cwd OR process:is_hidden != true]",
        "a process that has a value for working directory or whose is hidden is not true",
    ),
    ("[x-acme-sensor:serial = 7]", "an object of type x-acme-sensor whose serial is 7"),
    (
        "[network-traffic:dst_ref.value = '198.51.100.3' AND network-traffic:dst_port = 443 AND network-traffic:protocols[*] = 'tcp']",
        "network traffic whose destination is 198.51.100.3 and whose destination port is 443 and whose protocols include tcp",
    ),
    ("[network-traffic:protocols[*] NOT = 'tcp']", "network traffic whose protocols include one that is not tcp"),
    ("[network-traffic:protocols[0] = 'ipv4']", "network traffic whose item 0 of the protocols is ipv4"),
    (
        "[file:extensions.'windows-pebinary-ext'.sections[*].entropy > 7.5]",
        "a file whose entropy of one of the sections of the windows-pebinary-ext extension is greater than 7.5",
    ),
    ("[file:parent_directory_ref.path = 'C:\\\\']", "a file whose path of the parent directory is C:\\"),
    (
        "[email-message:from_ref.value = 'a@b.example' AND email-message:subject LIKE '%bill%']",
        "an email message whose author is a@b.example and whose subject contains bill",
    ),
    (
        "[domain-name:value = 'a.example' AND domain-name:resolves_to_refs[*].value = '198.51.100.3']",
        "the domain name a.example whose resolved name or address is 198.51.100.3",
    ),
    (
        "[url:value = 'a'] WITHIN 1800 SECONDS REPEATS 1 TIMES START t'2026-01-01T00:00:00Z' STOP t'2027-01-01T00:00:00Z'",
        "the URL a, within 30 minutes, seen at least once, from 2026-01-01T00:00:00Z until before 2027-01-01T00:00:00Z",
    ),
    ("[url:value = 'a'] REPEATS 3 TIMES WITHIN 0.5 SECONDS", "the URL a, seen at least 3 times, within 0.5 seconds"),
    (
        "[file:name = 'a' OR url:value = 'b']",
        "\
at least one of these:
  - a file whose name is a
  - the URL b",
    ),
    (
        "[file:name = 'a' AND (file:size = 1 OR file:size > 7 AND NOT EXISTS file:hashes)]",
        "\
a file for which all of this holds:
  - its name is a
  - at least one of these:
    - its size is 1
    - all of this:
      - its size is greater than 7
      - it has no hashes",
    ),
    (
        "([url:value = 'a'] AND [file:name = 'b' AND (file:size = 1 OR file:size = 2)]) WITHIN 86400 SECONDS FOLLOWEDBY ([url:value = 'c'] OR [url:value = 'd']) REPEATS 5 TIMES",
        "\
these, one after the other:
  1. all of these, each in an observation of its own, within 1 day:
    - the URL a
    - a file for which all of this holds:
      - its name is b
      - at least one of these:
        - its size is 1
        - its size is 2
  2. at least one of these, seen at least 5 times:
    - the URL c
    - the URL d",
    ),
    (
        "[url:value = 'a' OR url:value = 'b' OR url:value = 'c' OR url:value = 'd'] REPEATS 2 TIMES",
        "\
a URL for which at least one of these holds, seen at least 2 times:
  - it is a
  - it is b
  - it is c
  - it is d",
    ),
    (
        "[file:name = 'a' AND (url:value = 'b' OR file:size = 1)]",
        "\
something that is all of these:
  - a file whose name is a
  - at least one of these:
    - the URL b
    - a file whose size is 1",
    ),
];

/// PG-01, PG-02, PG-03, PC-08, PC-11, PC-12: what a pattern says, as people say it.
#[test]
fn patterns_in_words() {
    for (text, words) in WORDS {
        assert_eq!(read(text).explain(), *words, "{text}");
    }
}

/// PG-24: in STIX 2.0 a repetition counts exactly.
#[test]
fn repetitions_of_stix_20() {
    let options = Options { version: Version::V2_0, ..Options::default() };
    let pattern = Pattern::parse_with("[url:value = 'a'] REPEATS 2 TIMES", &options).unwrap();
    assert_eq!(pattern.explain(), "the URL a, seen exactly 2 times");
}
