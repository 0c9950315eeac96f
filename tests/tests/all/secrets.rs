//! Secrets stay where they belong: nothing that the program writes has one in it, however it is asked to log.

use std::cell::RefCell;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use rcgen::{CertificateParams, KeyPair};
use taxii_tests::free::free_address;
use taxii_tests::http::{Request, TAXII};
use taxii_tests::node::until;
use taxii_tests::objects::{envelope, indicator};
use taxii_tests::postgres::Database;
use taxii_tests::programs::{self, Folder, Ran};
use uuid::Uuid;

const FEED: &str = "/api1/collections/feed/objects/";

/// A path, which is no secret: to be found in what is looked through.
const SEEN: &str = "/nothing-that-is-secret/";

/// A text that is nowhere else.
fn unique(what: &str) -> String {
    format!("{what}-{}", Uuid::new_v4().simple())
}

/// What a secret looks like, wherever it turns up: as it is, packed in Base64 at any offset, or percent-encoded.
fn forms(secret: &str) -> Vec<String> {
    let percent: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![secret.to_owned(), percent.to_lowercase(), percent, secret.replace('-', "%2D"), hex];
    for offset in 0..3 {
        let shifted = format!("{}{secret}", "x".repeat(offset));
        // Without the characters at either end, which depend on what stands beside it.
        for text in [STANDARD_NO_PAD.encode(&shifted), URL_SAFE_NO_PAD.encode(&shifted)] {
            forms.push(text[4..text.len() - 4].to_owned());
        }
    }
    // Debug output of bytes.
    forms.push(format!("{:?}", secret.as_bytes()).trim_matches(['[', ']']).to_owned());
    forms
}

/// Everything secret that somebody may give to the program.
struct Planted {
    password: String,
    wrong_password: String,
    bearer: String,
    token: String,
    basic_key: String,
    header: String,
    cookie: String,
    query: String,
    key: String,
    tls_key: String,
    database: Option<String>,
}

impl Planted {
    fn all(&self) -> Vec<(&'static str, &str)> {
        let mut all = vec![
            ("the password", self.password.as_str()),
            ("a wrong password", &self.wrong_password),
            ("a bearer token", &self.bearer),
            ("the signature of a JWT", &self.token),
            ("a key as a password", &self.basic_key),
            ("the header of configured name", &self.header),
            ("a cookie", &self.cookie),
            ("the query", &self.query),
            ("the API key", &self.key),
            ("the TLS key", &self.tls_key),
        ];
        all.extend(self.database.as_deref().map(|password| ("the database's password", password)));
        all
    }
}

/// Sends every kind of request with every kind of secret.
fn ask(send: impl Fn(Request), address: std::net::SocketAddr, planted: &Planted, methods: &[&str]) {
    let new = |method: &str, target: &str| Request::new(address, method, target).accept(TAXII);
    let basic = |request: Request, password: &str| request.basic("soc", password);
    let bearer = |request: Request, key: &str| request.header("Authorization", &format!("Bearer {key}"));
    let token = format!("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJ4In0.{}", planted.token);
    let with_query = format!("{FEED}?match[id]={}&next={}&api_key={}", planted.query, planted.query, planted.query);
    for target in [FEED, "/taxii2/", SEEN, "/api1/status/7/", &with_query, "/health/ready"] {
        for method in methods {
            send(basic(new(method, target), &planted.password));
            send(basic(new(method, target), &planted.wrong_password));
            send(bearer(new(method, target), &planted.key));
            send(bearer(new(method, target), &planted.bearer));
            send(bearer(new(method, target), &token));
            send(basic(new(method, target), &planted.basic_key));
            send(new(method, target).header("X-Feed-Key", &planted.header));
            send(new(method, target).header("Cookie", &format!("session={}", planted.cookie)));
            send(new(method, target).header("Authorization", &format!("Digest {}", planted.bearer)));
            send(new(method, target).header("Authorization", &planted.bearer));
            send(new(method, target).header("Authorization", &format!("Basic {}!", planted.password)));
        }
    }
    send(bearer(new("POST", FEED), &planted.key).json(&envelope(&[indicator()])));
    send(bearer(new("POST", FEED), &planted.key).body(TAXII, "{\"objects\":"));
}

