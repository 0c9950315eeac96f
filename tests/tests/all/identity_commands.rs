//! The commands for who may call and what they may do, as an operator types them, and what a running server makes of them.

use std::fmt::Write as _;
use std::time::Instant;

use serde_json::{Value, json};
use taxii_model::Timestamp;
use taxii_tests::http::{Request, TAXII};
use taxii_tests::objects::{envelope, id_of, indicator};
use taxii_tests::programs::{self, Folder, Ran, Running};

fn taxii_server(folder: &Folder, arguments: &[&str]) -> Ran {
    folder.run(&programs::server(), arguments)
}

/// Two roots with a collection each.
fn furnished() -> Folder {
    let folder = Folder::new();
    for (root, alias) in [("api1", "feed"), ("api2", "other")] {
        folder.admin(&["root", "add", root, "--title", "Group"]);
        folder.admin(&["collection", "add", root, alias, "--title", "Feed"]);
    }
    folder
}

fn status(server: &Running, secret: &str, target: &str) -> u16 {
    let request = Request::new(server.origin, "GET", target).accept(TAXII);
    // Some have profiles, which relax the form of an empty page.
    request.header("Authorization", &format!("Bearer {secret}")).send_unchecked().status
}

const FEED: &str = "/api1/collections/feed/objects/";
const OTHER: &str = "/api2/collections/other/objects/";

/// A new key of an account.
fn key(folder: &Folder, account: &str) -> String {
    let made = folder.admin(&["credential", "add", account, "--key"]);
    made["secret"].as_str().expect("a key").to_owned()
}

/// Organisations, groups, credentials and grants have their verbs, each of which prints a table or JSON and takes effect.
#[test]
fn nouns_of_identity_have_every_verb() {
    for output in ["table", "json"] {
        let folder = furnished();
        let does = |arguments: &[&str], shows: &[&str]| {
            let ran = taxii_server(&folder, &[&["--output", output], arguments].concat()).good();
            for text in shows {
                assert!(ran.out.contains(text), "expected {text:?}: {ran}");
            }
            if output == "json" {
                ran.json();
            }
        };
        does(&["organisation", "add", "acme", "--title", "ACME", "--clearance", "tlp:amber, any"], &["acme"]);
        does(&["organisation", "add", "spare", "--title", "Spare"], &["spare"]);
        does(&["group", "add", "analysts", "--title", "Analysts"], &["analysts"]);
        does(&["group", "set", "analysts", "--title", "All analysts"], &["analysts"]);
        does(&["account", "add", "soc", "--organisation", "acme", "--group", "analysts", "--no-password"], &["soc"]);
        does(&["account", "add", "misp", "--no-password"], &["misp"]);
        does(&["group", "join", "analysts", "misp"], &["misp"]);
        does(&["group", "show", "analysts"], &["All analysts", "misp", "soc"]);
        does(&["group", "leave", "analysts", "misp"], &["misp"]);
        does(&["group", "list"], &["analysts", "All analysts"]);
        does(&["organisation", "list"], &["acme", "ACME", "tlp:amber", "spare"]);
        does(&["organisation", "set", "acme", "--title", "ACME Inc.", "--enabled", "false"], &["acme"]);
        does(&["organisation", "show", "acme"], &["ACME Inc.", "tlp:amber", "soc"]);
        does(&["organisation", "set", "acme", "--clearance", "none", "--enabled"], &["acme"]);
        does(&["account", "set", "soc", "--clearance", "tlp:green"], &["soc"]);
        does(&["account", "show", "soc"], &["acme", "analysts", "tlp:green"]);
        does(&["account", "list"], &["soc", "misp", "acme", "analysts"]);
        does(&["grant", "set", "--group", "analysts", "feed", "--read"], &["read"]);
        does(&["account", "add", "third", "--group", "analysts", "--no-password"], &["third", "/api1/"]);
        let added = "credential add soc --token https://idp.example sub-1 --name tokens --expires 30d --scope read --collection feed";
        does(&added.split(' ').collect::<Vec<_>>(), &["soc"]);
        does(&["credential", "add", "soc", "--certificate", "dns:soc.example"], &["dns:soc.example"]);
        does(&["credential", "add", "soc", "--password", "--name", "by hand"], &["soc"]);
        does(&["credential", "list"], &["tokens", "dns:soc.example", "by hand"]);
        does(&["credential", "list", "soc"], &["certificate", "token", "password"]);
        let all = folder.admin(&["credential", "list", "soc"]);
        let id = all[0]["id"].as_str().expect("an id");
        does(&["credential", "set", id, "--name", "renamed", "--expires", "none", "--scope", "all"], &[id]);
        does(&["credential", "show", id], &["renamed"]);
        does(&["credential", "revoke", id], &[id]);
        does(&["grant", "set", "--group", "analysts", "api1/feed", "--read"], &["analysts", "read"]);
        does(
            &["grant", "set", "--organisation", "acme", "--root", "api1", "--list", "--expires", "2037-12-31"],
            &["acme", "2037"],
        );
        does(&["grant", "list"], &["analysts", "acme"]);
        does(&["grant", "list", "--group", "analysts"], &["analysts"]);
        does(&["grant", "list", "--organisation", "acme"], &["acme", "2037"]);
        does(&["grant", "show", "--organisation", "acme", "--root", "api1"], &["list"]);
        does(&["explain", "soc", "feed"], &["analysts", "acme", "read", "2037"]);
        does(&["grant", "remove", "--organisation", "acme", "--root", "api1"], &["acme"]);
        does(&["grant", "remove", "--group", "analysts", "feed"], &["analysts"]);
        does(&["group", "remove", "analysts"], &["analysts"]);
        does(&["organisation", "remove", "spare"], &["spare"]);
        assert_eq!(folder.admin(&["grant", "list"]), json!([]));
    }
}

