//! What the stores on SQL databases share.
//!
//! Row types and rules that need no connection are ordinary modules. `admin.rs`, `arrangements.rs`, `audit.rs`, `changes.rs`,
//! `exchange.rs`, `identified.rs`, `identities.rs`, `labelling.rs`, `lifecycle.rs` and `selected.rs` are written once and compiled for each engine, whose module
//! includes the file: Diesel's queries are checked against one backend, and to say in generic code what they need of any would be
//! longer than the queries.

pub(super) mod audit_rows;
pub(super) mod deletions;
pub(super) mod identity_rows;
pub(super) mod labels;
pub(super) mod rows;
pub(super) mod standing;

use std::time::Duration;

use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel_migrations::EmbeddedMigrations;
use ring::rand::{SecureRandom, SystemRandom};
use stix_model::SpecVersion;
use taxii_model::Timestamp;

use super::{CollectionKey, Result, StoreError};

/// How much a collection holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statistics {
    /// Which collection.
    pub collection: CollectionKey,
    /// Objects, whatever the number of their versions.
    pub objects: u64,
    /// Versions of objects.
    pub versions: u64,
    /// When the newest was added.
    pub newest: Option<Timestamp>,
}

/// The number that stands for an edition: `21` for 2.1.
pub(super) fn edition_number(spec_version: SpecVersion) -> i32 {
    match spec_version {
        SpecVersion::V2_0 => 20,
        SpecVersion::V2_1 => 21,
    }
}

pub(super) fn edition(number: i32) -> Result<SpecVersion> {
    SpecVersion::ALL
        .into_iter()
        .find(|v| edition_number(*v) == number)
        .ok_or_else(|| StoreError::failed(format!("an entry in edition {number}")))
}

/// A new secret, as it is kept.
pub(super) fn fresh_secret() -> Result<String> {
    let mut fresh = [0; 32];
    SystemRandom::new().fill(&mut fresh).map_err(|_| StoreError::failed("the system gives no random numbers"))?;
    Ok(crate::auth::hex(&fresh))
}

pub(super) fn read_secret(kept: &str) -> Result<[u8; 32]> {
    crate::auth::unhex(kept)
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| StoreError::failed("the secret in the database is damaged"))
}

