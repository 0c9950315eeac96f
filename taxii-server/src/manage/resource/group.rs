use serde_json::Value;

use super::{Resource, value};
use crate::manage::Managed;
use crate::manage::problem::Problem;
use crate::store::{Change, Group, Result};

impl Resource for Group {
    const KIND: &'static str = "group";
    const PATH: &'static str = "/v1/groups";
    const PART: &'static str = "group";
    const NAME: &'static str = "name";

    async fn all(store: &dyn Managed) -> Result<Vec<Self>> {
        store.groups().await
    }

    async fn find(store: &dyn Managed, name: &str) -> Result<Option<Self>> {
        Ok(Self::all(store).await?.into_iter().find(|one| one.name == name))
    }

    fn name(&self) -> String {
        self.name.clone()
    }

    fn blank(_: &Value) -> Result<Value, Problem> {
        value(&Self { name: String::new(), title: String::new() })
    }

    fn add(self) -> Change {
        Change::AddGroup(self)
    }

    fn set(self) -> Change {
        Change::SetGroup(self)
    }

    fn remove(self) -> Change {
        Change::RemoveGroup { name: self.name }
    }
}
