//! The observables in the container of an `observed-data`, made into objects (STIX 2.1 §4.14).

use std::collections::{HashMap, HashSet, VecDeque};

use uuid::Uuid;

use super::journal::{Journal, beginnings, inside};
use super::{Change, Error, Options, Upgraded, names, observable, type_of};
use crate::equality::equivalent;
use crate::json::{Json, Members};
use crate::object::object_type;
use crate::property::Shape;
use crate::{Identifier, Severity, TypeClass, deterministic};

/// An observable in the container.
struct Entry {
    key: String,
    members: Members<'static>,
    journal: Journal,
    shape: Option<&'static Shape>,
    id: Option<String>,
    /// The entries whose names make its name.
    needs: Vec<usize>,
}

/// Makes the deprecated container of an `observed-data`, of either edition, into objects that it refers to.
///
/// An observable with a name keeps it. Others get the name that their content makes, or a random one: if nothing in them
/// makes names, as in processes, or if they need each other's. The markings of the `observed-data` go with them.
///
/// # Errors
/// It has no `type`, or follows no edition of STIX 2.
///
/// ```
/// use stix_model::json::Json;
/// use stix_model::upgrade::{self, Options};
///
/// let text = r#"{
///     "type": "observed-data", "id": "observed-data--b67d30ff-02ac-498a-92f9-32f845f448cf", "spec_version": "2.1",
///     "created": "2016-04-06T19:58:16.000Z", "modified": "2016-04-06T19:58:16.000Z",
///     "first_observed": "2015-12-21T19:00:00Z", "last_observed": "2015-12-21T19:00:00Z", "number_observed": 1,
///     "objects": {"0": {"type": "ipv4-addr", "value": "198.51.100.3"}}
/// }"#;
/// let Json::Object(old) = Json::parse(text)?.into_owned() else { unreachable!() };
/// let upgraded = upgrade::to_object_refs(old, &Options::default()).unwrap();
/// assert_eq!(
///     upgraded.objects[0].get("object_refs").unwrap().to_string(),
///     r#"["ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"]"#,
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn to_object_refs(members: Members<'static>, options: &Options) -> Result<Upgraded, Error> {
    let mut upgraded = super::object(members, options)?;
    let Some(first) = upgraded.objects.first_mut().filter(|first| type_of(first) == "observed-data") else {
        return Ok(upgraded);
    };
    if first.contains("objects") && upgraded.changes.is_empty() {
        let mut journal = Journal::default();
        let lifted = lift(first, options, &mut journal);
        journal.follow(first);
        upgraded.changes = super::about(journal, first);
        upgraded.objects.extend(lifted);
    }
    Ok(upgraded)
}

