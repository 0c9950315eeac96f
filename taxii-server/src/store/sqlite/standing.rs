use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool};
use diesel::sqlite::{Sqlite, SqliteConnection};

use crate::store::schema::objects;
use crate::store::sql::standing::{COLUMNS, Row, Sibling, Standing, stand};
use crate::store::{CollectionKey, Result};

/// Sets the standing of the entries of one object right after entries have come or gone; `keys` are
/// the version keys of those.
///
/// Only entries at either end of the object's history, or of the same version, can be affected, so
/// only they are read, however many versions there are.
pub(super) fn settle(
    connection: &mut SqliteConnection,
    collection: CollectionKey,
    id: &str,
    keys: &[String],
) -> Result<()> {
    let siblings = affected(connection, collection, id, keys)?;
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    for (sibling, standing) in siblings.iter().zip(stand(&siblings, &keys)) {
        if standing != sibling.standing {
            SetStanding { collection: collection.0, added: sibling.added, standing }.execute(connection)?;
        }
    }
    Ok(())
}

/// The update that follows every new version. Diesel prepares its own updates anew each time; this one is kept.
struct SetStanding {
    collection: i64,
    added: i64,
    standing: Standing,
}

impl QueryId for SetStanding {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl QueryFragment<Sqlite> for SetStanding {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("UPDATE objects SET is_best = ");
        out.push_bind_param::<Bool, _>(&self.standing.is_best)?;
        out.push_sql(", is_newest = ");
        out.push_bind_param::<Bool, _>(&self.standing.is_newest)?;
        out.push_sql(", is_oldest = ");
        out.push_bind_param::<Bool, _>(&self.standing.is_oldest)?;
        out.push_sql(", newest_in_spec = ");
        out.push_bind_param::<Bool, _>(&self.standing.newest_in_spec)?;
        out.push_sql(", oldest_in_spec = ");
        out.push_bind_param::<Bool, _>(&self.standing.oldest_in_spec)?;
        out.push_sql(" WHERE collection = ");
        out.push_bind_param::<BigInt, _>(&self.collection)?;
        out.push_sql(" AND added = ");
        out.push_bind_param::<BigInt, _>(&self.added)
    }
}

impl RunQueryDsl<SqliteConnection> for SetStanding {}

/// All entries of the object if they are few. Otherwise those at either end of its history (two versions have at
/// most four encodings; a new end pushes at most the former one aside), the same for each edition, and those of
/// the given versions.
fn affected(
    connection: &mut SqliteConnection,
    collection: CollectionKey,
    id: &str,
    keys: &[String],
) -> Result<Vec<Sibling>> {
    const FEW: usize = 16;
    let own = || objects::table.filter(objects::collection.eq(collection.0)).filter(objects::id.eq(id)).select(COLUMNS);
    // Not by LIMIT, for which SQLite would plan each query anew.
    let mut rows: Vec<Row> = own().load_iter::<Row, _>(connection)?.take(FEW + 1).collect::<QueryResult<_>>()?;
    if rows.len() > FEW {
        rows.clear();
        let (newest, oldest) = (objects::version_key.desc(), objects::version_key.asc());
        for row in own().order(newest).load_iter::<Row, _>(connection)?.take(4) {
            rows.push(row?);
        }
        for row in own().order(oldest).load_iter::<Row, _>(connection)?.take(4) {
            rows.push(row?);
        }
        for spec_version in [20, 21] {
            let own = || own().filter(objects::spec_version.eq(spec_version));
            for row in own().order(newest).load_iter::<Row, _>(connection)?.take(2) {
                rows.push(row?);
            }
            for row in own().order(oldest).load_iter::<Row, _>(connection)?.take(2) {
                rows.push(row?);
            }
        }
        rows.extend(own().filter(objects::version_key.eq_any(keys)).load::<Row>(connection)?);
        rows.sort_unstable();
        rows.dedup();
    }
    Ok(rows.into_iter().map(Sibling::from).collect())
}
