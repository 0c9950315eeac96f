use crate::TypeClass;

object_table! {
    /// A rule for handling what is marked with it: whom to show it to, whose copyright to name.
    ///
    /// It is never changed: another text is another marking definition.
    ///
    /// ```
    /// use stix_model::StixObject;
    /// use stix_model::meta::MarkingDefinition;
    /// use stix_model::sdo::Tool;
    ///
    /// let copyright = MarkingDefinition::builder()
    ///     .definition_type("statement")
    ///     .definition([("statement", "Copyright 2026, ACME")])
    ///     .build()?;
    /// assert_eq!(copyright.statement(), Some("Copyright 2026, ACME"));
    /// let tool = Tool::builder().name("nmap").object_marking_refs([copyright.id()]).build()?;
    /// # Ok::<(), stix_model::Invalid>(())
    /// ```
    MarkingDefinition = "marking-definition", Role::Object(TypeClass::Meta), "7.2.1";
    properties {
        /// What the marking is called.
        name [string];
        /// What kind of marking it is: `statement` or `tlp`. Newer kinds are extensions instead.
        definition_type [string];
        /// The marking itself, in the form that its kind has: `{"statement": …}`.
        definition [dictionary of any];
    }
    constraints {
        "MD-1": Demand::AnyOf(&["definition_type", "extensions"]);
        "MD-1": Demand::Needs("definition", &["definition_type"]);
        "MD-2": Demand::Needs("definition_type", &["definition"]);
    }
}

impl MarkingDefinition {
    /// The text of a marking of the kind `statement`.
    #[must_use]
    pub fn statement(&self) -> Option<&str> {
        match self.definition_type()? {
            "statement" => self.definition()?.get("statement")?.as_str(),
            _ => None,
        }
    }
}
