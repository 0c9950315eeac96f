use std::thread;
use std::time::Duration;

use serde::Serialize;
use taxii_client::{Push as PushToServer, PushError, PushOptions, PushSummary, Refused};
use tokio::sync::mpsc;

use crate::args::Push;
use crate::connection::Connection;
use crate::console::count;
use crate::failure::{Exit, Failure};
use crate::input::{self, Item};
use crate::output;

/// Objects that are read ahead of the network.
const AHEAD: usize = 1000;

#[derive(Serialize)]
struct Report<'a> {
    accepted: u64,
    refused: Vec<Line<'a>>,
    undecided: u64,
    requests: u64,
    octets: u64,
    statuses: &'a [String],
}

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    version: &'a str,
    reason: &'a str,
}

impl<'a> From<&'a Refused> for Line<'a> {
    fn from(refused: &'a Refused) -> Self {
        Self { id: &refused.id, version: &refused.version, reason: &refused.reason }
    }
}

pub(crate) async fn run(connection: &Connection, args: Push) -> Result<Exit, Failure> {
    let collection = connection.collection(&args.collection).await?;
    let mut options = PushOptions::default();
    options.most_octets = args.max_content_length;
    options.deadline = Duration::from_secs(args.wait);
    let push = collection.start_push(options).await.map_err(|stopped| Failure::from(stopped.error))?;
    let (summary, broken) = match feed(connection, push, args.files).await {
        Ok(done) => done,
        Err(stopped) => {
            report(connection, &stopped.summary)?;
            let text = stopped.to_string();
            return Err(Failure { text, ..Failure::from(stopped.error) });
        }
    };
    report(connection, &summary)?;
    match broken {
        Some(problem) => Err(Failure::data(format!(
            "{problem}\n  what came before it was pushed; mend the file and push it again: what the collection has already does no harm"
        ))),
        None if summary.is_complete() => Ok(Exit::Fine),
        None => Ok(Exit::SomeRefused),
    }
}

/// Sends the objects of the files; also says what broke off the reading.
async fn feed(
    connection: &Connection,
    mut push: PushToServer,
    files: Vec<String>,
) -> Result<(PushSummary, Option<String>), PushError> {
    let (sender, mut objects) = mpsc::channel(AHEAD);
    thread::spawn(move || files.iter().for_each(|file| input::read(file, &sender)));
    let (mut read, mut broken) = (0, None);
    while let Some(item) = objects.recv().await {
        match item {
            Item::Object(object) => push.add(object).await?,
            Item::Refused(reason) => push.refuse("", format!("not sent: {reason}")),
            Item::Broken(problem) => {
                connection.console.warn(&problem);
                broken = Some(problem);
                continue;
            }
        }
        read += 1;
        if read % 100 == 0 {
            let summary = push.summary();
            connection.console.progress(format!(
                "{} read, {} accepted in {}",
                count(read, "object"),
                summary.accepted,
                count(summary.requests, "request")
            ));
        }
    }
    Ok((push.finish().await?, broken))
}

fn report(connection: &Connection, summary: &PushSummary) -> Result<(), Failure> {
    let refused = &summary.refused;
    let report = Report {
        accepted: summary.accepted,
        refused: refused.iter().map(Line::from).collect(),
        undecided: summary.undecided,
        requests: summary.requests,
        octets: summary.octets,
        statuses: &summary.statuses,
    };
    connection.console.clear();
    output::one(connection.format(), &report, || {
        let rows =
            refused.iter().map(|refused| vec![refused.id.clone(), refused.version.clone(), refused.reason.clone()]);
        let statuses = summary.statuses.iter().fold(String::new(), |text, id| format!("{text}status {id}\n"));
        match refused.is_empty() {
            true => statuses.trim_end().to_owned(),
            false => format!("{statuses}{}", output::table(&["REFUSED", "VERSION", "REASON"], rows)),
        }
    })?;
    let mut text = format!("{} accepted", count(summary.accepted, "object"));
    if !refused.is_empty() {
        text += &format!(", {} refused", refused.len());
    }
    if summary.undecided > 0 {
        text += &format!(", {} undecided (ask again with `taxii status`)", summary.undecided);
    }
    connection.console.summary(&format!("{text} in {}", count(summary.requests, "request")));
    Ok(())
}
