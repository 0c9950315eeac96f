use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;
use stix_model::Identifier;
use stix_model::json::Json;
use stix_model::marking::pap::Pap;
use stix_model::marking::tlp::Tlp;
use taxii_model::Filter;

use super::{Reach, Result, Session};
use crate::access::{View, Viewer};
use crate::store::{Labels, Selection, Window};

/// What a caller is told of the markings in a collection. No part of TAXII.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MarkingsOf {
    /// What the caller may see, in the words of a clearance; `everything` if it is not limited.
    pub clearance: String,
    /// The marking definitions that objects have or had which the caller may see, of the object as a whole or of its parts.
    pub markings: Vec<Known>,
}

/// A marking definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Known {
    /// Its `id`.
    pub id: Identifier,
    /// `tlp`, `pap`, or `other`.
    pub kind: &'static str,
    /// `TLP:AMBER`, or the name that its definition in the collection has, if the caller may see that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The level, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<&'static str>,
}

impl Known {
    fn of(id: Identifier, name: Option<String>) -> Self {
        let text = id.as_str();
        if let Some(tlp) = Tlp::by_id(text) {
            return Self { id, kind: "tlp", name: Some(tlp.name().to_owned()), level: Some(tlp.level().as_str()) };
        }
        if let Some(pap) = Pap::by_id(text) {
            return Self { id, kind: "pap", name: Some(pap.name().to_owned()), level: Some(pap.level().as_str()) };
        }
        Self { id, kind: "other", name, level: None }
    }
}

/// The names of so many definitions are looked for.
const NAMED: usize = 500;

impl Session<'_> {
    /// Which markings there are in a collection that the caller may read, as far as it may see what they mark.
    ///
    /// # Errors
    /// As [`Session::page`].
    pub async fn markings(&self, reach: &Reach<'_>) -> Result<MarkingsOf> {
        let collection = reach.collection.key;
        let mark = self.mark(collection).await?;
        let limited = self.limited(reach, mark).await?;
        let viewer = limited.as_ref().map(|limited| &limited.viewer);
        let allowed = allowed(&*self.service.labels_of(collection, mark).await?, viewer);
        let ids = allowed.iter().take(NAMED).map(ToString::to_string).collect();
        let selection = Selection { ids: Some(ids), ..Selection::default() };
        let sight = limited.as_ref().map(|limited| Arc::clone(&limited.sight));
        let window = Window { selection, sight, ..Window::of(collection, &Filter::default()) };
        let definitions = self.service.store.objects(&window).await?;
        let mut names: BTreeMap<Identifier, String> = BTreeMap::new();
        // Of a definition of which only a part may be seen, the name may be what is hidden.
        let hides = |place: usize| match (&limited, definitions.labels().get(place)) {
            (Some(limited), Some(label)) => limited.redacts(*label),
            (Some(_), None) => true,
            (None, _) => false,
        };
        for (place, (_, text)) in definitions.iter().enumerate() {
            if !hides(place) {
                names.extend(name_of(text));
            }
        }
        let markings = allowed.into_iter().map(|id| Known::of(id.clone(), names.remove(&id))).collect();
        let clearance = self.clearance().map_or_else(|| "everything".to_owned(), ToString::to_string);
        Ok(MarkingsOf { clearance, markings })
    }
}

/// The markings of all labels of which something is seen.
fn allowed(labels: &Labels, viewer: Option<&Viewer>) -> BTreeSet<Identifier> {
    let seen = labels.labels.iter().map(|(_, label)| label);
    let seen = seen.filter(|label| viewer.is_none_or(|viewer| viewer.view(label) != View::Hidden));
    let all = seen.flat_map(|label| label.object().iter().chain(label.parts()));
    // Which marking it is that hides a part is hidden with it.
    let told = all.filter(|id| viewer.is_none_or(|viewer| viewer.may_see(id)));
    told.cloned().collect()
}

fn name_of(text: &[u8]) -> Option<(Identifier, String)> {
    let json = Json::parse(std::str::from_utf8(text).ok()?).ok()?;
    let text = |name: &str| json.get(name).and_then(Json::as_str);
    Some((text("id")?.parse().ok()?, text("name")?.to_owned()))
}
