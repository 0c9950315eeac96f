//! STIX Domain Objects (STIX 2.1 §4).

mod indicator;

pub use indicator::Indicator;
