//! x
pub struct PostgresStore;
pub struct PostgresBuilder;
