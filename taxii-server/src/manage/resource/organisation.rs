use serde_json::Value;

use super::{Resource, value};
use crate::manage::Managed;
use crate::manage::problem::Problem;
use crate::store::{Change, Organisation, Result};

impl Resource for Organisation {
    const KIND: &'static str = "organisation";
    const PATH: &'static str = "/v1/organisations";
    const PART: &'static str = "organisation";
    const NAME: &'static str = "name";

    async fn all(store: &dyn Managed) -> Result<Vec<Self>> {
        store.organisations().await
    }

    async fn find(store: &dyn Managed, name: &str) -> Result<Option<Self>> {
        Ok(Self::all(store).await?.into_iter().find(|one| one.name == name))
    }

    fn name(&self) -> String {
        self.name.clone()
    }

    fn blank(_: &Value) -> Result<Value, Problem> {
        value(&Self::new("", ""))
    }

    fn add(self) -> Change {
        Change::AddOrganisation(self)
    }

    fn set(self) -> Change {
        Change::SetOrganisation(self)
    }

    fn remove(self) -> Change {
        Change::RemoveOrganisation { name: self.name }
    }
}
