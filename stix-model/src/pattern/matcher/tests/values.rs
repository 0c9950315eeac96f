//! Constants against values (PC-01 to PC-14).

use super::*;

/// PC-01, PC-03: what has nothing to do with each other differs, and is nothing else.
#[test]
fn kinds_that_do_not_compare_differ() {
    table(&[
        ("[a:x = 'str']", r#"{"type":"a","x":5}"#, false),
        ("[a:x != 'str']", r#"{"type":"a","x":5}"#, true),
        ("[a:x NOT = 'str']", r#"{"type":"a","x":5}"#, true),
        ("[a:x NOT != 'str']", r#"{"type":"a","x":5}"#, false),
        ("[a:x < 'str']", r#"{"type":"a","x":5}"#, false),
        ("[a:x NOT < 'str']", r#"{"type":"a","x":5}"#, true),
        ("[a:x = 1]", r#"{"type":"a","x":true}"#, false),
        ("[a:x = true]", r#"{"type":"a","x":1}"#, false),
        ("[a:x = true]", r#"{"type":"a","x":true}"#, true),
        ("[a:x != false]", r#"{"type":"a","x":true}"#, true),
        ("[a:x = 5]", r#"{"type":"a","x":"5"}"#, false),
        ("[a:x = h'35']", r#"{"type":"a","x":5}"#, false),
        ("[a:x = 'x']", r#"{"type":"a","x":["x"]}"#, false),
        ("[a:x != 'x']", r#"{"type":"a","x":["x"]}"#, true),
        ("[a:x LIKE '%']", r#"{"type":"a","x":5}"#, false),
        ("[a:x NOT LIKE '%']", r#"{"type":"a","x":5}"#, true),
        ("[a:x MATCHES '5']", r#"{"type":"a","x":5}"#, false),
        ("[a:x NOT ISSUBSET '10.0.0.0/8']", r#"{"type":"a","x":5}"#, true),
        ("[a:x = t'2026-01-01T00:00:00Z']", r#"{"type":"a","x":"yesterday"}"#, false),
        ("[a:x != t'2026-01-01T00:00:00Z']", r#"{"type":"a","x":"yesterday"}"#, true),
        ("[file:name != t'2026-01-01T00:00:00Z']", r#"{"type":"file","name":"2026-01-01T00:00:00Z"}"#, true),
    ]);
}

/// PC-02: numbers compare by their exact values.
#[test]
fn numbers_are_exact() {
    table(&[
        ("[a:x = 1.5]", r#"{"type":"a","x":1}"#, false),
        ("[a:x = 1.0]", r#"{"type":"a","x":1}"#, true),
        ("[a:x = 1]", r#"{"type":"a","x":1.0}"#, true),
        ("[a:x = 0]", r#"{"type":"a","x":-0.0}"#, true),
        ("[a:x < 1.5]", r#"{"type":"a","x":1}"#, true),
        ("[a:x > 1]", r#"{"type":"a","x":1.5}"#, true),
        ("[a:x > -2]", r#"{"type":"a","x":-1.5}"#, true),
        ("[a:x < -1]", r#"{"type":"a","x":-1.5}"#, true),
        ("[a:x = 9007199254740993]", r#"{"type":"a","x":9007199254740993}"#, true),
        ("[a:x = 9007199254740992.0]", r#"{"type":"a","x":9007199254740993}"#, false),
        ("[a:x > 9007199254740992.0]", r#"{"type":"a","x":9007199254740993}"#, true),
        ("[a:x = 18446744073709551615]", r#"{"type":"a","x":18446744073709551615}"#, true),
        ("[a:x < 170141183460469231731687303715884105727]", r#"{"type":"a","x":1e300}"#, false),
        ("[a:x > 170141183460469231731687303715884105727]", r#"{"type":"a","x":1e300}"#, true),
        ("[a:x > -170141183460469231731687303715884105727]", r#"{"type":"a","x":-1e300}"#, false),
        ("[a:x IN (1, 2.5)]", r#"{"type":"a","x":2.5}"#, true),
    ]);
}

/// PC-04, PC-08, PC-09: strings compare by code points, without normalisation, but for `LIKE` and `MATCHES`.
#[test]
fn strings_compare_by_code_points() {
    let (composed, decomposed) = ("{\"type\":\"x\",\"s\":\"\u{e9}\"}", "{\"type\":\"x\",\"s\":\"e\u{301}\"}");
    table(&[
        ("[x:s = '\u{e9}']", composed, true),
        ("[x:s = '\u{e9}']", decomposed, false),
        ("[x:s LIKE '\u{e9}']", decomposed, true),
        ("[x:s LIKE 'e\u{301}']", composed, true),
        ("[x:s LIKE '_']", decomposed, true),
        ("[x:s MATCHES '^\u{e9}$']", decomposed, true),
        ("[x:s MATCHES 'e\u{301}']", composed, true),
        ("[x:s < '\u{10000}']", "{\"type\":\"x\",\"s\":\"\u{ffff}\"}", true),
        ("[x:s < 'ab']", r#"{"type":"x","s":"a"}"#, true),
        ("[x:s > 'Z']", r#"{"type":"x","s":"a"}"#, true),
        ("[x:s = 'A']", r#"{"type":"x","s":"a"}"#, false),
        ("[file:hashes.MD5 = 'ABC0']", r#"{"type":"file","hashes":{"MD5":"abc0"}}"#, false),
    ]);
}

/// PC-05, PC-06, PM-11: octets compare with octets, however each is written; what is malformed is never so.
#[test]
fn octets_compare_as_octets() {
    let png = r#"{"type":"artifact","payload_bin":"VBORw0KGgo="}"#;
    table(&[
        ("[artifact:payload_bin = 'VBORw0KGgo']", png, false),
        ("[artifact:payload_bin = 'abc']", r#"{"type":"artifact","payload_bin":"YWJj"}"#, true),
        ("[artifact:payload_bin = b'YWJj']", r#"{"type":"artifact","payload_bin":"YWJj"}"#, true),
        ("[artifact:payload_bin = h'616263']", r#"{"type":"artifact","payload_bin":"YWJj"}"#, true),
        ("[artifact:payload_bin = 'YWJj']", r#"{"type":"artifact","payload_bin":"YWJj"}"#, false),
        ("[artifact:payload_bin = '\u{ff}']", r#"{"type":"artifact","payload_bin":"/w=="}"#, true),
        ("[artifact:payload_bin > 'z']", r#"{"type":"artifact","payload_bin":"/w=="}"#, true),
        ("[artifact:payload_bin = '\u{100}']", r#"{"type":"artifact","payload_bin":"/w=="}"#, false),
        ("[artifact:payload_bin != '\u{100}']", r#"{"type":"artifact","payload_bin":"/w=="}"#, true),
        ("[a:x_hex = b'/w==']", r#"{"type":"a","x_hex":"FF"}"#, true),
        ("[a:x_hex < h'ff00']", r#"{"type":"a","x_hex":"ff"}"#, true),
        ("[a:x_hex[*] = h'02']", r#"{"type":"a","x_hex":["01","02"]}"#, true),
        ("[a:x_hex != h'00']", r#"{"type":"a","x_hex":"f"}"#, false),
        ("[a:x_hex NOT = h'00']", r#"{"type":"a","x_hex":"f"}"#, false),
        ("[a:x_bin NOT LIKE 'x']", r#"{"type":"a","x_bin":"?"}"#, false),
        ("[a:x_hex LIKE 'a%']", r#"{"type":"a","x_hex":"6162"}"#, true),
        ("[a:x = h'6162']", r#"{"type":"a","x":"ab"}"#, true),
        ("[a:x != h'6162']", r#"{"type":"a","x":"ab\u0100"}"#, true),
        ("[a:x < h'6162']", r#"{"type":"a","x":"ab\u0100"}"#, false),
        ("[a:x_hex MATCHES '\\\\xff.\\\\x00']", r#"{"type":"a","x_hex":"00ff0a00"}"#, true),
        ("[a:x_hex MATCHES '\u{ff}']", r#"{"type":"a","x_hex":"00ff"}"#, true),
        ("[a:x_hex MATCHES '\\\\w']", r#"{"type":"a","x_hex":"c3a9"}"#, false),
    ]);
}

/// PC-07, PM-11: timestamps compare by instant; strings with them only by option.
#[test]
fn timestamps_compare_by_instant() {
    let traffic = r#"{"type":"network-traffic","start":"2026-01-01T00:00:00.10Z","end":"soon"}"#;
    table(&[
        ("[network-traffic:start = t'2026-01-01T00:00:00.1Z']", traffic, true),
        ("[network-traffic:start < t'2026-01-01T00:00:00.1000000000000000000001Z']", traffic, true),
        ("[network-traffic:start = '2026-01-01T00:00:00.10Z']", traffic, false),
        ("[network-traffic:start != '2026-01-01T00:00:00.10Z']", traffic, true),
        ("[network-traffic:start LIKE '2026%']", traffic, false),
        ("[network-traffic:end != t'2026-01-01T00:00:00Z']", traffic, false),
        ("[network-traffic:end NOT > t'2026-01-01T00:00:00Z']", traffic, false),
        ("[x-a:seen > t'2026-01-01T00:00:00Z']", r#"{"type":"x-a","seen":"2026-01-01T00:00:00.1Z"}"#, true),
        ("[x-a:seen = '2026-01-01T00:00:00Z']", r#"{"type":"x-a","seen":"2026-01-01T00:00:00Z"}"#, true),
    ]);
    let options = MatchOptions { strings_as_timestamps: true, ..MatchOptions::default() };
    assert!(is_true("[network-traffic:start = '2026-01-01T00:00:00.1Z']", &[traffic], &options));
    assert!(is_true("[network-traffic:start LIKE '2026%']", &[traffic], &options));
    assert!(!is_true("[network-traffic:start = 'soon']", &[traffic], &options));
}

/// PC-08: the whole value; `%` is any run, `_` one character, also line feeds; nothing is escaped.
#[test]
fn wildcards_are_of_the_whole_value() {
    let cases = [
        ("a_c", "a\nc", true),
        ("a_c", "a\u{1f600}c", true),
        ("a_c", "ac", false),
        ("abc", "xabc", false),
        ("abc", "abcx", false),
        ("%b%", "abc", true),
        ("%b%", "a\nb\nc", true),
        ("", "", true),
        ("", "a", false),
        ("%", "", true),
        ("%%", "x", true),
        ("_", "", false),
        ("a%b%c", "a-b-b-c", true),
        ("a%bc", "abcb", false),
        ("ab%ab", "ab", false),
        ("ab%ab", "abab", true),
        ("%a_a%", "xabax", true),
        ("%a_a%", "aa", false),
        ("%_b_", "aabc", true),
        ("a.c", "abc", false),
        ("A", "a", false),
        ("[a]%", "[a]b", true),
        ("%.exe", "a.exe", true),
        ("__%__", "abc", false),
        ("__%__", "abcd", true),
    ];
    for (wildcard, value, expected) in cases {
        let object = Json::Object([("type", Json::from("x")), ("s", value.into())].into_iter().collect()).to_string();
        let pattern = format!("[x:s LIKE '{wildcard}']");
        assert_eq!(is_true(&pattern, &[&object], &MatchOptions::default()), expected, "{wildcard} of {value:?}");
        assert_eq!(is_true(&pattern.replace("LIKE", "NOT LIKE"), &[&object], &MatchOptions::default()), !expected);
    }
}

/// PC-09: a search, in which `.` is also a line feed; with what PCRE has beyond regular languages.
#[test]
fn regular_expressions_are_searched_for() {
    table(&[
        ("[x:s MATCHES 'b']", r#"{"type":"x","s":"abc"}"#, true),
        ("[x:s MATCHES '^b']", r#"{"type":"x","s":"abc"}"#, false),
        ("[x:s MATCHES '^a.c$']", r#"{"type":"x","s":"a\nc"}"#, true),
        ("[x:s MATCHES 'c$']", r#"{"type":"x","s":"abc\n"}"#, true),
        ("[x:s MATCHES 'b$']", r#"{"type":"x","s":"ab\nc"}"#, false),
        ("[x:s MATCHES '(?m)b$']", r#"{"type":"x","s":"ab\nc"}"#, true),
        ("[x:s MATCHES 'B']", r#"{"type":"x","s":"abc"}"#, false),
        ("[x:s MATCHES '(?i)B']", r#"{"type":"x","s":"abc"}"#, true),
        ("[x:s MATCHES '(?<!x)foo(?=bar)']", r#"{"type":"x","s":"a foobar"}"#, true),
        ("[x:s MATCHES '(?<!x)foo']", r#"{"type":"x","s":"xfoo"}"#, false),
        ("[x:s MATCHES '(\\\\w)\\\\1']", r#"{"type":"x","s":"abba"}"#, true),
        ("[x:s MATCHES '']", r#"{"type":"x","s":""}"#, true),
        ("[x:s NOT MATCHES 'b']", r#"{"type":"x","s":"abc"}"#, false),
    ]);
}

/// PC-10: addresses and networks of both families; equal ones count, host bits do not.
#[test]
fn networks_contain_each_other() {
    let cases = [
        ("ISSUBSET '10.0.0.0/8'", "10.1.2.3/16", true),
        ("ISSUBSET '10.0.0.0/8'", "10.1.2.3", true),
        ("ISSUBSET '10.1.2.3/8'", "10.255.0.0/16", true),
        ("ISSUBSET '10.0.0.0/8'", "11.0.0.0", false),
        ("ISSUBSET '10.0.0.0/8'", "10.0.0.0/7", false),
        ("ISSUBSET '10.0.0.0/8'", "10.0.0.0/8", true),
        ("ISSUBSET '10.0.0.1'", "10.0.0.1/32", true),
        ("ISSUBSET '0.0.0.0/0'", "255.255.255.255", true),
        ("ISSUBSET '::/0'", "10.0.0.1", false),
        ("ISSUBSET '2001:db8::/32'", "2001:db8:1::/48", true),
        ("ISSUBSET '2001:db8::/32'", "2001:db9::1", false),
        ("ISSUPERSET '10.1.0.0/16'", "10.0.0.0/8", true),
        ("ISSUPERSET '10.1.0.0/16'", "10.1.0.0/17", false),
        ("NOT ISSUBSET '10.0.0.0/8'", "11.0.0.0", true),
        ("NOT ISSUBSET '10.0.0.0/8'", "not an address", false),
    ];
    for (test, value, expected) in cases {
        let object = format!(r#"{{"type":"ipv4-addr","value":"{value}"}}"#);
        assert_eq!(
            is_true(&format!("[ipv4-addr:value {test}]"), &[&object], &MatchOptions::default()),
            expected,
            "{test} {value}"
        );
    }
    let pattern = Pattern::parse("[ipv4-addr:value ISSUBSET 'x']").unwrap();
    assert_eq!(Matcher::new(&pattern, &MatchOptions::default()).unwrap_err(), MatchError::Network("x".into()));
}

/// PC-11, PC-12: what is not there is not equal, not different, and not anything but not there.
#[test]
fn what_is_absent_is_nothing() {
    let absent = r#"{"type":"a","y":0,"n":null,"list":[0]}"#;
    for test in
        ["!= 1", "NOT = 1", "= 1", "NOT < 1", "NOT IN (1)", "NOT LIKE 'x'", "NOT MATCHES 'x'", "NOT ISSUBSET '::'"]
    {
        table(&[(&format!("[a:x {test}]"), absent, false), (&format!("[a:n {test}]"), absent, false)]);
    }
    table(&[
        ("[EXISTS a:x]", absent, false),
        ("[EXISTS a:n]", absent, false),
        ("[NOT EXISTS a:x]", absent, true),
        ("[EXISTS a:y]", absent, true),
        ("[NOT EXISTS a:y]", absent, false),
        ("[EXISTS a:list[0]]", absent, true),
        ("[EXISTS a:list[1]]", absent, false),
        ("[EXISTS b:y]", absent, false),
        ("[NOT EXISTS b:y]", absent, false),
    ]);
}

/// PC-13: `NOT` behind `[*]`: some item is not so, or no item is, by option.
#[test]
fn not_of_any_item_has_two_readings() {
    let cases = [
        ("[a:l[*] NOT = 1]", r#"{"type":"a","l":[1,2]}"#, true, false),
        ("[a:l[*] NOT = 1]", r#"{"type":"a","l":[1,1]}"#, false, false),
        ("[a:l[*] NOT = 1]", r#"{"type":"a","l":[2,3]}"#, true, true),
        ("[a:l[*] NOT = 1]", r#"{"type":"a","l":[]}"#, false, false),
        ("[a:l[*] != 1]", r#"{"type":"a","l":[1,2]}"#, true, true),
        ("[a:l[0] NOT = 1]", r#"{"type":"a","l":[2,1]}"#, true, true),
    ];
    let not_any = MatchOptions { not_any: true, ..MatchOptions::default() };
    for (pattern, object, some, none) in cases {
        assert_eq!(is_true(pattern, &[object], &MatchOptions::default()), some, "{pattern} {object}");
        assert_eq!(is_true(pattern, &[object], &not_any), none, "{pattern} {object}");
    }
}

/// PC-14, PG-10: a set is as if each were asked for, and its negation is of the whole.
#[test]
fn sets_are_any_of_their_constants() {
    table(&[
        ("[a:x IN ('a', 'b')]", r#"{"type":"a","x":"b"}"#, true),
        ("[a:x NOT IN ('a', 'b')]", r#"{"type":"a","x":"b"}"#, false),
        ("[a:x NOT IN ('a', 'b')]", r#"{"type":"a","x":"c"}"#, true),
        ("[a:x IN ('a', 'b')]", r#"{"type":"a","x":1}"#, false),
        ("[a:x NOT IN ('a', 'b')]", r#"{"type":"a","x":1}"#, true),
        ("[a:x IN ()]", r#"{"type":"a","x":1}"#, false),
        ("[a:x_hex IN (h'00', h'ff')]", r#"{"type":"a","x_hex":"FF"}"#, true),
        ("[a:x_hex NOT IN (h'00', h'ff')]", r#"{"type":"a","x_hex":"F"}"#, false),
        ("[a:x IN (true, false)]", r#"{"type":"a","x":false}"#, true),
    ]);
}

/// PM-10: a regular expression that is none is told, not false.
#[test]
fn what_cannot_be_compiled_is_told() {
    for regex in ["(", "[z-a]", "(?<x", "*", "(?P>none)"] {
        let pattern = Pattern::parse(&format!("[a:x MATCHES '{regex}']")).unwrap();
        let error = Matcher::new(&pattern, &MatchOptions::default()).unwrap_err();
        assert!(matches!(error, MatchError::Regex { .. }), "{regex}");
    }
}
