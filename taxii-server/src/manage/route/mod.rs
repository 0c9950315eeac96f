//! What there is under `/v1/`: one row for each operation, in [`table`]. Requests are matched with these rows, and the OpenAPI document is
//! made of them.

mod table;

use std::collections::BTreeMap;

use actix_web::http::Method;
use futures_util::future::LocalBoxFuture;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use taxii_model::Timestamp;
use uuid::Uuid;

use super::call::{Call, Outcome};
use super::lines::Lines;
use super::problem::Problem;
use crate::store::Actor;

pub(super) use table::ROUTES;

/// One operation.
pub(super) struct Route {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) name: &'static str,
    pub(super) summary: &'static str,
    pub(super) query: &'static [Parameter],
    pub(super) takes: Option<Takes>,
    pub(super) gives: Gives,
    /// Also for those who may manage the collection that it is about, and are no administrators.
    pub(super) for_managers: bool,
    pub(super) run: Handler,
}

type Handler = fn(Call) -> LocalBoxFuture<'static, Outcome>;

/// What may stand in a query.
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) kind: Kind,
    pub(super) required: bool,
}

/// The kinds of parameters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Flag,
    Time,
    Id,
}

/// A body.
#[derive(Clone, Copy)]
pub(super) struct Takes {
    pub(super) schema: &'static str,
    pub(super) media_type: &'static str,
    /// In octets.
    pub(super) limit: usize,
    /// It leaves out what is to stay, or has a default.
    pub(super) partial: bool,
}

