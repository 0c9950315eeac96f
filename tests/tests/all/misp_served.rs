//! A collection as MISP reads it: a feed, and a server to pull from; over HTTP, by the program as it is run.

use std::collections::BTreeSet;

use misp::Document;
use serde_json::{Value, json};
use stix_model::marking::tlp;
use taxii_tests::http::{Request, Response, TAXII, basic};
use taxii_tests::objects::{envelope, id_of, indicator, with};
use taxii_tests::programs::{Folder, Running};
use taxii_tests::python::call;

const SERVED: &str = "/api1/collections/served/";

/// The program, which serves one of two collections to MISP.
struct Desk {
    server: Running,
    /// The key of who sees everything.
    all: String,
    /// The key of who sees TLP:GREEN.
    green: String,
    folder: Folder,
}

impl Desk {
    fn start() -> Self {
        Self::with("")
    }

    fn with(settings: &str) -> Self {
        let folder = Folder::new();
        folder.write("taxii-server.toml", &format!("[misp]\ncollections = [\"api1/served\"]\n{settings}"));
        folder.admin(&["root", "add", "api1", "--title", "Group"]);
        for collection in ["served", "other"] {
            folder.admin(&["collection", "add", "api1", collection, "--title", "Malware"]);
        }
        let key = |account: &str, options: &[&str]| {
            let arguments = ["account", "add", account, "--no-password", "--read", "served", "--read", "other"];
            folder.admin(&[&arguments[..], options].concat());
            let made = folder.admin(&["credential", "add", account, "--key"]);
            made["secret"].as_str().expect("a key").to_owned()
        };
        let all = key("all", &["--write", "served", "--write", "other"]);
        let green = key("green", &["--clearance", "tlp:green, any"]);
        folder.admin(&["config", "check"]);
        Self { server: folder.serve(&[]), all, green, folder }
    }

    fn request(&self, key: &str, method: &str, below: &str) -> Request {
        Request::new(self.server.origin, method, &format!("{SERVED}{below}")).header("Authorization", key)
    }

    fn get(&self, key: &str, below: &str) -> Response {
        self.request(key, "GET", &format!("misp/{below}")).send_unchecked()
    }

    fn json(&self, key: &str, below: &str) -> Value {
        self.get(key, below).expect(200).json()
    }

    fn post(&self, objects: &[Value]) {
        let request = self.request(&format!("Bearer {}", self.all), "POST", "objects/").accept(TAXII);
        let status = request.json(&envelope(objects)).send().expect(202).json();
        assert_eq!(status["success_count"], objects.len(), "{status}");
    }

    fn reach(&self, key: &str) -> Value {
        json!({"url": format!("http://{}{SERVED}misp/", self.server.origin), "key": key})
    }
}

/// An indicator of an address that occurs nowhere else.
fn about(domain: &str) -> Value {
    with(indicator(), "pattern", format!("[domain-name:value = '{domain}']"))
}

fn report(name: &str, objects: &[&Value]) -> Value {
    let refs: Vec<_> = objects.iter().map(|object| id_of(object)).collect();
    json!({
        "type": "report", "spec_version": "2.1", "id": format!("report--{}", uuid::Uuid::new_v4()),
        "created": "2026-11-01T10:00:00.000Z", "modified": "2026-11-01T10:00:00.000Z", "published": "2026-11-01T10:00:00Z",
        "name": name, "object_refs": refs,
    })
}

fn uuid_of(object: &Value) -> String {
    id_of(object).split_once("--").expect("an identifier").1.to_owned()
}

/// Everything that a caller gets of the feed and of the server, with all headers.
fn everything(desk: &Desk, key: &str) -> String {
    let mut all = Vec::new();
    for name in
        ["manifest.json", "hashes.csv", "events/index", "servers/getAvailableSyncFilteringRules", "users/view/me.json"]
    {
        all.extend(desk.get(key, name).expect(200).raw());
    }
    for uuid in desk.json(key, "manifest.json").as_object().expect("a manifest").keys() {
        all.extend(desk.get(key, &format!("{uuid}.json")).expect(200).raw());
        all.extend(desk.get(key, &format!("events/view/{uuid}/deleted[]:0/deleted[]:1")).expect(200).raw());
    }
    String::from_utf8(all).expect("text")
}

