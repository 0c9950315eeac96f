//! The limit: the same rows in and out by plain SQL over one connection.

use std::time::Instant;

use stix_model::RawHead;
use tokio_postgres::{Client, Statement};

use crate::content;

/// Rows for one statement, column by column.
pub(crate) struct Rows {
    added: Vec<i64>,
    id: Vec<String>,
    version: Vec<String>,
    version_key: Vec<String>,
    body: Vec<String>,
}

impl Rows {
    /// Objects `from..from + count` of the generated content.
    pub(crate) fn of(from: usize, count: usize) -> Self {
        let mut rows =
            Self { added: Vec::new(), id: Vec::new(), version: Vec::new(), version_key: Vec::new(), body: Vec::new() };
        for i in from..from + count {
            let (n, version) = content::nth(i);
            let text = content::object(n, version);
            let head = RawHead::read(&text, 100).expect("JSON").check(None).expect("a head");
            let version = head.version().expect("a version");
            rows.added.push(1_790_000_000_000_000 + i as i64);
            rows.id.push(head.id.to_string());
            rows.version_key.push(version.sort_key());
            rows.version.push(version.to_string());
            rows.body.push(text);
        }
        rows
    }
}

const INSERT: &str = "INSERT INTO objects (collection, added, spec_version, is_best, is_newest, is_oldest, \
     newest_in_spec, oldest_in_spec, object_type, id, version, version_key, body) \
     SELECT $1, added, 21, true, true, true, true, true, 'indicator', id, version, version_key, body \
     FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[]) \
     AS entry (added, id, version, version_key, body)";

/// Inserts these rows, a transaction for each, and returns how many seconds that took.
pub(crate) async fn insert(client: &Client, collection: i64, all: &[Rows]) -> f64 {
    let statement = client.prepare(INSERT).await.expect("a statement");
    let begin = Instant::now();
    for rows in all {
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
            [&collection, &rows.added, &rows.id, &rows.version, &rows.version_key, &rows.body];
        client.execute(&statement, &values).await.expect("to insert");
    }
    begin.elapsed().as_secs_f64()
}

/// The plain query for a page.
pub(crate) async fn page(client: &Client) -> Statement {
    let sql = "SELECT added, body FROM objects WHERE collection = $1 AND is_newest AND is_best AND added > $2 \
               ORDER BY added LIMIT $3";
    client.prepare(sql).await.expect("a statement")
}

/// The stamp and the text of so many objects behind a stamp.
pub(crate) async fn ask(client: &Client, page: &Statement, collection: i64, after: i64, limit: i64) -> usize {
    let rows = client.query(page, &[&collection, &after, &limit]).await.expect("rows");
    let bytes: usize = rows.iter().map(|row| row.get::<_, &str>(1).len()).sum();
    assert!(bytes > 0, "an empty page");
    rows.len()
}
