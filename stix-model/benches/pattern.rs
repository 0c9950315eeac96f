//! How fast patterns are read, and matched with what was observed.
//!
//! `cargo bench -p stix-model --bench pattern`, with `parse`, `set` or `search` for one part alone; with
//! `TEST_TAXII_PYTHON=tests/.venv/bin/python`, which `tests/run` makes, also against stix2-patterns. Absolute figures
//! swing with the machine.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a benchmark that cannot go on stops")]

use std::hint::black_box;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Instant;

use stix_model::Timestamp;
use stix_model::json::{Json, Members};
use stix_model::pattern::Pattern;
use stix_model::pattern::matcher::{MatchOptions, Matcher, Observation, PatternSet};

const ROUNDS: usize = 5;

/// Observations that a set of patterns is matched with.
const OBSERVATIONS: usize = 100_000;

fn main() {
    println!("{:<58} {:>12} {:>12} {:>7} {:>8}", "", "measured", "limit", "ratio", "to reach");
    // With an argument, one part alone, for a profile.
    let part = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let wanted = |name: &str| part.as_deref().is_none_or(|part| part == name);
    if wanted("parse") {
        parse();
    }
    if wanted("set") {
        set();
    }
    if wanted("search") {
        search();
    }
}

fn row(what: &str, measured: f64, limit: f64, unit: &str, to_reach: &str) {
    let number = |value: f64| format!("{value:.0}{unit}");
    println!("{what:<58} {:>12} {:>12} {:>7.2} {to_reach:>8}", number(measured), number(limit), measured / limit);
}

/// The best rate of several rounds, of so many each.
fn best(count: usize, mut work: impl FnMut()) -> f64 {
    let mut best = 0.0_f64;
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        work();
        best = best.max(count as f64 / begin.elapsed().as_secs_f64());
    }
    best
}

fn parse() {
    for (what, of) in [("patterns of one value", atomic as fn(usize) -> String), ("patterns of many kinds", realistic)]
    {
        let texts: Vec<String> = (0..600).map(of).collect();
        let rounds = 50;
        let rate = best(texts.len() * rounds, || {
            for text in texts.iter().cycle().take(texts.len() * rounds) {
                black_box(Pattern::parse(text).expect("a pattern").check());
            }
        });
        // On other machines it validated 1,900 to 2,600 simple ones.
        let (theirs, whose) = of_stix2_patterns(&texts).map_or((2500.0, "2,500/s"), |rate| (rate, "stix2-patterns"));
        row(&format!("{what} read and checked, against {whose}"), rate, theirs, "/s", ">= 200");
    }
}

