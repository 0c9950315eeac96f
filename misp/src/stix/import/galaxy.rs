//! Domain objects that galaxies know.

use stix_model::json::{Json, Members};

use super::{put_list, put_text};
use crate::stix::galaxies;
use crate::stix::index::{text, texts, uuid_of};
use crate::stix::tags::owned;

/// Is it something that galaxies know, rather than an attribute or object of its own?
pub(super) fn is_cluster(object: &Members<'_>) -> bool {
    let kind = text(object, "type").unwrap_or_default();
    let own = owned(object, "galaxy-type").is_some();
    let other = owned(object, "type").is_some() || owned(object, "name").is_some();
    own || (!other && galaxies::galaxy(kind).is_some())
}

/// Galaxies with those clusters, in order; neighbours of the same galaxy go together.
pub(super) fn galaxies<'o>(objects: impl Iterator<Item = &'o Members<'static>>) -> Vec<Json<'static>> {
    let mut galaxies: Vec<(Members<'static>, Vec<Json<'static>>)> = Vec::new();
    for object in objects.filter(|object| is_cluster(object)) {
        let kind = text(object, "type").unwrap_or_default();
        let galaxy_type = owned(object, "galaxy-type").or_else(|| galaxies::galaxy(kind)).unwrap_or_default();
        let mut galaxy = Members::new();
        put_text(&mut galaxy, "name", Some(owned(object, "galaxy-name").unwrap_or(galaxy_type)));
        put_text(&mut galaxy, "type", Some(galaxy_type));
        let cluster = Json::Object(cluster(object, galaxy_type));
        match galaxies.last_mut() {
            Some((known, clusters)) if *known == galaxy => clusters.push(cluster),
            _ => galaxies.push((galaxy, vec![cluster])),
        }
    }
    let whole = |(mut galaxy, clusters): (Members<'static>, _)| {
        put_list(&mut galaxy, "GalaxyCluster", clusters);
        Json::Object(galaxy)
    };
    galaxies.into_iter().map(whole).collect()
}

fn cluster(object: &Members<'static>, galaxy_type: &str) -> Members<'static> {
    let value = text(object, "name").or_else(|| text(object, "x_misp_value")).unwrap_or_default();
    let mut cluster = Members::new();
    put_text(&mut cluster, "uuid", text(object, "id").map(uuid_of));
    put_text(&mut cluster, "type", Some(galaxy_type));
    put_text(&mut cluster, "value", Some(value));
    put_text(&mut cluster, "tag_name", Some(&format!("misp-galaxy:{galaxy_type}=\"{value}\"")));
    let described = text(object, "description").or_else(|| text(object, "x_misp_description"));
    put_text(&mut cluster, "description", described.filter(|text| !text.is_empty()));
    let mut meta = Members::new();
    let list = |name: &str| texts(object, name).map(|text| Json::from(text.to_owned())).collect();
    let references = object.get("external_references").and_then(Json::as_list).unwrap_or_default();
    let each = |name: &'static str| references.iter().filter_map(move |reference| reference.get(name)?.as_str());
    let owned = |texts: Vec<&str>| texts.into_iter().map(|text| Json::from(text.to_owned())).collect();
    put_list(&mut meta, "external_id", owned(each("external_id").collect()));
    put_list(&mut meta, "refs", owned(each("url").collect()));
    put_list(&mut meta, "synonyms", list("aliases"));
    if !meta.is_empty() {
        cluster.insert("meta", Json::Object(meta));
    }
    cluster
}
