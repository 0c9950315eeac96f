//! The status of what was posted.

use serde_json::Value;
use taxii_tests::answers::is_taxii_timestamp;
use taxii_tests::objects::{
    address, custom, envelope, id_of, indicator, indicators, lacking, malware, marking, version_of, with,
};
use taxii_tests::site::{ADMIN, Kind, NOBODY, READER, Serving, Site, Stop, WRITER};
use uuid::Uuid;

fn status_path(status: &Value) -> String {
    format!("/api1/status/{}/", status["id"].as_str().expect("an id"))
}

/// TX-STS-01, TX-STS-05, TX-TYP-05: the very resource the POST answered with, under an id that is a
/// version-4 UUID.
fn the_status_can_be_asked_for_again(site: &Site) {
    let collection = site.collection();
    let objects = [indicator(), lacking(malware(), "created"), marking()];
    let posted = collection.post(&objects).send().expect(202).json();
    let asked = site.get(&status_path(&posted)).send().expect(200).json();
    assert_eq!(asked, posted);
    let id = Uuid::parse_str(posted["id"].as_str().expect("text")).expect("a UUID");
    assert_eq!(id.get_version_num(), 4);
}

fn length(status: &Value, list: &str) -> u64 {
    match status.get(list).map(|list| list.as_array().expect("a list")) {
        Some(list) => {
            assert!(!list.is_empty(), "TX-TYP-03: an empty {list:?}");
            list.len() as u64
        }
        None => 0,
    }
}

/// TX-STS-05, TX-STS-06, TX-STS-09, AMB-07: the sums are right, each list is as long as its count, and
/// nothing is pending.
fn check_sums(status: &Value, sent: usize) {
    let count = |name: &str| status[name].as_u64().expect("a count");
    let [successes, failures, pendings] = ["success", "failure", "pending"].map(|name| count(&format!("{name}_count")));
    assert_eq!(count("total_count"), successes + failures + pendings, "{status}");
    assert_eq!(count("total_count"), sent as u64, "{status}");
    assert_eq!(length(status, "successes"), successes, "{status}");
    assert_eq!(length(status, "failures"), failures, "{status}");
    assert_eq!(length(status, "pendings"), pendings, "{status}");
    assert_eq!((status["status"].as_str(), pendings), (Some("complete"), 0), "{status}");
}

/// A stream of numbers that is the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

fn some_object(numbers: &mut Numbers, known: &[Value]) -> Value {
    match numbers.below(7) {
        0 => known[0].clone(),
        1 => with(known[1].clone(), "name", "a conflict"),
        2 => lacking(indicator(), "modified"),
        3 => address("198.51.100.13"),
        4 => with(malware(), "id", "rubbish"),
        5 => marking(),
        _ => custom(),
    }
}

/// TX-STS-05, TX-STS-06, TX-STS-09, AMB-07: over envelopes of all kinds, and asked for again.
fn the_sums_are_right(site: &Site) {
    let collection = site.collection();
    let known = indicators(2);
    collection.add(&known);
    let mut numbers = Numbers(21);
    for _ in 0..40 {
        let size = 1 + numbers.below(12);
        let objects: Vec<_> = (0..size).map(|_| some_object(&mut numbers, &known)).collect();
        let status = collection.post(&objects).send().expect(202).json();
        check_sums(&status, objects.len());
        let asked = site.get(&status_path(&status)).send().expect(200).json();
        assert_eq!(asked, status);
    }
}

/// TX-STS-06, TX-TYP-09, AMB-30: the time of receipt, in six digits, no later than the dates it gave.
fn the_time_of_the_request_is_told(site: &Site) {
    let collection = site.collection();
    let status = collection.add(&[indicator()]);
    let time = status["request_timestamp"].as_str().expect("text");
    assert!(is_taxii_timestamp(time), "{time}");
    let date = collection.page("objects/").first.expect("a date");
    assert!(time <= date.as_str(), "received {time}, added {date}");
}

