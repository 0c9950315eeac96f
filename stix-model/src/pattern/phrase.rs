//! Words for types, paths and tests.

use super::comparison::{Comparison, Literal, Test};
use super::extract::plain;
use super::path::{ObjectPath, Step};

/// Object types: of one, the one that is meant, and of several.
const THINGS: &[(&str, &str, &str, &str)] = &[
    ("artifact", "an artifact", "the artifact", "artifacts"),
    ("autonomous-system", "an autonomous system", "the autonomous system", "autonomous systems"),
    ("directory", "a directory", "the directory", "directories"),
    ("domain-name", "a domain name", "the domain name", "domain names"),
    ("email-addr", "an email address", "the email address", "email addresses"),
    ("email-message", "an email message", "the email message", "email messages"),
    ("file", "a file", "the file", "files"),
    ("ipv4-addr", "an IPv4 address", "the IPv4 address", "IPv4 addresses"),
    ("ipv6-addr", "an IPv6 address", "the IPv6 address", "IPv6 addresses"),
    ("mac-addr", "a MAC address", "the MAC address", "MAC addresses"),
    ("mutex", "a mutex", "the mutex", "mutexes"),
    ("network-traffic", "network traffic", "the network traffic", "network traffic"),
    ("process", "a process", "the process", "processes"),
    ("software", "software", "the software", "software"),
    ("url", "a URL", "the URL", "URLs"),
    ("user-account", "a user account", "the user account", "user accounts"),
    ("windows-registry-key", "a Windows registry key", "the Windows registry key", "Windows registry keys"),
    ("x509-certificate", "an X.509 certificate", "the X.509 certificate", "X.509 certificates"),
];

/// The properties that say who somebody is: `[url:value = 'a']` is "the URL a".
const NAMED_BY: &[(&str, &str)] = &[
    ("autonomous-system", "number"),
    ("domain-name", "value"),
    ("email-addr", "value"),
    ("ipv4-addr", "value"),
    ("ipv6-addr", "value"),
    ("mac-addr", "value"),
    ("mutex", "name"),
    ("url", "value"),
];

/// Paths that have words of their own; without the items of lists.
const PATHS: &[(&str, &str)] = &[
    ("domain-name:resolves_to_refs.value", "resolved name or address"),
    ("email-message:bcc_refs.value", "blind copy recipient"),
    ("email-message:body_multipart.body_raw_ref.name", "attachment's name"),
    ("email-message:cc_refs.value", "copy recipient"),
    ("email-message:from_ref.value", "author"),
    ("email-message:sender_ref.value", "sender"),
    ("email-message:to_refs.value", "recipient"),
    ("network-traffic:dst_byte_count", "number of bytes from the destination"),
    ("network-traffic:dst_packets", "number of packets from the destination"),
    ("network-traffic:dst_port", "destination port"),
    ("network-traffic:dst_ref.type", "kind of destination"),
    ("network-traffic:dst_ref.value", "destination"),
    ("network-traffic:src_byte_count", "number of bytes from the source"),
    ("network-traffic:src_packets", "number of packets from the source"),
    ("network-traffic:src_port", "source port"),
    ("network-traffic:src_ref.type", "kind of source"),
    ("network-traffic:src_ref.value", "source"),
    ("user-account:account_login", "login name"),
    ("windows-registry-key:values.data", "data of a value"),
    ("windows-registry-key:values.data_type", "type of a value"),
    ("windows-registry-key:values.name", "name of a value"),
];

/// Names of properties that are no words.
const NAMES: &[(&str, &str)] = &[
    ("atime", "time of the last access"),
    ("cpe", "CPE name"),
    ("ctime", "time of creation"),
    ("cwd", "working directory"),
    ("gid", "group number"),
    ("magic_number_hex", "magic number"),
    ("mime_type", "MIME type"),
    ("mtime", "time of the last change"),
    ("payload_bin", "content"),
    ("pid", "process number"),
    ("sid", "SID"),
    ("swid", "SWID"),
    ("url", "URL"),
];

/// `a file`
pub(super) fn thing(object_type: &str) -> String {
    match THINGS.iter().find(|(name, ..)| *name == object_type) {
        Some((_, one, ..)) => (*one).to_owned(),
        None => format!("an object of type {object_type}"),
    }
}

/// `the URL a`, if the comparison says which one it is.
pub(super) fn named(comparison: &Comparison) -> Option<String> {
    let path = &comparison.path;
    if comparison.negated || !path.steps().is_empty() || !is_name(path) {
        return None;
    }
    let (_, one, the, several) = THINGS.iter().find(|(name, ..)| *name == path.object_type().value)?;
    match &comparison.test {
        Test::Equal(constant) => Some(format!("{the} {}", value(constant))),
        Test::In(constants) if constants.len() > 1 => {
            let values: Vec<_> = constants.iter().map(|constant| value(constant)).collect();
            Some(format!("one of the {several} {}", listed(&values, "or")))
        }
        Test::IsSubset(network) => Some(format!("{one} in the network {}", network.value)),
        _ => None,
    }
}

