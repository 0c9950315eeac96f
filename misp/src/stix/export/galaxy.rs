//! Clusters of galaxies: domain objects.

use stix_model::json::{Json, Members};

use super::{Export, words};
use crate::format::{Galaxy, GalaxyCluster};
use crate::stix::galaxies::object_type;
use crate::stix::names::{made, usable};
use crate::stix::tags::own;
use crate::stix::{extension, moment};

impl Export<'_> {
    /// What galaxies know about the event as a whole.
    pub(super) fn galaxies(&mut self) {
        for galaxy in self.event.galaxies() {
            for cluster in galaxy.clusters() {
                if let Some(id) = self.cluster(galaxy, cluster) {
                    self.known.push(id);
                }
            }
        }
    }

    /// The object of a cluster. What others know of the same, such as those who publish the galaxy, is newer.
    pub(super) fn cluster(&mut self, galaxy: Galaxy<'_>, cluster: GalaxyCluster<'_>) -> Option<String> {
        let value = cluster.value().filter(|value| !value.is_empty())?;
        let galaxy_type = galaxy.galaxy_type().or(cluster.cluster_type()).unwrap_or_default();
        let kind = object_type(galaxy_type).unwrap_or("x-misp-galaxy-cluster");
        let uuid = usable(cluster.uuid()).unwrap_or_else(|| made(&["cluster", galaxy_type, value]));
        let mut object = self.head(kind, &uuid, None);
        let own_cluster = cluster.default() == Some(false);
        if !own_cluster {
            object.remove("created_by_ref");
            for name in ["created", "modified"] {
                object.insert(name, Json::from(moment::UNKNOWN));
            }
        }
        let mut labels = vec![own("galaxy-type", galaxy_type)];
        labels.extend(galaxy.name().map(|name| own("galaxy-name", name)));
        object.insert("labels", Json::List(labels));
        let description = cluster.description().unwrap_or_default();
        if kind == "x-misp-galaxy-cluster" {
            // misp-stix refuses a bundle in which one of these is missing.
            let name = galaxy.name().unwrap_or(galaxy_type);
            for (member, text) in [
                ("x_misp_type", galaxy_type),
                ("x_misp_name", name),
                ("x_misp_value", value),
                ("x_misp_description", description),
            ] {
                object.insert(member, Json::from(text.to_owned()));
            }
            extension::new_type(&mut object);
        } else {
            object.insert("name", words(Some(value)));
            if !description.is_empty() {
                object.insert("description", Json::from(description.to_owned()));
            }
        }
        if kind == "malware" {
            object.insert("is_family", Json::from(true));
        }
        aliases(kind, cluster, &mut object);
        let plain = object.clone();
        references(cluster, &mut object);
        let id = self.add(object).or_else(|| self.add(plain))?;
        if !own_cluster {
            self.open.insert(id.clone());
        }
        Some(id)
    }
}

fn meta<'e>(cluster: GalaxyCluster<'e>, name: &str) -> Vec<&'e str> {
    match cluster.meta().and_then(|meta| meta.get(name)) {
        Some(Json::String(text)) => vec![text.as_ref()],
        Some(Json::List(items)) => items.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    }
}

fn aliases(kind: &str, cluster: GalaxyCluster<'_>, object: &mut Members<'static>) {
    let synonyms = meta(cluster, "synonyms");
    let taken = ["attack-pattern", "campaign", "intrusion-set", "malware", "threat-actor", "tool"];
    if taken.contains(&kind) && !synonyms.is_empty() {
        object.insert("aliases", Json::List(synonyms.into_iter().map(|text| Json::from(text.to_owned())).collect()));
    }
}

/// Where to read more, and the names that others gave.
fn references(cluster: GalaxyCluster<'_>, object: &mut Members<'static>) {
    let reference = |source: &str, name: &'static str, value: &str| {
        let pairs = [("source_name", source), (name, value)];
        Json::Object(pairs.into_iter().map(|(name, value)| (name, Json::from(value.to_owned()))).collect())
    };
    let source = |id: &str| match id {
        _ if id.starts_with("CVE-") => "cve",
        _ if id.starts_with("CAPEC-") => "capec",
        _ => "mitre-attack",
    };
    let ids = meta(cluster, "external_id").into_iter().map(|id| reference(source(id), "external_id", id));
    let pages = meta(cluster, "refs").into_iter().map(|url| reference("url", "url", url));
    let list: Vec<_> = ids.chain(pages).collect();
    if !list.is_empty() {
        object.insert("external_references", Json::List(list));
    }
}