/// Promise 5 and the format of feeds: who has the manifest is told so until something changes; a new object changes the manifest, brings its
/// event and moves its time forward; what is deleted is in no document any longer.
#[test]
fn the_feed_follows_the_collection() {
    let desk = Desk::start();
    assert_eq!(desk.json(&desk.all, "manifest.json"), json!({}));
    let (inside, loose) = (about("inside.example"), about("loose.example"));
    let told = report("Night Heron", &[&inside]);
    desk.post(&[inside.clone(), told.clone(), loose.clone()]);
    let first = desk.get(&desk.all, "manifest.json").expect(200);
    let tag = first.header("etag").expect("a tag").to_owned();
    let manifest = first.json();
    let entry = &manifest[uuid_of(&told)];
    assert_eq!((&entry["info"], &entry["Orgc"]["name"]), (&json!("Night Heron"), &json!("Malware")), "{manifest}");
    assert_eq!(manifest.as_object().map(serde_json::Map::len), Some(2), "a report, and a day: {manifest}");
    let event = desk.json(&desk.all, &format!("{}.json", uuid_of(&told)));
    assert_eq!(event["Event"]["Attribute"][0]["value"], "inside.example");
    assert_eq!(event["Event"]["timestamp"], entry["timestamp"]);

    let again =
        |tag: &str| desk.request(&desk.all, "GET", "misp/manifest.json").header("If-None-Match", tag).send_unchecked();
    let known = again(&tag).expect(304);
    assert!(known.body.is_empty() && known.header("etag") == Some(&tag));
    let later = about("later.example");
    desk.post(&[with(later.clone(), "created", loose["created"].clone())]);
    let second = again(&tag).expect(200);
    assert_ne!(second.header("etag"), Some(tag.as_str()));
    let changed: Vec<String> = second
        .json()
        .as_object()
        .expect("a manifest")
        .iter()
        .filter(|(uuid, entry)| manifest[uuid] != **entry)
        .map(|(uuid, _)| uuid.clone())
        .collect();
    assert_eq!(changed.len(), 1, "the day, not the report: {manifest} {}", second.text());
    let seconds =
        |manifest: &Value| manifest[&changed[0]]["timestamp"].as_str().and_then(|text| text.parse::<i64>().ok());
    assert!(seconds(&second.json()) > seconds(&manifest));
    let day = desk.json(&desk.all, &format!("{}.json", changed[0]));
    let values: BTreeSet<&str> =
        day["Event"]["Attribute"].as_array().expect("attributes").iter().filter_map(|a| a["value"].as_str()).collect();
    assert_eq!(values, BTreeSet::from(["later.example", "loose.example"]));

    for object in [&loose, &told, &inside] {
        desk.request(&format!("Bearer {}", desk.all), "DELETE", &format!("objects/{}/", id_of(object)))
            .accept(TAXII)
            .send()
            .expect(200);
    }
    let rest = everything(&desk, &desk.all);
    assert!(
        rest.contains("later.example") && !rest.contains("loose.example") && !rest.contains("Night Heron"),
        "{rest}"
    );
    desk.get(&desk.all, &format!("{}.json", uuid_of(&told))).expect(404);
}

