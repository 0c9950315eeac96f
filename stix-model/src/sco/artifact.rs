use crate::TypeClass;
use crate::vocabulary::EncryptionAlgorithm;

object_table! {
    /// A piece of content: its bytes, or where they can be fetched.
    ///
    /// ```
    /// use stix_model::sco::Artifact;
    ///
    /// let sample = Artifact::builder()
    ///     .mime_type("application/zip")
    ///     .url("https://example.com/sample.zip")
    ///     .hashes([("SHA-256", "841a8921140aba50671ebb0770fecc4ee308c4952cfeff8de154ab14eeef4649")])
    ///     .encryption_algorithm("mime-type-indicated")
    ///     .decryption_key("infected")
    ///     .build()?;
    /// assert_eq!(sample.decryption_key(), Some("infected"));
    /// # Ok::<(), stix_model::Invalid>(())
    /// ```
    Artifact = "artifact", Role::Object(TypeClass::Observable), "6.1";
    properties {
        /// The media type of the content, or of the encrypted archive that holds it.
        mime_type [string];
        /// The bytes, in Base64.
        payload_bin [binary];
        /// Where the bytes can be fetched.
        url [url];
        /// Hashes of the payload, or of what the URL leads to.
        hashes [hashes];
        /// How the content is encrypted, if it is.
        encryption_algorithm [EncryptionAlgorithm];
        /// The password or key that decrypts it.
        decryption_key [string];
    }
    contributing ["hashes", "payload_bin"]
    constraints {
        "SCO-ART-1": Demand::OneOf(&["payload_bin", "url"]);
        "SCO-ART-2": Demand::Needs("url", &["hashes"]);
        "SCO-ART-3": Demand::Needs("decryption_key", &["encryption_algorithm"]);
    }
}
