use crate::vocabulary::WindowsPeBinaryType;

extension_table! {
    /// A Windows program, library or driver, in the Portable Executable (PE) format.
    WindowsPebinaryExt = "windows-pebinary-ext", Role::Extension(&["file"]), "6.7.6";
    properties {
        /// What kind of PE file it is.
        pe_type (required) [WindowsPeBinaryType];
        /// The hash of its table of imports.
        imphash [string];
        /// The machine that it is made for.
        machine_hex [hex];
        /// How many sections it has.
        number_of_sections [natural];
        /// When it was made, by its own header.
        time_date_stamp [timestamp(seconds)];
        /// Where the table of symbols begins.
        pointer_to_symbol_table_hex [hex];
        /// How many symbols that table has.
        number_of_symbols [natural];
        /// How many bytes the optional header has.
        size_of_optional_header [natural];
        /// The flags of the header.
        characteristics_hex [hex];
        /// Hashes of the file header.
        file_header_hashes [hashes];
        /// The optional header.
        optional_header [WindowsPeOptionalHeader];
        /// The sections.
        sections [list WindowsPeSection];
    }
    constraints { "SCO-PE-1": Demand::AnyBesides(&["pe_type"]); }
}

nested_table! {
    /// The optional header of a PE file.
    WindowsPeOptionalHeader = "windows-pe-optional-header", Role::Nested, "6.7.6";
    properties {
        /// The format of the file.
        magic_hex [hex];
        /// The version of the linker that made it, before the dot.
        major_linker_version [integer];
        /// The same, after the dot.
        minor_linker_version [integer];
        /// The size of the code.
        size_of_code [natural];
        /// The size of the data that has values from the start.
        size_of_initialized_data [natural];
        /// The size of the data that has none.
        size_of_uninitialized_data [natural];
        /// Where execution begins, from the start of the image.
        address_of_entry_point [integer];
        /// Where the code begins, from the start of the image.
        base_of_code [integer];
        /// Where the data begins, from the start of the image.
        base_of_data [integer];
        /// The address that the image would best be loaded at.
        image_base [integer];
        /// On multiples of how many bytes sections begin in memory.
        section_alignment [integer];
        /// On multiples of how many bytes sections begin in the file.
        file_alignment [integer];
        /// The version of the operating system that it needs, before the dot.
        major_os_version [integer];
        /// The same, after the dot.
        minor_os_version [integer];
        /// The version of the image, before the dot.
        major_image_version [integer];
        /// The same, after the dot.
        minor_image_version [integer];
        /// The version of the subsystem that it needs, before the dot.
        major_subsystem_version [integer];
        /// The same, after the dot.
        minor_subsystem_version [integer];
        /// A reserved field.
        win32_version_value_hex [hex];
        /// The size of the whole image in memory.
        size_of_image [natural];
        /// The size of all headers.
        size_of_headers [natural];
        /// The checksum.
        checksum_hex [hex];
        /// The subsystem that it runs in, such as a console.
        subsystem_hex [hex];
        /// Flags about how it may be loaded.
        dll_characteristics_hex [hex];
        /// The size that is reserved for the stack.
        size_of_stack_reserve [natural];
        /// The size that the stack starts with.
        size_of_stack_commit [natural];
        /// The size that is reserved for the heap.
        size_of_heap_reserve [natural];
        /// The size that the heap starts with.
        size_of_heap_commit [natural];
        /// A reserved field.
        loader_flags_hex [hex];
        /// How many data directories follow.
        number_of_rva_and_sizes [integer];
        /// Hashes of the optional header.
        hashes [hashes];
    }
    constraints { "SCO-FILE-PEHEADER-1": Demand::AnyBesides(&[]); }
}

nested_table! {
    /// A section of a PE file.
    WindowsPeSection = "windows-pe-section", Role::Nested, "6.7.6";
    properties {
        /// Its name: `.text`.
        name (required) [string];
        /// How many bytes it has.
        size [natural];
        /// Its Shannon entropy, in bits per byte.
        entropy [float];
        /// Hashes of it.
        hashes [hashes];
    }
}
