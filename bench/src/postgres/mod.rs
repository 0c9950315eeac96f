//! The PostgreSQL store against plain SQL on the same tables, in the same run.

mod curve;
mod database;
mod nodes;
mod pages;
mod plain;
mod writes;

/// Measures everything, or the part of this name.
pub(crate) fn measure(server: &str, part: Option<&str>, most: Option<usize>) {
    let wanted = |name: &str| part.is_none_or(|part| part == name);
    if wanted("writes") {
        writes::measure(server);
    }
    if wanted("pages") {
        pages::measure(server);
    }
    if wanted("nodes") {
        nodes::measure(server);
    }
    if wanted("curve") {
        curve::measure(server, most.unwrap_or(10_000_000));
    }
}
