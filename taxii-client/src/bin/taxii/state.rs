use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use taxii_client::{Bookmark, Collection, Query};

use crate::failure::Failure;
use crate::profile::{directory, replace};

/// Where a poll of one collection with one set of filters is, in a file of its own.
///
/// The file is replaced as a whole after each page has reached the output, so that a run that was
/// interrupted goes on after the last page it finished. A page that was written but not yet noted here
/// comes again: at least once, never less.
#[derive(Debug)]
pub(crate) struct State {
    file: PathBuf,
    kept: Kept,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    collection: String,
    user: String,
    filter: String,
    bookmark: Bookmark,
}

impl State {
    /// Opens the file, or begins one. A file that belongs to another poll is refused.
    pub(crate) fn open(
        file: Option<PathBuf>,
        collection: &Collection,
        user: Option<&str>,
        query: &Query,
    ) -> Result<Self, Failure> {
        let filter = Query { filter: query.filter.clone(), ..Query::default() }.to_string();
        let fresh = Kept {
            collection: collection.url().to_string(),
            user: user.unwrap_or_default().to_owned(),
            filter,
            bookmark: Bookmark::default(),
        };
        let file = file.map_or_else(|| own_file(&fresh), Ok)?;
        let kept = match std::fs::read_to_string(&file) {
            Ok(text) => read(&file, &text)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => fresh.clone(),
            Err(error) => return Err(Failure::file(file.display(), &error)),
        };
        if (Kept { bookmark: Bookmark::default(), ..kept.clone() }) != fresh {
            return Err(Failure::usage(format!(
                "{} belongs to another poll: {} as {:?} with {:?}; use another file for this one",
                file.display(),
                kept.collection,
                kept.user,
                kept.filter
            )));
        }
        Ok(Self { file, kept })
    }

    pub(crate) fn bookmark(&self) -> &Bookmark {
        &self.kept.bookmark
    }

    pub(crate) fn keep(&mut self, bookmark: Bookmark) -> Result<(), Failure> {
        self.kept.bookmark = bookmark;
        let mut text = serde_json::to_string(&self.kept).map_err(|error| Failure::usage(error.to_string()))?;
        text.push('\n');
        replace(&self.file, text.as_bytes())
    }
}

fn read(file: &Path, text: &str) -> Result<Kept, Failure> {
    serde_json::from_str(text).map_err(|error| {
        Failure::usage(format!(
            "{}: this is no state of a poll ({error}); remove it to start from the beginning",
            file.display()
        ))
    })
}

/// A file for this poll alone, below the user's state directory.
fn own_file(kept: &Kept) -> Result<PathBuf, Failure> {
    let key = format!("{}\n{}\n{}", kept.collection, kept.user, kept.filter);
    let name = digest(&key);
    Ok(directory("XDG_STATE_HOME", ".local/state")?.join("taxii").join(format!("{name}.json")))
}

/// FNV-1a in 128 bits: the same name for the same poll, in every release.
fn digest(text: &str) -> String {
    let hash = text.bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |hash, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    });
    format!("{hash:032x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Polls find their state again after an update.
    #[test]
    fn names_stay_the_same() {
        assert_eq!(digest(""), "6c62272e07bb014262b821756295c58d");
        assert_eq!(digest("a"), "d228cb696f1a8caf78912b704e4a8964");
    }
}
