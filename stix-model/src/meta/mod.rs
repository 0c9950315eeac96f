//! STIX Meta Objects (STIX 2.1 §7), and the bundle that carries objects (§8).

mod bundle;
mod extension_definition;
mod language_content;
mod marking_definition;

pub use bundle::Bundle;
pub use extension_definition::ExtensionDefinition;
pub use language_content::LanguageContent;
pub use marking_definition::MarkingDefinition;
