use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::dsl::exists;
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::future::try_join_all;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use taxii_model::Timestamp;

use super::selected::{Part, Query, seen, selected, standings};
use crate::store::schema::objects;
use crate::store::sql::edition;
use crate::store::{CollectionKey, Page, Record, Result, Selection, Sight, Texts, Window};

/// The texts of a window, in stretches: what the database has begun to send, it sends to the end, and a page may have
/// its bytes long before its entries.
pub(super) async fn objects(connection: &AsyncPgConnection, window: &Window) -> Result<Texts> {
    /// Most objects are smaller; a page of larger ones grows.
    const TYPICAL: usize = 800;
    /// So many texts are asked for before their size is known.
    const FIRST: usize = 256;
    let mut texts = Texts::with_capacity(window.limit.min(1000) * TYPICAL);
    let (mut after, mut stretch) = (window.after, FIRST);
    loop {
        let part = Window { after, limit: stretch.min(window.limit - texts.len()), ..window.clone() };
        let Some(plan) = Plan::of(connection, &part).await? else { return Ok(texts) };
        texts.more = plan.more;
        let mut rows = plan.rows(connection, window).await?;
        let enough = texts.len() + part.limit;
        while let Some((added, Body(text), label)) = rows.try_next().await? {
            let fits = texts.is_empty() || texts.bytes() + 1 + text.len() <= window.bytes;
            texts.more |= !fits || texts.len() == enough;
            if !fits {
                return Ok(texts);
            }
            if texts.len() < enough {
                texts.push_labelled(Timestamp::from_micros(added), text, label);
            }
        }
        if !texts.more || texts.len() == window.limit {
            return Ok(texts);
        }
        after = texts.dates().map_or(after, |(_, last)| last);
        let average = texts.bytes() / texts.len().max(1) + 1;
        stretch = (window.bytes.saturating_sub(texts.bytes()) / average).clamp(1, 4 * stretch);
    }
}

/// The text of an object as its bytes, which were checked when they came in.
#[derive(FromSqlRow)]
struct Body(Vec<u8>);

impl FromSql<Text, Pg> for Body {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(value.as_bytes().to_vec()))
    }
}

pub(super) async fn records(connection: &AsyncPgConnection, window: &Window) -> Result<Page<Record>> {
    let Some(plan) = Plan::of(connection, window).await? else { return Ok(Page { entries: Vec::new(), more: false }) };
    let columns = (objects::added, objects::id, objects::version, objects::spec_version);
    let rows: Vec<(i64, String, String, i32)> = plan.query.select(columns).load(&mut &*connection).await?;
    let more = plan.more || rows.len() > window.limit;
    let entries = rows.into_iter().take(window.limit).map(|(added, id, version, spec_version)| {
        let spec_version = edition(spec_version)?;
        Ok(Record { added: Timestamp::from_micros(added), id, version, spec_version })
    });
    Ok(Page { entries: entries.collect::<Result<_>>()?, more })
}

pub(super) async fn holds(
    connection: &AsyncPgConnection,
    collection: CollectionKey,
    id: &str,
    versions: &[String],
    sight: Option<&Sight>,
) -> Result<bool> {
    if !can_be(id) {
        return Ok(false);
    }
    let entries = objects::table.filter(objects::collection.eq(collection.0)).filter(objects::id.eq(id));
    if let Some(sight) = sight {
        let entries = seen(entries.into_boxed(), sight);
        let entries = match versions.is_empty() {
            true => entries,
            false => entries.filter(objects::version_key.eq_any(versions)),
        };
        return Ok(diesel::select(exists(entries)).get_result(&mut &*connection).await?);
    }
    Ok(match versions.is_empty() {
        true => diesel::select(exists(entries)).get_result(&mut &*connection).await?,
        false => {
            let entries = entries.filter(objects::version_key.eq_any(versions));
            diesel::select(exists(entries)).get_result(&mut &*connection).await?
        }
    })
}

/// The stamps of the selected entries of one object.
pub(super) async fn stamps_of(
    connection: &AsyncPgConnection,
    collection: CollectionKey,
    selection: &Selection,
    sight: Option<&Sight>,
) -> Result<Vec<i64>> {
    let mut stamps: Vec<i64> = Vec::new();
    for part in Part::of(sight) {
        let Some(query) = selected(collection, selection, part) else { continue };
        let query = match &selection.types {
            Some(types) => query.filter(objects::object_type.eq_any(possible(types))),
            None => query,
        };
        let ids = possible(selection.ids.as_deref().unwrap_or_default());
        let query = query.filter(objects::id.eq_any(ids)).select(objects::added);
        stamps.extend(query.load::<i64>(&mut &*connection).await?);
    }
    Ok(stamps)
}

