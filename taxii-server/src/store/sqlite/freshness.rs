use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use arc_swap::ArcSwap;

use crate::store::{Mark, Result};

/// What every poll asks first, remembered for as long as nobody has written to the database.
///
/// SQLite keeps an index of its log in a file that all processes share (`…-shm`). The header of the index,
/// which holds a counter of transactions, changes with every commit by anybody before the commit
/// becomes visible to readers. Reading it takes one system call and no lock, a fraction of the cheapest query.
/// Where there is no such file, nothing is remembered.
pub(super) struct Freshness {
    index: Option<shared::Index>,
    seen: ArcSwap<Seen>,
}

/// What was true when the header was this. What is asked after the header was read is at least as new.
#[derive(Default)]
struct Seen {
    header: Option<[u8; HEADER]>,
    revision: RwLock<Option<i64>>,
    marks: RwLock<HashMap<i64, Mark>>,
}

/// The size of the header: <https://www.sqlite.org/walformat.html#the_wal_index_header>.
const HEADER: usize = 48;

impl Freshness {
    pub(super) fn new(database: &Path) -> Self {
        Self { index: shared::Index::of(database), seen: ArcSwap::default() }
    }

    /// The store's revision, which `ask` finds out if it may have changed.
    pub(super) fn revision(&self, ask: impl FnOnce() -> Result<i64>) -> Result<i64> {
        let Some(seen) = self.seen() else { return ask() };
        if let Some(known) = *seen.revision.read().unwrap_or_else(PoisonError::into_inner) {
            return Ok(known);
        }
        let revision = ask()?;
        *seen.revision.write().unwrap_or_else(PoisonError::into_inner) = Some(revision);
        Ok(revision)
    }

    /// A collection's mark, which `ask` finds out if it may have changed.
    pub(super) fn mark(&self, collection: i64, ask: impl FnOnce() -> Result<Mark>) -> Result<Mark> {
        let Some(seen) = self.seen() else { return ask() };
        if let Some(known) = seen.marks.read().unwrap_or_else(PoisonError::into_inner).get(&collection) {
            return Ok(*known);
        }
        let mark = ask()?;
        seen.marks.write().unwrap_or_else(PoisonError::into_inner).insert(collection, mark);
        Ok(mark)
    }

    /// What is known of the database as it is now; `None` if that cannot be told.
    fn seen(&self) -> Option<Arc<Seen>> {
        let header = self.index.as_ref()?.header()?;
        let seen = self.seen.load();
        if seen.header == Some(header) {
            return Some(Arc::clone(&seen));
        }
        let fresh = Arc::new(Seen { header: Some(header), ..Seen::default() });
        self.seen.store(Arc::clone(&fresh));
        Some(fresh)
    }
}

#[cfg(unix)]
mod shared {
    use std::collections::HashMap;
    use std::fs::File;
    use std::os::unix::fs::{FileExt, MetadataExt};
    use std::path::{Path, PathBuf};
    use std::sync::{Arc, LazyLock, Mutex, PoisonError};

    /// The shared index of a database's log.
    pub(super) struct Index(Arc<File>);

    /// Every index ever opened, by device and inode. They are never closed: POSIX takes all locks of
    /// a process on a file away when the process closes any descriptor of it, SQLite's among them.
    static OPEN: LazyLock<Mutex<Files>> = LazyLock::new(Mutex::default);
    type Files = HashMap<(u64, u64), Arc<File>>;

    impl Index {
        pub(super) fn of(database: &Path) -> Option<Self> {
            let mut name = database.as_os_str().to_owned();
            name.push("-shm");
            let name = PathBuf::from(name);
            let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
            let metadata = std::fs::metadata(&name).ok()?;
            let key = (metadata.dev(), metadata.ino());
            if let Some(file) = open.get(&key) {
                return Some(Self(Arc::clone(file)));
            }
            let file = Arc::new(File::open(&name).ok()?);
            open.insert(key, Arc::clone(&file));
            Some(Self(file))
        }

        /// The header as it is now.
        pub(super) fn header(&self) -> Option<[u8; super::HEADER]> {
            let mut header = [0; super::HEADER];
            self.0.read_exact_at(&mut header, 0).ok()?;
            Some(header)
        }
    }
}

#[cfg(not(unix))]
mod shared {
    /// There is none that could be read beside SQLite.
    pub(super) struct Index;

    impl Index {
        pub(super) fn of(_: &std::path::Path) -> Option<Self> {
            None
        }

        pub(super) fn header(&self) -> Option<[u8; super::HEADER]> {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::store::sqlite::SqliteStore;
    use crate::store::{Admin, ApiRoot, Collection, CollectionKey, Store};

    /// Promise 4 and AMB-17: what another connection, hence another process, commits is seen by the next question.
    #[tokio::test]
    async fn sees_what_others_commit_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("t.db");
        let (ours, theirs) = (SqliteStore::open(&file).unwrap(), SqliteStore::open(&file).unwrap());
        for n in 0..100 {
            let before = ours.revision().await.unwrap();
            assert_eq!(ours.revision().await.unwrap(), before);
            theirs.add_root(&ApiRoot::new(&format!("r{n}"), "t").unwrap()).await.unwrap();
            assert_eq!(ours.revision().await.unwrap(), before + 1);
        }
        theirs.add_collection(&Collection::new("r1", None, "t").unwrap()).await.unwrap();
        assert_eq!(ours.mark(CollectionKey(1)).await.unwrap().changes, 0);
        let remembered = ours.freshness.mark(1, || panic!("nothing was written since")).unwrap();
        assert_eq!(remembered.changes, 0);
    }
}
