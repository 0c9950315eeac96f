use taxii_client::model::{Status, StatusDetails, StatusState};

use crate::connection::Connection;
use crate::failure::{Exit, Failure};
use crate::output;

pub(crate) async fn run(connection: &Connection, id: &str) -> Result<Exit, Failure> {
    let status = connection.root().await?.status(id).await?;
    output::one(connection.format(), &status, || words(&status))?;
    Ok(if status.failure_count > 0 { Exit::SomeRefused } else { Exit::Fine })
}

fn words(status: &Status) -> String {
    let state = match status.status {
        StatusState::Complete => "complete",
        StatusState::Pending => "pending",
    };
    let counts = format!(
        "{state}: {} of {} accepted, {} refused, {} pending",
        status.success_count, status.total_count, status.failure_count, status.pending_count
    );
    let row = |what: &str, details: &StatusDetails| {
        vec![what.to_owned(), details.id.clone(), details.version.clone(), details.message.clone().unwrap_or_default()]
    };
    let refused = status.failures.iter().map(|details| row("refused", details));
    let pending = status.pendings.iter().map(|details| row("pending", details));
    let rows: Vec<_> = refused.chain(pending).collect();
    match rows.is_empty() {
        true => counts,
        false => format!("{counts}\n\n{}", output::table(&["", "ID", "VERSION", "MESSAGE"], rows)),
    }
}
