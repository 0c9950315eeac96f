//! The section `[sharing]`: who runs the server, for agreements with others.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sharing::sanitise::Profile;
use sharing::sanitise::scan::Scan;
use taxii_server::audit::Log;
use taxii_server::sharing::{Context, Us};
use taxii_server::store::Store;

use crate::Outcome;
use crate::config::Config;
use crate::database::Opened;
use crate::ends::Network;

/// What is shared with others, and as whom.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Section {
    /// The id of the identity that is our party in agreements; empty for none.
    pub(crate) identity: String,
    /// Files with sanitising profiles of our own.
    pub(crate) profiles: Vec<PathBuf>,
    /// A file with names, domains and networks that leave in no text; none if it is empty.
    pub(crate) scan: PathBuf,
    /// Does this process run the flows, if no other does?
    pub(crate) flows: bool,
}

impl Default for Section {
    fn default() -> Self {
        Self { identity: String::new(), profiles: Vec::new(), scan: PathBuf::new(), flows: true }
    }
}

fn read(file: &Path) -> Outcome<String> {
    Ok(std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?)
}

impl Section {
    /// Who runs the server, if somebody said so.
    pub(crate) fn us(&self) -> Outcome<Option<Us>> {
        if self.identity.is_empty() {
            return Ok(None);
        }
        let identity: stix_model::Identifier =
            self.identity.parse().map_err(|error| format!("sharing.identity = {:?}: {error}", self.identity))?;
        if identity.object_type() != "identity" {
            return Err(format!("sharing.identity = {:?}: expected the id of an identity", self.identity).into());
        }
        let mut profiles = Vec::new();
        for file in &self.profiles {
            let profile = Profile::read(&read(file)?).map_err(|error| format!("{}: {error}", file.display()))?;
            if profiles.iter().any(|other: &Profile| other.name == profile.name) {
                return Err(format!("{}: there are two profiles called {}", file.display(), profile.name).into());
            }
            profiles.push(profile);
        }
        let scan: Scan = match self.scan.as_os_str().is_empty() {
            true => Scan::default(),
            false => toml::from_str(&read(&self.scan)?).map_err(|error| format!("{}: {error}", self.scan.display()))?,
        };
        scan.check().map_err(|error| format!("{}: {error}", self.scan.display()))?;
        Ok(Some(Us { identity, profiles, scan }))
    }
}

/// What flows and agreements need.
pub(crate) fn context(config: &Config, store: &Opened) -> Outcome<Context> {
    let context = Context::new(Arc::clone(store) as Arc<dyn Store>).us(config.sharing.us()?).ends(Arc::new(Network));
    Ok(match config.audit.enabled {
        true => context.log(Arc::clone(store) as Arc<dyn Log>),
        false => context,
    })
}
