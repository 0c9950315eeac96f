use async_trait::async_trait;
use taxii_model::Timestamp;

use super::{Grant, Result};

/// What a store keeps of what was arranged with others: agreements, flows, and what was made of objects for them.
/// [`super::Store::arrangements`] gives it.
#[async_trait]
pub trait Arrangements: Send + Sync {
    /// Every agreement, in order of `id`.
    async fn agreements(&self) -> Result<Vec<KeptAgreement>>;

    /// Adds an agreement, or replaces the one with its `id`.
    async fn set_agreement(&self, agreement: &KeptAgreement) -> Result<()>;

    /// Removes an agreement. Was there one?
    async fn remove_agreement(&self, id: &str) -> Result<bool>;

    /// The grants of an organisation: those of them that follow from agreements end when they do.
    async fn granted(&self, organisation: &str) -> Result<Vec<Grant>>;

    /// Every flow, in order of `name`.
    async fn flows(&self) -> Result<Vec<KeptFlow>>;

    /// How far the flow of this name has come.
    async fn bookmark(&self, name: &str) -> Result<Option<Bookmark>>;

    /// Adds a flow, or gives the one of this name other settings; its position, its status and whether it is paused stay.
    async fn set_flow(&self, name: &str, settings: &str) -> Result<()>;

    /// Lets a flow rest, or go on. Is there one?
    async fn pause_flow(&self, name: &str, paused: bool) -> Result<bool>;

    /// Notes how far a flow has come and how it is, if nobody else has meanwhile: if it still is at `from`. Which node runs a flow is
    /// a matter of [`super::Store::lease`]; this makes sure that one which has lost its turn without noticing changes nothing.
    async fn advance_flow(&self, name: &str, from: Option<&str>, to: Option<&str>, status: &str) -> Result<bool>;

    /// Removes a flow with what it knows of counterparts. Was there one?
    async fn remove_flow(&self, name: &str) -> Result<bool>;

    /// What a flow has made of these objects, in order of object and version.
    async fn counterparts(&self, flow: &str, originals: &[String]) -> Result<Vec<Counterpart>>;

    /// Notes what was made of objects. What is known of the same version of the same object is replaced.
    async fn link(&self, counterparts: &[Counterpart]) -> Result<()>;
}

/// An agreement, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAgreement {
    /// Its id.
    pub id: String,
    /// The document, to the letter.
    pub text: String,
    /// What names exactly this document.
    pub digest: String,
    /// When it was added.
    pub added: Timestamp,
}

/// A flow, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptFlow {
    /// Its name.
    pub name: String,
    /// Its settings, as JSON.
    pub settings: String,
    /// Does it rest?
    pub paused: bool,
    /// How it is, as JSON.
    pub status: String,
}

/// How far a flow has come. Kept apart from the flow, which is looked at every second, since a position may have megabytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bookmark {
    /// The place in its source: a cursor.
    pub position: Option<String>,
    /// How the flow is, as JSON, at the same moment.
    pub status: String,
}

/// What was made of a version of an object for others. Nobody but who runs the server may know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterpart {
    /// The flow that made it.
    pub flow: String,
    /// The object.
    pub original: String,
    /// Its version.
    pub version: String,
    /// What was made of it.
    pub derived: String,
    /// The version of that.
    pub derived_version: String,
}
