//! Which rows a selection means. The text is the same for every engine, whose module includes this file and says what its
//! `Backend` is.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use taxii_model::{Selector, VersionFilter};

use super::Backend;
use crate::store::schema::objects;
use crate::store::selection::Editions;
use crate::store::sql::edition_number;
use crate::store::{CollectionKey, Selection, Sight};

pub(super) type Query<'a> = objects::BoxedQuery<'a, Backend>;
type Condition<'a> = Box<dyn BoxableExpression<objects::table, Backend, SqlType = Bool> + 'a>;

/// Which rows of a collection are looked through.
#[derive(Clone, Copy)]
pub(super) enum Part<'a> {
    /// All: the asker sees everything.
    All,
    /// Those that are seen, of objects of which all entries have one label: either all of them are seen or none, so they stand to each
    /// other as they always do.
    Alike(&'a Sight),
    /// Those that are seen of all other objects: how they stand to each other is found out by comparing.
    Mixed(&'a Sight),
}

impl<'a> Part<'a> {
    /// All that has to be looked through, in this order: an object that comes to have different labels meanwhile is found in either
    /// part or in both, never in neither, since it stays mixed.
    pub(super) fn of(sight: Option<&'a Sight>) -> impl Iterator<Item = Self> + use<'a> {
        match sight {
            None => [Some(Self::All), None],
            Some(sight) => [Some(Self::Alike(sight)), Some(Self::Mixed(sight))],
        }
        .into_iter()
        .flatten()
    }
}

/// The rows that a selection allows, by everything but ids and types; `None` if there are none.
pub(super) fn selected<'a>(collection: CollectionKey, selection: &'a Selection, part: Part<'a>) -> Option<Query<'a>> {
    let query = objects::table.filter(objects::collection.eq(collection.0)).into_boxed();
    match part {
        Part::All => standing(query, selection),
        Part::Alike(sight) => standing(seen(query.filter(not(objects::is_mixed)), sight), selection),
        Part::Mixed(sight) => compared(seen(query.filter(objects::is_mixed), sight), collection, selection, sight),
    }
}

/// Only rows that are seen.
pub(super) fn seen<'a>(query: Query<'a>, sight: &'a Sight) -> Query<'a> {
    query.filter(objects::label.eq_any(sight.labels())).filter(objects::added.le(sight.until().as_micros()))
}

/// By how the rows stand to each other over all of them.
fn standing<'a>(query: Query<'a>, selection: &'a Selection) -> Option<Query<'a>> {
    let query = match selection.editions {
        Editions::Newest => query.filter(objects::is_best.eq(true)),
        Editions::Only(spec_version) => query.filter(objects::spec_version.eq(edition_number(spec_version))),
        Editions::Every => query,
        Editions::None => return None,
    };
    let VersionFilter::Any(selectors) = &selection.versions else { return Some(query) };
    let in_spec = matches!(selection.editions, Editions::Only(_));
    let any = selectors.iter().map(|selector| condition(selector, in_spec)).reduce(|a, b| Box::new(a.or(b)));
    any.map(|any| query.filter(any))
}

fn condition<'a>(selector: &Selector, in_spec: bool) -> Condition<'a> {
    match (selector, in_spec) {
        (Selector::First, false) => Box::new(objects::is_oldest.eq(true)),
        (Selector::First, true) => Box::new(objects::oldest_in_spec.eq(true)),
        (Selector::Last, false) => Box::new(objects::is_newest.eq(true)),
        (Selector::Last, true) => Box::new(objects::newest_in_spec.eq(true)),
        (Selector::At(instant), _) => Box::new(objects::version_key.eq(instant.sort_key())),
    }
}

diesel::alias!(objects as siblings: Siblings);

/// By how the rows stand to each other over those that are seen.
fn compared<'a>(
    query: Query<'a>,
    collection: CollectionKey,
    selection: &'a Selection,
    sight: &'a Sight,
) -> Option<Query<'a>> {
    macro_rules! sibling {
        ($condition:expr) => {
            exists(
                siblings
                    .filter(siblings.field(objects::collection).eq(collection.0))
                    .filter(siblings.field(objects::id).eq(objects::id))
                    .filter(siblings.field(objects::label).eq_any(sight.labels()))
                    .filter($condition),
            )
        };
    }
    let key = siblings.field(objects::version_key);
    let edition = siblings.field(objects::spec_version);
    let query = match selection.editions {
        Editions::Newest => {
            query.filter(not(sibling!(key.eq(objects::version_key).and(edition.gt(objects::spec_version)))))
        }
        Editions::Only(spec_version) => query.filter(objects::spec_version.eq(edition_number(spec_version))),
        Editions::Every => query,
        Editions::None => return None,
    };
    let VersionFilter::Any(selectors) = &selection.versions else { return Some(query) };
    let in_spec = matches!(selection.editions, Editions::Only(_));
    let any = selectors.iter().map(|selector| -> Condition<'a> {
        let (older, newer) = (key.lt(objects::version_key), key.gt(objects::version_key));
        let same = edition.eq(objects::spec_version);
        match (selector, in_spec) {
            (Selector::First, false) => Box::new(not(sibling!(older))),
            (Selector::First, true) => Box::new(not(sibling!(older.and(same)))),
            (Selector::Last, false) => Box::new(not(sibling!(newer))),
            (Selector::Last, true) => Box::new(not(sibling!(newer.and(same)))),
            (Selector::At(instant), _) => Box::new(objects::version_key.eq(instant.sort_key())),
        }
    });
    any.reduce(|a, b| Box::new(a.or(b))).map(|any| query.filter(any))
}

/// The values of `is_newest` and `is_best` that selected rows can have; of those that are compared, any.
pub(super) fn standings(selection: &Selection) -> impl Iterator<Item = (bool, bool)> + use<> {
    let last = selection.versions == VersionFilter::default() && !matches!(selection.editions, Editions::Only(_));
    let best = selection.editions == Editions::Newest;
    [(true, true), (true, false), (false, true), (false, false)]
        .into_iter()
        .filter(move |(n, b)| (*n || !last) && (*b || !best))
}