fn is_name(path: &ObjectPath) -> bool {
    let name = (path.object_type().value.as_str(), path.property().value.as_str());
    path.steps().is_empty() && NAMED_BY.contains(&name)
}

/// `whose name is a`, `that has a size`: behind the words for a thing.
pub(super) fn whose(comparison: &Comparison) -> String {
    if let Some(words) = ability(comparison) {
        return format!("that {words}");
    }
    match (&comparison.test, is_name(&comparison.path)) {
        (Test::Exists, _) => format!("that {}", has(comparison)),
        (_, true) => format!("that {}", test(comparison)),
        _ => format!("whose {}", predicate(comparison)),
    }
}

/// `its name is a`, `it has a size`: as a sentence.
pub(super) fn its(comparison: &Comparison) -> String {
    if let Some(words) = ability(comparison) {
        return format!("it {words}");
    }
    match (&comparison.test, is_name(&comparison.path)) {
        (Test::Exists, _) => format!("it {}", has(comparison)),
        (_, true) => format!("it {}", test(comparison)),
        _ => format!("its {}", predicate(comparison)),
    }
}

/// `is not self signed`, `can escalate privs`: of properties that are true or false.
fn ability(comparison: &Comparison) -> Option<String> {
    let (name, Test::Equal(constant)) = (comparison.path.property().value.as_str(), &comparison.test) else {
        return None;
    };
    let Literal::Boolean(value) = constant.value else { return None };
    let (verb, rest) = name.split_once('_').filter(|(verb, _)| matches!(*verb, "is" | "can"))?;
    let plain = comparison.path.steps().is_empty();
    let not = if value == comparison.negated { "not " } else { "" };
    plain.then(|| format!("{verb} {not}{}", rest.replace('_', " ")))
}

fn has(comparison: &Comparison) -> String {
    let not = if comparison.negated { "has no" } else { "has a value for" };
    format!("{not} {}", property(&comparison.path))
}

/// `name is a`
fn predicate(comparison: &Comparison) -> String {
    let path = &comparison.path;
    let is_list = path.steps().last().is_some_and(|step| step.value == Step::Any);
    match (&comparison.test, comparison.negated) {
        (Test::Equal(constant), false) if is_list => format!("{} include {}", property(path), value(constant)),
        _ if is_list => format!("{} include one that {}", property(path), test(comparison)),
        _ => format!("{} {}", property(path), test(comparison)),
    }
}

/// `is a`
fn test(comparison: &Comparison) -> String {
    let not = comparison.negated;
    let is = if not { "is not" } else { "is" };
    let does = |verb: &str, plain: &str| if not { format!("does not {plain}") } else { verb.to_owned() };
    let order = |number: &str, time: &str, constant: &Literal| {
        let word = if matches!(constant, Literal::Timestamp(_)) { time } else { number };
        format!("{is} {word} {}", value(constant))
    };
    match &comparison.test {
        Test::Exists => String::new(),
        Test::Equal(constant) => format!("{is} {}", value(constant)),
        Test::NotEqual(constant) => format!("{} {}", if not { "is" } else { "is not" }, value(constant)),
        Test::Less(constant) => order("less than", "before", constant),
        Test::LessOrEqual(constant) => order("at most", "not after", constant),
        Test::Greater(constant) => order("greater than", "after", constant),
        Test::GreaterOrEqual(constant) => order("at least", "not before", constant),
        Test::In(constants) if constants.is_empty() => format!("{is} one of nothing"),
        Test::In(constants) => {
            let values: Vec<_> = constants.iter().map(|constant| value(constant)).collect();
            let (how, word) = if not { ("is neither", "nor") } else { ("is", "or") };
            format!("{how} {}", listed(&values, word))
        }
        Test::Like(text) => like(text, does),
        Test::Matches(regex) => {
            format!("{} the regular expression {}", does("matches", "match"), quoted(regex))
        }
        Test::IsSubset(network) => format!("{} in the network {}", does("lies", "lie"), network.value),
        Test::IsSuperset(network) => format!("{} the network {}", does("contains", "contain"), network.value),
    }
}

fn like(text: &str, does: impl Fn(&str, &str) -> String) -> String {
    let inside = text.trim_matches('%');
    let plain = !inside.is_empty() && !inside.contains(['%', '_']);
    match (plain, text.starts_with('%'), text.ends_with('%')) {
        (true, true, true) => format!("{} {}", does("contains", "contain"), bare(inside)),
        (true, true, false) => format!("{} {}", does("ends with", "end with"), bare(inside)),
        (true, false, true) => format!("{} {}", does("begins with", "begin with"), bare(inside)),
        _ => format!("{} {} (% is any text, _ any character)", does("has the form", "have the form"), quoted(text)),
    }
}