/// Takes the observables out of the container; the `observed-data` refers to them instead.
pub(super) fn lift(data: &mut Members<'static>, options: &Options, journal: &mut Journal) -> Vec<Members<'static>> {
    let Some(Json::Object(objects)) = data.get("objects") else { return Vec::new() };
    if !objects.iter().all(|(_, entry)| entry.as_object().is_some_and(|entry| !type_of(entry).is_empty())) {
        journal.warn("OC-1", "objects", "left as it is: not everything in it is an observable");
        return Vec::new();
    }
    let Some(Json::Object(objects)) = data.remove("objects") else { return Vec::new() };
    let mut entries: Vec<Entry> = objects
        .into_iter()
        .filter_map(|(key, entry)| match entry {
            Json::Object(members) => Some(Entry::new(key.into_owned(), members, options)),
            _ => None,
        })
        .collect();
    let index: HashMap<String, usize> = entries.iter().enumerate().map(|(i, entry)| (entry.key.clone(), i)).collect();
    name_all(&mut entries, &index, options);
    let ids: Vec<String> = entries.iter().map(|entry| entry.id.clone().unwrap_or_default()).collect();
    for entry in &mut entries {
        refer(entry, &index, &ids);
        entry.complete(data, options);
        entry.journal.follow(&mut entry.members);
    }
    mark(data, &mut entries, &index, journal);
    let mut seen = HashSet::new();
    let mut refs = data.get("object_refs").and_then(Json::as_list).unwrap_or_default().to_vec();
    refs.extend(ids.into_iter().filter(|id| seen.insert(id.clone())).map(Json::from));
    data.insert("object_refs", Json::List(refs));
    journal.done("OC-4", "objects", "the observables are objects of their own, and object_refs refers to them");
    let mut lifted = Vec::with_capacity(entries.len());
    for entry in entries {
        let place = format!("/objects/{}", crate::pointer::escape(&entry.key));
        let changes = entry.journal.changes.into_iter();
        journal.changes.extend(changes.map(|change| Change { pointer: place.clone() + &change.pointer, ..change }));
        lifted.push(entry.members);
    }
    merge(lifted, &[], &mut journal.changes)
}

/// Upgrades an observable of 2.0 that is in no container.
pub(super) fn single(members: &mut Members<'static>, options: &Options, journal: &mut Journal) {
    let mut entries = [Entry::new(String::new(), std::mem::take(members), options)];
    let index = HashMap::new();
    name_all(&mut entries, &index, options);
    let [mut entry] = entries;
    refer(&mut entry, &index, &[]);
    entry.complete(&Members::new(), options);
    entry.journal.follow(&mut entry.members);
    *members = entry.members;
    journal.changes.extend(entry.journal.changes);
}

impl Entry {
    fn new(key: String, mut members: Members<'static>, options: &Options) -> Self {
        let mut journal = Journal::default();
        let named = members.get("id").and_then(Json::as_str).and_then(|id| id.parse::<Identifier>().ok());
        let own = named.filter(|id| id.object_type() == type_of(&members));
        if own.is_none() {
            observable::upgrade(&mut members, options, &mut journal);
        }
        let shape = object_type(type_of(&members));
        Self { key, members, journal, shape, id: own.map(|id| id.as_str().to_owned()), needs: Vec::new() }
    }

    /// The properties that make its name.
    fn contributing<'o>(&self, options: &'o Options) -> Vec<&'o str> {
        match (self.shape, options.types.get(type_of(&self.members))) {
            (Some(shape), _) => shape.contributing.to_vec(),
            (None, Some(declared)) => declared.contributing.iter().map(String::as_str).collect(),
            (None, None) => Vec::new(),
        }
    }

    /// The members that make its name.
    fn essence(&self, options: &Options) -> Members<'static> {
        let names = self.contributing(options).into_iter();
        names.filter_map(|name| Some((name.to_owned(), self.members.get(name)?.clone()))).collect()
    }

    /// The name that its content makes, once it refers to names.
    fn name(&self, options: &Options, name_of: impl Fn(&str) -> Option<String>) -> String {
        let mut essence = self.essence(options);
        for (name, value) in essence.iter_mut() {
            names::references_of(self.shape, name, value, &mut |reference, _| {
                if let Some(id) = reference.as_str().and_then(&name_of) {
                    *reference = Json::from(id);
                }
            });
        }
        let uuid = deterministic::uuid_of(&self.contributing(options), &essence);
        format!("{}--{}", type_of(&self.members), uuid.unwrap_or_else(Uuid::new_v4))
    }

    /// Fills in what an object of 2.1 has.
    fn complete(&mut self, data: &Members<'static>, options: &Options) {
        let members = &mut self.members;
        let known = self.shape.is_some() || options.types.get(type_of(members)).is_some();
        members.insert_after("type", "spec_version", Json::from("2.1"));
        if let Some(id) = &self.id {
            members.insert_after("spec_version", "id", Json::from(id.clone()));
        }
        if !known && TypeClass::of(type_of(members)) == TypeClass::Custom {
            let mut after = "id";
            for name in ["created", "modified"] {
                if let Some(date) = data.get(name) {
                    members.insert_after(after, name, date.clone());
                    after = name;
                }
            }
            let what =
                "has the created and modified of the observed-data: nothing tells that its type is an observable";
            self.journal.warn("V20-02", "type", what);
        }
    }

    /// Adds a marking of the whole observable.
    fn mark(&mut self, marking: &Json<'static>) {
        match self.members.get_mut("object_marking_refs") {
            Some(Json::List(refs)) if refs.contains(marking) => {}
            Some(Json::List(refs)) => refs.push(marking.clone()),
            _ => self.members.insert_after("id", "object_marking_refs", Json::List(vec![marking.clone()])),
        }
    }

    /// Adds a marking of some parts.
    fn mark_parts(&mut self, marking: &Members<'static>, parts: Vec<Json<'static>>) {
        let mut marking = marking.clone();
        marking.insert("selectors", Json::List(parts));
        match self.members.get_mut("granular_markings") {
            Some(Json::List(markings)) => markings.push(Json::Object(marking)),
            _ => drop(self.members.insert("granular_markings", Json::List(vec![Json::Object(marking)]))),
        }
    }
}

