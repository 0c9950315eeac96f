//! A standby takes over for a primary that dies: nothing is lost, and nobody has to do anything to the servers.

use std::time::{Duration, Instant};

use taxii_tests::cluster::Cluster;
use taxii_tests::fleet::Fleet;

const COUNT: &str = "SELECT count(*)::text FROM objects";
const END_ALL: &str =
    "SELECT count(pg_terminate_backend(pid))::text FROM pg_stat_activity WHERE application_name = 'taxii-server'";

/// A primary whose commits wait for the standby.
fn pair(what: &str) -> Option<(Cluster, Cluster)> {
    let primary = Cluster::new(what)?;
    let standby = primary.replica("standby");
    primary.set("synchronous_standby_names = 'standby'\nsynchronous_commit = remote_apply\n");
    primary.text("postgres", "SELECT pg_reload_conf()::text");
    primary.until("postgres", "SELECT (count(*) = 1)::text FROM pg_stat_replication WHERE sync_state = 'sync'");
    primary.execute("postgres", "CREATE DATABASE taxii");
    Some((primary, standby))
}

/// Promises 1 and 2: the primary is killed while many write and poll, and the standby is promoted. The servers find it by
/// themselves; nothing that was acknowledged is lost, nobody misses anything or sees it twice, and the statuses of before are there.
/// The former primary comes back as it was, the first that the URL names and willing to be written to: nobody falls for it, neither
/// a server that runs nor one that starts.
#[test]
fn a_standby_takes_over() {
    let Some((primary, standby)) = pair("fail-over to a standby of PostgreSQL") else { return };
    let fleet = Fleet::start(&primary.url(&[&standby], "taxii"), 2, &[]);
    let before = fleet.add(3);
    let mut took = Duration::ZERO;
    let written = fleet.busy(6, || {
        std::thread::sleep(Duration::from_secs(2));
        primary.kill();
        standby.promote();
        let promoted = Instant::now();
        fleet.add(1);
        took = promoted.elapsed();
        std::thread::sleep(Duration::from_secs(2));
    });
    assert_eq!(fleet.status(&before), before);
    for status in &written.statuses {
        assert_eq!(fleet.status(status), *status);
    }
    println!("a server wrote {} ms after the standby was promoted; {}", took.as_millis(), fleet.tally());

    // Without its standby no commit on it would ever be acknowledged; let it be as dangerous as can be.
    primary.set("synchronous_standby_names = ''\n");
    primary.start();
    let (old, everything) = (primary.text("taxii", COUNT), fleet.everything());
    for restart in [false, true] {
        standby.text("postgres", END_ALL);
        if restart {
            (0..fleet.nodes()).for_each(|n| {
                fleet.kill(n);
                fleet.begin(n);
            });
        }
        for _ in 0..10 {
            fleet.add(2);
        }
        assert_eq!(primary.text("taxii", COUNT), old, "nobody writes to the former primary");
    }
    let now = fleet.everything();
    assert_eq!((now.len(), &now[..everything.len()]), (everything.len() + 40, everything.as_slice()));

    // With the successor away, it is better to have no database than the former one.
    standby.kill();
    let broken = fleet.ask(0, "GET", "objects/?limit=1", None).expect("an answer");
    assert_eq!(broken.status, 503, "{broken}");
    assert!(fleet.log().contains("make a standby of it"), "{}", fleet.log());
}
