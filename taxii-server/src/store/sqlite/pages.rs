use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::{Sqlite, SqliteConnection, SqliteValue};
use taxii_model::Timestamp;

use super::selected::{Query, selected, standings};
use crate::store::schema::objects;
use crate::store::sql::edition;
use crate::store::{CollectionKey, Page, Record, Result, Selection, Texts, Window};

pub(super) fn objects(connection: &mut SqliteConnection, window: &Window) -> Result<Texts> {
    /// Most objects are smaller; a page of larger ones grows.
    const TYPICAL: usize = 800;
    let mut texts = Texts::with_capacity(window.limit.min(1000) * TYPICAL);
    let Some(plan) = Plan::of(connection, window)? else { return Ok(texts) };
    let rows = plan.query.select((objects::added, objects::body)).load_iter::<(i64, Body), _>(connection)?;
    for row in rows {
        let (added, Body(text)) = row?;
        let fits = texts.is_empty() || texts.bytes() + 1 + text.len() <= window.bytes;
        if !fits || texts.len() == window.limit {
            texts.more = true;
            return Ok(texts);
        }
        texts.push(Timestamp::from_micros(added), text);
    }
    texts.more = plan.more;
    Ok(texts)
}

/// The text of an object as its bytes, which were checked when they came in.
#[derive(FromSqlRow)]
struct Body(Vec<u8>);

impl FromSql<Text, Sqlite> for Body {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Ok(Self(value.read_blob().to_vec()))
    }
}

pub(super) fn records(connection: &mut SqliteConnection, window: &Window) -> Result<Page<Record>> {
    let Some(plan) = Plan::of(connection, window)? else { return Ok(Page { entries: Vec::new(), more: false }) };
    let columns = (objects::added, objects::id, objects::version, objects::spec_version);
    let mut page = Page { entries: Vec::new(), more: plan.more };
    for row in plan.query.select(columns).load_iter::<(i64, String, String, i32), _>(connection)? {
        if page.entries.len() == window.limit {
            page.more = true;
            break;
        }
        let (added, id, version, spec_version) = row?;
        let spec_version = edition(spec_version)?;
        page.entries.push(Record { added: Timestamp::from_micros(added), id, version, spec_version });
    }
    Ok(page)
}

pub(super) fn holds(
    connection: &mut SqliteConnection,
    collection: CollectionKey,
    id: &str,
    versions: Vec<String>,
) -> Result<bool> {
    let entries = objects::table.filter(objects::collection.eq(collection.0)).filter(objects::id.eq(id));
    Ok(match versions.is_empty() {
        true => diesel::select(exists(entries)).get_result(connection)?,
        false => {
            diesel::select(exists(entries.filter(objects::version_key.eq_any(versions)))).get_result(connection)?
        }
    })
}

/// The stamps of the selected entries of one object.
pub(super) fn stamps_of(
    connection: &mut SqliteConnection,
    collection: CollectionKey,
    selection: &Selection,
) -> Result<Vec<i64>> {
    let Some(query) = selected(collection, selection) else { return Ok(Vec::new()) };
    let query = match &selection.types {
        Some(types) => query.filter(objects::object_type.eq_any(types)),
        None => query,
    };
    let ids = selection.ids.as_deref().unwrap_or_default();
    Ok(query.filter(objects::id.eq_any(ids)).select(objects::added).load(connection)?)
}

/// How to read a window: which rows, in order.
struct Plan<'a> {
    query: Query<'a>,
    /// Is it known that there are more rows than the query gives?
    more: bool,
}

impl<'a> Plan<'a> {
    /// `None` if nothing can match.
    fn of(connection: &mut SqliteConnection, window: &'a Window) -> Result<Option<Self>> {
        let Some(query) = selected(window.collection, &window.selection) else { return Ok(None) };
        if window.selection.ids.is_none() && window.selection.types.is_none() {
            return Ok(Some(Self { query: ordered(query, window), more: false }));
        }
        let mut stamps = gather(connection, window)?;
        let more = stamps.len() > window.limit;
        stamps.truncate(window.limit);
        let query = objects::table
            .filter(objects::collection.eq(window.collection.0))
            .filter(objects::added.eq_any(stamps))
            .order(objects::added)
            .into_boxed();
        Ok(Some(Self { query, more }))
    }
}

