//! `apply` and `export`: what administrators decide, as a file.

use serde_json::{Value, json};
use taxii_tests::http::{Request, TAXII};
use taxii_tests::objects::{envelope, indicators};
use taxii_tests::programs::{self, Folder, Ran};

fn taxii_server(folder: &Folder, arguments: &[&str]) -> Ran {
    folder.run(&programs::server(), arguments)
}

const STATE: &str = r#"
[[organisations]]
name = "acme"
title = "ACME"
clearance = "tlp:amber, any"

[[groups]]
name = "analysts"
title = "Analysts"
members = ["soc"]

[[accounts]]
name = "soc"
organisation = "acme"
client = "opencti"

[[accounts]]
name = "Müller, \"the other\""
clearance = "tlp:green"
enabled = false

[[roots]]
name = "api1"
title = "Our sharing group"
default = true

[[roots]]
name = "trust/group1"
title = "Another"
max_content_length = 5000

[[collections]]
root = "api1"
alias = "indicators"
title = "Indicators"

[[collections]]
root = "trust/group1"
alias = "more"
title = "More"
listed = true
spec_versions = ["2.0", "2.1"]
ingest = "strict"
keep_days = 365
keep_expired_days = 0
keep_objects = 1000
markings = { default = "amber+strict", unmarked = "hidden", open = ["marking-definition--fa42a846-8d90-4e51-bc29-71d5b4802168"], supply = true }

[[collections]]
root = "api1"
alias = "open"
title = "Open"
anonymous_read = true
description = "For \"all\"\nof you"

[[grants]]
group = "analysts"
collection = "api1/indicators"
rights = ["read", "write", "delete"]
expires = "2037-12-31T00:00:00Z"

[[grants]]
organisation = "acme"
root = "trust/group1"
rights = ["list"]

[[grants]]
account = "soc"
collection = "trust/group1/more"
rights = ["manage"]
expires = "2020-01-01T00:00:00.123456Z"
"#;

/// Without anything that is there already: what the file made.
fn applied() -> Folder {
    let folder = Folder::new();
    folder.write("state.toml", STATE);
    taxii_server(&folder, &["apply", "-f", "state.toml", "--issue-keys", "keys.csv"]).good();
    folder
}

fn changes(folder: &Folder, arguments: &[&str]) -> Vec<Value> {
    let told = folder.admin(&[&["apply", "-f"], arguments].concat());
    told["changes"].as_array().expect("changes").clone()
}

fn export(folder: &Folder) -> String {
    taxii_server(folder, &["export"]).good().out
}

/// A dry run tells all that would be done, and does none of it; doing it twice changes nothing the second time.
#[test]
fn apply_does_what_it_tells_and_only_once() {
    let folder = Folder::new();
    folder.write("state.toml", STATE);
    let told = taxii_server(&folder, &["apply", "-f", "state.toml", "--dry-run", "--issue-keys", "keys.csv"]).good();
    for line in
        ["+ add account soc", "+ add API root /trust/group1/", "+ add organisation acme", "+ add soc to group analysts"]
    {
        assert!(told.out.contains(line), "expected {line:?}: {told}");
    }
    assert!(!folder.file("keys.csv").exists());
    assert_eq!((export(&folder).trim(), folder.admin(&["account", "list"])), ("", json!([])));
    let tried = changes(&folder, &["state.toml", "--dry-run"]);
    let made = changes(&folder, &["state.toml"]);
    assert_eq!(tried.len(), made.len());
    let again = taxii_server(&folder, &["apply", "-f", "state.toml"]).good();
    assert!(again.out.contains("everything is as the file says"), "{again}");
    assert_eq!(changes(&folder, &["state.toml", "--prune"]), Vec::<Value>::new());
    let keys = changes(&folder, &["state.toml", "--issue-keys", "keys.csv"]);
    assert_eq!(keys.len(), 2, "each account gets a key: {keys:?}");
    assert!(keys.iter().all(|change| !change.to_string().contains("taxii_")), "{keys:?}");
    assert_eq!(changes(&folder, &["state.toml", "--issue-keys", "more.csv"]), Vec::<Value>::new());
}