/// Promise 4: what a caller may not see is in no byte of the feed and of the server, be it an event, an attribute, a part of an object, a
/// hash, a name of a tag; nor do tags of entities tell of it.
#[test]
fn nothing_hidden_leaves() {
    let desk = Desk::start();
    let red = |object: Value| with(object, "object_marking_refs", json!([tlp::RED.id().as_str()]));
    let (open, secret) = (about("open.example"), red(about("secret-1.example")));
    let partly = with(
        with(about("partly.example"), "description", "secret-2"),
        "granular_markings",
        json!([{"marking_ref": tlp::RED.id().as_str(), "selectors": ["description"]}]),
    );
    let mixed = report("Open report", &[&open, &secret, &partly]);
    let hidden = with(red(report("secret-3", &[&open])), "labels", json!(["secret-4"]));
    desk.post(&[open, secret.clone(), partly, mixed.clone(), hidden.clone(), red(about("secret-5.example"))]);

    let all = everything(&desk, &desk.all);
    for n in 1..=5 {
        assert!(all.contains(&format!("secret-{n}")), "who sees everything sees secret-{n}: {all}");
    }
    let green = everything(&desk, &desk.green);
    assert!(!green.contains("secret-"), "{green}");
    assert!(green.contains("open.example") && green.contains("partly.example") && green.contains("Open report"));
    for object in [&secret, &hidden] {
        assert!(!green.contains(&uuid_of(object)), "{green}");
    }
    let (own, others) =
        (desk.get(&desk.green, "hashes.csv").expect(200), desk.get(&desk.all, "hashes.csv").expect(200));
    assert!(own.text().lines().count() < others.text().lines().count());
    desk.get(&desk.green, &format!("{}.json", uuid_of(&hidden))).expect(404);
    desk.get(&desk.green, &format!("events/view/{}", uuid_of(&hidden))).expect(404);
    desk.request(&desk.green, "HEAD", &format!("misp/events/view/{}", uuid_of(&hidden))).send_unchecked().expect(404);

    // More of what is hidden changes nothing for who does not see it.
    let tag = desk.get(&desk.green, "manifest.json").header("etag").map(str::to_owned);
    desk.post(&[red(about("secret-6.example"))]);
    assert_eq!(desk.get(&desk.green, "manifest.json").header("etag").map(str::to_owned), tag);
}

const EVENT: &str = r#"{"Event":{"id":"7","orgc_id":"2","org_id":"1","date":"2026-11-01","threat_level_id":"1","info":"Night Heron at work","published":true,"uuid":"5f1b1e3a-9c8e-4b5e-8a6b-0c2d4e6f8a01","attribute_count":"3","analysis":"2","timestamp":"1793491200","distribution":"3","proposal_email_lock":false,"locked":false,"publish_timestamp":"1793491300","sharing_group_id":"0","disable_correlation":false,"extends_uuid":"","Org":{"id":"1","name":"Ours","uuid":"55f6ea5e-2c60-40e5-964f-47a8950d210f","local":true},"Orgc":{"id":"2","name":"CIRCL","uuid":"55f6ea5e-2c60-40e5-964f-47a8950d2100","local":false},"Attribute":[{"id":"10","type":"ip-dst","category":"Network activity","to_ids":true,"uuid":"5f1b1e3a-9c8e-4b5e-8a6b-0c2d4e6f8a02","event_id":"7","distribution":"5","timestamp":"1793491100","comment":"seen twice","sharing_group_id":"0","deleted":false,"disable_correlation":false,"object_id":"0","object_relation":null,"first_seen":null,"last_seen":null,"value":"198.51.100.3","Galaxy":[],"ShadowAttribute":[]},{"id":"11","type":"btc","category":"Financial fraud","to_ids":false,"uuid":"5f1b1e3a-9c8e-4b5e-8a6b-0c2d4e6f8a03","event_id":"7","distribution":"5","timestamp":"1793491100","comment":"","sharing_group_id":"0","deleted":false,"disable_correlation":false,"object_id":"0","object_relation":null,"first_seen":null,"last_seen":null,"value":"1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2","Galaxy":[],"ShadowAttribute":[]},{"type":"target-user","category":"Targeting data","to_ids":false,"uuid":"5f1b1e3a-9c8e-4b5e-8a6b-0c2d4e6f8a04","timestamp":"1793491100","value":"bob"}],"Tag":[{"id":"3","name":"tlp:green","colour":"\#33FF00","exportable":true}]}}"#;

fn converted(text: &str) -> Vec<Value> {
    let document = Document::parse(text).expect("an event");
    let objects = misp::stix::convert(&document).objects;
    objects.iter().map(|object| serde_json::to_value(object).expect("JSON")).collect()
}

