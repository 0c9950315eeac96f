mod archive_ext;
mod ntfs_ext;
mod pdf_ext;
mod raster_image_ext;
mod windows_pebinary_ext;

pub use archive_ext::ArchiveExt;
pub use ntfs_ext::{AlternateDataStream, NtfsExt};
pub use pdf_ext::PdfExt;
pub use raster_image_ext::RasterImageExt;
pub use windows_pebinary_ext::{WindowsPeOptionalHeader, WindowsPeSection, WindowsPebinaryExt};

use crate::TypeClass;

object_table! {
    /// A file.
    ///
    /// ```
    /// use stix_model::sco::{File, WindowsPeSection, WindowsPebinaryExt};
    /// use stix_model::StixObject;
    ///
    /// let library = File::builder()
    ///     .hashes([("SHA-256", "fe90a7e910cb3a4739bed9180e807e93fa70c90f25a8915476f5e4bfbac681db")])
    ///     .size(25_536)
    ///     .name("foo.dll")
    ///     .build()?;
    /// assert_eq!(library.id().as_str(), "file--949eb97a-da1e-5292-8959-03c4249dc9f3");
    ///
    /// // Extensions contribute to the identifier.
    /// let code = WindowsPeSection::builder().name(".text").entropy(6.5).build()?;
    /// let pe = WindowsPebinaryExt::builder().pe_type("dll").sections([code]).build()?;
    /// let library_with_details = library.to_builder().extension(pe).build()?;
    /// assert_ne!(library_with_details.id(), library.id());
    ///
    /// let pe = library_with_details.extension::<WindowsPebinaryExt>().unwrap();
    /// assert_eq!(pe.sections().unwrap()[0].entropy(), Some(6.5));
    /// # Ok::<(), stix_model::Invalid>(())
    /// ```
    File = "file", Role::Object(TypeClass::Observable), "6.7";
    properties {
        /// Hashes of the content.
        hashes [hashes];
        /// How many bytes it has.
        size [natural];
        /// Its name, without a path.
        name [string];
        /// The character set that the name was in, if it was not Unicode.
        name_enc [string];
        /// The bytes at its start that tell its format.
        magic_number_hex [hex];
        /// Its media type.
        mime_type [string];
        /// When it was created.
        ctime [timestamp];
        /// When it was last written to.
        mtime [timestamp];
        /// When it was last accessed.
        atime [timestamp];
        /// The directory that it is in.
        parent_directory_ref [reference("directory")];
        /// What is inside of it: other files, addresses, any observable.
        contains_refs [list reference(observable)];
        /// Its content.
        content_ref [reference("artifact")];
    }
    contributing ["hashes", "name", "extensions", "parent_directory_ref"]
    constraints { "SCO-FILE-1": Demand::AnyOf(&["hashes", "name"]); }
}
