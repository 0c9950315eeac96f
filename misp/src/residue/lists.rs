//! Differences between lists, whose items are found again by what names them.

use std::collections::HashMap;

use stix_model::json::{Json, Members};

use super::{Apart, Place, apart, put, restored};

/// Lists longer than this whose items have no names are compared place by place.
const SEARCHED: usize = 2000;

/// Names of items; the second of the same name is told apart.
fn keys(items: &[Json<'static>]) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let key_of = |item: &Json<'static>| {
        let key = name(item);
        let count = seen.entry(key.clone()).and_modify(|count| *count += 1).or_insert(1);
        if *count == 1 { key } else { format!("{key}#{count}") }
    };
    items.iter().map(key_of).collect()
}

fn name(item: &Json<'static>) -> String {
    let Json::Object(members) = item else { return item.to_string() };
    let text = |name: &str| members.get(name).and_then(Json::as_str);
    if let Some(uuid) = text("uuid") {
        return uuid.to_owned();
    }
    let words: Vec<_> = ["object_relation", "type", "name", "value"].into_iter().filter_map(text).collect();
    if words.is_empty() { item.to_string() } else { words.join("\u{1f}") }
}

/// By what an item may be found, the surest first.
fn marks(item: &Json<'static>) -> Vec<String> {
    let Json::Object(members) = item else { return vec![format!("={item}")] };
    let text = |name: &str| members.get(name).and_then(Json::as_str);
    let pair = |a: &str, b: &str| Some(format!("{a}:{}\u{1f}{}", text(a).unwrap_or_default(), text(b)?));
    let uuid = text("uuid").map(|uuid| format!("uuid:{uuid}"));
    let named = text("name").map(|name| format!("name:{name}"));
    [uuid, pair("object_relation", "value"), pair("type", "value"), pair("type", "date_sighting"), named]
        .into_iter()
        .flatten()
        .collect()
}

/// For each wanted item, which of those that came back it is.
fn matched(got: &[Json<'static>], wanted: &[Json<'static>]) -> Vec<Option<usize>> {
    let marked: Vec<Vec<String>> = wanted.iter().map(marks).collect();
    let mut found = vec![None; wanted.len()];
    let mut free: Vec<bool> = vec![true; got.len()];
    let most = marked.iter().map(Vec::len).max().unwrap_or_default();
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    for (i, item) in got.iter().enumerate().rev() {
        for mark in marks(item) {
            places.entry(mark).or_default().push(i);
        }
    }
    for level in 0..most {
        for (marks, found) in marked.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
            let Some(places) = marks.get(level).and_then(|mark| places.get_mut(mark)) else { continue };
            while let Some(at) = places.pop() {
                if let Some(free) = free.get_mut(at).filter(|free| **free) {
                    *free = false;
                    *found = Some(at);
                    break;
                }
            }
        }
    }
    if got.len() == wanted.len() && got.len() <= SEARCHED {
        for (i, found) in found.iter_mut().enumerate().filter(|(_, found)| found.is_none()) {
            if free.get(i) == Some(&true) {
                *found = Some(i);
            }
        }
    }
    found
}

/// What has to be done to a list.
pub(super) fn lists_apart(got: &[Json<'static>], wanted: &[Json<'static>], place: Place) -> Members<'static> {
    let keys = keys(got);
    let found = matched(got, wanted);
    let mut kept = vec![false; got.len()];
    let entry = |(item, found): (&Json<'static>, &Option<usize>)| {
        let mut entry = Members::new();
        let known = found.and_then(|at| Some((at, got.get(at)?, keys.get(at)?)));
        match known.map(|(at, old, key)| (at, key, apart(old, item, place))) {
            None | Some((_, _, Apart::Other)) => put(&mut entry, "new", item.clone()),
            Some((at, key, difference)) => {
                if let Some(kept) = kept.get_mut(at) {
                    *kept = true;
                }
                put(&mut entry, "is", Json::from(key.clone()));
                if let Apart::Inside(difference) = difference {
                    put(&mut entry, "in", difference);
                }
            }
        }
        Json::Object(entry)
    };
    let entries: Vec<_> = wanted.iter().zip(&found).map(entry).collect();
    let gone = keys.into_iter().zip(kept).filter(|(_, kept)| !kept).map(|(key, _)| Json::from(key));
    let gone: Vec<_> = gone.collect();
    let mut residue = Members::new();
    put(&mut residue, "items", Json::List(entries));
    if !gone.is_empty() {
        put(&mut residue, "gone", Json::List(gone));
    }
    residue
}

/// Does it. Items that nobody knew of stay, at the end.
pub(super) fn list_restored(got: Vec<Json<'static>>, residue: &Members<'static>, place: Place) -> Vec<Json<'static>> {
    let Some(entries) = residue.get("items").and_then(Json::as_list) else { return got };
    let order = keys(&got);
    let mut items: HashMap<String, Json<'static>> = order.iter().cloned().zip(got).collect();
    let mut list = Vec::with_capacity(entries.len());
    for entry in entries {
        let known = entry.get("is").and_then(Json::as_str).and_then(|key| items.remove(key));
        match (known, entry.get("new")) {
            (Some(item), _) => list.push(match entry.get("in") {
                Some(difference) => restored(item, difference, place),
                None => item,
            }),
            (None, Some(item)) => list.push(item.clone()),
            (None, None) => {}
        }
    }
    let gone = residue.get("gone").and_then(Json::as_list).unwrap_or_default();
    gone.iter().filter_map(Json::as_str).for_each(|key| {
        items.remove(key);
    });
    list.extend(order.iter().filter_map(|key| items.remove(key)));
    list
}
