//! Partners that cannot be reached, lie, never come to an end or say nothing: they are seen for what they are, and harm nobody
//! but themselves.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use taxii_tests::free::free_address;
use taxii_tests::house::House;
use taxii_tests::node::until;
use taxii_tests::objects::{envelope, id_of, indicator, indicators, with};

/// Answers each request with what `says` makes of its number and its target.
fn partner(says: impl Fn(usize, &str) -> Option<(u16, String)> + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("an address");
    let address = listener.local_addr().expect("an address");
    let (says, count) = (Arc::new(says), Arc::new(AtomicUsize::new(0)));
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let (says, count) = (Arc::clone(&says), Arc::clone(&count));
            std::thread::spawn(move || drop(talk(stream, &*says, &count)));
        }
    });
    address
}

/// What a partner answers to its n-th request for a path; nothing if it does not answer at all.
type Says = dyn Fn(usize, &str) -> Option<(u16, String)> + Send + Sync;

fn talk(mut stream: TcpStream, says: &Says, count: &AtomicUsize) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        request.extend_from_slice(&buffer[..read]);
    }
    let text = String::from_utf8_lossy(&request).into_owned();
    let target = text.split(' ').nth(1).unwrap_or_default();
    let Some((status, body)) = says(count.fetch_add(1, Ordering::SeqCst), target) else {
        // It says nothing, for as long as somebody listens.
        while stream.read(&mut buffer)? > 0 {}
        return Ok(());
    };
    let later = if status == 503 { "Retry-After: 3600\r\n" } else { "" };
    write!(
        stream,
        "HTTP/1.1 {status} Whatever\r\nContent-Type: application/taxii+json;version=2.1\r\n{later}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn page(objects: &[serde_json::Value], next: Option<String>) -> String {
    let mut envelope = envelope(objects);
    if let Some(next) = next {
        envelope["more"] = true.into();
        envelope["next"] = next.into();
    }
    envelope.to_string()
}

/// Promise 4 and flows: each bad partner has a status that says what is wrong; what is here stays as it is; the flow from a good partner
/// goes on as if there were no others.
#[test]
fn bad_partners_are_seen_and_harm_nobody() {
    let mut ours = House::new("ours", &["good", "unreachable", "lying", "endless", "silent", "refusing", "patience"]);
    let mut good = House::new("good", &["feed"]);
    let key = good.lets_in(&ours, &["--read", "feed"]);
    let known = indicator();
    ours.node.start();
    good.node.start();
    let not_there = |target: &str| target.contains("/changes/").then(|| (404, "{}".to_owned()));
    let lie = known.clone();
    let lying = partner(move |_, target| {
        // The same version with other content, a type that is none, and no object at all.
        let objects =
            [with(lie.clone(), "name", "overwritten"), serde_json::json!({"type": 7}), serde_json::json!("x")];
        not_there(target).or_else(|| Some((200, page(&objects, None))))
    });
    let endless =
        partner(move |n, target| not_there(target).or_else(|| Some((200, page(&[], Some(format!("page-{n}")))))));
    let silent = partner(|_, _| None);
    let refusing = partner(|_, _| Some((403, "{\"title\":\"no\"}".to_owned())));
    let patience = partner(|_, _| Some((503, "{\"title\":\"later\"}".to_owned())));
    ours.post("lying", std::slice::from_ref(&known));
    let before = ours.read("lying").text().to_owned();

    let places = [
        ("unreachable", free_address()),
        ("lying", lying),
        ("endless", endless),
        ("silent", silent),
        ("refusing", refusing),
        ("patience", patience),
    ];
    for (name, address) in places {
        let (from, to) = (format!("http://{address}/api1/collections/x/"), ours.place(name));
        ours.node.admin(&["flow", "add", name, "--from", &from, "--to", &to, "--every", "1s"]);
    }
    let (from, to) = (good.url("feed"), ours.place("good"));
    ours.node.admin(&["flow", "add", "good", "--from", &from, "--to", &to, "--every", "1s", "--secret", &key]);
    let objects = indicators(3);
    good.post("feed", &objects);
    ours.has("good", 3);

    for (flow, phase, kind) in [
        ("unreachable", "retrying", "unreachable"),
        ("endless", "stopped", "malformed"),
        ("refusing", "stopped", "refused"),
        ("patience", "retrying", "busy"),
    ] {
        until(&format!("{flow} is {phase}: {}", ours.told()), || ours.flow(flow)["last_error"]["kind"] == kind);
        assert_eq!(ours.flow(flow)["phase"], phase, "{}", ours.told());
        assert_eq!(ours.objects(flow).len(), 0);
    }
    until("the lies were looked at", || ours.flow("lying")["counters"]["received"].as_u64() >= Some(3));
    let lies = ours.flow("lying");
    // It is told again at every look, and refused every time.
    assert!(lies["counters"]["conflicts"].as_u64() >= Some(1) && lies["counters"]["added"] == 0, "{lies:#}");
    assert_eq!(lies["conflicts"][0]["id"], id_of(&known), "{lies:#}");
    assert_eq!(ours.read("lying").text(), before, "nothing is overwritten");

    // All that time, and after it, the good one is served.
    good.post("feed", &[indicator()]);
    ours.has("good", 4);
    // One that says nothing holds up nobody, not even the end.
    let begun = std::time::Instant::now();
    ours.node.signal("TERM");
    assert!(ours.node.ended().success());
    assert!(begun.elapsed().as_secs() < 40, "it ends in order: {:?}", begun.elapsed());
}

