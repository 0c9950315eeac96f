extension_table! {
    /// A file that contains others, such as a ZIP archive.
    ArchiveExt = "archive-ext", Role::Extension(&["file"]), "6.7.2";
    properties {
        /// The files and directories in it.
        contains_refs (required) [list reference("file" | "directory")];
        /// The comment in the archive.
        comment [string];
    }
}
