//! Five nodes in a ring with cross links, and what their users, their operators and their networks do to them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use stix_model::marking::tlp;
use taxii_tests::exchange::{Member, became, came};
use taxii_tests::objects::{address, id_of, indicator, with};

const NODES: usize = 5;
/// Both ways each.
const LINKS: [(usize, usize); 7] = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 0), (0, 2), (1, 3)];

/// Numbers that look random, the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % n as u64).expect("small")
    }
}

/// One way from a node to another.
struct Way {
    from: usize,
    to: usize,
    cursor: Option<String>,
    /// Nothing gets through.
    cut: bool,
}

/// How an object is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Clear,
    Green,
    Amber,
    Strict,
    Red,
    None,
}

impl Level {
    const ALL: [Self; 6] = [Self::Clear, Self::Green, Self::Amber, Self::Strict, Self::Red, Self::None];

    fn mark(self, object: Value) -> Value {
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

struct Ring {
    members: Vec<Member>,
    ways: Vec<Way>,
    versions: Vec<Version>,
    dice: Dice,
    clock: u32,
    /// Each version that a node has told to have added: none twice.
    added: BTreeSet<(usize, String)>,
    echoes: usize,
    moved: usize,
}

fn account(of: usize) -> String {
    format!("node-{of}")
}

impl Ring {
    fn new(seed: u64) -> Self {
        let members = (0..NODES).map(|n| {
            let others: Vec<String> = (0..NODES).filter(|other| *other != n).map(account).collect();
            std::thread::spawn(move || Member::new(&others))
        });
        let members: Vec<_> = members.collect();
        let members = members.into_iter().map(|member| member.join().expect("a node")).collect();
        let ways = LINKS.iter().flat_map(|(a, b)| [(*a, *b), (*b, *a)]);
        let ways = ways.map(|(from, to)| Way { from, to, cursor: None, cut: false }).collect();
        let (added, versions) = (BTreeSet::new(), Vec::new());
        Self { members, ways, versions, dice: Dice(seed), clock: 0, added, echoes: 0, moved: 0 }
    }

    /// Carries what a way has, until there is no more; tells how much has changed.
    fn carry(&mut self, way: usize) -> usize {
        let Way { from, to, cut, .. } = self.ways[way];
        if cut {
            return 0;
        }
        let mut changed = 0;
        loop {
            let after = self.ways[way].cursor.as_ref().map(|cursor| format!("&after={cursor}")).unwrap_or_default();
            let limit = 1 + self.dice.below(40);
            let page = self.members[from].get(&account(to), &format!("changes/?limit={limit}{after}"));
            assert_eq!(page.status, 200, "{page}");
            let page = page.json();
            let changes = page["changes"].as_array().expect("changes");
            for change in changes {
                let path = change["path"].as_array().expect("a path");
                self.echoes += usize::from(path.contains(&json!(self.members[to].server)));
                assert!(path.len() <= NODES && change["hops"] == path.len(), "{change}");
            }
            if !changes.is_empty() {
                let answer = self.members[to].send(&account(from), &page);
                assert_eq!(answer.status, 200, "{answer}");
                let outcomes = became(&answer);
                assert_eq!(outcomes.len(), changes.len());
                for (change, outcome) in changes.iter().zip(&outcomes) {
                    changed += self.note(to, change, outcome);
                }
            }
            self.ways[way].cursor = page["next"].as_str().map(str::to_owned);
            if page["more"] != true {
                return changed;
            }
        }
    }

    fn note(&mut self, at: usize, change: &Value, outcome: &str) -> usize {
        self.moved += 1;
        match outcome {
            "added" => {
                assert!(self.added.insert((at, change["object"].to_string())), "twice at {at}: {change}");
                1
            }
            "deleted" => 1,
            "known" | "refused deleted" | "refused echo" | "refused authority" => 0,
            other => panic!("{other}: {change}"),
        }
    }

    fn settle(&mut self) {
        for way in &mut self.ways {
            way.cut = false;
        }
        for round in 0.. {
            assert!(round < 20, "it comes to an end");
            let changed: usize = (0..self.ways.len()).map(|way| self.carry(way)).sum();
            if changed == 0 {
                return;
            }
        }
    }

    fn time(&mut self) -> String {
        self.clock += 1;
        format!("2026-01-01T{:02}:{:02}:{:02}.000Z", self.clock / 3600, self.clock / 60 % 60, self.clock % 60)
    }

    fn add(&mut self, object: Value, origin: usize, level: Level) {
        self.members[origin].post(std::slice::from_ref(&object));
        let (recalled, deleted_at) = (false, BTreeSet::new());
        self.versions.push(Version { object, origin, level, recalled, deleted_at });
    }

    /// Something happens at some node.
    fn happen(&mut self) {
        let some = self.versions.len();
        match self.dice.below(10) {
            0..=3 => {
                let (at, level) = (self.dice.below(NODES), Level::ALL[self.dice.below(6)]);
                let object = match self.dice.below(3) {
                    0 => address(&format!("198.51.100.{}", self.clock % 250)),
                    _ => with(indicator(), "modified", json!(self.time())),
                };
                self.add(level.mark(object), at, level);
            }
            // A later version, or the revocation, by who made it.
            4..=6 if some > 0 => {
                let n = self.dice.below(some);
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
                    self.add(next, origin, level);
                }
            }
            7 | 8 if some > 0 => {
                let n = self.dice.below(some);
                self.delete(n);
            }
            _ => self.disturb(),
        }
    }

    /// All versions of an object go, at its origin or at another node that has it.
    fn delete(&mut self, n: usize) {
        let (id, origin) = (id_of(&self.versions[n].object).to_owned(), self.versions[n].origin);
        let at = if self.dice.below(2) == 0 { origin } else { self.dice.below(NODES) };
        let has = self.members[at].everything();
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
            self.members[at].delete(&id, "");
        }
    }

