use taxii_client::model;

use crate::connection::Connection;
use crate::console::count;
use crate::failure::{Exit, Failure};
use crate::output::{self, yes_no};

pub(crate) async fn run(connection: &Connection) -> Result<Exit, Failure> {
    let root = connection.root().await?;
    let collections = root.collections().await?;
    let infos: Vec<model::Collection> =
        collections.iter().filter_map(|collection| collection.resource().cloned()).collect();
    output::list(connection.format(), "collections", &infos, &["ID", "TITLE", "READ", "WRITE", "ALIAS"], |info| {
        vec![
            info.id.clone(),
            info.title.clone(),
            yes_no(info.can_read),
            yes_no(info.can_write),
            info.alias.clone().unwrap_or_default(),
        ]
    })?;
    connection.console.summary(&format!("{} at {}", count(infos.len() as u64, "collection"), root.url()));
    Ok(Exit::Fine)
}
