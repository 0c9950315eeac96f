//! The documents of a MISP feed.
