//! The engine against a small model: whatever fails and wherever it is killed, the sink has just what it may have.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::testing::{Faults, Kept, Listed, Shaky, in_time, item};
use super::*;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
}

/// What a source has: numbers of objects and versions, whether the policy lets them through, or something that is no object.
#[derive(Clone, Debug)]
enum Row {
    Version(u32, u32),
    Secret(u32),
    Unwanted(u32),
    Rubbish,
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = prop_oneof![
        6 => (0..20_u32, 0..5_u32).prop_map(|(number, version)| Row::Version(number, version)),
        1 => (20..25_u32).prop_map(Row::Secret),
        1 => (30..35_u32).prop_map(Row::Unwanted),
        1 => Just(Row::Rubbish),
    ];
    prop::collection::vec(row, 0..60)
}

fn faults() -> impl Strategy<Value = Vec<bool>> {
    prop::collection::vec(prop::bool::weighted(0.4), 0..30)
}

/// TLP:RED does not leave.
struct NoSecrets;

#[async_trait::async_trait]
impl Policy for NoSecrets {
    async fn apply(&self, changes: Vec<Change>) -> Result<Applied, Fault> {
        Ok(super::horizon::divide(changes, |change| {
            let Change::Object(item) = change else { return None };
            item.text().contains("secret").then(|| ("secret", "told in confidence".to_owned()))
        }))
    }
}

fn change(row: &Row) -> Result<Change, Refused> {
    match row {
        Row::Version(number, version) => Ok(Change::Object(item(*number, *version, "plain"))),
        Row::Secret(number) => Ok(Change::Object(item(*number, 0, "secret"))),
        Row::Unwanted(number) => Ok(Change::Object(item(*number, 0, "unwanted"))),
        Row::Rubbish => Err(Refused::new(None, None, "item-json", "no object")),
    }
}

fn allowed(rows: &[Row]) -> BTreeSet<(String, String)> {
    let items = rows.iter().filter_map(|row| match row {
        Row::Version(number, version) => Some(item(*number, *version, "plain")),
        _ => None,
    });
    items.map(|item| (item.id().to_owned(), item.version().to_owned())).collect()
}

/// No lost version, no duplicate, nothing that may not leave: whatever breaks off, before, in the midst of or after
/// delivering and keeping the cursor, and however often the program is killed between two batches.
#[test]
fn the_sink_has_just_what_it_may_have() {
    in_time(whatever_breaks_off);
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_time: 10_000, ..ProptestConfig::with_cases(300) })]

    fn whatever_breaks_off(
        rows in rows(), source in faults(), sink in faults(), before in faults(), after in faults(),
        room in 1..9_usize, killed in prop::collection::vec(any::<bool>(), 0..20), later in rows(),
    ) {
        let listed = Arc::new(Listed { changes: rows.iter().map(change).collect::<Vec<_>>().into(), faults: Faults::new(source) });
        let kept = Arc::new(Kept { faults: Faults::new(sink), refuses: Some("unwanted".to_owned()), ..Kept::default() });
        let bookmarks = Arc::new(Shaky { before: Faults::new(before), after: Faults::new(after), ..Shaky::default() });
        let flow = || {
            let options = Options { room: Room { changes: room, octets: 700 }, ..Options::default() };
            let (source, sink, bookmarks) = (listed.clone(), kept.clone(), bookmarks.clone());
            Flow::new("f", source, sink, bookmarks).policy(Arc::new(NoSecrets)).options(options)
        };
        runtime().block_on(async {
            let mut running = flow();
            for killed in killed {
                if killed {
                    running = flow();
                }
                let _ = running.step().await;
            }
            for _ in 0..200 {
                if running.run().await.is_ok() {
                    break;
                }
            }
            // What comes later comes too, to a program that was started anew.
            listed.changes.lock().unwrap().extend(later.iter().map(change));
            let mut running = flow();
            for _ in 0..200 {
                if running.run().await.is_ok() {
                    break;
                }
            }
            let status = running.status().borrow().clone();
            assert_eq!((status.state.lag, status.state.last_error), (Some(0), None));
            // And a run after that moves nothing; of the faults, some may be left.
            for _ in 0..50 {
                if let Ok(done) = running.run().await {
                    assert_eq!(done, Counters::default());
                }
            }
        });
        let all: Vec<Row> = rows.iter().chain(&later).cloned().collect();
        let order = kept.order.lock().unwrap().clone();
        let have: BTreeSet<_> = order.iter().cloned().collect();
        prop_assert_eq!(order.len(), have.len());
        prop_assert_eq!(have, allowed(&all));
    }
}

