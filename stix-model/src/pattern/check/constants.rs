//! Whether a value can be what it is compared with (PC-01 to PC-10, PG-18).

use super::super::comparison::{Literal, Test};
use super::super::matcher::regex_problem;
use super::super::path::{ObjectPath, Step};
use super::super::span::{Span, Spanned};
use super::{Doubt, excerpt};
use crate::property::{Kind, Vocabulary};
use crate::strict::shorten;
use crate::validate::formats::{self, IpForm};

/// Kinds of values that can be compared with each other (STIX 2.1 §9.6.1).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Boolean,
    Number,
    Octets,
    Timestamp,
}

impl Class {
    /// With its article, for messages.
    fn describe(self) -> &'static str {
        match self {
            Self::Boolean => "true or false",
            Self::Number => "a number without quotes",
            Self::Octets => "a string",
            Self::Timestamp => "a timestamp: t'…'",
        }
    }

    fn of_literal(literal: &Literal) -> Self {
        match literal {
            Literal::Boolean(_) => Self::Boolean,
            Literal::Integer(_) | Literal::Float(_) => Self::Number,
            Literal::String(_) | Literal::Hex(_) | Literal::Binary(_) => Self::Octets,
            Literal::Timestamp(_) => Self::Timestamp,
        }
    }

    /// `None` for what has parts.
    fn of_kind(kind: &Kind) -> Option<Self> {
        match kind {
            Kind::Boolean => Some(Self::Boolean),
            Kind::Integer { .. } | Kind::Float { .. } => Some(Self::Number),
            Kind::Timestamp(_) => Some(Self::Timestamp),
            Kind::Object(_)
            | Kind::List(_)
            | Kind::Dictionary(..)
            | Kind::Hashes
            | Kind::Extensions
            | Kind::Observables
            | Kind::Translations
            | Kind::Any
            | Kind::Either(_) => None,
            _ => Some(Self::Octets),
        }
    }
}

/// What is questionable about a comparison of a value of this kind.
pub(super) fn compare(path: &ObjectPath, kind: Option<&'static Kind>, test: &Test) -> Vec<(Span, Doubt)> {
    let Some(kind) = kind else {
        return match test {
            Test::Matches(text) => regex(path, text).into_iter().collect(),
            _ => Vec::new(),
        };
    };
    if matches!(test, Test::Exists) {
        return Vec::new();
    }
    if let Some(doubt) = whole(kind) {
        return vec![(path.span(), doubt)];
    }
    let Some(class) = Class::of_kind(kind) else { return Vec::new() };
    match test {
        Test::Exists => Vec::new(),
        Test::Equal(constant) => value(path, kind, class, constant).into_iter().collect(),
        Test::In(constants) => constants.iter().filter_map(|constant| value(path, kind, class, constant)).collect(),
        Test::NotEqual(constant)
        | Test::Less(constant)
        | Test::LessOrEqual(constant)
        | Test::Greater(constant)
        | Test::GreaterOrEqual(constant) => incompatible(path, class, constant).into_iter().collect(),
        Test::Like(text) | Test::Matches(text) if class != Class::Octets => {
            vec![(text.span, Doubt::new("PC-08", test.operator().as_str(), "a property that is a string"))]
        }
        Test::Like(_) => Vec::new(),
        Test::Matches(text) => regex(path, text).into_iter().collect(),
        Test::IsSubset(network) | Test::IsSuperset(network) => subnet(path, network).into_iter().collect(),
    }
}

/// What has parts is compared part by part.
fn whole(kind: &Kind) -> Option<Doubt> {
    Some(match kind {
        Kind::Hashes => Doubt::new("PG-17", "all hashes", "one of them").hint("name the algorithm: hashes.'SHA-256'"),
        Kind::List(_) => Doubt::new("PG-17", "a whole list", "one of its items").hint("write [*] for any of them"),
        Kind::Dictionary(..) | Kind::Extensions => Doubt::new("PG-17", "a whole dictionary", "one of its keys"),
        Kind::Object(_) => Doubt::new("PG-17", "a whole object", "one of its properties"),
        _ => return None,
    })
}

