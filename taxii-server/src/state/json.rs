//! The same as JSON: what files say, in the same words.

use std::fmt;

use serde_json::Value;
use toml::Table;
use toml::de::{DeTable, DeValue};

use super::{Present, Problem, State, difference};
use crate::store::Change;

/// What JSON says that has the members of a file. A member that is null is as if it were left out.
///
/// ```
/// use serde_json::json;
/// use taxii_server::state::{Present, Stated};
///
/// let stated = Stated::read(&json!({"groups": [{"name": "cert", "title": "CERT", "members": ["soc"]}]})).unwrap();
/// let error = stated.difference(&Present::default(), false).unwrap_err();
/// assert_eq!(error.to_string(), "/groups/0/members/0: there is no account \"soc\"");
/// ```
#[derive(Clone, Debug)]
pub struct Stated {
    /// The file that says the same; problems have their places in it.
    text: String,
    state: State,
}

/// What is wrong with JSON, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misstated {
    /// A JSON pointer (RFC 6901); empty if it is nothing in particular.
    pub pointer: String,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Misstated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pointer.as_str() {
            "" => f.write_str(&self.what),
            pointer => write!(f, "{pointer}: {}", self.what),
        }
    }
}

impl std::error::Error for Misstated {}

impl Stated {
    /// Reads JSON.
    ///
    /// # Errors
    /// It has something in it that is not known, or names something twice. The error tells where.
    pub fn read(json: &Value) -> Result<Self, Misstated> {
        let nowhere = |what: String| Misstated { pointer: String::new(), what };
        let Some(toml::Value::Table(table)) = value(json) else { return Err(nowhere("expected an object".to_owned())) };
        let text = toml::to_string(&table).map_err(|error| nowhere(error.to_string()))?;
        match State::parse(&text) {
            Ok(state) => Ok(Self { text, state }),
            Err(problem) => Err(misstated(&text, problem)),
        }
    }

    /// As [`difference`](super::difference()).
    ///
    /// # Errors
    /// As [`difference`](super::difference()).
    pub fn difference(&self, present: &Present, prune: bool) -> Result<Vec<Change>, Misstated> {
        difference(&self.text, &self.state, present, prune).map_err(|problem| misstated(&self.text, problem))
    }
}

/// The same in TOML, which has no null. A number too great for it becomes one that nothing takes.
fn value(json: &Value) -> Option<toml::Value> {
    Some(match json {
        Value::Null => return None,
        Value::Bool(is) => toml::Value::Boolean(*is),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => toml::Value::Integer(whole),
            None => toml::Value::Float(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => toml::Value::String(text.clone()),
        Value::Array(items) => toml::Value::Array(items.iter().filter_map(value).collect()),
        Value::Object(members) => {
            let members = members.iter().filter_map(|(name, member)| Some((name.clone(), value(member)?)));
            toml::Value::Table(members.collect::<Table>())
        }
    })
}

fn misstated(text: &str, problem: Problem) -> Misstated {
    let byte = problem.place.map(|place| byte(text, place));
    let document = DeTable::parse(text).ok();
    let pointer = byte.zip(document).and_then(|(byte, document)| table(document.get_ref(), byte));
    Misstated { pointer: pointer.unwrap_or_default(), what: problem.what }
}

/// The byte at a line and a column, both from 1.
fn byte(text: &str, (line, column): (usize, usize)) -> usize {
    let before: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let rest = text.get(before..).unwrap_or_default();
    before + rest.chars().take(column - 1).map(char::len_utf8).sum::<usize>()
}

/// The pointer to what stands at this byte: the innermost that does.
fn table(table: &DeTable<'_>, at: usize) -> Option<String> {
    table.iter().find_map(|(name, member)| {
        let own = format!("/{}", name.get_ref().replace('~', "~0").replace('/', "~1"));
        if let Some(inner) = inner(member.get_ref(), at) {
            return Some(own + &inner);
        }
        (name.span().contains(&at) || member.span().contains(&at)).then_some(own)
    })
}

fn inner(value: &DeValue<'_>, at: usize) -> Option<String> {
    match value {
        DeValue::Table(members) => table(members, at),
        DeValue::Array(items) => items.iter().enumerate().find_map(|(index, item)| {
            let own = format!("/{index}");
            match inner(item.get_ref(), at) {
                Some(inner) => Some(own + &inner),
                None => item.span().contains(&at).then_some(own),
            }
        }),
        _ => None,
    }
}
