//! From one database to another: copies, backups, and what other servers have.
//!
//! * [`copy`] makes one database what another is, on whichever engine, while the source is served; it can be ended at any moment
//!   and goes on where it stopped. [`Copy::hold`] keeps writers off the source, for the moment of the switch.
//! * [`backup`] writes a snapshot into a new SQLite file, [`restore`] fills an empty database from it.
//! * [`state`] tells what a database is without touching it, [`migrate`] brings its tables up to date.
//! * [`import`] takes what other servers have.
//!
//! Everything here blocks its thread: from asynchronous code, call it on one that may wait.
//!
//! One list of tables and columns says what there is (`tables`); rows go through memory in bounded batches, in the order of their keys
//! (`side`). A pass (`pass`) makes the target what the source is in one snapshot, and keeps how far it has come in the target, in
//! the same transactions (`progress`).

mod held;
pub mod import;
mod pass;
mod place;
mod progress;
pub(in crate::store) mod side;
mod state;
pub(in crate::store) mod tables;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub(in crate::store) mod value;
mod verify;

use std::path::{Path, PathBuf};

use ring::rand::SecureRandom;

pub use self::held::Held;
use self::pass::Pass;
pub use self::place::Place;
use self::progress::Run;
use self::side::{Known, Side, one_number};
pub use self::state::{State, migrate, state};
use self::value::Row;
pub use self::verify::Verified;
use super::sqlite::transfer::File;
use super::{Result, StoreError};

/// What is told while a transfer is under way.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Event {
    /// In which table.
    pub table: &'static str,
    /// So many rows more were dealt with.
    pub rows: u64,
    /// Were they written, or just compared?
    pub writing: bool,
}

/// Is told how far a transfer has come.
pub type Watch<'w> = dyn FnMut(&Event) + 'w;

/// What a transfer did.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// Rows added, changed and removed.
    pub written: u64,
    /// What was compared at the end.
    pub verified: Vec<Verified>,
    /// Collections, and the directory, that have changed in the source since: what the next copy would bring.
    pub behind: u64,
    /// Keeps others from writing to the source, if that was wanted.
    pub held: Option<Held>,
}

/// How to copy.
pub struct Copy<'c> {
    from: &'c Place,
    to: &'c Place,
    hold: bool,
}

/// Copies one database to another: see [`Copy::run`].
#[must_use]
pub fn copy<'c>(from: &'c Place, to: &'c Place) -> Copy<'c> {
    Copy { from, to, hold: false }
}

impl Copy<'_> {
    /// In the end, keep others from writing to the source: the last pass and the comparison of what changed since the one
    /// before are made then, and what the report holds goes on keeping them off. So nothing is lost while servers
    /// are switched over to the target.
    #[must_use]
    pub fn hold(self) -> Self {
        Self { hold: true, ..self }
    }

    /// Makes the target what the source is, and compares them. What is written to the source meanwhile is brought by a
    /// second pass; what changes from then on is for the next copy.
    ///
    /// # Errors
    /// One of the two cannot be reached; the source is not up to date; the target has something else in it; they are not the same in
    /// the end. What was copied stays in the target, which no server opens before a copy has come to its end.
    pub fn run(&self, watch: &mut Watch<'_>) -> Result<Report> {
        // A standby may be behind the database that is held: what is acknowledged there would be missed.
        let mut source = if self.hold { self.from.to_hold()? } else { self.from.to_read()? };
        if !state::of(&mut *source)?.pending.is_empty() {
            return Err(StoreError::failed(format!(
                "{} is not up to date: `taxii-server db migrate` brings it up",
                self.from
            )));
        }
        let mut target = self.to.to_write(None)?;
        let run = begin(&mut *source, &mut *target, &self.from.to_string())?;
        let (source, target) = (&mut *source, &mut *target);
        source.snapshot()?;
        let tables = Known::all(source)?;
        let mut written = pass(source, target, &run, &tables, watch)?;
        source.commit()?;

        source.snapshot()?;
        written += pass(source, target, &run, &tables, watch)?;
        let mut seen = marks(source)?;
        let mut verified = verify(source, target, &run, &tables, &[], watch)?;
        source.commit()?;

        let mut held = None;
        if self.hold {
            let hold = Held::new(self.from.to_hold()?)?;
            source.snapshot()?;
            hold.is_of(source)?;
            held = Some(hold);
            written += pass(source, target, &run, &tables, watch)?;
            let unchanged: Vec<Mark> = marks(source)?.into_iter().filter(|mark| seen.contains(mark)).collect();
            let last = verify(source, target, &run, &tables, &unchanged, watch)?;
            verified.retain(|part| unchanged.iter().any(|(number, ..)| part.collection == Some(*number)));
            verified.extend(last);
            seen = marks(source)?;
            source.commit()?;
        }
        let behind = marks(source)?.iter().filter(|mark| !seen.contains(mark)).count() as u64;
        end(target, |target| run.finish(target))?;
        target.analyze()?;
        Ok(Report { written, verified, behind, held })
    }
}

