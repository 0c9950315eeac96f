use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::super::file::{blocking, local};
use super::super::{Batch, Change, Cursor, Fault, Refused, Room, Source};
use super::manifest::{file_name, verified};
use super::{Manifest, PublicKey, content, inspect};

/// Reads signed packages in their order, each once.
///
/// A package that is missing is waited for ([`Fault::Busy`] says which). One that was changed, exchanged, or follows another than
/// the one before it stops the import; nothing of it is taken.
#[derive(Clone, Debug)]
pub struct Import {
    folder: PathBuf,
    trusted: Vec<PublicKey>,
    stream: Option<String>,
    octets: u64,
    open: Arc<Mutex<Option<Open>>>,
}

/// A package that was verified and is being given.
#[derive(Debug)]
struct Open {
    manifest: Manifest,
    changes: Vec<Result<Change, Refused>>,
}

/// How far a stream has been given.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Position {
    stream: String,
    /// The last package that was given to its end, and the digest of its manifest.
    sequence: u64,
    digest: Option<String>,
    /// How many changes of the next one were given.
    given: usize,
}

impl Import {
    /// From this folder, if signed with one of these keys.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>, trusted: impl IntoIterator<Item = PublicKey>) -> Self {
        let trusted = trusted.into_iter().collect();
        Self { folder: folder.into(), trusted, stream: None, octets: 1 << 30, open: Arc::default() }
    }

    /// Of several streams in the folder, this one.
    #[must_use]
    pub fn stream(self, stream: &str) -> Self {
        Self { stream: Some(stream.to_owned()), ..self }
    }

    fn batch(&self, after: Option<&Cursor>, room: Room, kept: &mut Option<Open>) -> Result<Batch, Fault> {
        let mut at = self.position(after)?;
        let open = match kept.take().filter(|open| open.manifest.sequence == at.sequence + 1) {
            Some(open) => open,
            None => match self.open(&at)? {
                Some(open) => open,
                None => return Ok(Batch::none(self.cursor(&at)?)),
            },
        };
        let (mut changes, mut refused, mut octets) = (Vec::new(), Vec::new(), 0);
        let mut rows = open.changes.iter().skip(at.given);
        while changes.len() + refused.len() < room.changes && octets < room.octets {
            match rows.next() {
                Some(Ok(change)) => {
                    octets += change.octets();
                    changes.push(change.clone());
                }
                Some(Err(why)) => refused.push(why.clone()),
                None => break,
            }
        }
        at.given += changes.len() + refused.len();
        let behind = (open.changes.len() - at.given.min(open.changes.len())) as u64;
        if behind == 0 {
            at = Position { sequence: open.manifest.sequence, digest: Some(open.manifest.digest()), given: 0, ..at };
        } else {
            *kept = Some(open);
        }
        // Whether there is another package is found out by asking for it.
        Ok(Batch { changes, refused, cursor: self.cursor(&at)?, more: true, remaining: None })
    }

    /// The package after this position, verified; `None` if there is none yet.
    fn open(&self, at: &Position) -> Result<Option<Open>, Fault> {
        let expected = at.sequence + 1;
        let Some(path) = self.find(&at.stream, expected)? else { return Ok(None) };
        let place = path.display().to_string();
        let malformed = |reason: String| Err(Fault::Malformed { place: place.clone(), reason });
        let package = self.read(&path)?;
        let (manifest, content) = verified(&place, &package, &self.trusted)?;
        if manifest.stream != at.stream || manifest.sequence != expected {
            return malformed(format!(
                "by its name this is package {expected} of {}, but it is package {} of {}: it was renamed or put in the other's place",
                at.stream, manifest.sequence, manifest.stream
            ));
        }
        if manifest.previous != at.digest {
            return malformed(format!(
                "package {expected} does not follow the package {} that was read here: there are two histories of this stream; ask its owner",
                at.sequence
            ));
        }
        let changes = content::read(&place, content)?;
        if changes.len() as u64 != manifest.count {
            return malformed(format!("there are {} changes in it, and {} were signed", changes.len(), manifest.count));
        }
        Ok(Some(Open { manifest, changes }))
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>, Fault> {
        let octets = fs::metadata(path).map_err(|error| local(path, error))?.len();
        if octets > self.octets {
            return Err(Fault::Malformed {
                place: path.display().to_string(),
                reason: format!("{octets} octets, at most {} are read", self.octets),
            });
        }
        fs::read(path).map_err(|error| local(path, error))
    }

    /// The file of a package, under its own name or another.
    fn find(&self, stream: &str, sequence: u64) -> Result<Option<PathBuf>, Fault> {
        let path = self.folder.join(file_name(stream, sequence));
        if path.is_file() {
            return Ok(Some(path));
        }
        let report = inspect(&self.folder, &self.trusted)?;
        let mut later = None;
        for one in report.packages.iter().filter(|one| one.is_good()) {
            let Some(manifest) = one.manifest.as_ref().filter(|manifest| manifest.stream == stream) else { continue };
            if manifest.sequence == sequence {
                return Ok(Some(self.folder.join(&one.file)));
            }
            if manifest.sequence > sequence {
                later = Some(later.map_or(manifest.sequence, |least: u64| least.min(manifest.sequence)));
            }
        }
        match later {
            None => Ok(None),
            Some(later) => Err(Fault::Busy {
                place: self.folder.display().to_string(),
                reason: format!(
                    "package {sequence} of {stream} is missing, and package {later} is there: bring what lies between; nothing behind the gap is read"
                ),
                retry_after: None,
            }),
        }
    }

    fn position(&self, after: Option<&Cursor>) -> Result<Position, Fault> {
        let lost = |reason: String| Fault::Lost { place: self.folder.display().to_string(), reason };
        if let Some(after) = after.filter(|after| !after.as_str().is_empty()) {
            return serde_json::from_str(after.as_str())
                .map_err(|error| lost(format!("the kept position is none of a stream of packages ({error})")));
        }
        let stream = match &self.stream {
            Some(stream) => stream.clone(),
            None => {
                let streams = inspect(&self.folder, &self.trusted)?.streams();
                match streams.as_slice() {
                    [] => String::new(),
                    [one] => one.clone(),
                    several => {
                        return Err(lost(format!(
                            "there are packages of several streams: {}; say which",
                            several.join(", ")
                        )));
                    }
                }
            }
        };
        Ok(Position { stream, ..Position::default() })
    }

    /// Without a stream there is no position yet.
    fn cursor(&self, at: &Position) -> Result<Cursor, Fault> {
        match at.stream.is_empty() {
            true => Ok(Cursor::new("")),
            false => serde_json::to_string(at).map(Cursor::new).map_err(|error| local(&self.folder, error)),
        }
    }
}

#[async_trait]
impl Source for Import {
    fn place(&self) -> String {
        format!("{} (packages)", self.folder.display())
    }

    async fn next(&self, after: Option<&Cursor>, room: Room) -> Result<Batch, Fault> {
        let (import, after) = (self.clone(), after.cloned());
        let mut open = self.open.clone().lock_owned().await;
        blocking(move || import.batch(after.as_ref(), room, &mut open)).await
    }
}
