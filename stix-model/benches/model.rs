//! How fast objects are read, checked and named, against `serde_json::Value` on the same text in the same run.
//!
//! `cargo bench -p stix-model`; with `TEST_TAXII_DATA` set to a folder that has `ics-attack-18.1.json.gz`, also on
//! ATT&CK. Absolute figures swing with the machine; the ratios are what counts.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a benchmark that cannot go on stops")]

use std::fmt::Write;
use std::hint::black_box;
use std::io::Read;
use std::time::Instant;

use stix_model::json::{self, Json};
use stix_model::reader::{self, Limits};
use stix_model::validate::{self, BundleCheck, Options};
use stix_model::{Object, deterministic};

const ROUNDS: usize = 15;

fn main() {
    println!("{:<58} {:>12} {:>12} {:>7} {:>8}", "", "measured", "limit", "ratio", "to reach");
    // With an argument, one part alone, for a profile.
    let part = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let wanted = |name: &str| part.as_deref().is_none_or(|part| part == name);
    if wanted("stream") {
        stream();
    }
    if wanted("objects") {
        corpus("generated objects", &generated(20_000));
    }
    if wanted("attack") {
        attack();
    }
    if wanted("names") {
        names();
    }
    if wanted("memory") {
        memory();
    }
}

/// The objects of ATT&CK for ICS, where they are to be had.
fn attack() {
    let Ok(folder) = std::env::var("TEST_TAXII_DATA") else { return };
    let file = std::fs::read(std::path::Path::new(&folder).join("ics-attack-18.1.json.gz")).expect("ATT&CK");
    let mut text = String::new();
    flate2::read::GzDecoder::new(file.as_slice()).read_to_string(&mut text).expect("text");
    let (_, objects) = reader::from_str(&text, &Limits::default()).expect("a bundle");
    let texts: Vec<_> = objects.iter().map(|object| object.text.get().to_owned()).collect();
    corpus("ATT&CK for ICS", &texts);
}

fn row(what: &str, measured: f64, limit: f64, unit: &str, to_reach: &str) {
    let number = |value: f64| format!("{value:.0}{unit}");
    println!("{what:<58} {:>12} {:>12} {:>7.2} {to_reach:>8}", number(measured), number(limit), measured / limit);
}

/// Objects per second, the best of several rounds of each in turn, so that whatever else the machine does meets both.
fn corpus(of: &str, texts: &[String]) {
    let options = Options::default();
    let mut best = [0.0_f64; 4];
    for _ in 0..ROUNDS {
        let rates = [
            rate(texts, |text| drop(black_box(serde_json::from_str::<serde_json::Value>(text).expect("JSON")))),
            rate(texts, |text| drop(black_box(Object::parse(text).expect("JSON")))),
            rate(texts, |text| {
                let json = Json::parse(text).expect("JSON");
                black_box(validate::object(&json, &options));
            }),
            rate(texts, |text| {
                let object = Object::parse(text).expect("JSON");
                black_box(validate::members(object.members(), &options));
            }),
        ];
        for (best, rate) in best.iter_mut().zip(rates) {
            *best = best.max(rate);
        }
    }
    let [value, typed, checked, typed_checked] = best;
    row(&format!("{of}: typed parse against Value"), typed, value, "/s", ">= 1.00");
    row("  checked, without making typed objects", checked, value, "/s", ">= 0.60");
    row("  typed parse and check", typed_checked, value, "/s", ">= 0.60");
}

fn rate(texts: &[String], mut work: impl FnMut(&str)) -> f64 {
    let begin = Instant::now();
    texts.iter().for_each(|text| work(text));
    texts.len() as f64 / begin.elapsed().as_secs_f64()
}

