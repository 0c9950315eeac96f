//! The extension that carries what STIX has no words for.

use stix_model::json::{Json, Members};

use super::index::text;

/// Its definition.
pub const ID: &str = "extension-definition--0c1c2b8e-6a5d-4b9f-8a37-5a0f3d2f6f4e";
const AUTHOR: &str = "identity--7f3d7a56-2f0b-4c0a-9a55-2b6f0e9f5d1c";
const DAY: &str = "2026-11-01T00:00:00.000Z";

/// Members of events and their parts that STIX does not have, under their own names, as text.
pub(crate) const PLAIN: [&str; 6] =
    ["distribution", "threat_level_id", "analysis", "extends_uuid", "comment", "disable_correlation"];

/// The member that has what is left.
const RESIDUE: &str = "residue";

/// The definition and who wrote it, as objects.
pub(crate) fn definition() -> [Members<'static>; 2] {
    let common = |kind: &'static str, id: &'static str| {
        [("type", kind), ("spec_version", "2.1"), ("id", id), ("created", DAY), ("modified", DAY)]
            .map(|(name, value)| (name, Json::from(value)))
    };
    let author = common("identity", AUTHOR)
        .into_iter()
        .chain([("name", Json::from("misp (Rust)")), ("identity_class", Json::from("system"))]);
    let types = ["property-extension", "new-sdo"].map(Json::from).to_vec();
    let definition = common("extension-definition", ID).into_iter().chain([
        ("created_by_ref", Json::from(AUTHOR)),
        ("name", Json::from("MISP")),
        ("description", Json::from(DESCRIPTION)),
        ("schema", Json::from("https://www.misp-project.org/misp-core-format")),
        ("version", Json::from("1.0.0")),
        ("extension_types", Json::List(types)),
    ]);
    [author.collect(), definition.collect()]
}

const DESCRIPTION: &str = "Members of MISP's core format that STIX has no property for, under their names; residue \
is a JSON text with what has to be done to what the object says so that it is what MISP had. Objects of the types \
x-misp-attribute, x-misp-object and x-misp-galaxy-cluster are what STIX has no type for.";

/// Does an object of this type need the extension to be one?
pub(crate) fn new_type(object: &mut Members<'static>) {
    set(object, "new-sdo", Vec::new());
}

/// Keeps members and what is left with an object.
pub(crate) fn keep(
    object: &mut Members<'static>,
    plain: Vec<(&'static str, Json<'static>)>,
    residue: Option<&Members<'static>>,
) {
    let residue = residue.map(|residue| (RESIDUE, Json::from(Json::Object(residue.clone()).to_string())));
    let kept: Vec<_> = plain.into_iter().chain(residue).collect();
    if !kept.is_empty() {
        set(object, "property-extension", kept);
    }
}

fn set(object: &mut Members<'static>, kind: &'static str, kept: Vec<(&'static str, Json<'static>)>) {
    if !object.contains("extensions") {
        object.insert("extensions", Json::Object(Members::new()));
    }
    let Some(Json::Object(extensions)) = object.get_mut("extensions") else { return };
    if !extensions.contains(ID) {
        let entry: Members<'static> = [("extension_type", Json::from(kind))].into_iter().collect();
        extensions.insert(ID, Json::Object(entry));
    }
    if let Some(Json::Object(entry)) = extensions.get_mut(ID) {
        for (name, value) in kept {
            entry.insert(name, value);
        }
    }
}

fn entry<'m>(object: &'m Members<'static>) -> Option<&'m Members<'static>> {
    object.get("extensions")?.get(ID)?.as_object()
}

/// The members that were kept.
pub(crate) fn plain<'m>(object: &'m Members<'static>) -> impl Iterator<Item = (&'static str, &'m str)> {
    let entry = entry(object);
    PLAIN.iter().filter_map(move |name| Some((*name, text(entry?, name)?)))
}

/// What was left.
pub(crate) fn residue(object: &Members<'static>) -> Option<Members<'static>> {
    let json = Json::parse(text(entry(object)?, RESIDUE)?).ok()?;
    match json.into_owned() {
        Json::Object(members) => Some(members),
        _ => None,
    }
}
