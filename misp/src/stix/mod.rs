//! Events and STIX 2.1.
