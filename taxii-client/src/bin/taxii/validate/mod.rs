//! `taxii validate`: files against the standard.
//!
//! * `texts`: the objects of a file; `bundle`: bundles on lines of their own
//! * `place`: lines and columns
//! * `report`, `sarif`: what comes out
//! * `hint`: what to do about a finding

mod bundle;
mod hint;
pub(crate) mod place;
mod report;
mod sarif;
pub(crate) mod texts;

use std::collections::HashMap;
use std::time::Instant;

use stix_model::json::{DEPTH, Json, Members};
use stix_model::validate::{self, BundleCheck, Options, Profile, rules};
use stix_model::{Finding, RawHead, Severity, SpecVersion, resolve_pointer};

use self::bundle::Bundle;
use self::place::Place;
use self::report::{Located, Report};
use self::texts::{Form, Text};
use crate::args::{Format, Global, Validate};
use crate::console::{Console, count};
use crate::failure::{Exit, Failure};
use crate::output;

pub(crate) fn run(args: &Validate, global: &Global, console: &Console) -> Result<Exit, Failure> {
    let begun = Instant::now();
    let options =
        Options { profile: profile(args)?, disabled: args.disable.iter().cloned().collect(), ..Options::default() };
    let format = output::format(global.output);
    let mut run = Run {
        options: &options,
        enforce_refs: args.enforce_refs,
        // People are shown remarks if they ask; programs can leave them out.
        remarks: format != Format::Table || global.verbose > 0,
        report: Report::begin(format)?,
        console,
        totals: Totals::default(),
    };
    let mut broken = None;
    for file in &args.files {
        run.totals.files += 1;
        if let Err(problem) = run.file(file)? {
            console.error(&problem.text);
            broken = broken.or(Some(problem.exit));
        }
    }
    run.totals.seconds = begun.elapsed().as_secs_f64();
    let hidden = if run.remarks { "" } else { "; -v shows the remarks" };
    let Run { report, totals, .. } = run;
    report.end(&totals)?;
    let hidden = if totals.information > 0 { hidden } else { "" };
    console.summary(&format!("{totals}{hidden}"));
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

struct Run<'r> {
    options: &'r Options,
    enforce_refs: bool,
    remarks: bool,
    report: Report,
    console: &'r Console,
    totals: Totals,
}

impl<'r> Run<'r> {
    /// Checks the objects of a file. The inner error is about this file only.
    fn file(&mut self, file: &str) -> Result<Result<(), Failure>, Failure> {
        let mut check = BundleCheck::new(self.options, self.enforce_refs);
        let mut stopped = None;
        let outcome = texts::read(file, &mut |text| {
            if stopped.is_none() {
                stopped = self.text(file, &text, &mut check).err();
            }
        });
        if let Some(failure) = stopped {
            return Err(failure);
        }
        let wrapper = match outcome {
            Ok(Form::Document(wrapper)) => wrapper,
            Ok(Form::List | Form::Texts) => Members::new(),
            Err(failure) => return Ok(Err(failure)),
        };
        if check.wants_again() && file != "-" {
            // The file was good a moment ago; if it cannot be read again, translations are not compared.
            _ = texts::read(file, &mut |text| again(&mut check, text.text));
        }
        for finding in check.wrapper(&wrapper) {
            self.find(file, Some(Place::START), &finding)?;
        }
        self.between(file, &check.finish())?;
        Ok(Ok(()))
    }

    /// Reports what was found between the objects of a file, once all are known: the places are looked up in the file.
    fn between(&mut self, file: &str, findings: &[Finding]) -> Result<(), Failure> {
        let mut found = HashMap::new();
        if file != "-" && findings.iter().any(|finding| self.shows(finding.severity)) {
            // The file was good a moment ago; without places the findings count as well.
            found = places(findings, |each| _ = texts::read(file, each));
        }
        self.report_between(file, findings, &found)
    }

    fn report_between(
        &mut self,
        file: &str,
        findings: &[Finding],
        places: &HashMap<usize, Place>,
    ) -> Result<(), Failure> {
        findings.iter().enumerate().try_for_each(|(i, finding)| self.find(file, places.get(&i).copied(), finding))
    }

