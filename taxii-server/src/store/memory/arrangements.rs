use std::collections::BTreeMap;

use async_trait::async_trait;

use super::MemoryStore;
use crate::store::arrangements::{Arrangements, Bookmark, Counterpart, KeptAgreement, KeptFlow};
use crate::store::{Admin, Grant, Result, Subject};

/// What was arranged with others.
#[derive(Default)]
pub(super) struct Arranged {
    agreements: BTreeMap<String, KeptAgreement>,
    /// With the position of each.
    flows: BTreeMap<String, (KeptFlow, Option<String>)>,
    /// By flow, object and version.
    counterparts: BTreeMap<(String, String, String), Counterpart>,
}

#[async_trait]
impl Arrangements for MemoryStore {
    async fn agreements(&self) -> Result<Vec<KeptAgreement>> {
        Ok(self.state().arranged.agreements.values().cloned().collect())
    }

    async fn set_agreement(&self, agreement: &KeptAgreement) -> Result<()> {
        self.state().arranged.agreements.insert(agreement.id.clone(), agreement.clone());
        Ok(())
    }

    async fn remove_agreement(&self, id: &str) -> Result<bool> {
        Ok(self.state().arranged.agreements.remove(id).is_some())
    }

    async fn granted(&self, organisation: &str) -> Result<Vec<Grant>> {
        Admin::grants(self, Some(&Subject::Organisation(organisation.to_owned()))).await
    }

    async fn flows(&self) -> Result<Vec<KeptFlow>> {
        Ok(self.state().arranged.flows.values().map(|(flow, _)| flow.clone()).collect())
    }

    async fn bookmark(&self, name: &str) -> Result<Option<Bookmark>> {
        let state = self.state();
        let known = state.arranged.flows.get(name);
        Ok(known.map(|(flow, position)| Bookmark { position: position.clone(), status: flow.status.clone() }))
    }

    async fn set_flow(&self, name: &str, settings: &str) -> Result<()> {
        let flows = &mut self.state().arranged.flows;
        let new =
            || KeptFlow { name: name.to_owned(), settings: String::new(), paused: false, status: "{}".to_owned() };
        let (flow, _) = flows.entry(name.to_owned()).or_insert_with(|| (new(), None));
        settings.clone_into(&mut flow.settings);
        Ok(())
    }

    async fn pause_flow(&self, name: &str, paused: bool) -> Result<bool> {
        let flows = &mut self.state().arranged.flows;
        Ok(flows.get_mut(name).map(|(flow, _)| flow.paused = paused).is_some())
    }

    async fn advance_flow(&self, name: &str, from: Option<&str>, to: Option<&str>, status: &str) -> Result<bool> {
        let flows = &mut self.state().arranged.flows;
        let Some((flow, position)) = flows.get_mut(name) else { return Ok(false) };
        if position.as_deref() != from {
            return Ok(false);
        }
        (*position, flow.status) = (to.map(str::to_owned), status.to_owned());
        Ok(true)
    }

    async fn remove_flow(&self, name: &str) -> Result<bool> {
        let arranged = &mut self.state().arranged;
        arranged.counterparts.retain(|(flow, ..), _| flow != name);
        Ok(arranged.flows.remove(name).is_some())
    }

    async fn counterparts(&self, flow: &str, originals: &[String]) -> Result<Vec<Counterpart>> {
        let state = self.state();
        let all = state.arranged.counterparts.values();
        Ok(all.filter(|one| one.flow == flow && originals.contains(&one.original)).cloned().collect())
    }

    async fn link(&self, counterparts: &[Counterpart]) -> Result<()> {
        let all = &mut self.state().arranged.counterparts;
        for one in counterparts {
            all.insert((one.flow.clone(), one.original.clone(), one.version.clone()), one.clone());
        }
        Ok(())
    }
}
