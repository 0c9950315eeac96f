//! JSON pointers (RFC 6901): where in an object something was found.

use std::borrow::Cow;

use crate::json::Json;

/// A member name as a step of a pointer.
pub(crate) fn escape(name: &str) -> Cow<'_, str> {
    match name.bytes().any(|byte| byte == b'~' || byte == b'/') {
        true => name.replace('~', "~0").replace('/', "~1").into(),
        false => name.into(),
    }
}

/// A way from an object to something inside it, as it is walked.
#[derive(Default)]
pub(crate) struct Path<'p>(Vec<Step<'p>>);

pub(crate) enum Step<'p> {
    Name(&'p str),
    Index(usize),
}

impl<'p> Path<'p> {
    pub(crate) fn push(&mut self, name: &'p str) {
        self.0.push(Step::Name(name));
    }

    pub(crate) fn push_index(&mut self, index: usize) {
        self.0.push(Step::Index(index));
    }

    pub(crate) fn pop(&mut self) {
        self.0.pop();
    }

    /// The pointer to here.
    pub(crate) fn pointer(&self) -> String {
        let length = |step: &Step<'_>| match step {
            Step::Name(name) => name.len() + 1,
            Step::Index(_) => 3,
        };
        let mut pointer = String::with_capacity(self.0.iter().map(length).sum());
        for step in &self.0 {
            pointer.push('/');
            match step {
                Step::Name(name) => pointer.push_str(&escape(name)),
                Step::Index(index @ 0..10) => pointer.push(char::from(b'0' + *index as u8)),
                Step::Index(index) => pointer.push_str(&index.to_string()),
            }
        }
        pointer
    }
}

/// The value that a pointer leads to.
///
/// ```
/// use stix_model::json::Json;
/// use stix_model::resolve_pointer;
///
/// let json = Json::parse(r#"{"hashes": {"MD5": "x"}, "labels": ["a", "b"]}"#)?;
/// assert_eq!(resolve_pointer(&json, "/labels/1").and_then(Json::as_str), Some("b"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn resolve_pointer<'j, 'a>(json: &'j Json<'a>, pointer: &str) -> Option<&'j Json<'a>> {
    pointer.split('/').skip(1).try_fold(json, |json, step| match json {
        Json::Object(members) => members.get(&step.replace("~1", "/").replace("~0", "~")),
        Json::List(items) => items.get(step.parse::<usize>().ok()?),
        _ => None,
    })
}