fn flow(source: impl Source + 'static, sink: Arc<Kept>) -> Flow {
    Flow::new("f", Arc::new(source), sink, Arc::new(InMemory::default()))
}

/// Counters say what became of everything, by rule, and the last refusals are kept with their reasons.
#[test]
fn everything_is_accounted_for() {
    in_time(|| {
        let rows = [Row::Version(1, 1), Row::Secret(21), Row::Unwanted(31), Row::Rubbish, Row::Version(1, 1)];
        let mut changes: Vec<_> = rows.iter().map(change).collect();
        changes.push(Ok(Change::Object(item(1, 1, "other words"))));
        changes.push(Ok(Change::Object(item(9, 1, &"long ".repeat(100)))));
        let source = Listed { changes: changes.into(), ..Listed::default() };
        let sink = Arc::new(Kept { refuses: Some("unwanted".to_owned()), ..Kept::default() });
        let options = Options { object_octets: 400, ..Options::default() };
        let mut flow = flow(source, sink.clone()).policy(Arc::new(NoSecrets)).options(options);
        let done = runtime().block_on(flow.run()).unwrap();
        assert_eq!((done.received, done.delivered, done.added, done.known, done.conflicts), (7, 4, 1, 1, 1));
        let counts = |map: &std::collections::BTreeMap<String, u64>| format!("{map:?}");
        assert_eq!(counts(&done.withheld), r#"{"secret": 1}"#);
        assert_eq!(counts(&done.refused), r#"{"item-json": 1, "too-large": 1, "word": 1}"#);
        let status = serde_json::to_value(&*flow.status().borrow()).unwrap();
        assert_eq!(
            (status["phase"].as_str(), status["lag"].as_u64(), status["source"].as_str()),
            (Some("idle"), Some(0), Some("the list"))
        );
        assert_eq!(status["refused"].as_array().unwrap().len(), 3);
        assert_eq!(status["conflicts"][0]["reason"], "other content");
        assert_eq!(serde_json::from_value::<Status>(status).unwrap(), *flow.status().borrow());
    });
}

/// Says always that there is more.
struct Endless(fn(u64) -> String, std::sync::atomic::AtomicU64);

#[async_trait::async_trait]
impl Source for Endless {
    fn place(&self) -> String {
        "the mill".to_owned()
    }

    async fn next(&self, _: Option<&Cursor>, _: Room) -> Result<Batch, Fault> {
        let call = self.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let changes = vec![Change::Object(item(u32::try_from(call % 7).unwrap(), 1, "plain"))];
        let changes = if (self.0)(call).starts_with("empty") { Vec::new() } else { changes };
        Ok(Batch { changes, refused: Vec::new(), cursor: Cursor::new((self.0)(call)), more: true, remaining: None })
    }
}

/// A source that does not come to an end is stopped, with a reason, and what it gave stays delivered.
#[test]
fn endless_sources_are_stopped() {
    in_time(|| {
        type Cursors = fn(u64) -> String;
        let cases: [(Cursors, &str, u64); 4] = [
            (|_| "x".to_owned(), "does not move", 2),
            (|call| (call % 37).to_string(), "comes back", 37 * 4),
            (|call| format!("empty{call}"), "without a change", 102),
            (|_| "x".repeat(Cursor::MOST_OCTETS + 1), "octets", 1),
        ];
        for (cursor, words, most) in cases {
            let source = Arc::new(Endless(cursor, 0.into()));
            let sink = Arc::new(Kept::default());
            let mut flow = Flow::new("f", source.clone(), sink, Arc::new(InMemory::default()));
            let fault = runtime().block_on(flow.run()).unwrap_err();
            let calls = source.1.load(std::sync::atomic::Ordering::Relaxed);
            assert!(fault.to_string().contains(words) && !fault.may_pass() && calls <= most, "{fault} after {calls}");
        }
        let options = Options { changes_per_run: Some(50), ..Options::default() };
        let source = Endless(|call| call.to_string(), 0.into());
        let mut flow = flow(source, Arc::new(Kept::default())).options(options);
        assert_eq!(runtime().block_on(flow.run()).unwrap().received, 50);
    });
}

/// What cannot succeed is not tried again; what may is, after the wait that the other side asks for.
#[test]
fn waits_are_those_that_are_asked_for() {
    in_time(|| {
        struct Grumpy(Fault, std::sync::atomic::AtomicU64);
        #[async_trait::async_trait]
        impl Source for Grumpy {
            fn place(&self) -> String {
                "the grump".to_owned()
            }
            async fn next(&self, _: Option<&Cursor>, _: Room) -> Result<Batch, Fault> {
                match self.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
                    0 | 1 => Err(self.0.clone()),
                    _ => Ok(Batch::none(Cursor::new("1"))),
                }
            }
        }
        let place = || "the grump".to_owned();
        let busy = |seconds| Fault::Busy {
            place: place(),
            reason: "later".to_owned(),
            retry_after: Some(Duration::from_secs(seconds)),
        };
        let cases = [
            (busy(7), 3, 14..15),
            (busy(100_000), 1, 0..1),
            (testing::unreachable("the grump"), 3, 1..4),
            (Fault::Refused { place: place(), reason: "no".to_owned() }, 1, 0..1),
            (Fault::Malformed { place: place(), reason: "?".to_owned() }, 1, 0..1),
        ];
        for (fault, calls, waited) in cases {
            let source = Arc::new(Grumpy(fault.clone(), 0.into()));
            let mut flow = Flow::new("f", source.clone(), Arc::new(Kept::default()), Arc::new(InMemory::default()));
            let elapsed = runtime().block_on(async {
                let begin = tokio::time::Instant::now();
                let outcome = flow.run().await;
                assert_eq!(outcome.is_ok(), calls == 3, "{fault}");
                begin.elapsed().as_secs()
            });
            assert_eq!(source.1.load(std::sync::atomic::Ordering::Relaxed), calls, "{fault}");
            assert!(waited.contains(&elapsed), "{fault}: {elapsed}");
            let error = flow.status().borrow().state.last_error.clone();
            assert_eq!(error.map(|error| error.message), (calls == 1).then(|| fault.to_string()));
        }
    });
}

/// A flow that follows takes what comes, rests when it is told to, goes on, and ends.
#[test]
fn following_can_be_paused_and_stopped() {
    in_time(|| {
        let source = Arc::new(Listed::default());
        let sink = Arc::new(Kept::default());
        let mut flow = Flow::new("f", source.clone(), sink.clone(), Arc::new(InMemory::default()));
        let mut status = flow.status();
        runtime().block_on(async {
            let (switch, wanted) = tokio::sync::watch::channel(Wanted::Run);
            let running = tokio::spawn(async move { flow.follow(wanted).await });
            let add = |number| source.changes.lock().unwrap().push(change(&Row::Version(number, 1)));
            let added = |count: u64| move |status: &Status| status.state.counters.added == count;
            add(1);
            // The clock stands still while somebody works: a day passes only when nothing comes any more.
            let day = Duration::from_secs(86_400);
            tokio::time::timeout(day, status.wait_for(added(1))).await.unwrap().unwrap();
            switch.send(Wanted::Pause).unwrap();
            status.wait_for(|status| status.phase == Phase::Paused).await.unwrap();
            add(2);
            tokio::time::sleep(Duration::from_secs(3600)).await;
            assert_eq!(sink.order.lock().unwrap().len(), 1);
            switch.send(Wanted::Run).unwrap();
            tokio::time::timeout(day, status.wait_for(added(2))).await.unwrap().unwrap();
            switch.send(Wanted::Stop).unwrap();
            running.await.unwrap().unwrap();
            assert_eq!(status.borrow().phase, Phase::Stopped);
        });
    });
}

/// Nothing goes back to a server that it has been at, and nothing goes further than its TLP level lets it. Definitions of
/// markings go as far as what bears them, so that no reference to one dangles.
#[test]
fn loops_and_distances_are_limited() {
    in_time(|| {
        use stix_model::marking::tlp;
        let marked = |number: u32, marking: Option<tlp::Tlp>, hops: u32| {
            let text = testing::text(number, 1, "plain");
            let refs =
                marking.map_or(String::new(), |tlp| format!(r#","object_marking_refs":["{}"]"#, tlp.id().as_str()));
            let text = format!("{}{refs}}}", text.strip_suffix('}').unwrap());
            let path: Vec<String> = (0..hops).map(|hop| format!("s{hop}")).collect();
            Item::parse(&text, Provenance { origin: "s0".to_owned(), hops, path }).unwrap()
        };
        let leaves = |item: Item| {
            let applied = runtime().block_on(HopLimits::default().apply(vec![Change::Object(item)])).unwrap();
            applied.leaving.len() == 1
        };
        for (marking, most) in [
            (Some(tlp::RED), 0),
            (Some(tlp::v1::RED), 0),
            (Some(tlp::AMBER_STRICT), 0),
            (Some(tlp::AMBER), 1),
            (Some(tlp::v1::AMBER), 1),
            (None, 1),
            (Some(tlp::GREEN), 8),
            (Some(tlp::CLEAR), 8),
        ] {
            let furthest = (0..20).filter(|hops| leaves(marked(1, marking, *hops))).max();
            assert_eq!(furthest, Some(most), "{:?}", marking.map(tlp::Tlp::name));
        }
        let definition = |id: &str, marking: &str, hops: u32| {
            let text = format!(
                r#"{{"type":"marking-definition","spec_version":"2.1","id":"{id}","created":"2026-01-01T00:00:00.000Z","definition_type":"statement","definition":{{"statement":"x"}}{marking}}}"#
            );
            Item::parse(&text, Provenance { origin: "s0".to_owned(), hops, path: Vec::new() }).unwrap()
        };
        let own = "marking-definition--00000001-0000-4000-8000-000000000000";
        let red = format!(r#","object_marking_refs":["{}"]"#, tlp::RED.id().as_str());
        for (id, marking, most) in [
            (tlp::GREEN.id().as_str(), "", Some(19)),
            (stix_model::marking::pap::GREEN.id().as_str(), "", Some(19)),
            (own, "", Some(8)),
            (own, red.as_str(), Some(0)),
        ] {
            let furthest = (0..20).filter(|hops| leaves(definition(id, marking, *hops))).max();
            assert_eq!(furthest, most, "{id} {marking}");
        }
        let source = Listed {
            changes: vec![Ok(Change::Object(marked(1, None, 3))), change(&Row::Version(1, 2))].into(),
            ..Listed::default()
        };
        let sink = Arc::new(Kept { server: Some("s1".to_owned()), ..Kept::default() });
        let done = runtime().block_on(flow(source, sink).run()).unwrap();
        assert_eq!((done.added, done.withheld.get("split-horizon")), (1, Some(&1)));
    });
}