/// Is there a migration that was not applied?
#[cfg(feature = "postgres")]
pub(super) fn pending(applied: &[MigrationVersion<'_>], migrations: &EmbeddedMigrations) -> Result<bool> {
    Ok(!names(migrations)?.iter().all(|known| applied.contains(known)))
}

/// Fails if a migration was applied that this program does not know.
pub(super) fn newer(applied: &[MigrationVersion<'_>], migrations: &EmbeddedMigrations) -> Result<()> {
    let known = names(migrations)?;
    match applied.iter().find(|version| !known.contains(version)) {
        None => Ok(()),
        Some(unknown) => Err(StoreError::failed(format!(
            "the database was made by a newer version of this program: it has the migration {unknown}, which this one does not know"
        ))),
    }
}

/// The setting of a database that is an unfinished copy: of which other one.
pub(super) const UNFINISHED: &str = "copy.unfinished";

/// The names of migrations, which are the same on every engine.
fn names(migrations: &EmbeddedMigrations) -> Result<Vec<MigrationVersion<'static>>> {
    #[cfg(feature = "sqlite")]
    type Any = diesel::sqlite::Sqlite;
    #[cfg(not(feature = "sqlite"))]
    type Any = diesel::pg::Pg;
    let known: Vec<Box<dyn Migration<Any>>> = migrations.migrations().map_err(StoreError::Failed)?;
    Ok(known.iter().map(|migration| migration.name().version().as_owned()).collect())
}

/// The versions of migrations, in order, each with the name of its folder.
#[cfg(feature = "sqlite")]
pub(super) fn titles(migrations: &EmbeddedMigrations) -> Result<Vec<(String, String)>> {
    let known: Vec<Box<dyn Migration<diesel::sqlite::Sqlite>>> = migrations.migrations().map_err(StoreError::Failed)?;
    Ok(known.iter().map(|m| (m.name().version().to_string(), m.name().to_string())).collect())
}

/// The same error for everybody who waited for one result.
pub(super) fn share(error: &StoreError) -> StoreError {
    match error {
        StoreError::Unavailable(why) => StoreError::Unavailable(why.clone()),
        error => StoreError::failed(crate::service::chain(error)),
    }
}

/// How long statuses are kept.
pub(super) struct StatusRetention(Duration);

impl StatusRetention {
    /// For this long, and never for less than the 24 hours of TAXII 2.1 §4.3.
    pub(super) fn new(retention: Duration) -> Self {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        Self(retention.max(DAY))
    }

    /// Statuses from before this are to be removed.
    pub(super) fn horizon(&self, now: Timestamp) -> Timestamp {
        let retention = i64::try_from(self.0.as_micros()).unwrap_or(i64::MAX);
        Timestamp::from_micros(now.as_micros().saturating_sub(retention))
    }
}

/// Does the database say that its disk is full? Diesel keeps its code to itself; a PostgreSQL server that speaks another language
/// than English is not understood, and then this is an error like any other.
pub(super) fn is_full(message: &str) -> bool {
    let says = ["database or disk is full", "No space left on device", "Disk quota exceeded", "could not extend file"];
    says.iter().any(|words| message.contains(words))
}

/// Has the database ended a statement that took or waited too long? As above, only in English.
pub(super) fn is_too_long(message: &str) -> bool {
    let says = ["canceling statement due to lock timeout", "canceling statement due to statement timeout"];
    says.iter().any(|words| message.contains(words))
}

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> Self {
        use DatabaseErrorKind as Kind;

        match &error {
            DieselError::DatabaseError(Kind::ForeignKeyViolation, _) => {
                Self::Missing("thing that this belongs to".to_owned())
            }
            DieselError::DatabaseError(
                Kind::ClosedConnection
                | Kind::UnableToSendCommand
                | Kind::SerializationFailure
                | Kind::ReadOnlyTransaction,
                info,
            ) => Self::Unavailable(info.message().to_owned()),
            DieselError::DatabaseError(_, info) if is_full(info.message()) => Self::Unavailable(format!(
                "there is no room left where the database is; make room, and the server goes on by itself: {}",
                info.message()
            )),
            DieselError::DatabaseError(_, info) if info.message().contains("readonly database") => {
                Self::failed(format!(
                    "{}: the program needs the right to write to the database's file and to its folder",
                    info.message()
                ))
            }
            DieselError::DatabaseError(_, info) if info.message().contains("locked") => {
                Self::Unavailable(info.message().to_owned())
            }
            DieselError::DatabaseError(_, info) if is_too_long(info.message()) => {
                Self::Unavailable(info.message().to_owned())
            }
            DieselError::BrokenTransactionManager => Self::Unavailable("the connection broke".to_owned()),
            _ => Self::failed(error),
        }
    }
}

#[cfg(all(test, feature = "sqlite", feature = "postgres"))]
mod tests {
    use std::path::Path;

    fn migration(engine: &str, name: &str) -> String {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(engine).join(name).join("up.sql");
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        text.lines().map(|line| line.split("--").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
    }

    fn migrations(engine: &str) -> Vec<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(engine);
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    /// Every engine has the same migrations by name, and the same tables after them.
    #[test]
    fn engines_have_the_same_migrations() {
        assert_eq!(migrations("sqlite"), migrations("postgres"));
        let tables = |engine: &str| -> Vec<String> {
            let all: String = migrations(engine).iter().map(|name| migration(engine, name)).collect();
            let tables = all.split("CREATE TABLE ").skip(1).map(|rest| rest.split(' ').next().unwrap().to_owned());
            tables.collect()
        };
        assert_eq!(tables("sqlite"), tables("postgres"));
    }

    /// PostgreSQL's tables can be distributed by collection: keys start with it, and nothing is used that engines
    /// which distribute do without.
    #[test]
    fn keys_start_with_the_collection() {
        let all: String = migrations("postgres").iter().map(|name| migration("postgres", name)).collect();
        for forbidden in ["TRIGGER", "FUNCTION", "SERIAL", "DEFERRABLE", "GENERATED ALWAYS AS (", "JSON", "LISTEN"] {
            assert!(!all.to_uppercase().contains(forbidden), "{forbidden}");
        }
        let objects = all.split("CREATE TABLE objects").nth(1).unwrap().split("CREATE TABLE").next().unwrap();
        assert!(objects.contains("PRIMARY KEY (collection, "));
        let indexes: Vec<_> = objects.split("ON objects (").skip(1).collect();
        assert!(indexes.len() == 3 && indexes.iter().all(|columns| columns.starts_with("collection, ")), "{indexes:?}");
    }
}
