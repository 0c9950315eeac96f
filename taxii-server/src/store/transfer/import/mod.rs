//! What other servers have: OpenTAXII's database, the data of medallion's memory backend.
//!
//! Everything comes in one transaction: either all of it is there in the end, or nothing. The objects of a collection are read twice:
//! once to find out which can be taken and how they stand to each other (`plan`), once to write them. The dates on which objects were added stay
//! what they were, so that clients go on where they are; where several are the same, those behind the first move by microseconds, and the last of a
//! collection moves to the end of its millisecond, for clients that cut their position there.

mod medallion;
mod opentaxii;
mod plan;
mod write;

use std::path::Path;

use serde::Serialize;
use taxii_model::Timestamp;
use uuid::Uuid;

use super::place::Place;
use super::{Watch, conclude};
use crate::store::{ApiRoot, Collection, Result};

/// What was taken over, and what was not.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Imported {
    /// The API roots.
    pub roots: Vec<ApiRoot>,
    /// The collections.
    pub collections: Vec<ImportedCollection>,
    /// The accounts, with new passwords: those of others cannot be read.
    pub accounts: Vec<ImportedAccount>,
    /// What could not be taken over, and why.
    pub left: Vec<Left>,
}

/// One collection that was taken over.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ImportedCollection {
    /// What it is.
    pub collection: Collection,
    /// Versions of objects.
    pub versions: u64,
    /// So many got another date added than they had, by microseconds.
    pub moved: u64,
}

/// One account that was taken over.
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct ImportedAccount {
    /// The user name.
    pub name: String,
    /// The new password.
    pub password: String,
    /// May it do everything everywhere?
    pub admin: bool,
    /// What it may do: collections, each with whether it may read and write.
    pub grants: Vec<(Uuid, bool, bool)>,
}

impl std::fmt::Debug for ImportedAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ImportedAccount").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Something that was not taken over.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Left {
    /// What.
    pub what: String,
    /// Why.
    pub why: String,
}

impl Left {
    fn new(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { what: what.into(), why: why.into() }
    }
}

/// Takes over what an OpenTAXII has for TAXII 2.1. Its accounts may be in another database.
///
/// With `dry_run`, nothing is changed; the report says what would be.
///
/// # Errors
/// One of the databases cannot be reached or is none of OpenTAXII's; the target has an API root or collection of the same name.
pub fn opentaxii(
    source: &Place,
    accounts: Option<&Place>,
    target: &Place,
    dry_run: bool,
    watch: &mut Watch<'_>,
) -> Result<Imported> {
    take(&mut opentaxii::OpenTaxii::open(source, accounts)?, target, dry_run, watch)
}

/// Takes over the data file of medallion's memory backend.
///
/// With `dry_run`, nothing is changed; the report says what would be.
///
/// # Errors
/// The file cannot be read or is none of medallion's; the target has an API root or collection of the same name.
pub fn medallion(file: &Path, target: &Place, dry_run: bool, watch: &mut Watch<'_>) -> Result<Imported> {
    take(&mut medallion::Medallion::open(file)?, target, dry_run, watch)
}

/// A server of somebody else's.
trait Peer {
    /// What there is but objects.
    fn directory(&mut self) -> Result<Found>;

    /// Each object of a collection, in the order in which they were added; the same ones each time.
    fn objects(&mut self, collection: &Collection, each: &mut dyn FnMut(FoundObject) -> Result<()>) -> Result<()>;
}

/// What a peer has.
#[derive(Default)]
struct Found {
    roots: Vec<ApiRoot>,
    collections: Vec<Collection>,
    accounts: Vec<FoundAccount>,
    left: Vec<Left>,
}

struct FoundAccount {
    name: String,
    admin: bool,
    grants: Vec<(Uuid, bool, bool)>,
}

struct FoundObject {
    text: String,
    /// When it was added, if that is known.
    added: Option<Timestamp>,
}

fn take(peer: &mut dyn Peer, target: &Place, dry_run: bool, watch: &mut Watch<'_>) -> Result<Imported> {
    let found = peer.directory()?;
    let mut side = target.to_write(None)?;
    // What a server would not open is not added to either.
    if let Some(of) = super::progress::unfinished(&mut *side)? {
        return Err(crate::store::StoreError::failed(format!("the target is an unfinished copy of {of}")));
    }
    side.begin()?;
    let taken = write::all(peer, found, &mut *side, watch);
    if dry_run {
        side.rollback()?;
        return taken;
    }
    conclude(&mut *side, taken)
}
