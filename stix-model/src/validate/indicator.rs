//! Rules of indicators (STIX 2.1 §4.7) and of the patterns in them (§9).

use super::Check;
use super::values::quoted;
use crate::json::{Json, Members};
use crate::pattern::{self, ObservationExpression, Pattern, Position, Problem, Qualifier, Version};
use crate::timestamp::Instant;

/// SDO-IND-1, SDO-IND-2, SDO-IND-4, SDO-IND-5, and what is questionable about the pattern.
pub(super) fn check<'c>(check: &mut Check<'c>, members: &'c Members<'_>) {
    for name in ["name", "description"].into_iter().filter(|name| !members.contains(name)) {
        check.warning("SDO-IND-5", format!("{name} is missing"), format!("a {name}"));
    }
    let language = members.get("pattern_type").and_then(Json::as_str);
    check.text(members, "pattern", |check, text| match language {
        Some("stix") => stix(check, members, text),
        Some(language) => other(check, language, text),
        None => {}
    });
}

/// SDO-IND-1: a pattern of STIX is one.
fn stix<'c>(check: &mut Check<'c>, members: &'c Members<'_>, text: &str) {
    let options = pattern::Options {
        version: version(members),
        mixed_types: check.options.disabled.contains("PG-16"),
        ..pattern::Options::default()
    };
    match pattern::expression(text, &options) {
        Ok(expression) => {
            let types = &check.options.types;
            for problem in pattern::check(text, &expression, &|name| types.get(name).is_some()) {
                check.warning(problem.rule, found(&problem, text), expected(&problem));
            }
            times(check, members, &expression);
        }
        Err(invalid) => match foreign(text) {
            Some(language) => check.error(
                "SDO-IND-2",
                format!("pattern_type stix, and a pattern that seems to be {language}"),
                "a STIX pattern, or the pattern_type of the language",
            ),
            None => {
                for problem in &invalid.problems {
                    match problem.rule {
                        // It can be switched off by itself.
                        rule @ ("PG-16" | "SDO-IND-1") => check.error(rule, found(problem, text), expected(problem)),
                        rule => {
                            check.error("SDO-IND-1", found(problem, text), format!("{} ({rule})", expected(problem)));
                        }
                    }
                }
            }
        },
    }
}

/// PG-24: the version of the language.
fn version(members: &Members<'_>) -> Version {
    match members.get("pattern_version").and_then(Json::as_str) {
        Some("2.0") => Version::V2_0,
        _ => Version::V2_1,
    }
}

/// What stands there, and where in the pattern.
fn found(problem: &Problem, text: &str) -> String {
    let Position { line, column } = problem.position;
    match text.contains('\n') {
        true => format!("{} (line {line}, column {column})", problem.found),
        false => format!("{} (column {column})", problem.found),
    }
}

fn expected(problem: &Problem) -> String {
    match &problem.hint {
        Some(hint) => format!("{}; {hint}", problem.expected),
        None => problem.expected.clone().into_owned(),
    }
}

/// SDO-IND-4: the pattern asks for nothing outside of the time in which the indicator is valid.
fn times<'c>(check: &mut Check<'c>, members: &'c Members<'_>, expression: &ObservationExpression) {
    let instant = |name| Instant::of(members.get(name)?.as_str()?);
    for qualifier in expression.qualifiers() {
        let Qualifier::StartStop(start, stop) = &qualifier.value else { continue };
        let early = instant("valid_from").zip(Instant::of(start.as_str())).is_some_and(|(from, start)| start < from);
        let late = instant("valid_until").zip(Instant::of(stop.as_str())).is_some_and(|(until, stop)| stop > until);
        if early || late {
            let found = format!("START {} STOP {}", start.as_str(), stop.as_str());
            check.warning("SDO-IND-4", found, "a time within valid_from and valid_until");
        }
    }
}

/// SDO-IND-2: a pattern of another language is none of STIX.
fn other(check: &mut Check<'_>, language: &str, text: &str) {
    let is_stix = text.trim_start().starts_with(['[', '(']) && Pattern::parse(text).is_ok();
    if is_stix {
        check.warning(
            "SDO-IND-2",
            format!("a STIX pattern, and pattern_type {}", quoted(language)),
            "pattern_type \"stix\"",
        );
    }
}

/// The language of a text that is no STIX pattern, if it shows.
fn foreign(text: &str) -> Option<&'static str> {
    let text = text.trim_start();
    let first = text.split_whitespace().next().unwrap_or_default();
    match first {
        "rule" | "private" | "global" | "import" if text.contains('{') || text.contains("condition") => Some("YARA"),
        "alert" | "drop" | "reject" | "pass" if text.contains("->") => Some("Snort or Suricata"),
        _ if text.starts_with("title:") || text.contains("\ndetection:") => Some("Sigma"),
        _ => None,
    }
}
