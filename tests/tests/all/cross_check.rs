//! Our verdicts on objects against those of software that others wrote: stix2-validator and stix2.
//!
//! The same few thousand objects, most of them damaged in some way, go to all. Where we differ, one line of
//! `disagreements.tsv` says who is right and why; a difference without a line fails.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use stix_model::json::Json;
use stix_model::reader::{self, Limits};
use stix_model::validate::{self, Options};
use stix_model::{Object, Severity};
use taxii_tests::absent;
use taxii_tests::mutations::{Random, damage};
use taxii_tests::programs::Folder;
use taxii_tests::python::call;

const SCRIPT: &str = "stix_verdicts.py";
const DAMAGED: usize = 3000;

/// A line of `disagreements.tsv`: whose verdict it explains, on what, and why.
struct Line {
    tool: &'static str,
    /// `we` refuse and they do not, or `they` refuse and we do not.
    stricter: &'static str,
    /// Our rule, if need be with words of our finding after it, or words of their message; `…` stands for any text.
    about: &'static str,
}

impl Line {
    /// Does it explain why the stricter of us refuses?
    fn explains(&self, stricter: &str, message: &str) -> bool {
        let says = |text: &str, words: &str| {
            let mut rest = Some(text);
            words.split('…').for_each(|words| rest = rest.and_then(|text| Some(text.split_once(words)?.1)));
            rest.is_some()
        };
        let fits = match stricter {
            "we" => {
                let (rule, words) = self.about.split_once(' ').unwrap_or((self.about, ""));
                message.split_once(' ').is_some_and(|(ours, text)| ours == rule && says(text, words))
            }
            _ => says(message, self.about),
        };
        self.stricter == stricter && fits
    }
}

fn lines() -> Vec<Line> {
    let table = include_str!("../../disagreements.tsv").lines().filter(|line| !line.starts_with('#'));
    let line = |line: &'static str| match line.split('\t').collect::<Vec<_>>()[..] {
        [tool, stricter, about, rule, why] if !rule.is_empty() && !why.is_empty() => Line { tool, stricter, about },
        _ => panic!("disagreements.tsv: five columns: {line}"),
    };
    table.filter(|line| !line.is_empty()).map(line).collect()
}

/// T-*, CP-*, SDO-*, SRO-*, SCO-*: what stix2-validator refuses, we refuse, and the other way round.
#[test]
fn agrees_with_stix2_validator() {
    let Some(schemas) = absent::data("cross_check with stix2-validator", "oasis-schemas/schemas") else { return };
    compare("stix2-validator", "validator", json!({ "schemas": schemas }));
}

/// The same for what stix2 can parse at all.
#[test]
fn agrees_with_stix2() {
    compare("stix2", "parser", json!({}));
}

fn compare(tool: &'static str, function: &str, argument: Value) {
    let objects = objects();
    let folder = Folder::new();
    let file = folder.file("objects.jsonl");
    write(&file, &objects);
    let mut argument = argument;
    argument["file"] = json!(file);
    let Some(verdicts) = call(SCRIPT, function, &argument) else { return };
    let theirs: Vec<Vec<String>> = serde_json::from_value(verdicts).expect("a list for each object");
    assert_eq!(theirs.len(), objects.len());

    let lines: Vec<_> = lines().into_iter().filter(|line| line.tool == tool).collect();
    let mut used: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut unexplained = Vec::new();
    let (mut both_accept, mut both_refuse) = (0, 0);
    for (object, theirs) in objects.iter().zip(&theirs) {
        let ours = refusals(object);
        let (stricter, refusals) = match (ours.is_empty(), theirs.is_empty()) {
            (true, true) => {
                both_accept += 1;
                continue;
            }
            (false, false) => {
                both_refuse += 1;
                continue;
            }
            (false, true) => ("we", &ours),
            (true, false) => ("they", theirs),
        };
        let explain = |message: &String| lines.iter().find(|line| line.explains(stricter, message));
        match refusals.iter().map(explain).collect::<Option<Vec<_>>>() {
            Some(found) => {
                for line in found {
                    *used.entry((line.stricter, line.about)).or_default() += 1;
                }
            }
            None => unexplained.push(format!("{stricter} refuse, {refusals:?}: {object}")),
        }
    }
    println!(
        "{tool}: {} objects; both accept {both_accept}, both refuse {both_refuse}; explained: {used:?}",
        objects.len()
    );
    let shown: Vec<_> = unexplained.iter().take(40).map(String::as_str).collect();
    assert!(unexplained.is_empty(), "{} differences without a line:\n{}", unexplained.len(), shown.join("\n"));
    // Without the published examples, some differences do not show.
    if absent::data("cross_check of lines that explain nothing", "oasis-examples").is_some() {
        let unused = lines.iter().map(|line| (line.stricter, line.about)).filter(|line| !used.contains_key(line));
        let unused: Vec<_> = unused.map(|(stricter, about)| format!("{tool} {stricter} {about}")).collect();
        assert!(unused.is_empty(), "lines that explain nothing:\n{}", unused.join("\n"));
    }
}

/// Why we refuse an object: each time the rule, the type and the place, and what is wrong.
fn refusals(object: &Value) -> Vec<String> {
    let json = Json::from(object.clone());
    let findings = validate::object(&json, &Options::default());
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    let object_type = object["type"].as_str().expect("a type");
    errors.map(|finding| format!("{} {object_type}{}: {}", finding.rule, finding.pointer, finding.message())).collect()
}

