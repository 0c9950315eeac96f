//! What is around objects, where it takes time to look it up.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use stix_model::json::Members;
use stix_model::{Object, RawHead};

use super::known::{Known, Objects};
use super::{Sanitised, Sanitiser};
use crate::flow::Fault;

/// Looks up what a source has besides a batch.
#[async_trait]
pub trait Lookup: Send + Sync {
    /// The texts of all versions of these objects, as far as there are any.
    ///
    /// # Errors
    /// It cannot be told now.
    async fn objects(&self, ids: &[String]) -> Result<Vec<String>, Fault>;

    /// The texts of the newest versions of all sightings of these objects.
    ///
    /// # Errors
    /// It cannot be told now.
    async fn sightings(&self, of: &[String]) -> Result<Vec<String>, Fault>;
}

/// Nothing but the batch is known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nothing;

#[async_trait]
impl Lookup for Nothing {
    async fn objects(&self, _ids: &[String]) -> Result<Vec<String>, Fault> {
        Ok(Vec::new())
    }

    async fn sightings(&self, _of: &[String]) -> Result<Vec<String>, Fault> {
        Ok(Vec::new())
    }
}

/// How many rounds of questions there are: as deep as objects may hang together.
const ROUNDS: usize = 64;

/// What was looked up so far, and what was asked for in vain.
#[derive(Default)]
struct Gathered {
    objects: Objects,
    asked: BTreeSet<String>,
    asked_sightings: BTreeSet<String>,
    wanted: Mutex<BTreeSet<String>>,
    wanted_sightings: Mutex<BTreeSet<String>>,
}

impl Known for Gathered {
    fn object(&self, id: &str) -> Option<Arc<Members<'static>>> {
        self.want(id);
        self.objects.object(id)
    }

    fn versions(&self, id: &str) -> Vec<String> {
        self.want(id);
        self.objects.versions(id)
    }

    fn sightings(&self, of: &str) -> Vec<Arc<Members<'static>>> {
        if !self.asked_sightings.contains(of)
            && let Ok(mut wanted) = self.wanted_sightings.lock()
        {
            wanted.insert(of.to_owned());
        }
        self.objects.sightings(of)
    }
}

impl Gathered {
    fn want(&self, id: &str) {
        if !self.asked.contains(id)
            && let Ok(mut wanted) = self.wanted.lock()
        {
            wanted.insert(id.to_owned());
        }
    }

    /// Looks up what was asked for; `false` if there was nothing new.
    async fn gather(&mut self, lookup: &dyn Lookup) -> Result<bool, Fault> {
        let take = |wanted: &Mutex<BTreeSet<String>>| {
            wanted.lock().map(|mut wanted| std::mem::take(&mut *wanted)).unwrap_or_default()
        };
        let (ids, of) = (take(&self.wanted), take(&self.wanted_sightings));
        if ids.is_empty() && of.is_empty() {
            return Ok(false);
        }
        let mut texts = Vec::new();
        if !ids.is_empty() {
            texts = lookup.objects(&ids.iter().cloned().collect::<Vec<_>>()).await?;
        }
        if !of.is_empty() {
            texts.extend(lookup.sightings(&of.iter().cloned().collect::<Vec<_>>()).await?);
        }
        for object in texts.iter().filter_map(|text| Object::parse(text).ok()) {
            self.objects.add(Arc::new(object.into_members()));
        }
        self.asked.extend(ids);
        self.asked_sightings.extend(of);
        Ok(true)
    }

    fn too_deep() -> Fault {
        Fault::Malformed {
            place: "sanitising".to_owned(),
            reason: format!("objects hang together deeper than {ROUNDS} levels"),
        }
    }
}

impl Sanitiser {
    /// What of these objects leaves. What is around them is looked up as far as it decides.
    ///
    /// # Errors
    /// It cannot be looked up.
    pub async fn sanitise_among(&self, batch: &[&str], lookup: &dyn Lookup) -> Result<Sanitised, Fault> {
        let wanted = Mutex::new(batch.iter().filter_map(|text| id(text)).collect());
        let mut gathered = Gathered { wanted, ..Gathered::default() };
        gathered.gather(lookup).await?;
        for _ in 0..ROUNDS {
            let sanitised = self.sanitise(batch, &gathered);
            if !gathered.gather(lookup).await? {
                return Ok(sanitised);
            }
        }
        Err(Gathered::too_deep())
    }

    /// What an object is called where it goes: see [`name_of`](Self::name_of).
    ///
    /// # Errors
    /// What is around it cannot be looked up.
    pub async fn name_among(&self, id: &str, lookup: &dyn Lookup) -> Result<Option<String>, Fault> {
        let mut gathered = Gathered::default();
        for _ in 0..ROUNDS {
            let name = self.name_of(id, &gathered);
            if !gathered.gather(lookup).await? {
                return Ok(name);
            }
        }
        Err(Gathered::too_deep())
    }
}

fn id(text: &str) -> Option<String> {
    RawHead::read(text, stix_model::json::DEPTH).ok()?.id().map(str::to_owned)
}
