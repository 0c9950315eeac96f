extension_table! {
    /// What only PDF files have.
    PdfExt = "pdf-ext", Role::Extension(&["file"]), "6.7.4";
    properties {
        /// The version in the header: `1.7`.
        version [string];
        /// Is it arranged for reading while it loads?
        is_optimized [boolean];
        /// The entries of the document information dictionary, by name without the slash.
        document_info_dict [dictionary as found of string];
        /// The first identifier of the file, which stays the same through changes.
        pdfid0 [string];
        /// The second, which changes with the file.
        pdfid1 [string];
    }
    constraints { "SCO-FILE-PDF-1": Demand::AnyBesides(&[]); }
}
