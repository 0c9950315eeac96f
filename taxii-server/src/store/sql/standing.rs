use std::collections::{HashMap, HashSet};

use crate::store::schema::objects;

/// Where an entry stands among those of its object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::store) struct Standing {
    pub(in crate::store) is_best: bool,
    pub(in crate::store) is_newest: bool,
    pub(in crate::store) is_oldest: bool,
    pub(in crate::store) newest_in_spec: bool,
    pub(in crate::store) oldest_in_spec: bool,
}

/// What is read of an entry to settle its standing.
pub(in crate::store) type Row = (i64, String, i32, bool, bool, bool, bool, bool);

/// The columns of [`Row`].
pub(in crate::store) const COLUMNS: (
    objects::added,
    objects::version_key,
    objects::spec_version,
    objects::is_best,
    objects::is_newest,
    objects::is_oldest,
    objects::newest_in_spec,
    objects::oldest_in_spec,
) = (
    objects::added,
    objects::version_key,
    objects::spec_version,
    objects::is_best,
    objects::is_newest,
    objects::is_oldest,
    objects::newest_in_spec,
    objects::oldest_in_spec,
);

/// An entry as far as its standing goes.
#[derive(Clone, Debug)]
pub(in crate::store) struct Sibling {
    pub(in crate::store) added: i64,
    pub(in crate::store) version_key: String,
    pub(in crate::store) spec_version: i32,
    pub(in crate::store) standing: Standing,
}

impl From<Row> for Sibling {
    fn from(
        (added, version_key, spec_version, is_best, is_newest, is_oldest, newest_in_spec, oldest_in_spec): Row,
    ) -> Self {
        let standing = Standing { is_best, is_newest, is_oldest, newest_in_spec, oldest_in_spec };
        Self { added, version_key, spec_version, standing }
    }
}

/// Where each entry of an object stands among all that can make a difference, after entries of the versions `keys` have come
/// or gone. Of other versions there may be encodings that are not among the entries: which is the best of them stays as it was.
pub(in crate::store) fn stand(entries: &[Sibling], keys: &[&str]) -> Vec<Standing> {
    let keys: HashSet<&str> = keys.iter().copied().collect();
    let mut ends: HashMap<Option<i32>, (&str, &str)> = HashMap::new();
    let mut best: HashMap<&str, i32> = HashMap::new();
    for entry in entries {
        let key = entry.version_key.as_str();
        for of in [None, Some(entry.spec_version)] {
            let (oldest, newest) = ends.entry(of).or_insert((key, key));
            (*oldest, *newest) = ((*oldest).min(key), (*newest).max(key));
        }
        let edition = best.entry(key).or_insert(entry.spec_version);
        *edition = entry.spec_version.max(*edition);
    }
    let standing = |entry: &Sibling| {
        let key = entry.version_key.as_str();
        let ends = |of| ends.get(&of).copied().unwrap_or((key, key));
        let ((oldest, newest), (oldest_in_spec, newest_in_spec)) = (ends(None), ends(Some(entry.spec_version)));
        Standing {
            is_best: if keys.contains(key) {
                best.get(key) == Some(&entry.spec_version)
            } else {
                entry.standing.is_best
            },
            is_newest: newest == key,
            is_oldest: oldest == key,
            newest_in_spec: newest_in_spec == key,
            oldest_in_spec: oldest_in_spec == key,
        }
    };
    entries.iter().map(standing).collect()
}
