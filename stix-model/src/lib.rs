//! STIX 2.1, the language of cyber-threat intelligence: every object, every check, and STIX 2.0 as far as it has to be read.
//!
//! A STIX object is a JSON object with a `type` and an `id`. There are domain objects such as indicators ([`sdo`]),
//! relationships and sightings ([`sro`]), observables such as addresses and files ([`sco`]), and objects about objects,
//! such as markings and bundles ([`meta`]).
//!
//! # Reading
//!
//! [`Object::parse`] takes any object. One that has what its type requires becomes a typed one, with a getter for
//! each property. Nothing is refused and nothing is lost: what nobody knows comes out again as it went in.
//!
//! ```
//! use stix_model::{Object, StixObject};
//!
//! let text = r#"{"type":"tool","spec_version":"2.1","id":"tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","created":"2026-01-01T00:00:00.0000Z","modified":"2026-01-01T00:00:00.0000Z","name":"nmap","x_rank":7.0}"#;
//! let object = Object::parse(text)?;
//! assert_eq!(serde_json::to_string(&object)?, text);
//! let Object::Tool(tool) = object else { panic!("{}", object.object_type()) };
//! assert_eq!((tool.name(), tool.tool_version()), ("nmap", None));
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! # Building
//!
//! A builder has a method for each property. It fills in `id`, `spec_version` and dates, and gives an object that is valid,
//! or every reason why it is not.
//!
//! ```
//! use stix_model::sdo::{Indicator, Malware};
//! use stix_model::sro::Relationship;
//! use stix_model::StixObject;
//!
//! let indicator = Indicator::builder()
//!     .pattern("[domain-name:value = 'c2.example.com']")
//!     .pattern_type("stix")
//!     .valid_from("2026-01-01T00:00:00Z")
//!     .build()?;
//! let malware = Malware::builder().name("Night Heron").is_family(true).build()?;
//! let link = Relationship::builder();
//! let link = link.relationship_type("indicates").source_ref(indicator.id()).target_ref(malware.id()).build()?;
//! assert_eq!(link.target_ref(), malware.id());
//!
//! let invalid = malware.to_builder().unset("name").build().unwrap_err();
//! assert_eq!(invalid.findings[0].rule, "SDO-MAL-1");
//! # Ok::<(), stix_model::Invalid>(())
//! ```
//!
//! An observable is named after its content ([`deterministic`]): whoever sees the same address gives it the same `id`.
//!
//! ```
//! use stix_model::{sco::Ipv4Addr, StixObject};
//!
//! let address = Ipv4Addr::builder().value("198.51.100.3").build()?;
//! assert_eq!(address.id().as_str(), "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4");
//! # Ok::<(), stix_model::Invalid>(())
//! ```
//!
//! # Markings
//!
//! Objects are marked, as a whole or in parts: with TLP, with a statement, with a language ([`marking`]).
//! [`marking::redact`] leaves out what a reader may not see.
//!
//! ```
//! use stix_model::marking::{redact, tlp, Marked};
//! use stix_model::{sdo::Campaign, Table};
//!
//! let campaign = Campaign::builder().name("Autumn").objective("Told in confidence").build()?;
//! let marked = campaign.add_marking(tlp::RED, Some(&"objective".parse()?))?;
//! let shown = redact(marked.members(), |marking| *marking != tlp::RED.id()).ok_or("nothing is left")?;
//! assert!(shown.contains("name") && !shown.contains("objective"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Versions
//!
//! An object does not change: there is a newer version of it, and a last one in which it is revoked ([`versioning`]).
//!
//! ```
//! use stix_model::{sdo::Tool, StixObject};
//!
//! let tool = Tool::builder().name("nmap").build()?;
//! let newer = tool.new_version().edit(|tool| tool.tool_version("7.95")).build()?;
//! assert!(newer.id() == tool.id() && newer.modified() > tool.modified());
//! assert!(newer.revoke()?.new_version().build().is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Checking
//!
//! [`validate`] looks at what others wrote. Each finding has the name of a rule, a severity, a place, and words.
//!
//! ```
//! use stix_model::json::Json;
//! use stix_model::validate::{self, Options};
//!
//! let json = Json::parse(r#"{"type": "mutex", "id": "mutex--f93fe911-e545-5239-b9b0-597840d0c871", "name": null}"#)?;
//! let findings = validate::object(&json, &Options::default());
//! assert_eq!(findings[0].to_string(), "T-17 at /name: null; expected a value; leave the property out if there is none");
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! # Patterns
//!
//! What an indicator looks for is written in a language of its own ([`pattern`]): read, built, checked and printed.
//!
//! ```
//! use stix_model::pattern::{ObjectPath, Pattern};
//!
//! let path = ObjectPath::new("file", "name");
//! let pattern = Pattern::new(&path.equals("it's.exe").observed().repeats(2))?;
//! assert_eq!(pattern.to_string(), r"[file:name = 'it\'s.exe'] REPEATS 2 TIMES");
//! let questions = Pattern::parse("[network-traffic:dst_port = '443']")?.check();
//! assert!(questions[0].message().ends_with("a number without quotes, found '443' for network-traffic:dst_port; write 443"));
//! # Ok::<(), stix_model::pattern::InvalidPattern>(())
//! ```
//!
//! # Bundles
//!
//! A [`meta::Bundle`] is made and read as a whole; [`reader`] goes through one of any size, object by object, and through
//! TAXII envelopes; [`validate::bundle`] also checks what is between the objects. [`graph`] shows what leads where.
//!
//! ```
//! use stix_model::meta::Bundle;
//! use stix_model::reader::{self, Limits};
//! use stix_model::sco::{DomainName, Ipv4Addr};
//! use stix_model::{graph::Graph, Object, StixObject, Table};
//!
//! let address = Ipv4Addr::builder().value("198.51.100.3").build()?;
//! let domain = DomainName::builder().value("example.com").resolves_to_refs([address.id()]).build()?;
//! let graph = Graph::of([address.members(), domain.members()]);
//! assert_eq!(graph.neighbours(address.id().as_str()).len(), 1);
//!
//! let text = serde_json::to_string(&Bundle::builder().object(address).object(domain).build()?)?;
//! let mut types = Vec::new();
//! reader::read(text.as_bytes(), &Limits::default(), |object| {
//!     types.push(Object::parse(object.text.get())?.object_type().to_owned());
//!     Ok(())
//! })?;
//! assert_eq!(types, ["ipv4-addr", "domain-name"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # STIX 2.0
//!
//! [`upgrade`] makes 2.1 of it and reports every change.
//!
//! ```
//! use stix_model::json::{Json, Members};
//! use stix_model::upgrade::{self, Options};
//!
//! let old: Members<'static> = [("type", "tool"), ("id", "tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"),
//!     ("created", "2017-01-01T00:00:00.000Z"), ("modified", "2017-01-01T00:00:00.000Z"), ("name", "nmap")]
//!     .into_iter().map(|(name, text)| (name, Json::from(text))).collect();
//! let upgraded = upgrade::object(old, &Options::default())?;
//! assert_eq!(upgraded.objects[0].get("spec_version").and_then(Json::as_str), Some("2.1"));
//! # Ok::<(), upgrade::Error>(())
//! ```
//!
//! # What the standard does not have
//!
//! Any property can be set with [`Builder::set`]. An [`Extension`] is a Rust type of your own inside an object. Objects
//! of other types are read as [`CustomObject`]; a [`Registry`] says what they are.
//!
//! ```
//! use stix_model::{Object, Registry, TypeClass};
//!
//! let object = Object::parse(r#"{"type": "x-acme-sensor", "id": "x-acme-sensor--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", "serial": "1"}"#)?;
//! assert!(matches!(object, Object::Custom(_)));
//! let mut types = Registry::default();
//! types.add("x-acme-sensor", TypeClass::Observable, &["serial"])?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # JSON Schemas
//!
//! [`schema`] gives the schema of each type; with the feature `schema`, `schema::Validator` checks by them.
//!
//! ```
//! use stix_model::{schema, sdo::Indicator, Table};
//!
//! let document = schema::of(Indicator::SHAPE);
//! assert_eq!(document.get("title").and_then(|title| title.as_str()), Some("indicator"));
//! ```
//!
//! # The modules
//!
//! * [`sdo`], [`sco`], [`sro`], [`meta`], [`nested`]: the objects and their parts; [`vocabulary`]: the words they use;
//!   [`relationships`]: what connects what
//! * [`json`]: the tree that every object is; [`property`], [`value`]: the tables of the standard; [`object`]: reading
//!   and building by them
//! * [`reader`]: bundles and envelopes, one object at a time; [`ObjectHead`]: what identifies and versions an object
//! * [`validate`], [`schema`]: checks; [`upgrade`]: STIX 2.0
//! * [`marking`], [`language`], [`confidence`], [`versioning`], [`graph`]: what objects say about objects
//! * [`deterministic`], [`canonical`]: names from content; [`same_content`], [`equivalent`]: do two objects say the same?
//! * [`Identifier`], [`Timestamp`], [`SpecVersion`], [`Selector`]: texts that are checked and keep their form
//!
//! The crate does no input or output of its own, fetches nothing, and never changes the text of an object that it reads.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic))]

