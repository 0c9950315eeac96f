use crate::TypeClass;

object_table! {
    /// Text that adds something to other objects, also to those of other creators.
    Note = "note", Role::Object(TypeClass::Domain), "4.13";
    properties {
        /// The text in brief.
        abstract_ = "abstract" [string];
        /// The text.
        content (required) [string];
        /// Who wrote it, by name.
        authors [list string];
        /// What it is about: objects of any type.
        object_refs (required) [list reference(any)];
    }
}
