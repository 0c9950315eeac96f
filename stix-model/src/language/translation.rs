use super::lookup;
use crate::content::text;
use crate::json::{Json, Members};
use crate::marking::{self, Applied, Marking, Reach, Selector, Step, granular};
use crate::object::object_type;
use crate::property::{Kind, Property, Shape};
use crate::timestamp::Instant;

/// The object with its text in another language, as far as `translations` (a `language-content`) has it (§7.1).
///
/// The object is not altered: this is a view for a reader. It is the object as it is if the translations are of another
/// object or of another version of it, or have nothing for `tag`; a translation into `pt` stands in for one into
/// `pt-BR`. Text that is translated brings along its own markings, and is marked with its language.
///
/// ```
/// use stix_model::json::Json;
/// use stix_model::language::localized;
///
/// let tool = Json::parse(r#"{"type": "tool", "id": "tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
///     "name": "Scanner", "aliases": ["Mapper", "NSE"], "lang": "en"}"#)?;
/// let german = Json::parse(r#"{"type": "language-content", "object_ref": "tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
///     "contents": {"de": {"name": "Abtaster", "aliases": ["Kartierer", ""]}}}"#)?;
///
/// let view = localized(tool.as_object().unwrap(), german.as_object().unwrap(), "de-CH");
/// assert_eq!(view.get("name").and_then(Json::as_str), Some("Abtaster"));
/// assert_eq!(view.get("aliases").unwrap().to_string(), r#"["Kartierer","NSE"]"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn localized(object: &Members<'_>, translations: &Members<'_>, tag: &str) -> Members<'static> {
    let mut view = object.clone().into_owned();
    if !is_of(translations, object) {
        return view;
    }
    let Some(Json::Object(contents)) = translations.get("contents") else { return view };
    let Some(tag) = lookup(tag, contents.iter().map(|(tag, _)| tag)) else { return view };
    let Some(Json::Object(translated)) = contents.get(tag) else { return view };
    let mut merge = Merge { replaced: Vec::new() };
    merge.members(table_of(object), &mut view, translated, &[]);
    for steps in merge.replaced {
        mark(&mut view, translations, tag, &steps);
    }
    view
}

/// LC-1: of this object, and of this version if they say of which.
fn is_of(translations: &Members<'_>, object: &Members<'_>) -> bool {
    let same_object = text(object, "id").is_some() && text(translations, "object_ref") == text(object, "id");
    let instant = |members, name| text(members, name).and_then(Instant::of);
    same_object
        && match translations.contains("object_modified") {
            true => {
                let modified = instant(translations, "object_modified");
                modified.is_some() && modified == instant(object, "modified")
            }
            false => true,
        }
}

/// What is known of the members of an object.
#[derive(Clone, Copy)]
enum Table {
    Of(&'static Shape),
    /// Of a type that is not the standard's: only the common properties are known.
    Common(&'static [Property]),
    Unknown,
}

fn table_of(object: &Members<'_>) -> Table {
    let name = text(object, "type").unwrap_or_default();
    match object_type(name) {
        Some(shape) => Table::Of(shape),
        None => Table::Common(crate::common::of(crate::TypeClass::Custom, name)),
    }
}

impl Table {
    fn kind(self, name: &str) -> Option<&'static Kind> {
        match self {
            Self::Of(shape) => shape.property(name).map(|property| &property.kind),
            Self::Common(rows) => rows.iter().find(|row| row.name == name).map(|row| &row.kind),
            Self::Unknown => None,
        }
    }
}

/// Text that is no language: names for machines.
const NO_LANGUAGE: [&str; 6] =
    ["type", "pattern", "pattern_version", "relationship_type", "external_id", "definition_type"];

/// Puts translations in the place of text, and remembers where.
struct Merge {
    replaced: Vec<Vec<Step>>,
}

impl Merge {
    /// LC-2, LC-3: what the object does not have, or what is not text, stays out.
    fn members(&mut self, table: Table, target: &mut Members<'_>, translated: &Members<'_>, at: &[Step]) {
        for (name, value) in target.iter_mut() {
            let reference = name.ends_with("_ref") || name.ends_with("_refs");
            // What cannot be selected cannot carry the markings of its translation.
            let selectable = Selector::property(name).is_some();
            if let Some(translation) = translated.get(name)
                && !NO_LANGUAGE.contains(&name)
                && selectable
                && !reference
            {
                let at = [at, &[Step::Name(name.to_owned())]].concat();
                self.value(table.kind(name), value, translation, &at);
            }
        }
    }

