//! The entries of `granular_markings`: read, and changed one by one.

use super::{Marking, MarkingError, Selector};
use crate::json::{Json, Members};

const PROPERTY: &str = "granular_markings";

/// Every marking of a part; `None` stands for one that cannot be read.
pub(super) fn marks(object: &Members<'_>) -> Vec<Option<(Marking, Selector)>> {
    match object.get(PROPERTY) {
        None => Vec::new(),
        Some(Json::List(entries)) => entries.iter().flat_map(marks_of).collect(),
        Some(_) => vec![None],
    }
}

fn marks_of(entry: &Json<'_>) -> Vec<Option<(Marking, Selector)>> {
    let Some(selectors) = entry.get("selectors").and_then(Json::as_list).filter(|list| !list.is_empty()) else {
        return vec![None];
    };
    let markings = markings_of(entry);
    let pair = |marking: &Option<Marking>, text: &Json<'_>| Some((marking.clone()?, text.as_str()?.parse().ok()?));
    selectors.iter().flat_map(|text| markings.iter().map(move |marking| pair(marking, text))).collect()
}

/// What an entry says of its parts: one marking or one language, if it is as it should be.
fn markings_of(entry: &Json<'_>) -> Vec<Option<Marking>> {
    let language = entry.get("lang").map(|lang| lang.as_str().map(|tag| Marking::Language(tag.to_owned())));
    let definition = entry.get("marking_ref").map(|id| id.as_str()?.parse().ok().map(Marking::Definition));
    match (language, definition) {
        (None, None) => vec![None],
        (language, definition) => language.into_iter().chain(definition).collect(),
    }
}

fn is_of(entry: &Json<'_>, marking: &Marking) -> bool {
    markings_of(entry).iter().all(|own| own.as_ref() == Some(marking))
}

/// Marks a part. Entries of the same marking grow rather than multiply.
pub(crate) fn add(object: &mut Members<'static>, marking: &Marking, selector: &Selector) -> Result<(), MarkingError> {
    if marks(object).into_iter().flatten().any(|(own, at)| own == *marking && at == *selector) {
        return Ok(());
    }
    let selector = Json::from(selector.to_string());
    let Some(property) = object.get_mut(PROPERTY) else {
        object.insert(PROPERTY, Json::List(vec![entry(marking, selector)]));
        return Ok(());
    };
    let Json::List(entries) = property else { return Err(MarkingError::Malformed(PROPERTY)) };
    // An entry with members of its own may mean more than the marking says.
    let plain = |entry: &Json<'_>| entry.as_object().is_some_and(|members| members.len() == 2);
    let same = entries.iter_mut().find(|entry| plain(entry) && is_of(entry, marking));
    match same.and_then(selectors_of) {
        Some(selectors) => selectors.push(selector),
        None => entries.push(entry(marking, selector)),
    }
    Ok(())
}

fn selectors_of<'e, 'a>(entry: &'e mut Json<'a>) -> Option<&'e mut Vec<Json<'a>>> {
    match entry {
        Json::Object(members) => match members.get_mut("selectors") {
            Some(Json::List(selectors)) => Some(selectors),
            _ => None,
        },
        _ => None,
    }
}

fn entry(marking: &Marking, selector: Json<'static>) -> Json<'static> {
    let (name, value) = match marking {
        Marking::Definition(id) => ("marking_ref", id.as_str()),
        Marking::Language(tag) => ("lang", tag.as_str()),
    };
    let selectors = Json::List(vec![selector]);
    Json::Object([(name, Json::from(value.to_owned())), ("selectors", selectors)].into_iter().collect())
}

/// Unmarks a part: of one marking, or of all.
pub(crate) fn remove(object: &mut Members<'static>, marking: Option<&Marking>, selector: &Selector) {
    let text = selector.to_string();
    let applies = |entry: &Json<'_>| marking.is_none_or(|marking| is_of(entry, marking));
    rewrite(object, applies, |at| (at != text).then(|| at.to_owned()));
}

/// Gives every selector of some entries anew, or takes it out; entries and the property go when nothing is left of
/// them.
pub(super) fn rewrite(
    object: &mut Members<'_>,
    applies: impl Fn(&Json<'_>) -> bool,
    change: impl Fn(&str) -> Option<String>,
) {
    let Some(Json::List(entries)) = object.get_mut(PROPERTY) else { return };
    entries.retain_mut(|entry| {
        if !applies(entry) {
            return true;
        }
        let Some(selectors) = selectors_of(entry).filter(|selectors| !selectors.is_empty()) else { return true };
        selectors.retain_mut(|selector| {
            let Some(text) = selector.as_str() else { return true };
            match change(text) {
                Some(new) if new == text => true,
                Some(new) => {
                    *selector = Json::from(new);
                    true
                }
                None => false,
            }
        });
        !selectors.is_empty()
    });
    if entries.is_empty() {
        object.remove(PROPERTY);
    }
}

/// Selectors that lead nowhere (GM-3).
pub(crate) fn dangling(object: &Members<'_>) -> Vec<Selector> {
    let all = marks(object).into_iter().flatten().map(|(_, selector)| selector);
    all.filter(|selector| selector.resolve(object).is_none()).collect()
}

/// Takes selectors out of every entry (GM-11).
pub(crate) fn prune(object: &mut Members<'_>, gone: &[Selector]) {
    let is_gone = |text: &str| text.parse().is_ok_and(|selector| gone.contains(&selector));
    rewrite(object, |_| true, |text| (!is_gone(text)).then(|| text.to_owned()));
}
