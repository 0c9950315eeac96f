//! Envelopes of 1,000 objects over HTTP against plain array inserts into the same tables, in turn.

use std::sync::Arc;
use std::time::Duration;

use crate::load::run;
use crate::postgres::database::Database;
use crate::postgres::plain::{self, Rows};
use crate::server::{Site, add_collection, path, request};
use crate::{content, per_second, row};

const ROUNDS: usize = 4;
/// Envelopes in a round.
const ENVELOPES: usize = 40;
const OBJECTS: usize = 1000;

pub(crate) fn measure(server: &str) {
    one_collection(server);
    eight_collections(server);
}

/// One connection inserts at a time, as writers of one collection do.
fn one_collection(server: &str) {
    let (ours, theirs) = (Database::new(server), Database::new(server));
    let site = Site::over(Arc::clone(&ours.store), ours.key, ours.id);
    let target = format!("{}objects/", site.collection);
    let (mut seconds, mut limit) = (0.0, 0.0);
    for round in 0..ROUNDS {
        let from = round * ENVELOPES * OBJECTS;
        let envelopes: Vec<Vec<u8>> =
            (0..ENVELOPES).map(|e| request("POST", &target, &content::envelope(from + e * OBJECTS, OBJECTS))).collect();
        let rows: Vec<Rows> = (0..ENVELOPES).map(|e| Rows::of(from + e * OBJECTS, OBJECTS)).collect();
        limit += theirs.runtime.block_on(plain::insert(&theirs.plain, theirs.key.0, &rows));
        seconds += post(&site, envelopes);
    }
    tell("POST of 1,000 objects, 8 writers (objects)", seconds, limit, ">= 0.50");
}

/// As many connections as writers insert at once, each into a collection of its own.
fn eight_collections(server: &str) {
    const WRITERS: usize = 8;
    let (ours, theirs) = (Database::new(server), Database::new(server));
    let site = Site::over(Arc::clone(&ours.store), ours.key, ours.id);
    let more = |database: &Database| -> Vec<_> {
        let store = Arc::clone(&database.store);
        database.runtime.block_on(async move {
            let mut made = Vec::new();
            for n in 0..WRITERS {
                made.push(add_collection(&*store, &format!("objects-{n}")).await);
            }
            made
        })
    };
    let (targets, keys) = (more(&ours), more(&theirs));
    let (mut seconds, mut limit) = (0.0, 0.0);
    for round in 0..ROUNDS {
        let from = |e: usize| (round * ENVELOPES + e) * OBJECTS;
        let envelopes = (0..ENVELOPES).map(|e| {
            let target = format!("{}objects/", path(targets[e % WRITERS].1));
            request("POST", &target, &content::envelope(from(e), OBJECTS))
        });
        let envelopes = envelopes.collect();
        let rows = |writer: usize| -> Vec<Rows> {
            (0..ENVELOPES).filter(|e| e % WRITERS == writer).map(|e| Rows::of(from(e), OBJECTS)).collect()
        };
        let rows: Vec<Vec<Rows>> = (0..WRITERS).map(rows).collect();
        limit += theirs.runtime.block_on(async {
            let mut clients = Vec::new();
            for _ in 0..WRITERS {
                clients.push(theirs.connect().await);
            }
            let begin = std::time::Instant::now();
            let tasks = clients.into_iter().zip(rows).zip(&keys).map(|((client, rows), (key, _))| {
                let key = key.0;
                tokio::spawn(async move { plain::insert(&client, key, &rows).await })
            });
            for task in tasks.collect::<Vec<_>>() {
                task.await.expect("a writer");
            }
            begin.elapsed().as_secs_f64()
        });
        seconds += post(&site, envelopes);
    }
    tell("  the same into 8 collections, 8 plain connections", seconds, limit, ">= 0.50");
}

/// Sends the envelopes over 8 connections and returns how many seconds that took.
fn post(site: &Site, envelopes: Vec<Vec<u8>>) -> f64 {
    run(site.address, 8, Duration::from_secs(300), "HTTP/1.1 202", move |i| envelopes.get(i).cloned()).seconds
}

fn tell(what: &str, seconds: f64, limit: f64, to_reach: &str) {
    let objects = (ROUNDS * ENVELOPES * OBJECTS) as f64;
    row(what, &per_second(objects / seconds), &per_second(objects / limit), limit / seconds, to_reach);
}
