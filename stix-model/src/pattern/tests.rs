//! Reading and printing, against the rules of the grammar.

use super::*;

/// What must be read, each with its canonical text.
const VALID: &[(&str, &str)] = &[
    ("[file:size = 1280]", ""),
    ("[file:name IN ('a','b')]", "[file:name IN ('a', 'b')]"),
    ("[ipv4-addr:value NOT ISSUBSET '192.168.0.1/24']", ""),
    ("[x_whatever:detected == t'2018-03-22T12:11:14.1Z']", "[x_whatever:detected = t'2018-03-22T12:11:14.1Z']"),
    ("[artifact:payload_bin = b'dGhpcyBpcyBhIHRlc3Q=']", ""),
    ("[a:b = b'dGhp\ncyBp\r\ncyBhIHRlc3Q=']", "[a:b = b'dGhpcyBpcyBhIHRlc3Q=']"),
    ("[foo:bar=1] REPEATS 9 TIMES", "[foo:bar = 1] REPEATS 9 TIMES"),
    (
        "( [(network-traffic:dst_port IN(443,6443,8443) AND network-traffic:src_packets != 0) ])",
        "[network-traffic:dst_port IN (443, 6443, 8443) AND network-traffic:src_packets != 0]",
    ),
    ("([a:b=1] REPEATS 2 TIMES) REPEATS 2 TIMES", "([a:b = 1] REPEATS 2 TIMES) REPEATS 2 TIMES"),
    ("([a:b = 1] WITHIN 5 SECONDS) WITHIN 6 SECONDS", ""),
    ("([a:b = 1] REPEATS 2 TIMES) WITHIN 6.50 SECONDS", "[a:b = 1] REPEATS 2 TIMES WITHIN 6.5 SECONDS"),
    ("([a:b = 1] WITHIN 5 SECONDS REPEATS 2 TIMES) WITHIN 6 SECONDS", ""),
    (
        "[a:b = 1] START t'2026-01-01T00:00:00Z' STOP t'2026-01-02T00:00:00Z' OR [c:d = 2] START t'2026-01-01T00:00:00Z' STOP t'2026-01-02T00:00:00Z'",
        "",
    ),
    ("[file:extensions.'ntfs-ext'.sid = '234']", ""),
    ("[a:b = .5]", "[a:b = 0.5]"),
    ("[a:b = 01.50]", "[a:b = 1.5]"),
    ("[a:b = -0]", "[a:b = 0]"),
    ("[a:b = +7]", "[a:b = 7]"),
    ("[EXISTS windows-registry-key:values]", ""),
    ("[NOT EXISTS a:b]", ""),
    (r"[a:b = '\\' AND a:c = '\'']", ""),
    ("[a:b = h'']", ""),
    ("[a:b = h'00Ff']", "[a:b = h'00ff']"),
    ("[a:b NOT = true AND a:c <> false]", "[a:b NOT = true AND a:c != false]"),
    ("[a:b MATCHES'x' AND a:c LIKE'y']", "[a:b MATCHES 'x' AND a:c LIKE 'y']"),
    ("[a:b = 1AND a:c = 2]REPEATS 5TIMES", "[a:b = 1 AND a:c = 2] REPEATS 5 TIMES"),
    ("[a:b IN ()]", ""),
    ("[a:b IN (1, 2.5)]", ""),
    ("[file:'name' = 'a' AND file:hashes.'MD5' = 'b']", "[file:name = 'a' AND file:hashes.MD5 = 'b']"),
    ("[a:'LIKE'.'true'.'7'[0][*].'' = 1]", ""),
    ("[a:b = 'two\nlines']", ""),
    ("/*c*/[/*c*/a/*c*/:/*c*/b/*c*/=/*c*/1/*c*/]/*c*/REPEATS/*c*/2/*c*/TIMES//end", "[a:b = 1] REPEATS 2 TIMES"),
    ("//first\n[a:b = 1]", "[a:b = 1]"),
    ("\u{2028}[\u{a0}a:b\u{3000}=\u{b}1]\u{85}", "[a:b = 1]"),
    ("[a:b = 1 OR a:c = 2 AND a:d = 3]", ""),
    ("[(a:b = 1 OR a:c = 2) AND a:d = 3]", ""),
    (
        "[((a:b = 1 OR (a:c = 2)) OR (a:d = 3 AND (a:e = 4 AND a:f = 5)))]",
        "[a:b = 1 OR a:c = 2 OR a:d = 3 AND a:e = 4 AND a:f = 5]",
    ),
    ("[a:b = 1 OR c:d = 2]", ""),
    ("[(a:b = 1 OR c:d = 2) AND c:e = 3]", ""),
    ("[a:b=1] FOLLOWEDBY [c:d=1] OR [e:f=1] AND [g:h=1]", "[a:b = 1] FOLLOWEDBY [c:d = 1] OR [e:f = 1] AND [g:h = 1]"),
    ("([a:b = 1] FOLLOWEDBY [c:d = 1]) AND [e:f = 1]", ""),
    ("([a:b=1] FOLLOWEDBY [c:d=1]) FOLLOWEDBY [e:f=1]", "[a:b = 1] FOLLOWEDBY [c:d = 1] FOLLOWEDBY [e:f = 1]"),
    ("[a:b = 1] FOLLOWEDBY ([c:d = 1] FOLLOWEDBY [e:f = 1])", ""),
    ("[a:b = 1] FOLLOWEDBY [c:d = 1] REPEATS 5 TIMES", ""),
    ("([a:b = 1] AND [c:d = 1]) WITHIN 5 SECONDS", ""),
    ("[a:b = 1] REPEATS 5 TIMES WITHIN 1800 SECONDS", ""),
    ("[a:b = 170141183460469231731687303715884105727]", ""),
];

