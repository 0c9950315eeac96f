use diesel::result::{DatabaseErrorKind, Error as DieselError};
use tokio_postgres::error::SqlState;

use super::address::Address;
use crate::store::StoreError;
use crate::store::sql::{is_full, is_too_long};

/// Why something did not work, and whether to try again on another connection.
pub(super) enum Failure {
    /// Nothing was changed, and the next attempt may work: a lost connection, a deadlock, a primary that has become
    /// a standby.
    Again(StoreError),
    /// Nothing was changed. Diesel does not tell deadlocks, plans that have gone out of date and shutdowns from what will fail
    /// every time: a few attempts tell.
    Perhaps(StoreError),
    /// Another attempt would fail, too, or might do what has been done already.
    Final(StoreError),
}

impl Failure {
    pub(super) fn error(self) -> StoreError {
        match self {
            Self::Again(error) | Self::Perhaps(error) | Self::Final(error) => error,
        }
    }

    /// Is it worth an attempt after this many?
    pub(super) fn allows(&self, attempts: u32) -> bool {
        match self {
            Self::Again(_) => true,
            Self::Perhaps(_) => attempts < 4,
            Self::Final(_) => false,
        }
    }

    /// The failure of a commit. Unless the database has said that it took nothing, nobody knows whether it did.
    pub(super) fn of_commit(error: DieselError) -> Self {
        match &error {
            DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => Self::Again(error.into()),
            _ => Self::Final(StoreError::Unavailable(format!(
                "the connection was lost while the change was made; it may have been made or not: {error}"
            ))),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match &error {
            // Nobody makes room or lets go of a lock within seconds, and others wait.
            StoreError::Unavailable(why) if is_full(why) || is_too_long(why) => Self::Final(error),
            StoreError::Unavailable(_) => Self::Again(error),
            StoreError::Failed(source) => match source.downcast_ref::<DieselError>() {
                Some(DieselError::DatabaseError(DatabaseErrorKind::Unknown, _)) => Self::Perhaps(error),
                _ => Self::Final(error),
            },
            _ => Self::Final(error),
        }
    }
}

impl From<DieselError> for Failure {
    fn from(error: DieselError) -> Self {
        StoreError::from(error).into()
    }
}

/// What is wrong if there is no connection, in words for who has to put it right.
pub(super) fn explain(error: &tokio_postgres::Error, address: &Address) -> StoreError {
    let (hosts, user) = (address.hosts(), address.user());
    let why = crate::service::chain(error);
    let Some(code) = error.code() else {
        return StoreError::Unavailable(match io_kind(error) {
            Some(std::io::ErrorKind::PermissionDenied) if why.contains("does not allow writes") => {
                format!("the database at {hosts} is read-only: name the server that can be written to, or all of them")
            }
            _ => format!("no PostgreSQL server could be reached at {hosts}: {why}"),
        });
    };
    match code {
        c if *c == SqlState::INVALID_PASSWORD => {
            StoreError::failed(format!("the database at {hosts} refuses the password of {user}: {why}"))
        }
        c if *c == SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            StoreError::failed(format!("the database at {hosts} does not let {user} in: {why}"))
        }
        c if *c == SqlState::INVALID_CATALOG_NAME => {
            let database = address.database();
            StoreError::failed(format!("there is no database {database} at {hosts}; createdb {database} makes it"))
        }
        c if *c == SqlState::INSUFFICIENT_PRIVILEGE => {
            StoreError::failed(format!("{user} may not use the database at {hosts}: {why}"))
        }
        _ => StoreError::Unavailable(format!("the database at {hosts} takes no connection: {why}")),
    }
}

fn io_kind(error: &tokio_postgres::Error) -> Option<std::io::ErrorKind> {
    std::error::Error::source(error)?.downcast_ref::<std::io::Error>().map(std::io::Error::kind)
}
