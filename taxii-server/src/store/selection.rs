use stix_model::{SpecVersion, Timestamp as StixTimestamp};
use taxii_model::{Filter, Selector, VersionFilter};

/// Which entries of a collection are meant: a [`Filter`] in the store's terms.
///
/// It is evaluated in this order (AMB-11): ids, types and editions restrict the entries; where no
/// edition was asked for, of two encodings of one version the one in the newer edition stays; over
/// that set, `versions` picks per object; and only then does the window's `after` apply. So the
/// last version of an object is the newest there is, not the newest of those added lately.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Selection {
    /// Any of these objects.
    pub ids: Option<Vec<String>>,
    /// Any of these types.
    pub types: Option<Vec<String>>,
    /// Which editions.
    pub editions: Editions,
    /// Which versions of each object.
    pub versions: VersionFilter,
}

/// Which editions of STIX are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Editions {
    /// None in particular: of each version, its newest encoding.
    Newest,
    /// This one only.
    Only(SpecVersion),
    /// Every one, each encoding for itself.
    Every,
    /// Only such as no entry can have.
    None,
}

impl Selection {
    /// The entries that a filter selects.
    #[must_use]
    pub fn of(filter: &Filter) -> Self {
        let editions = filter.spec_versions.as_ref().map_or(Editions::Newest, |asked| {
            let known: Vec<_> =
                SpecVersion::ALL.into_iter().filter(|v| asked.iter().any(|a| a == v.as_str())).collect();
            match known.as_slice() {
                [] => Editions::None,
                [one] => Editions::Only(*one),
                _ => Editions::Every,
            }
        });
        Self { ids: filter.ids.clone(), types: filter.types.clone(), editions, versions: filter.versions.clone() }
    }

    /// Only entries of this object.
    #[must_use]
    pub fn with_id(self, id: &str) -> Self {
        Self { ids: Some(vec![id.to_owned()]), ..self }
    }

    /// The instants that are asked for by value.
    pub fn instants(&self) -> impl Iterator<Item = &StixTimestamp> {
        let selectors = match &self.versions {
            VersionFilter::All => &[][..],
            VersionFilter::Any(selectors) => selectors,
        };
        selectors.iter().filter_map(|selector| match selector {
            Selector::At(instant) => Some(instant),
            _ => None,
        })
    }

    /// Does it ask for this selector?
    #[must_use]
    pub fn asks(&self, selector: &Selector) -> bool {
        matches!(&self.versions, VersionFilter::Any(selectors) if selectors.contains(selector))
    }
}

impl Default for Selection {
    /// The last version of every object.
    fn default() -> Self {
        Self::of(&Filter::default())
    }
}
