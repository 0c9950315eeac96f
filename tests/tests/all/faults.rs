//! Databases that are full, read-only, or none at all.

use std::path::Path;

use serde_json::json;
use taxii_tests::cluster::Cluster;
use taxii_tests::fleet::{Fleet, successes};
use taxii_tests::http::Response;
use taxii_tests::objects::{envelope, indicators, with};
use taxii_tests::programs::{self, Folder};
use taxii_tests::small_disk::SmallDisk;

/// Promise 2 on a disk that fills up: who writes is told to try again later and nothing of the inside, the log says what to do,
/// readers notice nothing, what was acknowledged is there and nothing else; and once there is room the server goes on by itself.
fn a_full_disk_is_survived(disk: &SmallDisk, fleet: &Fleet) {
    let before = fleet.add(3);
    let mut acknowledged: Vec<String> = successes(&before).map(str::to_owned).collect();
    let refused = fill(fleet, &mut acknowledged);
    says_nothing_of_the_inside(&refused);
    assert!(fleet.log().contains("make room"), "{}", fleet.log());

    // Also those who come at once, and share a transaction, are each told so.
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..6).map(|_| scope.spawn(|| post(fleet))).collect();
        for writer in writers {
            let (ids, answer) = writer.join().expect("a writer");
            match answer.status {
                202 => acknowledged.extend(ids),
                503 => says_nothing_of_the_inside(&answer),
                _ => panic!("{answer}"),
            }
        }
    });
    let there = || {
        let mut there = fleet.everything();
        there.sort_unstable();
        there
    };
    acknowledged.sort_unstable();
    assert_eq!(there(), acknowledged, "what was acknowledged, and nothing else");
    assert_eq!(fleet.status(&before), before);

    disk.remount("size=256m");
    // It goes on by itself.
    let after = fleet.add(3);
    acknowledged.extend(successes(&after).map(str::to_owned));
    for _ in 0..20 {
        let (ids, answer) = post(fleet);
        answer.expect(202);
        acknowledged.extend(ids);
    }
    acknowledged.sort_unstable();
    assert_eq!(there(), acknowledged);
}

/// Adds objects of some size.
fn post(fleet: &Fleet) -> (Vec<String>, Response) {
    // Text that a database cannot make shorter.
    let text: String = (0..800).map(|_| uuid::Uuid::new_v4().simple().to_string()).collect();
    let objects: Vec<_> = indicators(3).into_iter().map(|object| with(object, "description", text.clone())).collect();
    let ids = objects.iter().map(|object| object["id"].as_str().expect("an id").to_owned()).collect();
    (ids, fleet.ask(0, "POST", "objects/", Some(&envelope(&objects))).expect("an answer"))
}

/// Adds until an answer is another than yes.
fn fill(fleet: &Fleet, acknowledged: &mut Vec<String>) -> Response {
    for _ in 0..2000 {
        let (ids, answer) = post(fleet);
        if answer.status != 202 {
            return answer;
        }
        acknowledged.extend(ids);
    }
    panic!("the disk is never full");
}

fn says_nothing_of_the_inside(answer: &Response) {
    assert_eq!(answer.status, 503, "{answer}");
    assert!(answer.header("Retry-After").is_some(), "{answer}");
    let body = answer.json();
    assert_eq!(body["http_status"], json!("503"), "{answer}");
    assert!(body["title"].is_string() && body["error_id"].is_string(), "{answer}");
    let text = answer.text().to_lowercase();
    for inside in ["disk", "sql", "postgres", "file", "extend", "space", "/tmp"] {
        assert!(!text.contains(inside), "{inside}: {answer}");
    }
}

/// Promise 2, with the embedded database.
#[test]
fn a_full_disk_under_sqlite() {
    let Some(disk) = SmallDisk::new("SQLite on a full disk", "4m") else { return };
    let fleet = Fleet::start(&disk.file("taxii.db").display().to_string(), 1, &[]);
    a_full_disk_is_survived(&disk, &fleet);
}

/// Promise 2, with the database's objects on a disk of their own.
#[test]
fn a_full_disk_under_postgres() {
    const WHAT: &str = "PostgreSQL on a full disk";
    let Some(cluster) = Cluster::new(WHAT) else { return };
    let Some(disk) = SmallDisk::new(WHAT, "24m") else { return };
    cluster.own(&disk.folder);
    cluster.execute("postgres", &format!("CREATE TABLESPACE small LOCATION '{}'", disk.folder.display()));
    cluster.execute("postgres", "CREATE DATABASE taxii TABLESPACE small");
    let fleet = Fleet::start(&cluster.url(&[], "taxii"), 1, &programs::PATIENT);
    a_full_disk_is_survived(&disk, &fleet);
    drop(fleet);
    drop(cluster);
}

/// What is no database of this program is said to be none, with what to do about it, and is left as it was.
#[test]
fn bad_files_are_explained() {
    let folder = Folder::new();
    let listed = |database: &Path| {
        let database = database.display().to_string();
        folder.run(&programs::server(), &["--database", &database, "root", "list"])
    };
    listed(&folder.file("nowhere/taxii.db")).bad(&["nowhere/taxii.db", "does the folder exist"]);

    let text = folder.write("text.db", &"this is a text, and not a database\n".repeat(100));
    listed(&text).bad(&["text.db", "is not a database"]);
    assert!(std::fs::read_to_string(&text).expect("a text").starts_with("this is a text"));
    listed(&folder.file("")).bad(&["does the folder exist"]);
}

/// A file that may not be written to is said to be so, by a server at its start; nothing is lost by it.
#[test]
fn a_read_only_disk_is_explained() {
    let Some(disk) = SmallDisk::new("SQLite on a read-only disk", "32m") else { return };
    let file = disk.file("taxii.db").display().to_string();
    let fleet = Fleet::start(&file, 1, &[]);
    fleet.add(3);
    fleet.kill(0);
    disk.remount("ro");
    for arguments in [&["root", "add", "api2", "--title", "t"][..], &["serve", "--bind", "127.0.0.1:0"]] {
        let all = [&["--database", &file], arguments].concat();
        fleet.folder().run(&programs::server(), &all).bad(&["needs the right to write"]);
    }
    disk.remount("rw");
    fleet.begin(0);
    assert_eq!(fleet.everything().len(), 3);
}