/// A program with all secrets planted, of which everything that it prints is kept.
fn run(json: bool, tls: bool, database: Option<&Guarded>) {
    let folder = Folder::new();
    let certificate = KeyPair::generate().expect("a key");
    let pem = certificate.serialize_pem();
    let tls_key = pem.lines().nth(1).expect("a line").to_owned();
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("a name");
    std::fs::write(folder.file("server.pem"), params.self_signed(&certificate).expect("signed").pem())
        .expect("written");
    std::fs::write(folder.file("server.key"), pem).expect("written");

    let url = database.map_or("taxii.db", |database| database.url.as_str());
    let log = std::fs::File::create(folder.file("log")).expect("a log");
    let command = |arguments: &[&str]| {
        let mut command: Command = folder.command(&programs::server(), arguments);
        command.env("TAXII_DATABASE", url).env("TAXII_LOG", "trace").env("TAXII_LOG_JSON", json.to_string());
        command.env("TAXII_KEY_HEADER", "X-Feed-Key").env("TAXII_DRAIN_SECONDS", "0");
        command.env("TAXII_LIMITS__FAILED_LOGINS__PER_USER", "0").env("TAXII_LIMITS__DATABASE_PATIENCE_SECONDS", "1");
        command
    };
    let printed = RefCell::new(String::new());
    let admin = |arguments: &[&str], input: &str| {
        let ran = Ran::of(command(arguments), input).good();
        printed.borrow_mut().push_str(&ran.err);
        ran.out
    };
    let password = unique("password");
    admin(&["root", "add", "api1", "--title", "Group", "--default"], "");
    admin(&["collection", "add", "api1", "feed", "--title", "Feed"], "");
    admin(&["account", "add", "soc", "--read", "feed", "--write", "feed", "--password-file", "-"], &password);
    let key: serde_json::Value =
        serde_json::from_str(&admin(&["--output", "json", "key", "add", "soc"], "")).expect("JSON");
    let key = key["key"].as_str().expect("a key").to_owned();
    // What these print is for people to keep; what they print about secrets is not.
    for arguments in
        [&["account", "show", "soc"][..], &["account", "list"], &["key", "list"], &["config", "print"], &["status"]]
    {
        let out = admin(arguments, "");
        assert!(!out.contains(&password) && !out.contains(&key), "{arguments:?}: {out}");
        printed.borrow_mut().push_str(&out);
    }
    let planted = Planted {
        password,
        wrong_password: unique("wrong"),
        bearer: unique("bearer"),
        token: STANDARD.encode(unique("token")).replace(['+', '/', '='], "x"),
        basic_key: unique("basic"),
        header: unique("header"),
        cookie: unique("cookie"),
        query: unique("query"),
        key,
        tls_key,
        database: database.map(|database| database.password.clone()),
    };

    let address = free_address();
    let bind = address.to_string();
    let mut arguments = vec!["serve", "--bind", &bind];
    if tls {
        arguments.extend(["--tls-cert", "server.pem", "--tls-key", "server.key"]);
    }
    let mut serve = command(&arguments);
    let out = log.try_clone().expect("a log");
    let mut server = serve.stdin(Stdio::null()).stdout(out).stderr(log).spawn().expect("a server");
    let said = || std::fs::read_to_string(folder.file("log")).expect("a log");
    until("it listens", || said().contains("Listening on "));
    if tls {
        // Whoever speaks in the clear is an error that a log likes to tell about.
        ask(|request| drop(request.try_send()), address, &planted, &["GET"]);
    } else {
        ask(
            |request| drop(request.send_unchecked()),
            address,
            &planted,
            &["GET", "POST", "DELETE", "PATCH", "OPTIONS"],
        );
        break_database(&folder, database);
        // Each of these may be tried again for a second.
        ask(|request| drop(request.try_send()), address, &planted, &["GET"]);
    }
    drop(server.kill());
    drop(server.wait());

    let all = format!("{}{}", printed.borrow(), said());
    assert!(all.contains("TRACE"), "it logged all that there is: {}", all.chars().take(500).collect::<String>());
    if !tls {
        assert!(all.contains("request refused") && all.contains("request failed"), "it told what went wrong");
        assert!(forms(SEEN).iter().any(|form| all.contains(form)), "what is planted in the open is found");
    }
    for (what, secret) in planted.all() {
        for form in forms(secret) {
            if let Some(at) = all.find(&form) {
                let around: String = all[..at].chars().rev().take(300).collect::<Vec<_>>().into_iter().rev().collect();
                panic!("{what} is in what the program wrote, as {form:?}, after: {around}");
            }
        }
    }
}

/// From now on every question to the database fails.
fn break_database(folder: &Folder, database: Option<&Guarded>) {
    if let Some(database) = database {
        return database.database.clear();
    }
    // Anything but a database; with its log, so that nothing of it is left.
    for name in ["taxii.db", "taxii.db-wal"] {
        let length = std::fs::metadata(folder.file(name)).map_or(0, |file| file.len());
        std::fs::write(folder.file(name), vec![b'x'; usize::try_from(length).expect("small")]).expect("written");
    }
}

/// A database of a role with a password of its own.
struct Guarded {
    database: Database,
    role: String,
    password: String,
    url: String,
}

impl Guarded {
    fn new(what: &str) -> Option<Self> {
        let database = Database::new(what)?;
        let (role, password) = (format!("r{}", Uuid::new_v4().simple()), unique("database"));
        database.on_server(&format!("CREATE ROLE {role} LOGIN SUPERUSER PASSWORD '{password}'"));
        let url = database.url_as(&format!("{role}:{password}"));
        Some(Self { database, role, password, url })
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.database
            .run(&format!("REASSIGN OWNED BY {0} TO CURRENT_USER; DROP OWNED BY {0}; DROP ROLE {0}", self.role));
    }
}

/// No secret is ever in what the program writes, plain and as JSON, at the level that tells everything, while it serves, refuses and fails.
#[test]
fn secrets_stay_out_of_plain_logs() {
    run(false, false, None);
}

/// The same as JSON.
#[test]
fn secrets_stay_out_of_json_logs() {
    run(true, false, None);
}

/// The same with TLS, where the key of the certificate is a secret as well.
#[test]
fn secrets_stay_out_of_logs_about_tls() {
    run(false, true, None);
}

/// The same with a PostgreSQL server, which has a password of its own; also when it is wrong.
#[test]
fn secrets_stay_out_of_logs_about_postgres() {
    let Some(database) = Guarded::new("secrets in logs about PostgreSQL") else { return };
    run(false, false, Some(&database));
    let wrong = unique("wrong");
    let url = database.database.url_as(&format!("{}:{wrong}", database.role));
    let folder = Folder::new();
    let mut serve = folder.command(&programs::server(), &["serve", "--bind", "127.0.0.1:0"]);
    serve.env("TAXII_DATABASE", url).env("TAXII_LOG", "trace").env("TAXII_LIMITS__DATABASE_PATIENCE_SECONDS", "1");
    let ran = Ran::of(serve, "").bad(&["password authentication failed"]);
    let printed = format!("{}{}", ran.out, ran.err);
    assert!(!forms(&wrong).iter().any(|form| printed.contains(form)), "{printed}");
}
