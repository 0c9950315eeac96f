//! Text that was written as a number or a truth.

use stix_model::json::{Json, Members};

use super::{Kind, Record};

/// Makes text of numbers and truths where text should be, as PHP does when MISP reads them: programs write `2.845` for
/// the entropy of a file.
pub(super) fn quote(record: &Record, members: &mut Members<'static>) {
    for field in record.fields {
        let Some(json) = members.get_mut(field.name) else { continue };
        match (field.kind, json) {
            (Kind::Text, json @ (Json::Number(_) | Json::Bool(_))) => *json = Json::from(json.to_string()),
            (Kind::One(inner), Json::Object(members)) => quote(inner, members),
            (Kind::List(inner), Json::List(items)) => items.iter_mut().for_each(|item| {
                if let Json::Object(members) = item {
                    quote(inner, members);
                }
            }),
            _ => {}
        }
    }
}