/// Deterministic names; stix2 3.0.2 was measured at 6,000 a second on two cores.
fn names() {
    let objects: Vec<Json<'_>> = (0..50_000)
        .map(|i| Json::parse(&format!(r#"{{"value":"host-{i}.example.com"}}"#)).expect("JSON").into_owned())
        .collect();
    let mut best = 0.0_f64;
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        for object in &objects {
            black_box(deterministic::uuid_of(&["value"], object.as_object().expect("an object")));
        }
        best = best.max(objects.len() as f64 / begin.elapsed().as_secs_f64());
    }
    row("deterministic names against stix2 (6,000/s)", best, 6000.0, "/s", ">= 100");
}

/// Resident memory of a parsed bundle against its text.
fn memory() {
    let texts = generated(100_000);
    let bytes: usize = texts.iter().map(String::len).sum();
    let before = resident("VmRSS:");
    let objects: Vec<Object> = texts.iter().map(|text| Object::parse(text).expect("JSON")).collect();
    let after = resident("VmRSS:");
    black_box(&objects);
    row("memory of parsed objects against their text", after - before, bytes as f64 / 1048576.0, " MiB", "<= 3.00");
}

/// A bundle of 1 GB, checked while it is read.
fn stream() {
    const SIZE: usize = 1 << 30;
    let begin = Instant::now();
    let options = Options::default();
    let mut check = BundleCheck::new(&options, false);
    let mut objects = 0_usize;
    reader::read(Endless::new(SIZE), &Limits::default(), |object| {
        objects += 1;
        let json = Json::parse_leniently(object.text.get(), json::DEPTH).map_err(reader::ReadError::Json)?.0;
        black_box(json.as_object().map(|members| check.add(members)));
        Ok(())
    })
    .expect("a bundle");
    black_box(check.finish());
    let seconds = begin.elapsed().as_secs_f64();
    println!("  a bundle of 1 GB: {objects} objects in {seconds:.0} s, {:.0}/s", objects as f64 / seconds);
    row("memory while a bundle of 1 GB is checked", resident("VmHWM:"), 200.0, " MiB", "< 1.00");
}

/// A bundle of so many bytes, made as it is read.
struct Endless {
    left: usize,
    next: usize,
    buffer: Vec<u8>,
    at: usize,
}

impl Endless {
    fn new(size: usize) -> Self {
        Self {
            left: size,
            next: 0,
            buffer: b"{\"type\":\"bundle\",\"id\":\"bundle--5d0092c5-5f74-4287-9642-33f4c354e56d\",\"objects\":["
                .to_vec(),
            at: 0,
        }
    }
}

impl Read for Endless {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.buffer.len() {
            self.buffer.clear();
            self.at = 0;
            if self.left > 0 {
                let comma = if self.next == 0 { "" } else { "," };
                self.buffer.extend(format!("{comma}{}", object(self.next)).bytes());
                self.next += 1;
                self.left = self.left.saturating_sub(self.buffer.len());
                if self.left == 0 {
                    self.buffer.extend(b"]}");
                }
            }
        }
        let n = out.len().min(self.buffer.len() - self.at);
        out[..n].copy_from_slice(&self.buffer[self.at..self.at + n]);
        self.at += n;
        Ok(n)
    }
}

fn generated(count: usize) -> Vec<String> {
    (0..count).map(object).collect()
}

/// Indicators, relationships and files of the sizes that feeds have.
fn object(n: usize) -> String {
    let mut text = String::new();
    let id = |n: usize| {
        format!(
            "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
            n.wrapping_mul(2_654_435_761) & 0xffff_ffff,
            n & 0xffff,
            n % 4096,
            (n / 7) % 4096,
            n
        )
    };
    let dates = "\"created\":\"2026-01-01T00:00:00.000Z\",\"modified\":\"2026-01-01T00:00:00.000Z\"";
    let marking = "\"object_marking_refs\":[\"marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb\"]";
    let creator = "\"created_by_ref\":\"identity--5c1b7e21-7f0a-4b39-9d63-0a6d9e2f1c11\"";
    let written = match n % 4 {
        0 | 1 => write!(
            text,
            "{{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"indicator--{}\",{creator},{dates},\"name\":\"Address {n} of a control server\",\"description\":\"Seen in traffic from several sites; the address answered with a self-signed certificate and was taken down later. Reported by an automated sensor, not reviewed.\",\"indicator_types\":[\"malicious-activity\"],\"pattern\":\"[ipv4-addr:value = '10.0.{}.{}']\",\"pattern_type\":\"stix\",\"pattern_version\":\"2.1\",\"valid_from\":\"2026-01-01T00:00:00Z\",\"confidence\":{},{marking}}}",
            id(n),
            n / 250 % 250,
            n % 250,
            n % 101
        ),
        2 => write!(
            text,
            "{{\"type\":\"relationship\",\"spec_version\":\"2.1\",\"id\":\"relationship--{}\",{creator},{dates},\"relationship_type\":\"indicates\",\"source_ref\":\"indicator--{}\",\"target_ref\":\"malware--31b940d4-6f7f-459a-80ea-9c1f17b5891b\",{marking}}}",
            id(n),
            id(n - 1)
        ),
        _ => write!(
            text,
            "{{\"type\":\"file\",\"spec_version\":\"2.1\",\"id\":\"file--{}\",\"name\":\"sample-{n}.exe\",\"size\":{n},\"hashes\":{{\"SHA-256\":\"{:064x}\",\"MD5\":\"{:032x}\"}},{marking}}}",
            id(n),
            n,
            n
        ),
    };
    written.expect("text");
    text
}

/// A line of the process's memory, in MiB.
fn resident(line: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|text| text.strip_prefix(line)).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or_default() / 1024.0
}
