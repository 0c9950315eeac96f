//! MISP's core format (Internet-Draft misp-core-format): each record with its members.
//!
//! A record is a view of the JSON that it stands in. Numbers and truths are read in all forms in which MISP writes them
//! (`"1"`, `1`, `true`) and stay written as they were. Where there should be text they become text.

#[macro_use]
mod record;

mod analyst;
mod attribute;
mod check;
mod document;
mod event;
mod galaxy;
mod object;
mod organisation;
mod sighting;
mod tag;
mod textual;

pub use analyst::{AnalystNote, AnalystOpinion, AnalystRelationship};
pub use attribute::{Attribute, ShadowAttribute};
pub use check::{Invalid, Problem};
pub use document::Document;
pub use event::{CryptographicKey, Event, EventReport, EventTag};
pub use galaxy::{Galaxy, GalaxyCluster};
pub use object::{Object, ObjectReference};
pub use organisation::{Org, SharingGroup, SharingGroupOrg, SharingGroupServer};
pub use record::{Field, Kind, Record};
pub(crate) use record::{flag, number};
pub use sighting::Sighting;
pub use tag::Tag;
