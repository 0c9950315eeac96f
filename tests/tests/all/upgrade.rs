//! A database of the first schema, with what the release wrote that had it, is opened by the program of today.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use taxii_server::store::transfer::testing::{everything, run};
use taxii_server::store::transfer::{self, Place};
use taxii_tests::http::{Request, TAXII};
use taxii_tests::postgres::Database;
use taxii_tests::programs::Folder;

const SQLITE: &str = include_str!("../../fixtures/upgrade-0001-sqlite.sql");
const POSTGRES: &str = include_str!("../../fixtures/upgrade-0001-postgres.sql");
const TABLES: &str = include_str!("../../../taxii-server/migrations/postgres/0001_initial/up.sql");
/// What that release answered.
const ANSWERED: &str = include_str!("../../fixtures/upgrade-0001.json");

/// Every object and status, the account with its password and key, and the cursor that a client holds: all as before.
fn all_is_there(folder: &Folder, database: &str) {
    let answered: Value = serde_json::from_str(ANSWERED).unwrap();
    let server = folder.serve(&["--database", database]);
    let key = answered["key"].as_str().unwrap();
    let get = |target: &str| {
        let request = Request::new(server.origin, "GET", target).accept(TAXII);
        request.header("Authorization", &format!("Bearer {key}")).send().expect(200).json()
    };
    for status in answered["statuses"].as_array().unwrap() {
        assert_eq!(&get(&format!("/api1/status/{}/", status["id"].as_str().unwrap())), status);
    }
    let next = answered["next"].as_str().unwrap();
    let rest = get(&format!("/api1/collections/indicators/objects/?limit=100&match[version]=all&next={next}"));
    let rest = rest["objects"].as_array().unwrap();
    let found: Vec<Value> = rest.iter().map(|object| json!([object["id"], object["modified"]])).collect();
    assert_eq!(json!(found), answered["rest"]);
    assert_eq!(rest[0]["name"], "\u{0} \u{1f40d} ü");
    let password = answered["password"].as_str().unwrap();
    let with_password = Request::new(server.origin, "GET", "/api1/collections/inbox/objects/").accept(TAXII);
    with_password.basic("soc", password).send().expect(403);
    let collection = get("/api1/collections/inbox/");
    assert_eq!((&collection["description"], &collection["can_write"]), (&json!("Ünïcode 🐍"), &json!(true)));
    server.stop();
}

/// What a database has after the upgrade is what it had before, value by value, and what is new.
fn upgraded(folder: &Folder, place: &Place, database: &str) {
    let before = everything(place).unwrap();
    let state = transfer::state(place).unwrap();
    assert_eq!(state.applied, ["0001_initial"]);
    assert!(state.pending.contains(&"0002_ingest".to_owned()));
    assert_eq!(everything(place).unwrap(), before, "asking changes nothing");
    // A backup of what is not up to date yet can be restored, which brings it up to date.
    transfer::backup(place, &folder.file("before.db"), &mut |_| ()).unwrap();
    let restored = Place::File(folder.file("restored.db"));
    transfer::restore(&folder.file("before.db"), &restored, &mut |_| ()).unwrap();

    all_is_there(folder, database);
    let after = everything(place).unwrap();
    for (table, rows) in &before {
        let parts = |rows: &BTreeSet<String>| -> BTreeSet<String> { rows.iter().flat_map(|r| parts_of(r)).collect() };
        assert!(parts(&after[table]).is_superset(&parts(rows)), "{table}");
        assert_eq!(after[table].len(), rows.len(), "{table}");
    }
    assert!(after["collections"].iter().all(|row| row.contains("ingest = \"head\"")));
    assert_eq!(everything(&restored).unwrap(), after, "restored and brought up to date");
    all_is_there(folder, "restored.db");
}

fn parts_of(row: &str) -> Vec<String> {
    row.split("; ").map(str::to_owned).collect()
}

/// What the first version wrote into a file is all there for today's, and so are cursors and passwords.
#[test]
fn the_first_schema_on_sqlite() {
    let folder = Folder::new();
    let place = Place::File(folder.file("old.db"));
    run(&place, SQLITE).unwrap();
    upgraded(&folder, &place, "old.db");
}

/// The same on PostgreSQL.
#[test]
fn the_first_schema_on_postgres() {
    let Some(database) = Database::new("an upgrade of the first schema on PostgreSQL") else { return };
    let place = Place::read(&database.url()).unwrap();
    run(&place, TABLES).unwrap();
    run(&place, POSTGRES).unwrap();
    upgraded(&Folder::new(), &place, &database.url());
}
