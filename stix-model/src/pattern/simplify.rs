//! The plain pattern behind one that says it in a roundabout way, as MISP and others write them.

use std::collections::HashMap;
use std::fmt;

use super::Pattern;
use super::comparison::{Comparison, ComparisonExpression, Literal, Test};
use super::extract::plain;
use super::goal::Goal;
use super::make::PREFERRED_HASHES;
use super::observation::ObservationExpression;
use super::path::{ObjectPath, Step};
use super::phrase::{its, way};
use super::span::{Span, Spanned};
use super::value_kind::{ValueKind, spelled};
use crate::property::Kind;

/// A pattern made simpler, and what that took.
#[derive(Clone, Debug, PartialEq)]
pub struct Simplified {
    /// The new pattern; the same if nothing was to be done.
    pub pattern: Pattern,
    /// What was done, in the order of the text.
    pub changes: Vec<Simplification>,
}

/// A change that made a pattern simpler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simplification {
    /// What was done.
    pub rewrite: Rewrite,
    /// Where in the text of the original.
    pub span: Span,
    /// What stood there.
    pub from: String,
    /// What stands there now; empty if nothing does.
    pub to: String,
    /// What the original says and the new pattern does not: `that it is the destination of network traffic`. The new
    /// pattern then matches more.
    pub lost: Option<String>,
}

/// How a pattern is made simpler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rewrite {
    /// A number, a timestamp, `true` or `false` in quotes lost them: with them it is equal to nothing.
    Unquoted,
    /// `[*]` was put where a list was entered without saying which item is meant.
    AnyItem,
    /// The object at the end of a reference is looked for itself.
    Referenced,
    /// A comparison was left out beside another that says enough.
    LeftOut,
    /// Objects of different types in one bracket, which nothing satisfies, became observations.
    Split,
}

impl Rewrite {
    /// In a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unquoted => "unquoted",
            Self::AnyItem => "any-item",
            Self::Referenced => "referenced",
            Self::LeftOut => "left-out",
            Self::Split => "split",
        }
    }
}

/// `network-traffic:dst_port = 443: left out, losing that its destination port is 443`
impl fmt::Display for Simplification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to.as_str() {
            "" => write!(f, "{}: left out", self.from)?,
            to => write!(f, "{}: now {to}", self.from)?,
        }
        self.lost.iter().try_for_each(|lost| write!(f, ", losing {lost}"))
    }
}

impl Pattern {
    /// The plain pattern behind one that says it in a roundabout way, for those who understand plain ones only.
    ///
    /// * a number in quotes, which is equal to nothing, becomes a number; so do timestamps and booleans
    /// * a list that is entered without `[*]` gets it
    /// * traffic from or to an address becomes the address, an email from or to an address likewise, an attachment or
    ///   the image of a process a file
    /// * beside an address, a domain or a URL, ports and protocols are left out, and what a domain resolves to
    /// * beside a hash, names, sizes and worse hashes are left out
    /// * types that one bracket mixes become observations, joined by `AND`; they are read with
    ///   [`Options::mixed_types`](super::Options::mixed_types)
    ///
    /// Nothing is touched in an `AND` with something negated, or with two values of equal weight, such as source and
    /// destination. What the new pattern no longer says is told.
    ///
    /// ```
    /// use stix_model::pattern::Pattern;
    ///
    /// let traffic = "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '198.51.100.3' \
    ///     AND network-traffic:dst_port = '443']";
    /// let simple = Pattern::parse(traffic)?.simplify();
    /// assert_eq!(simple.pattern.text(), "[ipv4-addr:value = '198.51.100.3']");
    /// let lost: Vec<_> = simple.changes.iter().filter_map(|change| change.lost.as_deref()).collect();
    /// assert_eq!(lost, ["that it is the destination of network traffic", "that its destination port is 443"]);
    /// # Ok::<(), stix_model::pattern::InvalidPattern>(())
    /// ```
    #[must_use]
    pub fn simplify(&self) -> Simplified {
        let mut simplifier = Simplifier::default();
        let expression = simplifier.observation(self.expression().clone());
        let mut changes = simplifier.changes;
        if changes.is_empty() {
            return Simplified { pattern: self.clone(), changes };
        }
        changes.sort_by_key(|change| change.span.start);
        Simplified { pattern: Self::written(expression, self.version()), changes }
    }
}

#[derive(Default)]
struct Simplifier {
    changes: Vec<Simplification>,
}

impl Simplifier {
    fn change(&mut self, rewrite: Rewrite, span: Span, from: String, to: String, lost: Option<String>) {
        self.changes.push(Simplification { rewrite, span, from, to, lost });
    }

