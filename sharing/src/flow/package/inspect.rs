use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::Serialize;

use super::super::Fault;
use super::super::file::local;
use super::manifest::{is_package, verified};
use super::{Manifest, PublicKey};

/// What there is in a folder of packages.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Each file, by name.
    pub packages: Vec<Inspected>,
    /// Of each stream, the numbers between the first and the last that are there for which there is no good package.
    pub missing: BTreeMap<String, Vec<u64>>,
}

/// One file of a folder of packages.
#[derive(Clone, Debug, Serialize)]
pub struct Inspected {
    /// Its name.
    pub file: String,
    /// What it says of itself, if it can be believed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest: Option<Manifest>,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

impl Inspected {
    /// Is there nothing wrong with it?
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.problem.is_none()
    }
}

impl Report {
    /// The streams of which there are packages that can be believed.
    #[must_use]
    pub fn streams(&self) -> Vec<String> {
        let manifests = self.packages.iter().filter_map(|one| one.manifest.as_ref());
        let streams: BTreeSet<&str> = manifests.map(|manifest| manifest.stream.as_str()).collect();
        streams.into_iter().map(ToOwned::to_owned).collect()
    }
}

/// Looks at all packages in a folder: signatures, contents, order, gaps, and whether one is there twice.
///
/// # Errors
/// The folder or a file cannot be read.
pub fn inspect(folder: &Path, trusted: &[PublicKey]) -> Result<Report, Fault> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| local(folder, error))? {
        let name = entry.map_err(|error| local(folder, error))?.file_name().to_string_lossy().into_owned();
        if is_package(&name) {
            names.push(name);
        }
    }
    names.sort_unstable();
    let mut packages = Vec::new();
    for file in names {
        let path = folder.join(&file);
        let package = fs::read(&path).map_err(|error| local(&path, error))?;
        packages.push(match verified(&path.display().to_string(), &package, trusted) {
            Ok((manifest, _)) => Inspected { file, manifest: Some(manifest), problem: None },
            Err(fault) => Inspected { file, manifest: None, problem: Some(fault.to_string()) },
        });
    }
    let missing = compare(&mut packages);
    Ok(Report { packages, missing })
}

/// Notes what does not fit together; gives the gaps.
fn compare(packages: &mut [Inspected]) -> BTreeMap<String, Vec<u64>> {
    let mut first: BTreeMap<(String, u64), (String, String)> = BTreeMap::new();
    for one in packages.iter_mut() {
        let Some(manifest) = &one.manifest else { continue };
        let digest = manifest.digest();
        let number = (manifest.stream.clone(), manifest.sequence);
        let (file, other) = first.entry(number).or_insert_with(|| (one.file.clone(), digest.clone()));
        if *file != one.file {
            one.problem = Some(match *other == digest {
                true => format!("the same package as {file}"),
                false => format!(
                    "has the number of {file} and another content: there are two histories of this stream; ask its owner"
                ),
            });
        }
    }
    for one in packages.iter_mut() {
        let Some(manifest) = one.manifest.as_ref().filter(|_| one.problem.is_none()) else { continue };
        let before = manifest.sequence.checked_sub(1).and_then(|before| first.get(&(manifest.stream.clone(), before)));
        if let Some((file, digest)) = before
            && manifest.previous.as_ref() != Some(digest)
        {
            one.problem =
                Some(format!("does not follow {file}: there are two histories of this stream; ask its owner"));
        }
    }
    gaps(first.keys())
}

fn gaps<'a>(numbers: impl Iterator<Item = &'a (String, u64)>) -> BTreeMap<String, Vec<u64>> {
    /// Nobody reads longer lists.
    const MOST: usize = 1000;
    let mut missing: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let mut last: Option<&(String, u64)> = None;
    for number in numbers {
        if let Some((stream, before)) = last.filter(|(stream, _)| *stream == number.0) {
            missing.entry(stream.clone()).or_default().extend((before + 1..number.1).take(MOST));
        }
        last = Some(number);
    }
    missing.retain(|_, numbers| !numbers.is_empty());
    missing
}
