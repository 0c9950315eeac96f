//! A database of the first schema, with what the release wrote that had it, is opened by the program of today.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};
use taxii_server::store::transfer::testing::{everything, run};
use taxii_server::store::transfer::{self, Place};
use taxii_server::store::{PostgresStore, SqliteStore, Store};
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

/// What that release did not know of yet: an indicator that expires. And whenever this runs, no status is too old to be kept.
const PREPARED: &str = r#"
    UPDATE objects SET body = replace(body, '"valid_from"', '"valid_until":"2030-01-01T00:00:00Z","valid_from"')
        WHERE id = 'indicator--00000000-0000-4000-8000-000000000001';
    UPDATE statuses SET completed = 4000000000000000;
"#;

/// Everything in a database once it is up to date and has learnt what older rows do not say of themselves.
fn learnt(place: &Place) -> BTreeMap<String, BTreeSet<String>> {
    async fn tidy(store: impl Store) {
        while store.tidy(100).await.unwrap() {}
    }
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        match place {
            Place::File(file) => tidy(SqliteStore::open(file).unwrap()).await,
            Place::Url(url) => tidy(PostgresStore::open(url).await.unwrap()).await,
            _ => unreachable!(),
        }
    });
    without_use(everything(place).unwrap())
}

/// All of it but what using the server leaves: who did and received what, and which credential was used last.
fn without_use(mut all: BTreeMap<String, BTreeSet<String>>) -> BTreeMap<String, BTreeSet<String>> {
    for table in ["audit", "audit_head", "pollers"] {
        all.remove(table);
    }
    if let Some(credentials) = all.get_mut("credentials") {
        let unused = |row: &String| {
            let parts = parts_of(row).into_iter().filter(|part| !part.starts_with("last_used = "));
            parts.collect::<Vec<_>>().join("; ")
        };
        *credentials = credentials.iter().map(unused).collect();
    }
    all
}

/// Restores a backup: the tables may be there already, up to date and empty.
fn restored(backup: &Path, place: &Place) -> BTreeMap<String, BTreeSet<String>> {
    transfer::restore(backup, place, &mut |_| ()).unwrap_or_else(|error| panic!("{place}: {error:?}"));
    assert!(transfer::state(place).unwrap().pending.is_empty());
    learnt(place)
}

/// What a database has after the upgrade is what it had before, value by value, and what is new. The same comes of its backup,
/// wherever that is restored: until when an indicator is valid as well.
fn upgraded(folder: &Folder, place: &Place, database: &str) {
    run(place, PREPARED).unwrap();
    let before = everything(place).unwrap();
    let state = transfer::state(place).unwrap();
    assert_eq!(state.applied, ["0001_initial"]);
    assert!(state.pending.contains(&"0002_ingest".to_owned()));
    assert_eq!(everything(place).unwrap(), before, "asking changes nothing");
    let backup = folder.file("before.db");
    transfer::backup(place, &backup, &mut |_| ()).unwrap();

    all_is_there(folder, database);
    let after = learnt(place);
    identities_are_there(&before, &after);
    for (table, rows) in before.iter().filter(|(table, _)| !matches!(table.as_str(), "accounts" | "keys" | "grants")) {
        // Learning moves `changes`, so that copies compare the entries again.
        let kept = |part: &String| table != "marks" || !part.starts_with("changes = ");
        let parts = |rows: &BTreeSet<String>| -> BTreeSet<String> {
            rows.iter().flat_map(|row| parts_of(row)).filter(kept).collect()
        };
        assert!(parts(&after[table]).is_superset(&parts(rows)), "{table}");
        assert_eq!(after[table].len(), rows.len(), "{table}");
    }
    assert!(after["collections"].iter().all(|row| row.contains("ingest = \"head\"")));
    let valid = format!("valid_until = {}", 1_893_456_000_000_000_i64);
    let versions = after["objects"].iter().filter(|row| row.contains("2030-01-01T00:00:00Z"));
    assert!(
        versions.clone().count() > 0 && versions.clone().all(|row| row.contains(&valid)),
        "it is known when they expire"
    );

    let migrated = Place::File(folder.file("migrated.db"));
    transfer::migrate(&migrated).unwrap();
    for place in [Place::File(folder.file("restored.db")), migrated] {
        assert_eq!(restored(&backup, &place), after, "{place}");
    }
    all_is_there(folder, "restored.db");
    let Some(database) = Database::new("restoring the first schema on PostgreSQL") else { return };
    let place = Place::read(&database.url()).unwrap();
    assert_eq!(restored(&backup, &place), after, "PostgreSQL");
    all_is_there(folder, &database.url());
    database.clear();
    transfer::migrate(&place).unwrap();
    assert_eq!(restored(&backup, &place), after, "PostgreSQL, migrated");
}

/// Passwords and keys are credentials now, and grants say more: each is there, and no other.
fn identities_are_there(before: &BTreeMap<String, BTreeSet<String>>, after: &BTreeMap<String, BTreeSet<String>>) {
    let value = |row: &str, name: &str| -> String {
        let part =
            parts_of(row).into_iter().find_map(|part| Some(part.strip_prefix(&format!("{name} = "))?.to_owned()));
        part.unwrap_or_else(|| panic!("{name} in {row}"))
    };
    let values = |row: &str, names: &[&str]| names.iter().map(|name| value(row, name)).collect::<Vec<_>>();
    let all =
        |rows: &BTreeSet<String>, names: &[&str]| rows.iter().map(|row| values(row, names)).collect::<BTreeSet<_>>();
    let columns = ["name", "is_admin", "client"];
    assert_eq!(all(&after["accounts"], &columns), all(&before["accounts"], &columns));
    let of_kind = |kind: &str| -> BTreeSet<String> {
        after["credentials"].iter().filter(|row| value(row, "kind") == format!("{kind:?}")).cloned().collect()
    };
    let (names, former) =
        (["id", "account", "name", "secret", "created"], ["id", "account", "label", "digest", "created"]);
    assert_eq!(all(&of_kind("key"), &names), all(&before["keys"], &former));
    let with_password = before["accounts"].iter().filter(|row| value(row, "password") != "nothing").cloned().collect();
    assert_eq!(all(&of_kind("password"), &["account", "secret"]), all(&with_password, &["name", "password"]));
    let names = ["subject", "object", "can_read", "can_write"];
    assert_eq!(
        all(&after["grants"], &names),
        all(&before["grants"], &["account", "collection", "can_read", "can_write"])
    );
    for grant in &after["grants"] {
        let both = value(grant, "can_read") == "1" && value(grant, "can_write") == "1";
        assert_eq!(value(grant, "can_delete") == "1", both, "who could delete still can: {grant}");
        assert_eq!(values(grant, &["subject_kind", "object_kind"]), ["\"account\"", "\"collection\""]);
    }
    assert!(!after["grants"].is_empty() && !of_kind("key").is_empty() && !of_kind("password").is_empty());
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
    let folder = Folder::new();
    // A node of today that was stopped while it made the index has left a column that no migration of the database tells of.
    run(&place, "ALTER TABLE objects ADD COLUMN valid_until BIGINT").unwrap();
    transfer::backup(&place, &folder.file("between.db"), &mut |_| ()).unwrap();
    run(&place, "ALTER TABLE objects DROP COLUMN valid_until").unwrap();
    upgraded(&folder, &place, &database.url());
}
