//! `taxii validate`: files against the standard.
//!
//! * `texts`: the objects of a file
//! * `place`: lines and columns
//! * `report`, `sarif`: what comes out
//! * `hint`: what to do about a finding

mod hint;
pub(crate) mod place;
mod report;
mod sarif;
mod texts;

use std::time::Instant;

use stix_model::json::{DEPTH, Json, Members};
use stix_model::validate::{self, Options, Profile, rules};
use stix_model::{Finding, RawHead, Severity, SpecVersion};

use self::place::Place;
use self::report::{Located, Report};
use self::texts::Text;
use crate::args::{Format, Validate};
use crate::console::{Console, count};
use crate::failure::{Exit, Failure};
use crate::output;

pub(crate) fn run(args: &Validate, format: Option<Format>, console: &Console) -> Result<Exit, Failure> {
    let begun = Instant::now();
    let options =
        Options { profile: profile(args)?, disabled: args.disable.iter().cloned().collect(), ..Options::default() };
    let mut run = Run { options, report: Report::begin(output::format(format))?, console, totals: Totals::default() };
    let mut broken = None;
    for file in &args.files {
        run.totals.files += 1;
        if let Err(problem) = run.file(file)? {
            console.error(&problem.text);
            broken = broken.or(Some(problem.exit));
        }
    }
    run.totals.seconds = begun.elapsed().as_secs_f64();
    let Run { report, totals, .. } = run;
    report.end(&totals)?;
    console.summary(&totals.to_string());
    Ok(match broken {
        Some(exit) => exit,
        None if totals.errors > 0 => Exit::SomeRefused,
        None => Exit::Fine,
    })
}

fn profile(args: &Validate) -> Result<Profile, Failure> {
    let Some(name) = &args.profile else { return Ok(Profile::default()) };
    Profile::ALL.into_iter().find(|profile| profile.as_str() == name).ok_or_else(|| {
        let names = Profile::ALL.map(Profile::as_str).join(", ");
        Failure::usage(format!("--profile {name:?}: here it says how strictly to look: {names}"))
    })
}

/// What was done, in the end.
#[derive(Debug, Default, serde::Serialize)]
pub(crate) struct Totals {
    files: u64,
    objects: u64,
    errors: u64,
    warnings: u64,
    information: u64,
    seconds: f64,
}

impl std::fmt::Display for Totals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let verdict = if self.errors == 0 { "no errors" } else { &count(self.errors, "error") };
        write!(
            f,
            "{} in {}: {verdict}, {}",
            count(self.objects, "object"),
            count(self.files, "file"),
            count(self.warnings, "warning")
        )?;
        if self.information > 0 {
            write!(f, ", {}", count(self.information, "remark"))?;
        }
        write!(f, " ({:.2} s)", self.seconds)
    }
}

struct Run<'c> {
    options: Options,
    report: Report,
    console: &'c Console,
    totals: Totals,
}

impl Run<'_> {
    /// Checks the objects of a file. The inner error is about this file only.
    fn file(&mut self, file: &str) -> Result<Result<(), Failure>, Failure> {
        let mut stopped = None;
        let outcome = texts::read(file, &mut |text| {
            if stopped.is_none() {
                stopped = self.object(file, &text).err();
            }
        });
        match (stopped, outcome) {
            (Some(failure), _) => Err(failure),
            (None, Ok(_)) => Ok(Ok(())),
            (None, Err(failure)) => Ok(Err(failure)),
        }
    }

    fn object(&mut self, file: &str, text: &Text<'_>) -> Result<(), Failure> {
        self.totals.objects += 1;
        if self.totals.objects.is_multiple_of(1000) {
            self.console.progress(format!(
                "{}, {}",
                count(self.totals.objects, "object"),
                count(self.totals.errors, "error")
            ));
        }
        for finding in self.findings(text) {
            self.find(file, text, &finding)?;
        }
        Ok(())
    }

    fn find(&mut self, file: &str, text: &Text<'_>, finding: &Finding) -> Result<(), Failure> {
        *match finding.severity {
            Severity::Error => &mut self.totals.errors,
            Severity::Warning => &mut self.totals.warnings,
            Severity::Information => &mut self.totals.information,
        } += 1;
        let before = text.text.get(..place::offset(text.text, &finding.pointer)).unwrap_or_default();
        let place: Place = text.start.after(before.as_bytes());
        self.report.add(&Located { file, place, finding, hint: hint::of(finding) })
    }

    fn findings(&self, text: &Text<'_>) -> Vec<Finding> {
        let (json, duplicates) = match Json::parse_leniently(text.text, DEPTH) {
            Ok(read) => read,
            Err(error) => {
                return self.json("", &error.to_string(), "JSON within the limits of RFC 7493").into_iter().collect();
            }
        };
        let duplicates =
            duplicates.iter().filter_map(|pointer| self.json(pointer, "a duplicate member name", "each name once"));
        let mut findings: Vec<_> = duplicates.collect();
        match is_old(&json, text.wrapper) {
            true => findings.extend(head(text.text)),
            false => findings.extend(validate::object(&json, &self.options)),
        }
        findings
    }

    /// J-01: the text itself is not what it should be.
    fn json(&self, pointer: &str, found: &str, expected: &str) -> Option<Finding> {
        let disabled = rules::is_disabled("J-01", None, &self.options.disabled);
        (!disabled).then(|| Finding::error("J-01", pointer, found, expected))
    }
}

/// Does the object follow STIX 2.0, by its own words or those of its bundle?
fn is_old(json: &Json<'_>, wrapper: &Members<'_>) -> bool {
    let stated = json.get("spec_version").or_else(|| wrapper.get("spec_version"));
    stated.and_then(Json::as_str) == Some("2.0")
}

/// Of objects of STIX 2.0, only what an exchange relies on is checked.
fn head(text: &str) -> Vec<Finding> {
    let head = RawHead::read(text, DEPTH).map(|head| head.check(Some(SpecVersion::V2_0)).err());
    let note = Finding {
        severity: Severity::Information,
        ..Finding::error("STIX-2.0", "", "an object of STIX 2.0: only type, id and dates were checked", "")
    };
    let mut findings = head.ok().flatten().unwrap_or_default();
    findings.push(note);
    findings
}
