//! Is it what the format says?

use std::fmt;

use stix_model::json::{Json, Members};
use uuid::Uuid;

use super::record::{flag, number};
use super::{Kind, Record};

/// Something that is not as the format says: where, what is there, and what should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// A JSON pointer (RFC 6901): `/Event/Attribute/0/value`.
    pub path: String,
    /// What is there.
    pub found: String,
    /// What should be there.
    pub expected: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.path.is_empty() { "the document" } else { &self.path };
        write!(f, "{place}: {}; expected {}", self.found, self.expected)
    }
}

/// A document that is no event, with everything that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// What is wrong; at least one problem, at most [`Invalid::MOST`].
    pub problems: Vec<Problem>,
}

impl Invalid {
    /// How many problems are told at most.
    pub const MOST: usize = 1000;

    pub(crate) fn of(path: &str, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { problems: vec![Problem { path: path.to_owned(), found: found.into(), expected: expected.into() }] }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            write!(f, "{}{problem}", if i == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for Invalid {}

/// What is wrong with a record.
pub(super) fn problems(record: &Record, members: &Members<'_>, path: &str) -> Vec<Problem> {
    let mut check = Check { path: path.to_owned(), problems: Vec::new() };
    check.record(record, members);
    check.problems
}

struct Check {
    path: String,
    problems: Vec<Problem>,
}

impl Check {
    fn problem(&mut self, found: impl Into<String>, expected: impl Into<String>) {
        if self.problems.len() < Invalid::MOST {
            self.problems.push(Problem { path: self.path.clone(), found: found.into(), expected: expected.into() });
        }
    }

    fn at(&mut self, step: &str, look: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        self.path.push('/');
        self.path.push_str(&step.replace('~', "~0").replace('/', "~1"));
        look(self);
        self.path.truncate(length);
    }

    fn record(&mut self, record: &Record, members: &Members<'_>) {
        for field in record.fields {
            match members.get(field.name) {
                None | Some(Json::Null) if field.required => {
                    let expected = format!("a member {:?}, which every {} has", field.name, record.name);
                    self.problem(format!("{} is missing", field.name), expected);
                }
                None | Some(Json::Null) => {}
                Some(json) => self.at(field.name, |check| check.value(field.kind, json)),
            }
        }
    }

    fn value(&mut self, kind: Kind, json: &Json<'_>) {
        let expected = match kind {
            Kind::Any => return,
            Kind::One(record) => return self.one(record, json),
            Kind::List(record) => return self.list(record, json),
            _ if fits(kind, json) => return,
            Kind::Text => "text in quotes".to_owned(),
            Kind::Uuid => "a UUID such as 5f1b1e3a-9c8e-4b5e-8a6b-0c2d4e6f8a01".to_owned(),
            Kind::Number => "a whole number".to_owned(),
            Kind::Range(low, high) => format!("a whole number from {low} to {high}"),
            Kind::Flag => "true or false, or 1 or 0".to_owned(),
            Kind::Date => "a day such as 2026-11-01".to_owned(),
            Kind::Seconds => "seconds since 1970, such as 1793491200".to_owned(),
        };
        self.problem(json.excerpt(), expected);
    }

    fn one(&mut self, record: &Record, json: &Json<'_>) {
        match json {
            Json::Object(members) => self.record(record, members),
            // What is empty in PHP is a list.
            Json::List(items) if items.is_empty() => {}
            other => self.problem(other.excerpt(), format!("an object, which is a {}", record.name)),
        }
    }

    fn list(&mut self, record: &Record, json: &Json<'_>) {
        let Json::List(items) = json else {
            return self.problem(json.excerpt(), format!("a list of {} in brackets", record.name));
        };
        for (i, item) in items.iter().enumerate() {
            self.at(&i.to_string(), |check| match item {
                Json::Object(members) => check.record(record, members),
                other => check.problem(other.excerpt(), format!("an object, which is a {}", record.name)),
            });
        }
    }
}

fn fits(kind: Kind, json: &Json<'_>) -> bool {
    match kind {
        Kind::Text => json.as_str().is_some(),
        Kind::Uuid => json.as_str().is_some_and(|text| text.is_empty() || Uuid::try_parse(text).is_ok()),
        Kind::Number | Kind::Seconds => is_empty(json) || number(json).is_some(),
        Kind::Range(low, high) => is_empty(json) || number(json).is_some_and(|n| (low..=high).contains(&n)),
        Kind::Flag => flag(json).is_some(),
        Kind::Date => json.as_str().is_some_and(|text| chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()),
        Kind::One(_) | Kind::List(_) | Kind::Any => true,
    }
}

/// MISP writes empty text where a number is missing.
fn is_empty(json: &Json<'_>) -> bool {
    json.as_str().is_some_and(str::is_empty)
}
