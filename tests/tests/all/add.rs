//! Adding objects: what is taken, what is refused whole, what fails alone, and what comes back.

use serde_json::{Value, json};
use taxii_tests::collection::{Collection, expected};
use taxii_tests::http::{Response, TAXII};
use taxii_tests::objects::{
    address, custom, envelope, id, id_of, indicator, indicators, lacking, malware, marking, relationship, with,
};
use taxii_tests::site::{Options, Site};

fn post_text(collection: &Collection<'_>, body: impl Into<Vec<u8>>) -> Response {
    collection.post(&[]).body(TAXII, body).send()
}

/// TX-ADD-01, TX-ADD-09, TX-STS-05: 202 with a complete status, and the objects are there, in the order of
/// the array.
fn what_is_taken_is_there(site: &Site) {
    let collection = site.collection();
    let objects = [indicator(), malware(), custom(), marking(), address("198.51.100.10")];
    let status = collection.add(&objects);
    assert_eq!(status["total_count"], objects.len());
    assert_eq!(collection.page("objects/").entries, objects);
    assert_eq!(collection.records().len(), objects.len());
}

/// TX-ADD-01, TX-ADD-05, TX-GEN-08, AMB-06, AMB-32: refused as a whole.
fn wholly_refused() -> Vec<(&'static str, Vec<u8>)> {
    let text = |text: &str| text.as_bytes().to_vec();
    let good = indicator().to_string();
    let list = |items: &str| format!("{{\"objects\":[{items}]}}").into_bytes();
    vec![
        ("nothing", Vec::new()),
        ("blanks", text("  \r\n ")),
        ("not JSON", text("objects=1")),
        ("cut off", text(&format!("{{\"objects\":[{good}"))),
        ("garbage behind", text(&format!("{{\"objects\":[{good}]}} x"))),
        ("two documents", text(&format!("{{\"objects\":[{good}]}}{{}}"))),
        ("a list", text(&format!("[{good}]"))),
        ("a string", text("\"objects\"")),
        ("null", text("null")),
        ("a lone object", text(&good)),
        ("no objects", text("{}")),
        ("objects null", text("{\"objects\":null}")),
        ("objects a string", text("{\"objects\":\"x\"}")),
        ("objects an object", text("{\"objects\":{}}")),
        ("objects empty", text("{\"objects\":[]}")),
        ("an item that is no object", list(&format!("{good},7"))),
        ("an item that is a list", list(&format!("{good},[{good}]"))),
        ("an item that is null", list(&format!("null,{good}"))),
        ("an item without id", list(&format!("{good},{{\"type\":\"malware\"}}"))),
        ("an item without type", list(&format!("{good},{{\"id\":\"malware--1\"}}"))),
        ("an id that is a number", list(&format!("{good},{{\"type\":\"malware\",\"id\":1}}"))),
        ("a type that is null", list(&format!("{good},{{\"type\":null,\"id\":\"malware--1\"}}"))),
        ("NaN", list(&good.replace("\"name\":", "\"x_n\":NaN,\"name\":"))),
        ("Infinity", list(&good.replace("\"name\":", "\"x_n\":-Infinity,\"name\":"))),
        ("a comment", list(&format!("/* hello */{good}"))),
        ("a comma too many", list(&format!("{good},"))),
        ("single quotes", list(&good.replace('"', "'"))),
        ("a leading zero", list(&good.replace("\"name\":", "\"x_n\":007,\"name\":"))),
        ("a raw line break in a string", list(&good.replace("Beacon of", "Beacon\nof"))),
        ("a lone surrogate", list(&good.replace("Beacon of", "Beacon \\ud800 of"))),
        ("surrogates the wrong way round", list(&good.replace("Beacon", "\\udc00\\ud800"))),
        ("the key twice in the envelope", text(&format!("{{\"objects\":[{good}],\"objects\":[{good}]}}"))),
        ("a key twice in an object", list(&good.replace("\"name\":", "\"name\":\"x\",\"name\":"))),
        ("the id twice", list(&good.replace("\"name\":", "\"id\":\"x\",\"name\":"))),
        ("a key twice deep inside", list(&good.replace("\"name\":", "\"x_n\":[{\"a\":{\"b\":1,\"b\":1}}],\"name\":"))),
        ("a key twice in two spellings", list(&good.replace("\"name\":", "\"n\\u0061me\":\"x\",\"name\":"))),
    ]
}

