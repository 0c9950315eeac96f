//! Patterns, made of paths and read by paths.

use std::collections::HashMap;

use stix_model::pattern::{Comparison, ComparisonExpression, Literal, ObservationExpression, Pattern, Test};

use super::take::{Constant, Take, is_network};

/// A pattern of which every part is true of one observable. Several constants for one path are alternatives.
pub(crate) fn of(parts: &[(&str, Take, Constant)]) -> String {
    let mut paths: Vec<(&str, Take, Vec<&Constant>)> = Vec::new();
    for (path, take, constant) in parts.iter().filter(|(path, ..)| !path.contains("content_ref")) {
        match paths.iter_mut().find(|(known, ..)| known == path) {
            Some((.., constants)) if constants.contains(&constant) => {}
            Some((.., constants)) => constants.push(constant),
            None => paths.push((path, *take, vec![constant])),
        }
    }
    let comparisons = paths.iter().map(|(path, take, constants)| comparison(path, *take, constants));
    format!("[{}]", comparisons.collect::<Vec<_>>().join(" AND "))
}

fn comparison(path: &str, take: Take, constants: &[&Constant]) -> String {
    let networks = |constant: &&&Constant| matches!(take, Take::Address(_)) && is_network(&constant.text());
    let (subsets, equal): (Vec<&&Constant>, Vec<&&Constant>) = constants.iter().partition(networks);
    let mut alternatives: Vec<_> =
        subsets.iter().map(|constant| format!("{path} ISSUBSET {}", literal(take, constant))).collect();
    match equal.as_slice() {
        [] => {}
        [only] => alternatives.push(format!("{path} = {}", literal(take, only))),
        several => {
            let literals: Vec<_> = several.iter().map(|constant| literal(take, constant)).collect();
            alternatives.push(format!("{path} IN ({})", literals.join(", ")));
        }
    }
    match alternatives.as_slice() {
        [only] => only.clone(),
        several => format!("({})", several.join(" OR ")),
    }
}

fn literal(take: Take, constant: &Constant) -> String {
    match constant {
        Constant::Number(number) => number.to_string(),
        Constant::Truth(truth) => truth.to_string(),
        Constant::Text(text) if take == Take::Moment => format!("t'{text}'"),
        Constant::Text(text) => format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'")),
    }
}

/// What a pattern asks for, if it asks for one observable of which every comparison is true, each by equality (of
/// networks, by lying inside): each path and its constants.
pub(crate) fn read(text: &str) -> Option<Vec<(String, Vec<Constant>)>> {
    let pattern = Pattern::parse(text).ok()?;
    let ObservationExpression::Observation(expression) = pattern.expression() else { return None };
    let comparisons = match &expression.value {
        ComparisonExpression::Comparison(only) => vec![only.as_ref()],
        ComparisonExpression::And(items) => items.iter().map(single).collect::<Option<_>>()?,
        ComparisonExpression::Or(_) => return None,
    };
    let mut found = Vec::new();
    for comparison in comparisons.iter().filter(|comparison| !comparison.negated) {
        let constants = match &comparison.test {
            Test::Equal(literal) => vec![constant(literal)?],
            Test::In(literals) => literals.iter().map(|literal| constant(literal)).collect::<Option<_>>()?,
            Test::IsSubset(network) => vec![Constant::Text(network.value.clone())],
            _ => return None,
        };
        found.push((comparison.path.to_string(), constants));
    }
    (found.len() == comparisons.len()).then_some(found)
}

/// The same of a pattern that asks for observables of several types at once, which no single observable is; misp-stix
/// writes such for a host and a port.
pub(crate) fn read_apart(text: &str) -> Option<Vec<(String, Vec<Constant>)>> {
    let parts = text.strip_prefix('[')?.strip_suffix(']')?.split(" AND ");
    let parts: Vec<_> = parts.map(|part| read(&format!("[{part}]"))).collect::<Option<_>>()?;
    Some(parts.into_iter().flatten().collect())
}

fn single(expression: &ComparisonExpression) -> Option<&Comparison> {
    match expression {
        ComparisonExpression::Comparison(only) => Some(only),
        _ => None,
    }
}

fn constant(literal: &Literal) -> Option<Constant> {
    match literal {
        Literal::Integer(number) => Some(Constant::Number((*number).try_into().ok()?)),
        Literal::String(text) => Some(Constant::Text(text.clone())),
        Literal::Boolean(truth) => Some(Constant::Truth(*truth)),
        Literal::Timestamp(at) => Some(Constant::Text(at.as_str().to_owned())),
        _ => None,
    }
}

/// Every constant of a pattern by its path, whatever is asked of it: enough to tell which facts it is about.
pub(crate) fn mentioned(text: &str) -> HashMap<String, Vec<Constant>> {
    let mut mentioned: HashMap<String, Vec<Constant>> = HashMap::new();
    let Ok(pattern) = Pattern::parse(text) else { return mentioned };
    for comparison in pattern.comparisons().filter(|comparison| !comparison.negated) {
        let constants: Vec<_> = match &comparison.test {
            Test::Equal(literal) => constant(literal).into_iter().collect(),
            Test::In(literals) => literals.iter().filter_map(|literal| constant(literal)).collect(),
            Test::IsSubset(network) => vec![Constant::Text(network.value.clone())],
            _ => continue,
        };
        mentioned.entry(comparison.path.to_string()).or_default().extend(constants);
    }
    mentioned
}
