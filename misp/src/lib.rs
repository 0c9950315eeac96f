//! MISP's core format, its feeds, and its mapping to STIX 2.1 and back without loss.
