//! `taxii upgrade`: content of STIX 2.0 made into STIX 2.1.
//!
//! * `report`: what was changed
//! * `sink`: where files of results go

mod report;
pub(crate) mod sink;

use std::time::Instant;

use stix_model::json::{DEPTH, Json, Members};
use stix_model::upgrade::{self, Change, Detected, Ids, Modified, Options, spec_version_of};
use stix_model::{Severity, SpecVersion};

use self::report::Report;
use self::sink::Sink;
use crate::args::{Global, Upgrade};
use crate::console::{Console, count};
use crate::failure::{Exit, Failure};
use crate::validate::texts::{self, Form};

pub(crate) fn run(args: &Upgrade, global: &Global, console: &Console) -> Result<Exit, Failure> {
    let begun = Instant::now();
    let options = options(args);
    sink::differ(args)?;
    let mut report = Report::begin(global.output, args.report.as_deref())?;
    let mut out = Sink::new(&args.out);
    let mut totals = Totals::default();
    let mut broken = None;
    for file in &args.files {
        totals.files += 1;
        match Content::read(file, console).and_then(|content| content.upgrade(file, &options)) {
            Ok((content, tally)) => {
                report.add(file, &content.changes)?;
                content.write(&mut out)?;
                totals.add(&tally);
            }
            Err(problem) => {
                console.error(&problem.text);
                broken = broken.or(Some(problem.exit));
            }
        }
    }
    out.finish()?;
    totals.errors = report.count(Severity::Error);
    totals.warnings = report.count(Severity::Warning);
    totals.seconds = begun.elapsed().as_secs_f64();
    report.end(&totals, console)?;
    Ok(match broken {
        Some(exit) => exit,
        None if totals.errors > 0 => Exit::SomeRefused,
        None => Exit::Fine,
    })
}

fn options(args: &Upgrade) -> Options {
    Options {
        modified: if args.modified == "now" { Modified::Now } else { Modified::Keep },
        ids: if args.ids == "new" { Ids::New } else { Ids::Keep },
        author: args.author.clone(),
        keep_removed: args.keep_removed,
        ..Options::default()
    }
}

/// What was done, in the end.
#[derive(Debug, Default)]
struct Totals {
    files: u64,
    objects: u64,
    old: u64,
    lifted: u64,
    errors: u64,
    warnings: u64,
    seconds: f64,
}

impl Totals {
    fn add(&mut self, tally: &Tally) {
        self.objects += tally.objects;
        self.old += tally.old;
        self.lifted += tally.lifted;
    }
}

impl std::fmt::Display for Totals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (objects, files) = (count(self.objects, "object"), count(self.files, "file"));
        write!(f, "{objects} in {files}: {} upgraded", count(self.old, "object"))?;
        if self.lifted > 0 {
            write!(f, ", {} taken out of observed-data", count(self.lifted, "observable"))?;
        }
        if self.errors > 0 {
            write!(f, ", {} could not be", count(self.errors, "object"))?;
        }
        write!(f, ", {} ({:.2} s)", count(self.warnings, "warning"), self.seconds)
    }
}

/// What was in a file.
#[derive(Debug, Default)]
struct Tally {
    objects: u64,
    /// Those of 2.0.
    old: u64,
    /// Those that were inside of others.
    lifted: u64,
}

/// A file in memory: the names of its objects are decided together.
struct Content {
    form: Form,
    items: Vec<Json<'static>>,
    changes: Vec<Change>,
}

impl Content {
    fn read(file: &str, console: &Console) -> Result<Self, Failure> {
        let (mut items, mut changes, mut broken) = (Vec::new(), Vec::new(), None);
        let form = texts::read(file, &mut |text| match Json::parse_leniently(text.text, DEPTH) {
            Ok((json, duplicates)) => {
                changes.extend(duplicates.into_iter().map(|pointer| twice(&json, pointer)));
                items.push(json.into_owned());
                if items.len().is_multiple_of(1000) {
                    console.progress(count(items.len() as u64, "object"));
                }
            }
            Err(error) => {
                let place = text.start;
                broken.get_or_insert_with(|| format!("{file}:{}:{}: {error}", place.line, place.column));
            }
        })?;
        match broken {
            None => Ok(Self { form, items, changes }),
            Some(problem) => Err(Failure::data(problem)),
        }
    }

