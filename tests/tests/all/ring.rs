//! Five nodes in a ring with cross links, and what their users, their operators and their networks do to them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use taxii_tests::exchange::{Member, became, came};
use taxii_tests::objects::indicator;
use taxii_tests::ring::{Dice, Level, Model, NODES, Nodes, ways};

/// One way from a node to another.
struct Way {
    from: usize,
    to: usize,
    cursor: Option<String>,
    /// Nothing gets through.
    cut: bool,
}

struct Members(Vec<Member>);

impl Nodes for Members {
    fn post(&self, at: usize, object: &Value) {
        self.0[at].post(std::slice::from_ref(object));
    }

    fn delete(&self, at: usize, id: &str) {
        self.0[at].delete(id, "");
    }

    fn everything(&self, at: usize) -> Vec<String> {
        self.0[at].everything()
    }
}

struct Ring {
    members: Members,
    ways: Vec<Way>,
    model: Model,
    /// Each version that a node has told to have added: none twice.
    added: BTreeSet<(usize, String)>,
    echoes: usize,
    moved: usize,
}

fn account(of: usize) -> String {
    format!("node-{of}")
}

impl Ring {
    fn new(dice: Dice) -> Self {
        let members = (0..NODES).map(|n| {
            let others: Vec<String> = (0..NODES).filter(|other| *other != n).map(account).collect();
            std::thread::spawn(move || Member::new(&others))
        });
        let members: Vec<_> = members.collect();
        let members = Members(members.into_iter().map(|member| member.join().expect("a node")).collect());
        let ways = ways().map(|(from, to)| Way { from, to, cursor: None, cut: false }).collect();
        let (added, model) = (BTreeSet::new(), Model::new(dice));
        Self { members, ways, model, added, echoes: 0, moved: 0 }
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
            let limit = 1 + self.model.dice.below(40);
            let page = self.members.0[from].get(&account(to), &format!("changes/?limit={limit}{after}"));
            assert_eq!(page.status, 200, "{page}");
            let page = page.json();
            let changes = page["changes"].as_array().expect("changes");
            for change in changes {
                let path = change["path"].as_array().expect("a path");
                self.echoes += usize::from(path.contains(&json!(self.members.0[to].server)));
                assert!(path.len() <= NODES && change["hops"] == path.len(), "{change}");
            }
            if !changes.is_empty() {
                let answer = self.members.0[to].send(&account(from), &page);
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

    /// Something happens at some node.
    fn happen(&mut self) {
        match self.model.dice.below(10) {
            0..=3 => self.model.appear(&self.members),
            4..=6 => self.model.change(&self.members),
            7 | 8 => self.model.delete(&self.members, true),
            _ => self.disturb(),
        }
    }

    /// A network is cut, a node is killed, a position is lost.
    fn disturb(&mut self) {
        match self.model.dice.below(4) {
            0 => {
                let node = &mut self.members.0[self.model.dice.below(NODES)].node;
                node.signal("KILL");
                node.ended();
                node.start();
            }
            1 => {
                let way = self.model.dice.below(self.ways.len());
                self.ways[way].cursor = None;
            }
            _ => {
                let way = self.model.dice.below(self.ways.len());
                self.ways[way].cut = !self.ways[way].cut;
            }
        }
    }
}

/// Promises 1, 2 and 3 between servers: whatever is posted, changed, revoked and deleted, wherever, while networks are cut, nodes killed
/// and positions lost, all nodes end with what they may have: no version lost, none twice, nothing sent back, nothing further than
/// its marking lets it go.
#[test]
fn five_nodes_converge() {
    let mut ring = Ring::new(Dice::thrown());
    // Each way is used once, so that every node knows who its neighbours are.
    ring.model.add(&ring.members, Level::Clear.mark(indicator()), 0, Level::Clear);
    for Way { from, to, .. } in &ring.ways {
        ring.members.0[*to].sent(&account(*from), &ring.members.0[*from].server, &[]);
    }
    for _ in 0..12 {
        for _ in 0..6 {
            ring.happen();
        }
        for _ in 0..8 {
            let way = ring.model.dice.below(ring.ways.len());
            ring.carry(way);
        }
    }
    ring.settle();
    println!("{} versions, {} changes carried", ring.model.len(), ring.moved);
    ring.model.check(&ring.members);
    assert_eq!(ring.echoes, 0, "nothing is sent to where it has been");
    assert!(ring.model.len() > 20 && ring.moved > 50, "enough has happened");
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
    assert!(fetched < ALL / 2, "{fetched} are too many");
    assert_eq!(a.everything(), b.everything());
    let mut again = Comparison { theirs: &a, ours: &b, asked: 0, missing: BTreeMap::new() };
    again.descend("");
    assert_eq!((again.asked, again.missing.len()), (1, 0), "then both are alike at the first look");
}
