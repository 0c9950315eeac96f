//! Real content, through every client there is: what went in comes out, all of it, byte for byte.

use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use serde_json::{Value, json};
use stix_model::reader::{self, Limits};
use taxii_tests::absent;
use taxii_tests::collection::{By, Collection, Page, following};
use taxii_tests::objects::with;
use taxii_tests::programs::{self, Folder, Ran};
use taxii_tests::python::{call, reach};
use taxii_tests::site::{Kind, Site, TEST};

/// TX-OBJ-05, TX-ENV-01, promise 3: pushed with `taxii`, read with `taxii`, plain HTTP, taxii2-client and stix2.
fn what_went_in_comes_out(kind: Kind) {
    let bundle = plain(&absent::real_bundle("real_input"));
    let submitted = texts(&bundle);
    let site = Site::start(kind, Default::default());
    let collection = site.collection();
    let folder = Folder::new();
    let file = folder.file("bundle.json");
    std::fs::write(&file, &bundle).expect("a file");

    let report = taxii(&folder, &collection, &["push", &collection.id, "bundle.json", "--output", "json"]).json();
    assert_eq!(report["accepted"], submitted.len(), "{}", report["refused"]);

    let lines = taxii(&folder, &collection, &["get", &collection.id, "--version", "all", "--output", "jsonl"]);
    let on_lines = submitted.iter().map(|text| text.replace(['\n', '\r'], " ")).collect();
    same(lines.out.lines().map(str::to_owned).collect(), on_lines, "taxii get --output jsonl");
    let got =
        &["get", &collection.id, "--version", "all", "--page-size", "77", "--output", "json", "--out", "out.json"];
    taxii(&folder, &collection, got);
    same(texts(&plain(&folder.file("out.json"))), submitted.clone(), "taxii get --output json");
    for limit in ["", "&limit=100", "&limit=7777"] {
        same(by_http(&collection, limit), submitted.clone(), "HTTP");
    }

    for limit in [0, 100] {
        let argument = with(reach(&collection), "limit", limit);
        let Some(found) = call("taxii2_client.py", "everything", &argument) else { break };
        let sorted = |mut values: Vec<Value>| {
            values.sort_by_cached_key(Value::to_string);
            values
        };
        let expected = submitted.iter().map(|text| serde_json::from_str(text).expect("JSON")).collect();
        let found = found.as_array().expect("a list").clone();
        assert!(sorted(found) == sorted(expected), "taxii2-client, per_request={limit}");
    }
    let argument = with(reach(&collection), "file", file.to_str().expect("a path"));
    if let Some(count) = call("stix2_datastore.py", "same", &argument) {
        assert_eq!(count, json!(submitted.len()), "stix2");
    }
}

fn plain(file: &Path) -> Vec<u8> {
    let bytes = std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    if !bytes.starts_with(b"\x1f\x8b") {
        return bytes;
    }
    let mut plain = Vec::new();
    MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut plain).expect("gzip");
    plain
}

/// The texts of the objects of a bundle or an envelope.
fn texts(bytes: &[u8]) -> Vec<String> {
    let (_, objects) = reader::from_slice(bytes, &Limits::default()).expect("a bundle or an envelope");
    objects.into_iter().map(|object| object.text.get().to_owned()).collect()
}

/// The same texts, as often, in whatever order.
#[track_caller]
fn same(mut found: Vec<String>, mut expected: Vec<String>, how: &str) {
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found.len(), expected.len(), "{how}");
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found, expected, "{how}");
    }
}

fn by_http(collection: &Collection<'_>, limit: &str) -> Vec<String> {
    let first = format!("objects/?match[version]=all{limit}");
    let (mut below, mut found) = (first.clone(), Vec::new());
    loop {
        let response = collection.get(&below).send().expect(200);
        found.extend(texts(&response.body));
        assert!(found.len() < 1_000_000, "a walk without end");
        let page = Page::of(&response);
        if !page.more {
            return found;
        }
        below = following(&first, &page, By::Next);
    }
}

/// Runs `taxii` as `test`.
#[track_caller]
fn taxii(folder: &Folder, collection: &Collection<'_>, arguments: &[&str]) -> Ran {
    let url = format!("http://{}/{}/", collection.site.origin(), collection.root);
    let mut command = folder.command(&programs::client(), &["--url", &url, "--user", TEST.name]);
    command.args(arguments).env("TAXII_CLIENT_PASSWORD", TEST.password);
    Ran::of(command, "").good()
}

taxii_tests::on_every_kind!(what_went_in_comes_out);