/// As it is; in quotes if it could not be told from the words around it.
pub(super) fn value(literal: &Literal) -> String {
    match literal {
        Literal::String(text) => bare(text),
        Literal::Hex(_) => format!("the bytes {} (hex)", plain(literal)),
        Literal::Binary(_) => format!("the bytes {} (Base64)", plain(literal)),
        other => plain(other).into_owned(),
    }
}

fn bare(text: &str) -> String {
    let clear = |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, ',' | '"' | '\'' | '(' | ')');
    if !text.is_empty() && text.chars().all(clear) { text.to_owned() } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

/// `a, b or c`
pub(super) fn listed(items: &[String], word: &str) -> String {
    match items.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} {word} {last}", before.join(", ")),
        _ => items.concat(),
    }
}

/// What a path leads to, without its type: `SHA-256 hash`.
pub(super) fn property(path: &ObjectPath) -> String {
    let names: Vec<&str> = std::iter::once(path.property().value.as_str()).chain(keys(path)).collect();
    let whole = format!("{}:{}", path.object_type().value, names.join("."));
    if let Some((_, words)) = PATHS.iter().find(|(path, _)| *path == whole) {
        return (*words).to_owned();
    }
    let mut words: Vec<String> = Vec::new();
    let mut inside = "";
    for (name, item) in named_steps(path) {
        let part = match inside {
            "hashes" => format!("{name} hash"),
            "extensions" => format!("{name} extension"),
            _ => plain_name(name),
        };
        if matches!(inside, "hashes" | "extensions") {
            words.pop();
        }
        words.push(match item {
            Some(Step::Any) => format!("one of the {part}"),
            Some(Step::Index(index)) => format!("item {index} of the {part}"),
            _ => part,
        });
        inside = name;
    }
    if let Some(last) = words.last_mut().filter(|_| path.steps().last().is_some_and(|step| step.value == Step::Any)) {
        // The list itself is the subject.
        *last = last.trim_start_matches("one of the ").to_owned();
    }
    words.reverse();
    joined(&words)
}

fn joined(words: &[String]) -> String {
    let mut text = String::new();
    for word in words {
        let article = if word.starts_with("one of ") || word.starts_with("item ") { "" } else { "the " };
        match text.is_empty() {
            true => text.push_str(word),
            false => {
                text.push_str(" of ");
                text.push_str(article);
                text.push_str(word);
            }
        }
    }
    text
}

fn keys(path: &ObjectPath) -> impl Iterator<Item = &str> {
    path.steps().iter().filter_map(|step| match &step.value {
        Step::Key(name) => Some(name.as_str()),
        _ => None,
    })
}

/// Each name with the item of it that is meant.
fn named_steps(path: &ObjectPath) -> Vec<(&str, Option<&Step>)> {
    let mut steps = vec![(path.property().value.as_str(), None)];
    for step in path.steps() {
        match (&step.value, steps.last_mut()) {
            (Step::Key(name), _) => steps.push((name, None)),
            (item, Some((_, last))) => *last = Some(item),
            _ => {}
        }
    }
    steps
}

/// `parent_directory_ref` as `parent directory`.
fn plain_name(name: &str) -> String {
    let end = if name.ends_with("_refs") { "_refs" } else { "_ref" };
    let words = NAMES.iter().find(|(known, _)| *known == name).map(|(_, words)| (*words).to_owned());
    words.unwrap_or_else(|| name.strip_suffix(end).unwrap_or(name).replace('_', " "))
}

/// What the way to an object says of it, which is lost if only the object is looked for.
pub(super) fn way(path: &ObjectPath) -> String {
    let first = path.property().value.as_str();
    let word = match (path.object_type().value.as_str(), first) {
        ("network-traffic", "src_ref") => "the source".to_owned(),
        ("network-traffic", "dst_ref") => "the destination".to_owned(),
        ("email-message", "from_ref") => "the author".to_owned(),
        ("email-message", "sender_ref") => "the sender".to_owned(),
        ("email-message", "to_refs") => "a recipient".to_owned(),
        ("email-message", "cc_refs" | "bcc_refs") => "a recipient of a copy".to_owned(),
        ("email-message", "body_multipart") => "attached".to_owned(),
        _ => format!("the {}", plain_name(first)),
    };
    let of = if word == "attached" { "to" } else { "of" };
    let holder = path.object_type().value.as_str();
    format!("that it is {word} {of} {}", thing(holder))
}
