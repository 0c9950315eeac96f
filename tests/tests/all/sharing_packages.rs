//! Two sides without a network between them, whose servers write and read signed packages by themselves.

use std::path::Path;

use serde_json::Value;
use taxii_tests::house::{House, agreement};
use taxii_tests::node::until;
use taxii_tests::objects::{id_of, indicator, indicators, modified, with};
use taxii_tests::programs;

const EVER: &str = "2099-01-01T00:00:00Z";
const TERMS: &str = "tlp = \"amber\"\nunmarked = \"green\"\nprofile = \"full\"";

fn package(folder: &Path, number: usize) -> std::path::PathBuf {
    folder.join(format!("courier-{number:010}.package"))
}

/// What flows promise where there is no network: what happens on one side comes to the other in packages, in its order and once, deletions
/// too; while one is missing nothing behind it is read and the flow says which; when it is brought, everything comes by itself. A
/// package that others made is not taken.
#[test]
fn packages_are_carried() {
    let mut inside = House::new("inside", &["feed"]);
    let mut outside = House::new("outside", &["feed"]);
    let treaty = agreement("courier", &inside, &outside, "feed", EVER, TERMS);
    let treaty = inside.signed(&treaty, &[&inside, &outside]);
    inside.keeps(&treaty);
    outside.keeps(&treaty);
    let (folder, there) = (inside.node.folder().file("out"), outside.node.folder().file("in"));
    std::fs::create_dir(&there).expect("a folder");
    let key = inside.node.folder().run(&programs::client(), &["--output", "json", "package", "key", "signing.pem"]);
    let public = key.good().json()["public"].as_str().expect("a key").to_owned();
    let (from, to) = (inside.place("feed"), format!("packages:{}", folder.display()));
    let signing = inside.node.folder().file("signing.pem").display().to_string();
    let write = ["flow", "add", "courier", "--from", &from, "--to", &to, "--agreement", "courier"];
    inside.node.admin(&[&write[..], &["--signing-key", &signing]].concat());
    let (from, to) = (format!("packages:{}", there.display()), outside.place("feed"));
    let read = ["flow", "add", "in", "--from", &from, "--to", &to, "--agreement", "courier", "--every", "1s"];
    outside.node.admin(&[&read[..], &["--trust", &public]].concat());
    inside.node.start();
    outside.node.start();
    let bring = |number: usize| {
        let whole = there.join("on the way");
        std::fs::copy(package(&folder, number), &whole).expect("a package");
        std::fs::rename(whole, package(&there, number)).expect("a package");
    };
    let written = |number: usize| until("a package is written", || package(&folder, number).exists());

    let first = indicators(5);
    inside.post("feed", &first);
    written(1);
    bring(1);
    outside.has("feed", 5);

    // The second stays behind, the third is there.
    let later = modified(&first[0], "2026-01-01T00:00:00.000Z");
    inside.post("feed", std::slice::from_ref(&later));
    written(2);
    inside.delete("feed", id_of(&first[1]));
    inside.post("feed", &[indicator()]);
    written(3);
    bring(3);
    until("the gap is seen", || outside.flow("in")["last_error"].is_object());
    let gap = outside.flow("in");
    assert_eq!((&gap["phase"], &gap["last_error"]["kind"]), (&"retrying".into(), &"busy".into()), "{gap:#}");
    let told = gap["last_error"]["message"].as_str().expect("words");
    assert!(told.contains("package 2 of courier is missing"), "{told}");
    assert_eq!(outside.objects("feed").len(), 5, "nothing behind the gap is read");

    // Somebody else's is no second package, whatever it is called.
    let forger = outside.node.folder();
    forger.write("in/courier-0000000002.package", &std::fs::read_to_string(package(&there, 3)).expect("text"));
    let malformed = || outside.flow("in")["last_error"]["kind"] == "malformed";
    until("the forgery is seen", malformed);
    assert_eq!(outside.objects("feed").len(), 5);
    bring(2);
    outside.node.admin(&["flow", "resume", "in"]);
    let mut number = 4;
    let mut comes = |inside: &House, outside: &House| {
        let all = inside.everything("feed");
        until("everything has come", || {
            while package(&folder, number).exists() {
                bring(number);
                number += 1;
            }
            outside.everything("feed") == all
        });
    };
    comes(&inside, &outside);

    // Both go on where they were when they are started again.
    inside.node.restart();
    outside.node.restart();
    let revoked = with(modified(&later, "2026-02-01T00:00:00.000Z"), "revoked", true);
    inside.post("feed", &[revoked]);
    comes(&inside, &outside);
    until("it is done", || outside.flow("in")["last_error"] == Value::Null);
    let done = outside.flow("in")["counters"].clone();
    assert_eq!((&done["added"], &done["deleted"], &done["known"]), (&8.into(), &1.into(), &0.into()), "{done:#}");
}
