//! Our reading of patterns against stix2-patterns, the reference.
//!
//! The same few thousand patterns, most of them in odd spellings and many damaged, go to both. Where we differ, one line of
//! `pattern_disagreements.tsv` says who is right and why; a difference without a line fails, and a line without one.

use std::collections::BTreeSet;
use std::io::{Read, Write};

use flate2::read::GzDecoder;
use serde_json::{Value, json};
use stix_model::pattern::{
    ComparisonExpression, InvalidPattern, Literal, ObservationExpression, Options, Pattern, Span, Test, Version,
};
use taxii_tests::absent;
use taxii_tests::mutations::Random;
use taxii_tests::patterns;
use taxii_tests::programs::Folder;
use taxii_tests::python::call;

const SCRIPT: &str = "stix_patterns.py";

/// What every reader of patterns has to take.
const VALID: &[&str] = &[
    "[file:size = 1280]",
    "[file:name IN ('a','b')]",
    "[ipv4-addr:value NOT ISSUBSET '192.168.0.1/24']",
    "[x_whatever:detected == t'2018-03-22T12:11:14.1Z']",
    "[artifact:payload_bin = b'dGhpcyBpcyBhIHRlc3Q=']",
    "[foo:bar=1] REPEATS 9 TIMES",
    "( [(network-traffic:dst_port IN(443,6443,8443) AND network-traffic:src_packets != 0) ])",
    "([a:b=1] REPEATS 2 TIMES) REPEATS 2 TIMES",
    "([a:b=1] WITHIN 5 SECONDS) WITHIN 6 SECONDS",
    "[a:b=1] START t'2026-01-01T00:00:00Z' STOP t'2026-01-02T00:00:00Z' OR [c:d=2] START t'2026-01-01T00:00:00Z' STOP t'2026-01-02T00:00:00Z'",
    "[file:extensions.'ntfs-ext'.sid = '234']",
    "[a:b = .5]",
    "[a:b = -0]",
    "[EXISTS windows-registry-key:values]",
    r"[a:b = '\\' AND a:c = '\'']",
    "/*c*/[/*c*/a/*c*/:/*c*/b/*c*/=/*c*/1/*c*/]/*c*/REPEATS/*c*/2/*c*/TIMES//end",
    "[\u{2028}a:b\u{a0}=\u{2028}1]\u{a0}",
    "[a:b MATCHES'x']",
    "[a:b = h'']",
    "[a:b IN ()]",
    "[a:b = b'dGhp\ncyBp\ncyBhIHRlc3Q=']",
    "[a:EXISTS = 1]",
    "[a:b = 1] START '2026-01-01T00:00:00Z' STOP '2026-01-02T00:00:00Z'",
    "[file:hashes.MD5 = 'B4D33B0C7306351B9ED96578465C5579']",
];