/// Writes a snapshot of a database to a new file, which is an SQLite database. Writers go on meanwhile.
///
/// # Errors
/// There is such a file; the database cannot be read, or the file not written. Nothing of that name is there then.
pub fn backup(from: &Place, file: &Path, watch: &mut Watch<'_>) -> Result<Report> {
    if file.exists() {
        return Err(StoreError::failed(format!("there is a file {}: a backup never overwrites", file.display())));
    }
    let unfinished = Unfinished::beside(file)?;
    let report = fill(from, &unfinished.0, watch)?;
    unfinished.publish(file)?;
    Ok(report)
}

fn fill(from: &Place, file: &Path, watch: &mut Watch<'_>) -> Result<Report> {
    let mut source = from.to_read()?;
    state::of(&mut *source)?;
    source.snapshot()?;
    let migrations = source.migrations()?;
    let mut target = File::create(file, &migrations)?;
    let run = begin(&mut *source, &mut target, &from.to_string())?;
    let tables = Known::all(&mut *source)?;
    let written = pass(&mut *source, &mut target, &run, &tables, watch)?;
    let verified = verify(&mut *source, &mut target, &run, &tables, &[], watch)?;
    source.commit()?;
    end(&mut target, |target| run.erase(target))?;
    Ok(Report { written, verified, behind: 0, held: None })
}

/// Fills an empty database from a backup and brings its tables up to date. Ended in the middle, it goes on when called again.
///
/// # Errors
/// The file is no backup; the target has something else in it, or cannot be written to.
pub fn restore(file: &Path, to: &Place, watch: &mut Watch<'_>) -> Result<Report> {
    let from = Place::File(file.to_owned());
    let mut source = from.to_read()?;
    state::of(&mut *source)?;
    source.snapshot()?;
    let migrations = source.migrations()?;
    let mut target = to.to_write(Some(&migrations))?;
    let run = begin(&mut *source, &mut *target, &from.to_string())?;
    let tables = Known::all(&mut *source)?;
    let written = pass(&mut *source, &mut *target, &run, &tables, watch)?;
    let verified = verify(&mut *source, &mut *target, &run, &tables, &[], watch)?;
    end(&mut *target, |target| run.erase(target))?;
    target.analyze()?;
    drop(target);
    to.to_write(None)?;
    Ok(Report { written, verified, behind: 0, held: None })
}

fn begin(source: &mut dyn Side, target: &mut dyn Side, address: &str) -> Result<Run> {
    if let Some(of) = progress::unfinished(source)? {
        return Err(StoreError::failed(format!("{address} is itself an unfinished copy of {of}")));
    }
    let identity = progress::identity(source)?;
    Run::begin(target, &identity, address)
}

