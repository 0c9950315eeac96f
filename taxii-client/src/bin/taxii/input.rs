use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use serde::Deserializer;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use stix_model::RawHead;
use stix_model::reader::{self, Limits, ReadError};
use taxii_client::RawObject;
use tokio::sync::mpsc::Sender;

const BOM: &[u8] = b"\xef\xbb\xbf";
const GZIP: &[u8] = b"\x1f\x8b";

/// What comes out of a file.
#[derive(Debug)]
pub(crate) enum Item {
    Object(RawObject),
    /// A line that is no object; the others are read on.
    Refused(String),
    /// The file cannot be read (any further).
    Broken(String),
}

/// Reads a file, object by object, whatever its size: a bundle, an envelope, or JSON texts one after
/// the other, each an object, a bundle or an envelope; compressed or not. Blocks; ends early when nobody takes the objects any more.
pub(crate) fn read(path: &str, objects: &Sender<Item>) {
    match read_from(path, objects) {
        Err(Stop::NobodyListens) | Ok(()) => {}
        Err(Stop::Broken(problem)) => _ = objects.blocking_send(Item::Broken(format!("{path}: {problem}"))),
    }
}

#[derive(Debug)]
enum Stop {
    NobodyListens,
    Broken(String),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Broken(error.to_string())
    }
}

fn open(path: &str) -> io::Result<Box<dyn BufRead>> {
    let mut input: Box<dyn BufRead> = match path {
        "-" => Box::new(BufReader::new(io::stdin())),
        path => Box::new(BufReader::new(File::open(path)?)),
    };
    if input.fill_buf()?.starts_with(GZIP) {
        input = Box::new(BufReader::new(MultiGzDecoder::new(input)));
    }
    Ok(input)
}

/// How much of a document is looked at to tell what it is.
const LOOK: u64 = 64 << 10;

/// Opens a file, compressed or not, and reads its beginning, without a byte order mark; the rest is still to be read.
pub(crate) fn look(path: &str) -> io::Result<(Vec<u8>, Box<dyn BufRead>)> {
    let mut input = open(path)?;
    let mut start = Vec::new();
    input.by_ref().take(LOOK).read_to_end(&mut start)?;
    if start.starts_with(BOM) {
        start.drain(..BOM.len());
    }
    Ok((start, input))
}

fn read_from(path: &str, objects: &Sender<Item>) -> Result<(), Stop> {
    let (start, input) = look(path)?;
    if start.trim_ascii().is_empty() {
        return Err(Stop::Broken("the file is empty".to_owned()));
    }
    let document = is_document(&start) && !is_lines(path, &start)?;
    let whole = io::Cursor::new(start).chain(input);
    if document { read_document(whole, objects) } else { read_texts(whole, objects) }
}

fn read_document(input: impl Read, objects: &Sender<Item>) -> Result<(), Stop> {
    let outcome = reader::read(input, &Limits::default(), |object| {
        objects.blocking_send(Item::Object(object)).map_err(|_| ReadError::Receiver("nobody listens".into()))
    });
    match outcome {
        Ok(_) => Ok(()),
        Err(ReadError::Receiver(_)) => Err(Stop::NobodyListens),
        Err(error) => Err(Stop::Broken(error.to_string())),
    }
}

fn read_texts(input: impl Read, objects: &Sender<Item>) -> Result<(), Stop> {
    let texts = serde_json::Deserializer::from_reader(BufReader::new(input)).into_iter::<Box<RawValue>>();
    for (i, text) in texts.enumerate() {
        let text = text.map_err(|error| Stop::Broken(format!("object {}: {error}", i + 1)))?;
        if is_document(text.get().as_bytes()) && objects_of(&text, i + 1, objects)? {
            continue;
        }
        let item = match RawHead::read(text.get(), 100) {
            Ok(head) if head.id().is_some() && head.object_type().is_some() => Item::Object(RawObject { text, head }),
            Ok(_) => {
                Item::Refused(format!("object {}: every object needs a string \"type\" and a string \"id\"", i + 1))
            }
            Err(error) => Item::Refused(format!("object {}: {error}", i + 1)),
        };
        objects.blocking_send(item).map_err(|_| Stop::NobodyListens)?;
    }
    Ok(())
}

/// Hands over what is in a line that is a bundle or an envelope; `false` if it is none.
fn objects_of(text: &RawValue, number: usize, objects: &Sender<Item>) -> Result<bool, Stop> {
    let items = match reader::from_str(text.get(), &Limits::default()) {
        Ok((_, items)) => items.into_iter().map(Item::Object).collect(),
        Err(_) if !has_list(text) => return Ok(false),
        Err(error) => vec![Item::Refused(format!("object {number}: {error}"))],
    };
    for item in items {
        objects.blocking_send(item).map_err(|_| Stop::NobodyListens)?;
    }
    Ok(true)
}