/// How many patterns a second stix2-patterns validates, if `TEST_TAXII_PYTHON` names a Python that has it.
fn of_stix2_patterns(texts: &[String]) -> Option<f64> {
    const SCRIPT: &str = "import sys, time
from stix2patterns.validator import validate
texts = sys.stdin.read().splitlines()
best = 0.0
for _ in range(3):
    begin = time.perf_counter()
    for text in texts:
        assert validate(text, '2.1'), text
    best = max(best, len(texts) / (time.perf_counter() - begin))
print(best)";
    let python = std::env::var("TEST_TAXII_PYTHON").ok()?;
    let mut command = Command::new(python);
    let mut running =
        command.args(["-c", SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("Python");
    running.stdin.take().expect("a pipe").write_all(texts.join("\n").as_bytes()).expect("patterns");
    let output = running.wait_with_output().expect("a rate");
    Some(String::from_utf8_lossy(&output.stdout).trim().parse().expect("a rate"))
}

/// Patterns as feeds have them, from short to long.
fn realistic(n: usize) -> String {
    match n % 10 {
        0 | 1 => atomic(n),
        2 => format!("[file:hashes.'SHA-256' = '{n:064x}' OR file:hashes.MD5 = '{n:032x}']"),
        3 => format!("[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '10.0.{}.{}' AND network-traffic:dst_port = 443]", n / 250, n % 250),
        4 => format!("[email-message:from_ref.value MATCHES '.+\\\\@example{n}\\\\.com$' AND email-message:body_multipart[*].body_raw_ref.name MATCHES '^Final Report.+\\\\.exe$']"),
        5 => format!("[file:name = 'dropper{n}.exe'] FOLLOWEDBY [windows-registry-key:key LIKE '%\\\\Run' AND windows-registry-key:values[*].data LIKE '%dropper{n}%'] WITHIN 300 SECONDS"),
        6 => format!("([ipv4-addr:value = '203.0.113.{}'] AND [domain-name:value = 'c{n}.example.org']) WITHIN 600 SECONDS", n % 250),
        7 => format!("[url:value IN ('https://a{n}.example.com/x', 'https://b{n}.example.com/y', 'https://c{n}.example.com/z')]"),
        8 => "[user-account:account_type = 'unix' AND user-account:user_id = '1007' AND user-account:account_login = 'Peter'] REPEATS 5 TIMES WITHIN 1800 SECONDS".to_owned(),
        _ => format!("[ipv4-addr:value ISSUBSET '198.{}.0.0/16'] START t'2026-01-01T00:00:00Z' STOP t'2026-02-01T00:00:00Z'", n % 250),
    }
}

/// An indicator of one thing: hashes, addresses, names, URLs, networks, endings of names.
fn atomic(n: usize) -> String {
    match n % 8 {
        0 | 1 => format!("[file:hashes.'SHA-256' = '{n:064x}']"),
        2 => format!("[ipv4-addr:value = '{}']", address(n)),
        3 => format!("[domain-name:value = 'host-{n}.example.com']"),
        4 => format!("[url:value = 'https://host-{n}.example.com/index.html']"),
        5 => format!("[file:name = 'sample-{n}.exe' AND file:size = {n}]"),
        6 => format!("[ipv4-addr:value ISSUBSET '{}/28']", address(n)),
        _ => format!("[domain-name:value LIKE '%.zone-{n}.example.net']"),
    }
}

fn address(n: usize) -> String {
    format!("{}.{}.{}.{}", 11 + n / 15_625_000, n / 62_500 % 250, n / 250 % 250, n % 250)
}

/// Observables of each kind, far more different ones than there are patterns of.
fn objects() -> Vec<Members<'static>> {
    let object = |n: usize| {
        let n = n.wrapping_mul(7919) % 4_000_000;
        let text = match n % 4 {
            0 => format!(
                r#"{{"type":"file","id":"file--{n}","name":"sample-{n}.exe","size":{n},"hashes":{{"SHA-256":"{n:064x}","MD5":"{n:032x}"}}}}"#
            ),
            1 => format!(r#"{{"type":"ipv4-addr","id":"ipv4-addr--{n}","value":"{}"}}"#, address(n)),
            2 => format!(r#"{{"type":"domain-name","id":"domain-name--{n}","value":"host-{n}.example.com"}}"#),
            _ => format!(r#"{{"type":"url","id":"url--{n}","value":"https://host-{n}.example.com/index.html"}}"#),
        };
        match Json::parse(&text).expect("JSON").into_owned() {
            Json::Object(members) => members,
            _ => Members::new(),
        }
    };
    (0..OBSERVATIONS).map(object).collect()
}

fn set() {
    let objects = objects();
    let observations: Vec<_> = objects.iter().map(|object| Observation::of_objects([object])).collect();
    let mut rates = Vec::new();
    for count in [10, 100, 1000, 10_000, 100_000] {
        let patterns: Vec<Pattern> = (0..count).map(|n| Pattern::parse(&atomic(n)).expect("a pattern")).collect();
        let begin = Instant::now();
        let set = PatternSet::new(&patterns, &MatchOptions::default());
        let built = count as f64 / begin.elapsed().as_secs_f64();
        let mut hits = 0;
        let rate = best(OBSERVATIONS, || {
            hits = observations.iter().map(|seen| set.matches(seen).patterns.len()).sum();
        });
        rates.push(rate);
        row(&format!("observations against {count} patterns, {hits} hits"), rate, 200_000.0, "/s", ">= 1.00");
        if count == 10_000 {
            row("  the set of them made ready, patterns", built, 100_000.0, "/s", ">= 1.00");
        }
    }
    row("  with 100,000 patterns against with 1,000", rates[4], rates[2], "/s", ">= 0.50");
}

/// Patterns of several observations, over many.
fn search() {
    let objects = objects();
    let time = |n: usize| -> Timestamp {
        let (hour, minute, second) = (n / 3600 % 24, n / 60 % 60, n % 60);
        format!("2026-01-{:02}T{hour:02}:{minute:02}:{second:02}Z", 1 + n / 86_400).parse().expect("a timestamp")
    };
    let observations: Vec<_> = objects
        .iter()
        .enumerate()
        .map(|(n, object)| Observation::of_objects([object]).seen(&time(n * 10), &time(n * 10 + n % 7), 1))
        .collect();
    for text in [
        "[domain-name:value LIKE 'host-%'] REPEATS 100 TIMES WITHIN 1000 SECONDS",
        "([file:size > 0] AND [url:value LIKE '%html'] AND [domain-name:value LIKE 'host-%']) WITHIN 9 SECONDS",
        "[file:size > 0] FOLLOWEDBY [url:value LIKE '%html'] FOLLOWEDBY [domain-name:value LIKE 'host-%']",
        "([url:value LIKE '%html'] FOLLOWEDBY [domain-name:value LIKE 'host-1%']) WITHIN 9 SECONDS",
    ] {
        let matcher = Matcher::new(
            &Pattern::parse(text).expect("a pattern"),
            &MatchOptions { steps: u64::MAX, ..MatchOptions::default() },
        );
        let matcher = matcher.expect("a matcher");
        let mut found = false;
        let rate = best(OBSERVATIONS, || found = matcher.matches(&observations).expect("an answer"));
        println!("  {found:<5} {text}");
        row("  observations", rate, 200_000.0, "/s", ">= 1.00");
    }
}
