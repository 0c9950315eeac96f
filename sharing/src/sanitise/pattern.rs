//! Whether a pattern may leave: it does as a whole, or not at all.

use stix_model::object::{EXTENSIONS, object_type};
use stix_model::pattern::{Comparison, Literal, ObjectPath, Options, Pattern, Qualifier, Step, Test, Version};
use stix_model::property::{Kind, Shape, Target};
use stix_model::vocabulary::HashAlgorithm;

use super::Stay;
use super::profile::{Exactness, Profile};
use super::rules::Rules;

/// The pattern as it leaves. One of STIX is written anew, so that no comment leaves with it.
pub(super) fn cleared(
    rules: &Rules,
    text: &str,
    language: &str,
    edition: &str,
    exactness: Exactness,
) -> Result<String, Stay> {
    if !rules.profile.pattern_types.iter().any(|allowed| allowed == language) {
        return Err(Stay::new("pattern", "patterns of its language do not leave"));
    }
    if language == "stix" {
        return stix(rules, text, edition, exactness);
    }
    match rules.scanner.first(text) {
        Some(rule) => Err(Stay::new(format!("scan-{rule}"), "its pattern has a leak")),
        None => Ok(text.to_owned()),
    }
}

fn stix(rules: &Rules, text: &str, edition: &str, exactness: Exactness) -> Result<String, Stay> {
    let version = if edition == "2.0" { Version::V2_0 } else { Version::V2_1 };
    let options = Options { version, ..Options::default() };
    let pattern =
        Pattern::parse_with(text, &options).map_err(|_| Stay::new("pattern", "its pattern cannot be read"))?;
    for comparison in pattern.comparisons() {
        if !may_look(rules, &comparison.path) {
            return Err(Stay::new("pattern", "its pattern looks at what does not leave"));
        }
        let written = texts(comparison).iter().find_map(|text| rules.scanner.first(text));
        if let Some(rule) = written.or_else(|| meant(rules, comparison)) {
            return Err(Stay::new(format!("scan-{rule}"), "its pattern has a leak"));
        }
    }
    let tells_time = pattern.qualifiers().any(|qualifier| matches!(qualifier.value, Qualifier::StartStop(..)));
    if tells_time && exactness != Exactness::Exact {
        return Err(Stay::new("pattern", "its pattern tells a time"));
    }
    let written = pattern.expression().to_string();
    // The parts of a pattern can say together what none says alone.
    match rules.scanner.first(&written) {
        Some(rule) => Err(Stay::new(format!("scan-{rule}"), "its pattern has a leak")),
        None => Ok(written),
    }
}

/// May what a path leads to leave, each step of it? The same holds for it as for what objects have there.
fn may_look(rules: &Rules, path: &ObjectPath) -> bool {
    let profile = &rules.profile;
    let keys = path.steps().iter().filter_map(|step| match &step.value {
        Step::Key(name) => Some(name.as_str()),
        Step::Index(_) | Step::Any => None,
    });
    let keys: Vec<&str> = keys.collect();
    let (of, property) = (path.object_type().as_str(), path.property().as_str());
    match object_type(of) {
        Some(shape) => property_may(profile, shape, property, &keys),
        None => profile.allows(of, property, false) && keys.is_empty(),
    }
}

fn property_may(profile: &Profile, shape: &Shape, property: &str, keys: &[&str]) -> bool {
    let row = shape.property(property);
    profile.allows(shape.name, property, row.is_some())
        && match row {
            Some(row) => may_go_on(profile, &row.kind, keys),
            // One's own, of which no table tells.
            None => keys.iter().all(|key| is_known_name(profile, key)),
        }
}

/// May a path go on with these steps from a value of this kind?
fn may_go_on(profile: &Profile, kind: &Kind, keys: &[&str]) -> bool {
    let Some((key, rest)) = keys.split_first() else { return true };
    match kind {
        Kind::List(of) => may_go_on(profile, of, keys),
        Kind::Either(kinds) => kinds.iter().any(|kind| may_go_on(profile, kind, keys)),
        Kind::Hashes => is_algorithm(key) && rest.is_empty(),
        Kind::Dictionary(of, _) => {
            profile.keys.iter().any(|listed| listed.eq_ignore_ascii_case(key)) && may_go_on(profile, of, rest)
        }
        Kind::Object(shape) => property_may(profile, shape, key, rest),
        Kind::Extensions => {
            EXTENSIONS.iter().filter(|shape| shape.name == *key).any(|shape| match rest.split_first() {
                Some((name, rest)) => property_may(profile, shape, name, rest),
                None => true,
            })
        }
        Kind::Reference(Target::Types(types)) => {
            types.iter().filter_map(|target| object_type(target)).any(|shape| property_may(profile, shape, key, rest))
        }
        _ => false,
    }
}

/// A name that some table or list of the profile has.
fn is_known_name(profile: &Profile, name: &str) -> bool {
    let parts = profile.parts.iter().filter(|(table, _)| *table != "common");
    parts.flat_map(|(_, names)| names).any(|known| known == name) || profile.keys.iter().any(|key| key == name)
}

/// Is it a hash algorithm of the standard? People write them with and without hyphens.
fn is_algorithm(key: &str) -> bool {
    let plain = |name: &str| name.replace(['-', '_'], "").to_ascii_lowercase();
    HashAlgorithm::VOCABULARY.values.iter().any(|known| plain(known) == plain(key))
}

/// The rule of a leak that a comparison would find without writing it.
fn meant(rules: &Rules, comparison: &Comparison) -> Option<String> {
    match &comparison.test {
        Test::Like(mask) => rules.scanner.first_like(&mask.value),
        Test::Matches(regex) => rules.scanner.first_matching(&regex.value),
        _ => None,
    }
}

fn texts(comparison: &Comparison) -> Vec<String> {
    let literal = |literal: &Literal| match literal {
        Literal::String(text) => vec![text.clone()],
        Literal::Hex(bytes) | Literal::Binary(bytes) => vec![String::from_utf8_lossy(bytes).into_owned()],
        Literal::Timestamp(at) => vec![at.as_str().to_owned()],
        Literal::Boolean(_) | Literal::Integer(_) | Literal::Float(_) => Vec::new(),
    };
    match &comparison.test {
        Test::Exists => Vec::new(),
        Test::Equal(one)
        | Test::NotEqual(one)
        | Test::Less(one)
        | Test::LessOrEqual(one)
        | Test::Greater(one)
        | Test::GreaterOrEqual(one) => literal(one),
        Test::In(all) => all.iter().flat_map(|one| literal(one)).collect(),
        Test::Like(text) | Test::Matches(text) => {
            vec![text.value.clone(), text.value.replace(['\\', '%', '^', '$'], "")]
        }
        Test::IsSubset(text) | Test::IsSuperset(text) => vec![text.value.clone()],
    }
}