/// V20-07: names everything, what others need first. Where they need each other, one of them gets a random name.
fn name_all(entries: &mut [Entry], index: &HashMap<String, usize>, options: &Options) {
    let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); entries.len()];
    let mut open: Vec<usize> = vec![0; entries.len()];
    for (i, (entry, open)) in entries.iter_mut().zip(&mut open).enumerate().filter(|(_, (entry, _))| entry.id.is_none())
    {
        entry.needs = needs(entry, index, options);
        *open = entry.needs.len();
        for &need in &entry.needs {
            needed_by.get_mut(need).into_iter().for_each(|list| list.push(i));
        }
    }
    let mut ready: VecDeque<usize> = open.iter().enumerate().filter(|(_, open)| **open == 0).map(|(i, _)| i).collect();
    let mut cycles = Cycles::default();
    loop {
        let next = ready.pop_front().map(|at| (at, false));
        let Some((at, forced)) = next.or_else(|| Some((cycles.next(entries)?, true))) else { return };
        give_name(entries, at, index, forced, options);
        for &other in needed_by.get(at).into_iter().flatten() {
            let Some(open) = open.get_mut(other) else { continue };
            *open = open.saturating_sub(1);
            if *open == 0 && is_open(entries, other) {
                ready.push_back(other);
            }
        }
    }
}

/// Has an entry no name yet?
fn is_open(entries: &[Entry], at: usize) -> bool {
    entries.get(at).is_some_and(|entry| entry.id.is_none())
}

/// Finds entries that need their own names in the end. It goes on where it stopped, so that each is looked at once.
#[derive(Default)]
struct Cycles {
    first: usize,
    path: Vec<usize>,
    on_path: HashSet<usize>,
}

impl Cycles {
    /// `None` if all have names.
    fn next(&mut self, entries: &mut [Entry]) -> Option<usize> {
        while let Some(named) = self.path.pop_if(|at| !is_open(entries, *at)) {
            self.on_path.remove(&named);
        }
        loop {
            let Some(&at) = self.path.last() else {
                self.first += entries.iter().skip(self.first).position(|entry| entry.id.is_none())?;
                self.enter(self.first);
                continue;
            };
            let need = open_need(entries, at)?;
            if self.on_path.contains(&need) {
                return Some(need);
            }
            self.enter(need);
        }
    }

    fn enter(&mut self, at: usize) {
        self.path.push(at);
        self.on_path.insert(at);
    }
}

/// Something without a name that an entry needs. What has a name is forgotten.
fn open_need(entries: &mut [Entry], at: usize) -> Option<usize> {
    let mut needs = std::mem::take(&mut entries.get_mut(at)?.needs);
    while needs.pop_if(|need| !is_open(entries, *need)).is_some() {}
    let need = needs.last().copied();
    entries.get_mut(at)?.needs = needs;
    need
}

fn give_name(entries: &mut [Entry], at: usize, index: &HashMap<String, usize>, forced: bool, options: &Options) {
    let Some(entry) = entries.get(at).filter(|entry| entry.id.is_none()) else { return };
    let id = match forced {
        true => format!("{}--{}", type_of(&entry.members), Uuid::new_v4()),
        false => entry.name(options, |key| entries.get(*index.get(key)?)?.id.clone()),
    };
    let why = if forced { " at random: its name and that of another need each other" } else { "" };
    if let Some(entry) = entries.get_mut(at) {
        entry.journal.done("V20-07", "", format!("named {id}{why}"));
        entry.id = Some(id);
    }
}

/// The entries whose names make the name of this one.
fn needs(entry: &Entry, index: &HashMap<String, usize>, options: &Options) -> Vec<usize> {
    let mut needs = Vec::new();
    for (name, value) in entry.essence(options).iter_mut() {
        names::references_of(entry.shape, name, value, &mut |reference, _| {
            needs.extend(reference.as_str().and_then(|key| index.get(key)));
        });
    }
    needs.sort_unstable();
    needs.dedup();
    needs
}

/// OC-2: lets an entry refer to names instead of keys.
fn refer(entry: &mut Entry, index: &HashMap<String, usize>, ids: &[String]) {
    let mut nowhere = Vec::new();
    names::references(&mut entry.members, &mut |reference, certain| {
        let Some(key) = reference.as_str() else { return };
        match index.get(key).and_then(|&i| ids.get(i)) {
            Some(id) => *reference = Json::from(id.clone()),
            None if certain && key.parse::<Identifier>().is_err() => nowhere.push(key.to_owned()),
            None => {}
        }
    });
    for key in nowhere {
        entry.journal.warn("OC-2", "", format!("a reference leads to {key:?}, which the container does not have"));
    }
}

