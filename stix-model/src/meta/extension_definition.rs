use crate::TypeClass;
use crate::vocabulary::ExtensionType;

object_table! {
    /// What an extension of STIX adds, and where that is described. Its `id` is the extension's key in `extensions`.
    ExtensionDefinition = "extension-definition", Role::Object(TypeClass::Meta), "7.3";
    properties {
        /// What the extension is called.
        name (required) [string];
        /// What it is for.
        description [string];
        /// Its schema, as a URL or in prose. Nothing here ever fetches it.
        schema (required) [string];
        /// The version of the extension: `1.2.1`.
        version (required) [string];
        /// What it adds: new types of objects, or properties.
        extension_types (required) [list ExtensionType];
        /// The properties that it adds beside the standard's, for an extension that does so.
        extension_properties [list string];
    }
    constraints {
        "XD-1": Demand::NeedsItem("extension_properties", "extension_types", "toplevel-property-extension");
    }
}
