//! Observed data and patterns over so few names, values and times that about half of them match.

use serde_json::{Value, json};

use crate::mutations::Random;

/// The number of an object, as the end of its name.
fn id(object_type: &str, number: usize) -> String {
    format!("{object_type}--00000000-0000-4000-8000-{number:012}")
}

fn instant(second: usize) -> String {
    format!("2026-01-01T00:00:{second:02}Z")
}

/// The objects of a bundle: observables, and observed data that refers to some of them.
pub fn bundle(random: &mut Random) -> Vec<Value> {
    let mut objects: Vec<Value> = Vec::new();
    for number in 0..3 + random.below(4) {
        objects.push(observable(number, random));
    }
    // What is referred to is there, but perhaps not to be seen in the same observation.
    let addresses = |random: &mut Random| json!(id("ipv4-addr", 90 + random.below(2)));
    objects.push(json!({"type": "ipv4-addr", "id": id("ipv4-addr", 90), "value": "10.0.0.1"}));
    objects.push(json!({"type": "ipv4-addr", "id": id("ipv4-addr", 91), "value": "192.168.1.0/24"}));
    objects.push(json!({"type": "network-traffic", "id": id("network-traffic", 92), "src_ref": addresses(random),
        "dst_ref": addresses(random), "src_port": random.below(2), "protocols": ["tcp", "ipv4"]}));
    let all: Vec<_> = objects.iter().map(|object| object["id"].clone()).collect();
    for number in 0..2 + random.below(4) {
        let first = random.below(12);
        let mut refs: Vec<_> = all.iter().filter(|_| random.below(3) > 0).cloned().collect();
        if refs.is_empty() {
            refs.push(random.pick(&all).clone());
        }
        objects.push(json!({
            "type": "observed-data", "id": id("observed-data", number), "object_refs": refs,
            "first_observed": instant(first), "last_observed": instant(first + [0, 0, 5][random.below(3)]),
            "number_observed": *random.pick(&[1, 1, 1, 2, 3]),
        }));
    }
    objects
}

fn observable(number: usize, random: &mut Random) -> Value {
    let names = ["a", "b", "ab", "A", "", "é", "e\u{301}", "a.b"];
    let some = |random: &mut Random| match random.below(6) {
        0 => json!(random.below(3)),
        1 => json!(1.5),
        2 => json!(*random.pick(&names)),
        3 => json!(random.below(2) == 0),
        4 => json!([1, "a"]),
        _ => json!({ "k": 1 }),
    };
    let mut object = match random.below(3) {
        0 => {
            json!({"type": "file", "name": *random.pick(&names), "size": random.below(3), "ctime": instant(random.below(3)),
            "hashes": {"MD5": *random.pick(&names), "SHA-256": "a"}})
        }
        _ => {
            json!({"type": "x-thing", "n": *random.pick(&[json!(0), json!(1), json!(1.5), json!(1.0), json!(-1)]), "s": *random.pick(&names),
            "f": random.below(2) == 0, "any": some(random), "l": [random.below(3), random.below(3)], "e": [],
            "d": {"k": some(random), "a-b": random.below(2)}, "o": [{"k": random.below(2), "s": "a"}, {"k": random.below(2), "s": "b"}],
            "raw_hex": *random.pick(&["00ff", "61", "6162"]), "raw_bin": *random.pick(&["AP8=", "YQ=="])})
        }
    };
    if random.below(3) == 0 {
        let members = object.as_object_mut().expect("an object");
        let names: Vec<_> = members.keys().filter(|name| *name != "type").cloned().collect();
        members.remove(random.pick(&names));
    }
    object["id"] = json!(id(object["type"].as_str().expect("a type"), number));
    object
}

/// Paths, each with constants that its values compare with.
const PATHS: &[(&str, &[&str])] = &[
    ("file:name", STRINGS),
    ("file:size", NUMBERS),
    ("file:hashes.MD5", STRINGS),
    ("file:hashes.'SHA-256'", STRINGS),
    ("file:ctime", TIMES),
    ("x-thing:n", NUMBERS),
    ("x-thing:s", STRINGS),
    ("x-thing:l[*]", NUMBERS),
    ("x-thing:l[0]", NUMBERS),
    ("x-thing:l[5]", NUMBERS),
    ("x-thing:e[*]", NUMBERS),
    ("x-thing:d.'a-b'", NUMBERS),
    ("x-thing:o[*].k", NUMBERS),
    ("x-thing:o[1].s", STRINGS),
    ("x-thing:raw_hex", OCTETS),
    ("x-thing:raw_bin", OCTETS),
    ("network-traffic:src_port", NUMBERS),
    ("network-traffic:src_ref.value", STRINGS),
    ("network-traffic:dst_ref.value", STRINGS),
    ("network-traffic:protocols[*]", STRINGS),
    ("ipv4-addr:value", STRINGS),
    ("ipv4-addr:absent", STRINGS),
];
/// Paths whose values are of any kind; only whether they are equal is asked.
const MIXED: &[&str] =
    &["x-thing:any", "x-thing:d.k", "x-thing:f", "x-thing:l", "x-thing:d", "file:size", "file:name", "x-thing:n"];
