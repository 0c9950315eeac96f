use serde_json::Value;

use super::{Resource, value};
use crate::manage::Managed;
use crate::manage::problem::Problem;
use crate::store::{Account, Change, Result};

impl Resource for Account {
    const KIND: &'static str = "account";
    const PATH: &'static str = "/v1/accounts";
    const PART: &'static str = "account";
    const NAME: &'static str = "name";

    async fn all(store: &dyn Managed) -> Result<Vec<Self>> {
        store.accounts().await
    }

    async fn some(store: &dyn Managed, after: Option<&str>, limit: usize) -> Result<Vec<Self>> {
        store.accounts_after(after, limit).await
    }

    async fn find(store: &dyn Managed, name: &str) -> Result<Option<Self>> {
        store.account(name).await
    }

    fn name(&self) -> String {
        self.name.clone()
    }

    fn blank(_: &Value) -> Result<Value, Problem> {
        value(&Self::new(""))
    }

    fn add(self) -> Change {
        Change::AddAccount(self)
    }

    fn set(self) -> Change {
        Change::SetAccount(self)
    }

    fn remove(self) -> Change {
        Change::RemoveAccount { name: self.name }
    }
}
