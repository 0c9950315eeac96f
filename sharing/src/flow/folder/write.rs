use std::collections::HashMap;

use super::super::file::replace;
use super::super::{Change, Fault, Item, Outcome, sha256};
use super::{Folder, read};

/// Versions, by id and version, and their content.
pub(super) type Index = HashMap<(String, String), String>;

/// Writes what is new into a file of its own.
pub(super) fn deliver(folder: &Folder, changes: &[Change], kept: &mut Option<Index>) -> Result<Vec<Outcome>, Fault> {
    let mut index = match kept.take() {
        Some(index) => index,
        None => look(folder)?,
    };
    let (mut outcomes, mut text) = (Vec::with_capacity(changes.len()), String::new());
    for change in changes {
        outcomes.push(match change {
            Change::Object(item) => take(item, &mut index, &mut text),
            Change::Deleted { .. } => Outcome::Refused {
                rule: "no-deletions".to_owned(),
                reason: "a folder of files takes no deletions".to_owned(),
            },
        });
    }
    // If writing fails, what is in the folder is looked at anew.
    if !text.is_empty() {
        replace(&folder.path.join(next_name(folder)?), bundle(&text).as_bytes())?;
    }
    *kept = Some(index);
    Ok(outcomes)
}

fn take(item: &Item, index: &mut Index, text: &mut String) -> Outcome {
    let key = (item.id().to_owned(), item.version().to_owned());
    let content = item.content_digest();
    match index.get(&key) {
        Some(there) if *there == content => Outcome::Known,
        Some(_) => Outcome::Conflict { reason: "the folder has this version with other content".to_owned() },
        None => {
            index.insert(key, content);
            if !text.is_empty() {
                text.push_str(",\n");
            }
            text.push_str(item.text());
            Outcome::Added
        }
    }
}

fn look(folder: &Folder) -> Result<Index, Fault> {
    let mut index = Index::new();
    for file in read::list(&folder.path)? {
        for item in read::read(folder, &file)?.items(folder).flatten() {
            index.entry((item.id().to_owned(), item.version().to_owned())).or_insert_with(|| item.content_digest());
        }
    }
    Ok(index)
}

/// A bundle (STIX 2.1 §8) of these objects. Its id is made of them, so that the same objects make the same file.
fn bundle(objects: &str) -> String {
    let digest = sha256(objects.as_bytes());
    let part = |from: usize, to: usize| digest.get(from..to).unwrap_or_default();
    let uuid = format!("{}-{}-4{}-8{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32));
    format!("{{\"type\":\"bundle\",\"id\":\"bundle--{uuid}\",\"objects\":[\n{objects}\n]}}\n")
}

/// One more than the greatest number there is.
fn next_name(folder: &Folder) -> Result<String, Fault> {
    let files = read::list(&folder.path)?;
    let numbers = files.iter().filter_map(|file| file.name.strip_suffix(".json")?.parse::<u64>().ok());
    Ok(format!("{:010}.json", numbers.max().unwrap_or_default() + 1))
}
