use std::sync::Arc;

use async_trait::async_trait;
use sharing::flow::package::{Export, Import, SigningKey};
use sharing::flow::{Fault, Folder, Sink, Source, Versions};

use super::{FlowSettings, Place};

/// Opens places that are not collections of this server. The library knows folders and packages; a program adds what needs
/// a network.
#[async_trait]
pub trait Ends: Send + Sync {
    /// The source that a flow takes from.
    ///
    /// # Errors
    /// It cannot be opened: a file is missing, a secret cannot be read.
    async fn source(&self, flow: &str, settings: &FlowSettings) -> Result<Arc<dyn Source>, Fault>;

    /// The sink that a flow brings to. `server` is the id of this server.
    ///
    /// # Errors
    /// As [`Ends::source`].
    async fn sink(&self, flow: &str, settings: &FlowSettings, server: &str) -> Result<Arc<dyn Sink>, Fault>;

    /// One end of a flow, to be compared with the other: the one that it takes from, or the one that it brings to.
    ///
    /// # Errors
    /// As [`Ends::source`], or such a place tells no digests: only servers of ours do.
    async fn versions(&self, settings: &FlowSettings, is_source: bool) -> Result<Arc<dyn Versions>, Fault> {
        let place = if is_source { &settings.from } else { &settings.to };
        Err(Fault::Refused {
            place: place.to_string(),
            reason: "it cannot be compared: that takes collections of servers that tell digests, as ours do".to_owned(),
        })
    }
}

/// Folders and packages: places without a network.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nearby;

/// A place that nobody here can open.
#[must_use]
pub fn unknown(place: &Place) -> Fault {
    Fault::Refused {
        place: place.to_string(),
        reason: "this program cannot open such a place; use one that was built with it".to_owned(),
    }
}

#[async_trait]
impl Ends for Nearby {
    async fn source(&self, _: &str, settings: &FlowSettings) -> Result<Arc<dyn Source>, Fault> {
        match &settings.from {
            Place::Folder(path) => Ok(Arc::new(Folder::new(path))),
            Place::Packages(path) => {
                let refused = |reason: String| Fault::Refused { place: settings.from.to_string(), reason };
                let keys = settings.signing.trusted.iter().map(|key| key.parse().map_err(refused));
                let import = Import::new(path, keys.collect::<Result<Vec<_>, _>>()?);
                Ok(Arc::new(match &settings.signing.stream {
                    Some(stream) => import.stream(stream),
                    None => import,
                }))
            }
            other => Err(unknown(other)),
        }
    }

    async fn sink(&self, flow: &str, settings: &FlowSettings, _: &str) -> Result<Arc<dyn Sink>, Fault> {
        let made = |path: &std::path::Path| {
            std::fs::create_dir_all(path).map_err(|error| Fault::Local {
                place: path.display().to_string(),
                reason: format!("{error}; make the folder, or let the server write there"),
            })
        };
        match &settings.to {
            Place::Folder(path) => made(path).map(|()| Arc::new(Folder::new(path)) as Arc<dyn Sink>),
            Place::Packages(path) => {
                made(path)?;
                let key = settings.signing.key.as_deref().ok_or_else(|| Fault::Refused {
                    place: settings.to.to_string(),
                    reason: "packages are signed, and there is no key; add the flow again with --signing-key"
                        .to_owned(),
                })?;
                let stream = settings.signing.stream.as_deref().unwrap_or(flow);
                Ok(Arc::new(Export::new(path, stream, SigningKey::read(key)?)?))
            }
            other => Err(unknown(other)),
        }
    }
}
