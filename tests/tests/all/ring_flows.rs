//! The ring of `ring.rs`, where the servers themselves carry what happens: some ways are pulls of the receiver, others pushes of the
//! sender under an agreement of all five.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde_json::Value;
use taxii_tests::house::House;
use taxii_tests::line::Line;
use taxii_tests::node::until;
use taxii_tests::objects::{CREATED, indicator};
use taxii_tests::ring::{Dice, Level, Model, NODES, Nodes, ways};

/// The ways on which the sender pushes: there are links with two of them, with one, and with none.
const PUSHES: [(usize, usize); 7] = [(0, 1), (1, 0), (2, 1), (3, 4), (0, 4), (0, 2), (3, 1)];

struct Houses(Vec<House>);

impl Nodes for Houses {
    fn post(&self, at: usize, object: &Value) {
        self.0[at].post("feed", std::slice::from_ref(object));
    }

    fn delete(&self, at: usize, id: &str) {
        self.0[at].delete("feed", id);
    }

    fn everything(&self, at: usize) -> Vec<String> {
        self.0[at].everything("feed")
    }
}

/// A way from a node to another.
struct Way {
    from: usize,
    to: usize,
    /// Who runs the flow that goes it, and how it is called there.
    at: usize,
    flow: String,
    line: Line,
    paused: bool,
    /// Its flow goes on when it chooses to: the network was cut, or the node was killed, and it waits for its next try.
    disturbed: bool,
}

struct Ring {
    houses: Houses,
    ways: Vec<Way>,
    model: Model,
}

fn called(node: usize) -> String {
    format!("node{node}")
}

/// What all five have agreed: what may go at all goes from each to those that it pushes to, and on from there.
fn treaty(houses: &[House]) -> String {
    let mut text = format!(
        "id = \"ring\"\npurposes = [\"defence of networks\"]\nvalid_from = {CREATED}\nvalid_until = 2099-01-01T00:00:00Z\n\n\
         [terms]\nencrypted = false\ntlp = \"amber\"\nunmarked = \"amber\"\nprofile = \"full\"\n\
         onward = {{ allowed = true, max_hops = 8, tlp = \"green\" }}\n"
    );
    for House { name, identity, .. } in houses {
        write!(text, "\n[[party]]\nname = \"{name}\"\nidentity = \"{identity}\"\n").expect("text");
    }
    for (from, to) in PUSHES {
        let (from, to) = (called(from), called(to));
        write!(text, "\n[[exchange]]\nfrom = \"{from}\"\nto = \"{to}\"\ncollection = \"feed\"\n").expect("text");
    }
    text
}

/// Who lets in whom: where the guest has its key.
type Keys = BTreeMap<(usize, usize), String>;

fn let_in(houses: &mut [House], host: usize, guest: usize) -> String {
    let [host, guest] = houses.get_disjoint_mut([host, guest]).expect("two houses");
    host.lets_in(guest, &["--read", "feed", "--write", "feed"])
}

impl Way {
    /// Adds the flow as an operator does, at the node that runs it.
    fn new(houses: &[House], keys: &Keys, (from, to): (usize, usize)) -> Self {
        let pushes = PUSHES.contains(&(from, to));
        let (at, other) = if pushes { (from, to) } else { (to, from) };
        let line = Line::to(houses[other].node.address);
        let there = format!("http://{}/api1/collections/feed/", line.address);
        let (here, key, name) = (houses[at].place("feed"), &keys[&(other, at)], called(other));
        let flow = if pushes { format!("to-{name}") } else { format!("from-{name}") };
        let (source, sink) = if pushes { (here, there) } else { (there, here) };
        let mut add = vec!["flow", "add", &flow, "--from", &source, "--to", &sink, "--secret", key, "--every", "1s"];
        if pushes {
            add.extend(["--agreement", "ring", "--partner", &name]);
        }
        houses[at].node.admin(&add);
        Self { from, to, at, flow, line, paused: false, disturbed: false }
    }
}

impl Ring {
    fn new(dice: Dice) -> Self {
        let house = |n| std::thread::spawn(move || House::new(&called(n), &["feed"]));
        let houses: Vec<_> = (0..NODES).map(house).collect();
        let mut houses: Vec<House> = houses.into_iter().map(|house| house.join().expect("a house")).collect();
        let keys: Keys = ways().map(|(host, guest)| ((host, guest), let_in(&mut houses, host, guest))).collect();
        let treaty = houses[0].signed(&treaty(&houses), &houses.iter().collect::<Vec<_>>());
        for house in &mut houses {
            house.keeps(&treaty);
            house.node.start();
        }
        let ways = ways().map(|way| Way::new(&houses, &keys, way)).collect();
        Self { houses: Houses(houses), ways, model: Model::new(dice) }
    }

    /// The ways on which something goes at once.
    fn open(&self) -> Vec<usize> {
        let is_open = |n: &usize| !self.ways[*n].paused && !self.ways[*n].disturbed;
        (0..self.ways.len()).filter(is_open).collect()
    }

