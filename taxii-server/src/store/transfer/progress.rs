//! How far a copy has come: kept in the target's settings, in the transactions that write its rows.
//!
//! | Setting | Value |
//! |---|---|
//! | `copy.unfinished` | the address of the source; as long as it is there, no server opens the target |
//! | `copy.source` | which database the source is: a digest of its secret |
//! | `copy.run` | who copies at the moment |
//! | `copy.position.NUMBER` | how far a collection has come, and its `changes` in the source then |
//! | `copy.finished` | a digest of everything but objects when the copy was finished |

use uuid::Uuid;

use super::side::{Side, one_number};
use super::value::Value;
use crate::store::sql::UNFINISHED;
use crate::store::{Result, StoreError};

/// What all settings of a copy begin with. They are nobody else's and are not copied.
pub(super) const PREFIX: &str = "copy.";
const SOURCE: &str = "copy.source";
const RUN: &str = "copy.run";
const FINISHED: &str = "copy.finished";

/// How far a collection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    /// Everything up to here is in the target.
    pub(super) after: i64,
    /// As it was when the collection's `changes` were this.
    pub(super) changes: i64,
}

/// Nothing is known for certain: everything is compared.
pub(super) const DOUBTFUL: Position = Position { after: i64::MIN, changes: -1 };

/// One run of a copy.
pub(super) struct Run {
    id: String,
}

pub(super) fn setting(side: &mut dyn Side, name: &str) -> Result<Option<String>> {
    let rows = side.query("SELECT value FROM settings WHERE name = ?", &[name.into()])?;
    Ok(rows.first().and_then(|row| row.first()).and_then(Value::text).map(str::to_owned))
}

fn set(side: &mut dyn Side, name: &str, value: &str) -> Result<()> {
    let sql =
        "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    side.execute(sql, &[name.into(), value.into()])?;
    Ok(())
}

fn unset(side: &mut dyn Side, name: &str) -> Result<()> {
    side.execute("DELETE FROM settings WHERE name = ?", &[name.into()])?;
    Ok(())
}

/// Of which database this is an unfinished copy.
pub(super) fn unfinished(side: &mut dyn Side) -> Result<Option<String>> {
    setting(side, UNFINISHED)
}

/// Which database this is, whatever its address. One that was never served has no secret yet, hence no name.
pub(super) fn identity(side: &mut dyn Side) -> Result<String> {
    let secret = setting(side, "secret")?;
    Ok(secret.map_or_else(String::new, |secret| {
        let digest = ring::digest::digest(&ring::digest::SHA256, secret.as_bytes());
        crate::auth::hex(digest.as_ref()).chars().take(32).collect()
    }))
}

impl Run {
    /// Takes the target over, from whoever was at it before, unless there is something else in it.
    pub(super) fn begin(target: &mut dyn Side, source: &str, address: &str) -> Result<Self> {
        let run = Self { id: Uuid::new_v4().to_string() };
        target.begin()?;
        let begun = run.take(target, source, address);
        super::conclude(target, begun)?;
        Ok(run)
    }

    fn take(&self, target: &mut dyn Side, source: &str, address: &str) -> Result<()> {
        let known = setting(target, SOURCE)?;
        match known {
            None => empty(target)?,
            Some(known) if !known.is_empty() && known != source => {
                return Err(StoreError::failed(match unfinished(target)? {
                    Some(of) => format!("the target is an unfinished copy of another database, {of}"),
                    None => "the target is a copy of another database".to_owned(),
                }));
            }
            Some(_) => {
                let touched = setting(target, FINISHED)?
                    .is_some_and(|finished| super::verify::fingerprint(target).map_or(true, |now| now != finished));
                if touched {
                    return Err(StoreError::failed(
                        "the target has been written to since it was copied: copying again would undo that; copy into an empty database",
                    ));
                }
            }
        }
        set(target, SOURCE, source)?;
        set(target, UNFINISHED, address)?;
        set(target, RUN, &self.id)?;
        unset(target, FINISHED)
    }

    /// Goes on in a transaction of the target: fails if another run has taken over.
    pub(super) fn go_on(&self, target: &mut dyn Side) -> Result<()> {
        let sql = "UPDATE settings SET value = value WHERE name = ? AND value = ?";
        match target.execute(sql, &[RUN.into(), self.id.as_str().into()])? {
            0 => Err(StoreError::failed("somebody else has begun to copy into the target")),
            _ => Ok(()),
        }
    }

    pub(super) fn position(&self, target: &mut dyn Side, collection: i64) -> Result<Option<Position>> {
        let text = setting(target, &format!("{PREFIX}position.{collection}"))?;
        Ok(text.and_then(|text| {
            let (after, changes) = text.split_once(' ')?;
            Some(Position { after: after.parse().ok()?, changes: changes.parse().ok()? })
        }))
    }

    pub(super) fn set_position(&self, target: &mut dyn Side, collection: i64, at: Position) -> Result<()> {
        set(target, &format!("{PREFIX}position.{collection}"), &format!("{} {}", at.after, at.changes))
    }

    pub(super) fn forget_position(&self, target: &mut dyn Side, collection: i64) -> Result<()> {
        unset(target, &format!("{PREFIX}position.{collection}"))
    }

    /// From here on the target may be served.
    pub(super) fn finish(&self, target: &mut dyn Side) -> Result<()> {
        let fingerprint = super::verify::fingerprint(target)?;
        set(target, FINISHED, &fingerprint)?;
        unset(target, UNFINISHED)
    }

    /// The target is a database in its own right: nothing of the copy is left.
    pub(super) fn erase(&self, target: &mut dyn Side) -> Result<()> {
        target.execute("DELETE FROM settings WHERE name LIKE 'copy.%'", &[])?;
        Ok(())
    }
}

/// Fails if there is anything in the database that somebody could miss.
fn empty(target: &mut dyn Side) -> Result<()> {
    for table in ["api_roots", "accounts", "collections", "objects", "statuses"] {
        if one_number(target, &format!("SELECT count(*) FROM (SELECT 1 FROM {table} LIMIT 1) AS first"), &[])? > 0 {
            return Err(StoreError::failed(format!(
                "the target is not empty (there is something in {table}), and it is no unfinished copy: name an empty database or a new file"
            )));
        }
    }
    Ok(())
}