/// The table above: 422, and nothing of it is stored.
fn a_body_that_makes_no_sense_is_refused_whole(site: &Site) {
    let collection = site.collection();
    for (what, body) in wholly_refused() {
        let answer = post_text(&collection, body);
        assert_eq!(answer.status, 422, "{what}: {answer}");
    }
    assert!(collection.records().is_empty(), "nothing was stored");
}

/// TX-GEN-08, AMB-32: bytes that are no UTF-8 are refused whole; a byte order mark is not held against anybody.
fn bytes_have_to_be_utf8(site: &Site) {
    let collection = site.collection();
    let marker = "Beacon of a sample";
    let good = envelope(&[indicator()]).to_string();
    for bad in [&b"\xff"[..], b"\xc3", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xe9"] {
        let place = good.find(marker).expect("the name");
        let mut body = good.clone().into_bytes();
        body.splice(place..place, bad.iter().copied());
        let answer = post_text(&collection, body);
        assert_eq!(answer.status, 422, "{bad:?}: {answer}");
    }
    assert!(collection.records().is_empty());
    let marked = [b"\xef\xbb\xbf", good.as_bytes()].concat();
    assert_eq!(post_text(&collection, marked).expect(202).json()["success_count"], 1);
}

/// TX-ADD-10, AMB-06, AMB-22: fails alone; the word is one the message has to say.
fn failing_alone() -> Vec<(Value, &'static str)> {
    let nested = json!({"type": "bundle", "id": id("bundle"), "objects": [indicator()]});
    vec![
        (nested, "bundle"),
        (with(indicator(), "id", id("malware")), "id"),
        (with(indicator(), "id", "indicator--"), "id"),
        (with(indicator(), "id", "indicator"), "id"),
        (with(indicator(), "id", "indicator--not-a-uuid"), "id"),
        (with(indicator(), "type", ""), "type"),
        (lacking(indicator(), "created"), "created"),
        (lacking(indicator(), "modified"), "modified"),
        (lacking(relationship(&id("indicator"), &id("malware")), "modified"), "modified"),
        (with(indicator(), "created", "yesterday"), "created"),
        (with(indicator(), "created", 1_577_836_800), "created"),
        (with(indicator(), "modified", "2020-01-01"), "modified"),
        (with(indicator(), "modified", "2020-01-01T00:00:00+00:00"), "modified"),
        (with(indicator(), "modified", "2020-13-01T00:00:00Z"), "modified"),
        (with(indicator(), "modified", Value::Null), "modified"),
        (with(indicator(), "modified", "2019-12-31T23:59:59.999Z"), "modified"),
        (with(marking(), "created", "2020"), "created"),
    ]
}

/// The table above: each among two good ones, which are stored; the failure says id, version if there is one,
/// and why (promise 2).
fn one_bad_object_fails_alone(site: &Site) {
    let collection = site.collection();
    for (bad, word) in failing_alone() {
        let good = indicators(2);
        let objects = [good[0].clone(), bad.clone(), good[1].clone()];
        let status = collection.post(&objects).send().expect(202).json();
        assert_eq!(status["status"], "complete", "{bad}: {status}");
        let counts = [&status["success_count"], &status["failure_count"], &status["total_count"]];
        assert_eq!(counts, [2, 1, 3], "{bad}: {status}");
        assert_eq!(status["failures"][0]["id"], bad["id"], "{status}");
        let message = status["failures"][0]["message"].as_str().unwrap_or_default();
        assert!(message.contains(word), "{bad}: {word:?} is not in {message:?}");
        for object in &good {
            site.get(&collection.object(id_of(object))).send().expect(200);
            collection.delete(id_of(object)).send().expect(200);
        }
        assert!(collection.records().is_empty(), "{bad}");
    }
}

