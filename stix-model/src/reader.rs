//! Bundles (STIX 2.1 §8) and TAXII envelopes (TAXII 2.1 §3.7), read one object at a time.
//!
//! Both are a JSON object with a list named `objects`; whatever else stands beside the list is
//! checked and passed over, except the `spec_version` of a STIX 2.0 bundle. The text of each object is
//! kept as it was. The whole document is held to I-JSON (RFC 7493): a duplicate member name
//! anywhere refuses it.
//!
//! [`read`] streams from any [`std::io::Read`] and holds one object at a time, whatever the size of the document:
//!
//! ```
//! use stix_model::reader::{self, Limits};
//!
//! let file = std::io::Cursor::new(r#"{"objects": [{"type": "url", "id": "url--c1477287-23ac-5971-a010-5c287877fa60", "value": "https://example.com"}]}"#);
//! let mut types = Vec::new();
//! reader::read(file, &Limits::default(), |object| {
//!     types.push(object.head.object_type().unwrap_or_default().to_owned());
//!     Ok(())
//! })?;
//! assert_eq!(types, ["url"]);
//! # Ok::<(), reader::ReadError>(())
//! ```

use std::fmt;
use std::io::{self, Read};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::head::{Member, MemberSeed};
use crate::strict::{Name, Names, Strict};
use crate::{RawHead, SpecVersion};

/// How much a document may hold.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Levels of nesting, counted from the document itself.
    pub depth: usize,
    /// Objects in the list.
    pub objects: usize,
}

impl Default for Limits {
    /// 100 levels; any number of objects.
    fn default() -> Self {
        Self { depth: 100, objects: usize::MAX }
    }
}

/// One item of the list: an object with a string `type` and a string `id`.
#[derive(Clone, Debug)]
pub struct RawObject {
    /// The object exactly as it stood in the document.
    pub text: Box<RawValue>,
    /// What identifies it, unchecked.
    pub head: RawHead,
}

/// What stood around the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wrapper {
    spec_version: Option<SpecVersion>,
}

impl Wrapper {
    /// The edition of STIX that the wrapper states for its objects: a STIX 2.0 bundle does.
    #[must_use]
    pub fn spec_version(&self) -> Option<SpecVersion> {
        self.spec_version
    }
}

/// Why a document cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Not JSON, or JSON that I-JSON does not allow; the message says where.
    #[error("not valid JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The bytes are not UTF-8; the first bad one is at this offset.
    #[error("invalid UTF-8 at byte {0}")]
    Utf8(usize),
    /// There is no document.
    #[error("the body is empty; expected a JSON object with a list named \"objects\"")]
    Empty,
    /// The top level has no list of objects.
    #[error("expected a JSON object with a non-empty list named \"objects\"; {0}")]
    Objects(&'static str),
    /// An item of the list cannot be named in a report: it is no object, or lacks `type` or `id`.
    #[error("objects[{index}]: {problem}")]
    Item {
        /// Its place in the list, counted from zero.
        index: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// The list is longer than [`Limits::objects`].
    #[error("more than {0} objects")]
    TooMany(usize),
    /// The input could not be read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The receiver of the objects gave up.
    #[error("{0}")]
    Receiver(Box<dyn std::error::Error + Send + Sync>),
}

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Reads a document from a stream, handing each object over as soon as it is complete.
///
/// # Errors
/// The document is no bundle or envelope, reading fails, or `receive` does: see [`ReadError`].
/// Objects received before the error were good ones.
pub fn read(
    input: impl Read,
    limits: &Limits,
    mut receive: impl FnMut(RawObject) -> Result<(), ReadError>,
) -> Result<Wrapper, ReadError> {
    let mut input = io::BufReader::new(input);
    let mut start = Vec::with_capacity(BOM.len());
    input.by_ref().take(BOM.len() as u64).read_to_end(&mut start)?;
    if start == BOM {
        start.clear();
    }
    drive(serde_json::Deserializer::from_reader(start.as_slice().chain(input)), limits, &mut receive)
}

/// Reads a document that is in memory.
///
/// # Errors
/// The document is no bundle or envelope: see [`ReadError`].
pub fn from_slice(bytes: &[u8], limits: &Limits) -> Result<(Wrapper, Vec<RawObject>), ReadError> {
    let bytes = bytes.strip_prefix(BOM).unwrap_or(bytes);
    from_str(std::str::from_utf8(bytes).map_err(|e| ReadError::Utf8(e.valid_up_to()))?, limits)
}

/// Reads a document that is in memory and known to be text.
///
/// # Errors
/// The document is no bundle or envelope: see [`ReadError`].
pub fn from_str(text: &str, limits: &Limits) -> Result<(Wrapper, Vec<RawObject>), ReadError> {
    let mut objects = Vec::new();
    let wrapper = drive(serde_json::Deserializer::from_str(text), limits, &mut |object| {
        objects.push(object);
        Ok(())
    })?;
    Ok((wrapper, objects))
}

type Receive<'r> = &'r mut dyn FnMut(RawObject) -> Result<(), ReadError>;

fn drive<'de, R: serde_json::de::Read<'de>>(
    mut json: serde_json::Deserializer<R>,
    limits: &Limits,
    receive: Receive<'_>,
) -> Result<Wrapper, ReadError> {
    let mut failure = None;
    let document = Document { limits, receive, failure: &mut failure };
    let outcome = document.deserialize(&mut json).and_then(|wrapper| json.end().map(|()| wrapper));
    match (failure, outcome) {
        (Some(failure), _) => Err(failure),
        (None, Ok(wrapper)) => Ok(wrapper),
        (None, Err(error)) if error.is_eof() && (error.line(), error.column()) <= (1, 0) => Err(ReadError::Empty),
        (None, Err(error)) => Err(error.into()),
    }
}

/// The top level. Serde's errors carry only words, so the real one waits in `failure`.
struct Document<'r> {
    limits: &'r Limits,
    receive: Receive<'r>,
    failure: &'r mut Option<ReadError>,
}