/// What is left out of a file is as if it were new, and may open what was closed: a plan says each value before and after, and calls
/// collections by their names.
#[test]
fn a_plan_says_what_becomes_of_what() {
    let folder = applied();
    folder.admin(&["account", "set", "soc", "--clearance", "tlp:green, any"]);
    folder.write(
        "bare.toml",
        "[[accounts]]\nname = \"soc\"\nadmin = true\n\n[[collections]]\nroot = \"api1\"\nalias = \"indicators\"\ntitle = \"I\"\n         anonymous_read = true\n\n[[grants]]\ngroup = \"analysts\"\ncollection = \"api1/indicators\"\nrights = [\"read\"]\n",
    );
    let told = taxii_server(&folder, &["apply", "-f", "bare.toml", "--dry-run"]).good();
    let line = |start: &str| {
        let found = told.out.lines().find(|line| line.starts_with(start));
        found.unwrap_or_else(|| panic!("no line begins with {start:?}: {told}")).to_owned()
    };
    let account = line("~ change account soc: ");
    for words in
        ["admin no -> yes", "clearance \"tlp:green, any\" -> no limit of its own", "organisation \"acme\" -> none"]
    {
        assert!(account.contains(words), "expected {words:?}: {account}");
    }
    assert!(line("~ change collection api1/indicators").contains("anonymous_read no -> yes"), "{told}");
    let grant = line("~ grant group analysts on collection api1/indicators: ");
    assert!(grant.contains("until 2037-12-31") && grant.ends_with("-> read"), "{grant}");
    let summary = folder.admin(&["apply", "-f", "bare.toml", "--dry-run"])["summary"].clone();
    assert!(summary.to_string().contains("admin no -> yes"), "{summary}");
}

/// What `export` prints and `apply` reads is the same, whatever there is: limits of time, markings, listed and open collections, odd names.
#[test]
fn what_was_exported_is_as_it_was() {
    let folder = applied();
    folder.admin(&["group", "add", "empty", "--title", ""]);
    folder.admin(&["account", "add", "admin", "--admin"]);
    folder.admin(&["root", "add", "/", "--title", "Top"]);
    let before = export(&folder);
    for words in [
        "expires = \"2037-12-31",
        "expires = \"2020-01-01T00:00:00.123456Z",
        "amber+strict",
        "keep_expired_days = 0",
        "listed = true",
    ] {
        assert!(before.contains(words), "expected {words}:\n{before}");
    }
    assert!(!before.contains("taxii_") && !before.contains("argon2") && !before.contains("credential"), "{before}");
    folder.write("exported.toml", &before);
    assert_eq!(changes(&folder, &["exported.toml", "--prune", "--yes"]), Vec::<Value>::new());
    let other = Folder::new();
    other.write("exported.toml", &before);
    assert!(!changes(&other, &["exported.toml"]).is_empty());
    assert_eq!(export(&other), before);
}

/// The keys that were made let in whom they should, and no other file is touched for them.
#[test]
fn issued_keys_are_written_once() {
    let folder = applied();
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(folder.file("keys.csv")).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let keys = std::fs::read_to_string(folder.file("keys.csv")).expect("a file");
    let lines: Vec<&str> = keys.lines().collect();
    assert_eq!((lines.len(), lines[0]), (3, "name,key"), "{keys}");
    assert!(lines[1..].iter().any(|line| line.starts_with("\"Müller, \"\"the other\"\"\",taxii_")), "{keys}");
    let key = lines.iter().find_map(|line| line.strip_prefix("soc,")).expect("its key");
    let server = folder.serve(&[]);
    let target = "/api1/collections/indicators/objects/";
    let authorization = format!("Bearer {key}");
    let ask = |method: &str| {
        Request::new(server.origin, method, target).accept(TAXII).header("Authorization", &authorization)
    };
    ask("GET").send_unchecked().expect(200);
    ask("POST").json(&envelope(&indicators(2))).send().expect(202);
    // A file that is there stays as it is, and then nothing is done at all.
    folder.write("more.toml", &format!("{STATE}\n[[accounts]]\nname = \"late\"\n"));
    taxii_server(&folder, &["apply", "-f", "more.toml", "--issue-keys", "keys.csv"]).bad(&["keys.csv"]);
    assert_eq!(std::fs::read_to_string(folder.file("keys.csv")).expect("a file"), keys);
    taxii_server(&folder, &["account", "show", "late"]).bad(&["no account late"]);
}