/// Marks the observables as the `observed-data` is marked that held them.
fn mark(data: &mut Members<'static>, entries: &mut [Entry], index: &HashMap<String, usize>, journal: &mut Journal) {
    for marking in data.get("object_marking_refs").and_then(Json::as_list).unwrap_or_default() {
        entries.iter_mut().for_each(|entry| entry.mark(marking));
    }
    let Some(Json::List(markings)) = data.get_mut("granular_markings") else { return };
    let longest = index.keys().map(String::len).max().unwrap_or_default();
    for marking in markings.iter_mut() {
        let Json::Object(marking) = marking else { continue };
        let Some(Json::List(selectors)) = marking.remove("selectors") else { continue };
        let mut left = Vec::new();
        for selector in selectors {
            let within = selector.as_str().and_then(|text| inside(text, "objects"));
            let Some(part) = within else {
                left.push(selector);
                continue;
            };
            if !mark_part(part, marking, entries, index, longest, journal) && !left.contains(&Json::from("object_refs"))
            {
                left.push(Json::from("object_refs"));
            }
        }
        marking.insert("selectors", Json::List(left));
    }
    markings.retain(|marking| marking.get("selectors").and_then(Json::as_list).is_none_or(|list| !list.is_empty()));
    if markings.is_empty() {
        data.remove("granular_markings");
    }
}

/// Marks what a selector within the container selects; `false` if that is no single observable.
fn mark_part(
    part: &str,
    marking: &Members<'static>,
    entries: &mut [Entry],
    index: &HashMap<String, usize>,
    longest: usize,
    journal: &mut Journal,
) -> bool {
    let found = find(part, index, longest);
    let (chosen, rest) = match found {
        Some((at, rest)) => (entries.get_mut(at).map(std::slice::from_mut).unwrap_or_default(), rest),
        None => (entries, ""),
    };
    for entry in chosen {
        match (rest.strip_prefix('.'), marking.get("marking_ref")) {
            (Some(rest), _) => {
                let parts: Vec<_> = entry.journal.whereabouts(rest).into_iter().map(Json::from).collect();
                if !parts.is_empty() {
                    entry.mark_parts(marking, parts);
                }
            }
            (None, Some(reference)) => entry.mark(reference),
            (None, None) => journal.warn("V20-02", "granular_markings", "the language of an observable was dropped"),
        }
    }
    found.is_some()
}

/// The entry that a selector such as `.0.name` leads to, and the rest of it. Keys may have dots; the longest one counts.
fn find<'s>(part: &'s str, index: &HashMap<String, usize>, longest: usize) -> Option<(usize, &'s str)> {
    let keys = beginnings(part.strip_prefix('.')?, longest);
    keys.filter_map(|(key, rest)| Some((*index.get(key)?, rest))).last()
}

/// Makes one of observables with the same name, unless they contradict each other. Those that are in the bundle already
/// are left out.
pub(super) fn merge(
    lifted: Vec<Members<'static>>,
    present: &[Json<'static>],
    changes: &mut Vec<Change>,
) -> Vec<Members<'static>> {
    let name = |members: &Members<'_>| members.get("id").and_then(Json::as_str).unwrap_or_default().to_owned();
    let present = present.iter().filter_map(Json::as_object).filter(|object| object.contains("id"));
    let present: HashMap<String, &Members<'_>> = present.map(|object| (name(object), object)).collect();
    let mut merged: Vec<Members<'static>> = Vec::with_capacity(lifted.len());
    let mut places: HashMap<String, usize> = HashMap::new();
    for object in lifted {
        let id = name(&object);
        let there = present.get(&id);
        if there.is_some_and(|there| equivalent(there, &object)) {
            continue;
        }
        let other = places.get(&id).and_then(|&at| merged.get_mut(at));
        match other {
            Some(other) if agree(other, &object) => unite(other, object),
            other => {
                let what = match (other, there) {
                    (Some(_), _) => Some("there are several observables of this name, with different content"),
                    (None, Some(_)) => Some("the bundle had an observable of this name, with different content"),
                    (None, None) => None,
                };
                changes.extend(what.map(|what| Change {
                    object: Some(id.clone()),
                    pointer: String::new(),
                    rule: "B-04",
                    severity: Severity::Warning,
                    what: what.to_owned(),
                }));
                places.insert(id, merged.len());
                merged.push(object);
            }
        }
    }
    merged
}

const MARKINGS: [&str; 2] = ["object_marking_refs", "granular_markings"];

/// Do two observables contradict each other nowhere? Markings add up.
fn agree(one: &Members<'_>, other: &Members<'_>) -> bool {
    other.iter().all(|(name, value)| MARKINGS.contains(&name) || one.get(name).is_none_or(|known| known == value))
}

fn unite(one: &mut Members<'static>, other: Members<'static>) {
    for (name, value) in other {
        match (one.get_mut(&name), value) {
            (Some(Json::List(known)), Json::List(more)) if MARKINGS.contains(&name.as_ref()) => {
                let new: Vec<_> = more.into_iter().filter(|item| !known.contains(item)).collect();
                known.extend(new);
            }
            (Some(_), _) => {}
            (None, value) => drop(one.insert(name, value)),
        }
    }
}
