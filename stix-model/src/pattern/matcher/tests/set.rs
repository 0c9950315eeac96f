//! Many patterns at once are what each is alone.

use super::exhaustive::{Chance, expression};
use super::*;

/// Comparisons of every kind, of which each is found in its own way.
const COMPARISONS: &[&str] = &[
    "file:size = 1",
    "file:size = 1.0",
    "file:size = 1.5",
    "file:size > 1",
    "file:size != 1",
    "file:size IN (1, 2.5, 3)",
    "file:size NOT IN (1, 3)",
    "file:x_flag = true",
    "file:x_flag = 'true'",
    "EXISTS file:x_flag",
    "NOT EXISTS file:x_flag",
    "NOT EXISTS file:name",
    "file:name = 'command.com'",
    "file:name = b'Y29tbWFuZC5jb20='",
    "file:name != 'command.com'",
    "file:name IN ('command.com', 'é', 'x')",
    "file:name IN ()",
    "file:name LIKE 'command%'",
    "file:name LIKE 'comm%nd.com'",
    "file:name LIKE '%.com'",
    "file:name LIKE '%m'",
    "file:name LIKE '%mand.c%'",
    "file:name LIKE '%m_n%'",
    "file:name LIKE 'co_mand.com'",
    "file:name LIKE 'a_very_long_name_with_wildcards%'",
    "file:name LIKE 'averylongnamewithoutanywildcards.%'",
    "file:name LIKE '%withoutanywildcards.com'",
    "file:name LIKE 'e\u{301}'",
    "file:name LIKE '%'",
    "file:name NOT LIKE 'command%'",
    "file:name MATCHES 'm{2}'",
    "file:name MATCHES '^.$'",
    "file:name < 'd'",
    "file:ctime = t'2026-01-01T00:00:00.0Z'",
    "file:ctime = t'2026-01-01T00:00:00.5Z'",
    "file:ctime = '2026-01-01T00:00:00Z'",
    "file:x_seen = t'2026-01-01T00:00:00.5Z'",
    "file:x_seen = '2026-01-01T00:00:00.50Z'",
    "file:magic_number_hex = h'4d5a'",
    "file:magic_number_hex = 'MZ'",
    "file:magic_number_hex LIKE 'M%'",
    "file:hashes.MD5 = 'abc'",
    "file:hashes[*] = 'abc'",
    "file:contains_refs[*].value = 'https://example.com'",
    "file:contains_refs[0].value NOT = 'https://example.com'",
    "file:parent_ref.value ISSUBSET '10.0.0.0/8'",
    "ipv4-addr:value ISSUBSET '10.0.0.0/8'",
    "ipv4-addr:value ISSUBSET '10.0.0.0/16'",
    "ipv4-addr:value ISSUBSET '10.0.0.1'",
    "ipv4-addr:value ISSUBSET '0.0.0.0/0'",
    "ipv4-addr:value NOT ISSUBSET '10.0.0.0/8'",
    "ipv4-addr:value ISSUPERSET '10.0.0.0/30'",
    "ipv6-addr:value ISSUBSET '2001:db8::/32'",
    "url:value = 'https://example.com'",
];

const OBJECTS: &[&str] = &[
    r#"{"type":"file","id":"0","size":1,"name":"command.com","x_flag":true,"ctime":"2026-01-01T00:00:00Z","hashes":{"MD5":"abc"}}"#,
    r#"{"type":"file","id":"1","size":1.5,"name":"é","x_flag":"true","ctime":"2026-01-01T00:00:00.500Z","magic_number_hex":"4D5A"}"#,
    "{\"type\":\"file\",\"id\":\"2\",\"size\":2.5,\"name\":\"e\u{301}\",\"x_seen\":\"2026-01-01T00:00:00.50Z\",\"hashes\":{\"x\":\"abc\"}}",
    r#"{"type":"file","id":"3","size":3.0,"contains_refs":["8","0"],"parent_ref":"5"}"#,
    r#"{"type":"file","id":"4","name":"averylongnamewithoutanywildcards.com","contains_refs":["0","8"],"ctime":"never"}"#,
    r#"{"type":"ipv4-addr","id":"5","value":"10.0.0.1"}"#,
    r#"{"type":"ipv4-addr","id":"6","value":"10.0.0.0/24"}"#,
    r#"{"type":"ipv6-addr","id":"7","value":"2001:db8::1"}"#,
    r#"{"type":"url","id":"8","value":"https://example.com"}"#,
    r#"{"type":"file","id":"9","name":["command.com"],"size":"1"}"#,
];

