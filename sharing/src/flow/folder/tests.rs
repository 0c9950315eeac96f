use std::fs::{self, File};
use std::time::SystemTime;

use super::super::testing::{item, text};
use super::super::*;
use super::*;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn names(path: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(path).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// All that a folder gives from a position on, in batches of this size, and the position after it.
fn all(folder: &Folder, mut after: Option<Cursor>, changes: usize) -> (Vec<String>, Vec<String>, Cursor) {
    runtime().block_on(async {
        let (mut texts, mut refused) = (Vec::new(), Vec::new());
        loop {
            let batch = folder.next(after.as_ref(), Room { changes, octets: 1 << 20 }).await.unwrap();
            assert!(batch.changes.len() + batch.refused.len() <= changes + 1);
            texts.extend(batch.changes.iter().map(|change| match change {
                Change::Object(item) => item.text().to_owned(),
                Change::Deleted { .. } => panic!(),
            }));
            refused.extend(batch.refused.iter().map(|refused| refused.rule.clone()));
            if !batch.more {
                return (texts, refused, batch.cursor);
            }
            // A position survives a restart.
            after = Some(batch.cursor);
        }
    })
}

/// Promise 3, and that nothing is lost: every object of every kind of file comes once, in the order of names, with its text,
/// in batches of any size; what is no object is refused and takes nothing with it.
#[test]
fn all_kinds_of_files_are_given_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let pretty = text(1, 1, "a").replace(',', " ,\n ");
    put("a.json", &format!(r#"{{"type":"bundle","objects":[{pretty},7,{{"type":"tool"}},{}]}}"#, text(2, 1, "a")));
    put("b.jsonl", &format!("{}\n\n{}\nnonsense\n{}\n", text(3, 1, "a"), text(4, 1, "a"), text(5, 1, "a")));
    put("c.json", &text(6, 1, "a"));
    put("d.txt", "not looked at");
    put(".e.json", "not looked at");
    put("f.json.part", "not looked at");
    let source = Folder::new(folder.path()).settle(Duration::ZERO);
    let expected: Vec<String> = std::iter::once(pretty).chain((2..=6).map(|number| text(number, 1, "a"))).collect();
    let mut last = None;
    for size in 1..8 {
        let (texts, refused, cursor) = all(&source, None, size);
        assert_eq!(texts, expected);
        assert_eq!(refused, ["item-json", "head-id", "file-broken"]);
        assert_eq!(*last.get_or_insert(cursor.clone()), cursor);
    }
    assert!(all(&source, last.clone(), 10).0.is_empty());
    put("g.json", &text(7, 1, "a"));
    assert_eq!(all(&source, last.clone(), 10).0, [text(7, 1, "a")]);
    // Behind the position: everything again, rather than missing it.
    put("0.json", &text(8, 1, "a"));
    assert_eq!(all(&source, last, 10).0.len(), 8);
}

/// What somebody is still writing is not read, nor what lies behind it; when it is done, all of it comes.
#[test]
fn what_is_being_written_waits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    let whole = format!(r#"{{"objects":[{},{}]}}"#, text(1, 1, "a"), text(2, 1, "a"));
    fs::write(&path, &whole[..whole.len() - 40]).unwrap();
    fs::write(folder.path().join("b.json"), text(3, 1, "a")).unwrap();
    let source = Folder::new(folder.path()).settle(Duration::from_secs(3600));
    let (texts, refused, cursor) = all(&source, None, 10);
    assert!(texts.is_empty() && refused.is_empty());
    fs::write(&path, whole).unwrap();
    let (texts, _, cursor) = all(&source, Some(cursor), 10);
    assert_eq!(texts.len(), 3);
    // One that stays as it is does not hold up the others for ever.
    fs::write(folder.path().join("c.json"), "{").unwrap();
    let old = SystemTime::now() - Duration::from_secs(7200);
    File::options().write(true).open(folder.path().join("c.json")).unwrap().set_modified(old).unwrap();
    assert_eq!(all(&source, Some(cursor), 10).1, ["file-broken"]);
}

/// A folder that is delivered to has each version once, whatever is delivered again and by whom; the same deliveries make the
/// same files; what it says is what it did.
#[test]
fn deliveries_are_written_once() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let change = |number, words| Change::Object(item(number, 1, words));
    for folder in &folders {
        let deliver = |changes: &[Change]| runtime().block_on(Folder::new(folder.path()).deliver(changes)).unwrap();
        assert_eq!(
            deliver(&[change(1, "a"), change(2, "a"), change(1, "a")]),
            [Outcome::Added, Outcome::Added, Outcome::Known]
        );
        assert_eq!(deliver(&[change(1, "a")]), [Outcome::Known]);
        let outcomes = deliver(&[change(2, "b"), change(3, "a")]);
        assert!(matches!(&outcomes[..], [Outcome::Conflict { .. }, Outcome::Added]));
        let gone = Change::Deleted { id: "x".to_owned(), version: None, provenance: Provenance::local("s") };
        assert!(matches!(&deliver(&[gone])[..], [Outcome::Refused { .. }]));
    }
    let files = |folder: &tempfile::TempDir| -> Vec<_> {
        names(folder.path())
            .into_iter()
            .map(|name| (name.clone(), fs::read(folder.path().join(name)).unwrap()))
            .collect()
    };
    assert_eq!(files(&folders[0]), files(&folders[1]));
    assert_eq!(names(folders[0].path()), ["0000000001.json", "0000000002.json"]);
    let (texts, refused, _) = all(&Folder::new(folders[0].path()), None, 2);
    assert_eq!((texts.len(), refused.len()), (3, 0));
}
