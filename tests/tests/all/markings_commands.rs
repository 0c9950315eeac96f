//! What markings mean in a collection, and afterwards who received what, by the commands of an operator and over HTTP.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use stix_model::marking::tlp;
use taxii_tests::http::{Request, Response, TAXII};
use taxii_tests::objects::{envelope, id_of, indicator, marking, with};
use taxii_tests::programs::{self, Folder, Ran, Running};

fn taxii_server(folder: &Folder, arguments: &[&str]) -> Ran {
    folder.run(&programs::server(), arguments)
}

/// A collection, and accounts with keys that may read it.
struct Sharing {
    folder: Folder,
    keys: Vec<(&'static str, String)>,
}

impl Sharing {
    fn new() -> Self {
        let folder = Folder::new();
        folder.admin(&["root", "add", "api1", "--title", "Group"]);
        folder.admin(&["collection", "add", "api1", "feed", "--title", "Feed"]);
        folder.admin(&["organisation", "add", "partner", "--title", "Partner", "--clearance", "tlp:green, any"]);
        let mut keys = Vec::new();
        for (account, options) in [
            ("all", &["--write", "feed"][..]),
            ("green", &["--clearance", "tlp:green, any"]),
            ("amber", &["--clearance", "tlp:amber, any"]),
            ("partner-1", &["--organisation", "partner", "--clearance", "tlp:red, any"]),
        ] {
            let arguments = ["account", "add", account, "--no-password", "--read", "feed"];
            folder.admin(&[&arguments[..], options].concat());
            let made = folder.admin(&["credential", "add", account, "--key"]);
            keys.push((account, made["secret"].as_str().expect("a key").to_owned()));
        }
        Self { folder, keys }
    }

    fn request(&self, server: &Running, account: &str, method: &str, below: &str) -> Request {
        let target = format!("/api1/collections/feed/{below}");
        let request = Request::new(server.origin, method, &target).accept(TAXII);
        let key = self.keys.iter().find(|(name, _)| *name == account);
        match key {
            Some((_, key)) => request.header("Authorization", &format!("Bearer {key}")),
            None => request,
        }
    }

    fn post(&self, server: &Running, objects: &[Value]) {
        let status = self.request(server, "all", "POST", "objects/").json(&envelope(objects)).send().expect(202).json();
        assert_eq!(status["success_count"], objects.len(), "{status}");
    }

    /// What an account sees.
    fn sees(&self, server: &Running, account: &str) -> BTreeSet<String> {
        ids(&self.request(server, account, "GET", "objects/").send().expect(200))
    }