/// TX-STS-05, AMB-06: also when all of them fail it is 202, with all of them named.
fn all_bad_objects_fail_alone(site: &Site) {
    let collection = site.collection();
    let bad: Vec<Value> = (0..3).map(|_| lacking(indicator(), "created")).collect();
    let status = collection.post(&bad).send().expect(202).json();
    assert_eq!((&status["success_count"], &status["failure_count"]), (&json!(0), &json!(3)));
    assert_eq!(status.get("successes"), None, "TX-TYP-03: {status}");
    let named: Vec<_> = status["failures"].as_array().expect("a list").iter().map(id_of).collect();
    assert_eq!(named, bad.iter().map(id_of).collect::<Vec<_>>());
}

/// TX-ENV-03, TX-ENV-05, TX-CUS-04, AMB-05: what else the wrapper holds is no matter.
fn the_wrapper_may_hold_more(site: &Site) {
    let wrappers = [
        json!({}),
        json!({"more": true}),
        json!({"more": false, "next": "abc"}),
        json!({"more": "perhaps", "next": 7}),
        json!({"x_18467e42_04f4_4505_93c8_9f1cf29e1045_test_client": {"a": [1]}}),
        json!({"type": "bundle", "id": id("bundle")}),
        json!({"type": "bundle", "id": "rubbish", "spec_version": "2.1"}),
        json!({"type": "anything", "id": 7, "spec_version": null}),
        json!({"unknown": null}),
    ];
    for wrapper in wrappers {
        let collection = site.collection();
        let object = indicator();
        let mut body = wrapper.clone();
        body["objects"] = json!([object]);
        let answer = collection.post(&[]).json(&body).send();
        assert_eq!(answer.status, 202, "{wrapper}: {answer}");
        assert_eq!(collection.page("objects/").entries, [object], "{wrapper}");
    }
}

/// TX-ENV-03, TX-FLT-19, AMB-22: types nobody knows, references to nothing, properties of every kind: a TAXII
/// server is no judge of STIX.
fn strange_content_is_taken(site: &Site) {
    let collection = site.collection();
    let objects = [
        custom(),
        with(custom(), "type", "x-1"),
        with(malware(), "x_acme", json!({"": [], "a b": {}, "null": null, "é": [[[1]]]})),
        relationship(&id("indicator"), &id("x-acme-finding")),
        with(indicator(), "created_by_ref", id("identity")),
        with(indicator(), "object_marking_refs", json!([id("marking-definition")])),
        with(indicator(), "extensions", json!({id("extension-definition"): {"rank": 5}})),
        with(address("198.51.100.11"), "x_first", "2020"),
        json!({
            "type": "extension-definition", "spec_version": "2.1", "id": id("extension-definition"),
            "created": "2020-01-01T00:00:00.000Z", "modified": "2020-01-01T00:00:00.000Z",
            "created_by_ref": id("identity"), "name": "ours", "schema": "https://acme.example/s",
            "version": "1.0.0", "extension_types": ["property-extension"]
        }),
        json!({
            "type": "language-content", "spec_version": "2.1", "id": id("language-content"),
            "created": "2020-01-01T00:00:00.000Z", "modified": "2020-01-01T00:00:00.000Z",
            "object_ref": id("indicator"), "contents": {"de": {"name": "Zeiger"}}
        }),
    ];
    let mut objects = objects;
    objects[1]["id"] = id("x-1").into();
    let status = collection.add(&objects);
    assert_eq!(status.get("failures"), None, "{status}");
    assert_eq!(collection.page("objects/").entries, objects);
}

/// Objects as texts that a careless server would rewrite.
fn texts() -> Vec<String> {
    let head = |rest: &str| {
        format!(
            "\"type\":\"x-acme-finding\",\"spec_version\":\"2.1\",\"id\":\"{}\",\
             \"created\":\"2020-01-01T00:00:00Z\",\"modified\":\"2020-01-01T00:00:00.00Z\",{rest}",
            id("x-acme-finding")
        )
    };
    let numbers = "\"a\":1.0,\"b\":1e5,\"c\":-0,\"d\":0.10000000000000000000001,\
                   \"e\":123456789012345678901234567890,\"f\":9007199254740993,\"g\":1E-7,\"h\":2.50";
    let times = "\"x_t\":\"2020-01-01T00:00:00.1Z\",\"x_u\":\"2016-12-31T23:59:60Z\"";
    let letters = "\"x_s\":\"\\u00e9 é \\/ / \\u2028 😀 \\ud83d\\ude00 \\u0041 \\t\\\"\\\\\"";
    let empties = "\"x_l\":[],\"x_o\":{},\"x_s\":\"\",\"x_z\":null";
    vec![
        format!("{{{}}}", head(numbers)),
        format!("{{{}}}", head(times)),
        format!("{{{}}}", head(letters)),
        format!("{{{}}}", head(empties)),
        format!("{{{}}}", head("\"z\":1,\"a\":2,\"m\":{\"z\":1,\"a\":2}")),
        format!("{{\n  {}\n}}", head("\"x_blanks\" : [ 1 ,\t2 ]").replace(',', ",\n  ")),
        format!("{{\"x_first\":0,{}}}", head("\"x_last\":[{\"b\":1,\"a\":[2,{\"z\":3}]}]")),
    ]
}