/// `--prune` removes what the file does not name, says what is lost with it, and asks.
#[test]
fn pruning_asks_and_then_removes() {
    let folder = applied();
    folder.admin(&["account", "add", "writer", "--admin", "--no-password"]);
    let key = folder.admin(&["credential", "add", "writer", "--key"]);
    let server = folder.serve(&[]);
    let authorization = format!("Bearer {}", key["secret"].as_str().expect("a key"));
    let post = Request::new(server.origin, "POST", "/api1/collections/open/objects/").accept(TAXII);
    post.header("Authorization", &authorization).json(&envelope(&indicators(7))).send().expect(202);
    folder.write("less.toml", &STATE.replace("alias = \"open\"", "alias = \"shut\""));
    let before = export(&folder);
    taxii_server(&folder, &["apply", "-f", "less.toml", "--prune"]).bad(&[
        "- remove collection",
        "- remove account writer",
        "--yes",
    ]);
    assert_eq!(export(&folder), before);
    let told = folder.admin(&["apply", "-f", "less.toml", "--prune", "--dry-run"]);
    assert_eq!(told["objects_removed"], 7, "{told}");
    assert_eq!(export(&folder), before);
    let done = taxii_server(&folder, &["apply", "-f", "less.toml", "--prune", "--yes"]).good();
    assert!(done.out.contains("lose 7 versions"), "{done}");
    taxii_server(&folder, &["account", "show", "writer"]).bad(&["no account writer"]);
    taxii_server(&folder, &["collection", "show", "open"]).bad(&["no collection open"]);
    assert_eq!(changes(&folder, &["less.toml", "--prune"]), Vec::<Value>::new());
    // Also accounts cannot be had back: their credentials are gone.
    let account = STATE.replace(
        "[[accounts]]\nname = \"Müller, \\\"the other\\\"\"\nclearance = \"tlp:green\"\nenabled = false\n",
        "",
    );
    folder.write("fewer.toml", &account.replace("alias = \"open\"", "alias = \"shut\""));
    taxii_server(&folder, &["apply", "-f", "fewer.toml", "--prune"]).bad(&["- remove account Müller", "--yes"]);
    // Without --prune everything that is not named stays.
    folder.write("empty.toml", "");
    assert_eq!(changes(&folder, &["empty.toml"]), Vec::<Value>::new());
}

/// A mistake is told with its line and column, and nothing is done, not even what is right.
#[test]
fn mistakes_are_found_at_their_place() {
    let folder = Folder::new();
    let place = |text: &str, byte: usize| {
        let before = &text[..byte];
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("bad.toml: line {}, column {column}: ", before.matches('\n').count() + 1)
    };
    // What stands there, what is written instead, where in that the mistake is, and what is said.
    for (right, wrong, offset, words) in [
        ("title = \"ACME\"", "titel = \"ACME\"", 0, "did you mean title?"),
        ("members = [\"soc\"]", "members = [\"socs\"]", 11, "there is no account \"socs\"; did you mean soc?"),
        ("organisation = \"acme\"\nclient", "organisation = \"acne\"\nclient", 15, "did you mean acme?"),
        ("client = \"opencti\"", "client = \"openctl\"", 9, "openctl"),
        ("clearance = \"tlp:green\"", "clearance = \"tlp:grey\"", 12, "tlp:grey"),
        ("enabled = false", "enabled = \"no\"", 10, "boolean"),
        ("enabled = false", "enabled = ", 10, ""),
        ("collection = \"api1/indicators\"", "collection = \"api1/indicator\"", 13, "did you mean api1/indicators?"),
        ("root = \"trust/group1\"\nrights", "root = \"trust/group2\"\nrights", 7, "did you mean trust/group1?"),
        ("ingest = \"strict\"", "ingest = \"stricter\"", 9, "stricter"),
        ("rights = [\"list\"]", "rights = [\"lists\"]", 10, "lists"),
        ("unmarked = \"hidden\"", "unmarked = \"hiden\"", 0, "hiden"),
        ("name = \"Müller, \\\"the other\\\"\"", "name = \"soc:1\"", 7, "colon"),
        ("[[groups]]\nname", "[[groups]]\nname = \"a/b\"\ntitle = \"\"\n\n[[groups]]\nname", 18, "slash"),
        ("[[roots]]\nname", "[[roots]]\nname = \"taxii2\"\ntitle = \"\"\n\n[[roots]]\nname", 17, "taxii2"),
        ("[[roots]]\nname", "[[roots]]\nname = \"health\"\ntitle = \"\"\n\n[[roots]]\nname", 17, "health checks"),
        ("keep_days = 365", "keep_days = 0", 0, "keep_days"),
        ("alias = \"open\"", "alias = \"indicators\"", 0, "indicators"),
    ] {
        assert!(STATE.contains(right), "{right}");
        let text = STATE.replacen(right, wrong, 1);
        folder.write("bad.toml", &text);
        let ran = taxii_server(&folder, &["apply", "-f", "bad.toml"]).bad(&["bad.toml: line ", words]);
        if offset > 0 || wrong.starts_with("titel") {
            let expected = place(&text, text.find(wrong).expect("it is there") + offset);
            assert!(ran.err.contains(&expected), "expected {expected:?}: {ran}");
        }
        assert_eq!(export(&folder).trim(), "", "{wrong}");
    }
    taxii_server(&folder, &["apply", "-f", "none.toml"]).bad(&["none.toml"]);
}
