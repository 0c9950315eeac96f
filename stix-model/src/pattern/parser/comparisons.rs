//! Comparisons and what joins them (STIX 2.1 §9.5, §9.6).

use super::super::Version;
use super::super::comparison::{Comparison, ComparisonExpression, Literal, Operator, Test};
use super::super::lexer::{Kind, Token};
use super::super::span::{Span, Spanned};
use super::Parser;

const OPERATOR: &str = "a comparison operator: =, !=, <, <=, >, >=, IN, LIKE, MATCHES, ISSUBSET or ISSUPERSET";
const IN_PARENTHESES: &str = "AND, OR or ')'";

impl Parser<'_> {
    pub(super) fn comparison_expression(&mut self) -> Option<ComparisonExpression> {
        self.joined("OR", Self::comparison_and, ComparisonExpression::any)
    }

    fn comparison_and(&mut self) -> Option<ComparisonExpression> {
        self.joined("AND", Self::comparison_or_skip, ComparisonExpression::all)
    }

    fn comparison_or_skip(&mut self) -> Option<ComparisonExpression> {
        let comparison = self.proposition();
        if comparison.is_none() {
            self.skip_to(&["]", ")", "AND", "OR", "["]);
        }
        comparison
    }

    fn proposition(&mut self) -> Option<ComparisonExpression> {
        if self.token.is("(") {
            return self.nested(Self::comparison_expression, IN_PARENTHESES);
        }
        let start = self.token.span.start;
        let mut negated = self.accept("NOT");
        let (path, test) = if self.options.version == Version::V2_1 && self.accept("EXISTS") {
            (self.object_path()?, Test::Exists)
        } else if negated {
            self.expected_with_hint("EXISTS", "NOT stands behind the path: [file:name NOT = 'a']");
            return None;
        } else {
            let path = self.object_path()?;
            negated = self.accept("NOT");
            (path, self.test()?)
        };
        Some(Comparison { path, negated, test, span: Span { start, end: self.behind } }.into())
    }

    fn test(&mut self) -> Option<Test> {
        let Some(operator) = operator(self.token) else {
            self.unexpected(OPERATOR);
            return None;
        };
        self.advance();
        Some(match operator {
            Operator::Exists => return None,
            Operator::Equal => Test::Equal(self.constant()?),
            Operator::NotEqual => Test::NotEqual(self.constant()?),
            Operator::Less => Test::Less(self.ordered()?),
            Operator::LessOrEqual => Test::LessOrEqual(self.ordered()?),
            Operator::Greater => Test::Greater(self.ordered()?),
            Operator::GreaterOrEqual => Test::GreaterOrEqual(self.ordered()?),
            Operator::In => Test::In(self.set()?),
            Operator::Like => Test::Like(self.string()?),
            Operator::Matches => Test::Matches(self.string()?),
            Operator::IsSubset => Test::IsSubset(self.string()?),
            Operator::IsSuperset => Test::IsSuperset(self.string()?),
        })
    }

    /// PG-10: constants of one kind.
    fn set(&mut self) -> Option<Vec<Spanned<Literal>>> {
        if !self.accept("(") {
            self.expected_with_hint("'('", "a set of constants: IN ('a', 'b')");
            return None;
        }
        let Some(items) = self.members_of_set() else {
            // What is behind the set is read on, not the rest of the set.
            self.skip_to(&[")", "]", "[", "AND", "OR"]);
            self.accept(")");
            return None;
        };
        self.close(")", "',' or ')'")?;
        Some(items)
    }

    fn members_of_set(&mut self) -> Option<Vec<Spanned<Literal>>> {
        let mut items: Vec<Spanned<Literal>> = Vec::new();
        if self.token.is(")") {
            return Some(items);
        }
        loop {
            let item = self.constant()?;
            if let Some(first) = items.first().filter(|first| first.kind_in_set() != item.kind_in_set()) {
                let found = format!("{} in a set that begins with {}", item.kind(), first.kind());
                self.report("PG-10", item.span, found, "constants of one kind", None);
                return None;
            }
            items.push(item);
            if !self.accept(",") {
                return Some(items);
            }
        }
    }
}

/// The operator between a path and a constant, in each of its spellings.
fn operator(token: Token<'_>) -> Option<Operator> {
    Some(match token.text {
        _ if !matches!(token.kind, Kind::Symbol | Kind::Word) => return None,
        "=" | "==" => Operator::Equal,
        "!=" | "<>" => Operator::NotEqual,
        "<" => Operator::Less,
        "<=" => Operator::LessOrEqual,
        ">" => Operator::Greater,
        ">=" => Operator::GreaterOrEqual,
        "IN" => Operator::In,
        "LIKE" => Operator::Like,
        "MATCHES" => Operator::Matches,
        "ISSUBSET" => Operator::IsSubset,
        "ISSUPERSET" => Operator::IsSuperset,
        _ => return None,
    })
}
