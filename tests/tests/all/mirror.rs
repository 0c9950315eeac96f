//! `taxii mirror` between real servers, folders and packages.

use std::collections::BTreeMap;
use std::process::Stdio;

use serde_json::{Value, json};
use taxii_tests::http::{Request, TAXII};
use taxii_tests::node::until;
use taxii_tests::programs::{self, Folder, Ran, Running};

const FEED: &str = "6f3a1f0e-2b4d-4c8a-9e57-0d1c2b3a4f5e";

/// A server with one collection that everybody may read, and whoever has the key may write.
struct Site {
    folder: Folder,
    server: Running,
    key: String,
}

impl Site {
    fn new() -> Self {
        let folder = Folder::new();
        folder.admin(&["root", "add", "api1", "--title", "Group", "--default"]);
        let feed = ["collection", "add", "api1", "feed", "--title", "Feed", "--id", FEED, "--anonymous-read"];
        folder.admin(&feed);
        folder.admin(&["account", "add", "soc", "--read", "feed", "--write", "feed"]);
        let key = folder.admin(&["key", "add", "soc"])["key"].as_str().unwrap().to_owned();
        let server = folder.serve(&[]);
        Self { folder, server, key }
    }

    /// Keeps its address and key under the name `to`, and gives the options for it.
    fn profile(&self, desk: &Folder) -> [&'static str; 2] {
        let add = ["--url", &self.url(), "--key", &self.key, "profile", "add", "to"];
        desk.run(&programs::client(), &add).good();
        ["--sink-profile", "to"]
    }

    fn url(&self) -> String {
        format!("http://{}/api1/collections/{FEED}/", self.server.origin)
    }

    fn push(&self, texts: &[String]) {
        let file = self.folder.write("in.jsonl", &texts.join("\n"));
        self.folder.run(&programs::client(), &["--key", &self.key, "push", &self.url(), file.to_str().unwrap()]).good();
    }

    /// Every version that there is, and how often it comes: exact texts.
    fn versions(&self) -> BTreeMap<String, usize> {
        let ran = self
            .folder
            .run(&programs::client(), &["get", &self.url(), "--all", "--version", "all", "--output", "jsonl"]);
        ran.good().out.lines().fold(BTreeMap::new(), |mut all, line| {
            *all.entry(line.to_owned()).or_default() += 1;
            all
        })
    }

    fn count(&self) -> usize {
        let target = format!("/api1/collections/{FEED}/manifest/?match%5Bversion%5D=all&limit=10000");
        let answer = Request::new(self.server.origin, "GET", &target).accept(TAXII).send();
        answer.json()["objects"].as_array().map_or(0, Vec::len)
    }
}

fn tool(number: usize, version: usize) -> String {
    // Odd spaces and numbers: it has to stay as it is.
    format!(
        r#"{{"type":"tool", "spec_version":"2.1","id":"tool--8e2e2d2b-17d4-4cbf-938f-{number:012x}","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.{version:03}Z","name":"nmap","x_rank":1.50e1}}"#
    )
}

fn tools(numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.flat_map(|number| (0..=number % 3).map(move |version| tool(number, version))).collect()
}

fn mirror(at: &Folder, arguments: &[&str]) -> Ran {
    at.run(&programs::client(), &[&["--output", "json", "mirror"], arguments].concat())
}

/// A collection is mirrored with all its versions, each once and byte for byte; a second run moves nothing, a later one what is
/// new; and whoever has lost his notes begins anew and doubles nothing.
#[test]
fn every_version_is_mirrored_once() {
    let (from, to, desk) = (Site::new(), Site::new(), Folder::new());
    from.push(&tools(0..40));
    let run = |more: &[&str]| {
        mirror(&desk, &[&[from.url().as_str(), to.url().as_str(), "--page-size", "7"], more].concat()).good().json()
    };
    let done = run(&[]);
    assert_eq!(
        (done["received"].as_u64(), done["refusals"].as_array().map(Vec::len)),
        (Some(tools(0..40).len() as u64), Some(0)),
        "{done}"
    );
    assert_eq!(to.versions(), from.versions());
    assert_eq!(run(&[])["received"], 0);
    from.push(&[tool(1, 9), tool(90, 0)]);
    assert_eq!(run(&[])["received"], 2);
    assert_eq!(to.versions(), from.versions());
    run(&["--state", "anew.json"]);
    assert_eq!(to.versions(), from.versions());
    run(&["--standard", "--state", "standard.json"]);
    assert_eq!(to.versions(), from.versions());
    let text = std::fs::read_to_string(desk.file("anew.json")).unwrap();
    assert!(text.contains("cursor"), "{text}");
    mirror(&desk, &[&to.url(), &from.url(), "--state", "anew.json"]).bad(&["state of another flow"]);
}

