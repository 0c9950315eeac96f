//! `taxii pattern match`: which patterns match what was observed.

use std::collections::HashMap;

use serde::Serialize;
use stix_model::Timestamp;
use stix_model::json::{Json, Members};
use stix_model::pattern::Pattern;
use stix_model::pattern::matcher::{Binding, MatchError, MatchOptions, Observation, PatternSet};

use super::Run;
use super::args::{Given, Match};
use super::report::Report;
use crate::args::Format;
use crate::console::{Console, count};
use crate::failure::{Exit, Failure};
use crate::graph;
use crate::output::{self, table, visible};

/// A pattern with where it comes from.
struct Asked {
    pattern: Pattern,
    file: Option<String>,
    object: Option<String>,
}

/// A match as JSON.
#[derive(Serialize)]
struct Record<'r> {
    file: Option<&'r str>,
    object: Option<&'r str>,
    pattern: &'r str,
    observations: Vec<Part<'r>>,
}

/// An observed-data that is part of a match, and how many of its instances are.
#[derive(Serialize)]
struct Part<'r> {
    id: &'r str,
    instances: u64,
}

pub(super) fn run(args: &Match, asked: Option<Format>, console: &Console) -> Result<Exit, Failure> {
    let (given, files) = parts(args)?;
    let mut run = Run::new(console);
    let mut patterns: Vec<Asked> = Vec::new();
    run.each(&given, |source, pattern| {
        let owned = |text: Option<&str>| text.map(ToOwned::to_owned);
        patterns.push(Asked { pattern, file: owned(source.file), object: owned(source.object) });
        Ok(())
    })?;
    let objects = graph::read(files, console)?;
    let (ids, observations) = observations(&objects);
    let options = MatchOptions { not_any: args.not_any, ..MatchOptions::default() };
    let set = PatternSet::new(patterns.iter().map(|asked| &asked.pattern), &options);
    let scan = set.scan(&observations);
    let told = |at: usize, error: &MatchError| {
        let text = patterns.get(at).map_or("", |asked| asked.pattern.text());
        console.error(&format!("{}: {error}", visible(text).replace('\n', " ")));
    };
    let undecided = set.rejected().iter().chain(&scan.undecided);
    for (at, error) in undecided {
        run.errors += 1;
        told(*at, error);
    }
    console.clear();
    print(&patterns, &scan.found, &ids, output::format(asked))?;
    let found = scan.found.len() as u64;
    console.summary(&format!(
        "{found} of {} matched in {}",
        count(patterns.len() as u64, "pattern"),
        count(observations.len() as u64, "observation")
    ));
    Ok(run.end())
}

/// The patterns, and the files with what was observed.
fn parts(args: &Match) -> Result<(Given, &[String]), Failure> {
    let (patterns, files) = match args.things.split_first() {
        Some((first, rest)) if args.patterns.is_empty() => (vec![first.clone()], rest),
        _ => (args.patterns.clone(), args.things.as_slice()),
    };
    if files.is_empty() {
        return Err(Failure::usage(
            "in what? name a file with observed-data behind the pattern; `-` is standard input",
        ));
    }
    let Match { pattern_version, mixed_types, .. } = args;
    Ok((Given { patterns, pattern_version: pattern_version.clone(), mixed_types: *mixed_types }, files))
}

/// Every observed-data with its id; of several versions the latest.
fn observations<'o>(objects: &'o [Members<'static>]) -> (Vec<String>, Vec<Observation<'o>>) {
    let text = |object: &Members<'_>, name| object.get(name).and_then(Json::as_str).map(ToOwned::to_owned);
    let version = |object: &Members<'_>| text(object, "modified").and_then(|text| text.parse::<Timestamp>().ok());
    let mut latest: HashMap<String, &'o Members<'o>> = HashMap::new();
    let mut order = Vec::new();
    for object in objects {
        let Some(id) = text(object, "id") else { continue };
        let known = latest.get(&id).copied();
        if known.is_none() {
            order.push(id.clone());
        }
        if known.is_none_or(|known| version(known) <= version(object)) {
            latest.insert(id, object);
        }
    }
    let find = |id: &str| latest.get(id).copied();
    let observed = order.into_iter().filter_map(|id| {
        let object = find(&id).filter(|object| text(object, "type").as_deref() == Some("observed-data"))?;
        Some((id, Observation::new(object, find)?))
    });
    observed.unzip()
}

fn print(patterns: &[Asked], found: &[(usize, Binding)], ids: &[String], format: Format) -> Result<(), Failure> {
    let records = found.iter().filter_map(|(at, binding)| {
        let Asked { pattern, file, object } = patterns.get(*at)?;
        let part = |(at, instances): &(usize, u64)| Some(Part { id: ids.get(*at)?, instances: *instances });
        let observations = binding.instances().iter().filter_map(part).collect();
        Some(Record { file: file.as_deref(), object: object.as_deref(), pattern: pattern.text(), observations })
    });
    if format != Format::Table {
        let mut report = Report::begin(format, "matches")?;
        for record in records {
            report.add(&record, String::new)?;
        }
        return report.end();
    }
    let rows: Vec<_> = records
        .map(|record| {
            let seen = record.observations.iter().map(|part| match part.instances {
                1 => part.id.to_owned(),
                times => format!("{} ({times} times)", part.id),
            });
            let seen: Vec<_> = seen.collect();
            vec![record.object.unwrap_or_default().to_owned(), record.pattern.to_owned(), seen.join(" ")]
        })
        .collect();
    if rows.is_empty() { Ok(()) } else { output::line(&table(&["INDICATOR", "PATTERN", "OBSERVED IN"], rows)) }
}