const STRINGS: &[&str] = &["'a'", "'b'", "'ab'", "''", "'é'", "'10.0.0.1'", "'tcp'"];
const NUMBERS: &[&str] = &["0", "1", "1.5", "1.0", "-1", "2"];
const TIMES: &[&str] = &["t'2026-01-01T00:00:00Z'", "t'2026-01-01T00:00:01.0Z'", "t'2026-01-01T00:00:01.5Z'"];
const OCTETS: &[&str] = &["h'00ff'", "b'AP8='", "b'YQ=='", "h'61'", "'a'", "'ab'", "h''"];
const WILDCARDS: &[&str] = &["'a'", "'%'", "'a%'", "'_'", "'%b'", "'_b'", "''", "'a.b'", "'é'", "'e\u{301}'", "'10.%'"];
const EXPRESSIONS: &[&str] =
    &["'a'", "'^a'", "'b$'", "'^.$'", "'[ab]+'", "'(?i)A'", "'^$'", "'a\\\\.b'", "'é'", "'x|b'"];
const NETWORKS: &[&str] = &["'10.0.0.0/8'", "'10.0.0.1/32'", "'192.168.0.0/16'", "'192.168.1.0/24'", "'10.0.0.7/24'"];

/// What is true of any value that is there.
const DIFFERS_FROM_ALL: &str = " != 'no such text'";

/// The pattern with `EXISTS` where it says the same by way of a comparison, for who does not know `EXISTS`.
pub fn with_exists(pattern: &str) -> String {
    PATHS.iter().fold(pattern.to_owned(), |text, (path, _)| {
        text.replace(&format!("{path}{DIFFERS_FROM_ALL}"), &format!("EXISTS {path}"))
    })
}

/// A pattern over what is in the bundles.
pub fn pattern(random: &mut Random) -> String {
    observations(random, 2)
}

fn observations(random: &mut Random, depth: usize) -> String {
    let inside = match random.below(if depth == 0 { 1 } else { 4 }) {
        0 | 1 => format!("[{}]", comparisons(random, 2)),
        _ => {
            let operator = *random.pick(&["AND", "OR", "FOLLOWEDBY"]);
            format!("({} {operator} {})", observations(random, depth - 1), observations(random, depth - 1))
        }
    };
    // Never as long as observations are apart: that is another matter.
    match random.below(10) {
        0 => format!("{inside} WITHIN {} SECONDS", random.pick(&["0.5", "2.5", "4.5", "8.5"])),
        1 => format!("{inside} REPEATS {} TIMES", random.pick(&["1", "2", "3"])),
        2 => format!("{inside} START t'{}' STOP t'{}'", instant(random.below(8)), instant(random.below(16))),
        _ => inside,
    }
}

fn comparisons(random: &mut Random, depth: usize) -> String {
    let one_of = ["file", "x-thing", "x-thing", "x-thing", "network-traffic", "ipv4-addr"];
    let object_type = *random.pick(&one_of);
    match random.below(if depth == 0 { 1 } else { 4 }) {
        0 | 1 => comparison(random, object_type),
        2 => format!("{} OR {}", comparisons(random, depth - 1), comparisons(random, depth - 1)),
        _ => format!(
            "({} OR {}) AND {}",
            comparison(random, object_type),
            comparison(random, object_type),
            comparison(random, object_type)
        ),
    }
}

fn comparison(random: &mut Random, object_type: &str) -> String {
    let of_type: Vec<_> = PATHS.iter().filter(|(path, _)| path.starts_with(object_type)).collect();
    let (path, constants) = **random.pick(&of_type);
    let not = *random.pick(&["", "", "NOT "]);
    let constant = |random: &mut Random| *random.pick(constants);
    match random.below(9) {
        0 => format!("{path}{DIFFERS_FROM_ALL}"),
        1..4 => format!("{path} {not}{} {}", random.pick(&["=", "!="]), constant(random)),
        4 | 5 => format!("{path} {not}{} {}", random.pick(&["<", "<=", ">", ">="]), constant(random)),
        6 if constants != OCTETS => format!("{path} {not}IN ({}, {})", constant(random), constant(random)),
        7 if constants == STRINGS => format!("{path} {not}LIKE {}", random.pick(WILDCARDS)),
        8 if constants == STRINGS => format!("{path} {not}MATCHES {}", random.pick(EXPRESSIONS)),
        _ if object_type == "ipv4-addr" => format!("ipv4-addr:value {not}ISSUBSET {}", random.pick(NETWORKS)),
        _ => {
            let of_type: Vec<_> = MIXED.iter().filter(|path| path.starts_with(object_type)).collect();
            let path = if of_type.is_empty() { path } else { random.pick(&of_type) };
            let any = random.pick(&[STRINGS, NUMBERS, &["true", "false"]]);
            format!("{path} {not}{} {}", random.pick(&["=", "!="]), random.pick::<&str>(any))
        }
    }
}
