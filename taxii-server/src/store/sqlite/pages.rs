use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::{Sqlite, SqliteConnection, SqliteValue};
use taxii_model::Timestamp;

use super::selected::{Part, Query, seen, selected, standings};
use crate::store::schema::objects;
use crate::store::sql::edition;
use crate::store::{CollectionKey, Page, Record, Result, Selection, Sight, Texts, Window};

pub(super) fn objects(connection: &mut SqliteConnection, window: &Window) -> Result<Texts> {
    /// Most objects are smaller; a page of larger ones grows.
    const TYPICAL: usize = 800;
    let mut texts = Texts::with_capacity(window.limit.min(1000) * TYPICAL);
    let Some(plan) = Plan::of(connection, window)? else { return Ok(texts) };
    texts.more = plan.more;
    match window.sight {
        None => {
            let rows = plan.query.select((objects::added, objects::body)).load_iter::<(i64, Body), _>(connection)?;
            take(&mut texts, window, rows.map(|row| row.map(|(added, text)| (added, text, None))))?;
        }
        Some(_) => {
            let columns = (objects::added, objects::body, objects::label.nullable());
            take(&mut texts, window, plan.query.select(columns).load_iter(connection)?)?;
        }
    }
    Ok(texts)
}

/// Takes rows as long as there is room.
fn take(
    texts: &mut Texts,
    window: &Window,
    rows: impl Iterator<Item = QueryResult<(i64, Body, Option<i64>)>>,
) -> Result<()> {
    for row in rows {
        let (added, Body(text), label) = row?;
        let fits = texts.is_empty() || texts.bytes() + 1 + text.len() <= window.bytes;
        if !fits || texts.len() == window.limit {
            texts.more = true;
            return Ok(());
        }
        texts.push_labelled(Timestamp::from_micros(added), text, label);
    }
    Ok(())
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
    sight: Option<&Sight>,
) -> Result<bool> {
    let entries = objects::table.filter(objects::collection.eq(collection.0)).filter(objects::id.eq(id));
    if let Some(sight) = sight {
        let entries = seen(entries.into_boxed(), sight);
        let entries = match versions.is_empty() {
            true => entries,
            false => entries.filter(objects::version_key.eq_any(versions)),
        };
        return Ok(diesel::select(exists(entries)).get_result(connection)?);
    }
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
    sight: Option<&Sight>,
) -> Result<Vec<i64>> {
    let mut stamps: Vec<i64> = Vec::new();
    for part in Part::of(sight) {
        let Some(query) = selected(collection, selection, part) else { continue };
        let query = match &selection.types {
            Some(types) => query.filter(objects::object_type.eq_any(types)),
            None => query,
        };
        let ids = selection.ids.as_deref().unwrap_or_default();
        stamps.extend(query.filter(objects::id.eq_any(ids)).select(objects::added).load::<i64>(connection)?);
    }
    Ok(stamps)
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
        let sight = window.sight.as_deref();
        let Some(query) = selected(window.collection, &window.selection, Part::All) else { return Ok(None) };
        if window.selection.ids.is_none() && window.selection.types.is_none() && sight.is_none() {
            return Ok(Some(Self { query: ordered(query, window), more: false }));
        }
        let mut stamps = Vec::new();
        for part in Part::of(sight) {
            stamps.extend(gather(connection, window, part)?);
        }
        stamps.sort_unstable();
        stamps.dedup();
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

/// The stamps of a part of a window, in order, and one more: each type is a stretch of an index, of which only
/// the beginning is read.
fn gather<'a>(connection: &mut SqliteConnection, window: &'a Window, part: Part<'a>) -> Result<Vec<i64>> {
    let selection = &window.selection;
    let enough = window.limit.saturating_add(1);
    let Some(query) = selected(window.collection, selection, part) else { return Ok(Vec::new()) };
    let mut stamps: Vec<i64> = match (&selection.ids, &selection.types) {
        (Some(ids), Some(types)) => {
            let query = query.filter(objects::id.eq_any(ids)).filter(objects::object_type.eq_any(types));
            first_stamps(connection, ordered(query, window), enough)?
        }
        (Some(ids), None) => first_stamps(connection, ordered(query.filter(objects::id.eq_any(ids)), window), enough)?,
        (None, None) => first_stamps(connection, ordered(query, window), enough)?,
        // They are few, and how they stand is not kept.
        (None, Some(types)) if matches!(part, Part::Mixed(_)) => {
            first_stamps(connection, ordered(query.filter(objects::object_type.eq_any(types)), window), enough)?
        }
        (None, Some(types)) => {
            let mut stamps = Vec::new();
            for object_type in types {
                for (newest, best) in standings(selection) {
                    let Some(query) = selected(window.collection, selection, part) else { continue };
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
            let query = selected(window.collection, &window.selection, Part::All).unwrap();
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

    /// Promise 5: so does what somebody reads who does not see everything: what stands as it is kept by the index of everybody, and what
    /// has to be compared, of which there is little, by one of its own, each with its siblings.
    #[test]
    fn limited_pages_follow_an_index() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.db");
        SqliteStore::open(&path).unwrap();
        let mut connection = connection::open(&path, 1 << 20).unwrap();
        let sight = Sight::new(vec![0, 2, 7], Timestamp::from_micros(9));
        let all = Filter { versions: VersionFilter::All, ..Filter::default() };
        let siblings = "SEARCH siblings USING INDEX objects_by_version (collection=? AND id=? AND version_key";
        for (filter, part, index, compared) in [
            (
                Filter::default(),
                Part::Alike(&sight),
                "objects_by_standing (collection=? AND is_newest=? AND is_best=? AND added>? AND added<?)",
                false,
            ),
            (Filter::default(), Part::Mixed(&sight), "objects_mixed (collection=? AND added>? AND added<?)", true),
            (
                all.clone(),
                Part::Alike(&sight),
                "sqlite_autoindex_objects_1 (collection=? AND added>? AND added<?)",
                false,
            ),
            (all, Part::Mixed(&sight), "objects_mixed (collection=? AND added>? AND added<?)", true),
        ] {
            let window =
                Window { limit: 100, after: Timestamp::from_micros(5), ..Window::of(CollectionKey(1), &filter) };
            let query = selected(window.collection, &window.selection, part).unwrap();
            let sql = diesel::debug_query::<Sqlite, _>(&ordered(query, &window).select(objects::added)).to_string();
            let (sql, _) = sql.split_once(" -- binds").unwrap();
            let steps: Vec<Step> =
                diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load(&mut connection).unwrap();
            let plan = steps.into_iter().map(|step| step.detail).collect::<Vec<_>>().join("; ");
            assert!(plan.contains(index) && plan.contains(siblings) == compared, "{plan}");
            assert!(!plan.contains("TEMP B-TREE"), "{plan}");
        }
    }
}