#[macro_use]
mod table;

mod builder;
pub mod canonical;
#[cfg(test)]
mod census;
mod common;
pub mod confidence;
mod content;
pub mod deterministic;
mod equality;
mod finding;
pub mod graph;
mod head;
mod identifier;
pub mod json;
pub mod language;
pub mod marking;
pub mod meta;
mod names;
pub mod nested;
pub mod object;
pub mod pattern;
mod pointer;
pub mod property;
pub mod reader;
mod registry;
pub mod relationships;
pub mod schema;
pub mod sco;
pub mod sdo;
mod spec_version;
pub mod sro;
mod strict;
mod timestamp;
mod types;
pub mod upgrade;
pub mod validate;
pub mod value;
pub mod versioning;
pub mod vocabulary;

pub use builder::Builder;
pub use content::Content;
pub use equality::{equivalent, same_content};
pub use finding::{Finding, Invalid, Severity};
pub use head::{ObjectHead, RawHead};
pub use identifier::{Identifier, InvalidIdentifier};
pub use marking::{InvalidSelector, Selector};
pub use object::{CustomObject, Extension, MalformedObject, Object, StixObject};
pub use pointer::resolve_pointer;
pub use registry::{Declared, Registry, Taken};
pub use spec_version::{InvalidSpecVersion, SpecVersion};
pub use table::Table;
pub use timestamp::{InvalidTimestamp, Timestamp};
pub use types::TypeClass;
