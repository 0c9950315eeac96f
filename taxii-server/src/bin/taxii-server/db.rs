//! The commands that concern the database as a whole. They open it by themselves, since it may not be one that could be served.

use std::io::BufRead;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use serde_json::json;
use taxii_server::store::transfer::{self, Held, Place, Report, State, Verified};

use crate::Outcome;
use crate::cli::Db;
use crate::config::Config;
use crate::output::Output;
use crate::progress::Progress;

pub(crate) fn run(config: &Config, command: Db, out: &Output) -> Outcome {
    match command {
        Db::Status => status(&config.database.place()?, out),
        Db::Migrate => migrate(&config.database.place()?, out),
        Db::Copy { from, to, hold } => copy(&named(&from)?, &named(&to)?, hold, out),
        Db::Backup { file } => backup(&config.database.place()?, &file, out),
        Db::Restore { file } => restore(&file, &config.database.place()?, out),
        Db::Import(command) => crate::db_import::run(config, &command, out),
    }
}

fn status(place: &Place, out: &Output) -> Outcome {
    let state = transfer::state(place)?;
    let rows: serde_json::Map<_, _> = state.rows.iter().map(|(table, n)| ((*table).to_owned(), json!(n))).collect();
    let text = || {
        let rows = state.rows.iter().filter(|(table, _)| !matches!(*table, "settings" | "revision" | "marks"));
        let rows = rows.map(|(table, n)| format!("{table}: {n}")).collect::<Vec<_>>().join("\n");
        Ok(format!(
            "database: {place}\nengine: {}\nschema: {}\nsize: {} bytes\n{rows}",
            state.engine,
            schema(&state),
            state.bytes
        ))
    };
    out.text(
        text,
        &json!({
            "database": place.to_string(), "engine": state.engine, "applied": state.applied, "pending": state.pending,
            "unknown": state.unknown, "bytes": state.bytes, "rows": rows, "unfinished_copy_of": state.unfinished,
        }),
    )
}

fn schema(state: &State) -> String {
    let at = state.applied.last().map_or("none", String::as_str);
    let mut text = match state.pending.as_slice() {
        [] => format!("{at}, up to date"),
        pending => format!("{at}; pending: {} (`taxii-server db migrate` applies them)", pending.join(", ")),
    };
    if !state.unknown.is_empty() {
        text = format!("{text}; made by a newer version of this program, which this one cannot serve");
    }
    match &state.unfinished {
        Some(of) => format!("{text}; an unfinished copy of {of}, which cannot be served yet"),
        None => text,
    }
}

fn migrate(place: &Place, out: &Output) -> Outcome {
    let applied = transfer::migrate(place)?;
    let sentence = match applied.as_slice() {
        [] => format!("nothing to do: the tables of {place} are up to date"),
        applied => applied.iter().map(|name| format!("applied {name}")).collect::<Vec<_>>().join("\n"),
    };
    out.done(&sentence, &json!({"database": place.to_string(), "applied": applied}))
}

fn copy(from: &Place, to: &Place, hold: bool, out: &Output) -> Outcome {
    let mut progress = Progress::new();
    let copy = transfer::copy(from, to);
    let copy = if hold { copy.hold() } else { copy };
    let report = copy.run(&mut |event| progress.told(event))?;
    let mut sentence = format!("copied {from} to {to}");
    if report.behind > 0 {
        sentence = format!(
            "{sentence}; the source has been written to since: run the same command again for what is new, with --hold to switch"
        );
    }
    tell(&sentence, &report, progress.seconds(), out)?;
    match report.held {
        Some(held) => switch(from, to, held),
        None => Ok(()),
    }
}

/// The database that an argument names. Arguments can be seen by everybody on the machine: a URL with a password is better taken
/// from a variable.
fn named(argument: &str) -> Result<Place, Box<dyn std::error::Error>> {
    let Some(variable) = argument.strip_prefix("env:") else { return Ok(Place::read(argument)?) };
    let text = std::env::var(variable).map_err(|error| format!("{argument}: {error}"))?;
    Ok(Place::read(&text)?)
}

/// Keeps writers off until Enter is pressed, and makes sure that they were kept off all the time.
fn switch(from: &Place, to: &Place, mut held: Held) -> Outcome {
    eprintln!(
        "Nobody can write to {from} now; reading goes on. Start servers over {to}, send clients there, and stop the others. Then press Enter \
         (where standard input ends, as without a terminal, writers are let go at once)."
    );
    let (tell, told) = channel();
    // It may wait for ever: it ends with the program.
    std::thread::spawn(move || {
        let read = std::io::stdin().lock().read_line(&mut String::new());
        tell.send(matches!(read, Ok(1..)))
    });
    let entered = loop {
        match told.recv_timeout(Duration::from_secs(1)) {
            Ok(entered) => break entered,
            Err(RecvTimeoutError::Disconnected) => break false,
            Err(RecvTimeoutError::Timeout) => held.check()?,
        }
    };
    held.check()?;
    drop(held);
    let why = if entered { "" } else { "standard input has ended: " };
    eprintln!("{why}writers were kept off until now; {from} can be written to again");
    Ok(())
}

fn backup(place: &Place, file: &Path, out: &Output) -> Outcome {
    let mut progress = Progress::new();
    let report = transfer::backup(place, file, &mut |event| progress.told(event))?;
    tell(&format!("backed up {place} to {}", file.display()), &report, progress.seconds(), out)
}

fn restore(file: &Path, place: &Place, out: &Output) -> Outcome {
    let mut progress = Progress::new();
    let report = transfer::restore(file, place, &mut |event| progress.told(event))?;
    tell(&format!("restored {} to {place}", file.display()), &report, progress.seconds(), out)
}

/// What was done, and the comparison that proves it.
fn tell(sentence: &str, report: &Report, seconds: f64, out: &Output) -> Outcome {
    if out.is_json() {
        let verified = |v: &Verified| json!({"what": v.what, "rows": v.rows.0, "sha256": v.sha256.0});
        return out.done(
            "",
            &json!({
                "written": report.written, "behind": report.behind, "seconds": seconds,
                "verified": report.verified.iter().map(verified).collect::<Vec<_>>(),
            }),
        );
    }
    let line = |v: &Verified| [v.what.clone(), v.rows.0.to_string(), v.rows.1.to_string(), v.sha256.1.clone()];
    let lines: Vec<[String; 4]> = report.verified.iter().map(line).collect();
    out.list(["Verified", "Source", "Target", "SHA-256, the same of both"], &lines, Clone::clone)?;
    anstream::println!("{sentence}: {} rows written in {seconds:.1} s, verified", report.written);
    Ok(())
}
