use serde_json::json;
use taxii_server::sharing::{Holder as Named, Steward};

use super::{Desk, confirm};
use crate::Outcome;
use crate::cli_sharing::{Holder, Partner};
use crate::output::Output;

impl Holder {
    fn named(&self) -> Named {
        match (&self.account, &self.organisation) {
            (Some(account), _) => Named::Account(account.clone()),
            (None, organisation) => Named::Organisation(organisation.clone().unwrap_or_default()),
        }
    }
}

impl Desk {
    pub(crate) async fn partner(&self, command: Partner, out: &Output) -> Outcome {
        let steward = self.steward(&self.context());
        match command {
            Partner::List => list_partners(&steward, out).await,
            Partner::Set { holder, server } => {
                let partner = steward.set_partner(&holder.named(), &server).await?;
                let sentence = format!("{} speaks for the server {server}", partner.holder);
                out.done(&sentence, &json!({"holder": partner.holder, "server": server}))
            }
            Partner::Remove { holder, yes } => {
                let holder = holder.named();
                let name = holder.name();
                confirm(yes, &format!("Let {name} speak for no server, until it names one?"))?;
                steward.remove_partner(&holder).await?;
                out.done(&format!("{name} speaks for no server"), &json!({"holder": name}))
            }
        }
    }
}

async fn list_partners(steward: &Steward, out: &Output) -> Outcome {
    out.list(["Who", "Speaks for the server", "Since"], &steward.partners().await?, |one| {
        [one.holder.clone(), one.server.clone(), one.since.to_string()]
    })
}