/// A slip ends with words that help, and changes nothing.
#[test]
fn slips_with_identities_say_what_is_wrong() {
    let folder = furnished();
    folder.admin(&["organisation", "add", "acme", "--title", "ACME"]);
    folder.admin(&["group", "add", "analysts", "--title", "Analysts"]);
    folder.admin(&["account", "add", "soc", "--organisation", "acme", "--no-password"]);
    folder.admin(&["credential", "add", "soc", "--certificate", "dns:soc.example"]);
    folder.admin(&["account", "add", "misp", "--no-password"]);
    let before = taxii_server(&folder, &["export"]).good().out;
    let nobody = "00000000-0000-4000-8000-000000000000";
    for (arguments, words) in [
        ("organisation add acme --title X", &["acme"][..]),
        ("organisation show acm", &["no organisation acm", "acme"]),
        ("organisation remove acme", &["acme", "belong"]),
        ("group join analysts misp misp", &["misp"]),
        ("organisation add x --title X --clearance tlp:purple", &["tlp:purple"]),
        ("organisation add none --title X", &["none"]),
        ("group add analysts --title X", &["analysts"]),
        ("group join analysts soc sco", &["no account sco"]),
        ("group join analyst soc", &["no group analyst", "analysts"]),
        ("group leave analysts soc", &["soc", "analysts"]),
        ("account add new --organisation acm", &["no organisation acm", "acme"]),
        ("account add new --group analyst", &["no group analyst", "analysts"]),
        ("account add new --clearance tlp:purple", &["tlp:purple"]),
        ("credential add soc", &["--key", "--password"]),
        ("credential add soc --key --password", &["--password"]),
        ("credential add sco --key", &["no account sco"]),
        ("credential add soc --key --scope everything", &["everything"]),
        ("credential add soc --key --collection fed", &["no collection fed", "api1/feed"]),
        ("credential add soc --key --expires tomorrow", &["tomorrow"]),
        ("credential add soc --certificate soc.example", &["dns:NAME"]),
        ("credential add misp --certificate dns:soc.example", &["dns:soc.example"]),
        ("grant set --group analyst feed --read", &["no group analyst"]),
        ("grant set --group analysts --root api3 --read", &["no API root api3"]),
        ("grant set --group analysts soc feed --read", &["feed"]),
        ("grant set soc --read", &["collection", "--root"]),
        ("grant set feed --read", &["collection"]),
        ("grant set soc feed --delete", &["--read"]),
        ("grant remove soc feed", &["soc", "feed"]),
        ("explain sco feed", &["no account sco", "soc"]),
        ("explain soc fed", &["no collection fed", "api1/feed"]),
        (&format!("credential show {nobody}"), &[nobody]),
        (&format!("credential revoke {nobody}"), &[nobody]),
        (&format!("credential rotate {nobody}"), &[nobody]),
        (&format!("credential rotate {nobody} --overlap long"), &["long"]),
    ] {
        taxii_server(&folder, &arguments.split(' ').collect::<Vec<_>>()).bad(words);
    }
    assert_eq!(taxii_server(&folder, &["export"]).good().out, before);
}

