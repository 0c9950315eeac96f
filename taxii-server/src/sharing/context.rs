use std::sync::{Arc, Mutex};

use ring::hmac;
use sharing::agreement::{Agreement, Hub};
use sharing::flow::{Fault, Flow, HopLimits, Options, Sink, Source};
use sharing::sanitise::{Lookup, Nothing, Secret};

use super::bookmarks::InStore;
use super::lookup::Surroundings;
use super::ours::Ours;
use super::own::Own;
use super::passage::{Booked, Gate, Passage, Through};
use super::{Asked, Clause, Direction, Ends, FlowSettings, Local, Nearby, Place, Us};
use crate::audit::Log;
use crate::service::Written;
use crate::store::{Arrangements, Collection, Directory, KeptAgreement, Store, StoreError};

/// Everything that flows and agreements need of a server.
#[derive(Clone)]
pub struct Context {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) log: Option<Arc<dyn Log>>,
    pub(crate) us: Option<Us>,
    pub(crate) ends: Arc<dyn Ends>,
    pub(crate) written: Written,
}

/// A flow, ready to run.
pub(crate) struct Ready {
    pub(crate) flow: Flow,
    pub(crate) passage: Arc<Passage>,
}

pub(crate) fn fault(what: &str, error: &StoreError) -> Fault {
    let place = format!("flow {what}");
    match error {
        StoreError::Unavailable(why) => Fault::Busy { place, reason: why.clone(), retry_after: None },
        error => Fault::Local { place, reason: crate::service::chain(error) },
    }
}

fn refused(place: impl Into<String>, reason: impl Into<String>) -> Fault {
    Fault::Refused { place: place.into(), reason: reason.into() }
}

/// No limit: whether something may go on is for the agreement to say, which counts what stays.
pub(crate) const UNLIMITED: HopLimits = HopLimits {
    clear: u32::MAX,
    green: u32::MAX,
    amber: u32::MAX,
    amber_strict: u32::MAX,
    red: u32::MAX,
    unmarked: u32::MAX,
};

