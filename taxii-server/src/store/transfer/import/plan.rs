use std::collections::{BTreeSet, HashMap};

use stix_model::{RawHead, SpecVersion};
use taxii_model::Timestamp;

use super::{FoundObject, Left, Peer};
use crate::store::memory::stix_timestamp;
use crate::store::sql::edition_number;
use crate::store::sql::standing::{Sibling, Standing, stand};
use crate::store::{Collection, Result};

/// What becomes of each object of a collection, in the order in which the peer gives them.
pub(super) struct Plan {
    /// `None` for those that stay behind.
    pub(super) entries: Vec<Option<Entry>>,
    pub(super) left: Vec<Left>,
    pub(super) editions: BTreeSet<SpecVersion>,
    /// So many got another stamp than they had.
    pub(super) moved: u64,
    pub(super) clock: Timestamp,
}

/// An object that is taken, but for its text.
pub(super) struct Entry {
    pub(super) added: i64,
    pub(super) object_type: String,
    pub(super) id: String,
    pub(super) version: String,
    pub(super) version_key: String,
    pub(super) spec_version: i32,
    pub(super) standing: Standing,
    /// Is its version the date added?
    dated: bool,
}

/// As deep as what a server takes.
const DEPTH: usize = 100;
const MILLISECOND: i64 = 1000;

impl Plan {
    /// Looks at every object of a collection.
    pub(super) fn of(peer: &mut dyn Peer, collection: &Collection, name: &str) -> Result<Self> {
        let mut plan = Self {
            entries: Vec::new(),
            left: Vec::new(),
            editions: BTreeSet::new(),
            moved: 0,
            clock: Timestamp::default(),
        };
        let mut histories: HashMap<String, Vec<usize>> = HashMap::new();
        let mut undated = 0;
        peer.objects(collection, &mut |object| {
            undated += u64::from(object.added.is_none());
            plan.look(&object, name, &mut histories);
            Ok(())
        })?;
        if undated > 0 {
            plan.left.push(Left::new(
                format!("the dates on which {undated} objects were added to {name}"),
                "they are not known: the objects were added right behind those before them",
            ));
        }
        plan.end_on_a_millisecond();
        plan.stand(&histories);
        Ok(plan)
    }

    fn look(&mut self, object: &FoundObject, name: &str, histories: &mut HashMap<String, Vec<usize>>) {
        let entry = match self.entry(object) {
            Ok(entry) => entry,
            Err((what, why)) => {
                self.left.push(Left::new(format!("{what} of {name}"), why));
                self.entries.push(None);
                return;
            }
        };
        let history = histories.entry(entry.id.clone()).or_default();
        let is_twin = |n: &usize| {
            self.entries
                .get(*n)
                .and_then(Option::as_ref)
                .is_some_and(|known| known.version_key == entry.version_key && known.spec_version == entry.spec_version)
        };
        if history.iter().any(is_twin) {
            let what = format!("{} {} of {name}", entry.id, entry.version);
            self.left.push(Left::new(what, "it is there already, in this version"));
            self.entries.push(None);
            return;
        }
        history.push(self.entries.len());
        self.moved += u64::from(object.added.is_some_and(|added| added.as_micros() != entry.added));
        self.clock = Timestamp::from_micros(entry.added);
        self.entries.push(Some(entry));
    }

    fn entry(&mut self, object: &FoundObject) -> Result<Entry, (String, String)> {
        let head = RawHead::read(&object.text, DEPTH)
            .map_err(|error| ("an object".to_owned(), format!("it is no JSON within I-JSON's limits: {error}")))?;
        let what = || {
            let id = head.id().unwrap_or("an object without an id");
            head.version().map_or_else(|| id.to_owned(), |version| format!("{id} {version}"))
        };
        let checked = head
            .check(None)
            .map_err(|findings| (what(), findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")))?;
        let before = self.clock.as_micros();
        let added = object.added.map_or(before + 1, Timestamp::as_micros).max(before + 1);
        let version = checked.version().cloned().unwrap_or_else(|| stix_timestamp(Timestamp::from_micros(added)));
        self.editions.insert(checked.spec_version);
        Ok(Entry {
            added,
            object_type: checked.id.object_type().to_owned(),
            id: checked.id.as_str().to_owned(),
            version_key: version.sort_key(),
            version: version.to_string(),
            spec_version: edition_number(checked.spec_version),
            standing: Standing::default(),
            dated: checked.version().is_none(),
        })
    }

    /// Some clients cut the position of the last object to milliseconds, and would be given it again and again.
    fn end_on_a_millisecond(&mut self) {
        let Some(last) = self.entries.iter_mut().rev().flatten().next() else { return };
        let end = (last.added + MILLISECOND - 1).div_euclid(MILLISECOND) * MILLISECOND;
        self.clock = Timestamp::from_micros(end);
        if end == last.added {
            return;
        }
        if last.dated {
            let version = stix_timestamp(self.clock);
            (last.version, last.version_key) = (version.to_string(), version.sort_key());
        }
        last.added = end;
        self.moved += 1;
    }

    fn stand(&mut self, histories: &HashMap<String, Vec<usize>>) {
        for history in histories.values() {
            let siblings: Vec<Sibling> = history
                .iter()
                .filter_map(|n| self.entries.get(*n)?.as_ref())
                .map(|entry| Sibling {
                    added: entry.added,
                    version_key: entry.version_key.clone(),
                    spec_version: entry.spec_version,
                    standing: Standing::default(),
                })
                .collect();
            let keys: Vec<&str> = siblings.iter().map(|sibling| sibling.version_key.as_str()).collect();
            for (n, standing) in history.iter().zip(stand(&siblings, &keys)) {
                if let Some(Some(entry)) = self.entries.get_mut(*n) {
                    entry.standing = standing;
                }
            }
        }
    }
}