fn table(rows: usize) -> String {
    let mut csv = "name,organisation,groups,client,clearance,expires\n".to_owned();
    for n in 0..rows {
        writeln!(csv, "soc-{n},acme,analysts;readers,opencti,\"tlp:green, any\",365d").expect("memory");
    }
    csv
}

/// A thousand accounts come at once or not at all, and each with a key that works and that only the owner of the file can read.
#[test]
fn a_thousand_accounts_come_or_none() {
    const ROWS: usize = 1000;
    let folder = furnished();
    folder.admin(&["organisation", "add", "acme", "--title", "ACME"]);
    folder.admin(&["group", "add", "analysts", "--title", "Analysts"]);
    folder.admin(&["group", "add", "readers", "--title", "Readers"]);
    folder.admin(&["grant", "set", "--group", "readers", "feed", "--read"]);
    let good = table(ROWS);
    for (bad, words) in [
        (good.replace("soc-997,acme", "soc-997,acne"), &["soc-997", "acne"][..]),
        (good.replace("soc-500,acme,analysts", "soc-500,acme,analyst"), &["soc-500", "analyst"]),
        (good.replace("soc-400,", "soc-401,"), &["soc-401", "twice"]),
        (good.replace("soc-300,", "soc:300,"), &["line 302", "colon"]),
        (
            good.replace("soc-200,acme,analysts;readers,opencti", "soc-200,acme,analysts,openctl"),
            &["line 202", "openctl"],
        ),
        (
            good.replace("soc-100,acme,analysts;readers,opencti,\"tlp:green", "soc-100,acme,,,\"tlp:purple"),
            &["line 102", "tlp:purple"],
        ),
        (good.replace("organisation,", "organization,"), &["line 1", "organization"]),
        (format!("{good}soc-x,acme,,,,soon\n"), &["line 1002", "soon"]),
        (format!("{good}soc-x,acme,,,,,,\n"), &["line 1002", "fields"]),
        (format!("{good}\"soc-x,acme"), &["line 1002"]),
        (String::new(), &["empty"]),
    ] {
        folder.write("bad.csv", &bad);
        taxii_server(&folder, &["account", "import", "bad.csv", "--secrets", "bad-keys.csv"]).bad(words);
        assert_eq!(folder.admin(&["account", "list"]), json!([]));
        assert!(!folder.file("bad-keys.csv").exists());
    }
    folder.write("accounts.csv", &good);
    let tried = folder.admin(&["account", "import", "accounts.csv", "--secrets", "keys.csv", "--dry-run"]);
    assert_eq!((tried["accounts"].as_array().map(Vec::len), &tried["dry_run"]), (Some(ROWS), &json!(true)));
    assert!(folder.admin(&["account", "list"]) == json!([]) && !folder.file("keys.csv").exists());

    let server = folder.serve(&[]);
    let begun = Instant::now();
    let ran = taxii_server(&folder, &["account", "import", "accounts.csv", "--secrets", "keys.csv"]).good();
    println!("{ROWS} accounts were imported in {:?}", begun.elapsed());
    assert!(ran.out.contains("1000") && ran.out.contains("keys.csv") && !ran.out.contains("taxii_"), "{ran}");
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(folder.file("keys.csv")).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let keys = std::fs::read_to_string(folder.file("keys.csv")).expect("a file");
    let keys: Vec<(&str, &str)> = keys.lines().skip(1).map(|line| line.split_once(',').expect("two")).collect();
    assert_eq!(keys.len(), ROWS);
    for (name, key) in keys.iter().step_by(97) {
        assert_eq!((status(&server, key, FEED), status(&server, key, OTHER)), (200, 404), "{name}");
    }
    let account = folder.admin(&["account", "show", "soc-7"]);
    assert_eq!(account["account"]["client"], "opencti");
    assert_eq!(account["groups"], json!(["analysts", "readers"]));
    assert!(account["credentials"][0]["expires"].is_string(), "{account}");

    // Not again, and the keys that there are stay.
    taxii_server(&folder, &["account", "import", "accounts.csv", "--secrets", "more.csv"]).bad(&["soc-0"]);
    folder.write("one.csv", "name\nlast\n");
    taxii_server(&folder, &["account", "import", "one.csv", "--secrets", "keys.csv"]).bad(&["keys.csv"]);
    taxii_server(&folder, &["account", "show", "last"]).bad(&["no account last"]);
    let shown = folder.admin(&["account", "import", "one.csv"]);
    assert_eq!(status(&server, shown["keys"]["last"].as_str().expect("a key"), FEED), 404);
}

