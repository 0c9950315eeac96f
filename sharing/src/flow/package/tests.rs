use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::super::testing::{Kept, Listed, item};
use super::super::*;
use super::*;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// A folder with packages 1 to 4 of two changes each, and the key that is to be trusted.
fn packages(folder: &Path, stream: &str) -> PublicKey {
    let key = SigningKey::generate(&folder.join(format!("{stream}.pem"))).unwrap();
    let public = key.public();
    let mut changes: Vec<_> = (1..8).map(|number| Ok(Change::Object(item(number, 1, "plain")))).collect();
    let provenance = Provenance::local("a").leaving("a").leaving("b");
    changes.push(Ok(Change::Deleted { id: item(1, 1, "").id().to_owned(), version: None, provenance }));
    let source = Listed { changes: changes.into(), ..Listed::default() };
    let options = Options { room: Room { changes: 2, octets: 1 << 20 }, ..Options::default() };
    let export = Export::new(folder, stream, key).unwrap();
    let mut flow = Flow::new("out", Arc::new(source), Arc::new(export), Arc::new(InMemory::default())).options(options);
    assert_eq!(runtime().block_on(flow.run()).unwrap().added, 8);
    public
}

/// Imports as long as there is something, in batches of one; what came of it and the fault that ended it.
fn import(import: Import, sink: &Arc<Kept>, bookmarks: &Arc<InMemory>) -> (Counters, Option<Fault>) {
    let options = Options {
        room: Room { changes: 1, octets: 1 << 20 },
        waits: Waits { attempts: 1, ..Waits::default() },
        ..Options::default()
    };
    let mut flow = Flow::new("in", Arc::new(import), sink.clone(), bookmarks.clone()).options(options);
    let fault = runtime().block_on(flow.run()).err();
    let counters = flow.status().borrow().state.counters.clone();
    (counters, fault)
}

/// What is exported arrives: all of it, in order, once, with text and provenance, also when packages come bit by bit and the
/// importer is started anew each time.
#[test]
fn packages_arrive_whole_and_in_order() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let key = packages(from.path(), "s");
    let (sink, bookmarks) = (Arc::new(Kept::default()), Arc::new(InMemory::default()));
    let (done, fault) = import(Import::new(to.path(), [key.clone()]), &sink, &bookmarks);
    assert_eq!((done.received, fault), (0, None));
    for number in 1..=4 {
        let name = format!("s-{number:010}.package");
        // Its name does not matter, but for how fast it is found.
        let other = if number == 3 { "renamed.package" } else { &name };
        fs::copy(from.path().join(&name), to.path().join(other)).unwrap();
        let (done, fault) = import(Import::new(to.path(), [key.clone()]), &sink, &bookmarks);
        assert_eq!((done.received, fault), (number * 2, None));
    }
    assert_eq!(sink.order.lock().unwrap().len(), 7);
    let batch = runtime().block_on(Import::new(from.path(), [key]).next(None, Room::default())).unwrap();
    assert_eq!(batch.changes[0].provenance().path, ["s"]);
}

/// The names of streams and the modes of keys: nothing is written where it should not be, and nobody else reads the key.
#[test]
fn keys_and_streams_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    let key = SigningKey::generate(&path).unwrap();
    assert!(SigningKey::generate(&path).is_err(), "a key is never overwritten");
    assert_eq!(key.public().to_string().parse::<PublicKey>().unwrap(), key.public());
    assert_eq!(SigningKey::read(&path).unwrap().public(), key.public());
    assert!(!format!("{key:?}").contains(&fs::read_to_string(&path).unwrap()[30..60]));
    assert!("ed25519:AAAA".parse::<PublicKey>().is_err());
    for stream in ["", "../x", "a/b", ".x"] {
        assert!(Export::new(folder.path(), stream, SigningKey::read(&path).unwrap()).is_err(), "{stream}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(SigningKey::read(&path).unwrap_err().to_string().contains("chmod 600"));
    }
}

/// A crash between a package and the note of it neither loses nor repeats a number; packages may be taken away.
#[test]
fn numbers_go_on_after_crashes() {
    let folder = tempfile::tempdir().unwrap();
    let key = packages(folder.path(), "s");
    let deliver = |number: u32| {
        let export = Export::new(folder.path(), "s", SigningKey::read(&folder.path().join("s.pem")).unwrap()).unwrap();
        runtime().block_on(export.deliver(&[Change::Object(item(number, 1, "plain"))])).unwrap()
    };
    let head = folder.path().join(".s.head");
    let before = fs::read(&head).unwrap();
    assert_eq!(deliver(50), [Outcome::Added]);
    fs::write(&head, before).unwrap();
    assert_eq!(deliver(50), [Outcome::Known]);
    for number in 1..=5 {
        fs::remove_file(folder.path().join(format!("s-{number:010}.package"))).unwrap();
    }
    assert_eq!(deliver(51), [Outcome::Added]);
    let report = inspect(folder.path(), &[key]).unwrap();
    assert_eq!(report.packages.iter().map(|one| one.file.as_str()).collect::<Vec<_>>(), ["s-0000000006.package"]);
}

