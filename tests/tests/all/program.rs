//! The command line of `taxii-server`, as an operator uses it.

use serde_json::{Value, json};
use taxii_tests::http::{Request, Response, TAXII};
use taxii_tests::objects::{envelope, indicators};
use taxii_tests::programs::{self, Folder, Ran, Running};

const FEED: &str = "6f3a1f0e-2b4d-4c8a-9e57-0d1c2b3a4f5e";

fn taxii_server(folder: &Folder, arguments: &[&str]) -> Ran {
    folder.run(&programs::server(), arguments)
}

/// A folder with a root, a collection, an account with a key, and a grant.
fn furnished() -> (Folder, Value) {
    let folder = Folder::new();
    folder.admin(&["root", "add", "api1", "--title", "Group", "--default"]);
    folder.admin(&["collection", "add", "api1", "feed", "--title", "Feed", "--id", FEED]);
    folder.admin(&["account", "add", "soc", "--read", "feed", "--write", "feed"]);
    let key = folder.admin(&["key", "add", "soc", "--label", "first"]);
    (folder, key)
}

fn request(server: &Running, method: &str, target: &str) -> Request {
    Request::new(server.origin, method, target).accept(TAXII)
}

fn with_key(server: &Running, key: &Value, target: &str) -> Response {
    let key = key["key"].as_str().expect("a key");
    request(server, "GET", target).header("Authorization", &format!("Bearer {key}")).send()
}

/// Every noun has the same five verbs, each of which prints a table or JSON, names things as people do, and
/// takes effect.
#[test]
fn every_noun_has_every_verb() {
    for output in ["table", "json"] {
        let (folder, key) = furnished();
        let id = key["id"].as_str().expect("an id");
        let does = |arguments: &str, shows: &[&str]| {
            let arguments: Vec<&str> = ["--output", output].into_iter().chain(arguments.split(' ')).collect();
            let ran = taxii_server(&folder, &arguments).good();
            for text in shows {
                assert!(ran.out.contains(text), "expected {text:?}: {ran}");
            }
            if output == "json" {
                ran.json();
            }
        };
        does("root add api2 --title Other", &["api2"]);
        does("root list", &["api1", "api2", "Other"]);
        does("root set api2 --title Another --max-content-length 5000", &["api2"]);
        does("root show /api2/", &["Another", "5000"]);
        does("root remove api2 --yes", &["api2"]);
        does("collection add api1 more --title More --spec-versions 2.0,2.1 --ingest strict", &["more"]);
        does("collection list", &["feed", "more", FEED, "2.0", "head", "strict"]);
        does("collection set more --ingest schema-valid", &["more"]);
        does("collection show more", &["schema-valid"]);
        does("collection set more --title Less --alias less --anonymous-read", &["less"]);
        for name in ["less", "api1/less"] {
            does(&format!("collection show {name}"), &["Less"]);
        }
        for name in ["feed", "api1/feed", FEED, &format!("api1/{FEED}")] {
            does(&format!("collection show {name}"), &[FEED, "Feed", "soc"]);
        }
        does("collection remove less --yes", &["less"]);
        does("account add misp --client misp --read api1/feed", &["misp"]);
        does("account list", &["misp", "soc"]);
        does("account set misp --client elastic --admin true", &["misp"]);
        does("account show misp", &["elastic"]);
        does("account show soc", &[id, "first"]);
        does("grant add misp feed --list", &["misp"]);
        does("grant set misp feed --read --write", &["misp"]);
        does("grant list", &["misp", "soc"]);
        does("grant list misp", &["misp"]);
        does(&format!("grant show misp {FEED}"), &["misp", "read"]);
        does("grant remove misp feed", &["misp"]);
        does("account remove misp", &["misp"]);
        does("key add soc --label second", &["soc"]);
        does("key list", &["first", "second"]);
        does("key list soc", &[id]);
        does(&format!("key set {id} --label third"), &["third"]);
        does(&format!("key show {id}"), &["third", "soc"]);
        does(&format!("key remove {id}"), &[id]);
        does("status", &["api1/feed"]);
        does("config print", &["page_entries"]);
        does("config check", &["127.0.0.1:6100"]);
        let (roots, collections) = (folder.admin(&["root", "list"]), folder.admin(&["collection", "list"]));
        assert_eq!((roots.as_array().map(Vec::len), collections.as_array().map(Vec::len)), (Some(1), Some(1)));
        let (accounts, keys) = (folder.admin(&["account", "list"]), folder.admin(&["key", "list"]));
        assert_eq!((accounts[0]["name"].as_str(), keys[0]["label"].as_str()), (Some("soc"), Some("second")));
    }
}