/// A partner that asks for an hour is given an hour, unless an operator knows better and says `flow resume`.
#[test]
fn a_flow_that_waits_tries_at_once_when_told_to() {
    let mut ours = House::new("ours", &["inbox"]);
    ours.node.start();
    let (busy, brought) = (Arc::new(AtomicBool::new(true)), indicator());
    let (is_busy, objects) = (Arc::clone(&busy), [brought.clone()]);
    let theirs = partner(move |_, target| {
        Some(match is_busy.load(Ordering::SeqCst) {
            true => (503, "{\"title\":\"later\"}".to_owned()),
            false if target.contains("/changes/") => (404, "{}".to_owned()),
            false => (200, page(&objects, None)),
        })
    });
    let (from, to) = (format!("http://{theirs}/api1/collections/x/"), ours.place("inbox"));
    ours.node.admin(&["flow", "add", "pull", "--from", &from, "--to", &to, "--every", "1h"]);
    until("it is told to wait", || ours.flow("pull")["last_error"]["kind"] == "busy");
    busy.store(false, Ordering::SeqCst);
    ours.node.admin(&["flow", "resume", "pull"]);
    ours.has("inbox", 1);
    assert_eq!(id_of(&ours.objects("inbox")[0]), id_of(&brought));
}

/// A secret that was given for the other side is nowhere: not in the database, in no output, in no log.
#[test]
fn secrets_are_not_kept() {
    let mut ours = House::new("ours", &["inbox"]);
    let secret = "correct-horse-battery-staple";
    let file = ours.node.folder().write("secret", secret);
    let (to, at) = (ours.place("inbox"), format!("file:{}", file.display()));
    let from = format!("http://{}/api1/collections/x/", free_address());
    ours.node
        .admin(&["flow", "add", "in", "--from", &from, "--to", &to, "--secret", &at, "--user", "us", "--every", "1s"]);
    ours.node.start();
    until("it has tried", || ours.flow("in")["last_error"]["kind"] == "unreachable");
    for arguments in [&["flow", "show", "in"][..], &["flow", "list"], &["flow", "status"], &["audit", "list"]] {
        let told = ours.node.admin(arguments).to_string();
        assert!(!told.contains(secret), "{told}");
    }
    let folder = ours.node.folder();
    for name in ["taxii.db", "taxii.db-wal", "log"] {
        let bytes = std::fs::read(folder.file(name)).unwrap_or_default();
        assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()), "{name} has the secret");
    }
}