/// Our own objects and published ones, as they are and damaged. What is made of our own does not depend on the others,
/// which not every machine has: the lines for them are needed everywhere.
fn objects() -> Vec<Value> {
    let (mut all, published) = (sources(own()), sources(published()));
    let mut random = Random::new(21);
    let mut damaged = |objects: &[Value], count| -> Vec<_> {
        let mut one = |_| damage(&random.pick(objects).clone(), &mut random);
        (0..if objects.is_empty() { 0 } else { count }).map(&mut one).collect()
    };
    let (of_own, of_published) = (damaged(&all, DAMAGED), damaged(&published, DAMAGED / 2));
    all.extend(published.into_iter().chain(of_own).chain(of_published));
    all
}

fn own() -> Option<PathBuf> {
    Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("../taxii-server/demo"))
}

fn published() -> Option<PathBuf> {
    absent::data("cross_check of the published examples", "oasis-examples")
}

fn sources(folder: Option<PathBuf>) -> Vec<Value> {
    let Some(folder) = folder else { return Vec::new() };
    let mut objects = Vec::new();
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").path()).collect();
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "json")) {
        let text = std::fs::read(file).expect("a file");
        let Ok((_, found)) = reader::from_slice(&text, &Limits::default()) else { continue };
        objects.extend(found.iter().map(|object| serde_json::from_str::<Value>(object.text.get()).expect("JSON")));
    }
    // What is 2.0 is another matter, and so are types that only we call custom.
    objects.retain(|object| object["spec_version"] == "2.1" || object.get("created").is_none());
    assert!(objects.len() > 20, "{}", objects.len());
    objects
}

fn write(file: &Path, objects: &[Value]) {
    let mut file = std::fs::File::create(file).expect("a file");
    objects.iter().for_each(|object| writeln!(file, "{object}").expect("a line"));
}

/// DET-01 to DET-08: for thousands of observables, the names that stix2 gives.
#[test]
fn deterministic_names_are_those_of_stix2() {
    let objects = observables();
    let folder = Folder::new();
    let file = folder.file("observables.jsonl");
    write(&file, &objects);
    let Some(names) = call(SCRIPT, "names", &json!({ "file": file })) else { return };
    let names: Vec<String> = serde_json::from_value(names).expect("a name for each");
    for (object, theirs) in objects.iter().zip(names) {
        let Json::Object(members) = Json::from(object.clone()) else { unreachable!() };
        let shape = stix_model::object::object_type(object["type"].as_str().expect("a type")).expect("a type");
        assert_eq!(stix_model::deterministic::name_of(shape, &members).as_str(), theirs, "{object}");
    }
}

fn observables() -> Vec<Value> {
    let mut random = Random::new(5);
    const TEXTS: [&str; 10] = [
        "plain",
        "quêry.dll",
        "a\tb\u{1}c\u{2028}d",
        "пример.рф",
        "\"quoted\" \\back\\",
        "🦀 crab",
        "\u{7f}del",
        "line\nline\r",
        "e\u{301}",
        "</script>",
    ];
    let address = json!("ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4");
    let mut made = Vec::new();
    for i in 0..3000 {
        let text = format!("{}{i}", random.pick(&TEXTS));
        let hex = |random: &mut Random, digits: usize| -> String {
            (0..digits).map(|_| char::from_digit(random.below(16) as u32, 16).expect("a digit")).collect()
        };
        made.push(match random.below(10) {
            0 => json!({"type": "domain-name", "value": text}),
            1 => json!({"type": "file", "name": text, "hashes": {"SHA-256": hex(&mut random, 64)}}),
            2 => json!({"type": "file", "name": text, "hashes": {"SHA-512": hex(&mut random, 128), "MD5": hex(&mut random, 32), "SHA-1": hex(&mut random, 40)}}),
            3 => json!({"type": "file", "name": text, "extensions": {"windows-pebinary-ext": {"pe_type": "exe",
                "sections": [{"name": ".text", "entropy": random.below(800) as f64 / 100.0, "size": random.below(9999)}]}}}),
            4 => json!({"type": "windows-registry-key", "key": format!("HKEY_USERS\\{text}"),
                "values": [{"name": text, "data": "1", "data_type": "REG_SZ"}, {"name": ""}]}),
            5 => json!({"type": "network-traffic", "src_ref": address, "protocols": ["ipv4", "tcp"], "src_port": random.below(65536),
                "start": format!("2020-01-01T00:00:{:02}.{}Z", random.below(60), (100_000 + random.below(900_000)) | 1),
                "extensions": {"http-request-ext": {"request_method": "get", "request_value": text, "request_header": {"User-Agent": [text]}}}}),
            6 => json!({"type": "email-message", "is_multipart": false, "subject": text, "body": text}),
            7 => json!({"type": "autonomous-system", "number": random.below(1 << 32)}),
            8 => json!({"type": "user-account", "user_id": text, "account_login": "x", "account_type": "unix"}),
            _ => json!({"type": "software", "name": text, "vendor": "ACME", "version": "1.0"}),
        });
    }
    made
}

/// LIB-02, AC-04, AC-11: whatever was published is valid and written as it was read, and real objects are of their type.
#[test]
fn published_content_round_trips() {
    for object in [own(), published()].into_iter().flat_map(sources) {
        assert_eq!(refusals(&object), Vec::<String>::new(), "{object}");
        let text = object.to_string();
        let typed = Object::parse(&text).expect("JSON");
        assert!(!matches!(typed, Object::Malformed(_)), "{text}");
        assert_eq!(serde_json::to_string(&typed).expect("text"), text);
    }
}
