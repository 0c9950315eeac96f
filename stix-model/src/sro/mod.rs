//! STIX Relationship Objects (STIX 2.1 §5).
