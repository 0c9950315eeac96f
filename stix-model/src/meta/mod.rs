//! STIX Meta Objects (STIX 2.1 §7).