fn incompatible(path: &ObjectPath, class: Class, constant: &Spanned<Literal>) -> Option<(Span, Doubt)> {
    let given = Class::of_literal(constant);
    if given == class {
        return None;
    }
    let rule = if class == Class::Timestamp && given == Class::Octets { "PC-07" } else { "PC-01" };
    let found = format!("{} for {path}", excerpt(constant));
    let doubt = Doubt::new(rule, found, class.describe());
    let doubt = match (&constant.value, class) {
        (Literal::String(text), Class::Timestamp) if text.parse::<crate::Timestamp>().is_ok() => {
            doubt.hint(format!("write t'{text}'"))
        }
        (Literal::String(text), Class::Number) if text.parse::<f64>().is_ok() => {
            doubt.hint(format!("write {}", shorten(text)))
        }
        (Literal::String(text), Class::Boolean) if matches!(text.as_str(), "true" | "false") => {
            doubt.hint(format!("write {text}"))
        }
        _ => doubt.hint("values of different kinds are never equal"),
    };
    Some((constant.span, doubt))
}

/// What an equal value would have to be.
fn value(path: &ObjectPath, kind: &Kind, class: Class, constant: &Spanned<Literal>) -> Option<(Span, Doubt)> {
    let doubt = incompatible(path, class, constant);
    if doubt.is_some() {
        return doubt;
    }
    let text = constant.as_str()?;
    let expected = match kind {
        Kind::Reference(_) if text.parse::<crate::Identifier>().is_err() => {
            let doubt = Doubt::new("PG-17", excerpt(constant), "the id of an object");
            let hint = format!("a property of the object is compared as in {path}.value");
            return Some((constant.span, doubt.hint(hint)));
        }
        Kind::Vocabulary(Vocabulary { open: false, values, name, .. }) if !values.contains(&text) => {
            let near = super::super::spelling::nearest(text, values.iter().copied());
            let doubt = Doubt::new("PG-18", excerpt(constant), format!("a value of {name}"));
            return Some((constant.span, near.into_iter().fold(doubt, |d, near| d.hint(format!("write '{near}'")))));
        }
        _ => form(path, text)?,
    };
    Some((constant.span, Doubt::new("PG-18", excerpt(constant), expected)))
}

/// PG-18: the form of hashes and addresses.
fn form(path: &ObjectPath, text: &str) -> Option<&'static str> {
    if let Some(algorithm) = hash(path) {
        return formats::hash_fits(algorithm, text).err();
    }
    if path.property().value != "value" || !path.steps().is_empty() {
        return None;
    }
    match path.object_type().as_str() {
        "ipv4-addr" if formats::ipv4_form(text) == IpForm::Malformed => Some("an IPv4 address or network"),
        "ipv6-addr" if formats::ipv6_form(text) == IpForm::Malformed => Some("an IPv6 address or network"),
        "mac-addr" if !formats::is_mac(text) => Some("six lowercase pairs of hexadecimal digits, joined by ':'"),
        _ => None,
    }
}

/// The algorithm, if the path ends in a hash.
fn hash(path: &ObjectPath) -> Option<&str> {
    let (last, before) = path.steps().split_last()?;
    let owner = match before.last() {
        None => path.property().as_str(),
        Some(Spanned { value: Step::Key(name), .. }) => name,
        Some(_) => return None,
    };
    match &last.value {
        Step::Key(algorithm) if owner == "hashes" || owner.ends_with("_hashes") => Some(algorithm),
        _ => None,
    }
}

/// PG-22: an expression that can be compiled.
fn regex(path: &ObjectPath, text: &Spanned<String>) -> Option<(Span, Doubt)> {
    let reason = regex_problem(text, path)?;
    let doubt = Doubt::new("PG-22", shorten(text).to_owned(), "a regular expression");
    Some((text.span, doubt.hint(reason.split_whitespace().collect::<Vec<_>>().join(" "))))
}

/// PC-10: networks are compared with addresses.
fn subnet(path: &ObjectPath, network: &Spanned<String>) -> Option<(Span, Doubt)> {
    let is_network =
        [formats::ipv4_form(network), formats::ipv6_form(network)].iter().any(|form| *form != IpForm::Malformed);
    if !is_network {
        let expected = "an address or a network: '198.51.100.0/24'";
        return Some((network.span, Doubt::new("PG-18", shorten(network).to_owned(), expected)));
    }
    let object_type = path.object_type().as_str();
    let is_address =
        matches!(object_type, "ipv4-addr" | "ipv6-addr") || path.steps().len() > 1 || !path.steps().is_empty();
    (!is_address || path.last_key() != "value").then(|| {
        let doubt = Doubt::new("PC-10", path.to_string(), "the value of an IPv4 or IPv6 address");
        (path.span(), doubt)
    })
}