/// Texts of the database have no NUL, and it refuses to be asked for one.
fn can_be(text: &str) -> bool {
    !text.contains('\0')
}

fn possible(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).filter(|text| can_be(text)).collect()
}

/// How to read a window: which rows, in order.
struct Plan<'a> {
    query: Query<'a>,
    /// Is it known that there are more rows than the query gives?
    more: bool,
}

impl<'a> Plan<'a> {
    /// `None` if nothing can match.
    async fn of(connection: &AsyncPgConnection, window: &'a Window) -> Result<Option<Self>> {
        let sight = window.sight.as_deref();
        if sight.is_none() && window.selection.ids.is_none() {
            let mut stretches = stretches(window, Part::All).into_iter();
            match (stretches.next(), stretches.next()) {
                (None, _) => return Ok(None),
                (Some(only), None) => return Ok(Some(Self { query: ordered(only, window), more: false })),
                _ => {}
            }
        }
        let by_id = window.selection.ids.is_some();
        let mut all: Vec<i64> = Vec::new();
        // The parts one after the other: see `Part::of`.
        for part in Part::of(sight) {
            let stretches = stretches(window, part).into_iter();
            let found = stretches.map(|stretch| stamps(connection, stretch, window, by_id));
            all.extend(try_join_all(found).await?.into_iter().flatten());
        }
        all.sort_unstable();
        all.dedup();
        let more = all.len() > window.limit;
        all.truncate(window.limit);
        let query = objects::table
            .filter(objects::collection.eq(window.collection.0))
            .filter(objects::added.eq_any(all))
            .order(objects::added)
            .into_boxed();
        Ok(Some(Self { query, more }))
    }

    /// The stamps and texts of the rows; also the labels, for somebody who does not see everything.
    async fn rows(self, connection: &AsyncPgConnection, window: &Window) -> QueryResult<Rows<'a>> {
        let mut connection = connection;
        Ok(match window.sight {
            None => {
                let rows = self.query.select((objects::added, objects::body));
                let rows = rows.load_stream::<(i64, Body)>(&mut connection).await?;
                rows.map_ok(|(added, text)| (added, text, None)).boxed()
            }
            Some(_) => {
                let rows = self.query.select((objects::added, objects::body, objects::label.nullable()));
                rows.load_stream::<(i64, Body, Option<i64>)>(&mut connection).await?.boxed()
            }
        })
    }
}

type Rows<'a> = BoxStream<'a, QueryResult<(i64, Body, Option<i64>)>>;

/// The stamps of the first rows of a stretch. All that an object has are read by its id: told to sort and to stop, the
/// planner may think that it finds them sooner by walking through the collection.
async fn stamps(
    connection: &AsyncPgConnection,
    stretch: Query<'_>,
    window: &Window,
    by_id: bool,
) -> QueryResult<Vec<i64>> {
    let query = match by_id {
        true => stretch.filter(objects::added.gt(window.after.as_micros())),
        false => ordered(stretch, window),
    };
    query.select(objects::added).load(&mut &*connection).await
}

/// The rows of a window, in order, and one more.
fn ordered<'a>(query: Query<'a>, window: &Window) -> Query<'a> {
    let limit = i64::try_from(window.limit).unwrap_or(i64::MAX).saturating_add(1);
    query.filter(objects::added.gt(window.after.as_micros())).order(objects::added).limit(limit)
}

/// The selected rows in parts, of which each is a stretch of an index in the order of a page; those of certain objects
/// are one part.
fn stretches<'a>(window: &'a Window, part: Part<'a>) -> Vec<Query<'a>> {
    let selection = &window.selection;
    let all = || selected(window.collection, selection, part);
    match (&selection.ids, &selection.types) {
        (None, None) => all().into_iter().collect(),
        (Some(ids), None) => all().map(|query| query.filter(objects::id.eq_any(possible(ids)))).into_iter().collect(),
        (Some(ids), Some(types)) => {
            let query = all().map(|query| {
                query.filter(objects::id.eq_any(possible(ids))).filter(objects::object_type.eq_any(possible(types)))
            });
            query.into_iter().collect()
        }
        // They are few, and how they stand is not kept.
        (None, Some(types)) if matches!(part, Part::Mixed(_)) => {
            let query = all().map(|query| query.filter(objects::object_type.eq_any(possible(types))));
            query.into_iter().collect()
        }
        (None, Some(types)) => {
            let types = possible(types);
            let parts = types.into_iter().flat_map(|object_type| {
                standings(selection).filter_map(move |(newest, best)| {
                    let query = all()?.filter(objects::object_type.eq(object_type));
                    Some(query.filter(objects::is_newest.eq(newest)).filter(objects::is_best.eq(best)))
                })
            });
            parts.collect()
        }
    }
}