/// The rows of a window and all behind it, in order. Whoever reads them stops when there are enough: with a
/// `LIMIT ?`, SQLite would plan the query anew for each value.
fn ordered<'a>(query: Query<'a>, window: &Window) -> Query<'a> {
    query.filter(objects::added.gt(window.after.as_micros())).order(objects::added)
}

/// The stamps of a window of certain ids or types, in order, and one more: each type is a
/// stretch of an index, of which only the beginning is read.
fn gather(connection: &mut SqliteConnection, window: &Window) -> Result<Vec<i64>> {
    let selection = &window.selection;
    let enough = window.limit.saturating_add(1);
    let Some(query) = selected(window.collection, selection) else { return Ok(Vec::new()) };
    let mut stamps: Vec<i64> = match (&selection.ids, &selection.types) {
        (Some(ids), Some(types)) => {
            let query = query.filter(objects::id.eq_any(ids)).filter(objects::object_type.eq_any(types));
            first_stamps(connection, ordered(query, window), enough)?
        }
        (Some(ids), None) => first_stamps(connection, ordered(query.filter(objects::id.eq_any(ids)), window), enough)?,
        (None, types) => {
            let mut stamps = Vec::new();
            for object_type in types.iter().flatten() {
                for (newest, best) in standings(selection) {
                    let Some(query) = selected(window.collection, selection) else { continue };
                    let stretch = query.filter(objects::object_type.eq(object_type));
                    let stretch = stretch.filter(objects::is_newest.eq(newest)).filter(objects::is_best.eq(best));
                    stamps.extend(first_stamps(connection, ordered(stretch, window), enough)?);
                }
            }
            stamps
        }
    };
    stamps.sort_unstable();
    stamps.truncate(enough);
    Ok(stamps)
}

fn first_stamps(connection: &mut SqliteConnection, query: Query<'_>, enough: usize) -> QueryResult<Vec<i64>> {
    query.select(objects::added).load_iter::<i64, _>(connection)?.take(enough).collect()
}

#[cfg(test)]
mod tests {
    use taxii_model::{Filter, Selector, VersionFilter};

    use super::*;
    use crate::store::sqlite::{SqliteStore, connection};

    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = Text)]
        detail: String,
    }

    /// Promise 6: the cost of a page depends on the page. Each read follows an index in the order of the page
    /// and sorts nothing.
    #[test]
    fn pages_follow_an_index() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.db");
        SqliteStore::open(&path).unwrap();
        let mut connection = connection::open(&path, 1 << 20).unwrap();
        let mut plan = |filter: Filter, object_type: Option<&str>| -> String {
            let window =
                Window { limit: 100, after: Timestamp::from_micros(5), ..Window::of(CollectionKey(1), &filter) };
            let query = selected(window.collection, &window.selection).unwrap();
            let query = match object_type {
                Some(t) => query
                    .filter(objects::object_type.eq(t))
                    .filter(objects::is_newest.eq(true))
                    .filter(objects::is_best.eq(true)),
                None => query,
            };
            let sql =
                diesel::debug_query::<Sqlite, _>(&ordered(query, &window).select((objects::added, objects::body)))
                    .to_string();
            let (sql, _) = sql.split_once(" -- binds").unwrap();
            let steps: Vec<Step> =
                diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load(&mut connection).unwrap();
            steps.into_iter().map(|step| step.detail).collect::<Vec<_>>().join("; ")
        };
        let versions = |versions| Filter { versions, ..Filter::default() };
        for (filter, object_type, index) in [
            (Filter::default(), None, "objects_by_standing (collection=? AND is_newest=? AND is_best=? AND added>?)"),
            (
                Filter::default(),
                Some("url"),
                "objects_by_type (collection=? AND object_type=? AND is_newest=? AND is_best=? AND added>?)",
            ),
            (versions(VersionFilter::All), None, "sqlite_autoindex_objects_1 (collection=? AND added>?)"),
            (
                versions(VersionFilter::Any(vec![Selector::First])),
                None,
                "sqlite_autoindex_objects_1 (collection=? AND added>?)",
            ),
        ] {
            let plan = plan(filter, object_type);
            assert!(plan.contains(index), "{plan}");
            assert!(!plan.contains("TEMP B-TREE"), "{plan}");
        }
    }
}
