//! Rules of domain and relationship objects (STIX 2.1 §4, §5).

use super::values::quoted;
use super::{Check, Profile, formats, indicator, names};
use crate::TypeClass;
use crate::identifier::before_hyphens;
use crate::json::{Json, Members};
use crate::relationships::{self, COMMON};
use crate::strict::shorten;

/// The rules of one type.
pub(super) fn check<'c>(check: &mut Check<'c>, object_type: &str, members: &'c Members<'_>) {
    match object_type {
        "indicator" => indicator::check(check, members),
        "location" => location(check, members),
        "malware-analysis" => check.text(members, "product", |check, product| {
            if !formats::is_hyphenated(product) {
                check.warning("SDO-MAN-3", quoted(product), "lowercase words joined by hyphens");
            }
        }),
        "observed-data" => observed_data(check, members),
        "relationship" => relationship(check, members),
        _ => {}
    }
}

/// SDO-LOC-3 to SDO-LOC-5.
fn location<'c>(check: &mut Check<'c>, members: &'c Members<'_>) {
    if let Some(precision) = members.get("precision")
        && precision.as_float().is_some_and(|metres| metres < 0.0)
    {
        check.at("precision", |check| check.warning("SDO-LOC-3", precision.excerpt(), "metres, 0 or more"));
    }
    check.text(members, "country", |check, country| {
        if !names::is_country(country) {
            check.warning("SDO-LOC-4", quoted(country), "a two-letter code of ISO 3166-1, such as \"NL\"");
        }
    });
    check.text(members, "administrative_area", |check, area| {
        let parts = area.split_once('-');
        let subdivision = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|c| c.is_ascii_alphanumeric());
        if !parts.is_some_and(|(country, part)| names::is_country(country) && subdivision(part)) {
            check.warning("SDO-LOC-5", quoted(area), "a code of ISO 3166-2, such as \"NL-UT\"");
        }
    });
}

/// SDO-OD-3, SDO-OD-6; SDO-OD-4 where the objects are inside.
fn observed_data<'c>(check: &mut Check<'c>, members: &'c Members<'_>) {
    if let Some(items) = members.get("object_refs").and_then(Json::as_list) {
        let types = items.iter().filter_map(|item| before_hyphens(item.as_str()?));
        let observable = |name: &str| match check.options.types.get(name) {
            Some(declared) => declared.class == TypeClass::Observable,
            None => matches!(TypeClass::of(name), TypeClass::Observable | TypeClass::Custom),
        };
        let any = types.into_iter().any(observable);
        if !any && !items.is_empty() {
            check.at("object_refs", |check| {
                check.error("SDO-OD-3", "no reference to an observable", "at least one reference to an observable");
            });
        }
    }
    if members.contains("objects") {
        check.at("objects", |check| {
            check.warning("SDO-OD-6", "objects, which is deprecated", "object_refs and observables of their own");
        });
    }
}

/// SRO-REL-3, SRO-REL-5, REL-01, REL-02, REL-04.
fn relationship<'c>(check: &mut Check<'c>, members: &'c Members<'_>) {
    let text = |name| members.get(name).and_then(Json::as_str);
    let (source, target) = (text("source_ref"), text("target_ref"));
    if let (Some(source), Some(target)) = (source, target)
        && source.eq_ignore_ascii_case(target)
    {
        check.at("target_ref", |check| check.warning("SRO-REL-3", quoted(target), "an object other than source_ref"));
    }
    check.text(members, "relationship_type", |check, name| {
        if !formats::is_hyphenated(name) {
            return check.error("SRO-REL-5", quoted(name), "characters a-z, 0-9 and '-'");
        }
        if let (Some(source), Some(target)) = (source.and_then(before_hyphens), target.and_then(before_hyphens)) {
            relationship_type(check, name, source, target);
        }
    });
}

fn relationship_type(check: &mut Check<'_>, name: &str, source: &str, target: &str) {
    let mut name = name;
    if name == "analysis-of" && source == "malware-analysis" {
        check.note("REL-04", quoted(name), "\"av-analysis-of\"");
        name = "av-analysis-of";
    }
    let found = || format!("{} {} {}", shorten(source), shorten(name), shorten(target));
    let custom = || [source, target].iter().any(|end| TypeClass::of(end) == TypeClass::Custom);
    if !COMMON.contains(&name) && relationships::is_allowed(source, name, target) {
        return;
    }
    if COMMON.contains(&name) {
        if name != "related-to" && source != target {
            check.warning("REL-02", found(), "source and target of one type");
        }
    } else if !relationships::is_standard(name) {
        if check.options.profile == Profile::Strict {
            check.warning("REL-01", found(), "a relationship type of the standard");
        }
    } else if !custom() {
        let targets = relationships::allowed_relationships(source).find(|row| row.relationship_type == name);
        let expected = match targets {
            Some(row) => format!("{source} {name} {}", row.describe_targets()),
            None => match relationships::allowed_relationships(source).map(|row| row.relationship_type).collect() {
                names if Vec::is_empty(&names) => format!("{source} {}", COMMON.join(", ")),
                names => format!("{source} {}, {}", names.join(", "), COMMON.join(", ")),
            },
        };
        check.warning("REL-01", found(), expected);
    }
}
