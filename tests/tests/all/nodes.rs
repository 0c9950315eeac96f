//! Many servers over one PostgreSQL database behave as one, also while they are killed.

use std::time::{Duration, Instant};

use taxii_tests::fleet::{Fleet, successes};
use taxii_tests::postgres::Database;

/// Promises 1 and 2: three servers, one of which is killed every second; clients go from one to the next with every request
/// and try again when a connection breaks. Everything that was acknowledged is there once, everybody saw everything once and in
/// one order, and every status says what it said.
#[test]
fn nodes_are_killed_while_clients_hop() {
    const LASTS: Duration = Duration::from_secs(15);
    let Some(database) = Database::new("three servers over PostgreSQL that are killed all the time") else { return };
    let fleet = Fleet::start(&database.url(), 3, &[]);
    let enough = || database.text("SELECT (count(*) > 100)::text FROM objects") == "true";
    let mut kills = 0;
    let written = fleet.busy(8, || {
        let begun = Instant::now();
        while begun.elapsed() < LASTS || kills < 5 || !enough() {
            assert!(begun.elapsed() < 40 * LASTS, "only {kills} kills");
            fleet.kill(kills % fleet.nodes());
            std::thread::sleep(Duration::from_millis(300));
            fleet.begin(kills % fleet.nodes());
            kills += 1;
            std::thread::sleep(Duration::from_millis(500));
        }
    });
    for status in &written.statuses {
        assert_eq!(fleet.status(status), *status);
    }
    let objects: usize = written.statuses.iter().map(|status| successes(status).count()).sum();
    println!(
        "{kills} servers killed: {objects} objects in {} submissions, seen by 8 pollers; {}",
        written.statuses.len(),
        fleet.tally()
    );
    let kept: usize = database.text("SELECT count(*)::text FROM objects").parse().expect("a number");
    assert_eq!(kept, objects, "everything that was sent was acknowledged in the end, and was kept once");
}