/// §3.7 and the promise that nothing is lost: PyMISP, told that we are a server, finds the version, itself, the list, each event; an event that
/// came from MISP is what it was; whatever writes is refused in words that it understands.
#[test]
fn pymisp_reads_from_us_as_from_a_server() {
    let desk = Desk::start();
    let text = EVENT.replace("\\#", "#");
    desk.post(&converted(&text));
    let loose = about("loose.example");
    desk.post(std::slice::from_ref(&loose));
    let argument = with(desk.reach(&desk.green), "tag", "tlp:green");
    let Some(found) = call("misp_reader.py", "server", &argument) else { return };
    let uuid = "5f1b1e3a-9c8e-4b5e-8a6b-0c2d4e6f8a01";
    assert_eq!(found["events"][uuid], serde_json::from_str::<Value>(&text).expect("JSON"));
    assert_eq!(found["tagged"], json!([uuid]));
    assert_eq!((&found["user"], &found["refused"], &found["absent"]), (&json!("green"), &json!(403), &json!(false)));
    assert!(found["version"].as_str().is_some_and(|version| version.starts_with("2.5.")), "{found}");
    assert_eq!(found["index"], found["listed"], "{found}");
    assert_eq!(found["exists"], json!([true, true]), "{found}");
    let values: Vec<&Value> = found["loaded"].as_object().expect("events").values().map(|event| &event[1]).collect();
    assert!(values.contains(&&json!(["loose.example"])), "{found}");
}

/// The format of feeds: PyMISP loads every file that the manifest names, finds the same time and creator in both, and counts the hashes that
/// `hashes.csv` has.
#[test]
fn pymisp_loads_the_feed() {
    let desk = Desk::start();
    desk.post(&converted(&EVENT.replace("\\#", "#")));
    desk.post(&[about("loose.example"), about("other.example")]);
    let Some(found) = call("misp_reader.py", "feed", &desk.reach(&desk.all)) else { return };
    let events = found["events"].as_object().expect("events");
    assert_eq!(events.len(), 2, "{found}");
    let event = &events["5f1b1e3a-9c8e-4b5e-8a6b-0c2d4e6f8a01"];
    assert_eq!(event["values"], json!(["198.51.100.3", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "bob"]));
    for (uuid, event) in events {
        assert_eq!(event["hashes"], found["hashes"][uuid], "{found}");
    }
}

