//! The objects of a file, one at a time, each with its place: of a bundle, an envelope, a list, a single object, or
//! JSON texts one after the other.

use std::cell::RefCell;
use std::fmt;
use std::io::{self, BufReader, Read};
use std::rc::Rc;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use stix_model::json::{DEPTH, Json, Members};

use super::place::{self, Place};
use crate::failure::Failure;
use crate::input;

/// One object of a file.
pub(crate) struct Text<'t> {
    pub(crate) text: &'t str,
    /// Where it begins.
    pub(crate) start: Place,
    /// What stood before the list: `type`, `id`, `spec_version` of a bundle.
    pub(crate) wrapper: &'t Members<'static>,
    /// Is it a text of its own, not an item of a list?
    pub(crate) whole: bool,
}

/// What a file is besides its objects.
#[derive(Debug)]
pub(crate) enum Form {
    /// A bundle or an envelope: what stood around the list.
    Document(Members<'static>),
    /// A list of objects.
    List,
    /// A single object, or one JSON text after the other, each an object or a bundle.
    Texts,
}

impl Text<'_> {
    /// Where the value is to which a pointer into the object leads.
    pub(crate) fn place(&self, pointer: &str) -> Place {
        let before = self.text.get(..place::offset(self.text, pointer)).unwrap_or_default();
        self.start.after(before.as_bytes())
    }
}

type Each<'e> = &'e mut dyn FnMut(Text<'_>);

/// Reads a file in memory that depends on its largest object only; tells what it is.
///
/// If the file is broken somewhere, the objects before that were handed over.
pub(crate) fn read(path: &str, each: Each<'_>) -> Result<Form, Failure> {
    let (start, input) = input::look(path).map_err(|error| Failure::file(path, &error))?;
    read_on(path, start, input, each)
}

/// The same for a file of which the beginning has been looked at.
pub(crate) fn read_on(path: &str, start: Vec<u8>, input: impl Read, each: Each<'_>) -> Result<Form, Failure> {
    let first = start.trim_ascii_start().first().copied();
    let list = first == Some(b'[');
    let lines = || input::is_lines(path, &start).map_err(|error| Failure::file(path, &error));
    let document = first.is_some() && !list && input::is_document(&start) && !lines()?;
    let kept = Rc::new(RefCell::new(Kept { bytes: Vec::new(), at: 0, place: Place::START }));
    let tee = Tee { input: io::Cursor::new(start).chain(input), kept: Rc::clone(&kept) };
    let mut json = serde_json::Deserializer::from_reader(BufReader::new(tee));
    let reading = Reading { kept, each };
    let outcome = match first {
        None => return Err(Failure::data(format!("{path}: the file is empty"))),
        Some(_) if list || document => reading.deserialize(&mut json).and_then(|form| json.end().map(|()| form)),
        Some(_) => reading.texts(json),
    };
    outcome.map_err(|error| Failure::data(format!("{path}: {error}")))
}

/// Keeps what was read until it is known where it belongs.
struct Tee<R> {
    input: R,
    kept: Rc<RefCell<Kept>>,
}

impl<R: Read> Read for Tee<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.kept.borrow_mut().bytes.extend_from_slice(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

/// What was read and not yet passed.
struct Kept {
    bytes: Vec<u8>,
    at: usize,
    /// The place of `at`.
    place: Place,
}

/// As much may be kept that was passed already.
const LAG: usize = 256 << 10;

impl Kept {
    /// Passes the next occurrence of a text: the next item of the list that is being read.
    fn pass(&mut self, text: &str) -> Place {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        // Between items there are commas and space only; before the first there may be anything.
        let between = rest.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == b',').count();
        let next = rest.get(between..).is_some_and(|rest| rest.starts_with(text.as_bytes()));
        let before = match next {
            true => between,
            false => rest.windows(text.len().max(1)).position(|window| window == text.as_bytes()).unwrap_or(0),
        };
        let start = self.place.after(rest.get(..before).unwrap_or_default());
        self.place = start.after(text.as_bytes());
        self.at += before + text.len();
        if self.at > LAG {
            self.bytes.drain(..self.at.min(self.bytes.len()));
            self.at = 0;
        }
        start
    }
}

struct Reading<'e> {
    kept: Rc<RefCell<Kept>>,
    each: Each<'e>,
}

impl Reading<'_> {
    fn hand_over(&mut self, text: &RawValue, wrapper: &Members<'static>, whole: bool) {
        let start = self.kept.borrow_mut().pass(text.get());
        (self.each)(Text { text: text.get(), start, wrapper, whole });
    }

    /// JSON texts one after the other.
    fn texts<'de, R: serde_json::de::Read<'de>>(
        mut self,
        json: serde_json::Deserializer<R>,
    ) -> serde_json::Result<Form> {
        let none = Members::new();
        for text in json.into_iter::<Box<RawValue>>() {
            self.hand_over(&text?, &none, true);
        }
        Ok(Form::Texts)
    }
}

impl<'de> DeserializeSeed<'de> for Reading<'_> {
    type Value = Form;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Form, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reading<'_> {
    type Value = Form;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a bundle, an object, a list of objects, or one JSON text after the other")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Form, A::Error> {
        let none = Members::new();
        while let Some(text) = items.next_element::<Box<RawValue>>()? {
            self.hand_over(&text, &none, false);
        }
        Ok(Form::List)
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Form, A::Error> {
        let mut wrapper = Members::new();
        let mut listed = false;
        while let Some(name) = members.next_key::<String>()? {
            if name == "objects" && !listed {
                members.next_value_seed(Items { reading: &mut self, wrapper: &wrapper })?;
                listed = true;
                continue;
            }
            let text = members.next_value::<Box<RawValue>>()?;
            let (value, _) = Json::parse_leniently(text.get(), DEPTH).map_err(A::Error::custom)?;
            if name == "objects" || wrapper.insert(name.clone(), value.into_owned()).is_some() {
                return Err(A::Error::custom(format_args!("duplicate member name {name:?}")));
            }
        }
        match listed || wrapper.get("type").and_then(Json::as_str) == Some("bundle") {
            true => Ok(Form::Document(wrapper)),
            false => Err(A::Error::custom("neither an object with a \"type\" nor a bundle with \"objects\"")),
        }
    }
}

/// The list of a bundle or an envelope.
struct Items<'r, 'e> {
    reading: &'r mut Reading<'e>,
    wrapper: &'r Members<'static>,
}

impl<'de> DeserializeSeed<'de> for Items<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Items<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(text) = items.next_element::<Box<RawValue>>()? {
            self.reading.hand_over(&text, self.wrapper, false);
        }
        Ok(())
    }
}
