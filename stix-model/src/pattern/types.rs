//! Of which object types the comparisons of an observation can be true (PG-16).

use super::comparison::ComparisonExpression;
use super::span::Span;

/// Comparisons that no single observable can satisfy.
pub(super) struct Conflict {
    pub(super) left: String,
    pub(super) right: String,
    /// Of the comparison that does not go with those before it.
    pub(super) span: Span,
}

/// Can a single observable satisfy what `AND` joins, everywhere in the expression?
pub(super) fn agree(expression: &ComparisonExpression) -> Result<(), Conflict> {
    let mut types = expression.comparisons().map(|comparison| comparison.path.object_type().as_str());
    let first = types.next();
    // Nearly all have one type, or one comparison.
    if types.all(|name| Some(name) == first) { Ok(()) } else { of(expression).map(|_| ()) }
}

/// The object types of an observable of which the expression can be true: what `OR` joins adds up, what `AND` joins has
/// to have a type in common. They are in order.
fn of(expression: &ComparisonExpression) -> Result<Vec<&str>, Conflict> {
    match expression {
        ComparisonExpression::Comparison(comparison) => Ok(vec![comparison.path.object_type().as_str()]),
        ComparisonExpression::Or(items) => {
            let mut types = Vec::new();
            for item in items {
                types.extend(of(item)?);
            }
            types.sort_unstable();
            types.dedup();
            Ok(types)
        }
        ComparisonExpression::And(items) => {
            let mut common: Option<Vec<&str>> = None;
            for item in items {
                let types = of(item)?;
                let Some(before) = common.take() else {
                    common = Some(types);
                    continue;
                };
                let both: Vec<_> = before.iter().copied().filter(|name| types.binary_search(name).is_ok()).collect();
                if both.is_empty() {
                    let name = |types: &[&str]| types.first().copied().unwrap_or_default().to_owned();
                    return Err(Conflict { left: name(&before), right: name(&types), span: span(item) });
                }
                common = Some(both);
            }
            Ok(common.unwrap_or_default())
        }
    }
}

/// Of the first comparison.
fn span(expression: &ComparisonExpression) -> Span {
    expression.comparisons().next().map(|comparison| comparison.span).unwrap_or_default()
}