/// What must be refused: the rule, the column, and words of the message.
const INVALID: &[(&str, &str, usize, &str)] = &[
    ("", "SDO-IND-1", 1, "expected '[', found the end of the pattern"),
    ("[]", "SDO-IND-1", 2, "expected an object type"),
    ("file:name = 'a'", "PG-15", 1, "stand in square brackets"),
    ("(file:name = 'a')", "PG-15", 2, "stand in square brackets"),
    ("[a:b = 1] AND file:name = 'a'", "PG-15", 15, "stand in square brackets"),
    ("[file:size = ]", "SDO-IND-1", 14, "expected a constant"),
    ("[file:name = foo]", "SDO-IND-1", 14, "a string is written 'foo'"),
    ("[file:name = \"foo\"]", "SDO-IND-1", 14, "single quotes: 'foo'"),
    ("[file:name = “foo”]", "SDO-IND-1", 14, "single quotes: 'foo'"),
    ("[file.size = 1]", "SDO-IND-1", 6, "expected ':' behind the object type, found ."),
    ("[file:name MATCHES /re/]", "SDO-IND-1", 20, "a regular expression is a string"),
    ("[file:name = ('a', 'b')]", "SDO-IND-1", 14, "IN ('a', 'b')"),
    ("[file:name IN 'a']", "SDO-IND-1", 15, "a set of constants"),
    ("[a:b = 1] WITHIN ]", "PG-05", 18, "a number of seconds above 0"),
    ("[a:b = 1] WITHIN 5 HOURS", "SDO-IND-1", 20, "expected SECONDS, found HOURS; a time is given in seconds"),
    ("[a:b = 1] WITHIN -5 SECONDS", "PG-05", 18, "a number of seconds above 0"),
    ("[a:b = 1] WITHIN 0 SECONDS", "PG-05", 18, "a number of seconds above 0"),
    ("[a:b = 1] WITHIN 0.0 SECONDS", "PG-05", 18, "a number of seconds above 0"),
    ("[a:b = 1] REPEATS 0 TIMES", "PG-05", 19, "1 or more"),
    ("[a:b = 1] REPEATS 1.5 TIMES", "PG-05", 19, "1 or more"),
    ("[a:b = 1] REPEATS 1000000000 TIMES", "PG-20", 19, "at most 999999999"),
    ("[a:b ISSUBSET ]", "SDO-IND-1", 15, "a string in single quotes"),
    ("[a:b ISSUBSET 5]", "PG-22", 15, "a string in single quotes"),
    ("[a:b LIKE 5]", "PG-22", 11, "a string in single quotes"),
    ("[a:b =? 1]", "SDO-IND-1", 7, "found ?"),
    ("[a:b = t'2457-73-22T32:81:84.1Z']", "PG-11", 8, "that exist"),
    ("[a:b = t'2026-02-30T00:00:00Z']", "PG-11", 8, "that exist"),
    ("[a:b = t'2026-13-01T00:00:00Z']", "PG-11", 8, "that exist"),
    ("[a:b = t'2026-00-01T00:00:00Z']", "PG-11", 8, "that exist"),
    ("[a:b = t'2026-01-32T00:00:00Z']", "PG-11", 8, "that exist"),
    ("[a:b = t'2026-01-00T00:00:00Z']", "PG-11", 8, "that exist"),
    ("[a:b = t'2026-01-01T25:00:00Z']", "PG-11", 8, "that exist"),
    ("[a:b = t'2026-01-01T00:60:00Z']", "PG-11", 8, "that exist"),
    ("[a:b = t'2026-01-01T00:00:61Z']", "PG-11", 8, "that exist"),
    ("[a:b = t'2026-01-01T00:00:00']", "PG-11", 8, "that exist"),
    ("[a:b = 2026-01-01T00:00:00Z]", "SDO-IND-1", 8, "t'2026-01-01T00:00:00Z'"),
    ("[a:b = 198.51.100.1]", "SDO-IND-1", 8, "'198.51.100.1'"),
    ("[a:b = b'====']", "PG-13", 8, "Base64"),
    ("[a:b = b'']", "PG-13", 8, "Base64"),
    ("[a:b = b'AB=']", "PG-13", 8, "Base64"),
    ("[a:b = h'0']", "SDO-IND-1", 8, "pairs of hexadecimal digits"),
    ("[a:b = h'0g']", "SDO-IND-1", 8, "pairs of hexadecimal digits"),
    ("[a:b = 1 and a:c = 2]", "PG-17", 10, "write AND"),
    ("[a:b = 1] within 5 SECONDS", "PG-17", 11, "write WITHIN"),
    ("[a:b like 'x']", "PG-17", 6, "write LIKE"),
    ("[a:b = True]", "PG-17", 8, "write true"),
    ("[a:b = 1 AN a:c = 2]", "SDO-IND-1", 10, "did you mean AND?"),
    ("[a:b = 1 && a:c = 2]", "SDO-IND-1", 10, "write AND"),
    ("[a:b = 1] FOLOWEDBY [a:c = 2]", "SDO-IND-1", 11, "did you mean FOLLOWEDBY?"),
    ("[a:b=1] WITHIN 5 SECONDS WITHIN 6 SECONDS", "PG-04", 26, "a second WITHIN"),
    ("([a:b=1]) WITHIN 5 SECONDS WITHIN 6 SECONDS", "PG-04", 28, "a second WITHIN"),
    (
        "[a:b=1] START t'2026-01-01T00:00:00Z' STOP t'2026-01-02T00:00:00Z' START t'2026-01-01T00:00:00Z' STOP t'2026-01-02T00:00:00Z'",
        "PG-04",
        68,
        "a second START",
    ),
    ("[a:b=1] START '2026-01-01T00:00:00Z' STOP '2026-01-02T00:00:00Z'", "PG-06", 15, "t'2026-01-01T00:00:00Z'"),
    ("[a:b=1 AND c:d=2]", "PG-16", 12, "[a:… ] AND [c:… ]"),
    ("[(a:b=1 OR c:d=2) AND e:f=2]", "PG-16", 23, "AND between a and e"),
    ("[a:b = 'C:\\temp']", "PG-07", 8, r"a backslash itself is written twice"),
    ("[a:b = 01]", "SDO-IND-1", 8, "begins with no 0"),
    ("[a:b = 5.]", "SDO-IND-1", 8, "behind the point"),
    ("[a:b = 1e5]", "SDO-IND-1", 8, "no exponent"),
    ("[a:b < true]", "SDO-IND-1", 8, "that has an order"),
    ("[a:b-c = 1]", "PG-08", 4, "quote it: 'b-c'"),
    ("[file:hashes.SHA-256 = 'a']", "PG-08", 14, "quote it: 'SHA-256'"),
    ("[a:b.LIKE = 1]", "PG-08", 6, "quote it: 'LIKE'"),
    ("[a:b[-1] = 1]", "PG-09", 6, "0 or more"),
    ("[a:b[x] = 1]", "PG-09", 6, "0 or more"),
    ("[a:b = 1]]", "SDO-IND-1", 10, "']' closes nothing"),
    ("[a:b = 1] [a:c = 1]", "SDO-IND-1", 11, "expected AND, OR, FOLLOWEDBY"),
    ("[a:b IN (1,'x')]", "PG-10", 12, "a string in a set that begins with an integer"),
    ("[a:b = 'x'", "SDO-IND-1", 11, "expected AND, OR or ']', found the end"),
    ("[a:b = 'x]", "SDO-IND-1", 8, "a string is closed with '"),
    ("[a:b = 1] /* x", "SDO-IND-1", 11, "a comment is closed with */"),
    ("[NOT a:b = 1]", "SDO-IND-1", 6, "NOT stands behind the path"),
    ("[a:b NOT EXISTS]", "SDO-IND-1", 10, "a comparison operator"),
    ("([a:b = 1]", "SDO-IND-1", 11, "expected AND, OR, FOLLOWEDBY or ')'"),
    ("[a:b = 170141183460469231731687303715884105728]", "PG-20", 8, "within 128 bits"),
    ("[a:b = 1] REPEATS5 TIMES", "SDO-IND-1", 11, "expected AND, OR, FOLLOWEDBY"),
    ("[a:b LIKEx'y']", "SDO-IND-1", 6, "did you mean LIKE?"),
    ("[ü:b = 1]", "SDO-IND-1", 2, "an object type"),
];