/// What none may take.
const INVALID: &[&str] = &[
    "",
    "   ",
    "[]",
    "file:name = 'a'",
    "[file:size = ]",
    "[file:name = foo]",
    "[file.size = 1]",
    "[file:name MATCHES /re/]",
    "[a:b = 1] WITHIN ]",
    "[a:b = 1] WITHIN 5 HOURS",
    "[a:b = 1] WITHIN -5 SECONDS",
    "[a:b = 1] WITHIN 0 SECONDS",
    "[a:b ISSUBSET ]",
    "[a:b =? 1]",
    "[a:b = t'2457-73-22T32:81:84.1Z']",
    "[a:b = b'====']",
    "[a:b = b'']",
    "[a:b = 1] within 5 SECONDS",
    "[a:b = 1 and a:c = 2]",
    "[a:b=1] WITHIN 5 SECONDS WITHIN 6 SECONDS",
    "([a:b=1]) WITHIN 5 SECONDS WITHIN 6 SECONDS",
    "[a:b=1] START t'2026-01-01T00:00:00Z' STOP t'2026-01-02T00:00:00Z' START t'2026-01-01T00:00:00Z' STOP t'2026-01-02T00:00:00Z'",
    "[a:b = t'2026-13-01T00:00:00Z']",
    "[a:b = t'2026-00-01T00:00:00Z']",
    "[a:b = t'2026-01-32T00:00:00Z']",
    "[a:b = t'2026-01-00T00:00:00Z']",
    "[a:b = t'2026-01-01T25:00:00Z']",
    "[a:b = t'2026-01-01T00:60:00Z']",
    "[a:b = t'2026-01-01T00:00:61Z']",
    "[a:b = t'2026-01-01T00:00:00']",
    "[a:b = t'2026-02-30T00:00:00Z']",
    "[a:b=1 AND c:d=2]",
    r"[a:b = 'C:\temp']",
    "[a:b = 01]",
    "[a:b = 5.]",
    "[a:b = 1e5]",
    "[a:b-c = 1]",
    "[a:b[-1] = 1]",
    "[a:b = 1]]",
    "[a:b IN (1,'x')]",
    "[a:b = 1] REPEATS 0 TIMES",
    "[a:b = 1] REPEATS 9999999999 TIMES",
    "[a:b = 170141183460469231731687303715884105728]",
    "[a:b = 'x",
    "[a:b = 1] /* x",
];

/// A line of `pattern_disagreements.tsv`.
struct Line {
    /// `we` refuse and they do not, `they` refuse and we do not, or what `both` read differs.
    stricter: &'static str,
    /// Our rule, if need be with words of our problem after it; or words of theirs, and of the pattern. `…` is any text.
    about: &'static str,
}

fn lines() -> Vec<Line> {
    let table = include_str!("../../pattern_disagreements.tsv").lines().filter(|line| !line.starts_with('#'));
    let line = |line: &'static str| match line.split('\t').collect::<Vec<_>>()[..] {
        [stricter, about, rule, why] if !rule.is_empty() && !why.is_empty() => Line { stricter, about },
        _ => panic!("pattern_disagreements.tsv: four columns: {line}"),
    };
    table.filter(|line| !line.is_empty()).map(line).collect()
}

impl Line {
    fn explains(&self, stricter: &str, message: &str) -> bool {
        let mut rest = Some(message);
        self.about.split('…').for_each(|words| rest = rest.and_then(|text| Some(text.split_once(words)?.1)));
        self.stricter == stricter && rest.is_some()
    }
}

fn options(version: &str) -> Options {
    let version = if version == "2.0" { Version::V2_0 } else { Version::V2_1 };
    Options { version, ..Options::default() }
}

/// Each pattern with the version that it is read as.
fn samples() -> Vec<(&'static str, String)> {
    let mut random = Random::new(9);
    let fixed: Vec<_> = VALID.iter().chain(INVALID).map(|text| (*text).to_owned()).collect();
    let mut texts = patterns::forms();
    for _ in 0..1000 {
        let words = patterns::words(&mut random);
        texts.push(patterns::joined(&words, &mut random));
    }
    texts.extend((0..2000).map(|_| patterns::damaged(&mut random)));
    texts.extend(published());
    let in_20: Vec<_> = fixed.iter().chain(texts.iter().step_by(3)).cloned().map(|text| ("2.0", text)).collect();
    fixed.into_iter().chain(texts).map(|text| ("2.1", text)).chain(in_20).collect()
}