/// Promise 3, TX-OBJ-05, TX-CUS-04, AMB-32: the very text comes back: numbers, order, escapes, digits of
/// times, blanks.
fn the_text_comes_back_untouched(site: &Site) {
    let collection = site.collection();
    let texts = texts();
    for text in &texts {
        let answer = post_text(&collection, format!("{{\"objects\":[{text}]}}"));
        assert_eq!(answer.expect(202).json()["success_count"], 1, "{text}");
    }
    let list = collection.get("objects/").send().expect(200);
    for text in &texts {
        assert!(list.text().contains(text.as_str()), "{text} is not in {list}");
        let object: Value = serde_json::from_str(text).expect("JSON");
        let alone = site.get(&collection.object(id_of(&object))).send().expect(200);
        assert!(alone.text().contains(text.as_str()), "{text} is not in {alone}");
    }
}

/// AMB-05: a bundle as the stix2 library and Splunk's app post it.
fn a_bundle_is_an_envelope(site: &Site) {
    let collection = site.collection();
    let objects = [indicator(), malware()];
    let bundle = json!({"type": "bundle", "id": id("bundle"), "objects": objects});
    let status = collection.post(&[]).json(&bundle).send().expect(202).json();
    assert_eq!(status["success_count"], 2, "{status}");
    assert_eq!(collection.keys("objects/"), expected(&objects));
}

/// TX-ADD-04, TX-ADD-10: a big mixture of good, bad and known ones: each is told apart.
fn each_object_gets_its_own_answer(site: &Site) {
    let collection = site.collection();
    let known = indicators(10);
    collection.add(&known);
    let mut objects = Vec::new();
    for object in &known {
        objects.push(object.clone());
        objects.push(indicator());
        objects.push(lacking(malware(), "created"));
    }
    let status = collection.post(&objects).send().expect(202).json();
    assert_eq!((&status["success_count"], &status["failure_count"]), (&json!(20), &json!(10)));
    let names = |list: &str| -> Vec<String> {
        let list = status[list].as_array().expect("a list");
        list.iter().map(|detail| id_of(detail).to_owned()).collect()
    };
    let of_type = |name: &str| -> Vec<String> {
        let ids = objects.iter().map(id_of).filter(|id| id.starts_with(name));
        ids.map(str::to_owned).collect()
    };
    assert_eq!(names("successes"), of_type("indicator"));
    assert_eq!(names("failures"), of_type("malware"));
    assert_eq!(collection.records().len(), 20);
}

/// AMB-13, AMB-34: there are no parameters here, so all of them are unknown.
fn parameters_of_a_post_are_ignored(site: &Site) {
    let collection = site.collection();
    let target = format!("{}?limit=0&match[version]=rubbish&next=x", collection.objects());
    site.request("POST", &target).json(&envelope(&[indicator()])).send().expect(202);
    let mixed = Options { spec_versions: Some("2.0,2.1"), ..Options::default() };
    assert_eq!(site.collection_with(mixed).add(&[indicator()])["total_count"], 1);
}

taxii_tests::on_every_site!(
    what_is_taken_is_there,
    a_body_that_makes_no_sense_is_refused_whole,
    bytes_have_to_be_utf8,
    one_bad_object_fails_alone,
    all_bad_objects_fail_alone,
    the_wrapper_may_hold_more,
    strange_content_is_taken,
    the_text_comes_back_untouched,
    a_bundle_is_an_envelope,
    each_object_gets_its_own_answer,
    parameters_of_a_post_are_ignored,
);