/// TX-STS-07, TX-STS-08, AMB-21: each detail names its object and the version in the object's own text; a
/// failure says why.
fn details_name_objects_and_versions(site: &Site) {
    let collection = site.collection();
    let good = [with(indicator(), "modified", "2021-01-01T00:00:00.1234567Z"), marking(), custom()];
    let bad = [lacking(indicator(), "created"), with(marking(), "created", "2020")];
    let objects: Vec<Value> = good.iter().chain(&bad).cloned().collect();
    let status = collection.post(&objects).send().expect(202).json();
    for (object, detail) in good.iter().zip(status["successes"].as_array().expect("a list")) {
        assert_eq!(detail["id"], object["id"]);
        assert_eq!(detail["version"], version_of(object), "{detail}");
    }
    for (object, detail) in bad.iter().zip(status["failures"].as_array().expect("a list")) {
        assert_eq!(detail["id"], object["id"]);
        assert!(detail["version"].is_string(), "TX-STS-07: {detail}");
        assert!(detail["message"].as_str().is_some_and(|words| words.len() > 10), "{detail}");
    }
}

/// TX-STS-03: unknown, and not even an id.
fn an_unknown_status_is_not_found(site: &Site) {
    let collection = site.collection();
    let known = collection.add(&[indicator()]);
    let known = known["id"].as_str().expect("an id");
    let unknown = [
        Uuid::new_v4().to_string(),
        "rubbish".to_owned(),
        "1".to_owned(),
        "%00".to_owned(),
        "-".repeat(36),
        format!("{known}0"),
    ];
    for name in unknown {
        site.get(&format!("/api1/status/{name}/")).send().expect(404);
    }
    site.get(&format!("/api2/status/{known}/")).send().expect(404);
    site.get(&format!("/api1/status/{known}/")).send().expect(200);
}

/// AMB-07, TX-AUT-05, promise 4: who sent it and administrators may see it, nobody else, however many rights
/// they have in the collection; who may only write learns from it nothing but of their own.
fn a_status_belongs_to_its_sender(site: &Site) {
    let collection = site.collection();
    collection.add(&indicators(3));
    let sent = indicator();
    let post = collection.post(std::slice::from_ref(&sent)).account(WRITER);
    let status = post.send().expect(202);
    let path = status_path(&status.json());
    for (account, code) in [(WRITER, 200), (ADMIN, 200), (READER, 404), (NOBODY, 404)] {
        let answer = site.get(&path).account(account).send();
        assert_eq!(answer.status, code, "{}: {answer}", account.name);
    }
    site.get(&path).send().expect(404);
    site.get(&path).anonymous().send().expect(401);
    let seen = site.get(&path).account(WRITER).send().json();
    assert_eq!(seen["total_count"], 1);
    assert_eq!(seen["successes"][0]["id"], sent["id"]);
}

/// Promise 4: an object that is there already looks, to who may only write, like one that is not.
fn a_status_does_not_tell_what_was_there(site: &Site) {
    let collection = site.collection();
    let (known, fresh) = (indicator(), indicator());
    collection.add(std::slice::from_ref(&known));
    let shape = |object: &Value| {
        let post = collection.post(std::slice::from_ref(object)).account(WRITER);
        let status = post.send().expect(202).json();
        let text = status["successes"][0].to_string();
        text.replace(id_of(object), "ID")
    };
    assert_eq!(shape(&known), shape(&fresh));
}

/// TX-STS-02, promise 2: it outlives the process, and so does what it says was taken, also when the server is
/// killed right after its answer.
fn a_status_outlives_the_process(kind: Kind) {
    let mut site = Site::start(kind, Serving::default());
    let objects = indicators(3);
    let (status, target) = {
        let collection = site.collection();
        (collection.add(&objects), collection.objects())
    };
    for how in [Stop::Killed, Stop::Asked] {
        site.restart(how);
        let asked = site.get(&status_path(&status)).send().expect(200).json();
        assert_eq!(asked, status, "{how:?}");
        let held = site.get(&target).send().expect(200).json();
        assert_eq!(held["objects"], envelope(&objects)["objects"], "{how:?}");
    }
}

taxii_tests::on_every_site!(
    the_status_can_be_asked_for_again,
    the_sums_are_right,
    the_time_of_the_request_is_told,
    details_name_objects_and_versions,
    an_unknown_status_is_not_found,
    a_status_belongs_to_its_sender,
    a_status_does_not_tell_what_was_there,
);

taxii_tests::on_every_persistent_kind!(a_status_outlives_the_process);