impl Document<'_> {
    fn fail<E: serde::de::Error>(&mut self, error: ReadError) -> E {
        let words = error.to_string();
        self.failure.get_or_insert(error);
        E::custom(words)
    }

    fn item(&mut self, index: usize, text: Box<RawValue>) -> Result<(), ReadError> {
        let wrong = |problem: String| ReadError::Item { index, problem };
        if !text.get().starts_with('{') {
            return Err(wrong("expected a JSON object".to_owned()));
        }
        let depth = self.limits.depth.saturating_sub(2);
        let head = RawHead::read(text.get(), depth).map_err(|error| wrong(error.to_string()))?;
        for (member, name) in [(&head.object_type, "type"), (&head.id, "id")] {
            match member {
                Member::Text(_) => {}
                Member::Absent => {
                    return Err(wrong(format!(
                        "no {name:?}; every object needs a string \"type\" and a string \"id\""
                    )));
                }
                Member::Other(kind) => return Err(wrong(format!("{name:?} is {kind}, expected a string"))),
            }
        }
        (self.receive)(RawObject { text, head })
    }
}

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = Wrapper;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Wrapper, D::Error> {
        deserializer.deserialize_any(self)
    }
}

macro_rules! not_an_object {
    ($($method:ident: $type:ty),*) => {$(
        fn $method<E: serde::de::Error>(mut self, _: $type) -> Result<Wrapper, E> {
            Err(self.fail(ReadError::Objects("the top level is no object")))
        }
    )*};
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = Wrapper;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object with a list named \"objects\"")
    }

    not_an_object!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

    fn visit_unit<E: serde::de::Error>(mut self) -> Result<Wrapper, E> {
        Err(self.fail(ReadError::Objects("the top level is no object")))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, _: A) -> Result<Wrapper, A::Error> {
        Err(self.fail(ReadError::Objects("the top level is a list")))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Wrapper, A::Error> {
        let inside = Strict { depth: self.limits.depth.saturating_sub(1) };
        let mut names = Names::default();
        let mut wrapper = Wrapper::default();
        let mut listed = None;
        while let Some(name) = members.next_key_seed(Name)? {
            match &*name {
                "objects" => listed = Some(members.next_value_seed(Objects { document: &mut self, depth: inside })?),
                "spec_version" => {
                    let member = members.next_value_seed(MemberSeed(inside))?;
                    wrapper.spec_version = member.text().and_then(|text| text.parse().ok());
                }
                _ => members.next_value_seed(inside)?,
            }
            names.insert(name)?;
        }
        match listed {
            Some(List::Of(1..)) => Ok(wrapper),
            Some(List::Of(0)) => Err(self.fail(ReadError::Objects("the list is empty"))),
            Some(List::Not) => Err(self.fail(ReadError::Objects("\"objects\" is no list"))),
            None => Err(self.fail(ReadError::Objects("there is no \"objects\""))),
        }
    }
}

/// What `objects` turned out to be.
enum List {
    Of(usize),
    Not,
}

struct Objects<'r, 'd> {
    document: &'r mut Document<'d>,
    depth: Strict,
}

impl<'de> DeserializeSeed<'de> for Objects<'_, '_> {
    type Value = List;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<List, D::Error> {
        deserializer.deserialize_any(self)
    }
}

macro_rules! no_list {
    ($($method:ident: $type:ty),*) => {$(
        fn $method<E>(self, _: $type) -> Result<List, E> {
            Ok(List::Not)
        }
    )*};
}

