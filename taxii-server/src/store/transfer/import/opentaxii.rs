//! OpenTAXII's database, as its version 0.9 makes it, on SQLite or PostgreSQL.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use taxii_model::Timestamp;
use uuid::Uuid;

use super::{Found, FoundAccount, FoundObject, Left, Peer};
use crate::store::transfer::place::Place;
use crate::store::transfer::side::{Side, one_number};
use crate::store::transfer::value::{Row, Value};
use crate::store::{ApiRoot, Collection, Result, StoreError};

pub(super) struct OpenTaxii {
    data: Box<dyn Side>,
    /// Where the accounts are, if not there.
    accounts: Option<Box<dyn Side>>,
    is_postgres: bool,
}

impl OpenTaxii {
    pub(super) fn open(place: &Place, accounts: Option<&Place>) -> Result<Self> {
        let mut data = place.to_read()?;
        if data.columns("opentaxii_collection")?.is_empty() {
            return Err(StoreError::failed(format!(
                "{place} has no table opentaxii_collection: it is no database of an OpenTAXII with TAXII 2.1"
            )));
        }
        // What it has is read twice, and has to be the same both times.
        data.snapshot()?;
        let accounts = accounts.map(Place::to_read).transpose()?;
        let is_postgres = !matches!(place, Place::File(_));
        Ok(Self { data, accounts, is_postgres })
    }

    fn roots(&mut self, found: &mut Found) -> Result<()> {
        let rows = self.data.query(
            "SELECT CAST(id AS VARCHAR(64)), title, description, CASE WHEN \"default\" THEN 1 ELSE 0 END FROM opentaxii_api_root ORDER BY 1",
            &[],
        )?;
        for row in rows {
            let id = uuid(&row, 0)?;
            // The path that its clients know.
            let mut root = ApiRoot::new(&format!("taxii2/{id}"), text(&row, 1)).map_err(StoreError::failed)?;
            root.description = some(&row, 2);
            root.default = row.get(3).and_then(Value::number) == Some(1);
            found.roots.push(root);
        }
        Ok(())
    }

    fn collections(&mut self, found: &mut Found) -> Result<()> {
        let rows = self.data.query(
            "SELECT CAST(id AS VARCHAR(64)), CAST(api_root_id AS VARCHAR(64)), alias, title, description, \
             CASE WHEN is_public THEN 1 ELSE 0 END, CASE WHEN is_public_write THEN 1 ELSE 0 END FROM opentaxii_collection ORDER BY 1",
            &[],
        )?;
        for row in rows {
            let id = uuid(&row, 0)?;
            if row.get(1) == Some(&Value::Null) {
                found.left.push(Left::new(format!("collection {id}"), "it belongs to no API root"));
                continue;
            }
            let root = format!("taxii2/{}", uuid(&row, 1)?);
            let alias = some(&row, 2);
            let collection = Collection::new(&root, alias.as_deref(), text(&row, 3));
            let mut collection = match collection {
                Ok(collection) => collection,
                Err(error) => {
                    let what = format!("the alias {:?} of collection {id}", alias.unwrap_or_default());
                    found.left.push(Left::new(what, error.to_string()));
                    Collection::new(&root, None, text(&row, 3)).map_err(StoreError::failed)?
                }
            };
            collection.id = id;
            collection.description = some(&row, 4);
            collection.anonymous_read = row.get(5).and_then(Value::number) == Some(1);
            if row.get(6).and_then(Value::number) == Some(1) {
                let what = format!("that anybody may write to collection {id}");
                found.left.push(Left::new(what, "here only accounts may"));
            }
            found.collections.push(collection);
        }
        Ok(())
    }

    fn accounts(&mut self, found: &mut Found) -> Result<()> {
        let side = self.accounts.as_mut().unwrap_or(&mut self.data);
        if side.columns("accounts")?.is_empty() {
            found.left.push(Left::new(
                "accounts",
                "there is no table accounts: if OpenTAXII keeps them in another database, name it with --accounts",
            ));
            return Ok(());
        }
        let rows = side.query(
            "SELECT username, CASE WHEN is_admin THEN 1 ELSE 0 END, _permissions FROM accounts ORDER BY username",
            &[],
        )?;
        let ids: BTreeMap<Uuid, String> = found.collections.iter().map(|c| (c.id, c.id.to_string())).collect();
        for row in rows {
            let (name, permissions) = (text(&row, 0).to_owned(), text(&row, 2));
            let permissions: BTreeMap<String, Json> = serde_json::from_str(permissions).unwrap_or_default();
            let mut grants = Vec::new();
            for (collection, may) in permissions {
                let id = Uuid::try_parse(&collection).ok().filter(|id| ids.contains_key(id));
                match (id, rights(&may)) {
                    (Some(id), Some((read, write))) => grants.push((id, read, write)),
                    (Some(_), None) => {
                        let what = format!("what {name} may do with {collection}: {may}");
                        found
                            .left
                            .push(Left::new(what, "expected \"read\", \"modify\" or a list of \"read\" and \"write\""));
                    }
                    (None, _) => {
                        let what = format!("what {name} may do with {collection}");
                        found.left.push(Left::new(what, "there is no TAXII 2.1 collection with this id"));
                    }
                }
            }
            let admin = row.get(1).and_then(Value::number) == Some(1);
            found.accounts.push(FoundAccount { name, admin, grants });
        }
        Ok(())
    }