/// PG-01, PG-02, PG-03, PG-04, PG-05, PG-07, PG-08, PG-09, PG-11, PG-13, PG-14, PG-15, PG-16, PG-19, PG-22, TR-10, TR-11,
/// AC-08: what the grammar has is read, and printed in one way; what is printed is read as the same.
#[test]
fn valid_patterns_are_read_and_printed() {
    for (text, printed) in VALID {
        let pattern = Pattern::parse(text).unwrap_or_else(|invalid| panic!("{text}\n{invalid}"));
        let printed = if printed.is_empty() { text } else { printed };
        assert_eq!(pattern.to_string(), **printed, "{text}");
        assert_eq!(Pattern::parse(printed).as_ref(), Ok(&pattern), "{text}");
        assert_eq!(pattern.text(), *text);
    }
}

/// PG-04, PG-05, PG-07, PG-08, PG-09, PG-11, PG-13, PG-14, PG-15, PG-16, PG-20, PG-21, PG-22, TR-10, TR-11, AC-08: what is no
/// pattern is refused, with the rule, the place and advice.
#[test]
fn invalid_patterns_are_refused_with_a_reason() {
    for (text, rule, column, words) in INVALID {
        let invalid = Pattern::parse(text).expect_err(text);
        let first = &invalid.problems[0];
        let place = Position { line: 1, column: *column };
        assert_eq!((first.rule, first.position), (*rule, place), "{text}\n{invalid}");
        assert!(first.message().contains(words), "{text}\n{invalid}");
    }
}

