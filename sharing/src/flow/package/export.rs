use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::super::file::{blocking, local, replace};
use super::super::{Change, Fault, Outcome, Sink};
use super::manifest::{file_name, is_stream, verified};
use super::{Manifest, SigningKey, content};

/// Writes what it gets into numbered, signed packages.
///
/// How far it has come is in a file `.STREAM.head` beside them, so that packages may be taken away. What is delivered a second time
/// because of a crash is known, if it is the same; otherwise it is in two packages, and known to the importer.
#[derive(Clone, Debug)]
pub struct Export {
    folder: PathBuf,
    stream: String,
    key: Arc<SigningKey>,
    /// One package after the other.
    turn: Arc<Mutex<()>>,
}

/// The last package that was written.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Last {
    sequence: u64,
    digest: Option<String>,
    content: String,
}

impl Export {
    /// Into this folder, as this stream.
    ///
    /// # Errors
    /// The stream has no name that files may have.
    pub fn new(folder: impl Into<PathBuf>, stream: &str, key: SigningKey) -> Result<Self, Fault> {
        let folder = folder.into();
        if !is_stream(stream) {
            return Err(local(
                &folder,
                format!("{stream:?} is no name of a stream: up to 100 letters, digits, '-', '_' and '.'"),
            ));
        }
        Ok(Self { folder, stream: stream.to_owned(), key: Arc::new(key), turn: Arc::default() })
    }

    fn head(&self) -> PathBuf {
        self.folder.join(format!(".{}.head", self.stream))
    }

    fn last(&self) -> Result<Last, Fault> {
        let path = self.head();
        let last = match fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text).map_err(|error| local(&path, error))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Last::default(),
            Err(error) => return Err(local(&path, error)),
        };
        self.written_after(last)
    }

    /// A crash may have come between a package and the note of it.
    fn written_after(&self, last: Last) -> Result<Last, Fault> {
        let path = self.folder.join(file_name(&self.stream, last.sequence + 1));
        match fs::read(&path) {
            Ok(package) => {
                let (manifest, _) = verified(&path.display().to_string(), &package, &[self.key.public()])?;
                Ok(Last { sequence: manifest.sequence, digest: Some(manifest.digest()), content: manifest.sha256 })
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(last),
            Err(error) => Err(local(&path, error)),
        }
    }

    fn write(&self, changes: &[Change]) -> Result<Outcome, Fault> {
        let last = self.last()?;
        let content = content::write(changes).map_err(|error| local(&self.folder, error))?;
        let sequence = last.sequence + 1;
        let manifest = Manifest::new(&self.stream, sequence, last.digest, &content, changes.len() as u64, &self.key);
        let same = manifest.sha256 == last.content;
        let last = match same {
            true => self.last()?,
            false => {
                let last = Last { sequence, digest: Some(manifest.digest()), content: manifest.sha256.clone() };
                replace(&self.folder.join(manifest.file_name()), &manifest.package(&content, &self.key))?;
                last
            }
        };
        let text = serde_json::to_string(&last).map_err(|error| local(&self.folder, error))?;
        replace(&self.head(), text.as_bytes())?;
        Ok(if same { Outcome::Known } else { Outcome::Added })
    }

    /// Where the packages are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

#[async_trait]
impl Sink for Export {
    fn place(&self) -> String {
        format!("{} (packages of {})", self.folder.display(), self.stream)
    }

    async fn deliver(&self, changes: &[Change]) -> Result<Vec<Outcome>, Fault> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let (export, changes) = (self.clone(), changes.to_vec());
        let turn = self.turn.clone().lock_owned().await;
        blocking(move || {
            let _turn = turn;
            let outcome = export.write(&changes)?;
            Ok(vec![outcome; changes.len()])
        })
        .await
    }
}
