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

/// Where an entry stands among all that can make a difference.
pub(in crate::store) fn stand(entry: &Sibling, all: &[Sibling]) -> Standing {
    let keys = || all.iter().map(|s| &s.version_key);
    let keys_in_spec = || all.iter().filter(|s| s.spec_version == entry.spec_version).map(|s| &s.version_key);
    let key = Some(&entry.version_key);
    Standing {
        is_best: !all.iter().any(|s| s.version_key == entry.version_key && s.spec_version > entry.spec_version),
        is_newest: keys().max() == key,
        is_oldest: keys().min() == key,
        newest_in_spec: keys_in_spec().max() == key,
        oldest_in_spec: keys_in_spec().min() == key,
    }
}