fn pass(
    source: &mut dyn Side,
    target: &mut dyn Side,
    run: &Run,
    tables: &[Known],
    watch: &mut Watch<'_>,
) -> Result<u64> {
    let mut pass = Pass { source, target, run, tables, watch: &mut |event| watch(event), written: 0 };
    pass.run()?;
    Ok(pass.written)
}

/// Compares all but the objects of some collections, and has the next copy look closely at what differs.
fn verify(
    source: &mut dyn Side,
    target: &mut dyn Side,
    run: &Run,
    tables: &[Known],
    but: &[Mark],
    watch: &mut Watch<'_>,
) -> Result<Vec<Verified>> {
    let verified = verify::compare(source, target, tables, but, watch)?;
    let wrong: Vec<&Verified> = verified.iter().filter(|part| !part.is_same()).collect();
    if wrong.is_empty() {
        return Ok(verified);
    }
    end(target, |target| {
        let numbers = wrong.iter().filter_map(|part| part.collection);
        numbers.into_iter().try_for_each(|number| run.set_position(target, number, progress::DOUBTFUL))
    })?;
    let what: Vec<&str> = wrong.iter().map(|part| part.what.as_str()).collect();
    Err(StoreError::failed(format!(
        "the target has not the same as the source: {}; the next copy compares them row by row",
        what.join(", ")
    )))
}

/// A collection's number, clock and changes.
type Mark = (i64, i64, i64);

/// What moves with every write: how far each collection has come, and the revision of the rest.
fn marks(side: &mut dyn Side) -> Result<Vec<Mark>> {
    let revision = one_number(side, "SELECT number FROM revision", &[])?;
    let rows = side.query("SELECT collection, clock, changes FROM marks ORDER BY collection", &[])?;
    let mark = |row: Row| Some((row.first()?.number()?, row.get(1)?.number()?, row.get(2)?.number()?));
    Ok(std::iter::once((0, revision, 0)).chain(rows.into_iter().filter_map(mark)).collect())
}

/// One more transaction of the target.
fn end(target: &mut dyn Side, work: impl FnOnce(&mut dyn Side) -> Result<()>) -> Result<()> {
    target.begin()?;
    let done = work(target);
    conclude(target, done)
}

/// Ends a transaction as its result tells.
fn conclude<T>(side: &mut dyn Side, result: Result<T>) -> Result<T> {
    match &result {
        Ok(_) => side.commit()?,
        // The first failure says more than a second one.
        Err(_) => drop(side.rollback()),
    }
    result
}

/// A file that is not what it is to be yet; it goes unless it is published.
struct Unfinished(PathBuf);

impl Unfinished {
    /// A name that nothing has, beside the one to come.
    fn beside(file: &Path) -> Result<Self> {
        let mut random = [0; 4];
        let system = ring::rand::SystemRandom::new();
        system.fill(&mut random).map_err(|_| StoreError::failed("the system gives no random numbers"))?;
        let mut name = file.as_os_str().to_owned();
        name.push(format!(".unfinished-{}", crate::auth::hex(&random)));
        let name = PathBuf::from(name);
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        // It holds what the database holds: passwords, if only as hashes.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&name).map_err(|error| StoreError::failed(format!("{}: {error}", file.display())))?;
        Ok(Self(name))
    }

    /// Gives it its name once it is on the disk; a file that has the name meanwhile is left alone.
    fn publish(self, file: &Path) -> Result<()> {
        let failed = |error: std::io::Error| StoreError::failed(format!("{}: {error}", file.display()));
        std::fs::File::open(&self.0).and_then(|file| file.sync_all()).map_err(failed)?;
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        match std::fs::hard_link(&self.0, file) {
            Ok(()) => std::fs::remove_file(&self.0).map_err(failed)?,
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Err(failed(error)),
            // Not every file system has links; without them, nothing keeps two from taking the name in one moment.
            Err(_) if !file.exists() => std::fs::rename(&self.0, file).map_err(failed)?,
            Err(error) => return Err(failed(error)),
        }
        std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // It is not there any more if it was published.
        drop(std::fs::remove_file(&self.0));
    }
}
