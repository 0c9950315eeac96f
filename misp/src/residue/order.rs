//! In which order MISP writes members.

use std::borrow::Cow;
use std::collections::HashMap;

use stix_model::json::{Json, Members};

use crate::format::{Kind, Record};

/// The record that stands in a member of a record.
pub(super) fn inner(record: Option<&'static Record>, name: &str) -> Option<&'static Record> {
    match record?.fields.iter().find(|field| field.name == name)?.kind {
        Kind::One(inner) | Kind::List(inner) => Some(inner),
        _ => None,
    }
}

/// Puts members in order: as listed, else as MISP writes those of the record, what MISP does not have coming last.
pub(super) fn members(
    members: Members<'static>,
    record: Option<&'static Record>,
    listed: Option<&[Json<'static>]>,
) -> Members<'static> {
    let listed: Option<HashMap<&str, usize>> =
        listed.map(|names| names.iter().filter_map(Json::as_str).enumerate().map(|(i, name)| (name, i)).collect());
    let place = |name: &str| match (&listed, record) {
        (Some(listed), _) => listed.get(name).copied(),
        (None, Some(record)) => record.fields.iter().position(|field| field.name == name),
        (None, None) => None,
    };
    let mut all: Vec<(Cow<'static, str>, Json<'static>)> = members.into_iter().collect();
    all.sort_by_cached_key(|(name, _)| place(name).unwrap_or(usize::MAX));
    all.into_iter().collect()
}
