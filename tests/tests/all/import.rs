//! What other servers have: databases that OpenTAXII and medallion made with their own code (`tests/python/peer_databases.py` says how)
//! are taken over, on both engines.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use taxii_model::{Filter, Timestamp, VersionFilter};
use taxii_server::store::transfer::Place;
use taxii_server::store::transfer::testing::{everything, run};
use taxii_tests::http::{Request, Response, TAXII};
use taxii_tests::postgres::Database;
use taxii_tests::programs::{self, Folder, Running};

const OPENTAXII_SQLITE: &str = include_str!("../../fixtures/opentaxii-0.9.3-sqlite.sql");
const OPENTAXII_POSTGRES: &str = include_str!("../../fixtures/opentaxii-0.9.3-postgres.sql");
const MEDALLION: &str = include_str!("../../fixtures/medallion-3.0.0.json");

/// Without the rules for the paths of the fixture: roots that were taken over lie elsewhere.
fn get(server: &Running, account: Option<&Value>, target: &str) -> Response {
    let request = Request::new(server.origin, "GET", target).accept(TAXII);
    match account {
        None => request.send_unchecked(),
        Some(account) => {
            request.basic(account["name"].as_str().unwrap(), account["password"].as_str().unwrap()).send_unchecked()
        }
    }
}

fn named<'v>(list: &'v Value, name: &str, value: &str) -> &'v Value {
    list.as_array().unwrap().iter().find(|one| one[name] == value).unwrap_or_else(|| panic!("{name} {value}: {list}"))
}

/// Why things were left behind.
fn left(report: &Value) -> Vec<String> {
    let left = report["left"].as_array().unwrap().iter();
    left.map(|one| format!("{}: {}", one["what"].as_str().unwrap(), one["why"].as_str().unwrap())).collect()
}

#[track_caller]
fn assert_left(report: &Value, expected: &[&str]) {
    let left = left(report);
    for words in expected {
        assert!(left.iter().any(|line| line.contains(words)), "expected {words:?}: {left:#?}");
    }
    assert_eq!(left.len(), expected.len(), "{left:#?}");
}

/// Takes an OpenTAXII over and looks at the result as its clients do: paths, collections, aliases, what may be read by whom, every version of
/// every object in its order, with the date it was added; what could not be taken is listed one by one.
fn opentaxii_is_taken_over(source: &str, target: &str, folder: &Folder) {
    let admin = |arguments: &[&str]| folder.admin(&[&["--database", target], arguments].concat());
    let trial = admin(&["db", "import", "opentaxii", source, "--dry-run"]);
    let report = admin(&["db", "import", "opentaxii", source]);
    assert_eq!(left(&trial), left(&report));
    assert_left(
        &report,
        &[
            "the alias \"not a good alias!\"",
            "that anybody may write to collection",
            "what writer may do with taxii-1-collection",
            "5 statuses of former submissions",
            "indicator--00000000-0000-4000-8000-000000000001 2026-01-05T00:00:00.000000Z",
            "head-date at /created: \"yesterday\"",
        ],
    );
    let root = named(&report["api_roots"], "title", "Sharing group");
    assert_eq!((&root["description"], &root["default"]), (&json!("All of us"), &json!(true)));
    let root = root["name"].as_str().unwrap();
    assert!(root.starts_with("taxii2/"), "the path that clients know: {root}");
    let collections = report["collections"].as_array().unwrap();
    assert_eq!(collections.iter().map(|c| c["versions"].as_u64().unwrap()).sum::<u64>(), 32);

    let server = folder.serve(&["--database", target]);
    let [reader, writer] = ["reader", "writer"].map(|name| named(&report["accounts"], "name", name));
    let listed = get(&server, Some(writer), &format!("/{root}/collections/")).expect(200).json();
    let may = |title: &str, collections: &Value| {
        let collection = named(&collections["collections"], "title", title);
        (collection["can_read"].clone(), collection["can_write"].clone())
    };
    assert_eq!(may("Indicators", &listed), (json!(true), json!(true)));
    assert_eq!(may("Inbox", &listed), (json!(true), json!(true)));
    let listed = get(&server, Some(reader), &format!("/{root}/collections/")).expect(200).json();
    assert_eq!(may("Indicators", &listed), (json!(true), json!(false)));
    assert_eq!(listed["collections"].as_array().unwrap().len(), 1, "{listed}");

    // Anybody may read this one, as before.
    let path = format!("/{root}/collections/indicators");
    let manifest = get(&server, None, &format!("{path}/manifest/?match[version]=all&limit=100")).expect(200).json();
    let records = manifest["objects"].as_array().unwrap();
    let number = |record: &Value| record["id"].as_str().unwrap()[45..].parse::<usize>().unwrap();
    // In the order of the days on which they were added, and of ids on one day, as OpenTAXII shows them.
    let mut there: Vec<usize> = records.iter().map(number).collect();
    assert_eq!(there[there.len() - 1], 20, "as OpenTAXII shows them");
    there.sort_unstable();
    let mut expected: Vec<usize> = (0..25).chain((0..25).step_by(5)).chain([7]).collect();
    expected.sort_unstable();
    assert_eq!(there, expected);
    let dates: Vec<Timestamp> = records.iter().map(|r| r["date_added"].as_str().unwrap().parse().unwrap()).collect();
    assert!(dates.is_sorted_by(|a, b| a < b), "all distinct");
    let first: Timestamp = "2026-02-01T12:00:00.123400Z".parse().unwrap();
    let behind = dates[0].as_micros() - first.as_micros();
    assert!((0..10).contains(&behind), "the first keeps its date: {}", records[0]["date_added"]);
    assert_eq!(dates.last().unwrap().as_micros() % 1000, 0, "the last survives being cut to milliseconds");

    let one = |n: usize, query: &str| {
        let target = format!("{path}/objects/indicator--00000000-0000-4000-8000-{n:012}/?{query}");
        get(&server, None, &target).expect(200).json()["objects"].clone()
    };
    let newest = one(5, "");
    assert_eq!(newest.as_array().unwrap().len(), 1);
    assert_eq!(newest[0]["modified"], "2026-01-28T00:00:00.000000Z");
    assert_eq!((&newest[0]["confidence"], &newest[0]["type"]), (&json!(1.5), &json!("indicator")));
    assert_eq!(newest[0]["name"], "Ünïcode \u{2028} \u{1f40d} \u{0} 5");
    // The version that came last is an old one: it stands behind, and is the first.
    assert_eq!(one(7, "match[version]=first")[0]["modified"], "2026-01-01T00:00:00.000000Z");
    assert_eq!(one(7, "")[0]["modified"], "2026-01-09T00:00:00.000000Z");
    server.stop();
    let again = [&["--database", target], &["db", "import", "opentaxii", source][..]].concat();
    folder.run(&programs::server(), &again).bad(&["there already is an API root"]);
}