/// Shows a secret; what the answer was.
type Try<'t> = &'t dyn Fn(&str) -> u16;

/// Promise 4: after a rotation the old and the new secret are good, for as long as was said; what is revoked is refused at the next request.
#[test]
fn rotated_secrets_overlap_and_revoked_ones_do_not() {
    let folder = furnished();
    folder.admin(&["account", "add", "soc", "--read", "feed", "--no-password"]);
    let server = folder.serve(&[]);
    let try_key = |secret: &str| status(&server, secret, FEED);
    let try_password =
        |secret: &str| Request::new(server.origin, "GET", FEED).accept(TAXII).basic("soc", secret).send().status;
    let tries: [(&str, Try<'_>); 2] = [("--key", &try_key), ("--password", &try_password)];
    for (kind, tried) in tries {
        let begun = Instant::now();
        let secret = |made: &Value| made["secret"].as_str().expect("a secret").to_owned();
        let id = |made: &Value| made["credential"]["id"].as_str().expect("an id").to_owned();
        let first = ["credential", "add", "soc", kind, "--name", "poller", "--scope", "read", "--expires", "30d"];
        let first = folder.admin(&first);
        assert_eq!(tried(&secret(&first)), 200);
        let second = folder.admin(&["credential", "rotate", &id(&first), "--overlap", "7d"]);
        assert_eq!((tried(&secret(&first)), tried(&secret(&second))), (200, 200), "{kind}");
        for part in ["name", "scope", "kind"] {
            assert_eq!(second["credential"][part], first["credential"][part]);
        }
        let end = |made: &Value| {
            let end = made["credential"]["expires"].as_str().expect("an end");
            end.parse::<Timestamp>().expect("a date").as_micros()
        };
        let later = end(&second) - end(&first);
        let passed = i64::try_from(begun.elapsed().as_micros()).expect("small");
        assert!((1..passed).contains(&later), "as long-lived, from when it was made: {later}");
        assert!(second["former"]["expires"].is_string() && second["former"]["id"] == id(&first), "{second}");
        folder.admin(&["credential", "revoke", &id(&first)]);
        assert_eq!((tried(&secret(&first)), tried(&secret(&second))), (401, 200), "{kind}");
        let third = folder.admin(&["credential", "rotate", &id(&second), "--overlap", "0s"]);
        assert_eq!((tried(&secret(&second)), tried(&secret(&third))), (401, 200), "{kind}");
        taxii_server(&folder, &["credential", "rotate", &id(&second)]).bad(&["expired"]);
        // Whoever is locked out is so at once, and comes back as he was.
        folder.admin(&["account", "set", "soc", "--enabled", "false"]);
        assert_eq!(tried(&secret(&third)), 401, "{kind}");
        folder.admin(&["account", "set", "soc", "--enabled"]);
        assert_eq!(tried(&secret(&third)), 200, "{kind}");
        let listed = taxii_server(&folder, &["credential", "list"]).good();
        assert!(!listed.out.contains(&secret(&third)), "{listed}");
    }
    let certificate = folder.admin(&["credential", "add", "soc", "--certificate", "dns:soc.example"]);
    let id = certificate["credential"]["id"].as_str().expect("an id");
    taxii_server(&folder, &["credential", "rotate", id]).bad(&["certificate", "made elsewhere"]);
}

/// Promise 4: an account may do what was granted to it, its groups and its organisation, on collections and roots, until it expires;
/// and `explain` says just that.
#[test]
fn grants_of_all_kinds_count_at_once() {
    let folder = furnished();
    folder.admin(&["organisation", "add", "acme", "--title", "ACME"]);
    folder.admin(&["group", "add", "analysts", "--title", "Analysts"]);
    folder.admin(&["account", "add", "soc", "--organisation", "acme", "--group", "analysts", "--no-password"]);
    let secret = key(&folder, "soc");
    let narrow = folder.admin(&["credential", "add", "soc", "--key", "--scope", "read", "--collection", "feed"]);
    let narrow = narrow["secret"].as_str().expect("a key").to_owned();
    let server = folder.serve(&[]);
    let delete = |secret: &str, target: &str| {
        let request = Request::new(server.origin, "DELETE", target).accept(TAXII);
        request.header("Authorization", &format!("Bearer {secret}")).send().status
    };
    let post = |secret: &str, target: &str, object: &Value| {
        let request = Request::new(server.origin, "POST", target).accept(TAXII);
        let request = request.header("Authorization", &format!("Bearer {secret}"));
        request.json(&envelope(std::slice::from_ref(object))).send().status
    };
    let seen = || (status(&server, &secret, FEED), status(&server, &secret, OTHER));
    let rights = |name: &str| folder.admin(&["explain", "soc", name])["rights"].clone();
    assert_eq!(seen(), (404, 404));
    folder.admin(&["grant", "set", "--group", "analysts", "api1/feed", "--read"]);
    assert_eq!(seen(), (200, 404));
    assert!(rights("feed")["read"] == true && rights("feed")["write"] == false && rights("other")["list"] == false);
    folder.admin(&["grant", "set", "--organisation", "acme", "--root", "api2", "--list", "--expires", "2037-12-31"]);
    assert_eq!(seen(), (200, 403));
    folder.admin(&["grant", "set", "--organisation", "acme", "--root", "api2", "--read", "--write", "--expires", "1d"]);
    assert_eq!(seen(), (200, 200));
    let object = indicator();
    let one = format!("{OTHER}{}/", id_of(&object));
    assert_eq!((post(&secret, OTHER, &object), delete(&secret, &one)), (202, 200));
    folder.admin(&["grant", "set", "--organisation", "acme", "--root", "api2", "--read", "--write", "--no-delete"]);
    assert_eq!((post(&secret, OTHER, &object), delete(&secret, &one)), (202, 403));
    // The narrow key may do less, never more.
    assert_eq!((status(&server, &narrow, FEED), status(&server, &narrow, OTHER)), (200, 404));
    folder.admin(&["grant", "set", "soc", "feed", "--read", "--write"]);
    assert_eq!((post(&narrow, FEED, &object), post(&secret, FEED, &object)), (403, 202));
    folder.admin(&["grant", "remove", "soc", "feed"]);
    folder.admin(&["group", "leave", "analysts", "soc"]);
    folder.admin(&["grant", "set", "--organisation", "acme", "--root", "api2", "--read", "--expires", "2020-01-01"]);
    assert_eq!(seen(), (404, 404));
    let told = taxii_server(&folder, &["explain", "soc", "other"]).good();
    assert!(told.out.contains("expired 2020-01-01"), "{told}");
    folder.admin(&["grant", "set", "--organisation", "acme", "--root", "api2", "--read"]);
    assert_eq!(seen(), (404, 200));
    folder.admin(&["organisation", "set", "acme", "--enabled", "false"]);
    assert_eq!(status(&server, &secret, OTHER), 401);
    assert_eq!(rights("other")["list"], false);
    folder.admin(&["organisation", "set", "acme", "--enabled", "true"]);
    folder.admin(&["collection", "set", "feed", "--listed"]);
    assert_eq!(seen(), (403, 200));
    folder.admin(&["collection", "set", "feed", "--anonymous-read"]);
    assert_eq!(seen(), (200, 200));
    assert_eq!(rights("feed")["read"], true);
}
