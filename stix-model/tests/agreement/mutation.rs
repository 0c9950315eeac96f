//! One thing changed in a JSON tree.

use stix_model::json::Json;

use crate::sample::{EXTENSION, UUID, parse};

/// A way to a value: positions of members and items.
type Way = Vec<usize>;

/// What can be done at one place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    Drop,
    Replace(usize),
    Add(usize),
}

/// What takes the place of a value.
const VALUES: [&str; 56] = [
    "null",
    "true",
    "false",
    "0",
    "7",
    "-1",
    "5.0",
    "7.5",
    "1000",
    "65536",
    "1000000000",
    "9007199254740992",
    "-9007199254740993",
    "18446744073709551615",
    "1e300",
    "\"\"",
    "\"text\"",
    "\"Text with spaces\"",
    "\"2.0\"",
    "\"stix\"",
    "\"bundle\"",
    "\"tool\"",
    "\"x-acme-thing\"",
    "\"x--y\"",
    "\"Tool\"",
    "\"tlp\"",
    "\"2026-01-02T03:04:05Z\"",
    "\"2026-01-02T03:04:05.1Z\"",
    "\"2026-01-02T03:04:05.123456789Z\"",
    "\"2026-01-02T03:04:05.000Z\"",
    "\"2026-01-02T03:04:60Z\"",
    "\"2026-01-02T03:04:61Z\"",
    "\"2026-01-02T24:00:00.000Z\"",
    "\"2026-02-29T03:04:05.123Z\"",
    "\"2024-02-29T03:04:05.123Z\"",
    "\"2026-04-31T03:04:05.123Z\"",
    "\"2026-01-02T03:04:05.123+00:00\"",
    "\"2026-01-02 03:04:05.123Z\"",
    "\"2026-01-02T03:04:05.Z\"",
    "\"abc\"",
    "\"0G\"",
    "\"0A\"",
    "\"YQ=\"",
    "\"YQ==\"",
    "\"type\"",
    "\"a[0]\"",
    "\"labels.[01]\"",
    "\"-en\"",
    "\"en_US\"",
    "[]",
    "[\"text\"]",
    "[null]",
    "[[]]",
    "{}",
    "{\"key\": null}",
    "{\"SHA-256\": \"abc\", \"key\": \"text\"}",
];

/// What takes the place of a value and begins with a type: identifiers.
const TYPES: [&str; 12] = [
    "identity",
    "indicator",
    "ipv4-addr",
    "file",
    "software",
    "relationship",
    "marking-definition",
    "bundle",
    "x-acme-thing",
    "Identity",
    "ab",
    "x--y",
];

/// What is added to an object.
const MEMBERS: [(&str, &str); 29] = [
    ("x_acme_rank", "5"),
    ("x_acme_rank", "null"),
    ("x_acme_rank", "[]"),
    ("x_acme_rank", "{\"a\": [{\"b\": null}]}"),
    ("x_acme_rank", "{\"a\": [{\"b\": {}}]}"),
    ("rank", "5"),
    ("X_acme", "5"),
    ("x-acme", "5"),
    ("ab", "5"),
    ("bad key", "\"text\""),
    ("", "\"text\""),
    ("severity", "5"),
    ("action", "\"text\""),
    ("created_by_ref", "\"identity--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f\""),
    ("created", "\"2020-01-02T03:04:05.123Z\""),
    ("modified", "\"2030-01-02T03:04:05.123Z\""),
    ("revoked", "false"),
    ("defanged", "true"),
    ("confidence", "5"),
    ("confidence", "101"),
    ("lang", "\"en\""),
    ("name", "\"text\""),
    ("unix-account-ext", "{\"gid\": 5}"),
    ("tcp-ext", "{\"src_flags_hex\": \"00\"}"),
    ("x-acme-ext", "{\"rank\": 5}"),
    (EXTENSION, "{\"rank\": 5}"),
    (EXTENSION, "{\"extension_type\": \"property_extension\", \"rank\": 5}"),
    (EXTENSION, "{\"extension_type\": \"toplevel-property-extension\"}"),
    (
        "extensions",
        "{\"extension-definition--d83fce45-ef58-4c6c-a3f4-1fbc32e98c6e\": {\"extension_type\": \"toplevel-property-extension\"}}",
    ),
];

/// Every place of a tree, the tree itself among them.
pub(crate) fn places(json: &Json<'_>) -> Vec<Way> {
    fn visit(json: &Json<'_>, way: &mut Way, found: &mut Vec<Way>) {
        found.push(way.clone());
        let parts: Vec<&Json<'_>> = match json {
            Json::List(items) => items.iter().collect(),
            Json::Object(members) => members.iter().map(|(_, value)| value).collect(),
            _ => Vec::new(),
        };
        for (i, part) in parts.into_iter().enumerate() {
            way.push(i);
            visit(part, way, found);
            way.pop();
        }
    }
    let mut found = Vec::new();
    visit(json, &mut Vec::new(), &mut found);
    found
}

/// Every change there is.
pub(crate) fn changes() -> impl Iterator<Item = Change> {
    let replace = (0..VALUES.len() + 2 * TYPES.len()).map(Change::Replace);
    std::iter::once(Change::Drop).chain(replace).chain((0..MEMBERS.len()).map(Change::Add))
}

fn replacement(index: usize) -> Json<'static> {
    match index.checked_sub(VALUES.len()) {
        None => parse(VALUES[index]),
        Some(index) if index < TYPES.len() => Json::from(format!("{}--{UUID}", TYPES[index])),
        Some(index) => Json::from(format!("{}--{}", TYPES[index - TYPES.len()], &UUID[1..])),
    }
}

/// The tree with the change, and the change in words; `None` if it changes nothing.
pub(crate) fn change(json: &Json<'static>, way: &[usize], change: Change) -> Option<(Json<'static>, String)> {
    let mut changed = json.clone();
    let words = apply(&mut changed, way, change, "")?;
    (changed != *json).then_some((changed, words))
}

fn apply(json: &mut Json<'static>, way: &[usize], change: Change, above: &str) -> Option<String> {
    if let [at] = way
        && let Change::Drop = change
    {
        return drop_part(json, *at).map(|name| format!("without {above}/{name}"));
    }
    match way {
        [] => match change {
            Change::Drop => None,
            Change::Replace(_) if above.is_empty() => None,
            Change::Replace(index) => {
                *json = replacement(index);
                Some(format!("{above} = {json}"))
            }
            Change::Add(index) => {
                let Json::Object(members) = json else { return None };
                let (name, value) = MEMBERS[index];
                members.insert(name, parse(value));
                Some(format!("{above} + {name}: {value}"))
            }
        },
        [at, rest @ ..] => match json {
            Json::List(items) => apply(items.get_mut(*at)?, rest, change, &format!("{above}/{at}")),
            Json::Object(members) => {
                let (name, value) = members.iter_mut().nth(*at)?;
                let above = format!("{above}/{name}");
                apply(value, rest, change, &above)
            }
            _ => None,
        },
    }
}

fn drop_part(json: &mut Json<'static>, at: usize) -> Option<String> {
    match json {
        Json::List(items) => {
            (at < items.len()).then(|| items.remove(at))?;
            Some(at.to_string())
        }
        Json::Object(members) => {
            let name = members.iter().nth(at)?.0.to_owned();
            members.remove(&name);
            Some(name)
        }
        _ => None,
    }
}
