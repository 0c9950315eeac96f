//! `taxii convert`: events of MISP made into STIX 2.1, and back.

use std::collections::HashSet;
use std::io::Read;

use misp::Document;
use misp::stix::{self, Beside};
use serde_json::json;
use stix_model::json::{Json, Members};

use crate::args::{Convert, Format, Global};
use crate::console::{Console, count};
use crate::failure::{Exit, Failure};
use crate::input;
use crate::upgrade::sink::{self, Sink};

/// How many lines there are for people about what was kept.
const SHOWN: usize = 20;

/// What may be in a file: more does not fit into memory several times over.
const MOST: u64 = 512 << 20;

pub(crate) fn run(args: &Convert, global: &Global, console: &Console) -> Result<Exit, Failure> {
    sink::apart(&args.files, "--out", &args.out)?;
    let mut out = Sink::new(&args.out);
    let mut totals = Totals::default();
    for file in &args.files {
        let text = read(file)?;
        let content =
            Content::of(&text, args.to.as_deref()).map_err(|problem| Failure::data(format!("{file}: {problem}")))?;
        totals.files += 1;
        match content {
            Content::Misp(documents) => out.line(&to_stix(&documents, &mut totals))?,
            Content::Stix(objects) => out.line(&to_misp(&objects, &mut totals))?,
        }
    }
    out.finish()?;
    totals.tell(global.output, console);
    Ok(Exit::Fine)
}

fn read(file: &str) -> Result<String, Failure> {
    let failure = |error| Failure::file(file, &error);
    let (mut bytes, rest) = input::look(file).map_err(failure)?;
    rest.take(MOST).read_to_end(&mut bytes).map_err(failure)?;
    if bytes.len() as u64 >= MOST {
        return Err(Failure::data(format!("{file}: larger than {} MiB; convert parts of it", MOST >> 20)));
    }
    String::from_utf8(bytes).map_err(|_| Failure::data(format!("{file}: not UTF-8; JSON is")))
}

/// What is in a file.
enum Content {
    Misp(Vec<Document>),
    Stix(Vec<Members<'static>>),
}

impl Content {
    fn of(text: &str, to: Option<&str>) -> Result<Self, String> {
        let values = values(text)?;
        let is_stix = match to {
            Some(to) => to == "misp",
            None => values.iter().all(is_stix),
        };
        if is_stix { Self::stix(values) } else { Self::misp(text, &values) }
    }

    fn stix(values: Vec<Json<'static>>) -> Result<Self, String> {
        let mut objects = Vec::new();
        for value in values {
            match value {
                Json::Object(mut members) => match members.remove("objects") {
                    Some(Json::List(items)) => objects.extend(items),
                    Some(other) => return Err(format!("/objects: {}; expected a list of objects", other.excerpt())),
                    None => objects.push(Json::Object(members)),
                },
                Json::List(items) => objects.extend(items),
                other => return Err(format!("{}; expected a bundle or objects of STIX", other.excerpt())),
            }
        }
        let members = |(i, object): (usize, Json<'static>)| match object {
            Json::Object(members) if members.contains("type") && members.contains("id") => Ok(members),
            other => Err(format!("object {}: {}; expected an object with a type and an id", i + 1, other.excerpt())),
        };
        Ok(Self::Stix(objects.into_iter().enumerate().map(members).collect::<Result<_, _>>()?))
    }

    fn misp(text: &str, values: &[Json<'static>]) -> Result<Self, String> {
        let parse = |text: &str| Document::parse_all(text).map_err(|invalid| invalid.to_string());
        if let [_] = values {
            return Ok(Self::Misp(parse(text)?));
        }
        let mut documents = Vec::new();
        for value in values {
            documents.extend(parse(&value.to_string())?);
        }
        Ok(Self::Misp(documents))
    }
}

/// The JSON texts of a file, one after the other.
fn values(text: &str) -> Result<Vec<Json<'static>>, String> {
    let texts = serde_json::Deserializer::from_str(text).into_iter::<Json<'static>>();
    let values = texts.collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
    if values.is_empty() { Err("the file is empty".to_owned()) } else { Ok(values) }
}

fn is_stix(value: &Json<'_>) -> bool {
    match value {
        Json::Object(members) if members.contains("Event") || members.contains("response") => false,
        Json::Object(members) => members.contains("objects") || (members.contains("type") && members.contains("id")),
        Json::List(items) => items.iter().all(is_stix),
        _ => false,
    }
}

/// One bundle of all events; what several of them have is there once.
fn to_stix(documents: &[Document], totals: &mut Totals) -> Json<'static> {
    let mut seen = HashSet::new();
    let mut objects = Vec::new();
    for document in documents {
        let converted = stix::convert(document);
        totals.beside.extend(converted.beside);
        let version =
            |object: &Members<'_>| (object.get("id").map(Json::to_string), object.get("modified").map(Json::to_string));
        objects.extend(converted.objects.into_iter().filter(|object| seen.insert(version(object))));
    }
    totals.events += documents.len() as u64;
    totals.objects += objects.len() as u64;
    totals.made_objects = true;
    serde_json::to_value(stix::bundle_of(objects)).unwrap_or_default().into()
}

/// One event, or all in the form of the answer to a search.
fn to_misp(objects: &[Members<'static>], totals: &mut Totals) -> Json<'static> {
    let documents = stix::events_of(objects);
    totals.events += documents.len() as u64;
    totals.objects += objects.len() as u64;
    let wrapped = |document: Document| {
        let event = [("Event", Json::Object(document.into_event()))];
        Json::Object(event.into_iter().collect())
    };
    let mut events: Vec<_> = documents.into_iter().map(wrapped).collect();
    if events.len() == 1 {
        return events.remove(0);
    }
    Json::Object([("response", Json::List(events))].into_iter().collect())
}

/// What was done, in the end.
#[derive(Default)]
struct Totals {
    files: u64,
    events: u64,
    objects: u64,
    made_objects: bool,
    beside: Vec<Beside>,
}

impl Totals {
    fn tell(&self, format: Option<Format>, console: &Console) {
        if matches!(format, Some(Format::Json | Format::Jsonl)) {
            for beside in &self.beside {
                let Beside { path, object, members } = beside;
                console.problem(&json!({ "path": path, "object": object, "members": members }).to_string());
            }
        } else {
            for Beside { path, object, members } in self.beside.iter().take(SHOWN) {
                console.summary(&format!("{path} keeps beside {object}: {}", members.join(", ")));
            }
            if let Some(more) = self.beside.len().checked_sub(SHOWN).filter(|more| *more > 0) {
                console.summary(&format!("and {more} more parts; --output json lists all"));
            }
        }
        let (events, objects) = (count(self.events, "event"), count(self.objects, "object"));
        let files = count(self.files, "file");
        console.summary(&match self.made_objects {
            true => {
                let kept = count(self.beside.len() as u64, "part");
                format!("{objects} made of {events} in {files}; {kept} with something kept beside in the extension")
            }
            false => format!("{events} made of {objects} in {files}"),
        });
    }
}