/// Whatever is done to packages on the way is noticed, with a reason, and nothing of a package that was touched is taken.
#[test]
fn tampering_is_noticed() {
    type Tamper = fn(&Path);
    fn file(folder: &Path, number: u64) -> std::path::PathBuf {
        folder.join(format!("s-{number:010}.package"))
    }
    fn edit_file(folder: &Path, number: u64, from: &str, to: &str) {
        let text = fs::read_to_string(file(folder, number)).unwrap();
        assert!(text.contains(from));
        fs::write(file(folder, number), text.replacen(from, to, 1)).unwrap();
    }
    let cases: [(&str, Tamper, u64, &str); 12] = [
        ("nothing", |_| {}, 8, ""),
        ("a word in an object", |f| edit_file(f, 3, "plain", "plane"), 4, "content is not what was signed"),
        ("a count", |f| edit_file(f, 3, "\"count\":2", "\"count\":1"), 4, "signature"),
        ("the number", |f| edit_file(f, 3, "\"sequence\":3", "\"sequence\":4"), 4, "signature"),
        (
            "the end",
            |f| {
                let p = file(f, 3);
                let t = fs::read(&p).unwrap();
                fs::write(&p, &t[..t.len() - 9]).unwrap();
            },
            4,
            "not complete",
        ),
        (
            "more of it",
            |f| {
                let p = file(f, 3);
                let mut t = fs::read(&p).unwrap();
                t.extend(b"{}");
                fs::write(&p, t).unwrap();
            },
            4,
            "content is not",
        ),
        ("a gap", |f| fs::remove_file(file(f, 3)).unwrap(), 4, "package 3 of s is missing"),
        ("the first is missing", |f| fs::remove_file(file(f, 1)).unwrap(), 0, "package 1 of s is missing"),
        (
            "exchanged",
            |f| {
                fs::rename(file(f, 2), f.join("x")).unwrap();
                fs::rename(file(f, 3), file(f, 2)).unwrap();
                fs::rename(f.join("x"), file(f, 3)).unwrap();
            },
            2,
            "put in the other's place",
        ),
        (
            "an old one again",
            |f| {
                fs::copy(file(f, 1), file(f, 3)).unwrap();
            },
            4,
            "put in the other's place",
        ),
        ("rubbish", |f| fs::write(file(f, 3), "rubbish").unwrap(), 4, "no package"),
        (
            "twice",
            |f| {
                fs::copy(file(f, 2), f.join("again.package")).unwrap();
            },
            8,
            "",
        ),
    ];
    for (what, tamper, arrived, words) in cases {
        let folder = tempfile::tempdir().unwrap();
        let key = packages(folder.path(), "s");
        tamper(folder.path());
        let (sink, bookmarks) = (Arc::new(Kept::default()), Arc::new(InMemory::default()));
        let (done, fault) = import(Import::new(folder.path(), [key.clone()]), &sink, &bookmarks);
        let said = fault.map(|fault| fault.to_string()).unwrap_or_default();
        assert!(
            done.received == arrived && said.contains(words) && said.is_empty() == words.is_empty(),
            "{what}: {said}"
        );
        let report = inspect(folder.path(), &[key]).unwrap();
        let fine = report.packages.iter().all(Inspected::is_good) && report.missing.is_empty();
        assert_eq!(fine, matches!(what, "nothing" | "the first is missing" | "exchanged"), "{what}: {report:?}");
    }
}

/// Another's signature is none, and of two histories only one is believed.
#[test]
fn only_trusted_and_one_history() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (key, other) = (packages(one.path(), "s"), packages(two.path(), "s"));
    let (sink, bookmarks) = (Arc::new(Kept::default()), Arc::new(InMemory::default()));
    let (done, fault) = import(Import::new(one.path(), [other.clone()]).stream("s"), &sink, &bookmarks);
    assert!(done.received == 0 && fault.unwrap().to_string().contains("not trusted"));
    let name = "s-0000000003.package";
    fs::copy(two.path().join(name), one.path().join(name)).unwrap();
    let (done, fault) = import(Import::new(one.path(), [key, other]), &sink, &bookmarks);
    assert!(done.received == 4 && fault.unwrap().to_string().contains("two histories"));
}
