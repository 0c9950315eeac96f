//! The headers that TAXII 2.1 defines (§3.2), in the lower case that HTTP libraries want.

/// The date added of the first entry of a page, as a TAXII timestamp.
pub const DATE_ADDED_FIRST: &str = "x-taxii-date-added-first";
/// The date added of the last entry of a page: the `added_after` of the next poll.
pub const DATE_ADDED_LAST: &str = "x-taxii-date-added-last";
