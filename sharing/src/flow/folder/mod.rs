//! A folder of files, as a source and as a sink.

mod read;
#[cfg(test)]
mod tests;
mod write;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Mutex;

use super::file::blocking;
use super::{Batch, Change, Cursor, Fault, Outcome, Room, Sink, Source};

/// A folder of STIX: files with a bundle or an envelope (`.json`, `.stix`) or an object on each line (`.jsonl`, `.ndjson`).
///
/// As a source it gives the objects of all files in the order of their names. A file whose name begins with a dot, or that
/// ends in anything else, is not looked at: write under such a name and rename. What was put there in place and cannot be
/// read to its end is left for later while it is young ([`settle`](Self::settle)), and refused with a reason afterwards. When files behind the
/// position come, go or change, everything is given again: the sink knows what it has.
///
/// As a sink it writes a bundle for each delivery, `0000000001.json` and so on, under another name until it is on the disk. The
/// same deliveries make the same files, and objects keep their text. Deletions are not taken: a folder of files has no memory of them.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
    settle: Duration,
    file_octets: u64,
    /// The file that is being given, so that it is read once.
    open: Arc<Mutex<Option<read::Open>>>,
    /// What is in the folder, once somebody delivers: versions and their content.
    index: Arc<Mutex<Option<write::Index>>>,
}

impl Folder {
    /// This folder. It has to be there.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            settle: Duration::from_secs(10),
            file_octets: 1 << 30,
            open: Arc::default(),
            index: Arc::default(),
        }
    }

    /// For how long after its last change a file that cannot be read counts as one that somebody is writing; 10 seconds.
    #[must_use]
    pub fn settle(self, settle: Duration) -> Self {
        Self { settle, ..self }
    }

    /// Larger files are refused; 1 GiB.
    #[must_use]
    pub fn file_octets(self, file_octets: u64) -> Self {
        Self { file_octets, ..self }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[async_trait]
impl Source for Folder {
    fn place(&self) -> String {
        self.path.display().to_string()
    }

    async fn next(&self, after: Option<&Cursor>, room: Room) -> Result<Batch, Fault> {
        let (folder, after) = (self.clone(), after.cloned());
        let mut open = self.open.clone().lock_owned().await;
        blocking(move || read::batch(&folder, after.as_ref(), room, &mut open)).await
    }
}

#[async_trait]
impl Sink for Folder {
    fn place(&self) -> String {
        self.path.display().to_string()
    }

    async fn deliver(&self, changes: &[Change]) -> Result<Vec<Outcome>, Fault> {
        let (folder, changes) = (self.clone(), changes.to_vec());
        let mut index = self.index.clone().lock_owned().await;
        blocking(move || write::deliver(&folder, &changes, &mut index)).await
    }
}
