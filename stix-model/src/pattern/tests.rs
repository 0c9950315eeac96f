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
    ("[ü:b = 1]", "SDO-IND-1", 2, "an object type"),
];

/// PG-01 to PG-14, PG-19: what the grammar has is read, and printed in one way; what is printed is read as the same.
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

/// PG-04 to PG-17, PG-20 to PG-22: what is no pattern is refused, with the rule, the place and advice.
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