/// What is questionable: the rule, what stands there, and words of the message.
const QUESTIONABLE: &[(&str, &str, &str, &str)] = &[
    ("[domain:value = 'a']", "PG-17", "domain", "begins with x-"),
    ("[ipv4addr:value = '198.51.100.1']", "PG-17", "ipv4addr", "write ipv4-addr"),
    ("[indicator:name = 'a']", "PG-17", "indicator", "cyber-observable"),
    ("[file:created = t'2026-01-01T00:00:00Z']", "PG-17", "created", "a property of file"),
    ("[file:nam = 'a']", "PG-17", "nam", "write name"),
    ("[file:name.x = 'a']", "PG-17", "x", "nothing inside"),
    ("[file:size[0] = 1]", "PG-17", "[0]", "no list"),
    ("[file:hashes = 'a']", "PG-17", "file:hashes", "name the algorithm"),
    ("[file:hashes.SHA256 = 'a']", "PP-08", "SHA256", "write 'SHA-256'"),
    ("[file:hashes.'sha-1' = 'a']", "PP-08", "'sha-1'", "write 'SHA-1'"),
    ("[file:hashes[*] = 'a']", "PP-02", "[*]", "a key"),
    ("[file:hashes.MD5 = 'abc']", "PG-18", "'abc'", "32 hexadecimal digits"),
    ("[file:extensions.'ntfs'.sid = 'a']", "PG-17", "'ntfs'", "an extension"),
    ("[file:extensions.'ntfs-ext'.side = 'a']", "PG-17", "side", "write sid"),
    ("[email-message:to_refs.value = 'a']", "PP-09", "value", "write [*].value"),
    ("[windows-registry-key:values.data = 'a']", "PG-17", "data", "write [*].data"),
    ("[windows-registry-key:values = 'a']", "PG-17", "windows-registry-key:values", "any of them"),
    ("[network-traffic:src_ref = '198.51.100.1']", "PG-17", "'198.51.100.1'", "network-traffic:src_ref.value"),
    ("[network-traffic:src_ref.valu = '198.51.100.1']", "PG-17", "valu", "write value"),
    ("[network-traffic:dst_port = '443']", "PC-01", "'443'", "write 443"),
    ("[network-traffic:dst_port IN ('443')]", "PC-01", "'443'", "write 443"),
    ("[network-traffic:is_active = 1]", "PC-01", "1", "true or false"),
    (
        "[network-traffic:start = '2026-01-01T00:00:00Z']",
        "PC-07",
        "'2026-01-01T00:00:00Z'",
        "write t'2026-01-01T00:00:00Z'",
    ),
    ("[network-traffic:dst_port LIKE '4%']", "PC-08", "'4%'", "a string"),
    ("[file:name MATCHES '(a']", "PG-22", "'(a'", "a regular expression"),
    ("[x-acme:name MATCHES '[a']", "PG-22", "'[a'", "a regular expression"),
    ("[artifact:payload_bin MATCHES '*']", "PG-22", "'*'", "a regular expression"),
    ("[ipv4-addr:value = '198.51.100']", "PG-18", "'198.51.100'", "an IPv4 address"),
    ("[ipv6-addr:value = '198.51.100.1']", "PG-18", "'198.51.100.1'", "an IPv6 address"),
    ("[mac-addr:value = '00-11-22-33-44-55']", "PG-18", "'00-11-22-33-44-55'", "joined by ':'"),
    ("[ipv4-addr:value ISSUBSET '']", "PG-18", "''", "a network"),
    ("[domain-name:value ISSUBSET '198.51.100.0/24']", "PC-10", "domain-name:value", "IPv4 or IPv6"),
    ("[windows-registry-key:values[*].data_type = 'REG_ZS']", "PG-18", "'REG_ZS'", "write 'REG_SZ'"),
    ("[x-a:b IN ()]", "PG-10", "x-a:b IN ()", "never true"),
    ("[x-a:b = +1]", "PG-12", "+1", "no sign"),
    (
        "[x-a:b = 1] START t'2026-01-01T00:00:00Z' STOP t'2026-01-01T00:00:00.0Z'",
        "PG-06",
        "START t'2026-01-01T00:00:00Z' STOP t'2026-01-01T00:00:00.0Z'",
        "START before STOP",
    ),
];

