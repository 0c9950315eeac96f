//! Where patterns come from: the command line, files with one per line, the indicators in STIX content.

use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::Path;

use stix_model::json::{DEPTH, Json, Members};
use stix_model::pattern::{Options, Version};

use super::args::Given;
use crate::failure::Failure;
use crate::input;
use crate::validate::place::Place;
use crate::validate::texts;

/// A pattern that is still a text.
pub(super) struct Source<'s> {
    pub(super) text: &'s str,
    pub(super) options: Options,
    /// The file; none for what stands on the command line.
    pub(super) file: Option<&'s str>,
    /// Where in the file it begins.
    pub(super) place: Option<Place>,
    /// The indicator that it belongs to.
    pub(super) object: Option<&'s str>,
}

/// Hands over each pattern in turn. The inner results are about a single file.
pub(super) fn read(
    given: &Given,
    each: &mut dyn FnMut(&Source<'_>) -> Result<(), Failure>,
) -> Result<Vec<Failure>, Failure> {
    let stdin = ["-".to_owned()];
    let all = if given.patterns.is_empty() { &stdin[..] } else { &given.patterns };
    let mut broken = Vec::new();
    for text in all {
        if is_file(text) {
            broken.extend(file(text, given, each)?);
        } else {
            each(&Source { text, options: options(given), file: None, place: None, object: None })?;
        }
    }
    Ok(broken)
}

fn options(given: &Given) -> Options {
    let version = version(&given.pattern_version);
    Options { version, mixed_types: given.mixed_types, ..Options::default() }
}

fn version(text: &str) -> Version {
    if text == "2.0" { Version::V2_0 } else { Version::V2_1 }
}

/// Patterns begin with a bracket; those with a mistake have at least a space or a comparison.
fn is_file(text: &str) -> bool {
    let looks_like_a_pattern = text.trim_start().starts_with(['[', '(']);
    text == "-" || !looks_like_a_pattern && (Path::new(text).exists() || !text.contains([' ', '=', '\'']))
}

type Each<'e> = &'e mut dyn FnMut(&Source<'_>) -> Result<(), Failure>;

fn file(path: &str, given: &Given, each: Each<'_>) -> Result<Option<Failure>, Failure> {
    let (start, rest) = match input::look(path) {
        Ok(opened) => opened,
        Err(error) => return Ok(Some(Failure::file(path, &error))),
    };
    if is_json(&start) {
        return stix(path, start, rest, given, each);
    }
    let whole = BufReader::new(Cursor::new(start).chain(rest));
    for (i, line) in whole.lines().enumerate() {
        let line = match line {
            Ok(line) => line,
            Err(error) => return Ok(Some(Failure::file(path, &error))),
        };
        let text = line.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let indent = line.chars().take_while(|c| c.is_whitespace()).count();
        let place = Place { line: i as u64 + 1, column: indent as u64 + 1 };
        each(&Source { text, options: options(given), file: Some(path), place: Some(place), object: None })?;
    }
    Ok(None)
}

/// An object, or a list of objects; a list of comparisons is a pattern.
fn is_json(start: &[u8]) -> bool {
    let start = start.trim_ascii_start();
    match start.split_first() {
        Some((b'{', _)) => true,
        Some((b'[', rest)) => matches!(rest.trim_ascii_start().first(), Some(b'{' | b']')),
        _ => false,
    }
}

/// Every indicator whose pattern is one of STIX.
fn stix(
    path: &str,
    start: Vec<u8>,
    rest: impl Read,
    given: &Given,
    each: Each<'_>,
) -> Result<Option<Failure>, Failure> {
    let mut stopped = None;
    let mut broken = None;
    let outcome = texts::read_on(path, start, rest, &mut |text| {
        if stopped.is_some() || broken.is_some() {
            return;
        }
        match Json::parse_leniently(text.text, DEPTH) {
            Ok((json, _)) => {
                let Some((pattern, options)) = json.as_object().and_then(|members| indicator(members, given)) else {
                    return;
                };
                let place = Some(text.place("/pattern"));
                let object = json.get("id").and_then(Json::as_str);
                stopped = each(&Source { text: pattern, options, file: Some(path), place, object }).err();
            }
            Err(error) => {
                let Place { line, column } = text.start;
                broken = Some(Failure::data(format!("{path}:{line}:{column}: {error}")));
            }
        }
    });
    match (stopped, broken) {
        (Some(failure), _) => Err(failure),
        (None, Some(failure)) => Ok(Some(failure)),
        (None, None) => Ok(outcome.err()),
    }
}

/// The pattern of an indicator, if it is one of STIX. Indicators of 2.0 have no other.
fn indicator<'m>(members: &'m Members<'_>, given: &Given) -> Option<(&'m str, Options)> {
    let text = |name| members.get(name).and_then(Json::as_str);
    let language = text("pattern_type").unwrap_or("stix");
    let pattern = text("pattern").filter(|_| text("type") == Some("indicator") && language == "stix")?;
    let old = !members.contains("pattern_type") && !members.contains("spec_version");
    let version = text("pattern_version").map_or(if old { Version::V2_0 } else { Version::V2_1 }, version);
    Some((pattern, Options { version, ..options(given) }))
}
