//! Adding objects (TAXII 2.1 §5.5): what is decided at the door, before the store.

use stix_model::marking::tlp::TlpLevel;
use stix_model::reader::{self, Limits, RawObject};
use stix_model::validate::Options;
use stix_model::{Finding, ObjectHead, RawHead, SpecVersion, Timestamp as StixTimestamp};
use taxii_model::{Status, StatusDetails, Timestamp};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::{ErrorKind, Reach, Result, ServiceError, Session, findings};
use crate::sharing::{Governing, level};
use crate::store::{Collection, Ingest, Item, Provenance, StoreError, Submission, content_version};

/// A body of this size is read on another thread, lest it holds up other requests.
const LARGE: usize = 64 << 10;

impl Session<'_> {
    /// Adds the objects of an envelope. Each is decided for itself; the status says what became of it.
    ///
    /// # Errors
    /// [`ErrorKind::Unprocessable`] if the body is no envelope: then nothing was added (AMB-06).
    pub async fn add(&self, reach: &Reach<'_>, body: bytes::Bytes) -> Result<Status> {
        self.must_be_recorded()?;
        let limits = Limits { objects: self.service.settings.max_objects, ..Limits::default() };
        let received = Timestamp::now();
        let collection = reach.collection.clone();
        let large = body.len() > LARGE;
        // Only a new entry has a note. Who may not read must not learn which are new.
        let notes = reach.rights.read;
        let sort = move || Sorted::read(&body, &limits, &Door::of(&collection, notes), received);
        let mut sorted = if large { spawn_blocking(sort).await.map_err(StoreError::failed)?? } else { sort()? };
        let governing = self.governing(reach).await?;
        let mut brought = Brought::default();
        if let Some(governing) = &governing {
            let account = self.caller().name.as_deref().unwrap_or_default();
            let provenance = Provenance::here(&self.service.server_id().await?, account, &governing.agreement);
            brought = sorted.under(governing, &provenance, reach.collection, received);
        }
        let submission = Submission {
            status: Uuid::new_v4(),
            root: reach.root.name.clone(),
            collection: reach.collection.key,
            caller: self.caller().name.clone().unwrap_or_default(),
            received,
            items: sorted.items,
            refused: sorted.refused,
        };
        let told = self.service.store.add_telling(submission).await?;
        self.service.written.tell();
        if let Some(governing) = &governing {
            self.brought(governing, reach, brought, &told.outcomes);
        }
        self.added(reach, &told.status, told.stamps);
        Ok(told.status)
    }
}

/// The objects of a request: those that may go in, and those that may not.
#[derive(Default)]
struct Sorted {
    items: Vec<Item>,
    refused: Vec<StatusDetails>,
}

impl Sorted {
    fn read(body: &[u8], limits: &Limits, door: &Door<'_>, received: Timestamp) -> Result<Self> {
        let (wrapper, objects) = reader::from_slice(body, limits)
            .map_err(|error| ServiceError::new(ErrorKind::Unprocessable, format!("{error}; nothing was added")))?;
        let mut sorted = Self::default();
        for object in objects {
            match door.admit(&object, wrapper.spec_version()) {
                Ok((head, note)) => {
                    let text = String::from(Box::<str>::from(object.text));
                    sorted.items.push(Item { note, ..Item::new(head, text) });
                }
                Err(findings) => sorted.refused.push(refusal(&object, &findings, received)),
            }
        }
        Ok(sorted)
    }

    /// Only what an agreement lets come stays, and is known to have come under it; tells what that is.
    fn under(
        &mut self,
        governing: &Governing,
        provenance: &Provenance,
        collection: &Collection,
        received: Timestamp,
    ) -> Brought {
        let mut brought = Brought::default();
        for mut item in std::mem::take(&mut self.items) {
            let level = level(&item.label, collection.markings.default_marking);
            if let Some((rule, why)) = governing.objection(item.head.id.object_type(), level) {
                let (id, message) = (item.head.id.to_string(), Some(format!("{rule}: {why}")));
                let version = item.head.version().map_or_else(|| received.to_string(), ToString::to_string);
                self.refused.push(StatusDetails { id, version, message });
                brought.refused.push(rule);
                continue;
            }
            let version = item.head.version().map_or_else(|| content_version(&item.text), ToString::to_string);
            brought.items.push((item.head.id.to_string(), version, level));
            item.provenance = Some(provenance.clone());
            self.items.push(item);
        }
        brought
    }
}

/// What a partner brings itself, for the log.
#[derive(Default)]
pub(super) struct Brought {
    /// What may come: id, version, level.
    pub(super) items: Vec<(String, String, Option<TlpLevel>)>,
    /// The rules by which the rest may not.
    pub(super) refused: Vec<&'static str>,
}

/// What decides who may come in.
pub(crate) struct Door<'c> {
    collection: &'c Collection,
    /// How the content is checked, if it is.
    options: Option<Options>,
    /// Are warnings told?
    notes: bool,
}

impl<'c> Door<'c> {
    pub(crate) fn of(collection: &'c Collection, notes: bool) -> Self {
        Self { collection, options: findings::options(collection.ingest), notes }
    }

    /// May this object go into the collection? If it may, also what there is to tell about it.
    fn admit(
        &self,
        object: &RawObject,
        default: Option<SpecVersion>,
    ) -> Result<(ObjectHead, Option<String>), Vec<Finding>> {
        self.admit_text(&object.head, object.text.get(), default)
    }

    /// The same, of a head and the text that it was read from.
    pub(crate) fn admit_text(
        &self,
        head: &RawHead,
        text: &str,
        default: Option<SpecVersion>,
    ) -> Result<(ObjectHead, Option<String>), Vec<Finding>> {
        let head = match self.collection.ingest {
            Ingest::Off => head.check_storable(default)?,
            _ => head.check(default)?,
        };
        if !self.collection.spec_versions.contains(&head.spec_version) {
            return Err(vec![self.other_edition(head.spec_version)]);
        }
        // The rules are those of STIX 2.1.
        let Some(options) = self.options.as_ref().filter(|_| head.spec_version != SpecVersion::V2_0) else {
            return Ok((head, None));
        };
        let warnings = findings::check(text, options)?;
        let tell = self.notes && !warnings.is_empty();
        Ok((head, tell.then(|| findings::message(&warnings))))
    }

    fn other_edition(&self, edition: SpecVersion) -> Finding {
        let takes = self.collection.spec_versions.iter().map(|v| v.as_str()).collect::<Vec<_>>().join(" and ");
        let found = format!("unsupported spec_version: the object is STIX {edition}");
        Finding::error("collection-spec-version", "/spec_version", found, format!("STIX {takes}"))
    }
}

fn refusal(object: &RawObject, findings: &[Finding], received: Timestamp) -> StatusDetails {
    let version = object.head.version().filter(|text| text.parse::<StixTimestamp>().is_ok());
    StatusDetails {
        id: object.head.id().unwrap_or_default().to_owned(),
        version: version.map_or_else(|| received.to_string(), str::to_owned),
        message: Some(findings::message(findings)),
    }
}