    /// A network is cut, a node is killed, a position is lost.
    fn disturb(&mut self) {
        match self.dice.below(4) {
            0 => {
                let at = self.dice.below(NODES);
                self.members[at].node.signal("KILL");
                self.members[at].node.ended();
                self.members[at].node.start();
            }
            1 => {
                let way = self.dice.below(self.ways.len());
                self.ways[way].cursor = None;
            }
            _ => {
                let way = self.dice.below(self.ways.len());
                self.ways[way].cut = !self.ways[way].cut;
            }
        }
    }

    fn is_near(&self, a: usize, b: usize) -> bool {
        LINKS.contains(&(a, b)) || LINKS.contains(&(b, a))
    }

    /// What a node has to have.
    fn expected(&self, at: usize) -> Vec<String> {
        let is_there = |version: &&Version| {
            let reaches = match version.level.reach() {
                _ if version.origin == at => true,
                0 => false,
                1 => self.is_near(version.origin, at),
                _ => true,
            };
            reaches && !version.recalled && !version.deleted_at.contains(&at)
        };
        let mut all: Vec<String> = self.versions.iter().filter(is_there).map(|one| one.object.to_string()).collect();
        all.sort();
        all
    }

    fn check(&self) {
        for at in 0..NODES {
            let (has, expected) = (self.members[at].everything(), self.expected(at));
            let short = |all: &[String], but: &[String]| {
                all.iter().filter(|one| !but.contains(one)).cloned().collect::<Vec<_>>().join("\n")
            };
            assert!(
                has == expected,
                "node {at} has {} versions, expected {}\nonly there:\n{}\nmissing:\n{}",
                has.len(),
                expected.len(),
                short(&has, &expected),
                short(&expected, &has)
            );
        }
    }
}