/// PG-06, PG-10, PG-12, PG-17, PG-18, PG-22, PC-01, PC-07, PC-08, PC-10, PP-02, PP-08, PP-09, TR-09: a valid pattern that is
/// probably not what was meant.
#[test]
fn questionable_patterns_are_told() {
    for (text, rule, place, words) in QUESTIONABLE {
        let problems = Pattern::parse(text).unwrap().check();
        let first = problems.first().unwrap_or_else(|| panic!("{text}"));
        assert_eq!((first.rule, &text[first.span.range()]), (*rule, *place), "{text}\n{first}");
        assert_eq!(first.severity, Severity::Warning);
        assert!(first.message().contains(words), "{text}\n{first}");
    }
}

/// PP-03, PP-07, PP-10, T-07a: what the tables have is not questioned, nor what they leave to others.
#[test]
fn patterns_that_can_match_are_not_questioned() {
    for text in [
        "[file:id = 'file--1']",
        "[file:x_acme.a[0].b = 1]",
        "[x-acme:a.b[*] = 1]",
        "[file:hashes.IMPHASH = 'a' AND file:hashes.'x-hash' = 'b']",
        "[file:extensions.'windows-pebinary-ext'.sections[*].entropy > 7.5]",
        "[file:extensions.'extension-definition--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f'.rank = 7]",
        "[file:extensions.'windows-pebinary-ext'.file_header_hashes.MD5 = '900150983cd24fb0d6963f7d28e17f72']",
        "[process:environment_variables.PATH LIKE '%x%']",
        "[process:parent_ref.parent_ref.image_ref.name = 'a.exe']",
        "[process:extensions.'windows-process-ext'.startup_info.cb = 'x']",
        "[network-traffic:src_ref.type = 'ipv4-addr' AND network-traffic:src_ref.value ISSUBSET '198.51.100.0/24']",
        "[email-message:to_refs[*].value = 'a@example.com' AND email-message:body_multipart[0].body_raw_ref.name = 'b']",
        "[email-message:additional_header_fields.'X-Mailer'[0] = 'a']",
        "[artifact:payload_bin = h'ff' AND artifact:payload_bin = 'x' AND file:magic_number_hex != b'/w==']",
        "[EXISTS file:hashes AND NOT EXISTS file:extensions]",
        "[network-traffic:ipfix.minimumIpTotalLength = 32]",
        "[file:size = 1.5 AND file:ctime > t'2026-01-01T00:00:00Z']",
        "[ipv4-addr:value ISSUPERSET '198.51.100.1' AND ipv4-addr:resolves_to_refs[*].value = 'a']",
        "[windows-registry-key:values[*].data_type = 'REG_SZ']",
    ] {
        let options = Options { mixed_types: true, ..Options::default() };
        assert_eq!(Pattern::parse_with(text, &options).unwrap().check(), [], "{text}");
    }
}