    fn observation(&mut self, expression: ObservationExpression) -> ObservationExpression {
        let mut all = |items: Vec<_>| items.into_iter().map(|item| self.observation(item)).collect::<Vec<_>>();
        match expression {
            ObservationExpression::And(items) => ObservationExpression::all(all(items.items)),
            ObservationExpression::Or(items) => ObservationExpression::any(all(items.items)),
            ObservationExpression::FollowedBy(items) => ObservationExpression::in_order(all(items.items)),
            ObservationExpression::Qualified { expression, qualifier, .. } => {
                self.observation(*expression).qualified(qualifier.value)
            }
            ObservationExpression::Observation(inside) => self.bracket(inside.value),
        }
    }

    fn bracket(&mut self, expression: ComparisonExpression) -> ObservationExpression {
        let alternatives = match self.corrected(expression) {
            ComparisonExpression::Or(items) => items.items,
            other => vec![other],
        };
        let alternatives: Vec<Vec<ComparisonExpression>> =
            alternatives.into_iter().map(|alternative| self.alternative(alternative)).collect();
        if alternatives.iter().all(|parts| parts.len() == 1) {
            return ComparisonExpression::any(alternatives.into_iter().flatten().collect::<Vec<_>>()).observed();
        }
        let observed = |parts: Vec<ComparisonExpression>| {
            ObservationExpression::all(parts.into_iter().map(ComparisonExpression::observed).collect::<Vec<_>>())
        };
        ObservationExpression::any(alternatives.into_iter().map(observed).collect::<Vec<_>>())
    }

    /// Constants and lists as they are meant.
    fn corrected(&mut self, expression: ComparisonExpression) -> ComparisonExpression {
        let mut all = |items: Vec<_>| items.into_iter().map(|item| self.corrected(item)).collect::<Vec<_>>();
        match expression {
            ComparisonExpression::And(items) => ComparisonExpression::all(all(items.items)),
            ComparisonExpression::Or(items) => ComparisonExpression::any(all(items.items)),
            ComparisonExpression::Comparison(comparison) => self.meant(*comparison).into(),
        }
    }

    fn meant(&mut self, comparison: Comparison) -> Comparison {
        let (mut comparison, before) = unquoted(comparison);
        if let Some(before) = before {
            self.change(Rewrite::Unquoted, comparison.span, before, comparison.to_string(), None);
        }
        let missing = Goal::of(&comparison.path).unindexed;
        if !missing.is_empty() {
            let before = comparison.to_string();
            missing.iter().rev().for_each(|at| comparison.path.steps.insert(*at, Step::Any.into()));
            self.change(Rewrite::AnyItem, comparison.span, before, comparison.to_string(), None);
        }
        comparison
    }

    /// What `AND` joins; several parts if they have to be observed apart.
    fn alternative(&mut self, expression: ComparisonExpression) -> Vec<ComparisonExpression> {
        let items = match &expression {
            ComparisonExpression::And(items) => items.to_vec(),
            other => vec![other.clone()],
        };
        let comparisons: Option<Vec<Comparison>> = items
            .into_iter()
            .map(|item| match item {
                ComparisonExpression::Comparison(comparison) => Some(*comparison),
                _ => None,
            })
            .collect();
        let Some(comparisons) = comparisons.filter(|comparisons| comparisons.iter().all(is_positive)) else {
            return vec![expression];
        };
        let mut groups = by_type(comparisons);
        if groups.iter().any(|group| !group.iter().all(is_circumstance)) {
            groups.retain(|group| {
                let kept = !group.iter().all(is_circumstance);
                if !kept {
                    group.iter().for_each(|comparison| self.leave_out(comparison));
                }
                kept
            });
        }
        let parts: Vec<ComparisonExpression> = groups.into_iter().map(|group| self.group(group)).collect();
        if parts.len() > 1 {
            let span = expression.comparisons().next().map(|comparison| comparison.span).unwrap_or_default();
            let to: Vec<_> = parts.iter().map(|part| format!("[{part}]")).collect();
            let lost = "that one observation shows it all".to_owned();
            self.change(Rewrite::Split, span, expression.to_string(), to.join(" AND "), Some(lost));
        }
        parts
    }

    fn leave_out(&mut self, comparison: &Comparison) {
        let lost = format!("that {}", its(comparison));
        self.change(Rewrite::LeftOut, comparison.span, comparison.to_string(), String::new(), Some(lost));
    }

