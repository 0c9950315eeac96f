use std::fmt;

use stix_model::json::{Json, Members};

use super::check::{Invalid, problems};
use super::event::Event;
use super::record::View;
use super::textual::quote;

/// An event as MISP writes it: `{"Event": {…}}`.
///
/// It is written as it was read, except for white space, and for numbers and truths where text should be: they become text.
#[derive(Clone, Debug, PartialEq)]
pub struct Document(Members<'static>);

const NO_MEMBERS: &Members<'static> = &Members::new();

impl Document {
    /// Reads one event, also one that is not in an `Event` of its own.
    ///
    /// # Errors
    /// It is no event: each place, what is there, and what should be.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let mut documents = Self::parse_all(text)?;
        match documents.len() {
            1 => Ok(documents.remove(0)),
            count => Err(Invalid::of("", format!("{count} events"), "one event")),
        }
    }

    /// Reads all events of a text: one, a list, or the answer of a search (`{"response": […]}`).
    ///
    /// # Errors
    /// Something in it is no event.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, Invalid> {
        let json = Json::parse(text).map_err(|problem| Invalid::of("", problem.to_string(), "JSON"))?;
        match json.into_owned() {
            Json::Object(mut members) => match members.remove("response") {
                Some(Json::List(items)) => listed(items, "/response"),
                Some(one) => listed(vec![one], "/response"),
                None => Ok(vec![Self::of(members, "")?]),
            },
            Json::List(items) => listed(items, ""),
            other => Err(Invalid::of("", other.excerpt(), "an object with an Event")),
        }
    }

    /// An event of its members.
    ///
    /// # Errors
    /// They make no event.
    pub fn from_event(event: Members<'static>) -> Result<Self, Invalid> {
        Self::of([("Event", Json::Object(event))].into_iter().collect(), "")
    }

    fn of(members: Members<'static>, path: &str) -> Result<Self, Invalid> {
        let mut members = match members.get("Event") {
            Some(Json::Object(_)) => members,
            Some(other) => return Err(Invalid::of(&format!("{path}/Event"), other.excerpt(), "an object")),
            None if members.contains("info") => [("Event", Json::Object(members))].into_iter().collect(),
            None => return Err(Invalid::of(path, "no Event", "an object with an Event")),
        };
        if let Some(Json::Object(event)) = members.get_mut("Event") {
            quote(Event::RECORD, event);
        }
        let document = Self(members);
        let found = problems(Event::RECORD, document.event().members(), &format!("{path}/Event"));
        if found.is_empty() { Ok(document) } else { Err(Invalid { problems: found }) }
    }

    /// Without looking at what it is.
    pub(crate) fn unchecked(event: Members<'static>) -> Self {
        Self([("Event", Json::Object(event))].into_iter().collect())
    }

    /// The event.
    #[must_use]
    pub fn event(&self) -> Event<'_> {
        Event::of(self.0.get("Event").and_then(Json::as_object).unwrap_or(NO_MEMBERS))
    }

    /// Takes the event out.
    #[must_use]
    pub fn into_event(mut self) -> Members<'static> {
        match self.0.remove("Event") {
            Some(Json::Object(members)) => members,
            _ => Members::new(),
        }
    }
}

fn listed(items: Vec<Json<'static>>, path: &str) -> Result<Vec<Document>, Invalid> {
    let mut documents = Vec::new();
    let mut found = Vec::new();
    for (i, item) in items.into_iter().enumerate() {
        let path = format!("{path}/{i}");
        let document = match item {
            Json::Object(members) => Document::of(members, &path),
            other => Err(Invalid::of(&path, other.excerpt(), "an object with an Event")),
        };
        match document {
            Ok(document) => documents.push(document),
            Err(invalid) => found.extend(invalid.problems),
        }
    }
    if found.is_empty() { Ok(documents) } else { Err(Invalid { problems: found }) }
}

/// As JSON text, without white space.
impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(&self.0).map_err(|_| fmt::Error)?)
    }
}
