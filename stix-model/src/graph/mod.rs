//! Objects and what leads from one to another (STIX 2.1 §3.1, §5).
//!
//! ```
//! use stix_model::graph::Graph;
//! use stix_model::json::Json;
//!
//! let objects = Json::parse(r#"[
//!     {"type": "tool", "id": "tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", "name": "scanner"},
//!     {"type": "campaign", "id": "campaign--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", "name": "Autumn"},
//!     {"type": "relationship", "id": "relationship--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", "relationship_type": "uses",
//!      "source_ref": "campaign--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
//!      "target_ref": "tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"}
//! ]"#)?;
//! let graph = Graph::of(objects.as_list().unwrap().iter().filter_map(Json::as_object));
//! assert_eq!(graph.dangling().count(), 0);
//! assert!(graph.to_mermaid().contains(r#"n0 -->|"uses"| n1"#));
//! # Ok::<(), serde_json::Error>(())
//! ```

mod draw;
mod references;

use std::collections::{BTreeMap, BTreeSet};

use crate::identifier::is_identifier;
use crate::json::{Json, Members};
use crate::timestamp::Instant;

pub(crate) use references::walk;
pub use references::{Reference, references};

/// Objects by their identifiers, with the references between them.
///
/// Everything comes in the order of the identifiers, however the objects were ordered.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    places: BTreeMap<String, Place>,
    edges: Vec<Edge>,
}

/// An object, or the lack of one that is referred to.
#[derive(Clone, Debug, Default)]
struct Place {
    node: Option<Node>,
    outgoing: Vec<usize>,
    incoming: Vec<usize>,
}

/// An object of a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its `type`.
    pub object_type: String,
    /// What a reader knows it by, if it has such a property: its name, its value.
    pub name: Option<String>,
    /// Has its creator withdrawn it?
    pub revoked: bool,
}

/// Something that leads from one object to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The identifier of the object that it leads from.
    pub source: String,
    /// The identifier of the object that it leads to.
    pub target: String,
    /// The property, or the `relationship_type`.
    pub label: String,
    /// The identifier of the object that says so: the source itself, a relationship, a sighting.
    pub object: String,
    /// Where in that object.
    pub pointer: String,
    /// What it is.
    pub kind: EdgeKind,
}

/// What leads from one object to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EdgeKind {
    /// A reference in the source.
    Reference,
    /// A relationship object (§5.1), from its source to its target.
    Relationship,
    /// A sighting (§5.2), from where something was seen to what was seen.
    Sighting,
}