/// PG-17: the types that somebody declares are known.
#[test]
fn declared_types_are_known() {
    let pattern = Pattern::parse("[acme-sensor:serial = 'a']").unwrap();
    assert_eq!(pattern.check().len(), 1);
    assert_eq!(check(pattern.text(), pattern.expression(), &|name| name == "acme-sensor"), []);
}

/// PG-01, PG-02, PG-03, PG-19: texts that mean different things are different patterns, and print differently.
#[test]
fn grouping_makes_a_difference() {
    for (one, other) in [
        ("[a:b = 1 OR a:c = 2 AND a:d = 3]", "[(a:b = 1 OR a:c = 2) AND a:d = 3]"),
        ("[a:b = 1] OR [a:c = 2] AND [a:d = 3]", "([a:b = 1] OR [a:c = 2]) AND [a:d = 3]"),
        ("[a:b = 1] FOLLOWEDBY [a:c = 2] OR [a:d = 3]", "([a:b = 1] FOLLOWEDBY [a:c = 2]) OR [a:d = 3]"),
        ("[a:b = 1] FOLLOWEDBY [c:d = 1] REPEATS 5 TIMES", "([a:b = 1] FOLLOWEDBY [c:d = 1]) REPEATS 5 TIMES"),
        (
            "[a:b = 1] FOLLOWEDBY [a:c = 2] FOLLOWEDBY [a:d = 3]",
            "[a:b = 1] FOLLOWEDBY ([a:c = 2] FOLLOWEDBY [a:d = 3])",
        ),
        ("[a:b = 1] REPEATS 5 TIMES WITHIN 9 SECONDS", "[a:b = 1] WITHIN 9 SECONDS REPEATS 5 TIMES"),
        ("[a:b = '\\\\']", "[a:b = '\\'']"),
        ("[a:b = 1]", "[a:b = 1.0]"),
        ("[a:b = h'41']", "[a:b = b'QQ==']"),
    ] {
        let [one, other] = [one, other].map(|text| Pattern::parse(text).unwrap());
        assert_ne!(one, other);
        assert_ne!(one.to_string(), other.to_string());
    }
}

