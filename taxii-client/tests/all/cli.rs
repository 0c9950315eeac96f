//! The command line, as a person or a script runs it.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::stub::{Reply, Seen, Stub, ok, reply};
use crate::{envelope, object, stamp};

const STATUS: &str = "2d086da7-4bdc-4f91-900e-d77486753710";

/// A home of its own, so that nothing of the machine's user is read or written.
pub(crate) struct Home(TempDir);

pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_taxii"));
        command.env_clear().env("HOME", self.0.path()).args(args).stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Run {
        finish(self.command(args).output().unwrap())
    }

    pub(crate) fn run_with(&self, args: &[&str], input: &[u8]) -> Run {
        let mut child =
            self.command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        let feeder = std::thread::spawn(move || _ = stdin.write_all(&input));
        let output = child.wait_with_output().unwrap();
        feeder.join().unwrap();
        finish(output)
    }
}

pub(crate) fn finish(output: Output) -> Run {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

/// A server with one root, two collections, five objects in pages of two, and a taste for refusing number 3.
fn server(seen: &Seen) -> Reply {
    let collection = |id: &str, title: &str, write| {
        format!(r#"{{"id":"{id}","title":"{title}","alias":"{title}-alias","can_read":true,"can_write":{write}}}"#)
    };
    let (high, low) = (collection("c1", "High value", true), collection("c2", "Low", false));
    match seen.line().as_str() {
        "GET /taxii2/" => {
            ok(r#"{"title":"Stub","contact":"cert@example.com","api_roots":["/api1/"],"default":"/api1/"}"#)
        }
        "GET /api1/" => {
            ok(r#"{"title":"Root","versions":["application/taxii+json;version=2.1"],"max_content_length":9000}"#)
        }
        "GET /api1/collections/" => ok(format!(r#"{{"collections":[{high},{low}]}}"#)),
        "GET /api1/collections/c1/" => ok(high),
        "GET /api1/collections/c1/objects/" => page(seen),
        "GET /api1/collections/c2/objects/" => reply(403, r#"{"title":"Forbidden","description":"Not for you."}"#),
        "GET /api1/collections/c1/manifest/" => {
            ok(r#"{"objects":[{"id":"url--1","date_added":"2026-01-01T00:00:00Z","version":"v1","media_type":"m"}]}"#)
        }
        "GET /api1/collections/c1/objects/url--1/versions/" => ok(r#"{"versions":["v1","v2"]}"#),
        "DELETE /api1/collections/c1/objects/url--1/" => ok(""),
        "POST /api1/collections/c1/objects/" => added(seen),
        line if line.starts_with("GET /api1/status/") => ok(status(2, 1)),
        _ => reply(404, r#"{"title":"Not Found"}"#),
    }
}

fn page(seen: &Seen) -> Reply {
    let all = 1..=5_u32;
    let after = all.clone().find(|n| seen.parameter("added_after") == Some(stamp(*n))).unwrap_or(0);
    let begin = seen.parameter("next").map_or(after, |next| next.parse().unwrap());
    let limit = seen.parameter("limit").map_or(2, |limit| limit.parse::<u32>().unwrap().min(2));
    let page: Vec<u32> = all.filter(|n| *n > begin && *n <= begin + limit).collect();
    let Some(last) = page.last().copied() else { return ok("{}") };
    let more = if last < 5 { format!(r#""more":true,"next":"{last}","#) } else { String::new() };
    ok(envelope(page.clone(), &more)).first(&stamp(page[0])).last(&stamp(last))
}

fn status(success: usize, failure: usize) -> String {
    let failures = if failure == 0 {
        ""
    } else {
        r#""failures":[{"id":"url--bad","version":"v","message":"number 3 is \u001b[31mbad"}],"#
    };
    format!(
        r#"{{"id":"{STATUS}","status":"complete","total_count":{},"success_count":{success},{failures}"failure_count":{failure},"pending_count":0}}"#,
        success + failure
    )
}

fn added(seen: &Seen) -> Reply {
    let body: Value = serde_json::from_slice(&seen.body).unwrap();
    let objects = body["objects"].as_array().unwrap();
    let bad = objects.iter().filter(|object| object["id"].as_str().unwrap().ends_with("0003")).count();
    reply(202, status(objects.len() - bad, bad))
}

fn stub() -> Stub {
    Stub::start(|seen, _| server(seen))
}

fn lines(numbers: impl IntoIterator<Item = u32>) -> String {
    numbers.into_iter().map(|n| object(n) + "\n").collect()
}

/// Objects byte for byte, one per line, off a terminal; the summary on standard error.
#[test]
fn get_as_json_lines() {
    let (home, stub) = (Home::new(), stub());
    for name in ["c1", "High value", "high VALUE", "High value-alias"] {
        let run = home.run(&["get", name, "--url", &stub.url("/taxii2")]);
        assert_eq!((run.code, run.out.as_str()), (0, lines(1..=5).as_str()), "{name}: {}", run.err);
        assert_eq!(run.err, "5 objects in 3 pages\n");
    }
    let quiet = home.run(&["get", "c1", "--url", &stub.url("/"), "--quiet"]);
    assert_eq!((quiet.code, quiet.err.as_str()), (0, ""));
}

/// `--output json` is an envelope; an empty one is `{}`. `--output table` is for people.
#[test]
fn get_as_json_and_table() {
    let (home, stub) = (Home::new(), stub());
    let run = home.run(&["get", "c1", "--url", &stub.url("/api1/"), "--output", "json"]);
    let envelope: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(envelope["objects"].as_array().unwrap().len(), 5);
    assert!(run.out.contains(&object(3)), "verbatim");
    let run = home.run(&["get", "c1", "--url", &stub.url("/api1/"), "--output", "json", "--added-after", &stamp(5)]);
    assert_eq!(run.out, "{}\n");
    let run = home.run(&["get", "c1", "--url", &stub.url("/api1/"), "--output", "table"]);
    assert!(run.out.starts_with("ID") && run.out.contains("https://example.com/3"), "{}", run.out);
}

/// Limits, page sizes and filters reach the server.
#[test]
fn get_with_filters() {
    let (home, stub) = (Home::new(), stub());
    let run = home.run(&["get", "c1", "--url", &stub.url("/api1/"), "--limit", "3"]);
    assert_eq!(run.out, lines(1..=3));
    assert!(run.err.contains("there are more"), "{}", run.err);
    let run = home.run(&[
        "get",
        "c1",
        "--url",
        &stub.url("/api1/"),
        "--type",
        "url,indicator",
        "--id",
        "url--1",
        "--id",
        "url--2",
        "--version",
        "all",
        "--spec-version",
        "2.1",
        "--page-size",
        "1",
        "--added-after",
        "2026-01-01",
    ]);
    assert_eq!(run.code, 0, "{}", run.err);
    let seen = stub.seen().pop().unwrap();
    for (name, value) in [
        ("match[type]", "url,indicator"),
        ("match[id]", "url--1,url--2"),
        ("match[version]", "all"),
        ("match[spec_version]", "2.1"),
        ("limit", "1"),
        ("added_after", "2026-01-01T00:00:00.000000Z"),
    ] {
        assert_eq!(seen.parameter(name).as_deref(), Some(value), "{name}");
    }
}

/// URLs in every place and shape that people give them.
#[test]
fn urls_are_found_out() {
    let (home, stub) = (Home::new(), stub());
    for args in [
        vec!["get", "--url", "/api1/collections/c1"],
        vec!["get", ".", "--url", "/api1/collections/c1/objects/"],
        vec!["get", "/api1/collections/c1/"],
        vec!["get", "c1", "--url", "/"],
        vec!["get", "c1", "--url", "/", "--root", "api1"],
        vec!["get", "c1", "--url", "/api1/collections"],
    ] {
        let args: Vec<String> =
            args.iter().map(|arg| if arg.starts_with('/') { stub.url(arg) } else { (*arg).to_owned() }).collect();
        let run = home.run(&args.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!((run.code, run.out.lines().count()), (0, 5), "{args:?}: {}", run.err);
    }
    let run = home.run(&["get", "--url", &stub.url("/api1/")]);
    assert!(run.code == 2 && run.err.contains("which collection?") && run.err.contains("c2  Low"), "{}", run.err);
}

/// TX-CLI-08: `--state` goes on where the last run was, and an interrupted run in its middle.
#[test]
fn resume() {
    let home = Home::new();
    let broken = Stub::start(|seen, n| match seen.path.as_str() {
        "/api1/collections/c1/objects/" if (3..=4).contains(&n) => reply(500, ""),
        _ => server(seen),
    });
    let (url, state, out) = (broken.url("/api1/collections/c1/"), home.path("poll.json"), home.path("out.jsonl"));
    let args = ["get", "--url", &url, "--state", &state, "--out", &out, "--type", "url"];
    let run = home.run(&args);
    assert_eq!(run.code, 5, "{}", run.err);
    assert!(
        run.err.contains("4 objects came before that") || run.err.contains("objects came before that"),
        "{}",
        run.err
    );
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(&state).unwrap()).unwrap();
    assert!(kept["bookmark"]["next"].is_string(), "{kept}");
    std::fs::OpenOptions::new().append(true).open(&out).unwrap().write_all(b"{\"cut off").unwrap();
    while home.run(&args).code != 0 {}
    assert_eq!(std::fs::read_to_string(&out).unwrap(), lines(1..=5), "nothing missing, nothing twice");
    let again = home.run(&args);
    assert!(again.code == 0 && again.err.starts_with("0 objects"), "{}", again.err);
    let last = broken.seen().pop().unwrap();
    assert_eq!((last.parameter("added_after"), last.parameter("next")), (Some(stamp(5)), None));
    assert_eq!(last.parameter("match[type]").as_deref(), Some("url"));
    let other = home.run(&["get", "--url", &url, "--state", &state, "--type", "malware"]);
    assert!(other.code == 2 && other.err.contains("belongs to another poll"), "{}", other.err);
    std::fs::write(&state, "rubbish").unwrap();
    assert!(home.run(&args).err.contains("remove it to start from the beginning"));
}

/// `--resume` keeps its own file for each poll, readable to its owner alone.
#[test]
fn resume_without_a_file() {
    let (home, stub) = (Home::new(), stub());
    let url = stub.url("/api1/collections/c1/");
    for (filter, objects) in [("url", 5), ("url", 0), ("malware", 5), ("malware", 0)] {
        let run = home.run(&["get", "--url", &url, "--resume", "--type", filter]);
        assert_eq!((run.code, run.out.lines().count()), (0, objects), "{}", run.err);
    }
    let kept: Vec<_> = std::fs::read_dir(home.0.path().join(".local/state/taxii")).unwrap().collect();
    assert_eq!(kept.len(), 2);
    is_private(&kept[0].as_ref().unwrap().path());
}

#[cfg(unix)]
fn is_private(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
}

#[cfg(not(unix))]
fn is_private(_: &Path) {}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// Every kind of input: bundle, envelope, JSON lines, pretty-printed texts, compressed, from standard input.
#[test]
fn push_reads_everything() {
    let (home, stub) = (Home::new(), stub());
    let bundle = format!(r#"{{"type":"bundle","id":"bundle--1","objects":[{},{}]}}"#, object(1), object(2));
    let pretty = object(1).replace(',', ",\n  ") + "\n" + &object(2);
    let bundles = format!("{}\n{}\n", bundle.replace(&format!(",{}", object(2)), ""), envelope([2], ""));
    for input in [bundle.clone(), envelope([1, 2], ""), lines([1, 2]), bundles, pretty, format!("\u{feff}{bundle}")] {
        for input in [input.clone().into_bytes(), gzip(&input)] {
            let run = home.run_with(&["push", "c1", "-", "--url", &stub.url("/")], &input);
            assert_eq!((run.code, run.err.as_str()), (0, "2 objects accepted in 1 request\n"), "{}", run.out);
            let report: Value = serde_json::from_str(&run.out).unwrap();
            assert_eq!((report["accepted"].as_u64(), report["statuses"][0].as_str()), (Some(2), Some(STATUS)));
        }
    }
    let (one, two) = (home.path("one"), home.path("two.gz"));
    std::fs::write(&one, lines(10..200)).unwrap();
    std::fs::write(&two, gzip(&envelope(200..300, ""))).unwrap();
    let run = home.run(&["push", "c1", &one, &two, "--url", &stub.url("/")]);
    assert!(run.code == 0 && run.err.starts_with("290 objects accepted in 4 requests"), "{}", run.err);
}

/// Exit code 1: some objects were refused; which and why is a result.
#[test]
fn push_reports_what_was_refused() {
    let (home, stub) = (Home::new(), stub());
    let run =
        home.run_with(&["push", "c1", "-", "--url", &stub.url("/"), "--output", "table"], lines(1..=4).as_bytes());
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(run.out.contains("url--bad") && run.out.contains("number 3 is"), "{}", run.out);
    assert!(!run.out.contains('\u{1b}'), "servers do not steer the terminal");
    assert_eq!(run.err, "3 objects accepted, 1 refused in 1 request\n");
    let mixed = format!("{}{{\"type\":\"url\"}}\n{}", lines([1]), lines([2]));
    let run = home.run_with(&["push", "c1", "-", "--url", &stub.url("/")], mixed.as_bytes());
    assert!(run.code == 1 && run.out.contains("object 2: every object needs"), "{}", run.out);
    assert!(run.err.starts_with("2 objects accepted, 1 refused"), "{}", run.err);
}

/// Exit code 6: the file is not what it should be; what was good is pushed and counted.
#[test]
fn push_of_broken_files() {
    let (home, stub) = (Home::new(), stub());
    for (input, says, accepted) in [
        ("", "empty", 0),
        ("rubbish", "expected value", 0),
        ("[]", "top level is a list", 0),
        (r#"{"objects":[]}"#, "list is empty", 0),
        (&format!(r#"{{"objects":[{},"#, object(1)), "EOF", 1),
        (&format!("{}{{\"type\":\"url\",", lines([1])), "object 2", 1),
    ] {
        let run = home.run_with(&["push", "c1", "-", "--url", &stub.url("/")], input.as_bytes());
        assert_eq!(run.code, 6, "{input}: {}", run.err);
        assert!(
            run.err.contains(says) && run.out.contains(&format!("\"accepted\":{accepted}")),
            "{input}: {} {}",
            run.out,
            run.err
        );
    }
    let run = home.run(&["push", "c1", "/no/such/file", "--url", &stub.url("/")]);
    assert!(run.code == 6 && run.err.contains("/no/such/file: No such file"), "{}", run.err);
}

/// The lists, as JSON, JSON lines and tables.
#[test]
fn lists() {
    let (home, stub) = (Home::new(), stub());
    for (args, name, items, word) in [
        (vec!["collections"], "collections", 2, "High value"),
        (vec!["manifest", "c1"], "objects", 1, "2026-01-01T00:00:00.000000Z"),
        (vec!["versions", "c1", "url--1"], "versions", 2, "v2"),
    ] {
        let run = |output: &str| home.run(&[args.clone(), vec!["--url", &stub.url("/"), "--output", output]].concat());
        let json: Value = serde_json::from_str(&run("json").out).unwrap();
        assert_eq!(json[name].as_array().unwrap().len(), items);
        let jsonl = run("jsonl");
        assert_eq!(jsonl.out.lines().filter(|line| serde_json::from_str::<Value>(line).is_ok()).count(), items);
        assert!(run("table").out.contains(word), "{args:?}");
        assert!(!jsonl.err.is_empty());
    }
    let run = home.run(&["discover", &stub.url("/"), "--output", "table"]);
    assert!(
        run.out.contains("cert@example.com") && run.out.contains("/api1/") && run.out.contains("9000"),
        "{}",
        run.out
    );
    let same = home.run(&["discover", "--url", &stub.url("/"), "--output", "table"]);
    assert_eq!(same.out, run.out);
    let run = home.run(&["status", STATUS, "--url", &stub.url("/"), "--output", "table"]);
    assert!(run.code == 1 && run.out.starts_with("complete: 2 of 3 accepted, 1 refused, 0 pending"), "{}", run.out);
}

/// Deleting asks first; without anybody to ask it takes `--yes`.
#[test]
fn delete() {
    let (home, stub) = (Home::new(), stub());
    let run = home.run(&["delete", "c1", "url--1", "--url", &stub.url("/")]);
    assert!(run.code == 2 && run.err.contains("--yes"), "{}", run.err);
    assert!(stub.seen().iter().all(|seen| seen.method == "GET"));
    let run = home.run(&[
        "delete",
        "c1",
        "url--1",
        "--url",
        &stub.url("/"),
        "--yes",
        "--version",
        "first",
        "--spec-version",
        "2.1",
    ]);
    assert_eq!((run.code, run.err.as_str()), (0, "deleted url--1 (versions: first) from High value\n"));
    let seen = stub.seen().pop().unwrap();
    assert_eq!(
        (seen.parameter("match[version]").as_deref(), seen.parameter("match[spec_version]").as_deref()),
        (Some("first"), Some("2.1"))
    );
}

/// Exit codes, as `--help` lists them, and words for 3 a.m.
#[test]
fn exit_codes() {
    let (home, stub) = (Home::new(), stub());
    let url = stub.url("/");
    let closed = Stub::start(|_, _| reply(401, "").with("www-authenticate", "Basic realm=\"cti\""));
    let old = Stub::start(|_, _| reply(406, ""));
    let page = Stub::start(|_, _| ok("<html>Login</html>"));
    let (closed, old, page) = (closed.url("/taxii2/"), old.url("/taxii2/"), page.url("/taxii2/"));
    for (args, code, says) in [
        (vec!["collections"], 2, "which server?"),
        (vec!["frobnicate"], 2, "frobnicate"),
        (vec!["get", "c1", "--url", "ftp://h.example/"], 2, "not supported"),
        (vec!["get", "c1", "--url", "http://192.0.2.1/"], 2, "--allow-http"),
        (vec!["get", "c1", "--url", &url, "--version", "latest"], 2, "--version: expected first, last, all"),
        (vec!["get", "c1", "--url", &url, "--cert", "/no/such.pem"], 2, "/no/such.pem"),
        (vec!["collections", "--url", &closed], 3, "wants credentials (it offers: Basic realm=\"cti\")"),
        (vec!["get", "c2", "--url", &url], 3, "Not for you."),
        (vec!["push", "c2", "-", "--url", &url], 3, "can_write is false"),
        (vec!["get", "Nowhere", "--url", &url], 4, "c1 (High value-alias)  High value"),
        (vec!["status", "unknown", "--url", &stub.url("/api2/")], 4, "nothing under this URL"),
        (vec!["collections", "--url", "http://127.0.0.1:1/", "--attempts", "1"], 5, "refused"),
        (vec!["collections", "--url", &old], 5, "does not speak TAXII 2.1"),
        (vec!["collections", "--url", &page], 5, "web page"),
    ] {
        let run = home.run(&args);
        assert_eq!(run.code, code, "{args:?}: {}", run.err);
        assert!(run.err.contains(says) && run.out.is_empty(), "{args:?}: {}", run.err);
    }
    let help = home.run(&["--help"]).out;
    assert!(help.contains("Exit codes") && help.contains("TAXII_CLIENT_URL"), "{help}");
}

/// Credentials from files, standard input, the environment; never on the screen.
#[test]
fn credentials() {
    let (home, stub) = (Home::new(), stub());
    let file = home.path("secret");
    std::fs::write(&file, "Passw0rd!\n").unwrap();
    let basic = "Basic dGVzdDpQYXNzdzByZCE=";
    let url = stub.url("/taxii2/");
    for (args, header, value) in [
        (vec!["--user", "test", "--password-file", &file], "authorization", basic),
        (vec!["--user", "test", "--password-file", "-"], "authorization", basic),
        (vec!["--key-file", &file], "authorization", "Bearer Passw0rd!"),
        (vec!["--key", "k", "--header", "X-API-Key"], "x-api-key", "k"),
    ] {
        let run = home.run_with(&[vec!["discover", &url, "-v"], args.clone()].concat(), b"Passw0rd!\n");
        assert_eq!(run.code, 0, "{}", run.err);
        assert!(!run.err.contains("Passw0rd") && run.err.contains("/api1/"), "{}", run.err);
        assert!(stub.seen().iter().rev().take(2).all(|seen| seen.header(header) == Some(value)), "{args:?}");
    }
    let mut command = home.command(&["discover"]);
    command.env("TAXII_CLIENT_URL", &url).env("TAXII_CLIENT_USER", "test").env("TAXII_CLIENT_PASSWORD", "Passw0rd!");
    assert_eq!(finish(command.output().unwrap()).code, 0);
    assert_eq!(stub.seen().pop().unwrap().header("authorization"), Some(basic));
    let run = home.run(&["discover", &url, "--user", "test"]);
    assert!(run.code == 3 && run.err.contains("--password-file"), "{}", run.err);
}

/// Profiles: kept privately, used by default, overruled by the command line, strict about their keys;
/// their credentials do not go to another server that the command line names.
#[test]
fn profiles() {
    let (home, stub, other) = (Home::new(), stub(), stub());
    let url = stub.url("/taxii2/");
    let run = home
        .run_with(&["profile", "add", "cert", "--url", &url, "--user", "test", "--password-file", "-"], b"Passw0rd!\n");
    assert_eq!(run.code, 0, "{}", run.err);
    let config = home.0.path().join(".config/taxii/config.toml");
    is_private(&config);
    assert_eq!(home.run(&["collections"]).code, 0);
    assert!(stub.seen().iter().all(|seen| seen.header("authorization") == Some("Basic dGVzdDpQYXNzdzByZCE=")));
    assert_eq!(home.run(&["get", &stub.url("/api1/collections/c1/")]).code, 0);
    assert!(stub.seen().pop().unwrap().header("authorization").is_some());
    assert_eq!(home.run(&["get", &other.url("/api1/collections/c1/")]).code, 0);
    assert!(other.seen().iter().all(|seen| seen.header("authorization").is_none()), "TX-CLI-12");
    let shown = home.run(&["profile", "show", "cert"]).out;
    assert!(shown.contains(&url) && !shown.contains("Passw0rd"), "{shown}");
    assert_eq!(home.run(&["profile", "add", "second", "--url", "https://second.example/"]).code, 0);
    assert_eq!(home.run(&["profile", "use", "second"]).code, 0);
    let list = home.run(&["profile", "list"]).out;
    assert!(list.contains(r#"{"name":"second","url":"https://second.example/","user":null,"default":true}"#), "{list}");
    assert_eq!(home.run(&["collections", "--profile", "cert"]).code, 0);
    assert_eq!(home.run(&["profile", "remove", "second"]).code, 0);
    let run = home.run(&["collections", "--profile", "second"]);
    assert!(run.code == 2 && run.err.contains("there are: cert"), "{}", run.err);
    std::fs::write(&config, "[profiles.cert]\nulr = \"https://h.example/\"\n").unwrap();
    let run = home.run(&["collections"]);
    assert!(run.code == 2 && run.err.contains("ulr"), "{}", run.err);
}

/// Completions for every shell, without a server.
#[test]
fn completions() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = Home::new().run(&["completions", shell]);
        assert!(run.code == 0 && run.out.contains("manifest"), "{shell}");
    }
}
