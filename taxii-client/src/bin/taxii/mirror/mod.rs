mod end;
mod report;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sharing::flow::{Fault, Flow, HopLimits, InFile, Options, Phase, Room, Status, Waits, sha256};
use tokio::sync::watch;

use crate::args::{Global, Mirror};
use crate::console::{Console, count};
use crate::failure::{Exit, Failure};
use crate::output;
use crate::profile::directory;

pub(crate) async fn run(args: &Mirror, global: &Global, console: &Console) -> Result<Exit, Failure> {
    let (from, to) = end::both(args, global, console).await?;
    let name = format!("{} -> {}", from.place(), to.place());
    let state = args.state.clone().map_or_else(|| own_file(&name), Ok)?;
    let mut options = Options::default();
    options.room = Room { changes: args.page_size, ..Room::default() };
    options.waits = Waits { attempts: global.attempts, ..Waits::default() };
    options.interval = Duration::from_secs(args.interval);
    let mut flow = Flow::new(name, from, to, Arc::new(InFile::new(&state))).options(options);
    if args.hop_limits {
        flow = flow.policy(Arc::new(HopLimits::default()));
    }
    let watcher = tokio::spawn(show(flow.status(), console.clone(), args.follow));
    let outcome = match args.follow {
        // Whoever follows is stopped from outside.
        true => {
            let (_run, wanted) = watch::channel(sharing::flow::Wanted::Run);
            flow.follow(wanted).await.map(|()| None)
        }
        false => flow.run().await.map(Some),
    };
    watcher.abort();
    console.clear();
    let status = flow.status().borrow().clone();
    let format = output::format(global.output);
    match outcome {
        Ok(done) => report::tell(&status, &done.unwrap_or_default(), format, console),
        Err(fault) => Err(failure(&fault, &state)),
    }
}

/// Shows how it goes on, and what it waits for.
async fn show(mut status: watch::Receiver<Status>, console: Console, follow: bool) {
    while status.changed().await.is_ok() {
        let now = status.borrow_and_update().clone();
        if let (Phase::Waiting { .. }, Some(trouble)) = (now.phase, &now.state.last_error) {
            console.warn(&format!("{}; trying again", trouble.message));
        }
        let counters = &now.state.counters;
        let lag = now
            .state
            .lag
            .filter(|lag| *lag > 0)
            .map_or(String::new(), |lag| format!(", {} to go", count(lag, "change")));
        let rest = if follow && matches!(now.phase, Phase::Waiting { .. }) { ", waiting for more" } else { "" };
        console.progress(format!(
            "{} read, {} new, {} known{lag}{rest}",
            count(counters.received, "change"),
            counters.added,
            counters.known
        ));
    }
}

/// A file for this pair of ends alone, below the user's state directory.
fn own_file(name: &str) -> Result<PathBuf, Failure> {
    let digest = sha256(name.as_bytes());
    let folder = directory("XDG_STATE_HOME", ".local/state")?.join("taxii");
    std::fs::create_dir_all(&folder).map_err(|error| Failure::file(folder.display(), &error))?;
    Ok(folder.join(format!("mirror-{}.json", digest.get(..32).unwrap_or_default())))
}

fn failure(fault: &Fault, state: &Path) -> Failure {
    let exit = match fault {
        Fault::Refused { .. } => Exit::Permission,
        Fault::Lost { .. } | Fault::Local { .. } => Exit::Usage,
        _ => Exit::Server,
    };
    let text = format!(
        "{fault}\n  what was delivered before is noted in {}; the same command goes on from there",
        state.display()
    );
    Failure { exit, text }
}