impl Graph {
    /// The graph of these objects. Of several versions of an object the latest counts, of equally late ones the
    /// first. Objects without an identifier are left out.
    #[must_use]
    pub fn of<'m, 'a: 'm>(objects: impl IntoIterator<Item = &'m Members<'a>>) -> Self {
        let mut graph = Self::default();
        for (id, members) in latest(objects) {
            graph.place(id).node = Some(Node::of(members));
            graph.add_edges(id, members);
        }
        graph
    }

    /// Identifiers and objects.
    pub fn nodes(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.places.iter().filter_map(|(id, place)| Some((id.as_str(), place.node.as_ref()?)))
    }

    /// The object with this identifier.
    #[must_use]
    pub fn node(&self, id: &str) -> Option<&Node> {
        self.places.get(id)?.node.as_ref()
    }

    /// Everything that leads from one object to another.
    #[must_use]
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// What leads away from an object.
    pub fn outgoing(&self, id: &str) -> impl Iterator<Item = &Edge> {
        let place = self.places.get(id);
        place.into_iter().flat_map(|place| &place.outgoing).filter_map(|&edge| self.edges.get(edge))
    }

    /// What leads to an object, also to one that is not there.
    pub fn incoming(&self, id: &str) -> impl Iterator<Item = &Edge> {
        let place = self.places.get(id);
        place.into_iter().flat_map(|place| &place.incoming).filter_map(|&edge| self.edges.get(edge))
    }

    /// References to objects that are not there.
    pub fn dangling(&self) -> impl Iterator<Item = &Edge> {
        self.edges.iter().filter(|edge| edge.kind == EdgeKind::Reference && self.node(&edge.target).is_none())
    }

    /// The identifiers of the objects one step away, in either direction.
    #[must_use]
    pub fn neighbours(&self, id: &str) -> BTreeSet<&str> {
        let to = self.outgoing(id).map(|edge| edge.target.as_str());
        to.chain(self.incoming(id).map(|edge| edge.source.as_str())).filter(|other| *other != id).collect()
    }

    /// The identifiers of all objects to which this one leads, by however many steps, with the relationships and
    /// sightings on the way. Also those that are not there; without itself.
    #[must_use]
    pub fn reachable(&self, id: &str) -> BTreeSet<&str> {
        let mut visited = BTreeSet::new();
        let mut waiting = vec![id];
        while let Some(from) = waiting.pop() {
            for edge in self.outgoing(from) {
                for next in [edge.target.as_str(), edge.object.as_str()] {
                    if next != id && visited.insert(next) {
                        waiting.push(next);
                    }
                }
            }
        }
        visited
    }

    /// The part of the graph that these identifiers name, with what leads from one to another and is said by one of
    /// them. What is not there but referred to is kept if it is named, too.
    #[must_use]
    pub fn part(&self, keep: impl Fn(&str) -> bool) -> Self {
        let mut part = Self::default();
        for (id, place) in self.places.iter().filter(|(id, _)| keep(id)) {
            part.place(id).node.clone_from(&place.node);
        }
        let inside = |edge: &&Edge| [&edge.source, &edge.target, &edge.object].into_iter().all(|id| keep(id));
        for edge in self.edges.iter().filter(inside) {
            part.add_edge(edge.kind, [&edge.source, &edge.target, &edge.label, &edge.object], &edge.pointer);
        }
        part
    }

    fn place(&mut self, id: &str) -> &mut Place {
        if !self.places.contains_key(id) {
            self.places.insert(id.to_owned(), Place::default());
        }
        self.places.entry(id.to_owned()).or_default()
    }

    fn add_edges(&mut self, id: &str, members: &Members<'_>) {
        let references = references(members);
        for Reference { pointer, property, id: target } in &references {
            self.add_edge(EdgeKind::Reference, [id, target, property, id], pointer);
        }
        let end = |name| references.iter().find(|reference| reference.pointer == name).map(|found| found.id);
        match text(members, "type") {
            "relationship" => {
                if let (Some(source), Some(target)) = (end("/source_ref"), end("/target_ref")) {
                    let label = text(members, "relationship_type");
                    self.add_edge(EdgeKind::Relationship, [source, target, label, id], "");
                }
            }
            "sighting" => {
                let seen = end("/sighting_of_ref");
                for place in references.iter().filter(|reference| reference.property == "where_sighted_refs") {
                    if let Some(seen) = seen {
                        self.add_edge(EdgeKind::Sighting, [place.id, seen, "sighted", id], &place.pointer);
                    }
                }
            }
            _ => {}
        }
    }

    fn add_edge(&mut self, kind: EdgeKind, [source, target, label, object]: [&str; 4], pointer: &str) {
        let number = self.edges.len();
        self.place(source).outgoing.push(number);
        self.place(target).incoming.push(number);
        let [source, target, label, object] = [source, target, label, object].map(str::to_owned);
        self.edges.push(Edge { source, target, label, object, pointer: pointer.to_owned(), kind });
    }
}

/// The latest version of each object.
fn latest<'m, 'a: 'm>(objects: impl IntoIterator<Item = &'m Members<'a>>) -> BTreeMap<&'m str, &'m Members<'a>> {
    let mut latest: BTreeMap<&str, &Members<'a>> = BTreeMap::new();
    for members in objects {
        let Some(id) = members.get("id").and_then(Json::as_str).filter(|id| is_identifier(id)) else { continue };
        match latest.get_mut(id) {
            Some(known) if version(known) < version(members) => *known = members,
            Some(_) => {}
            None => {
                latest.insert(id, members);
            }
        }
    }
    latest
}

fn version<'m>(members: &'m Members<'_>) -> Option<Instant<'m>> {
    ["modified", "created"].into_iter().find_map(|name| Instant::of(members.get(name)?.as_str()?))
}

fn text<'m>(members: &'m Members<'_>, name: &str) -> &'m str {
    members.get(name).and_then(Json::as_str).unwrap_or_default()
}

/// Properties by which a reader knows an object, the best first.
const NAMES: [&str; 12] = [
    "name",
    "value",
    "path",
    "key",
    "display_name",
    "account_login",
    "user_id",
    "subject",
    "command_line",
    "product",
    "result_name",
    "abstract",
];

impl Node {
    fn of(members: &Members<'_>) -> Self {
        let name = NAMES.into_iter().map(|name| text(members, name)).find(|name| !name.is_empty());
        Self {
            object_type: text(members, "type").to_owned(),
            name: name.map(str::to_owned),
            revoked: members.get("revoked").and_then(Json::as_bool) == Some(true),
        }
    }
}

#[cfg(test)]
mod tests;