/// A slip ends with a failure and words that help: what there is, or what was expected.
#[test]
fn errors_say_what_exists() {
    let (folder, _) = furnished();
    folder.admin(&["root", "add", "api2", "--title", "Other"]);
    folder.admin(&["collection", "add", "api2", "feed", "--title", "Feed of others"]);
    let nobody = "00000000-0000-4000-8000-000000000000";
    for (arguments, words) in [
        ("root show api3", &["there is no API root api3", "/api1/", "/api2/"][..]),
        ("collection add api3 x --title X", &["there is no API root api3", "/api1/"]),
        ("collection show fed", &["there is no collection fed", "api1/feed", "api2/feed"]),
        ("collection show feed", &["feed could be any of", "api1/feed", "api2/feed"]),
        ("collection add api1 feed --title X", &["feed"]),
        ("collection add api1 x --title X --id 00000000-0000-1000-8000-000000000000", &["version 4"]),
        ("collection remove api1/feed", &["--yes"]),
        ("root remove api1", &["--yes"]),
        ("account show sco", &["there is no account sco", "soc"]),
        ("account add soc", &["soc"]),
        ("account add soc:1", &["colon"]),
        ("account set soc --client arcsight", &["arcsight", "sentinel"]),
        ("key add sco", &["there is no account sco", "soc"]),
        ("grant add sco api1/feed --read", &["there is no account sco", "soc"]),
        ("grant add soc fed --read", &["there is no collection fed", "api1/feed"]),
        ("--config none.toml status", &["none.toml"]),
        ("serve --bind somewhere", &["somewhere", "ADDRESS:PORT"]),
        ("serve --tls-cert cert.pem", &["--tls-key"]),
    ] {
        taxii_server(&folder, &arguments.split(' ').collect::<Vec<_>>()).bad(words);
    }
    for arguments in [["key", "remove", nobody], ["key", "show", nobody], ["account", "remove", "sco"]] {
        taxii_server(&folder, &arguments).bad(&[arguments[2]]);
    }
}

/// A name that is misspelt is an error, and not an answer that says there is nothing: who looks into an incident would believe it.
#[test]
fn nothing_is_not_an_answer_to_a_typing_error() {
    let (folder, _) = furnished();
    folder.write("twice.csv", "name,clearance,clearance\na,tlp:green,tlp:red\n");
    for (arguments, words) in [
        (&["audit", "what-did", "sco"][..], "sco"),
        (&["audit", "who-received", "indicator-1"], "TYPE--UUID"),
        (&["agreement", "report", "typo-9999"], "typo-9999"),
        (&["account", "import", "twice.csv"], "clearance"),
    ] {
        taxii_server(&folder, arguments).bad(&[words]);
    }
    assert_eq!(folder.admin(&["audit", "what-did", "soc"]), json!([]), "it is there, and has done nothing");
    assert_eq!(folder.admin(&["export"])["accounts"][0]["name"], "soc");
}

/// A grant says which right: forgetting it is an error, and takes nothing away.
#[test]
fn a_grant_without_a_right_is_refused() {
    let (folder, _) = furnished();
    let before = folder.admin(&["grant", "show", "soc", "feed"]);
    for verb in ["add", "set"] {
        taxii_server(&folder, &["grant", verb, "soc", "feed"]).bad(&["--read", "--write", "--list"]);
        assert_eq!(folder.admin(&["grant", "show", "soc", "feed"]), before);
    }
}

/// What is misspelt in a configuration is an error that names it, in the file as in the environment.
#[test]
fn unknown_settings_are_errors() {
    let folder = Folder::new();
    for (text, word) in
        [("titel = \"x\"", "titel"), ("[limits]\npages = 1", "pages"), ("workers = \"many\"", "workers")]
    {
        folder.write("taxii-server.toml", text);
        taxii_server(&folder, &["config", "check"]).bad(&["configuration", word]);
    }
    folder.write("taxii-server.toml", "");
    for (name, word) in [("TAXII_TITEL", "titel"), ("TAXII_LIMITS__PAGES", "pages")] {
        let mut command = folder.command(&programs::server(), &["config", "check"]);
        command.env(name, "1");
        Ran::of(command, "").bad(&["configuration", word]);
    }
    let mut command = folder.command(&programs::server(), &["config", "check"]);
    command.env("TAXII_CLIENT_URL", "https://taxii.example/");
    Ran::of(command, "").good();
}

