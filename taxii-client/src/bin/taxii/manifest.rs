use serde::Serialize;
use taxii_client::model::ManifestRecord;
use taxii_client::{Entry, Filter, Pages, Query};

use crate::args::{Format, List, Versions};
use crate::connection::Connection;
use crate::console::count;
use crate::failure::{Exit, Failure};
use crate::output;

/// What fits on a terminal, unless `--all` or `--limit` says otherwise.
pub(crate) const SCREENFUL: u64 = 100;

/// How many entries a person or a script gets.
pub(crate) fn most(list: &List, format: Format) -> u64 {
    list.limit.unwrap_or(if format == Format::Table && !list.all { SCREENFUL } else { u64::MAX })
}

pub(crate) async fn run(connection: &Connection, list: List) -> Result<Exit, Failure> {
    let format = connection.format();
    let most = most(&list, format);
    let mut query = list.query()?;
    query.limit = query.limit.or(Some(most).filter(|most| *most != u64::MAX));
    let collection = connection.collection(&list.collection).await?;
    let head = ["ID", "VERSION", "DATE ADDED", "MEDIA TYPE"];
    print(connection, collection.manifest(query), most, ("objects", "version"), &head, |record: &ManifestRecord| {
        vec![
            record.id.clone(),
            record.version.clone(),
            record.date_added.to_string(),
            record.media_type.clone().unwrap_or_default(),
        ]
    })
    .await
}

pub(crate) async fn versions(connection: &Connection, one: Versions) -> Result<Exit, Failure> {
    let spec_versions = Some(one.spec_versions).filter(|list| !list.is_empty());
    let query = Query { filter: Filter { spec_versions, ..Filter::default() }, ..Query::default() };
    let pages = connection.collection(&one.collection).await?.versions(&one.object, query);
    print(connection, pages, u64::MAX, ("versions", "version"), &["VERSION"], |version: &String| vec![version.clone()])
        .await
}

async fn print<T: Entry + Serialize>(
    connection: &Connection,
    mut pages: Pages<T>,
    most: u64,
    (name, noun): (&str, &str),
    head: &[&str],
    row: impl Fn(&T) -> Vec<String>,
) -> Result<Exit, Failure> {
    let (mut entries, mut number, mut more) = (Vec::new(), 0, true);
    while more && (entries.len() as u64) < most {
        let Some(page) = pages.next().await? else { break };
        number += 1;
        more = page.more;
        entries.extend(page.entries);
        connection.console.progress(format!("{} in {}", count(entries.len() as u64, noun), count(number, "page")));
    }
    let cut = entries.len() as u64 > most;
    entries.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    connection.console.clear();
    output::list(connection.format(), name, &entries, head, row)?;
    let rest = if more || cut { "; there are more (--all)" } else { "" };
    connection.console.summary(&format!("{} in {}{rest}", count(entries.len() as u64, noun), count(number, "page")));
    Ok(Exit::Fine)
}
