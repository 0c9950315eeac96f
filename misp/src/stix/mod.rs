//! Events and STIX 2.1.
//!
//! | MISP | STIX |
//! |---|---|
//! | event | `report` if published, else `grouping` |
//! | attribute, object | `indicator` if it is for detection, with `observed-data` and observables |
//! | galaxy cluster | domain object |
//! | `tlp:…`, `PAP:…` | markings of all objects; the more restrictive one wins |
//! | other tags | `labels`; scales of confidence also `confidence` |
//! | sighting: seen, false positive, expiration | `sighting`, `opinion`, `valid_until` |
//! | event report | `note` |
//! | object reference | `relationship` |
//! | everything else | an extension, on the object that it concerns |
//!
//! The extension has members such as `distribution` under their own names, and a `residue`: what has to be done to what
//! STIX says so that it is what MISP had. If somebody changes the STIX object, the change wins. Who drops the extension
//! still has the facts.
//!
//! Observables of the same name are the same, markings included, so that no event takes anything from another. Those of
//! attributes have the standard's names if these say everything; all others have names that are made of all that they say.
//!
//! A pattern of others that is no single fact stays a pattern in MISP, in an object `stix2-pattern`.

mod export;
mod extension;
mod galaxies;
mod import;
mod index;
mod moment;
mod names;
mod objects;
mod observable;
mod path;
mod pattern;
mod table;
mod tags;
mod take;

use stix_model::json::Members;
use stix_model::meta::Bundle;

pub use extension::ID as EXTENSION;
use index::Index;

use crate::format::Document;

/// Something that STIX does not say and that is kept in the extension of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    /// Where it is in the event: `/Event/Attribute/0`.
    pub path: String,
    /// The object of STIX that keeps it.
    pub object: String,
    /// The members that it is about.
    pub members: Vec<String>,
}

/// What became of an event.
#[derive(Clone, Debug)]
pub struct Converted {
    /// The objects.
    pub objects: Vec<Members<'static>>,
    /// What STIX does not say.
    pub beside: Vec<Beside>,
}

/// STIX of an event. The same event always makes the same objects.
///
/// ```
/// use misp::{Document, stix};
///
/// let document = Document::parse(r#"{"Event":{"info":"x","Attribute":[{"type":"btc","value":"1x","to_ids":"0"}]}}"#)?;
/// let converted = stix::convert(&document);
/// assert_eq!(converted.objects[0].get("type").and_then(|t| t.as_str()), Some("x-misp-attribute"));
/// assert_eq!(converted.beside[0].path, "/Event/Attribute/0");
/// # Ok::<(), misp::Invalid>(())
/// ```
#[must_use]
pub fn convert(document: &Document) -> Converted {
    export::convert(document)
}

/// STIX of an event, as a bundle whose name is made from those of its objects.
#[must_use]
pub fn bundle(document: &Document) -> Bundle {
    bundle_of(convert(document).objects)
}

/// A bundle of objects, whose name is made from theirs.
#[must_use]
pub fn bundle_of(objects: Vec<Members<'static>>) -> Bundle {
    let ids: Vec<_> = objects.iter().filter_map(|object| index::text(object, "id")).collect();
    let id = format!("bundle--{}", names::made(&["bundle", &ids.join(" ")]));
    let objects = objects.into_iter().map(stix_model::Object::from_members);
    let bundle = Bundle::builder().id(id.as_str()).objects(objects).build();
    // Only a bundle among the objects is refused.
    bundle.unwrap_or_else(|_| stix_model::Table::from_checked(Members::new()))
}

/// The events of a bundle: one for each report and grouping, and one for what is in none.
#[must_use]
pub fn events(bundle: &Bundle) -> Vec<Document> {
    let objects: Vec<_> = bundle.objects().map(stix_model::Object::into_members).collect();
    events_of(&objects)
}

/// The events of objects: one for each report and grouping, and one for what is in none.
#[must_use]
pub fn events_of(objects: &[Members<'static>]) -> Vec<Document> {
    import::events(objects)
}

/// The reports and groupings among objects, of each the newest version.
pub(crate) fn containers<'o>(objects: &'o [Members<'static>]) -> impl Iterator<Item = &'o Members<'static>> {
    let index = Index::of(objects);
    let newest = move |object: &&Members<'static>| {
        let known = index::text(object, "id").and_then(|id| index.get(id));
        known.is_some_and(|known| std::ptr::eq(known, *object))
    };
    let container = |object: &&Members<'static>| matches!(index::text(object, "type"), Some("report" | "grouping"));
    objects.iter().filter(container).filter(newest)
}

/// The identifiers of what a report or grouping contains.
pub(crate) fn contained<'o>(container: &'o Members<'static>) -> Vec<&'o str> {
    index::texts(container, "object_refs").collect()
}

/// The event of a report or grouping.
#[must_use]
pub fn event_of(objects: &[Members<'static>], container: &Members<'static>) -> Document {
    Document::unchecked(import::event(&Index::of(objects), container, import::Reach::Whole))
}

/// Has it something that only MISP says?
#[must_use]
pub fn is_from_misp(container: &Members<'static>) -> bool {
    container.get("extensions").is_some_and(|extensions| extensions.get(EXTENSION).is_some())
}

/// An event of some of the objects, which no report contains.
#[must_use]
pub fn loose_event(
    objects: &[Members<'static>],
    chosen: &[&Members<'static>],
    uuid: &str,
    info: &str,
    day: &str,
) -> Option<Document> {
    import::loose_event(&Index::of(objects), chosen, uuid, info, Some(day))
}

/// The UUID of the event of a day of a collection.
#[must_use]
pub fn rolling_uuid(collection: &str, day: &str) -> String {
    names::made(&["rolling", collection, day]).to_string()
}

/// Seconds of a timestamp.
pub(crate) fn seconds(text: &str) -> Option<i64> {
    moment::seconds(text)
}