/// PG-01 to PG-17: what stix2-patterns refuses, we refuse, and the other way round; what both take, both understand alike.
#[test]
fn pattern_verdicts_are_those_of_stix2_patterns() {
    let samples = samples();
    let folder = Folder::new();
    let file = folder.file("patterns.jsonl");
    let mut written = std::fs::File::create(&file).unwrap();
    samples.iter().for_each(|sample| writeln!(written, "{}", json!(sample)).unwrap());
    let Some(verdicts) = call(SCRIPT, "verdicts", &json!({ "file": file })) else { return };
    let verdicts = verdicts.as_array().unwrap();
    assert_eq!(verdicts.len(), samples.len());

    let lines = lines();
    let mut used = BTreeSet::new();
    let mut unexplained = Vec::new();
    let (mut both_accept, mut both_refuse, mut differ) = (0, 0, 0);
    for ((version, text), theirs) in samples.iter().zip(verdicts) {
        let ours = Pattern::parse_with(text, &options(version));
        let errors: Vec<_> = theirs["errors"].as_array().unwrap().iter().map(|error| error.as_str().unwrap()).collect();
        let (stricter, reasons) = match (&ours, errors.is_empty()) {
            (Ok(pattern), true) => {
                both_accept += 1;
                let (ours, theirs) = (understood(pattern), json!([theirs["shape"], theirs["constants"]]));
                if ours == theirs {
                    continue;
                }
                ("both", vec![format!("we {ours}, they {theirs}")])
            }
            (Err(_), false) => {
                both_refuse += 1;
                continue;
            }
            (Err(invalid), true) => ("we", reasons(invalid)),
            (Ok(_), false) => ("they", vec![format!("{} {version} {text:?}", errors.join("; "))]),
        };
        differ += 1;
        let explain = |reason: &String| lines.iter().find(|line| line.explains(stricter, reason));
        match reasons.iter().map(explain).collect::<Option<Vec<_>>>() {
            Some(found) => used.extend(found.into_iter().map(|line| (line.stricter, line.about))),
            None => unexplained.push(format!("{stricter} in {version}, {text:?}: {reasons:?}")),
        }
    }
    println!("{} patterns: both accept {both_accept}, both refuse {both_refuse}, {differ} differ", samples.len());
    unexplained.sort_by_key(String::len);
    let shown: Vec<_> = unexplained.iter().take(60).map(String::as_str).collect();
    assert!(unexplained.is_empty(), "{} differences without a line:\n{}", unexplained.len(), shown.join("\n"));
    let vain: Vec<_> =
        lines.iter().map(|line| (line.stricter, line.about)).filter(|line| !used.contains(line)).collect();
    assert!(vain.is_empty(), "lines without a difference: {vain:?}");
}

fn reasons(invalid: &InvalidPattern) -> Vec<String> {
    invalid.problems.iter().map(|problem| format!("{} {}", problem.rule, problem.message())).collect()
}

/// How we understand a pattern: what is joined with what, at which places, and the constants.
fn understood(pattern: &Pattern) -> Value {
    let text = pattern.text();
    let place = |span: Span| {
        let character = |byte: usize| text[..byte].chars().count();
        json!([character(span.start), character(span.end)])
    };
    let constants: Vec<_> = pattern.comparisons().flat_map(|comparison| constants(&comparison.test)).collect();
    json!([observation(pattern.expression(), &place), constants])
}

fn observation(expression: &ObservationExpression, place: &dyn Fn(Span) -> Value) -> Value {
    let joined =
        |items: &[ObservationExpression]| -> Vec<Value> { items.iter().map(|item| observation(item, place)).collect() };
    match expression {
        ObservationExpression::Observation(inside) => json!({ "observed": comparison(inside, place) }),
        ObservationExpression::And(items) => json!({ "AND": joined(items) }),
        ObservationExpression::Or(items) => json!({ "OR": joined(items) }),
        ObservationExpression::FollowedBy(items) => json!({ "FOLLOWEDBY": joined(items) }),
        ObservationExpression::Qualified { expression, qualifier, .. } => {
            json!({ "expression": observation(expression, place), "qualifier": place(qualifier.span) })
        }
    }
}

