use crate::TypeClass;

object_table! {
    /// Translations of the text of one object.
    ///
    /// ```
    /// use stix_model::StixObject;
    /// use stix_model::json::{Json, Members};
    /// use stix_model::meta::LanguageContent;
    /// use stix_model::sdo::Tool;
    ///
    /// let tool = Tool::builder().name("Port scanner").lang("en").build()?;
    /// let german: Members = [("name", Json::from("Portscanner"))].into_iter().collect();
    /// let contents: Members = [("de", Json::Object(german))].into_iter().collect();
    /// let translation = LanguageContent::builder()
    ///     .object_ref(tool.id())
    ///     .object_modified(tool.modified().unwrap())
    ///     .contents(contents)
    ///     .build()?;
    /// assert!(translation.contents().contains("de"));
    /// # Ok::<(), stix_model::Invalid>(())
    /// ```
    LanguageContent = "language-content", Role::Object(TypeClass::Meta), "7.1";
    properties {
        /// The object whose text is translated, of any type.
        object_ref (required) [reference(any)];
        /// The `modified` of the version that was translated; absent if it is no particular one.
        object_modified [timestamp];
        /// Under each language tag, the translated properties, in the structure of the object.
        contents (required) [translations];
    }
}