/// What OpenTAXII keeps in a file is taken over, by both engines, and the file is not touched.
#[test]
fn opentaxii_on_sqlite_is_taken_over() {
    let folder = Folder::new();
    run(&Place::File(folder.file("opentaxii.db")), OPENTAXII_SQLITE).unwrap();
    let untouched = std::fs::read(folder.file("opentaxii.db")).unwrap();
    opentaxii_is_taken_over("opentaxii.db", "ours.db", &folder);
    assert_eq!(std::fs::read(folder.file("opentaxii.db")).unwrap(), untouched);
    if let Some(database) = Database::new("taking OpenTAXII over, on PostgreSQL") {
        opentaxii_is_taken_over("opentaxii.db", &database.url(), &folder);
    }
}

/// What it keeps on PostgreSQL is taken over.
#[test]
fn opentaxii_on_postgres_is_taken_over() {
    let Some(source) = Database::new("taking an OpenTAXII on PostgreSQL over") else { return };
    run(&Place::read(&source.url()).unwrap(), OPENTAXII_POSTGRES).unwrap();
    opentaxii_is_taken_over(&source.url(), "ours.db", &Folder::new());
}

/// The same of medallion's data; besides the objects that came with the file, it has one without a version of its own, and one of STIX 2.0.
#[test]
fn medallion_is_taken_over() {
    let folder = Folder::new();
    folder.write("medallion.json", MEDALLION);
    folder.admin(&["root", "add", "own", "--title", "There before", "--default"]);
    let report = folder.admin(&["db", "import", "medallion", "medallion.json"]);
    assert_left(
        &report,
        &[
            "collection trustgroup1/no-uuid",
            "5 statuses of former submissions to trustgroup1",
            "accounts: medallion keeps them in its configuration",
            "head-date at /created: \"yesterday\"",
        ],
    );
    assert_eq!(report["api_roots"][0]["max_content_length"], 9_765_625);
    let collection = &report["collections"][0];
    assert_eq!(collection["collection"]["id"], "91a7b528-80eb-42ed-a74d-c6fbd5a26116");
    assert_eq!(collection["collection"]["spec_versions"], json!(["2.0", "2.1"]));
    assert_eq!(collection["versions"], 10);
    folder.admin(&["collection", "set", "high-value", "--anonymous-read"]);
    let server = folder.serve(&[]);
    let path = "/trustgroup1/collections/high-value";
    let query = "match[version]=all&match[spec_version]=2.0,2.1&limit=100";
    let manifest = get(&server, None, &format!("{path}/manifest/?{query}")).expect(200).json();
    let dates: BTreeMap<String, Vec<&str>> =
        manifest["objects"].as_array().unwrap().iter().fold(BTreeMap::new(), |mut dates, record| {
            let of: &mut Vec<&str> = dates.entry(record["id"].as_str().unwrap().to_owned()).or_default();
            of.push(record["date_added"].as_str().unwrap());
            dates
        });
    let id = |kind: &str, n: usize| format!("{kind}--00000000-0000-4000-8000-{n:012}");
    assert_eq!(dates[&id("indicator", 0)], ["2026-02-01T12:00:00.123456Z", "2026-02-01T12:00:01.123456Z"]);
    assert_eq!(dates[&id("indicator", 1)], ["2026-02-01T12:00:00.123457Z"], "distinct, in the order of the file");
    assert_eq!(dates[&id("url", 1)], ["2026-02-01T12:00:02.123456Z"]);
    assert_eq!(dates[&id("identity", 1)], ["2026-02-01T12:00:04.124000Z"]);
    let url = get(&server, None, &format!("{path}/objects/{}/", id("url", 1))).expect(200).json();
    assert_eq!(url["objects"][0]["value"], "http://example.com/é");
    assert!(url["objects"][0].get("_date_added").is_none(), "{url}");
}