/// What an operation answers with, by the name of a schema.
#[derive(Clone, Copy)]
pub(super) enum Gives {
    /// One thing, with its entity tag.
    One(&'static str),
    /// One thing that has been made, with its entity tag and where it is.
    Made(&'static str),
    /// Several things in order, and where the next page begins.
    Page(&'static str),
    /// Something without an entity tag.
    Json(&'static str),
    /// Any number of things, each in a line.
    Lines(&'static str),
    /// Nothing but the word that it is done.
    Nothing,
}

impl Gives {
    pub(super) fn status(self) -> u16 {
        match self {
            Self::Made(_) => 201,
            Self::Nothing => 204,
            _ => 200,
        }
    }
}

/// What an operation has answered.
pub(super) enum Replied {
    One(Value),
    Made(String, Value),
    Json(Value),
    Lines(Lines),
    Nothing,
}

/// A body of one thing.
pub(super) const SMALL: usize = 1 << 20;
/// A body of many things.
pub(super) const LARGE: usize = 64 << 20;

impl Route {
    const fn new(method: &'static str, path: &'static str, name: &'static str, gives: Gives, run: Handler) -> Self {
        Self { method, path, name, summary: "", query: &[], takes: None, gives, for_managers: false, run }
    }

    const fn for_managers(self) -> Self {
        Self { for_managers: true, ..self }
    }

    const fn about(self, summary: &'static str) -> Self {
        Self { summary, ..self }
    }

    const fn query(self, query: &'static [Parameter]) -> Self {
        Self { query, ..self }
    }

    const fn takes(self, schema: &'static str) -> Self {
        let takes = Takes { schema, media_type: "application/json", limit: SMALL, partial: false };
        Self { takes: Some(takes), ..self }
    }

    const fn takes_large(self, schema: &'static str) -> Self {
        let takes = Takes { schema, media_type: "application/json", limit: LARGE, partial: false };
        Self { takes: Some(takes), ..self }
    }

    /// What is left out has a default.
    const fn takes_some(self, schema: &'static str) -> Self {
        let takes = Takes { schema, media_type: "application/json", limit: SMALL, partial: true };
        Self { takes: Some(takes), ..self }
    }

    const fn takes_patch(self, schema: &'static str) -> Self {
        let takes = Takes { schema, media_type: "application/merge-patch+json", limit: SMALL, partial: true };
        Self { takes: Some(takes), ..self }
    }

    /// Does the operation heed If-Match?
    pub(super) fn heeds_tags(&self) -> bool {
        let is_whole = self.method == "POST" && self.path == "/v1/state";
        let is_one = matches!(self.method, "PUT" | "PATCH" | "DELETE") && self.path.contains('{');
        is_whole || is_one && !self.path.contains("/members/")
    }

    /// The names of the parts of the path that are not fixed.
    pub(super) fn parts(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(name_of)
    }

    /// The parts of this path, decoded, if it is one of this route's.
    fn matches(&self, path: &str) -> Option<BTreeMap<&'static str, String>> {
        let (mut own, mut given) = (self.path.split('/'), path.split('/'));
        let mut parts = BTreeMap::new();
        loop {
            match (own.next(), given.next()) {
                (None, None) => return Some(parts),
                (Some(own), Some(given)) => match name_of(own) {
                    None if own == given => {}
                    None => return None,
                    Some(name) => {
                        let value = percent_decode_str(given).decode_utf8().ok().filter(|value| !value.is_empty())?;
                        parts.insert(name, value.into_owned());
                    }
                },
                _ => return None,
            }
        }
    }

    /// What the query says, if each of its parameters is known, there once, and of its kind.
    pub(super) fn read_query(&self, query: &str) -> Result<BTreeMap<&'static str, String>, Problem> {
        let mut read = BTreeMap::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            let known = self.query.iter().find(|parameter| parameter.name == name);
            let parameter = known.ok_or_else(|| Problem::query(&name, &self.known_parameters()))?;
            parameter.kind.check(&value).map_err(|expected| Problem::query(&name, expected))?;
            if read.insert(parameter.name, value).is_some() {
                return Err(Problem::query(&name, "it is there twice"));
            }
        }
        match self.query.iter().find(|parameter| parameter.required && !read.contains_key(parameter.name)) {
            Some(missing) => Err(Problem::query(missing.name, &format!("it is missing: {}", missing.about))),
            None => Ok(read),
        }
    }

    fn known_parameters(&self) -> String {
        let names: Vec<_> = self.query.iter().map(|parameter| parameter.name).collect();
        match names.as_slice() {
            [] => "this path takes none".to_owned(),
            names => format!("there is none of this name; this path takes {}", names.join(", ")),
        }
    }
}

fn name_of(part: &'static str) -> Option<&'static str> {
    part.strip_prefix('{')?.strip_suffix('}')
}

/// As forms encode it: a plus is a space.
fn decode(text: &str) -> Result<String, Problem> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8();
    decoded.map(std::borrow::Cow::into_owned).map_err(|_| Problem::query(text, "it is no UTF-8"))
}

impl Kind {
    fn check(self, value: &str) -> Result<(), &'static str> {
        let (is_right, expected) = match self {
            Self::Text => (!value.is_empty(), "expected some text"),
            Self::Number => (value.parse::<u32>().is_ok(), "expected a number"),
            Self::Flag => (matches!(value, "true" | "false"), "expected true or false"),
            Self::Time => (
                value.parse::<Timestamp>().is_ok(),
                "expected a time such as 2026-11-22T23:00:00Z; a plus is written %2B",
            ),
            Self::Id => (Uuid::try_parse(value).is_ok(), "expected a UUID"),
        };
        if is_right { Ok(()) } else { Err(expected) }
    }
}

/// The route of a request, with the parts of its path.
pub(super) fn find(method: &Method, path: &str) -> Result<(&'static Route, BTreeMap<&'static str, String>), Problem> {
    let here: Vec<_> = ROUTES.iter().filter_map(|route| Some((route, route.matches(path)?))).collect();
    // A fixed part counts before one that is not.
    let fixed = |route: &Route| route.parts().count();
    let least = here.iter().map(|(route, _)| fixed(route)).min();
    let mut here: Vec<_> = here.into_iter().filter(|(route, _)| Some(fixed(route)) == least).collect();
    if here.is_empty() {
        return Err(Problem::not_found("there is no such path; GET /v1/openapi.json says which there are"));
    }
    let wanted = if *method == Method::HEAD { "GET" } else { method.as_str() };
    match here.iter().position(|(route, _)| route.method == wanted) {
        Some(at) => Ok(here.swap_remove(at)),
        None => {
            let methods: Vec<_> = here.iter().map(|(route, _)| route.method).collect();
            Err(Problem::method(methods.join(", ")))
        }
    }
}

/// Who calls, in the words of the log.
pub(super) fn actor(caller: &crate::auth::Caller, origin: crate::auth::Origin) -> Actor {
    Actor {
        name: caller.name.clone().unwrap_or_default(),
        kind: crate::store::ActorKind::Account,
        credential: caller.credential.as_deref().map(str::to_owned),
        address: origin.address,
    }
}

/// An operation of the API, as it is documented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its name in the OpenAPI document.
    pub name: &'static str,
    /// Its method.
    pub method: &'static str,
    /// Its path, with names in braces.
    pub path: &'static str,
    /// What it does.
    pub summary: &'static str,
}

/// All operations, in the order of the table.
pub fn operations() -> impl Iterator<Item = Operation> {
    let operation = |&Route { name, method, path, summary, .. }: &Route| Operation { name, method, path, summary };
    ROUTES.iter().map(operation)
}
