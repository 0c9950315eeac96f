use std::collections::HashMap;

use super::moment::{self, Moment};
use crate::json::{Json, Members};
use crate::{Timestamp, TypeClass};

/// What was seen: observables, from when to when, and how often.
#[derive(Clone, Debug)]
pub struct Observation<'a> {
    first: Moment,
    last: Moment,
    number: u64,
    objects: Vec<Seen<'a>>,
    /// The places of the objects in the order of their names, if they are too many to look through.
    by_name: Vec<usize>,
}

/// An observable, under the name by which others refer to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen<'a> {
    name: &'a str,
    pub(super) object_type: &'a str,
    pub(super) members: &'a Members<'a>,
}

/// Objects that are found faster by looking at each than by their order.
const FEW: usize = 16;

impl<'a> Observation<'a> {
    /// An observed-data, whose `object_refs` are looked up, or whose deprecated `objects` are its own. What is not found
    /// is not there, and relationships are passed over.
    ///
    /// `None` if it does not say when it was observed.
    pub fn new<'m: 'a>(observed_data: &'a Members<'m>, find: impl Fn(&str) -> Option<&'a Members<'m>>) -> Option<Self> {
        let when = |name| observed_data.get(name)?.as_str()?.parse::<Timestamp>().ok();
        let (first, last) = (when("first_observed")?, when("last_observed")?);
        let number = observed_data.get("number_observed").and_then(Json::as_integer).unwrap_or(1);
        let mut objects = Vec::new();
        for id in observed_data.get("object_refs").and_then(Json::as_list).unwrap_or_default() {
            let id = id.as_str().unwrap_or_default();
            objects.extend(find(id).and_then(|members| Seen::new(id, members)));
        }
        if let Some(container) = observed_data.get("objects").and_then(Json::as_object) {
            objects.extend(container.iter().filter_map(|(key, object)| Seen::new(key, object.as_object()?)));
        }
        Some(Self::with(objects).seen(&first, &last, u64::try_from(number).unwrap_or(1)))
    }

    /// Every observed-data of a bundle, in its order; of several versions of one, the latest.
    ///
    /// ```
    /// use stix_model::json::Json;
    /// use stix_model::pattern::matcher::Observation;
    ///
    /// let objects = Json::parse(r#"[{"type": "url", "id": "url--c1477287-23ac-5971-a010-5c287877fa60", "value": "https://example.com"},
    ///     {"type": "observed-data", "id": "observed-data--b67d30ff-02ac-498a-92f9-32f845f448cf", "number_observed": 1,
    ///      "first_observed": "2026-01-01T00:00:00Z", "last_observed": "2026-01-01T00:00:00Z",
    ///      "object_refs": ["url--c1477287-23ac-5971-a010-5c287877fa60"]}]"#)?;
    /// assert_eq!(Observation::in_bundle(objects.as_list().unwrap().iter().filter_map(Json::as_object)).len(), 1);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn in_bundle<'m: 'a>(objects: impl IntoIterator<Item = &'a Members<'m>>) -> Vec<Self> {
        let mut by_id = HashMap::new();
        let mut latest: HashMap<&str, usize> = HashMap::new();
        let mut observed: Vec<&'a Members<'m>> = Vec::new();
        for members in objects {
            let id = crate::content::text(members, "id").unwrap_or_default();
            if crate::content::text(members, "type") != Some("observed-data") {
                by_id.insert(id, members);
                continue;
            }
            let place = latest.get(id).and_then(|place| observed.get_mut(*place));
            match place.filter(|_| !id.is_empty()) {
                Some(known) if version(members) > version(known) => *known = members,
                Some(_) => {}
                None => {
                    latest.insert(id, observed.len());
                    observed.push(members);
                }
            }
        }
        observed.into_iter().filter_map(|members| Self::new(members, |id| by_id.get(id).copied())).collect()
    }

    /// Observables without an observed-data, seen together once. Every time fits it, unless [`Observation::seen`] says
    /// when. They refer to each other by `id`.
    pub fn of_objects<'m: 'a>(objects: impl IntoIterator<Item = &'a Members<'m>>) -> Self {
        let named =
            |members: &'a Members<'m>| Seen::new(crate::content::text(members, "id").unwrap_or_default(), members);
        Self::with(objects.into_iter().filter_map(named).collect())
    }

    /// Observables of a container: they refer to each other by their keys (§4.14, `objects`).
    #[must_use]
    pub fn of_container(container: &'a Members<'a>) -> Self {
        Self::with(container.iter().filter_map(|(key, object)| Seen::new(key, object.as_object()?)).collect())
    }

    /// The same, seen from an instant to another, so many times. An end before the start is the start; no times are one.
    #[must_use]
    pub fn seen(mut self, first: &Timestamp, last: &Timestamp, number: u64) -> Self {
        self.first = moment::of(first);
        self.last = moment::of(last).max(self.first);
        self.number = number.max(1);
        self
    }

    fn with(objects: Vec<Seen<'a>>) -> Self {
        let mut by_name = Vec::new();
        if objects.len() > FEW {
            by_name.extend(0..objects.len());
            by_name.sort_by_key(|at| objects.get(*at).map(|seen| seen.name));
        }
        Self { first: moment::MIN, last: moment::MAX, number: 1, objects, by_name }
    }

    pub(super) fn first(&self) -> Moment {
        self.first
    }

    pub(super) fn last(&self) -> Moment {
        self.last
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn objects(&self) -> &[Seen<'a>] {
        &self.objects
    }

    /// What is referred to by this name, if it is to be seen here.
    pub(super) fn object(&self, name: &str) -> Option<&'a Members<'a>> {
        if self.by_name.is_empty() {
            return self.objects.iter().find(|seen| crate::json::same(seen.name, name)).map(|seen| seen.members);
        }
        let name_at = |at: &usize| self.objects.get(*at).map(|seen| seen.name);
        let found = self.by_name.binary_search_by_key(&Some(name), name_at).ok()?;
        Some(self.objects.get(*self.by_name.get(found)?)?.members)
    }
}

impl<'a> Seen<'a> {
    /// `None` if it is no observable: patterns do not go through relationships (§9.7).
    fn new(name: &'a str, members: &'a Members<'a>) -> Option<Self> {
        let object_type = crate::content::text(members, "type")?;
        let is_observable = matches!(TypeClass::of(object_type), TypeClass::Observable | TypeClass::Custom);
        is_observable.then_some(Self { name, object_type, members })
    }
}

fn version(members: &Members<'_>) -> Option<Timestamp> {
    crate::content::text(members, "modified")?.parse().ok()
}