/// PG-21: one run tells everything that is wrong, each once and in the order of the text.
#[test]
fn several_problems_are_told() {
    let text = "[file:hashes.SHA-1 = 'a' AND file:size = 1e5 OR file:name = \"b\"]\nAND [a:b = t'2026-02-30T00:00:00Z'] WITHIN 0 SECONDS";
    let problems = Pattern::parse(text).unwrap_err().problems;
    let told: Vec<_> = problems.iter().map(|problem| (problem.rule, problem.position.to_string())).collect();
    let expected = [
        ("PG-08", "line 1, column 14"),
        ("SDO-IND-1", "line 1, column 42"),
        ("SDO-IND-1", "line 1, column 61"),
        ("PG-11", "line 2, column 12"),
        ("PG-05", "line 2, column 44"),
    ];
    assert_eq!(told, expected.map(|(rule, place)| (rule, place.to_owned())));
    let many = "[a:b = ] OR ".repeat(1000);
    assert_eq!(Pattern::parse(&many).unwrap_err().problems.len(), 20);
}

/// PG-20: what goes beyond a limit is refused with its name; what reaches it is read.
#[test]
fn limits_are_kept() {
    let nested = |depth: usize| format!("{}[a:b = 1]{}", "(".repeat(depth), ")".repeat(depth));
    let inside = |depth: usize| format!("[{}a:b = 1{}]", "(".repeat(depth), ")".repeat(depth));
    for text in [nested(64), inside(64)] {
        assert!(Pattern::parse(&text).is_ok());
    }
    let limits = Limits { length: 300, depth: 3, repeats: 5 };
    let options = Options { limits, ..Options::default() };
    for text in [nested(65), inside(65), nested(1_000_000), "[a:b = 1] REPEATS 1000000000 TIMES".to_owned()] {
        assert_eq!(Pattern::parse(&text).unwrap_err().problems[0].rule, "PG-20");
    }
    for (text, is_read) in [
        (nested(3), true),
        (nested(4), false),
        ("[a:b = 1] REPEATS 5 TIMES".to_owned(), true),
        ("[a:b = 1] REPEATS 6 TIMES".to_owned(), false),
        (format!("[a:b = '{}']", "x".repeat(290)), true),
        (format!("[a:b = '{}']", "x".repeat(291)), false),
    ] {
        assert_eq!(Pattern::parse_with(&text, &options).is_ok(), is_read, "{text}");
    }
}