/// Is there a list of objects, or is it a bundle at least?
fn has_list(text: &RawValue) -> bool {
    let mut seen = Seen::default();
    let _ = serde::de::DeserializeSeed::deserialize(&mut seen, &mut serde_json::Deserializer::from_str(text.get()));
    seen.list || seen.object_type.as_deref() == Some("bundle")
}

/// Is the first line of a file a text of its own, with another one after it? Of what can be read only once, the
/// beginning decides.
pub(crate) fn is_lines(path: &str, start: &[u8]) -> io::Result<bool> {
    let mut line = FirstLine::default();
    if let Some(lines) = line.read(start) {
        return Ok(lines);
    }
    if path == "-" || (start.len() as u64) < LOOK - BOM.len() as u64 {
        return Ok(false);
    }
    let (mut input, mut line) = (open(path)?, FirstLine::default());
    loop {
        let bytes = input.fill_buf()?;
        if bytes.is_empty() {
            return Ok(false);
        }
        if let Some(lines) = line.read(bytes) {
            return Ok(lines);
        }
        let count = bytes.len();
        input.consume(count);
    }
}

/// How far the first line was read, and what is open there.
#[derive(Debug, Default)]
struct FirstLine {
    brackets: usize,
    quoted: bool,
    escaped: bool,
    /// The first text is complete.
    complete: bool,
}

impl FirstLine {
    /// Reads on: `Some` if it is known now whether another text follows.
    fn read(&mut self, bytes: &[u8]) -> Option<bool> {
        bytes.iter().find_map(|byte| {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.quoted => self.escaped = true,
                b'"' if !self.complete => self.quoted = !self.quoted,
                _ if self.quoted => {}
                byte if self.complete => return (!byte.is_ascii_whitespace()).then_some(*byte == b'{'),
                b'{' | b'[' => self.brackets += 1,
                b'}' | b']' => {
                    self.brackets = self.brackets.saturating_sub(1);
                    self.complete = self.brackets == 0;
                }
                b'\n' if self.brackets > 0 => return Some(false),
                _ => {}
            }
            None
        })
    }
}

/// Is this the start of a bundle or an envelope? Everything else that is no object with a type of its
/// own is taken for one, too: the reader says best what is wrong with it.
pub(crate) fn is_document(start: &[u8]) -> bool {
    let mut seen = Seen::default();
    // The start may end anywhere: what was seen until then counts.
    let _ = serde::de::DeserializeSeed::deserialize(&mut seen, &mut serde_json::Deserializer::from_slice(start));
    match seen.object_type.as_deref() {
        Some(object_type) => object_type == "bundle",
        None => seen.list || !seen.id,
    }
}

/// What stands at the top level of a JSON object.
#[derive(Debug, Default)]
struct Seen {
    object_type: Option<String>,
    id: bool,
    list: bool,
}

impl<'de> serde::de::DeserializeSeed<'de> for &mut Seen {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Seen {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key::<String>()? {
            match name.as_str() {
                "type" => self.object_type = Some(members.next_value()?),
                "id" => {
                    self.id = true;
                    members.next_value::<IgnoredAny>()?;
                }
                "objects" => {
                    self.list = true;
                    members.next_value::<IgnoredAny>()?;
                }
                _ => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines from a document on several lines, wherever what is read ends.
    #[test]
    fn documents_on_lines() {
        for (text, lines) in [
            ("{\"type\":\"bundle\"}\n{\"type\":\"bundle\"}\n", true),
            ("{\"a\":\"}\\\"{\"}\r\n\n {", true),
            ("{}{}", true),
            ("{\"type\":\"bundle\"}\n", false),
            ("{\"type\":\"bundle\",\n\"id\":\"x\"}\n{}", false),
            ("{} rubbish", false),
            ("{\"a\":\"\\", false),
        ] {
            assert_eq!(FirstLine::default().read(text.as_bytes()).unwrap_or_default(), lines, "{text}");
            let mut line = FirstLine::default();
            let found = text.as_bytes().iter().find_map(|byte| line.read(std::slice::from_ref(byte)));
            assert_eq!(found.unwrap_or_default(), lines, "{text}");
        }
    }

    /// Bundles and envelopes from JSON lines, also when the start is cut off.
    #[test]
    fn documents_and_lines() {
        for (start, document) in [
            (r#"{"objects":[{"type":"url""#, true),
            (r#"{"type":"bundle","id":"bundle--1","objects":[{"type":"url""#, true),
            (r#"{"id":"bundle--1","type":"bundle""#, true),
            (r#"{"more":false,"objects":[]}"#, true),
            (r#"{"type":"url","id":"url--1"}{"type":"url""#, false),
            ("{\"type\":\"url\",\n\"id\":\"url--1\"}\n{", false),
            (r#"{"type":"observed-data","id":"x--1","objects":{"0":{"type":"bundle""#, false),
            (r#"{"id":"url--1","value":"cut of"#, false),
            ("[]", true),
            ("{}", true),
            ("rubbish", true),
        ] {
            assert_eq!(is_document(start.as_bytes()), document, "{start}");
        }
    }
}
