use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use stix_model::SpecVersion;

use super::super::file::local;
use super::super::{Batch, Change, Cursor, Fault, Item, Provenance, Refused, Room, sha256};
use super::Folder;

/// How far a folder has been given.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Position {
    /// The last file of which something was given.
    file: String,
    /// How many objects of it were given; `None` for all.
    given: Option<usize>,
    /// A digest of names, lengths and times of all files up to there: have they changed?
    seen: String,
}

/// A file in the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) name: String,
    octets: u64,
    modified: Option<SystemTime>,
}

/// A file with what is in it.
#[derive(Debug)]
pub(super) struct Open {
    file: Listed,
    objects: Vec<Box<RawValue>>,
    edition: Option<SpecVersion>,
    /// What keeps the rest of it from being read.
    broken: Option<String>,
}

/// The next objects of the folder.
pub(super) fn batch(
    folder: &Folder,
    after: Option<&Cursor>,
    room: Room,
    open: &mut Option<Open>,
) -> Result<Batch, Fault> {
    let files = list(&folder.path)?;
    let mut at = after.map(|cursor| position(folder, cursor)).transpose()?.unwrap_or_default();
    if !at.file.is_empty() && seen(&files, &at.file) != at.seen {
        at = Position::default();
    }
    let mut filling = Filling { folder, room, octets: 0, changes: Vec::new(), refused: Vec::new() };
    let mut more = false;
    let (last, midway) = (at.file.clone(), at.given);
    for file in files.iter().filter(|file| file.name > last || (file.name == last && midway.is_some())) {
        if filling.is_full() {
            more = true;
            break;
        }
        let from = midway.filter(|_| file.name == last).unwrap_or_default();
        if !open.as_ref().is_some_and(|open| open.file == *file) {
            *open = Some(read(folder, file)?);
        }
        let Some(opened) = open.as_ref() else { break };
        if opened.is_being_written(folder) {
            // Those behind it wait, so that the order stays that of the names.
            break;
        }
        let given = filling.take(opened, from);
        more = given.is_some();
        at = Position { file: file.name.clone(), given, seen: String::new() };
        if more {
            break;
        }
    }
    if !more {
        *open = None;
    }
    at.seen = seen(&files, &at.file);
    let cursor = serde_json::to_string(&at).map_err(|error| local(&folder.path, error))?;
    Ok(Batch { changes: filling.changes, refused: filling.refused, cursor: Cursor::new(cursor), more, remaining: None })
}

fn position(folder: &Folder, cursor: &Cursor) -> Result<Position, Fault> {
    serde_json::from_str(cursor.as_str()).map_err(|error| Fault::Lost {
        place: folder.path.display().to_string(),
        reason: format!("the kept position is none of a folder ({error}); begin anew: what has arrived is known there"),
    })
}

/// The files, by name.
pub(super) fn list(path: &Path) -> Result<Vec<Listed>, Fault> {
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(|error| local(path, error))? {
        let entry = entry.map_err(|error| local(path, error))?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        // A file that is renamed away meanwhile is no error, and links are followed.
        let Ok(about) = fs::metadata(entry.path()) else { continue };
        if about.is_file() && is_looked_at(&name) {
            files.push(Listed { name, octets: about.len(), modified: about.modified().ok() });
        }
    }
    files.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

fn is_looked_at(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    !name.starts_with('.') && matches!(ending, Some("json" | "stix" | "jsonl" | "ndjson"))
}

/// A digest of all files up to this one.
fn seen(files: &[Listed], last: &str) -> String {
    let lines = files.iter().filter(|file| file.name.as_str() <= last).map(|file| {
        let since = file.modified.and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
        format!("{}\n{}\n{}\n", file.name, file.octets, since.unwrap_or_default().as_nanos())
    });
    sha256(lines.collect::<String>().as_bytes())
}

pub(super) fn read(folder: &Folder, file: &Listed) -> Result<Open, Fault> {
    let path: PathBuf = folder.path.join(&file.name);
    let mut open = Open { file: file.clone(), objects: Vec::new(), edition: None, broken: None };
    if file.octets > folder.file_octets {
        open.broken = Some(format!("{} octets, at most {} are read", file.octets, folder.file_octets));
        return Ok(open);
    }
    let text = match fs::read(&path).map(String::from_utf8) {
        Ok(Ok(text)) => text,
        Ok(Err(error)) => {
            open.broken = Some(error.to_string());
            return Ok(open);
        }
        Err(error) => return Err(local(&path, error)),
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    match file.name.ends_with('l') || file.name.ends_with("ndjson") {
        true => open.lines(text),
        false => open.document(text),
    }
    Ok(open)
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    spec_version: Option<String>,
    objects: Option<Vec<Box<RawValue>>>,
}

impl Open {
    /// An object on each line; a line that is none does not take others with it.
    fn lines(&mut self, text: &str) {
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            match serde_json::from_str(line) {
                Ok(object) => self.objects.push(object),
                Err(error) => {
                    self.broken.get_or_insert_with(|| format!("line {}: {error}", number + 1));
                }
            }
        }
    }

    /// A bundle or an envelope, or a single object.
    fn document(&mut self, text: &str) {
        match serde_json::from_str::<Document>(text) {
            Ok(Document { spec_version, objects: Some(objects) }) => {
                self.edition = spec_version.and_then(|edition| edition.parse().ok());
                self.objects = objects;
            }
            Ok(Document { objects: None, .. }) => match serde_json::from_str(text) {
                Ok(object) => self.objects.push(object),
                Err(error) => self.broken = Some(error.to_string()),
            },
            Err(error) => self.broken = Some(error.to_string()),
        }
    }

    pub(super) fn items<'a>(&'a self, folder: &'a Folder) -> impl Iterator<Item = Result<Item, Refused>> + 'a {
        let provenance = Provenance::read_at(&folder.path.display().to_string());
        self.objects.iter().map(move |object| Item::new(object.clone(), self.edition, provenance.clone()))
    }

    /// Is this the work of somebody who has not finished?
    fn is_being_written(&self, folder: &Folder) -> bool {
        let age = self.file.modified.and_then(|at| SystemTime::now().duration_since(at).ok());
        self.broken.is_some() && self.file.octets <= folder.file_octets && age.unwrap_or_default() < folder.settle
    }
}

struct Filling<'a> {
    folder: &'a Folder,
    room: Room,
    octets: usize,
    changes: Vec<Change>,
    refused: Vec<Refused>,
}

impl Filling<'_> {
    fn is_full(&self) -> bool {
        self.changes.len() + self.refused.len() >= self.room.changes || self.octets >= self.room.octets
    }

    /// Takes from a file what fits; how many of its objects are given now, `None` for all.
    fn take(&mut self, open: &Open, from: usize) -> Option<usize> {
        for (number, item) in open.items(self.folder).enumerate().skip(from) {
            if self.is_full() {
                return Some(number);
            }
            match item {
                Ok(item) => {
                    self.octets = self.octets.saturating_add(item.text().len());
                    self.changes.push(Change::Object(item));
                }
                Err(refused) => {
                    let reason = format!("{}, object {}: {}", open.file.name, number + 1, refused.reason);
                    self.refused.push(Refused { reason, ..refused });
                }
            }
        }
        if let Some(broken) = &open.broken {
            self.refused.push(Refused::new(None, None, "file-broken", format!("{}: {broken}", open.file.name)));
        }
        None
    }
}