/// Killed in the midst of it, wherever that is, the next run goes on from there and nothing is lost or doubled.
#[test]
fn killed_midway_it_goes_on() {
    let (from, to, desk) = (Site::new(), Site::new(), Folder::new());
    let all = tools(0..300);
    from.push(&all);
    let (source, sink) = (from.url(), to.url());
    let [option, profile] = to.profile(&desk);
    let arguments =
        ["--output", "json", "mirror", &source, &sink, option, profile, "--page-size", "3", "--state", "state.json"];
    let mut killed = 0;
    for share in [10, 3, 2] {
        let mut child =
            desk.command(&programs::client(), &arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        until("something arrives", || to.count() >= all.len() / share);
        killed += usize::from(child.try_wait().unwrap().is_none());
        drop(child.kill());
        child.wait().unwrap();
    }
    assert!(killed > 0, "it was never killed in the midst of it");
    let done = desk.run(&programs::client(), &arguments).good().json();
    assert!(done["received"].as_u64().unwrap() < all.len() as u64, "it began anew: {done}");
    assert_eq!(to.versions(), from.versions());
    assert_eq!(desk.run(&programs::client(), &arguments).good().json()["received"], 0);
}

/// What goes out as signed packages and comes in elsewhere is the same; what was touched on the way is not taken; the key is told to nobody.
#[test]
fn packages_go_from_server_to_server() {
    let (from, to, desk) = (Site::new(), Site::new(), Folder::new());
    from.push(&tools(0..20));
    let key = desk.run(&programs::client(), &["--output", "json", "package", "key", "signing.pem"]).good().json();
    let public = key["public"].as_str().unwrap();
    let again = desk.run(&programs::client(), &["--output", "json", "package", "key", "signing.pem"]).good().json();
    assert_eq!(again["public"], public);
    let out = |page: &str| {
        mirror(
            &desk,
            &[&from.url(), "package:out", "--signing-key", "signing.pem", "--stream", "cert", "--page-size", page],
        )
    };
    out("10").good();
    mirror(&desk, &[&from.url(), "package:unsigned"]).bad(&["--signing-key"]);
    let [option, profile] = to.profile(&desk);
    let takes = || mirror(&desk, &["package:out", &to.url(), option, profile, "--trust", public]);
    let second = desk.file("out").join("cert-0000000002.package");
    let whole = std::fs::read_to_string(&second).unwrap();
    std::fs::write(&second, whole.replace("nmap", "nmop")).unwrap();
    takes().bad(&["not what was signed"]);
    assert_eq!(to.count(), 10);
    let check = || desk.run(&programs::client(), &["--output", "json", "package", "check", "out", "--trust", public]);
    assert_eq!(check().code, Some(1));
    std::fs::remove_file(&second).unwrap();
    let mut gap =
        desk.command(&programs::client(), &["--attempts", "1", "mirror", "package:out", &to.url(), "--trust", public]);
    gap.stdout(Stdio::piped());
    Ran::of(gap, "").bad(&["package 2 of cert is missing"]);
    std::fs::write(&second, whole).unwrap();
    takes().good();
    check().good();
    assert_eq!(to.versions(), from.versions());
}

/// A folder takes what a server has and gives it back, so that a third server has the same; what it cannot read is told and holds up nothing.
#[test]
fn folders_are_ends_too() {
    let (from, to, desk) = (Site::new(), Site::new(), Folder::new());
    from.push(&tools(0..20));
    mirror(&desk, &[&from.url(), "file:kept", "--page-size", "6"]).good();
    std::fs::write(desk.file("kept").join("0000000099.jsonl"), "{\"type\":\"tool\"}\n").unwrap();
    let [option, profile] = to.profile(&desk);
    let ran = mirror(&desk, &["kept", &to.url(), option, profile]);
    assert_eq!(ran.code, Some(1), "{ran}");
    let refused: Vec<Value> =
        ran.json()["refusals"].as_array().unwrap().iter().map(|one| one["rule"].clone()).collect();
    assert_eq!(refused, [json!("head-id")], "{ran}");
    assert_eq!(to.versions(), from.versions());
    Folder::new().run(&programs::client(), &["mirror", "nowhere", &to.url()]).bad(&["neither a folder nor a URL"]);
    mirror(&desk, &[&from.url(), &to.url(), "--key", "secret-of-one"]).bad(&["--source-profile"]);
}