fn comparison(expression: &ComparisonExpression, place: &dyn Fn(Span) -> Value) -> Value {
    let joined =
        |items: &[ComparisonExpression]| -> Vec<Value> { items.iter().map(|item| comparison(item, place)).collect() };
    match expression {
        ComparisonExpression::And(items) => json!({ "AND": joined(items) }),
        ComparisonExpression::Or(items) => json!({ "OR": joined(items) }),
        ComparisonExpression::Comparison(comparison) => place(comparison.span),
    }
}

fn constants(test: &Test) -> Vec<Value> {
    match test {
        Test::Exists => Vec::new(),
        Test::Equal(constant)
        | Test::NotEqual(constant)
        | Test::Less(constant)
        | Test::LessOrEqual(constant)
        | Test::Greater(constant)
        | Test::GreaterOrEqual(constant) => vec![self::constant(constant)],
        Test::In(constants) => constants.iter().map(|constant| self::constant(constant)).collect(),
        Test::Like(text) | Test::Matches(text) | Test::IsSubset(text) | Test::IsSuperset(text) => {
            vec![json!(["str", text.value])]
        }
    }
}

fn constant(constant: &Literal) -> Value {
    match constant {
        Literal::Boolean(value) => json!(["bool", if *value { "True" } else { "False" }]),
        Literal::Integer(value) => json!(["int", value.to_string()]),
        Literal::Float(value) => json!(["float", format!("{:016x}", value.to_bits())]),
        Literal::String(text) => json!(["str", text]),
        Literal::Hex(bytes) | Literal::Binary(bytes) => {
            json!(["bytes", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()])
        }
        Literal::Timestamp(timestamp) => json!(["timestamp", timestamp.as_str()]),
    }
}

/// The patterns of published indicators.
fn published() -> Vec<String> {
    let mut texts = Vec::new();
    if let Some(folder) = absent::data("patterns of the published examples", "oasis-examples") {
        for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
            if file.extension().is_some_and(|extension| extension == "json") {
                texts.push(std::fs::read_to_string(file).unwrap());
            }
        }
    }
    let bundle = absent::real_bundle("patterns");
    let bytes = std::fs::read(&bundle).unwrap();
    let mut text = String::new();
    if bundle.extension().is_some_and(|extension| extension == "gz") {
        GzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
    } else {
        text = String::from_utf8(bytes).unwrap();
    }
    texts.push(text);
    let mut patterns = Vec::new();
    texts.iter().for_each(|text| collect(&serde_json::from_str(text).unwrap(), &mut patterns));
    patterns
}

fn collect(value: &Value, patterns: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if members.get("type") == Some(&json!("indicator"))
                && members.get("pattern_type").is_none_or(|it| it == "stix")
            {
                patterns.extend(members["pattern"].as_str().map(str::to_owned));
            }
            members.values().for_each(|inside| collect(inside, patterns));
        }
        Value::Array(items) => items.iter().for_each(|inside| collect(inside, patterns)),
        _ => {}
    }
}

/// PG-19: the patterns of published indicators are read, printed, and read again as the same.
#[test]
fn patterns_that_were_published_round_trip() {
    let texts = published();
    assert!(!texts.is_empty());
    for text in &texts {
        let pattern = Pattern::parse(text).unwrap_or_else(|invalid| panic!("{text}\n{invalid}"));
        assert_eq!(Pattern::parse(&pattern.to_string()).as_ref(), Ok(&pattern), "{text}");
    }
    println!("{} patterns", texts.len());
}

/// PG-01 to PG-22: what the reference takes or refuses for sure, whether it is here or not.
#[test]
fn patterns_that_are_well_known_are_judged_rightly() {
    for text in VALID {
        let version = if text.contains("START '") || text.contains(":EXISTS") { "2.0" } else { "2.1" };
        Pattern::parse_with(text, &options(version)).unwrap_or_else(|invalid| panic!("{text}\n{invalid}"));
    }
    for text in INVALID {
        assert!(Pattern::parse(text).is_err(), "{text}");
    }
}
