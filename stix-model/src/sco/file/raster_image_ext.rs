extension_table! {
    /// What only images of pixels have.
    RasterImageExt = "raster-image-ext", Role::Extension(&["file"]), "6.7.5";
    properties {
        /// Height in pixels.
        image_height [integer];
        /// Width in pixels.
        image_width [integer];
        /// How many bits the colour of a pixel takes.
        bits_per_pixel [integer];
        /// The EXIF tags, by name.
        exif_tags [dictionary as found of integer or string];
    }
    constraints { "SCO-FILE-IMAGE-1": Demand::AnyBesides(&[]); }
}