    /// Comparisons of one object.
    fn group(&mut self, comparisons: Vec<Comparison>) -> ComparisonExpression {
        let whole = |comparisons: Vec<Comparison>| {
            ComparisonExpression::all(comparisons.into_iter().map(Into::into).collect::<Vec<_>>())
        };
        if let Some(best) = best_hash(&comparisons).or_else(|| only_value(&comparisons)) {
            for (i, comparison) in comparisons.iter().enumerate() {
                if i != best {
                    self.leave_out(comparison);
                }
            }
            return whole(comparisons.into_iter().nth(best).into_iter().collect());
        }
        match referenced(&comparisons) {
            Some((at, direct)) => {
                self.reach(&comparisons, at, &direct);
                direct.into()
            }
            None => whole(comparisons),
        }
    }

    /// Reports that the object behind a reference takes the place of all this.
    fn reach(&mut self, comparisons: &[Comparison], at: usize, direct: &Comparison) {
        let (same, others): (Vec<_>, Vec<_>) =
            comparisons.iter().enumerate().partition(|(i, comparison)| *i == at || is_type_test(comparison));
        let span = same.first().map(|(_, comparison)| comparison.span).unwrap_or_default();
        let from: Vec<_> = same.iter().map(|(_, comparison)| comparison.to_string()).collect();
        let lost = comparisons.get(at).map(|comparison| way(&comparison.path));
        self.change(Rewrite::Referenced, span, from.join(" AND "), direct.to_string(), lost);
        others.into_iter().for_each(|(_, comparison)| self.leave_out(comparison));
    }
}

/// Does it ask for something, and not for something else?
fn is_positive(comparison: &Comparison) -> bool {
    !comparison.negated && !matches!(comparison.test, Test::NotEqual(_))
}

/// Does it ask for a value itself?
fn is_exact(comparison: &Comparison) -> bool {
    matches!(comparison.test, Test::Equal(_) | Test::In(_) | Test::IsSubset(_))
}

/// Ports, protocols and numbers of traffic say little beside anything else.
fn is_circumstance(comparison: &Comparison) -> bool {
    let path = &comparison.path;
    let property = path.property().value.as_str();
    path.object_type().value == "network-traffic"
        && (matches!(property, "src_port" | "dst_port" | "protocols" | "is_active" | "start" | "end")
            || property.ends_with("_count")
            || property.ends_with("_packets"))
}

/// `dst_ref.type = 'ipv4-addr'`
fn is_type_test(comparison: &Comparison) -> bool {
    let goal = Goal::of(&comparison.path);
    goal.way.is_some() && goal.names == ["type"] && matches!(comparison.test, Test::Equal(_))
}

/// In the order in which the types occur.
fn by_type(comparisons: Vec<Comparison>) -> Vec<Vec<Comparison>> {
    let mut groups: Vec<Vec<Comparison>> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for comparison in comparisons {
        let place = *places.entry(comparison.path.object_type().value.clone()).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(comparison),
            None => groups.push(vec![comparison]),
        }
    }
    groups
}

/// The hash that says more than all the rest.
fn best_hash(comparisons: &[Comparison]) -> Option<usize> {
    let rank = |comparison: &Comparison| {
        let goal = Goal::of(&comparison.path);
        match goal.names.as_slice() {
            ["hashes", algorithm] if goal.way.is_none() && is_exact(comparison) => {
                PREFERRED_HASHES.iter().position(|name| *name == spelled(algorithm))
            }
            _ => None,
        }
    };
    let ranked = comparisons.iter().enumerate().filter_map(|(i, comparison)| Some((rank(comparison)?, i)));
    ranked.min().map(|(_, i)| i)
}

/// An address, a domain or the like, beside which there are only circumstances and what it refers to.
fn only_value(comparisons: &[Comparison]) -> Option<usize> {
    let is_value = |comparison: &Comparison| {
        let path = &comparison.path;
        let named = path.steps().is_empty() && path.property().value == "value";
        named && is_exact(comparison) && kind(comparison) != Some(ValueKind::Other)
    };
    let mut values = comparisons.iter().enumerate().filter(|(_, comparison)| is_value(comparison));
    let (at, _) = values.next()?;
    let rest_is_little = comparisons
        .iter()
        .enumerate()
        .all(|(i, comparison)| i == at || is_circumstance(comparison) || Goal::of(&comparison.path).way.is_some());
    rest_is_little.then_some(at)
}