impl Context {
    /// Over a store, with folders and packages as the only other places, and without a log.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, log: None, us: None, ends: Arc::new(Nearby), written: Written::default() }
    }

    /// Records every delivery there.
    #[must_use]
    pub fn log(self, log: Arc<dyn Log>) -> Self {
        Self { log: Some(log), ..self }
    }

    /// Who runs the server. Without it, no agreement can be kept.
    #[must_use]
    pub fn us(self, us: Option<Us>) -> Self {
        Self { us, ..self }
    }

    /// What opens places that are not collections of this server.
    #[must_use]
    pub fn ends(self, ends: Arc<dyn Ends>) -> Self {
        Self { ends, ..self }
    }

    /// Tells when something was written in this process: see [`crate::Taxii::written`].
    #[must_use]
    pub fn written(self, written: Written) -> Self {
        Self { written, ..self }
    }

    pub(crate) fn kept(&self) -> Result<&dyn Arrangements, Fault> {
        self.store.arrangements().ok_or_else(|| refused("the store", "it keeps no agreements and no flows"))
    }

    /// An agreement, by its id.
    pub(crate) async fn agreement(&self, id: &str) -> Result<KeptAgreement, Fault> {
        let all = self.kept()?.agreements().await.map_err(|error| fault(id, &error))?;
        let found = all.into_iter().find(|kept| kept.id == id);
        found.ok_or_else(|| {
            refused(
                format!("agreement {id}"),
                "there is no such agreement; `agreement list` shows those that there are",
            )
        })
    }

    /// Who runs the server.
    ///
    /// # Errors
    /// Nobody has said so.
    pub fn who(&self) -> Result<&Us, Fault> {
        self.us.as_ref().ok_or_else(|| {
            refused("the configuration", "it does not say who runs this server; set sharing.identity to the id of the identity that is our party in agreements")
        })
    }

    /// What an agreement says about a flow.
    pub(crate) async fn clause(
        &self,
        kept: &KeptAgreement,
        settings: &FlowSettings,
        from: Option<&Collection>,
        to: Option<&Collection>,
    ) -> Result<Clause, Fault> {
        let wrong = |reason: String| refused(format!("agreement {}", kept.id), reason);
        let (agreement, _) = Agreement::read(&kept.text).map_err(|error| wrong(error.to_string()))?;
        let us = self.who()?;
        let direction = settings.direction();
        let (from_names, to_names) = match &settings.exchange {
            Some(name) => (vec![name.clone()], Vec::new()),
            None => (names(&settings.from, from), names(&settings.to, to)),
        };
        let asked = Asked { from: from_names, to: to_names, partner: settings.partner.clone() };
        let exchange = Clause::find(&agreement, us, direction, &asked).map_err(|error| wrong(error.to_string()))?;
        let hub = self.hub(settings).await?;
        let lookup: Arc<dyn Lookup> = match from {
            Some(from) => Arc::new(Surroundings { store: Arc::clone(&self.store), collection: from.id }),
            None => Arc::new(Nothing),
        };
        Clause::of(agreement, exchange, direction, &hub, lookup).map_err(|error| wrong(error.to_string()))
    }

    async fn hub(&self, settings: &FlowSettings) -> Result<Hub, Fault> {
        let us = self.who()?;
        let secret = self.store.secret().await.map_err(|error| fault("sharing", &error))?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        let derived = hmac::sign(&key, b"names of sanitised objects");
        let secret = Secret::new(derived.as_ref()).map_err(|error| refused("the store", error.to_string()))?;
        let ends = [&settings.from, &settings.to];
        let plain = ends.iter().filter_map(|place| place.url()).any(|url| !url.starts_with("https://"));
        let mut hub = Hub::new(secret);
        hub.profiles.clone_from(&us.profiles);
        hub.scan.clone_from(&us.scan);
        hub.encrypted = !plain;
        Ok(hub)
    }

    /// The id of this server.
    pub(crate) async fn server(&self) -> Result<String, Fault> {
        let exchange = self.store.exchange().ok_or_else(|| refused("the store", "it takes part in no exchange"))?;
        Ok(exchange.server().await.map_err(|error| fault("sharing", &error))?.to_string())
    }

    pub(crate) async fn directory(&self) -> Result<Directory, Fault> {
        self.store.directory().await.map_err(|error| fault("sharing", &error))
    }

    /// What a flow needs between its ends.
    pub(crate) async fn passage(&self, flow: &str, settings: &FlowSettings) -> Result<Arc<Passage>, Fault> {
        let directory = self.directory().await?;
        let here = |place: &Place| place.collection().map(|name| find(&directory, name)).transpose();
        let (from, to) = (here(&settings.from)?.cloned(), here(&settings.to)?.cloned());
        Ok(Arc::new(Passage {
            context: Arc::new(self.clone()),
            flow: flow.to_owned(),
            settings: settings.clone(),
            server: self.server().await?,
            from,
            to,
            batch: Mutex::default(),
            known: tokio::sync::Mutex::default(),
        }))
    }

    /// The end that a flow takes from.
    pub(crate) async fn source(&self, passage: &Passage) -> Result<Arc<dyn Source>, Fault> {
        match &passage.from {
            Some(from) => Ok(Arc::new(Local::new(Arc::clone(&self.store), from.id, &passage.flow).limits(UNLIMITED))),
            None => {
                let source = self.ends.source(&passage.flow, &passage.settings).await?;
                Ok(match passage.settings.own {
                    true => Arc::new(Ours { source, server: passage.server.clone() }),
                    false => source,
                })
            }
        }
    }

    pub(crate) async fn sink(&self, passage: &Passage) -> Result<Arc<dyn Sink>, Fault> {
        let Some(to) = &passage.to else {
            return self.ends.sink(&passage.flow, &passage.settings, &passage.server).await;
        };
        let agreement = passage.settings.agreement.clone();
        if passage.from.is_some() || passage.settings.own {
            return Ok(Arc::new(Own {
                store: Arc::clone(&self.store),
                collection: to.id,
                server: passage.server.clone(),
                flow: passage.flow.clone(),
                agreement,
            }));
        }
        let local = Local::new(Arc::clone(&self.store), to.id, &passage.flow);
        Ok(Arc::new(match agreement {
            Some(agreement) => local.agreement(&agreement),
            None => local,
        }))
    }

    /// A flow, ready to run.
    pub(crate) async fn ready(&self, name: &str, settings: &FlowSettings, options: Options) -> Result<Ready, Fault> {
        let passage = self.passage(name, settings).await?;
        let source = Gate(Arc::clone(&passage), self.source(&passage).await?);
        let sink = Booked(Arc::clone(&passage), self.sink(&passage).await?);
        let bookmarks = Arc::new(InStore::new(Arc::clone(&self.store)));
        let flow = Flow::new(name, Arc::new(source), Arc::new(sink), bookmarks)
            .policy(Arc::new(Through(Arc::clone(&passage))))
            .options(options);
        Ok(Ready { flow, passage })
    }
}

/// The collection that a name means: an id, ROOT/ALIAS, ROOT/ID, or an alias that only one root has.
pub(crate) fn find<'d>(directory: &'d Directory, wanted: &str) -> Result<&'d Collection, Fault> {
    let wanted = wanted.trim_matches('/');
    let all = || directory.collections.iter();
    let with_root = |of: &Collection| format!("{}/{}", of.root, of.id);
    let exact = all().find(|of| of.id.to_string() == wanted || of.name() == wanted || with_root(of) == wanted);
    let mut loose = all().filter(|of| of.alias.as_deref() == Some(wanted));
    let found = exact.or_else(|| loose.next().filter(|_| loose.next().is_none()));
    found.ok_or_else(|| {
        let known = all().map(Collection::name).collect::<Vec<_>>().join(", ");
        refused(format!("collection {wanted}"), format!("there is no such collection, or several; there are: {known}"))
    })
}

/// What an agreement may call a place.
fn names(place: &Place, collection: Option<&Collection>) -> Vec<String> {
    match (place, collection) {
        (_, Some(of)) => {
            let alias = of.alias.iter().flat_map(|alias| [alias.clone(), format!("{}/{alias}", of.root)]);
            alias.chain([of.id.to_string()]).collect()
        }
        (Place::Taxii(url), None) => {
            let last = url.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
            vec![last.to_owned(), url.clone()]
        }
        (place, None) => place.url().map(|url| vec![url.to_owned()]).unwrap_or_default(),
    }
}

impl FlowSettings {
    /// Which way things go: what ends in a collection of ours and does not begin in one comes in.
    #[must_use]
    pub fn direction(&self) -> Direction {
        if self.to.collection().is_some() && self.from.collection().is_none() { Direction::In } else { Direction::Out }
    }
}
