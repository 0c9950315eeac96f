use crate::TypeClass;

object_table! {
    /// A directory of a file system.
    Directory = "directory", Role::Object(TypeClass::Observable), "6.3";
    properties {
        /// The path as it was observed. It is never rewritten: the identifier depends on it.
        path (required) [string];
        /// The character set that the path was in, if it was not Unicode.
        path_enc [string];
        /// When the directory was created.
        ctime [timestamp];
        /// When it was last written to.
        mtime [timestamp];
        /// When it was last accessed.
        atime [timestamp];
        /// The files and directories in it.
        contains_refs [list reference("file" | "directory")];
    }
    contributing ["path"]
}
