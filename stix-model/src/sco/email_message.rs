use crate::TypeClass;

object_table! {
    /// One email message.
    ///
    /// The text is the `body` of a simple message; one of several parts has them in `body_multipart`. A header field
    /// has a list of values, since it may occur again.
    ///
    /// ```
    /// use stix_model::json::{Json, Members};
    /// use stix_model::sco::{EmailAddr, EmailMessage, EmailMimePart};
    /// use stix_model::StixObject;
    ///
    /// let sender = EmailAddr::builder().value("jdoe@example.com").display_name("John Doe").build()?;
    /// let text = EmailMimePart::builder().content_type("text/plain; charset=utf-8").body("See attachment").build()?;
    /// let mailers = Json::from(vec![Json::from("Mutt/2.2.12")]);
    /// let message = EmailMessage::builder()
    ///     .is_multipart(true)
    ///     .from_ref(sender.id())
    ///     .subject("Invoice")
    ///     .additional_header_fields(Members::from_iter([("X-Mailer", mailers)]))
    ///     .body_multipart([text])
    ///     .build()?;
    /// assert_eq!(message.body_multipart().unwrap()[0].body(), Some("See attachment"));
    /// assert!(message.to_builder().body("A second text").build().is_err());
    /// # Ok::<(), stix_model::Invalid>(())
    /// ```
    EmailMessage = "email-message", Role::Object(TypeClass::Observable), "6.6";
    properties {
        /// Does the message consist of several parts?
        is_multipart (required) [boolean];
        /// When it was sent.
        date [timestamp];
        /// The value of the `Content-Type` field.
        content_type [string];
        /// The author: the `From` field.
        from_ref [reference("email-addr")];
        /// Who sent it for the author: the `Sender` field.
        sender_ref [reference("email-addr")];
        /// The recipients in the `To` field.
        to_refs [list reference("email-addr")];
        /// The recipients in the `Cc` field.
        cc_refs [list reference("email-addr")];
        /// The recipients in the `Bcc` field.
        bcc_refs [list reference("email-addr")];
        /// The value of the `Message-ID` field.
        message_id [string];
        /// The subject.
        subject [string];
        /// The values of the `Received` fields, in their order in the message.
        received_lines [list string];
        /// Other header fields: by name, the list of the values.
        additional_header_fields [dictionary as found of list string];
        /// The text of a message that does not consist of several parts.
        body [string];
        /// The parts of a message that does.
        body_multipart [list EmailMimePart];
        /// The whole message with its header, as bytes.
        raw_email_ref [reference("artifact")];
    }
    contributing ["from_ref", "subject", "body"]
    constraints {
        "SCO-EM-1": Demand::ExcludedIf("is_multipart", true, "body");
        "SCO-EM-2": Demand::ExcludedIf("is_multipart", false, "body_multipart");
    }
}

nested_table! {
    /// A part of an email message.
    EmailMimePart = "email-mime-part", Role::Nested, "6.6.2";
    properties {
        /// The content, if it is text.
        body [string];
        /// The content, if it is not.
        body_raw_ref [reference("artifact" | "file")];
        /// The value of the part's `Content-Type` field, with its parameters.
        content_type [string];
        /// The value of the part's `Content-Disposition` field.
        content_disposition [string];
    }
    constraints { "SCO-EM-4": Demand::AnyOf(&["body", "body_raw_ref"]); }
}