    /// Posts something that everybody may have at a node from which a way leads, and waits until somebody else has it: what was
    /// posted before is under way, too.
    fn mark(&mut self) {
        let open = self.open();
        let at = self.ways[open[self.model.dice.below(open.len())]].from;
        let mark = Level::Clear.mark(indicator());
        self.model.add(&self.houses, mark.clone(), at, Level::Clear);
        let text = mark.to_string();
        let others = || (0..NODES).filter(|node| *node != at).any(|node| self.houses.everything(node).contains(&text));
        until("something goes on", others);
    }

    fn happen(&mut self) {
        match self.model.dice.below(9) {
            0..=3 => self.model.appear(&self.houses),
            4..=6 => self.model.change(&self.houses),
            _ => self.model.delete(&self.houses, false),
        }
    }

    /// A network is cut or mended, an operator lets a flow rest or go on; one way at least stays open.
    fn disturb(&mut self) {
        let n = self.model.dice.below(self.ways.len());
        if self.open() == [n] {
            return;
        }
        let Way { at, flow, line, paused, disturbed, .. } = &mut self.ways[n];
        if self.model.dice.below(2) == 0 {
            *paused = !*paused;
            let word = if *paused { "pause" } else { "resume" };
            self.houses.0[*at].node.admin(&["flow", word, flow]);
        } else if line.is_cut() {
            line.mend();
        } else {
            line.cut();
            *disturbed = true;
        }
    }

    fn kill(&mut self, at: usize) {
        let node = &mut self.houses.0[at].node;
        node.signal("KILL");
        node.ended();
        node.start();
        self.ways.iter_mut().filter(|way| way.at == at).for_each(|way| way.disturbed = true);
    }

    /// The operators see to it that everything can get through.
    fn mend(&self) {
        for Way { at, flow, line, .. } in &self.ways {
            line.mend();
            self.houses.0[*at].node.admin(&["flow", "resume", flow]);
        }
    }

    /// How the flows are, by who runs them.
    fn flows(&self) -> Vec<Value> {
        self.houses.0.iter().map(|house| house.node.admin(&["flow", "status"])).collect()
    }

    /// Waits until every node has what it has to have, and every flow says that it is done.
    fn settle(&self) {
        let until = Instant::now() + Duration::from_secs(600);
        while let Some(difference) = (0..NODES).find_map(|at| self.model.difference(&self.houses, at)) {
            assert!(Instant::now() < until, "{difference}\n{:#}", Value::from(self.flows()));
            std::thread::sleep(Duration::from_millis(100));
        }
        let is_done = |flow: &Value| flow["phase"] == "running" && flow["lag"] == 0 && flow["last_error"].is_null();
        loop {
            let flows = self.flows();
            if flows.iter().flat_map(|all| all.as_array().expect("flows")).all(is_done) {
                return;
            }
            assert!(Instant::now() < until, "{:#}", Value::from(flows));
            std::thread::sleep(Duration::from_millis(500));
        }
    }
}

/// What flows promise between servers: whatever is posted, changed, revoked and deleted, while networks are cut, nodes killed and flows
/// paused, the servers by themselves bring every node to what it may have: no version lost, none added twice, nothing sent back to
/// where it has been; and then every flow says that nothing is left and nothing is wrong.
#[test]
fn servers_run_the_ring() {
    let begun = Instant::now();
    let mut ring = Ring::new(Dice::thrown());
    println!("set up after {:?}", begun.elapsed());
    ring.mark();
    for round in 0..10 {
        for _ in 0..6 {
            ring.happen();
        }
        match round {
            // In the midst of it, one that pushes most, and one that pulls.
            1 => ring.kill(0),
            2 => ring.kill(3),
            _ => ring.disturb(),
        }
        ring.mark();
    }
    ring.mend();
    println!("{} versions after {:?}", ring.model.len(), begun.elapsed());
    ring.settle();
    println!("settled after {:?}", begun.elapsed());
    ring.model.check(&ring.houses);

    let flows = ring.flows();
    let mut added = [0; NODES];
    for way in &ring.ways {
        let flow = flows[way.at].as_array().expect("flows").iter().find(|flow| flow["name"] == way.flow.as_str());
        let counters = &flow.expect("the flow")["counters"];
        added[way.to] += usize::try_from(counters["added"].as_u64().expect("a number")).expect("small");
        assert_eq!(counters["conflicts"], 0, "{counters:#}");
        // What was deleted here before it came by another way does not come. A deletion is taken from where the object came from.
        let refused = counters["refused"].as_object().expect("by rule");
        let known = |rule: &String| rule == "deleted" || rule == "authority";
        assert!(refused.keys().all(known), "{}: {counters:#}", way.flow);
    }
    for (at, added) in added.into_iter().enumerate() {
        let most = ring.model.arrivals(at);
        assert!(added <= most, "{added} versions were added at node {at}, and only {most} could come");
    }
}