    fn others(&mut self, found: &mut Found) -> Result<()> {
        for (table, what, why) in [
            ("opentaxii_job", "statuses of former submissions", "they are kept for a day only"),
            ("content_blocks", "content blocks", "they are content of TAXII 1"),
            ("inbox_messages", "inbox messages", "they are content of TAXII 1"),
            ("subscriptions", "subscriptions", "they belong to TAXII 1"),
        ] {
            if !self.data.columns(table)?.is_empty() {
                let rows = one_number(&mut *self.data, &format!("SELECT count(*) FROM {table}"), &[])?;
                if rows > 0 {
                    found.left.push(Left::new(format!("{rows} {what}"), why));
                }
            }
        }
        Ok(())
    }
}

impl Peer for OpenTaxii {
    fn directory(&mut self) -> Result<Found> {
        let mut found = Found::default();
        self.roots(&mut found)?;
        self.collections(&mut found)?;
        self.accounts(&mut found)?;
        self.others(&mut found)?;
        Ok(found)
    }

    fn objects(&mut self, collection: &Collection, each: &mut dyn FnMut(FoundObject) -> Result<()>) -> Result<()> {
        let (id, of) = match self.is_postgres {
            true => (collection.id.to_string(), "CAST(CAST(? AS VARCHAR) AS UUID)"),
            false => (collection.id.simple().to_string(), "?"),
        };
        let sql = format!(
            "SELECT id, type, spec_version, CAST(date_added AS VARCHAR(64)), CAST(serialized_data AS TEXT) \
             FROM opentaxii_stixobject WHERE collection_id = {of} ORDER BY date_added, id, version, pk"
        );
        self.data
            .each(&sql, &[id.into()], &mut |row| each(FoundObject { text: whole(&row)?, added: date(text(&row, 3)) }))
    }
}

/// The object as its text: OpenTAXII keeps three of its properties elsewhere.
fn whole(row: &Row) -> Result<String> {
    let head = [("type", 1), ("spec_version", 2), ("id", 0)].into_iter().filter_map(|(name, n)| {
        let value = row.get(n).and_then(Value::text)?;
        Some(format!("\"{name}\":{}", Json::from(value)))
    });
    let head = head.collect::<Vec<_>>().join(",");
    let rest = text(row, 4).trim();
    let inside = rest.strip_prefix('{').map(str::trim_start);
    Ok(match inside {
        Some("}") => format!("{{{head}}}"),
        Some(inside) => format!("{{{head},{inside}"),
        // What this is will be said when it is looked at.
        None => rest.to_owned(),
    })
}

/// Dates are kept without a time zone and mean UTC.
fn date(text: &str) -> Option<Timestamp> {
    format!("{}Z", text.replacen(' ', "T", 1)).parse().ok()
}

/// What an account may do with a collection: read, write.
fn rights(may: &Json) -> Option<(bool, bool)> {
    match may {
        Json::String(word) if word == "read" => Some((true, false)),
        Json::String(word) if word == "modify" => Some((true, true)),
        Json::Array(words) => {
            let has = |word: &str| words.iter().any(|known| known == word);
            Some((has("read"), has("write") || has("modify")))
        }
        _ => None,
    }
}

fn text(row: &Row, n: usize) -> &str {
    row.get(n).and_then(Value::text).unwrap_or_default()
}

fn some(row: &Row, n: usize) -> Option<String> {
    Some(text(row, n).to_owned()).filter(|text| !text.is_empty())
}

fn uuid(row: &Row, n: usize) -> Result<Uuid> {
    Uuid::try_parse(text(row, n)).map_err(|error| StoreError::failed(format!("{:?}: {error}", text(row, n))))
}