    fn set(&self, options: &[&str]) {
        self.folder.admin(&[&["collection", "set", "feed"], options].concat());
    }
}

fn ids(page: &Response) -> BTreeSet<String> {
    page.json()["objects"].as_array().into_iter().flatten().map(|object| id_of(object).to_owned()).collect()
}

fn marked(id: &str) -> Value {
    with(indicator(), "object_marking_refs", json!([id]))
}

fn set_of(objects: &[&Value]) -> BTreeSet<String> {
    objects.iter().map(|object| id_of(object).to_owned()).collect()
}

/// Promise 4: an account with a clearance sees neither page nor object of what is above it, also by way of its organisation and without
/// logging in, and what an administrator says of a collection counts at the next request.
#[test]
fn clearances_and_policies_count_at_once() {
    let sharing = Sharing::new();
    let server = sharing.folder.serve(&[]);
    let statement = marking();
    let (plain, owned) = (indicator(), marked(id_of(&statement)));
    let (clear, green, amber) =
        (marked(tlp::CLEAR.id().as_str()), marked(tlp::GREEN.id().as_str()), marked(tlp::AMBER.id().as_str()));
    sharing.post(&server, &[plain.clone(), clear.clone(), green.clone(), amber.clone(), owned.clone()]);
    let [all, upto_green] =
        [set_of(&[&plain, &clear, &green, &amber, &owned]), set_of(&[&plain, &clear, &green, &owned])];
    let seen = || ["all", "amber", "green", "partner-1"].map(|account| sharing.sees(&server, account));
    assert_eq!(seen(), [all.clone(), all.clone(), upto_green.clone(), upto_green.clone()]);
    let one = format!("objects/{}/", id_of(&amber));
    for (account, status) in [("all", 200), ("amber", 200), ("green", 404), ("partner-1", 404)] {
        sharing.request(&server, account, "GET", &one).send().expect(status);
    }
    let told = taxii_server(&sharing.folder, &["explain", "partner-1", "feed"]).good();
    assert!(told.out.contains("clearance: tlp:green, any"), "{told}");

    sharing.set(&["--default-marking", "amber"]);
    assert_eq!(sharing.sees(&server, "green"), set_of(&[&clear, &green]));
    assert_eq!(sharing.sees(&server, "amber"), all);
    sharing.set(&["--default-marking", "none", "--unmarked", "hidden"]);
    assert_eq!(
        seen()[1..],
        [
            set_of(&[&clear, &green, &amber, &owned]),
            set_of(&[&clear, &green, &owned]),
            set_of(&[&clear, &green, &owned])
        ]
    );
    sharing.set(&["--unmarked", "visible"]);
    sharing.folder.admin(&["account", "set", "green", "--clearance", "tlp:green"]);
    assert_eq!(sharing.sees(&server, "green"), set_of(&[&plain, &clear, &green]));
    sharing.set(&["--open-markings", id_of(&statement)]);
    assert_eq!(sharing.sees(&server, "green"), upto_green);
    sharing.set(&["--open-markings", "none"]);
    sharing.set(&["--anonymous-read"]);
    assert_eq!(sharing.sees(&server, "nobody"), set_of(&[&plain, &clear, &owned]));
    for (options, words) in [
        ("--default-marking purple", "purple"),
        ("--unmarked perhaps", "perhaps"),
        ("--open-markings identity--f431f809-377b-45e0-aa1c-6a4751cae5ff", "marking-definition"),
        (&format!("--open-markings {}", tlp::RED.id().as_str()), "always restrict"),
    ] {
        let arguments: Vec<&str> = "collection set feed".split(' ').chain(options.split(' ')).collect();
        taxii_server(&sharing.folder, &arguments).bad(&[words]);
    }

    // Marking definitions come along, to whom they may be shown.
    sharing.post(&server, std::slice::from_ref(&statement));
    let last = sharing.request(&server, "all", "GET", &format!("objects/?match[id]={}", id_of(&owned)));
    assert_eq!(ids(&last.send().expect(200)), set_of(&[&owned]));
    sharing.set(&["--supply"]);
    assert_eq!(ids(&last.send().expect(200)), set_of(&[&owned, &statement]));
    sharing.set(&["--supply", "false"]);
    assert_eq!(ids(&last.send().expect(200)), set_of(&[&owned]));

    let markings = |account: &str| {
        let told = sharing.request(&server, account, "GET", "markings/").accept("application/json").send_unchecked();
        let told = told.expect(200).json();
        let all = told["markings"].as_array().expect("markings").iter().map(id_of).map(str::to_owned);
        (told["clearance"].as_str().expect("a clearance").to_owned(), all.collect::<BTreeSet<_>>())
    };
    let (clearance, all) = markings("all");
    assert!(clearance == "everything" && all.contains(tlp::AMBER.id().as_str()) && all.contains(id_of(&statement)));
    let (clearance, all) = markings("partner-1");
    assert!(
        clearance == "tlp:green, any"
            && !all.contains(tlp::AMBER.id().as_str())
            && all.contains(tlp::GREEN.id().as_str())
    );
    let shown = taxii_server(&sharing.folder, &["collection", "show", "feed"]).good();
    assert!(shown.out.contains("markings: objects without any are visible"), "{shown}");
}

/// Who sees everything because nothing is said of it sees what the configuration says of such accounts; `explain` knows.
#[test]
fn the_default_clearance_is_explained() {
    let sharing = Sharing::new();
    sharing.folder.write("taxii-server.toml", "[markings]\ndefault = \"tlp:green, any\"\n");
    let server = sharing.folder.serve(&[]);
    let (green, amber) = (marked(tlp::GREEN.id().as_str()), marked(tlp::AMBER.id().as_str()));
    sharing.post(&server, &[green.clone(), amber.clone()]);
    assert_eq!(sharing.sees(&server, "all"), set_of(&[&green]));
    assert_eq!(sharing.sees(&server, "amber"), set_of(&[&green, &amber]));
    sharing.folder.admin(&["account", "set", "all", "--admin"]);
    assert_eq!(sharing.sees(&server, "all"), set_of(&[&green, &amber]));
    let explained = |account: &str| taxii_server(&sharing.folder, &["explain", account, "feed"]).good().out;
    assert!(explained("all").contains("clearance: all"), "{}", explained("all"));
    sharing.folder.admin(&["account", "set", "all", "--admin", "false"]);
    for command in [explained("all"), taxii_server(&sharing.folder, &["account", "show", "all"]).good().out] {
        assert!(command.contains("clearance: tlp:green, any"), "{command}");
    }
    assert!(explained("amber").contains("clearance: tlp:amber, any"), "{}", explained("amber"));
}

/// the log tells who received what and who did what, on paper as for programs, and shows that nobody changed it.
#[test]
fn the_log_tells_who_received_what() {
    let sharing = Sharing::new();
    let folder = &sharing.folder;
    let server = folder.serve(&[]);
    let (green, amber) = (marked(tlp::GREEN.id().as_str()), marked(tlp::AMBER.id().as_str()));
    sharing.post(&server, &[green.clone(), amber.clone()]);
    for account in ["amber", "green"] {
        sharing.sees(&server, account);
    }
    server.stop();
    let received = |object: &Value, more: &[&str]| -> BTreeSet<String> {
        let rows = folder.admin(&[&["audit", "who-received", id_of(object)], more].concat());
        let rows = rows.as_array().expect("rows").iter();
        rows.map(|row| row["account"].as_str().expect("an account").to_owned()).collect()
    };
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(received(&green, &[]), names(&["amber", "green"]));
    assert_eq!(received(&amber, &[]), names(&["amber"]));
    assert_eq!(received(&amber, &["--version", "2020-01-01T00:00:00Z", "--collection", "feed"]), names(&["amber"]));
    assert_eq!(received(&amber, &["--version", "2021-01-01T00:00:00Z"]), names(&[]));
    let good = |arguments: &str| taxii_server(folder, &arguments.split(' ').collect::<Vec<_>>()).good().out;
    let table = good(&format!("audit who-received {}", id_of(&amber)));
    assert!(table.contains("api1/feed") && table.contains("amber") && table.contains("127.0.0.1"), "{table}");

    let did = good("audit what-did all --since 2020-01-01 --until 2100-01-01");
    assert!(did.contains("added") && did.contains("api1/feed") && !did.contains("delivered"), "{did}");
    assert!(!good("audit what-did all --until 2020-01-01").contains("added"));
    let did = folder.admin(&["audit", "what-did", "green"]);
    assert!(did.as_array().is_some_and(|rows| rows.iter().any(|row| row["action"] == "delivered")), "{did}");

    let lag = folder.admin(&["audit", "lag"]);
    let standing = |account: &str| {
        let rows = lag.as_array().expect("rows").iter();
        rows.filter(|row| row["account"] == account)
            .map(|row| row["standing"].as_str().unwrap_or("?").to_owned())
            .collect::<Vec<_>>()
    };
    let all = ["all", "amber", "green", "partner-1"].map(standing);
    assert_eq!(all, [vec!["never"], vec!["current"], vec!["current"], vec!["never"]], "{lag}");
    assert!(good("audit lag --collection feed").contains("partner-1"));

    let head = good("audit head");
    let head = head.trim();
    assert!(good("audit verify").contains(head));
    good(&format!("audit verify --expect {head}"));
    let wrong = head.replace(':', ":0");
    taxii_server(folder, &["audit", "verify", "--expect", &wrong[..wrong.len() - 1]]).bad(&["not as it was written"]);
    taxii_server(folder, &["audit", "verify", "--expect", "7"]).bad(&["NUMBER:HASH"]);
    let exported = good("audit export");
    let records: Vec<Value> = exported.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let number = |record: &Value| record["number"].as_u64().expect("a number");
    assert!(records.windows(2).all(|pair| number(&pair[0]) + 1 == number(&pair[1])));
    assert!(head.starts_with(&format!("{}:", number(&records[records.len() - 1]))));
    assert!(!exported.contains("taxii_"), "no secret is in the log");
    assert!(sharing.keys.iter().all(|(_, key)| !exported.contains(key.as_str())));
    assert_eq!(good("audit export --since 2100-01-01"), "");
    assert!(good("audit list --limit 3").lines().count() >= 3);
    taxii_server(folder, &["audit", "prune", "--before", "2100-01-01"]).bad(&["--yes"]);
    assert_eq!(good("audit head").trim(), head);
    good("audit prune --before 2100-01-01 --yes");
    good("audit verify");
}
