//! From what an observable has to the conditions that may be true of it.

use std::collections::HashMap;
use std::hash::Hash;

use super::super::super::network::Network;
use super::super::MatchError;
use super::super::budget::Budget;
use super::super::condition::Condition;
use super::super::constant::Exact;
use super::super::like::normal;
use super::super::observation::{Observation, Seen};
use super::super::reading::Reading;
use super::super::route::Route;
use super::key::{AFFIX, Access, GRAM, Key};
use crate::json::Json;
use crate::timestamp::Instant;

/// Conditions by the type of the observable.
#[derive(Debug, Default)]
pub(super) struct Index {
    types: HashMap<Box<str>, Paths>,
}

/// Conditions by the path of what they ask for.
#[derive(Debug, Default)]
struct Paths {
    /// Those that have to be tried on every observable of the type.
    always: Vec<usize>,
    /// By the first property of the path.
    properties: HashMap<Box<str>, HashMap<Route, Values>>,
}

/// Conditions by the value that they ask for.
#[derive(Debug)]
struct Values {
    reading: Reading,
    texts: Lookup<Box<str>>,
    octets: Lookup<Box<[u8]>>,
    numbers: Lookup<Exact>,
    booleans: Lookup<bool>,
    instants: Lookup<Box<str>>,
    networks: Lookup<Network>,
    /// How many bits the networks have.
    lengths: Vec<u8>,
    prefixes: Affixes,
    suffixes: Affixes,
    grams: Lookup<[u8; GRAM]>,
    present: Vec<usize>,
}

type Lookup<K> = HashMap<K, Vec<usize>>;

/// Beginnings or ends.
#[derive(Debug, Default)]
struct Affixes {
    texts: Lookup<Box<str>>,
    /// How many bytes they have, as bits.
    lengths: u32,
}

impl Index {
    pub(super) fn add(&mut self, number: usize, condition: &Condition) {
        for (test, key) in Access::of(&condition.expression).keys {
            let paths = self.types.entry(test.object_type.clone()).or_default();
            if let Key::Type = key {
                paths.always.push(number);
                continue;
            }
            let routes = paths.properties.entry(test.route.first().into()).or_default();
            routes.entry(test.route.clone()).or_insert_with(|| Values::new(test.reading)).add(number, key);
        }
    }

    /// Adds the conditions that may be true of an observable; some come more than once.
    pub(super) fn find<'a>(
        &self,
        object: &Seen<'a>,
        seen: &Observation<'a>,
        budget: &Budget,
        found: &mut Vec<usize>,
    ) -> Result<(), MatchError> {
        let Some(paths) = self.types.get(object.object_type) else { return Ok(()) };
        found.extend(&paths.always);
        for (name, value) in object.members.iter() {
            for (route, values) in paths.properties.get(name).into_iter().flatten() {
                for value in route.onwards(Some(value), seen, budget)?.values() {
                    values.find(value, found);
                }
            }
        }
        Ok(())
    }
}

impl Values {
    fn new(reading: Reading) -> Self {
        Self {
            reading,
            texts: HashMap::new(),
            octets: HashMap::new(),
            numbers: HashMap::new(),
            booleans: HashMap::new(),
            instants: HashMap::new(),
            networks: HashMap::new(),
            lengths: Vec::new(),
            prefixes: Affixes::default(),
            suffixes: Affixes::default(),
            grams: HashMap::new(),
            present: Vec::new(),
        }
    }

    fn add(&mut self, number: usize, key: Key) {
        match key {
            Key::Text(text) => put(&mut self.texts, text, number),
            Key::Octets(octets) => put(&mut self.octets, octets, number),
            Key::Number(value) => put(&mut self.numbers, value, number),
            Key::Boolean(value) => put(&mut self.booleans, value, number),
            Key::Instant(instant) => put(&mut self.instants, instant, number),
            Key::Prefix(text) => self.prefixes.add(text, number),
            Key::Suffix(text) => self.suffixes.add(text, number),
            Key::Gram(gram) => put(&mut self.grams, gram, number),
            Key::Network(network) => {
                if !self.lengths.contains(&network.length()) {
                    self.lengths.push(network.length());
                }
                put(&mut self.networks, network, number);
            }
            Key::Present | Key::Type => self.present.push(number),
        }
    }

    fn find(&self, value: &Json<'_>, found: &mut Vec<usize>) {
        found.extend(&self.present);
        match value {
            Json::Bool(value) => get(&self.booleans, value, found),
            Json::Number(number) if !self.numbers.is_empty() => {
                Exact::of(number).into_iter().for_each(|number| get(&self.numbers, &number, found));
            }
            Json::String(text) => self.find_text(text, found),
            _ => {}
        }
    }

    fn find_text(&self, text: &str, found: &mut Vec<usize>) {
        if let Reading::Octets(encoding) = self.reading {
            if !self.octets.is_empty()
                && let Some(octets) = encoding.decode(text)
            {
                get(&self.octets, octets.as_slice(), found);
            }
            return;
        }
        get(&self.texts, text, found);
        if !self.instants.is_empty()
            && let Some((seconds, fraction)) = Instant::of(text).map(Instant::parts)
        {
            match fraction {
                "" => get(&self.instants, seconds, found),
                _ => get(&self.instants, format!("{seconds}.{fraction}").as_str(), found),
            }
        }
        self.find_around(text, found);
        self.find_inside(text, found);
    }

    /// The networks in which an address lies.
    fn find_around(&self, text: &str, found: &mut Vec<usize>) {
        if self.networks.is_empty() {
            return;
        }
        let Some(network) = Network::parse(text) else { return };
        for around in self.lengths.iter().filter_map(|length| network.around(*length)) {
            get(&self.networks, &around, found);
        }
    }

    /// Beginnings, ends and what is between.
    fn find_inside(&self, text: &str, found: &mut Vec<usize>) {
        if self.prefixes.lengths == 0 && self.suffixes.lengths == 0 && self.grams.is_empty() {
            return;
        }
        let text = normal(text);
        self.prefixes.find(|length| text.get(..length), found);
        self.suffixes.find(|length| text.get(text.len().checked_sub(length)?..), found);
        if !self.grams.is_empty() {
            for gram in text.as_bytes().windows(GRAM).filter_map(|gram| gram.first_chunk::<GRAM>()) {
                get(&self.grams, gram, found);
            }
        }
    }
}

impl Affixes {
    fn add(&mut self, text: Box<str>, number: usize) {
        self.lengths |= 1 << text.len().min(AFFIX);
        put(&mut self.texts, text, number);
    }

    fn find<'t>(&self, cut: impl Fn(usize) -> Option<&'t str>, found: &mut Vec<usize>) {
        let lengths = (1..=AFFIX).filter(|length| self.lengths >> length & 1 == 1);
        for text in lengths.filter_map(cut) {
            get(&self.texts, text, found);
        }
    }
}

fn put<K: Hash + Eq>(lookup: &mut Lookup<K>, key: K, number: usize) {
    lookup.entry(key).or_default().push(number);
}

fn get<K, Q>(lookup: &Lookup<K>, key: &Q, found: &mut Vec<usize>)
where
    K: Hash + Eq + std::borrow::Borrow<Q>,
    Q: Hash + Eq + ?Sized,
{
    if !lookup.is_empty() {
        found.extend(lookup.get(key).into_iter().flatten());
    }
}