    /// Upgrades all objects, as those of one bundle, whatever they came in.
    fn upgrade(self, file: &str, options: &Options) -> Result<(Self, Tally), Failure> {
        let Self { form, mut items, mut changes } = self;
        let mut around = match &form {
            Form::Document(around) => around.clone(),
            Form::List | Form::Texts => Members::new(),
        };
        let mut tally = Tally { objects: objects(&items), old: old(&items, stated(&around)), lifted: 0 };
        for bundle in items.iter_mut().filter_map(bundle) {
            changes.extend(inner(bundle, options));
        }
        let own_type = around.insert("type", Json::from("bundle"));
        around.insert("objects", Json::List(items));
        let upgraded = upgrade::bundle(around, options).map_err(|error| Failure::data(format!("{file}: {error}")))?;
        changes.extend(upgraded.changes);
        let mut around = upgraded.objects.into_iter().next().unwrap_or_default();
        match own_type {
            Some(own_type) => around.insert("type", own_type),
            None => around.remove("type"),
        };
        let items = match around.remove("objects") {
            Some(Json::List(items)) => items,
            _ => Vec::new(),
        };
        tally.lifted = objects(&items).saturating_sub(tally.objects);
        let form = if let Form::Document(_) = form { Form::Document(around) } else { form };
        Ok((Self { form, items, changes }, tally))
    }

    /// Writes it in the form in which it came, compact.
    fn write(self, out: &mut Sink) -> Result<(), Failure> {
        match self.form {
            Form::Document(mut document) => {
                // A bundle without objects has no list; an envelope is nothing else.
                if !self.items.is_empty() || !document.contains("type") {
                    document.insert("objects", Json::List(self.items));
                }
                out.line(&document)
            }
            Form::List => out.line(&self.items),
            Form::Texts => self.items.iter().try_for_each(|item| out.line(item)),
        }
    }
}

/// A name that an object has twice.
fn twice(json: &Json<'_>, pointer: String) -> Change {
    Change {
        object: json.get("id").and_then(Json::as_str).map(str::to_owned),
        pointer,
        rule: "J-01",
        severity: Severity::Warning,
        what: "a duplicate member name: the last value counts".to_owned(),
    }
}

fn bundle<'i>(item: &'i mut Json<'static>) -> Option<&'i mut Members<'static>> {
    match item {
        Json::Object(members) if type_of(members) == "bundle" => Some(members),
        _ => None,
    }
}

/// Upgrades a bundle that is an item of a list.
fn inner(bundle: &mut Members<'static>, options: &Options) -> Vec<Change> {
    let object = bundle.get("id").and_then(Json::as_str).map(str::to_owned);
    match upgrade::bundle(bundle.clone(), options) {
        Ok(upgraded) => {
            *bundle = upgraded.objects.into_iter().next().unwrap_or_default();
            upgraded.changes
        }
        Err(error) => {
            let what = format!("kept as it is: {error}");
            vec![Change { object, pointer: String::new(), rule: "V20-01", severity: Severity::Error, what }]
        }
    }
}

fn type_of<'m>(members: &'m Members<'_>) -> &'m str {
    members.get("type").and_then(Json::as_str).unwrap_or_default()
}

/// What a bundle says about the edition of its objects.
fn stated(around: &Members<'_>) -> Option<SpecVersion> {
    around.get("spec_version").and_then(Json::as_str).and_then(|text| text.parse().ok())
}

/// The items of a bundle that is an item itself.
fn within<'i>(item: &'i Json<'_>) -> Option<(&'i [Json<'i>], Option<SpecVersion>)> {
    let members = item.as_object().filter(|members| type_of(members) == "bundle")?;
    Some((members.get("objects").and_then(Json::as_list).unwrap_or_default(), stated(members)))
}

fn objects(items: &[Json<'_>]) -> u64 {
    items.iter().map(|item| within(item).map_or(1, |(items, _)| items.len() as u64)).sum()
}

fn old(items: &[Json<'_>], stated: Option<SpecVersion>) -> u64 {
    let is_old = |members: &Members<'_>| {
        let detected = spec_version_of(members, stated);
        !type_of(members).is_empty() && matches!(detected, Detected::V2_0 | Detected::Observable2_0)
    };
    let each = |item: &Json<'_>| match within(item) {
        Some((items, stated)) => old(items, stated),
        None => item.as_object().is_some_and(is_old).into(),
    };
    items.iter().map(each).sum()
}
