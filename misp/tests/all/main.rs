//! Events, STIX, feeds: what the crate promises, tried out from outside.

mod corpus;
mod format;
mod foreign;
mod random;
mod stix;