    /// Checks a text: an object, or a bundle with what is between its objects.
    fn text(&mut self, file: &str, text: &Text<'_>, check: &mut BundleCheck<'r>) -> Result<(), Failure> {
        let Some(bundle) = Bundle::of(text) else { return self.object(file, text, check) };
        let mut check = BundleCheck::new(self.options, self.enforce_refs);
        for finding in check.wrapper(&bundle.wrapper) {
            self.find(file, Some(text.start), &finding)?;
        }
        bundle.objects().try_for_each(|object| self.object(file, &object, &mut check))?;
        if check.wants_again() {
            bundle.objects().for_each(|object| again(&mut check, object.text));
        }
        let findings = check.finish();
        let places = places(&findings, |each| bundle.objects().for_each(each));
        self.report_between(file, &findings, &places)
    }

    fn object(&mut self, file: &str, text: &Text<'_>, check: &mut BundleCheck<'r>) -> Result<(), Failure> {
        self.totals.objects += 1;
        if self.totals.objects.is_multiple_of(1000) {
            let (objects, errors) = (count(self.totals.objects, "object"), count(self.totals.errors, "error"));
            self.console.progress(format!("{objects}, {errors}"));
        }
        for finding in self.findings(text, check) {
            self.find(file, Some(text.place(&finding.pointer)), &finding)?;
        }
        Ok(())
    }

    fn shows(&self, severity: Severity) -> bool {
        self.remarks || severity > Severity::Information
    }

    fn find(&mut self, file: &str, place: Option<Place>, finding: &Finding) -> Result<(), Failure> {
        *match finding.severity {
            Severity::Error => &mut self.totals.errors,
            Severity::Warning => &mut self.totals.warnings,
            Severity::Information => &mut self.totals.information,
        } += 1;
        match self.shows(finding.severity) {
            true => self.report.add(&Located { file, place, finding, hint: hint::of(finding) }),
            false => Ok(()),
        }
    }

    fn findings(&self, text: &Text<'_>, check: &mut BundleCheck<'r>) -> Vec<Finding> {
        let (json, duplicates) = match Json::parse_leniently(text.text, DEPTH) {
            Ok(read) => read,
            Err(error) => {
                return self.json("", &error.to_string(), "JSON within the limits of RFC 7493").into_iter().collect();
            }
        };
        let duplicates =
            duplicates.iter().filter_map(|pointer| self.json(pointer, "a duplicate member name", "each name once"));
        let mut findings: Vec<_> = duplicates.collect();
        for finding in &mut findings {
            finding.object = json.get("id").and_then(Json::as_str).map(std::sync::Arc::from);
        }
        findings.extend(match &json {
            json if is_old(json, text.wrapper) => head(text.text),
            Json::Object(members) => check.add(members),
            other => validate::object(other, self.options),
        });
        findings
    }

    /// J-01: the text itself is not what it should be.
    fn json(&self, pointer: &str, found: &str, expected: &str) -> Option<Finding> {
        let severity = if self.options.profile == Profile::Lenient { Severity::Warning } else { Severity::Error };
        let disabled = rules::is_disabled("J-01", None, &self.options.disabled);
        (!disabled)
            .then(|| Finding { severity, ..Finding::error("J-01", pointer, found.to_owned(), expected.to_owned()) })
    }
}

/// Compares an object once more with the translations that came after it.
fn again(check: &mut BundleCheck<'_>, text: &str) {
    if let Ok((Json::Object(members), _)) = Json::parse_leniently(text, DEPTH) {
        check.again(&members);
    }
}

/// Where findings are, by their numbers: in the first object with their identifier that has such a place.
fn places(findings: &[Finding], read: impl FnOnce(&mut dyn FnMut(Text<'_>))) -> HashMap<usize, Place> {
    let mut places: HashMap<usize, Place> = HashMap::new();
    let mut wanted: HashMap<&str, Vec<usize>> = HashMap::new();
    for (i, finding) in findings.iter().enumerate() {
        wanted.entry(finding.object.as_deref().unwrap_or_default()).or_default().push(i);
    }
    read(&mut |text| {
        let Ok((json, _)) = Json::parse_leniently(text.text, DEPTH) else { return };
        let id = json.get("id").and_then(Json::as_str).unwrap_or_default();
        for i in wanted.get(id).into_iter().flatten() {
            let pointer = findings.get(*i).map_or("", |finding| &finding.pointer);
            if resolve_pointer(&json, pointer).is_some() {
                places.entry(*i).or_insert_with(|| text.place(pointer));
            }
        }
    });
    places
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
