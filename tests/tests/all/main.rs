//! All tests over the wire, in one binary: they share one server per kind of site.

// A test that cannot go on has to stop with a message; there is nobody to hand an error to.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod access;
mod add;
mod audit;
mod audit_nodes;
mod bodies;
mod caching;
mod client_certificates;
mod collections;
mod concurrency;
mod conformance;
mod crash;
mod cross_check;
mod delete;
mod discovery;
mod distributed;
mod duplicates;
mod errors;
mod fail_over;
mod faults;
mod filters;
mod hostile;
mod import;
mod ingest;
mod interop;
mod lifecycle;
mod management;
mod negotiation;
mod nodes;
mod odd_queries;
mod paging;
mod pattern_cross_check;
mod pattern_matching;
mod peers;
mod pgbouncer;
mod postgres;
mod postgres_tls;
mod profiles;
mod program;
mod python_clients;
mod real_input;
mod recorded_clients;
mod replicas;
mod rolling_restart;
mod schemas;
mod spec_versions;
mod status;
mod three_stores;
mod tls;
mod tls_commands;
mod tls_reload;
mod transfer;
mod upgrade;
mod versions;
