//! Five nodes in a ring with cross links, what their users do, and what each node has to have in the end.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use stix_model::marking::tlp;

use crate::objects::{address, id_of, indicator, with};

pub const NODES: usize = 5;
/// Both ways each.
pub const LINKS: [(usize, usize); 7] = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 0), (0, 2), (1, 3)];

/// All ways from a node to another.
pub fn ways() -> impl Iterator<Item = (usize, usize)> {
    LINKS.into_iter().flat_map(|(a, b)| [(a, b), (b, a)])
}

fn are_near(a: usize, b: usize) -> bool {
    ways().any(|way| way == (a, b))
}

/// Numbers that look random, the same for the same seed.
pub struct Dice(u64);

impl Dice {
    /// With the seed that `TEST_TAXII_SEED` says, or another each time; it is told.
    pub fn thrown() -> Self {
        let seed = u64::from(std::process::id()) ^ 0x5eed;
        let seed = std::env::var("TEST_TAXII_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(seed);
        println!("seed {seed}");
        Self(seed)
    }

    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % n as u64).expect("small")
    }
}

/// How an object is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Clear,
    Green,
    Amber,
    Strict,
    Red,
    None,
}

impl Level {
    const ALL: [Self; 6] = [Self::Clear, Self::Green, Self::Amber, Self::Strict, Self::Red, Self::None];

    pub fn mark(self, object: Value) -> Value {
        let id = match self {
            Self::Clear => tlp::CLEAR.id(),
            Self::Green => tlp::GREEN.id(),
            Self::Amber => tlp::AMBER.id(),
            Self::Strict => tlp::AMBER_STRICT.id(),
            Self::Red => tlp::RED.id(),
            Self::None => return object,
        };
        with(object, "object_marking_refs", json!([id.as_str()]))
    }

    /// How far things go.
    fn reach(self) -> usize {
        match self {
            Self::Clear | Self::Green => NODES,
            Self::Amber | Self::None => 1,
            Self::Strict | Self::Red => 0,
        }
    }
}

/// A version, as the model knows it.
struct Version {
    object: Value,
    origin: usize,
    level: Level,
    /// Taken back by its origin.
    recalled: bool,
    /// Where it was deleted by people who did not make it.
    deleted_at: BTreeSet<usize>,
}

impl Version {
    /// May it come to this node from another?
    fn reaches(&self, at: usize) -> bool {
        let reach = self.level.reach();
        self.origin != at && (reach > 1 || (reach == 1 && are_near(self.origin, at)))
    }
}

/// The nodes, as their users see them.
pub trait Nodes {
    fn post(&self, at: usize, object: &Value);
    /// All versions of an object go.
    fn delete(&self, at: usize, id: &str);
    /// Every version, as texts in order.
    fn everything(&self, at: usize) -> Vec<String>;
}

/// What was done, and what follows from it.
pub struct Model {
    versions: Vec<Version>,
    pub dice: Dice,
    clock: u32,
}

impl Model {
    pub fn new(dice: Dice) -> Self {
        Self { versions: Vec::new(), dice, clock: 0 }
    }

    pub fn len(&self) -> usize {
        self.versions.len()
    }

    pub fn is_empty(&self) -> bool {
        self.versions.is_empty()
    }

    fn time(&mut self) -> String {
        self.clock += 1;
        format!("2026-01-01T{:02}:{:02}:{:02}.000Z", self.clock / 3600, self.clock / 60 % 60, self.clock % 60)
    }

    pub fn add(&mut self, nodes: &impl Nodes, object: Value, origin: usize, level: Level) {
        nodes.post(origin, &object);
        let (recalled, deleted_at) = (false, BTreeSet::new());
        self.versions.push(Version { object, origin, level, recalled, deleted_at });
    }

    /// Something new, somewhere.
    pub fn appear(&mut self, nodes: &impl Nodes) {
        let (at, level) = (self.dice.below(NODES), Level::ALL[self.dice.below(6)]);
        let object = match self.dice.below(3) {
            0 => address(&format!("198.51.100.{}", self.clock % 250)),
            _ => with(indicator(), "modified", json!(self.time())),
        };
        self.add(nodes, level.mark(object), at, level);
    }

    /// A later version, or the revocation, by who made it.
    pub fn change(&mut self, nodes: &impl Nodes) {
        if self.is_empty() {
            return;
        }
        let n = self.dice.below(self.versions.len());
        let Version { object, origin, level, .. } = &self.versions[n];
        let (origin, level, mut next) = (*origin, *level, object.clone());
        match next["modified"].is_string() {
            true => {
                next["modified"] = json!(self.time());
                next["name"] = json!(format!("version {}", self.clock));
                if self.dice.below(3) == 0 {
                    next["revoked"] = json!(true);
                }
            }
            false => {
                self.time();
                next["value"] = json!(format!("203.0.113.{}", self.clock % 250));
            }
        }
        if !self.versions.iter().any(|known| known.object == next) {
            self.add(nodes, next, origin, level);
        }
    }

    /// All versions of some object go, at its origin or, `anywhere`, at another node that has it.
    pub fn delete(&mut self, nodes: &impl Nodes, anywhere: bool) {
        if self.is_empty() {
            return;
        }
        let n = self.dice.below(self.versions.len());
        let (id, origin) = (id_of(&self.versions[n].object).to_owned(), self.versions[n].origin);
        let at = if !anywhere || self.dice.below(2) == 0 { origin } else { self.dice.below(NODES) };
        let has = nodes.everything(at);
        let mut gone = 0;
        for version in self.versions.iter_mut().filter(|version| id_of(&version.object) == id) {
            let there = has.contains(&version.object.to_string());
            gone += usize::from(there);
            version.recalled |= there && at == origin;
            if there && at != origin {
                version.deleted_at.insert(at);
            }
        }
        if gone > 0 {
            nodes.delete(at, &id);
        }
    }

    /// How many versions may have come to a node from others, if each came once.
    pub fn arrivals(&self, at: usize) -> usize {
        self.versions.iter().filter(|version| version.reaches(at)).count()
    }

    /// What a node has to have.
    pub fn expected(&self, at: usize) -> Vec<String> {
        let is_there = |version: &&Version| {
            let comes = version.origin == at || version.reaches(at);
            comes && !version.recalled && !version.deleted_at.contains(&at)
        };
        let mut all: Vec<String> = self.versions.iter().filter(is_there).map(|one| one.object.to_string()).collect();
        all.sort();
        all
    }

    /// What a node has and lacks, if that is not what it has to have.
    pub fn difference(&self, nodes: &impl Nodes, at: usize) -> Option<String> {
        let (has, expected) = (nodes.everything(at), self.expected(at));
        let short = |all: &[String], but: &[String]| {
            all.iter().filter(|one| !but.contains(one)).cloned().collect::<Vec<_>>().join("\n")
        };
        (has != expected).then(|| {
            format!(
                "node {at} has {} versions, expected {}\nonly there:\n{}\nmissing:\n{}",
                has.len(),
                expected.len(),
                short(&has, &expected),
                short(&expected, &has)
            )
        })
    }

    /// Every node has what it has to have.
    #[track_caller]
    pub fn check(&self, nodes: &impl Nodes) {
        for at in 0..NODES {
            if let Some(difference) = self.difference(nodes, at) {
                panic!("{difference}");
            }
        }
    }
}