/// The kind of all its constants, if they have one in common.
fn kind(comparison: &Comparison) -> Option<ValueKind> {
    let of = |text: &str| ValueKind::of(&comparison.path, text);
    match &comparison.test {
        Test::Equal(constant) => Some(of(&plain(constant))),
        Test::IsSubset(text) | Test::IsSuperset(text) => Some(of(text)),
        Test::In(constants) => {
            let mut kinds = constants.iter().map(|constant| of(&plain(constant)));
            let first = kinds.next()?;
            kinds.all(|kind| kind == first).then_some(first)
        }
        _ => None,
    }
}

/// The only value behind a reference, as a comparison of the object that it belongs to.
fn referenced(comparisons: &[Comparison]) -> Option<(usize, Comparison)> {
    let is_value = |comparison: &Comparison| !is_type_test(comparison) && !is_circumstance(comparison);
    let mut values = comparisons.iter().enumerate().filter(|(_, comparison)| is_value(comparison));
    let (at, comparison) = values.next().filter(|_| values.next().is_none())?;
    let goal = Goal::of(&comparison.path);
    let way = goal.way?;
    if !matches!(goal.names.as_slice(), ["value" | "name"] | ["hashes", _]) {
        return None;
    }
    let mut tests = comparisons.iter().filter(|comparison| is_type_test(comparison));
    let tested = match (tests.next(), tests.next()) {
        (Some(test), None) if is_about(test, comparison, way) => Some(test),
        (None, _) => None,
        _ => return None,
    };
    let object_type = match tested.map(|test| &test.test) {
        Some(Test::Equal(constant)) => constant.as_str()?.to_owned(),
        _ => target(&goal, comparison)?.to_owned(),
    };
    if object_type == "artifact" {
        return None;
    }
    let mut names = goal.names.iter();
    let mut path = ObjectPath::new(object_type, *names.next()?);
    path.steps = comparison.path.steps.get(way + 1..)?.to_vec();
    Some((at, Comparison { path, ..comparison.clone() }))
}

/// Does the test of a type ask for the type of the object in which the other comparison ends?
fn is_about(test: &Comparison, comparison: &Comparison, way: usize) -> bool {
    let before = |path: &ObjectPath| path.steps.get(..way).map(<[_]>::to_vec);
    test.path.property == comparison.path.property && before(&test.path) == before(&comparison.path)
}

/// The type of the object at the end of a reference.
fn target<'p>(goal: &Goal<'p>, comparison: &Comparison) -> Option<&'p str> {
    if let Some(only) = goal.object_type() {
        return Some(only);
    }
    let object_type = match kind(comparison)? {
        ValueKind::Ipv4Address | ValueKind::Ipv4Network => "ipv4-addr",
        ValueKind::Ipv6Address | ValueKind::Ipv6Network => "ipv6-addr",
        ValueKind::MacAddress => "mac-addr",
        ValueKind::DomainName => "domain-name",
        _ => return None,
    };
    goal.types.iter().find(|name| **name == object_type).copied()
}

/// Constants of the kind that the property has, and how the comparison was written if it was different.
fn unquoted(comparison: Comparison) -> (Comparison, Option<String>) {
    let Some(kind) = Goal::of(&comparison.path).kind else { return (comparison, None) };
    let before = comparison.to_string();
    let one = |constant: &Spanned<Literal>| without_quotes(kind, constant.as_str()?).map(Spanned::from);
    let test = match &comparison.test {
        Test::Equal(constant) => one(constant).map(Test::Equal),
        Test::NotEqual(constant) => one(constant).map(Test::NotEqual),
        Test::Less(constant) => one(constant).map(Test::Less),
        Test::LessOrEqual(constant) => one(constant).map(Test::LessOrEqual),
        Test::Greater(constant) => one(constant).map(Test::Greater),
        Test::GreaterOrEqual(constant) => one(constant).map(Test::GreaterOrEqual),
        Test::In(constants) if !constants.is_empty() => constants.iter().map(one).collect::<Option<_>>().map(Test::In),
        _ => None,
    };
    match test {
        Some(test) => (Comparison { test, ..comparison }, Some(before)),
        None => (comparison, None),
    }
}

fn without_quotes(kind: &Kind, text: &str) -> Option<Literal> {
    match kind {
        Kind::Integer { .. } => text.trim().parse().ok().map(Literal::Integer),
        Kind::Float { .. } => text.trim().parse().ok().filter(|value: &f64| value.is_finite()).map(Literal::Float),
        Kind::Timestamp(_) => text.parse().ok().map(Literal::Timestamp),
        Kind::Boolean => text.to_ascii_lowercase().parse().ok().map(Literal::Boolean),
        _ => None,
    }
}