/// Promises 1, 2 and 3 between servers: whatever is posted, changed, revoked and deleted, wherever, while networks are cut, nodes killed
/// and positions lost, all nodes end with what they may have: no version lost, none twice, nothing sent back, nothing further than
/// its marking lets it go.
#[test]
fn five_nodes_converge() {
    let seed = u64::from(std::process::id()) ^ 0x5eed;
    let seed = std::env::var("TEST_TAXII_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(seed);
    println!("seed {seed}");
    let mut ring = Ring::new(seed);
    // Each way is used once, so that every node knows who its neighbours are.
    ring.add(Level::Clear.mark(indicator()), 0, Level::Clear);
    for way in 0..ring.ways.len() {
        let Way { from, to, .. } = ring.ways[way];
        ring.members[to].sent(&account(from), &ring.members[from].server, &[]);
    }
    for _ in 0..12 {
        for _ in 0..6 {
            ring.happen();
        }
        for _ in 0..8 {
            let way = ring.dice.below(ring.ways.len());
            ring.carry(way);
        }
    }
    ring.settle();
    println!("{} versions, {} changes carried", ring.versions.len(), ring.moved);
    ring.check();
    assert_eq!(ring.echoes, 0, "nothing is sent to where it has been");
    assert!(ring.versions.len() > 20 && ring.moved > 50, "enough has happened");
}

/// The children of a range that differ, or the versions in it that one has and the other lacks.
struct Comparison<'m> {
    theirs: &'m Member,
    ours: &'m Member,
    asked: usize,
    /// The ranges, each with how many versions of it we lack.
    missing: BTreeMap<String, usize>,
}

impl Comparison<'_> {
    fn descend(&mut self, prefix: &str) {
        self.asked += 1;
        let ask = |of: &Member, account: &str| {
            of.get(account, &format!("changes/digest/?prefix={prefix}")).expect(200).json()
        };
        let (theirs, ours) = (ask(self.theirs, "b"), ask(self.ours, "own"));
        let list = |of: &Value, name: &str| of[name].as_array().cloned();
        match (list(&theirs, "children"), list(&ours, "children")) {
            (Some(theirs), Some(ours)) => {
                for range in theirs.iter().filter(|range| !ours.contains(range)) {
                    self.descend(range["prefix"].as_str().expect("a prefix"));
                }
            }
            (Some(theirs), None) => {
                for range in theirs {
                    self.descend(range["prefix"].as_str().expect("a prefix"));
                }
            }
            (None, _) => {
                let ours = list(&ours, "leaves").unwrap_or_default();
                let lacks = list(&theirs, "leaves").expect("leaves").iter().filter(|leaf| !ours.contains(leaf)).count();
                if lacks > 0 {
                    self.missing.insert(prefix.to_owned(), lacks);
                }
            }
        }
    }
}

/// Promise 5 between servers: after an outage in which the position was lost, only ranges are fetched in which something is missing.
#[test]
fn what_is_missing_is_found_by_ranges() {
    const ALL: usize = 1500;
    let [a, b] = [["b"], ["a"]].map(|names| Member::new(&names.map(str::to_owned)));
    let marked = || Level::Clear.mark(indicator());
    let objects: Vec<Value> = (0..ALL).map(|_| marked()).collect();
    a.post(&objects);
    let first = came(&objects[0], &[&a.server]);
    let all: Vec<Value> = objects.iter().map(|object| came(object, &[&a.server])).collect();
    assert!(b.sent("a", &a.server, &all).iter().all(|outcome| outcome == "added"));
    assert_eq!(b.sent("a", &a.server, &[first]), ["known"]);
    let late: Vec<Value> = (0..5).map(|_| marked()).collect();
    a.post(&late);

    let mut comparison = Comparison { theirs: &a, ours: &b, asked: 0, missing: BTreeMap::new() };
    comparison.descend("");
    assert_eq!(comparison.missing.values().sum::<usize>(), late.len());
    assert!(comparison.missing.len() <= late.len() && comparison.asked <= 1 + 2 * 16, "{} asked", comparison.asked);
    let mut fetched = 0;
    for prefix in comparison.missing.keys() {
        let page = a.get("b", &format!("changes/?prefix={prefix}")).expect(200).json();
        assert_eq!(page["more"], false);
        fetched += page["changes"].as_array().expect("changes").len();
        let answer = b.send("a", &page);
        assert!(became(&answer).iter().all(|outcome| outcome == "added" || outcome == "known"), "{answer}");
    }
    println!("{} digests asked for, {fetched} of {} versions fetched for {}", comparison.asked, ALL + 5, late.len());
    assert!(fetched <= late.len() * 64, "{fetched} are too many");
    assert_eq!(a.everything(), b.everything());
    let mut again = Comparison { theirs: &a, ours: &b, asked: 0, missing: BTreeMap::new() };
    again.descend("");
    assert_eq!((again.asked, again.missing.len()), (1, 0), "then both are alike at the first look");
}