fn patterns(chance: &mut Chance) -> Vec<Pattern> {
    let options = crate::pattern::Options { mixed_types: true, ..Default::default() };
    let mut texts: Vec<String> = COMPARISONS.iter().map(|comparison| format!("[{comparison}]")).collect();
    let one = |chance: &mut Chance| COMPARISONS[chance.below(COMPARISONS.len() as u64) as usize];
    for _ in 0..60 {
        texts.push(format!("[{} AND {}]", one(chance), one(chance)));
        texts.push(format!("[{} OR {}]", one(chance), one(chance)));
        texts.push(format!("[({} OR {}) AND {}]", one(chance), one(chance), one(chance)));
        texts.push(format!("[{}] AND [{}]", one(chance), one(chance)));
        texts.push(format!("[{}] REPEATS 2 TIMES OR [{}] FOLLOWEDBY [{}]", one(chance), one(chance), one(chance)));
        texts.push(expression(chance, 2));
    }
    texts
        .iter()
        .map(|text| Pattern::parse_with(text, &options).unwrap_or_else(|invalid| panic!("{text} {invalid}")))
        .collect()
}

/// The index leaves nothing out and adds nothing: the set says what each matcher says.
#[test]
fn a_set_is_what_its_patterns_are() {
    let mut chance = Chance(7);
    let patterns = patterns(&mut chance);
    let options = MatchOptions { strings_as_timestamps: false, ..MatchOptions::default() };
    let set = PatternSet::new(&patterns, &options);
    assert_eq!((set.len(), set.rejected()), (patterns.len(), [].as_slice()));
    let matchers: Vec<_> = patterns.iter().map(|pattern| Matcher::new(pattern, &options).unwrap()).collect();
    let objects: Vec<_> = OBJECTS.iter().map(|text| members(text)).collect();
    let time = |chance: &mut Chance| format!("2026-01-01T00:00:0{}Z", chance.below(8)).parse().unwrap();
    for _ in 0..25 {
        let observations: Vec<_> = (0..4)
            .map(|_| {
                let bits = chance.below(1 << objects.len());
                let visible = objects.iter().enumerate().filter(move |(at, _)| bits >> at & 1 == 1);
                let number = 1 + chance.below(2);
                Observation::of_objects(visible.map(|(_, object)| object)).seen(
                    &time(&mut chance),
                    &time(&mut chance),
                    number,
                )
            })
            .collect();
        let of = |seen: &[Observation<'_>]| -> Vec<usize> {
            (0..matchers.len()).filter(|at| matchers[*at].matches(seen).unwrap()).collect()
        };
        for seen in &observations {
            let expected = of(std::slice::from_ref(seen));
            let hits = set.matches(seen);
            let difference: Vec<_> = (0..patterns.len())
                .filter(|at| expected.contains(at) != hits.patterns.contains(at))
                .map(|at| patterns[at].text())
                .collect();
            assert_eq!(difference, [""; 0]);
            assert_eq!(hits, Hits { patterns: expected, undecided: Vec::new() });
        }
        let found: Vec<_> = set.scan(&observations).found.into_iter().map(|(pattern, _)| pattern).collect();
        assert_eq!(found, of(&observations));
    }
}

/// PM-10, PM-12: a pattern that cannot be compiled or decided does not keep the others from matching.
#[test]
fn bad_patterns_do_not_spoil_a_set() {
    let texts = [
        r"[x:s MATCHES '^(a|aa)+\\1$']",
        "[x:s MATCHES '(']",
        "[x:s LIKE 'a%']",
        r"[x:s MATCHES '^(a|aa)+\\1$'] AND [x:s LIKE 'a%']",
        r"[x:s MATCHES '^(a|aa)+\\1$' OR x:s LIKE 'a%']",
    ];
    let patterns = texts.map(|text| Pattern::parse(text).unwrap());
    let set = PatternSet::new(&patterns, &MatchOptions::default());
    assert!(matches!(set.rejected(), [(1, MatchError::Regex { .. })]));
    let object = members(&format!(r#"{{"type":"x","s":"{}b"}}"#, "a".repeat(60)));
    let hits = set.matches(&Observation::of_objects([&object]));
    assert_eq!(hits.patterns, [2, 4]);
    assert_eq!(hits.undecided, [(0, MatchError::Limit), (3, MatchError::Limit)]);
}