/// Settings that cannot both be meant are refused, by the check and by the server: it would be open where its operator thinks it closed.
#[test]
fn contradictory_settings_are_errors() {
    let folder = Folder::new();
    for (text, word) in [
        ("[tls]\nclient_certificates = \"required\"", "tls.client_certificates"),
        ("[audit]\nenabled = false\nrequired = true", "audit.required"),
        ("bind = \"127.0.0.1:6100\"\n[manage]\nbind = \"127.0.0.1:6100\"", "manage.bind"),
        ("key_header = \"Accept\"", "key_header"),
        ("key_header = \"no header\"", "key_header"),
        ("misp.collections = \"feed\"", "api1/feed"),
        ("trusted_proxies = [\"10.0.0.0/8\", \"proxy\"]", "\"proxy\""),
        ("log = \"taxii=loud=very\"", "log"),
    ] {
        folder.write("taxii-server.toml", text);
        for arguments in [&["config", "check"][..], &["serve"]] {
            taxii_server(&folder, arguments).bad(&[word]);
        }
    }
    folder.write("taxii-server.toml", "trusted_proxies = [\"10.0.0.1\", \"fd00::/8\"]\nkey_header = \"\"\n");
    taxii_server(&folder, &["config", "check"]).good();
}

/// What the database holds, password hashes among it, is for nobody else on the machine to read.
#[cfg(unix)]
#[test]
fn the_database_is_private() {
    use std::os::unix::fs::PermissionsExt;

    let (folder, _) = furnished();
    let server = folder.serve(&[]);
    for name in ["taxii.db", "taxii.db-wal", "taxii.db-shm"] {
        let mode = folder.file(name).metadata().expect(name).permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    server.stop();
}

/// The file counts less than the environment, and that less than options.
#[test]
fn the_later_setting_counts() {
    let folder = Folder::new();
    let printed = |environment: &[(&str, &str)], arguments: &[&str]| {
        let mut command = folder.command(&programs::server(), &["--output", "json", "config", "print"]);
        command.envs(environment.iter().copied()).args(arguments);
        Ran::of(command, "").good().json()
    };
    assert_eq!(printed(&[], &[])["database"], "taxii.db");
    folder
        .write("taxii-server.toml", "database = \"file.db\"\ntitle = \"From the file\"\n[limits]\npage_entries = 7\n");
    let from_file = printed(&[], &[]);
    assert_eq!((&from_file["database"], &from_file["title"]), (&json!("file.db"), &json!("From the file")));
    let environment = [("TAXII_DATABASE", "environment.db"), ("TAXII_LIMITS__PAGE_ENTRIES", "8")];
    let from_environment = printed(&environment, &[]);
    assert_eq!(from_environment["database"], "environment.db");
    assert_eq!(from_environment["limits"]["page_entries"], 8);
    assert_eq!(from_environment["title"], "From the file");
    assert_eq!(printed(&environment, &["--database", "option.db"])["database"], "option.db");

    folder.write("other.toml", "title = \"From another file\"\n");
    assert_eq!(printed(&[], &["--config", "other.toml"])["title"], "From another file");
    assert_eq!(printed(&[("TAXII_CONFIG", "other.toml")], &[])["title"], "From another file");

    // The options of `serve` do the same while it runs.
    for (options, expected) in [(&[][..], "From the file"), (&["--title", "From an option"], "From an option")] {
        let made = ["account", "add", "soc", "--password-file", "-"];
        drop(Ran::of(folder.command(&programs::server(), &made), "Soc.Passw0rd"));
        let server = folder.serve(options);
        let discovery = request(&server, "GET", "/taxii2/").basic("soc", "Soc.Passw0rd").send().expect(200);
        assert_eq!(discovery.json()["title"], expected);
    }
}

/// `init` makes a file that changes nothing, a database and an administrator, whose password it shows once.
#[test]
fn init_shows_the_password_once() {
    let folder = Folder::new();
    let made = folder.admin(&["init"]);
    let password = made["password"].as_str().expect("a password");
    assert!(password.len() >= 16, "{made}");
    let before = Folder::new().admin(&["config", "print"]);
    assert_eq!(folder.admin(&["config", "print"]), before);
    let again = taxii_server(&folder, &["init"]).good();
    assert!(again.out.contains("kept the account admin") && !again.out.contains(password), "{again}");
    assert_eq!(folder.admin(&["init"])["password"], Value::Null);
    let server = folder.serve(&[]);
    request(&server, "GET", "/taxii2/").basic("admin", password).send().expect(200);
    request(&server, "GET", "/taxii2/").basic("admin", "admin").send().expect(401);
    let other = Folder::new();
    let told = taxii_server(&other, &["init"]).good();
    let words = told.out.split("with the password ").nth(1).expect("a password");
    let password = words.split(' ').next().expect("a word");
    let server = other.serve(&[]);
    request(&server, "GET", "/taxii2/").basic("admin", password).send().expect(200);
}

/// What `serve --demo` prints can be pasted: the key, and each line for curl.
#[test]
fn the_demonstration_prints_what_works() {
    let folder = Folder::new();
    let server = folder.serve(&["--demo"]);
    let mut lines = Vec::new();
    while lines.last().is_none_or(|line: &String| !line.contains("Ctrl-C")) {
        lines.push(server.lines.recv().unwrap_or_else(|_| panic!("it ended: {lines:#?}")));
    }
    let key = lines.iter().find_map(|line| line.strip_prefix("API key")).expect("a key").trim();
    let key = json!({ "key": key });
    for (alias, writes) in [("indicators", false), ("intrusion", false), ("defacements", false), ("inbox", true)] {
        let found = with_key(&server, &key, &format!("/demo/collections/{alias}/")).expect(200).json();
        assert_eq!((&found["can_read"], &found["can_write"]), (&json!(true), &json!(writes)), "{alias}");
        let objects = with_key(&server, &key, &format!("/demo/collections/{alias}/objects/")).expect(200).json();
        assert_eq!(objects.get("objects").is_none(), writes, "{alias}");
    }
    let pasted: Vec<_> = lines.iter().map(|line| line.trim()).filter(|line| line.starts_with("curl ")).collect();
    assert!(!pasted.is_empty(), "{lines:#?}");
    for line in pasted {
        let ran = folder.run("sh".as_ref(), &["-c", line]).good();
        assert_eq!(ran.json()["objects"].as_array().map(Vec::len), Some(3), "{ran}");
    }
    let ours: Vec<_> = lines.iter().filter_map(|line| line.trim().strip_prefix("taxii ")).collect();
    assert_eq!(ours.len(), 2, "{lines:#?}");
    folder.write("FILE.json", &envelope(&indicators(3)).to_string());
    for line in ours {
        folder.run(&programs::client(), &line.split(' ').collect::<Vec<_>>()).good();
    }
    let inbox = with_key(&server, &key, "/demo/collections/inbox/objects/").expect(200).json();
    assert_eq!(inbox["objects"].as_array().map(Vec::len), Some(3));
}

/// TX-STS-02: a status is there after the server was stopped and started.
#[test]
fn statuses_outlive_the_server() {
    let (folder, key) = furnished();
    let authorization = format!("Bearer {}", key["key"].as_str().expect("a key"));
    let server = folder.serve(&[]);
    let target = format!("/api1/collections/{FEED}/objects/");
    let post = request(&server, "POST", &target).header("Authorization", &authorization);
    let status = post.json(&envelope(&indicators(2))).send().expect(202).json();
    server.stop();
    let server = folder.serve(&[]);
    let target = format!("/api1/status/{}/", status["id"].as_str().expect("an id"));
    assert_eq!(with_key(&server, &key, &target).expect(200).json(), status);
}

/// Who waits for the address and then asks it to end gets an orderly end, however soon.
#[test]
fn it_ends_in_order_from_the_start() {
    let folder = Folder::new();
    for _ in 0..5 {
        folder.serve(&[]).stop();
    }
}

/// Promise 4: what an administrator takes away is gone for the next request, also while the server runs.
#[test]
fn what_is_removed_is_gone_at_once() {
    let (folder, key) = furnished();
    let server = folder.serve(&[]);
    let objects = format!("/api1/collections/{FEED}/objects/");
    let other = folder.admin(&["key", "add", "soc"]);
    for _ in 0..2 {
        with_key(&server, &key, &objects).expect(200);
    }
    folder.admin(&["key", "remove", key["id"].as_str().expect("an id")]);
    with_key(&server, &key, &objects).expect(401);
    with_key(&server, &other, &objects).expect(200);
    folder.admin(&["grant", "set", "soc", "feed", "--write"]);
    with_key(&server, &other, &objects).expect(403);
    folder.admin(&["grant", "remove", "soc", "feed"]);
    with_key(&server, &other, &objects).expect(404);
    folder.admin(&["account", "remove", "soc"]);
    with_key(&server, &other, &objects).expect(401);
}

/// Who gets the name of an account that was removed gets nothing else of it: neither what it may, nor the statuses of what it submitted, nor
/// the server that it spoke for.
#[test]
fn a_name_is_all_that_is_given_on() {
    let (folder, key) = furnished();
    let server = folder.serve(&[]);
    let authorization = format!("Bearer {}", key["key"].as_str().expect("a key"));
    let post = request(&server, "POST", &format!("/api1/collections/{FEED}/objects/"));
    let post = post.header("Authorization", &authorization).json(&envelope(&indicators(1)));
    let status = format!("/api1/status/{}/", post.send().expect(202).json()["id"].as_str().expect("an id"));
    with_key(&server, &key, &status).expect(200);
    folder.admin(&["partner", "set", "--account", "soc", "b45c2f3e-7f4a-4c55-9b9a-0f6f0f2f6d11"]);
    folder.admin(&["account", "remove", "soc"]);
    assert_eq!(folder.admin(&["partner", "list"]), json!([]));
    folder.admin(&["account", "add", "soc", "--read", "feed"]);
    let key = folder.admin(&["key", "add", "soc"]);
    with_key(&server, &key, &status).expect(404);
}