impl<'de> Visitor<'de> for Objects<'_, '_> {
    type Value = List;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }

    no_list!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

    fn visit_unit<E>(self) -> Result<List, E> {
        Ok(List::Not)
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<List, A::Error> {
        self.depth.visit_map(members).map(|()| List::Not)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<List, A::Error> {
        let document = self.document;
        let mut index = 0;
        while let Some(text) = items.next_element::<Box<RawValue>>()? {
            if index == document.limits.objects {
                return Err(document.fail(ReadError::TooMany(index)));
            }
            document.item(index, text).map_err(|error| document.fail::<A::Error>(error))?;
            index += 1;
        }
        Ok(List::Of(index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OBJECT: &str = r#"{"type":"url","id":"url--c1477287-23ac-5971-a010-5c287877fa60","n":1.50}"#;

    fn parse(text: &str) -> Result<(Wrapper, Vec<RawObject>), ReadError> {
        from_slice(text.replace("OBJECT", OBJECT).as_bytes(), &Limits { depth: 100, objects: 3 })
    }

    /// AMB-05, J-01, AC-17: an object with a list `objects` is an envelope, whatever else it holds; bytes are kept.
    #[test]
    fn reads_bundles_and_envelopes() {
        for good in [
            r#"{"objects":[OBJECT]}"#,
            r#"{"type":"bundle","id":"bundle--x","objects":[OBJECT]}"#,
            r#"{"more":true,"next":"x","objects":[ OBJECT ],"x_custom":{"a":[1]}}"#,
        ] {
            let (wrapper, objects) = parse(good).unwrap();
            assert_eq!(objects[0].text.get(), OBJECT);
            assert_eq!(wrapper.spec_version(), None);
        }
        assert_eq!(
            parse(r#"{"objects":[OBJECT],"spec_version":"2.0"}"#).unwrap().0.spec_version(),
            Some(SpecVersion::V2_0)
        );
        assert!(from_slice(format!("\u{feff}{{\"objects\":[{OBJECT}]}}").as_bytes(), &Limits::default()).is_ok());
    }

    /// AMB-06, AMB-32, J-01, LIB-11: what refuses the document as a whole, and what the error says.
    #[test]
    fn refuses_with_a_reason() {
        for (bad, says) in [
            ("", "empty"),
            ("{", "EOF"),
            ("[]", "top level is a list"),
            ("7", "top level is no object"),
            ("null", "top level is no object"),
            ("{}", "no \"objects\""),
            (r#"{"objects":"x"}"#, "no list"),
            (r#"{"objects":{}}"#, "no list"),
            (r#"{"objects":null}"#, "no list"),
            (r#"{"objects":[]}"#, "list is empty"),
            (r#"{"objects":[OBJECT],"objects":[OBJECT]}"#, "duplicate"),
            (r#"{"objects":[OBJECT],"a":{"b":1,"b":1}}"#, "duplicate"),
            (r#"{"objects":[OBJECT,7]}"#, "objects[1]: expected a JSON object"),
            (r#"{"objects":[OBJECT,{"id":"x"}]}"#, "objects[1]: no \"type\""),
            (r#"{"objects":[{"type":"x","id":7}]}"#, "objects[0]: \"id\" is a number"),
            (r#"{"objects":[{"type":"x","id":"y","z":[{"q":1,"q":1}]}]}"#, "objects[0]: duplicate"),
            (r#"{"objects":[OBJECT,OBJECT,OBJECT,OBJECT]}"#, "more than 3"),
            (r#"{"objects":[OBJECT]} x"#, "trailing"),
            (r#"{"objects":[OBJECT],"a":"\ud800x"}"#, "hex escape"),
        ] {
            let error = parse(bad).unwrap_err().to_string();
            assert!(error.contains(says), "{bad}: {error}");
        }
        assert!(matches!(from_slice(b"{\"a\":\"\xff\"}", &Limits::default()), Err(ReadError::Utf8(6))));
        for deep in [
            format!(r#"{{"objects":[{{"type":"x","id":"y","z":{}}}]}}"#, "[".repeat(10_000)),
            format!(r#"{{"a":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000)),
            format!(r#"{{"objects":[{{"type":"x","id":"y","z":{}{}}}]}}"#, "[".repeat(98), "]".repeat(98)),
        ] {
            assert!(parse(&deep).is_err());
        }
    }

    /// LIB-08: the stream and the slice agree; what comes before a damaged place is handed over.
    #[test]
    fn streams_one_object_at_a_time() {
        let text = format!(r#"{{"objects":[{OBJECT},{OBJECT},7]}}"#);
        let mut seen = 0;
        let error = read(text.as_bytes(), &Limits::default(), |object| {
            assert_eq!(object.text.get(), OBJECT);
            seen += 1;
            Ok(())
        })
        .unwrap_err();
        assert_eq!(seen, 2);
        assert!(error.to_string().contains("objects[2]"));
        assert!(matches!(read(&b""[..], &Limits::default(), |_| Ok(())), Err(ReadError::Empty)));
    }
}
