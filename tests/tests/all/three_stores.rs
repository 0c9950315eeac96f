//! One sequence of operations, three stores, one clock: the same answers, to the last microsecond.

mod operation;
mod trial;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use taxii_model::Timestamp;
use taxii_server::store::{Clock, MemoryStore, PostgresStore, SqliteStore};
use taxii_tests::postgres::Database;
use tempfile::TempDir;

use self::operation::{Dice, Operation};
use self::trial::{Three, differs};

/// So many sequences, each of so many operations.
const SEQUENCES: u64 = 40;
const OPERATIONS: usize = 60;

/// Promise 7: whatever is added, posted again, deleted, read by any filter and position, or changed by administrators, in whatever
/// order, every store answers the same. A sequence with different answers is cut down to what it takes and printed.
#[test]
fn the_same_answers_on_every_store() {
    let begun = Instant::now();
    let Some(database) = Database::new("random operations on memory, SQLite and PostgreSQL") else { return };
    let folder = TempDir::with_prefix("taxii-tests-").expect("a temporary folder");
    let three = three(&database, &folder);
    let mut answers = 0;
    for seed in 1..=SEQUENCES {
        let mut dice = Dice::new(seed);
        let operations: Vec<Operation> = (0..OPERATIONS).map(|_| Operation::random(&mut dice)).collect();
        match database.wait(differs(&three, &operations)) {
            Ok(given) => answers += given,
            Err(_) => {
                let least = shrunk(operations, |some| database.wait(differs(&three, some)).is_err());
                let difference = database.wait(differs(&three, &least)).expect_err("it differs");
                panic!("seed {seed}: {difference}\nafter {least:#?}");
            }
        }
    }
    println!("{SEQUENCES} sequences of {OPERATIONS} operations, {answers} answers compared in {:?}", begun.elapsed());
    assert!(answers > SEQUENCES as usize * OPERATIONS, "much was asked");
}

/// The least that still fails, found by leaving out ever smaller parts.
fn shrunk(mut operations: Vec<Operation>, fails: impl Fn(&[Operation]) -> bool) -> Vec<Operation> {
    let mut part = operations.len() / 2;
    while part > 0 {
        let mut first = 0;
        while first < operations.len() {
            let mut fewer = operations.clone();
            fewer.drain(first..(first + part).min(operations.len()));
            match fails(&fewer) {
                true => operations = fewer,
                false => first += part,
            }
        }
        part /= 2;
    }
    operations
}

fn three(database: &Database, folder: &TempDir) -> Three {
    let hand = Arc::new(AtomicI64::new(trial::BEGINNING));
    let clock: Clock = {
        let hand = Arc::clone(&hand);
        Arc::new(move || Timestamp::from_micros(hand.load(Ordering::Relaxed)))
    };
    let sqlite = SqliteStore::builder(folder.path().join("three.db")).clock(clock.clone()).open().expect("a file");
    let postgres = PostgresStore::builder(&database.url()).clock(clock.clone()).open();
    let postgres = database.wait(postgres).expect("a database");
    Three {
        hand,
        stores: [
            ("memory", Arc::new(MemoryStore::with_clock(clock))),
            ("SQLite", Arc::new(sqlite)),
            ("PostgreSQL", Arc::new(postgres)),
        ],
    }
}

/// What fails is cut down to what it takes.
#[test]
fn sequences_are_cut_down() {
    let mut dice = Dice::new(1);
    let operations: Vec<Operation> = (0..50).map(|_| Operation::random(&mut dice)).collect();
    let (one, two) = (format!("{:?}", operations[17]), format!("{:?}", operations[41]));
    let least = shrunk(operations, |some| {
        let has = |text: &str| some.iter().any(|operation| format!("{operation:?}") == text);
        has(&one) && has(&two)
    });
    assert_eq!(least.iter().map(|operation| format!("{operation:?}")).collect::<Vec<_>>(), [one, two]);
}