    fn value(&mut self, kind: Option<&'static Kind>, target: &mut Json<'_>, translation: &Json<'_>, at: &[Step]) {
        match (target, translation) {
            // The empty string stands for an item that is not translated.
            (Json::String(_), Json::String(translation)) if translation.is_empty() => {}
            (Json::String(target), Json::String(translation)) if is_text(kind) => {
                *target = translation.clone().into_owned().into();
                self.replaced.push(at.to_vec());
            }
            (Json::List(target), Json::List(translation)) if target.len() == translation.len() => {
                let items = match kind {
                    Some(Kind::List(items)) => Some(*items),
                    Some(Kind::Any) | None => None,
                    Some(_) => return,
                };
                for (i, (target, translation)) in target.iter_mut().zip(translation).enumerate() {
                    self.value(items, target, translation, &[at, &[Step::Index(i)]].concat());
                }
            }
            (Json::Object(target), Json::Object(translation)) => match kind {
                Some(Kind::Object(shape)) => self.members(Table::Of(shape), target, translation, at),
                Some(Kind::Dictionary(of, _)) => self.entries(of, target, translation, at),
                Some(Kind::Extensions | Kind::Any) | None => self.members(Table::Unknown, target, translation, at),
                Some(_) => {}
            },
            _ => {}
        }
    }

    fn entries(&mut self, of: &'static Kind, target: &mut Members<'_>, translated: &Members<'_>, at: &[Step]) {
        for (key, value) in target.iter_mut() {
            if let Some(translation) = translated.get(key)
                && Selector::property(key).is_some()
            {
                self.value(Some(of), value, translation, &[at, &[Step::Name(key.to_owned())]].concat());
            }
        }
    }
}

/// Can text of this kind be in a language? Of what no table describes, it can.
fn is_text(kind: Option<&Kind>) -> bool {
    match kind {
        None | Some(Kind::String | Kind::Any) => true,
        Some(Kind::Either(kinds)) => kinds.iter().any(|kind| matches!(kind, Kind::String)),
        Some(_) => false,
    }
}

/// GM-10: what is marked in the translations stays marked in the view, and the text has their language.
fn mark(view: &mut Members<'static>, translations: &Members<'_>, tag: &str, steps: &[Step]) {
    let Some(Step::Name(property)) = steps.first() else { return };
    let root = |name: &str| Selector::property(name);
    let (Some(at), Some(contents)) = (root(property), root("contents")) else { return };
    let at = steps.iter().skip(1).fold(at, |at, step| at.child(step.clone()));
    let from = steps.iter().fold(contents.child(Step::Name(tag.to_owned())), |from, step| from.child(step.clone()));
    for Applied { marking, .. } in marking::markings(view, Some(&at), Reach::EXACT) {
        if matches!(marking, Marking::Language(_)) {
            granular::remove(view, Some(&marking), &at);
        }
    }
    let of_translation = marking::markings(translations, Some(&from), Reach::INHERITED).into_iter();
    let definitions = of_translation.map(|applied| applied.marking).filter(|m| matches!(m, Marking::Definition(_)));
    for marking in definitions.chain([Marking::Language(tag.to_owned())]) {
        // A view whose markings cannot be read is marked as the object was.
        let _ = granular::add(view, &marking, &at);
    }
}

#[cfg(test)]
#[path = "translation_tests.rs"]
mod tests;