/// Levels of distribution: an event for one's own organisation, and such an attribute, stay here; an operator may decide otherwise.
#[test]
fn what_is_for_one_organisation_stays() {
    let text = EVENT.replace("\\#", "#");
    let own_event = text.replace(r#""distribution":"3""#, r#""distribution":"0""#);
    let own_attribute = text.replacen(r#""distribution":"5""#, r#""distribution":"0""#, 1);
    for (settings, event, attribute) in [("", false, false), ("distribution = [0, 1, 2, 3, 4, 5]\n", true, true)] {
        for (text, shown, whole) in [(&own_event, event, true), (&own_attribute, true, attribute)] {
            let desk = Desk::with(settings);
            desk.post(&converted(text));
            let all = everything(&desk, &desk.all);
            assert_eq!(all.contains("Night Heron"), shown, "{settings} {all}");
            assert_eq!(all.contains("198.51.100.3"), shown && whole, "{settings} {all}");
        }
    }
}

/// Deny by default: who may not read the collection, a collection that is not served, and whatever is no document of a feed get nothing;
/// keys without a scheme count for MISP alone.
#[test]
fn everything_else_is_refused() {
    let desk = Desk::start();
    desk.post(&[about("loose.example")]);
    let status = |authorization: Option<&str>, method: &str, target: &str, body: Option<&str>| {
        let request = Request::new(desk.server.origin, method, target);
        let request = authorization.map_or(request.clone(), |value| request.header("Authorization", value));
        let request = body.map_or(request.clone(), |body| request.body("application/json", body));
        let answer = request.send_unchecked();
        assert!(!answer.text().contains("loose.example") || answer.status == 200, "{answer}");
        answer.status
    };
    let key = Some(desk.all.as_str());
    let bearer = format!("Bearer {}", desk.all);
    let by_password = format!("Basic {}", basic("any", &desk.all));
    for authorization in [desk.all.as_str(), &bearer, &by_password] {
        assert_eq!(status(Some(authorization), "GET", &format!("{SERVED}misp/manifest.json"), None), 200);
    }
    assert_eq!(status(key, "GET", &format!("{SERVED}objects/"), None), 401, "no scheme, no TAXII");
    for (authorization, target, expected) in [
        (None, format!("{SERVED}misp/manifest.json"), 401),
        (Some("nonsense"), format!("{SERVED}misp/manifest.json"), 401),
        (key, "/api1/collections/other/misp/manifest.json".to_owned(), 404),
        (key, "/api1/collections/other/misp/servers/getVersion".to_owned(), 404),
        (key, "/api1/collections/none/misp/manifest.json".to_owned(), 404),
        // Elsewhere, a key without a scheme is no credential.
        (key, "/misp/manifest.json".to_owned(), 401),
        (key, format!("{SERVED}misp/"), 404),
        (key, format!("{SERVED}misp/..%2f..%2fobjects.json"), 404),
        (key, format!("{SERVED}misp/../objects/"), 404),
        (key, format!("{SERVED}misp/%00.json"), 404),
        (key, format!("{SERVED}misp/5f1b1e3a-9c8e-4b5e-8a6b-0c2d4e6f8a01.json"), 404),
        (key, format!("{SERVED}misp/{{5f1b1e3a-9c8e-4b5e-8a6b-0c2d4e6f8a01}}.json"), 404),
        (key, format!("{SERVED}misp/events/view/1"), 404),
        (key, format!("{SERVED}misp/events/view/' or 1=1"), 404),
        (
            key,
            format!("{SERVED}misp/events/view/5f1b1e3a-9c8e-4b5e-8a6b-0c2d4e6f8a01/{}", "deleted[]:1/".repeat(200)),
            404,
        ),
        (key, format!("{SERVED}misp/users/view/1"), 404),
    ] {
        let target = target.replace(' ', "%20").replace(['{', '}'], "");
        assert_eq!(status(authorization, "GET", &target, None), expected, "{target}");
    }
    for (target, body, expected) in [
        ("events/index", "{", 400),
        ("events/index", "[1]", 400),
        ("events/index", "[]", 200),
        (
            "events/index",
            r#"{"tag":{"a":{"b":[[[1]]]}},"org":[null,1,{}],"timestamp":"nonsense","limit":-1,"page":1e99}"#,
            200,
        ),
        ("events/add/metadata:1", "{}", 403),
        ("events/edit/5f1b1e3a-9c8e-4b5e-8a6b-0c2d4e6f8a01/metadata:1", "{}", 403),
        ("events/filterEventIdsForPush", "[]", 403),
        ("sightings/bulkSaveSightings/5f1b1e3a-9c8e-4b5e-8a6b-0c2d4e6f8a01", "[]", 403),
        ("galaxies/pushCluster", "[]", 403),
        ("users/resetauthkey/me", "[]", 403),
        ("manifest.json", "{}", 403),
        ("sightings/restSearch/event", "{}", 200),
        ("galaxy_clusters/restSearch", "{}", 200),
    ] {
        assert_eq!(status(key, "POST", &format!("{SERVED}misp/{target}"), Some(body)), expected, "{target} {body}");
    }
    for method in ["PUT", "DELETE", "PATCH"] {
        assert_eq!(status(key, method, &format!("{SERVED}misp/manifest.json"), None), 403, "{method}");
    }
}

/// §3.7: the test of a connection: the body comes back, also one that came compressed, with the headers; proposals and analysts' data are
/// empty lists rather than errors, so that a pull ends well.
#[test]
fn a_connection_can_be_tested() {
    use std::io::Write as _;
    let desk = Desk::start();
    let sent = json!({"testString": "ä\u{1f426}".repeat(1000)});
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(sent.to_string().as_bytes()).expect("compressed");
    let plain = sent.to_string().into_bytes();
    for (coding, body) in [("identity", plain), ("gzip", encoder.finish().expect("compressed"))] {
        let request = desk.request(&desk.all, "POST", "misp/servers/postTest").body("application/json", body);
        let request = request.header("Content-Encoding", coding).header("Accept", "application/json");
        let answer = request.send_unchecked().expect(200).json();
        assert_eq!(answer["body"], sent);
        assert_eq!(answer["headers"], json!({"Content-type": "application/json", "Accept": "application/json"}));
    }
    let version = desk.json(&desk.all, "servers/getVersion");
    assert_eq!((&version["perm_sync"], &version["request_encoding"]), (&json!(false), &json!(["gzip"])));
    assert_eq!(desk.json(&desk.all, "shadow_attributes/index/timestamp:1/limit:100.json"), json!([]));
    let pulled =
        desk.request(&desk.all, "POST", "misp/events/index").body("application/json", r#"{"minimal":1,"published":1}"#);
    let first = pulled.send_unchecked().expect(200);
    let tag = first.header("etag").expect("a tag").to_owned();
    pulled.header("If-None-Match", &tag).send_unchecked().expect(304);
}

/// Promise of the log: an event is a delivery of the objects that it was made of, to who fetched it; the manifest and what is told to have not
/// changed are none.
#[test]
fn events_are_deliveries() {
    let desk = Desk::start();
    let (inside, loose) = (about("inside.example"), about("loose.example"));
    let told = report("Night Heron", &[&inside]);
    desk.post(&[inside.clone(), told.clone(), loose.clone()]);
    let path = format!("{}.json", uuid_of(&told));
    desk.get(&desk.all, "manifest.json").expect(200);
    let tag = desk.get(&desk.green, &path).expect(200).header("etag").expect("a tag").to_owned();
    desk.request(&desk.all, "GET", &format!("misp/{path}")).header("If-None-Match", &tag).send_unchecked().expect(304);
    desk.request(&desk.all, "HEAD", &format!("misp/{path}")).send_unchecked().expect(200);
    let Desk { server, folder, .. } = desk;
    server.stop();
    let received = |object: &Value| -> BTreeSet<String> {
        let rows = folder.admin(&["audit", "who-received", id_of(object)]);
        rows.as_array()
            .expect("rows")
            .iter()
            .map(|row| row["account"].as_str().expect("an account").to_owned())
            .collect()
    };
    let green = BTreeSet::from(["green".to_owned()]);
    assert_eq!([received(&told), received(&inside), received(&loose)], [green.clone(), green, BTreeSet::new()]);
}

/// A feed and an instance are sources of flows: what they have arrives once, a second run brings nothing, and the next object comes by itself.
#[test]
fn flows_read_feeds_and_instances() {
    let (desk, here) = (Desk::start(), Folder::new());
    let inside = about("inside.example");
    desk.post(&[inside.clone(), report("Night Heron", &[&inside]), about("loose.example")]);
    here.admin(&["root", "add", "api1", "--title", "Ours"]);
    let secret = format!("file:{}", here.write("key", &desk.all).display());
    let url = format!("http://{}{SERVED}misp/", desk.server.origin);
    let run = |name: &str| here.admin(&["flow", "run", name, "--once"])["done"].clone();
    for (name, place) in [("feed", format!("misp-feed:{url}")), ("instance", format!("misp:{url}"))] {
        here.admin(&["collection", "add", "api1", name, "--title", name]);
        let to = format!("collection:api1/{name}");
        here.admin(&["flow", "add", name, "--from", &place, "--to", &to, "--secret", &secret]);
        let first = run(name);
        assert!(first["added"].as_u64() >= Some(3) && first["refused"] == json!({}), "{name}: {first:#}");
        assert_eq!(run(name)["added"], 0, "{name}");
    }
    desk.post(&[about("later.example")]);
    for name in ["feed", "instance"] {
        assert!(run(name)["added"].as_u64() >= Some(1), "{name}");
    }
}
