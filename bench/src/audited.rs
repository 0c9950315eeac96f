//! What recording who received what costs, and how fast it is found again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use stix_model::RawHead;
use taxii_model::Timestamp;
use taxii_server::audit::{Chain, Log, Record, action, verify, who_received};
use taxii_server::store::{CollectionKey, Item, SqliteStore, Store, Submission};
use uuid::Uuid;

use crate::load::{Rate, run};
use crate::server::{Site, prepare, request, runtime};
use crate::{PAGE, ROUND, ROUNDS, content, per_second, row};

/// Pages and polls of a server that records against one that does not, in turn.
pub(crate) fn rates(objects: usize) {
    let (with, without) = (Site::recording(objects), Site::start(objects));
    let pages = |site: &Site| site.pages(&format!("{}objects/", site.collection), PAGE);
    let empty =
        |site: &Site| vec![request("GET", &format!("{}objects/?added_after={}", site.collection, site.newest()), "")];
    in_turn(
        "pages of 100 asked for before, recorded against not",
        [(&with, pages(&with)), (&without, pages(&without))],
        "",
    );
    in_turn("a poll that finds nothing, noted against not", [(&with, empty(&with)), (&without, empty(&without))], "");
}

pub(crate) fn in_turn(what: &str, sites: [(&Site, Vec<Vec<u8>>); 2], to_reach: &str) {
    let mut rates = [Rate::default(), Rate::default()];
    let asked = sites.map(|(site, asked)| (site, Arc::new(asked), Arc::new(AtomicUsize::new(0))));
    for _ in 0..ROUNDS {
        for ((site, asked, next), rate) in asked.iter().zip(&mut rates) {
            let (asked, next) = (Arc::clone(asked), Arc::clone(next));
            let make = move |_| Some(asked[next.fetch_add(1, Ordering::Relaxed) % asked.len()].clone());
            *rate += run(site.address, 64, ROUND, "HTTP/1.1 200", make);
        }
    }
    let [with, without] = rates.map(|rate| rate.per_second());
    row(what, &per_second(with), &per_second(without), with / without, to_reach);
}

/// A log of so many deliveries: one in ten of a page from anywhere in the past, the others of what was new just then.
pub(crate) fn year(records: usize) {
    const OBJECTS: i64 = 100_000;
    let folder = tempfile::TempDir::new_in(".").expect("a folder");
    let file = folder.path().join("year.db");
    let store = SqliteStore::open(&file).expect("a database");
    let runtime = runtime();
    let (key, stamps, ids) = runtime.block_on(filled(&store, OBJECTS as usize));
    let size = || {
        let log = file.with_extension("db-wal");
        [&file, &log].map(|file| std::fs::metadata(file).map_or(0, |file| file.len())).iter().sum::<u64>()
    };
    let (before, begun) = (size(), Instant::now());
    runtime.block_on(async {
        let recipients = (0..300).map(|n| Record {
            account: Some(format!("organisation-{n}")),
            credential: Some(format!("key {n:08x}")),
            address: Some(format!("192.0.2.{}", n % 250)),
            ..Record::new(Timestamp::from_micros(1), action::RECIPIENT, &serde_json::json!({}))
        });
        store.append(recipients.collect()).await.expect("to append");
        for from in (0..records).step_by(1000) {
            let batch = (from..records.min(from + 1000)).map(|n| delivery(n, records, key, &stamps));
            store.append(batch.collect()).await.expect("to append");
        }
    });
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{records} deliveries appended in {seconds:.1} s, {:.0} a second; {:.0} bytes each",
        records as f64 / seconds,
        (size().saturating_sub(before)) as f64 / records as f64
    );
    let mut times: Vec<f64> = (0..40)
        .map(|n| {
            let id = &ids[n * 2111 % ids.len()];
            let begun = Instant::now();
            let told = runtime.block_on(who_received(&store, id)).expect("to be told");
            if n < 3 {
                println!("  {id}: {} recipients", told.len());
            }
            begun.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("who received an object: {:.1} ms in the middle, {:.1} ms at most", times[20] * 1e3, times[39] * 1e3);
    let begun = Instant::now();
    let verified = runtime.block_on(verify(&store, &Chain::plain(), None)).expect("to verify");
    assert_eq!(verified.fault, None);
    println!("verified {} records in {:.1} s", verified.records, begun.elapsed().as_secs_f64());
}

/// The `n`th delivery, to one to three recipients.
fn delivery(n: usize, of: usize, key: CollectionKey, stamps: &[i64]) -> Record {
    let random = n.wrapping_mul(2_654_435_761) >> 7;
    let newest = (stamps.len() - 120) * n / of;
    let begin = if random.is_multiple_of(10) { random % (newest + 1) } else { newest };
    let entries = &stamps[begin..begin + 1 + random % 100];
    let runs = taxii_server::audit::Runs::of(key, "bench", entries.iter().map(|at| Timestamp::from_micros(*at)));
    let to: Vec<usize> = (0..1 + random % 3).map(|i| 1 + (random / 7 + i * 17) % 300).collect();
    let (first, last) = runs.ends().unzip();
    Record {
        root: Some("bench".to_owned()),
        collection: Some(key),
        first,
        last,
        ..Record::new(
            Timestamp::from_micros(i64::try_from(n).unwrap_or_default() * 30_000_000),
            action::DELIVERED,
            &serde_json::json!({"runs": runs.written(), "to": to}),
        )
    }
}

/// A collection of so many objects, in small submissions.
async fn filled(store: &SqliteStore, count: usize) -> (CollectionKey, Vec<i64>, Vec<String>) {
    let (key, _) = prepare(store).await;
    let (mut stamps, mut ids) = (Vec::new(), Vec::new());
    for from in (0..count).step_by(50) {
        let items: Vec<Item> = (from..count.min(from + 50))
            .map(|i| {
                let text = content::object(i, 0);
                let head = RawHead::read(&text, 100).expect("JSON").check(None).expect("a head");
                Item::new(head, text)
            })
            .collect();
        ids.extend(items.iter().map(|item| item.head.id.to_string()));
        let submission = Submission {
            status: Uuid::new_v4(),
            root: "bench".into(),
            collection: key,
            caller: "bench".into(),
            received: Timestamp::now(),
            items,
            refused: Vec::new(),
        };
        let added = store.add_telling(submission).await.expect("to add").stamps;
        stamps.extend(added.into_iter().map(Timestamp::as_micros));
    }
    (key, stamps, ids)
}