/// Where an object stands among its versions is settled as if the objects had been added one after the other: the memory of what is first, last and
/// best, and of when it expires, is the same as after adding what was taken over to a collection of our own.
#[test]
fn standing_is_as_if_added() {
    use taxii_server::store::{Collection, SqliteStore, Store, Window};
    use taxii_tests::content::{item, submission};

    let folder = Folder::new();
    let expiring =
        MEDALLION.replace(r#""type": "indicator""#, r#""valid_until": "2031-01-01T00:00:00Z", "type": "indicator""#);
    assert_ne!(expiring, MEDALLION);
    folder.write("medallion.json", &expiring);
    folder.admin(&["db", "import", "medallion", "medallion.json"]);
    folder.admin(&["collection", "add", "trustgroup1", "added", "--title", "t", "--spec-versions", "2.0,2.1"]);
    let store = SqliteStore::open(folder.file("taxii.db")).unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let collections = store.directory().await.unwrap().collections;
        let [imported, added]: [&Collection; 2] = ["high-value", "added"]
            .map(|alias| collections.iter().find(|c| c.alias.as_deref() == Some(alias)).unwrap());
        let all = Filter {
            versions: VersionFilter::All,
            spec_versions: Some(vec!["2.0".to_owned(), "2.1".to_owned()]),
            ..Filter::default()
        };
        let texts = store.objects(&Window::of(imported.key, &all)).await.unwrap();
        assert_eq!(texts.len(), 10);
        for (_, text) in texts.iter() {
            let text = String::from_utf8(text.to_vec()).unwrap();
            store.add(submission(added, vec![item(text)])).await.unwrap();
        }
    });
    drop(store);
    let rows = everything(&Place::File(folder.file("taxii.db"))).unwrap();
    let mut standings: BTreeMap<bool, BTreeSet<String>> = BTreeMap::new();
    for row in &rows["objects"] {
        let kept = |part: &&str| {
            ["id = ", "is_", "newest_", "oldest_", "spec_version = ", "valid_until = "]
                .iter()
                .any(|name| part.starts_with(name))
        };
        let of = row.split("; ").filter(kept).collect::<Vec<_>>().join("; ");
        standings.entry(row.contains("collection = 1;")).or_default().insert(of);
    }
    assert_eq!(standings[&true], standings[&false]);
}

/// What is none of theirs is refused, and nothing is left of the attempt.
#[test]
fn strangers_are_refused() {
    let folder = Folder::new();
    folder.admin(&["root", "add", "r", "--title", "t"]);
    let place = Place::File(folder.file("taxii.db"));
    let before = everything(&place).unwrap();
    for text in ["", "[]", "{}", "{\"discovery\": {}}", "{\"r\": 7}", "{\"r\": {\"information\": {\"title\": \"t\"}}}"]
    {
        folder.write("medallion.json", text);
        folder.run(&programs::server(), &["db", "import", "medallion", "medallion.json"]).bad(&[]);
    }
    folder.run(&programs::server(), &["db", "import", "opentaxii", "taxii.db"]).bad(&["opentaxii_collection"]);
    folder.run(&programs::server(), &["db", "import", "opentaxii", "none.db"]).bad(&["none.db"]);
    assert_eq!(everything(&place).unwrap(), before);
}
