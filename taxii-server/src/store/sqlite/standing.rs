use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

use crate::store::schema::objects;
use crate::store::{CollectionKey, Result};

/// Where an entry stands among those of its object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) is_best: bool,
    pub(super) is_newest: bool,
    pub(super) is_oldest: bool,
    pub(super) newest_in_spec: bool,
    pub(super) oldest_in_spec: bool,
}

type Row = (i64, String, i32, bool, bool, bool, bool, bool);

/// An entry as far as its standing goes.
struct Sibling {
    added: i64,
    version_key: String,
    spec_version: i32,
    standing: Standing,
}

/// Sets the standing of the entries of one object right after entries have come or gone; `keys` are
/// the version keys of those.
///
/// Only entries at either end of the object's history, or of the same version, can be affected, so
/// only they are read, however many versions there are.
pub(super) fn settle(
    connection: &mut SqliteConnection,
    collection: CollectionKey,
    id: &str,
    keys: &[String],
) -> Result<()> {
    let siblings = affected(connection, collection, id, keys)?;
    for sibling in &siblings {
        let standing = stand(sibling, &siblings);
        if standing != sibling.standing {
            diesel::update(objects::table.find((collection.0, sibling.added)))
                .set((
                    objects::is_best.eq(standing.is_best),
                    objects::is_newest.eq(standing.is_newest),
                    objects::is_oldest.eq(standing.is_oldest),
                    objects::newest_in_spec.eq(standing.newest_in_spec),
                    objects::oldest_in_spec.eq(standing.oldest_in_spec),
                ))
                .execute(connection)?;
        }
    }
    Ok(())
}

/// The two entries at each end (a version has at most two encodings), the one of each edition at each
/// end, those of the given versions, and those that stand at an end no longer.
fn affected(
    connection: &mut SqliteConnection,
    collection: CollectionKey,
    id: &str,
    keys: &[String],
) -> Result<Vec<Sibling>> {
    let columns = (
        objects::added,
        objects::version_key,
        objects::spec_version,
        objects::is_best,
        objects::is_newest,
        objects::is_oldest,
        objects::newest_in_spec,
        objects::oldest_in_spec,
    );
    let own = || objects::table.filter(objects::collection.eq(collection.0)).filter(objects::id.eq(id)).select(columns);
    let mut rows: Vec<Row> = Vec::new();
    // A new end pushes at most the former end aside, which is then second from it: hence two versions, of two encodings each.
    rows.extend(own().order(objects::version_key.desc()).limit(4).load::<Row>(connection)?);
    rows.extend(own().order(objects::version_key.asc()).limit(4).load::<Row>(connection)?);
    for spec_version in [20, 21] {
        let own = || own().filter(objects::spec_version.eq(spec_version));
        rows.extend(own().order(objects::version_key.desc()).limit(2).load::<Row>(connection)?);
        rows.extend(own().order(objects::version_key.asc()).limit(2).load::<Row>(connection)?);
    }
    for key in keys {
        rows.extend(own().filter(objects::version_key.eq(key)).load::<Row>(connection)?);
    }
    rows.sort_unstable();
    rows.dedup();
    Ok(rows.into_iter().map(Sibling::from).collect())
}

impl From<Row> for Sibling {
    fn from(
        (added, version_key, spec_version, is_best, is_newest, is_oldest, newest_in_spec, oldest_in_spec): Row,
    ) -> Self {
        let standing = Standing { is_best, is_newest, is_oldest, newest_in_spec, oldest_in_spec };
        Self { added, version_key, spec_version, standing }
    }
}

fn stand(entry: &Sibling, all: &[Sibling]) -> Standing {
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
