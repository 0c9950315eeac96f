//! Pages that are read from copies of the database: nobody notices, however far a copy is behind.

use std::time::{Duration, Instant};

use taxii_tests::cluster::Cluster;
use taxii_tests::collection::{By, Page, encoded};
use taxii_tests::fleet::Fleet;
use taxii_tests::objects::{envelope, indicator, modified};

/// So many pages of objects have been read on a server. It counts what a connection did within a second or so.
fn pages(server: &Cluster) -> i64 {
    let rows = "SELECT coalesce(sum(idx_scan), 0)::text FROM pg_stat_user_tables WHERE relname = 'objects'";
    server.text("taxii", rows).parse().expect("a number")
}

struct Ground {
    primary: Cluster,
    replica: Cluster,
    fleet: Fleet,
}

impl Ground {
    fn new(what: &str) -> Option<Self> {
        let primary = Cluster::new(what)?;
        primary.execute("postgres", "CREATE DATABASE taxii");
        let replica = primary.replica("copy");
        let copies = format!("[\"{}\"]", replica.url(&[], "taxii"));
        // A page is never taken from memory here.
        let settings = [("TAXII_DATABASE_REPLICAS", copies.as_str()), ("TAXII_LIMITS__PAGE_CACHE_BYTES", "0")];
        let fleet = Fleet::start(&primary.url(&[], "taxii"), 2, &settings);
        Some(Self { primary, replica, fleet })
    }

    fn page(&self, below: &str) -> Page {
        Page::of(&self.fleet.send("GET", &self.fleet.below(below), None).expect(200))
    }

    fn count(&self) -> usize {
        self.page("objects/").entries.len()
    }

    fn caught_up(&self) {
        let reached = self.primary.text("postgres", "SELECT pg_current_wal_lsn()::text");
        self.replica.until("postgres", &format!("SELECT (pg_last_wal_replay_lsn() >= '{reached}')::text"));
    }

    /// Polls until the copy has read pages.
    fn used(&self) {
        self.caught_up();
        let (before, begun) = (pages(&self.replica), Instant::now());
        while pages(&self.replica) == before {
            self.count();
            assert!(begun.elapsed() < Duration::from_secs(120), "the copy is not used: {}", self.fleet.log());
        }
    }
}

/// Promises 1 and 4: a copy is read from when it has caught up; while it is behind, everybody gets what the database has, in every
/// way of asking: new objects, new versions, deletions, and entity tags. One that has died costs nobody anything, and is used again
/// when it is back.
#[test]
fn copies_that_are_behind_are_not_noticed() {
    let Some(ground) = Ground::new("replicas of PostgreSQL that lag and die") else { return };
    let Ground { primary, replica, fleet } = &ground;
    fleet.add(5);
    ground.used();
    let mut there = 5;
    for round in 0..3 {
        replica.text("postgres", "SELECT pg_wal_replay_pause()::text");
        replica.until("postgres", "SELECT (pg_get_wal_replay_pause_state() = 'paused')::text");
        let position = ground.page("objects/").last.expect("a date");
        let tag = |n| {
            let answer = fleet.ask(n, "GET", "objects/", None).expect("an answer").expect(200);
            answer.header("ETag").expect("a tag").to_owned()
        };
        let old = tag(0);

        fleet.add(2);
        there += 2;
        let subject = indicator();
        let path = fleet.below(&format!("objects/{}/", subject["id"].as_str().expect("an id")));
        let newer = modified(&subject, "2021-01-01T00:00:00.000Z");
        for object in [&subject, &newer] {
            fleet.send("POST", &fleet.below("objects/"), Some(&envelope(std::slice::from_ref(object)))).expect(202);
        }
        there += 1;
        for _ in 0..20 {
            assert_eq!(ground.count(), there, "round {round}: new objects");
            let news = ground.page(&format!("objects/?added_after={}", encoded(&position)));
            assert_eq!(news.entries.last(), Some(&newer), "round {round}: the newest version");
        }
        assert_ne!(tag(1), old, "round {round}: the tag is another one");
        fleet.send("DELETE", &path, None).expect(200);
        there -= 1;
        for _ in 0..20 {
            assert_eq!(ground.count(), there, "round {round}: what was deleted is gone");
            assert_eq!(ground.page("manifest/?match[version]=all").entries.len(), there);
        }
        assert_eq!(fleet.send("GET", &path, None).status, 404);

        replica.text("postgres", "SELECT pg_wal_replay_resume()::text");
        ground.used();
    }

    replica.kill();
    for _ in 0..50 {
        assert_eq!(fleet.ask(0, "GET", "objects/", None).expect("an answer").status, 200);
    }
    replica.start();
    let begun = Instant::now();
    ground.used();
    let work = "SELECT (sum(xact_commit) > 0)::text FROM pg_stat_database WHERE datname = 'taxii'";
    assert_eq!(primary.text("taxii", work), "true");
    println!("a copy that had died was used again after {} ms", begun.elapsed().as_millis());
}

/// Promise 1: the same under load, with replay that stops and goes on all the time.
#[test]
fn pollers_see_everything_once_through_copies() {
    let Some(ground) = Ground::new("pollers on replicas of PostgreSQL that stop and go on") else { return };
    let Ground { replica, fleet, .. } = &ground;
    fleet.add(1);
    ground.used();
    let before = pages(replica);
    let written = fleet.busy(4, || {
        for _ in 0..12 {
            replica.text("postgres", "SELECT pg_wal_replay_pause()::text");
            std::thread::sleep(Duration::from_millis(150));
            replica.text("postgres", "SELECT pg_wal_replay_resume()::text");
            std::thread::sleep(Duration::from_millis(350));
        }
    });
    ground.used();
    println!(
        "{} submissions; the copy read from its index {} times; {}",
        written.statuses.len(),
        pages(replica) - before,
        fleet.tally()
    );
    let everything = fleet.everything();
    for by in [By::Next, By::Date] {
        assert_eq!(fleet.walk_ids("objects/", 7, by), everything);
    }
}
