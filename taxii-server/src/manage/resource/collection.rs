use serde_json::Value;
use uuid::Uuid;

use super::{Resource, value};
use crate::manage::Managed;
use crate::manage::problem::Problem;
use crate::store::{Change, Collection, Result};

impl Resource for Collection {
    const KIND: &'static str = "collection";
    const PATH: &'static str = "/v1/collections";
    const PART: &'static str = "collection";
    const NAME: &'static str = "id";

    async fn all(store: &dyn Managed) -> Result<Vec<Self>> {
        Ok(store.directory().await?.collections)
    }

    async fn find(store: &dyn Managed, name: &str) -> Result<Option<Self>> {
        let Ok(id) = Uuid::try_parse(name) else { return Ok(None) };
        Ok(store.directory().await?.collections.into_iter().find(|collection| collection.id == id))
    }

    fn name(&self) -> String {
        self.id.to_string()
    }

    fn blank(given: &Value) -> Result<Value, Problem> {
        let root = given.get("root").and_then(Value::as_str).unwrap_or_default();
        value(&Self::new(root, None, "").map_err(|error| Problem::wrong("", error.to_string()))?)
    }

    fn add(self) -> Change {
        Change::AddCollection(self)
    }

    fn set(self) -> Change {
        Change::SetCollection(self)
    }

    fn remove(self) -> Change {
        Change::RemoveCollection { id: self.id }
    }
}
