//! Which rows a selection means. The text is the same for every engine, whose module includes this file and says what its
//! `Backend` is.

use diesel::prelude::*;
use diesel::sql_types::Bool;
use taxii_model::{Selector, VersionFilter};

use super::Backend;
use crate::store::schema::objects;
use crate::store::selection::Editions;
use crate::store::sql::edition_number;
use crate::store::{CollectionKey, Selection};

pub(super) type Query<'a> = objects::BoxedQuery<'a, Backend>;
type Condition<'a> = Box<dyn BoxableExpression<objects::table, Backend, SqlType = Bool> + 'a>;

/// The rows that a selection allows, by everything but ids and types; `None` if there are none.
pub(super) fn selected<'a>(collection: CollectionKey, selection: &'a Selection) -> Option<Query<'a>> {
    let query = objects::table.filter(objects::collection.eq(collection.0)).into_boxed();
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

/// The values of `is_newest` and `is_best` that selected rows can have.
pub(super) fn standings(selection: &Selection) -> impl Iterator<Item = (bool, bool)> + use<> {
    let last = selection.versions == VersionFilter::default() && !matches!(selection.editions, Editions::Only(_));
    let best = selection.editions == Editions::Newest;
    [(true, true), (true, false), (false, true), (false, false)]
        .into_iter()
        .filter(move |(n, b)| (*n || !last) && (*b || !best))
}
