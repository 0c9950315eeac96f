use serde_json::Value;

use super::{Resource, value};
use crate::manage::Managed;
use crate::manage::problem::Problem;
use crate::store::{ApiRoot, Change, Result};

impl Resource for ApiRoot {
    const KIND: &'static str = "API root";
    const PATH: &'static str = "/v1/roots";
    const PART: &'static str = "root";
    const NAME: &'static str = "name";

    async fn all(store: &dyn Managed) -> Result<Vec<Self>> {
        Ok(store.directory().await?.roots)
    }

    async fn find(store: &dyn Managed, name: &str) -> Result<Option<Self>> {
        Ok(store.directory().await?.root(name.trim_matches('/')).cloned())
    }

    fn name(&self) -> String {
        self.name.clone()
    }

    fn blank(given: &Value) -> Result<Value, Problem> {
        let name = given.get("name").and_then(Value::as_str).unwrap_or_default();
        value(&Self::new(name, "").map_err(|error| Problem::wrong("/name", error.to_string()))?)
    }

    fn add(self) -> Change {
        Change::AddRoot(self)
    }

    fn set(self) -> Change {
        Change::SetRoot(self)
    }

    fn remove(self) -> Change {
        Change::RemoveRoot { name: self.name }
    }
}