/// PG-19, PG-23: patterns are built without writing text; what cannot be written is refused.
#[test]
fn patterns_are_built_without_text() {
    let start = "2026-01-01T00:00:00Z".parse::<crate::Timestamp>().unwrap();
    let stop = "2026-01-02T00:00:00Z".parse().unwrap();
    let file = || ObjectPath::new("file", "name");
    let built = file()
        .equals("it's \\ here")
        .and(file().is_like("%x").negated().or(ObjectPath::new("file", "hashes").key("SHA-256").is_in(["a", "b"])))
        .observed()
        .or(file().exists().negated().observed().start_stop(start, stop))
        .followed_by(
            ObjectPath::new("x", "y").index(0).any().key("").is_at_most(0.5).observed().within(0.5).repeats(3),
        );
    let pattern = Pattern::new(&built).unwrap();
    let text = "[file:name = 'it\\'s \\\\ here' AND (file:name NOT LIKE '%x' OR file:hashes.'SHA-256' IN ('a', 'b'))] \
        OR [NOT EXISTS file:name] START t'2026-01-01T00:00:00Z' STOP t'2026-01-02T00:00:00Z' \
        FOLLOWEDBY [x:y[0][*].'' <= 0.5] WITHIN 0.5 SECONDS REPEATS 3 TIMES";
    assert_eq!((pattern.to_string().as_str(), pattern.expression()), (text, &built));
    let listed: Vec<_> = pattern.comparisons().map(|c| (c.path.last_key(), c.test.operator().as_str())).collect();
    let expected = [("name", "="), ("name", "LIKE"), ("SHA-256", "IN"), ("name", "EXISTS"), ("", "<=")];
    assert_eq!(listed, expected);
    let qualifiers: Vec<_> = pattern.qualifiers().map(|qualifier| qualifier.keyword()).collect();
    assert_eq!(qualifiers, ["START", "REPEATS", "WITHIN"]);

    for (impossible, rule) in [
        (file().equals(f64::NAN).observed(), "SDO-IND-1"),
        (file().equals(1).observed().repeats(0), "PG-05"),
        (file().equals(1).observed().within(-1.0), "PG-05"),
        (ObjectPath::new("no type", "x").exists().observed(), "SDO-IND-1"),
        (file().is_less_than(true).observed(), "SDO-IND-1"),
        (file().equals(1).and(ObjectPath::new("process", "pid").equals(1)).observed(), "PG-16"),
    ] {
        assert_eq!(Pattern::new(&impossible).unwrap_err().problems[0].rule, rule);
    }
}

/// PG-06, PG-24: the language of STIX 2.0 has strings where 2.1 has timestamps, and no EXISTS.
#[test]
fn versions_differ() {
    let old = Options { version: Version::V2_0, ..Options::default() };
    let text = "[a:b = 1] START '2026-01-01T00:00:00Z' STOP '2026-01-02T00:00:00Z'";
    let pattern = Pattern::parse_with(text, &old).unwrap();
    assert_eq!(pattern.to_string(), text);
    assert!(Pattern::parse(text).is_err());
    assert!(Pattern::parse_with("[EXISTS a:b]", &old).is_err());
    assert!(Pattern::parse_with("[a:b = 1] START 'x' STOP 'y'", &old).is_err());
    assert!(Pattern::parse("[EXISTS a:b]").is_ok());
}

/// PG-16: who has to can read patterns that no observable satisfies.
#[test]
fn mixed_types_are_read_on_demand() {
    let options = Options { mixed_types: true, ..Options::default() };
    let text = "[domain-name:value = 'h' AND network-traffic:dst_port = 8080]";
    assert_eq!(Pattern::parse_with(text, &options).unwrap().to_string(), text);
    assert!(Pattern::parse(text).is_err());
}
