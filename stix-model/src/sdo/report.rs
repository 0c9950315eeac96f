use crate::TypeClass;
use crate::vocabulary::ReportType;

object_table! {
    /// A published account of threats, with the objects that it speaks of.
    ///
    /// ```
    /// use stix_model::StixObject;
    /// use stix_model::sdo::{Report, Tool};
    ///
    /// let tool = Tool::builder().name("nmap").build()?;
    /// let report = Report::builder()
    ///     .name("Scanners of last year")
    ///     .report_types(["tool"])
    ///     .published("2026-01-01T00:00:00Z")
    ///     .object_refs([tool.id()])
    ///     .build()?;
    /// assert_eq!(report.published().as_str(), "2026-01-01T00:00:00Z");
    /// # Ok::<(), stix_model::Invalid>(())
    /// ```
    Report = "report", Role::Object(TypeClass::Domain), "4.16";
    properties {
        /// The title.
        name (required) [string];
        /// What the report says.
        description [string];
        /// What it is mainly about.
        report_types [list ReportType];
        /// When it was officially published; that can be before or after `created`.
        published (required) [timestamp];
        /// The objects that it speaks of, of any type.
        object_refs (required) [list reference(any)];
    }
}
