//! Every place in every object of the standard where somebody can write something, read off the property tables.

use stix_model::object::{EXTENSIONS, OBJECT_TYPES};
use stix_model::property::{Kind, Property, Role, Shape};

use super::*;

/// A place for text in an object.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) object_type: &'static str,
    /// A pointer to it, once it is filled.
    pub(super) pointer: String,
    /// The tables and properties that lead to it.
    pub(super) through: Vec<(&'static str, &'static str)>,
    /// It holds any text that one likes.
    pub(super) is_free: bool,
}

/// What the smallest object of a type has.
const LEAST: [(&str, &str); 39] = [
    ("attack-pattern", r#"{"name":"x"}"#),
    ("campaign", r#"{"name":"x"}"#),
    ("course-of-action", r#"{"name":"x"}"#),
    ("grouping", r#"{"context":"unspecified","object_refs":["tool--00000007-0000-4000-8000-000000000000"]}"#),
    ("identity", r#"{"name":"x"}"#),
    ("incident", r#"{"name":"x"}"#),
    ("indicator", r#"{"pattern":"[url:value = 'x']","pattern_type":"stix","valid_from":"2026-11-19T10:11:12Z"}"#),
    ("infrastructure", r#"{"name":"x"}"#),
    ("intrusion-set", r#"{"name":"x"}"#),
    ("location", r#"{"country":"de"}"#),
    ("malware", r#"{"is_family":false}"#),
    ("malware-analysis", r#"{"product":"x","result":"malicious"}"#),
    ("note", r#"{"content":"x","object_refs":["tool--00000007-0000-4000-8000-000000000000"]}"#),
    (
        "observed-data",
        r#"{"first_observed":"2026-11-19T10:11:12Z","last_observed":"2026-11-19T10:11:12Z","number_observed":1}"#,
    ),
    ("opinion", r#"{"opinion":"agree","object_refs":["tool--00000007-0000-4000-8000-000000000000"]}"#),
    (
        "report",
        r#"{"name":"x","published":"2026-11-19T10:11:12Z","object_refs":["tool--00000007-0000-4000-8000-000000000000"]}"#,
    ),
    ("threat-actor", r#"{"name":"x"}"#),
    ("tool", r#"{"name":"x"}"#),
    ("vulnerability", r#"{"name":"x"}"#),
    (
        "relationship",
        r#"{"relationship_type":"related-to","source_ref":"tool--00000007-0000-4000-8000-000000000000","target_ref":"tool--00000007-0000-4000-8000-000000000000"}"#,
    ),
    ("sighting", r#"{"sighting_of_ref":"tool--00000007-0000-4000-8000-000000000000"}"#),
    ("artifact", r#"{"url":"https://x.example/","hashes":{"MD5":"d41d8cd98f00b204e9800998ecf8427e"}}"#),
    ("autonomous-system", r#"{"number":1}"#),
    ("directory", r#"{"path":"/tmp"}"#),
    ("domain-name", r#"{"value":"x.example"}"#),
    ("email-addr", r#"{"value":"x@x.example"}"#),
    ("email-message", r#"{"is_multipart":false}"#),
    ("file", r#"{"hashes":{"MD5":"d41d8cd98f00b204e9800998ecf8427e"}}"#),
    ("ipv4-addr", r#"{"value":"198.51.100.3"}"#),
    ("ipv6-addr", r#"{"value":"2001:db8::1"}"#),
    ("mac-addr", r#"{"value":"d2:fb:49:24:37:18"}"#),
    ("mutex", r#"{"name":"x"}"#),
    ("network-traffic", r#"{"dst_ref":"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4","protocols":["tcp"]}"#),
    ("process", r#"{"is_hidden":true}"#),
    ("software", r#"{"name":"x"}"#),
    ("url", r#"{"value":"https://x.example/"}"#),
    ("user-account", r#"{"user_id":"1"}"#),
    ("windows-registry-key", r#"{"key":"HKEY_LOCAL_MACHINE\\x"}"#),
    ("x509-certificate", r#"{"serial_number":"1"}"#),
];

/// What a text has to look like so that its object is valid; `{}` is what one likes.
fn form(table: &str, property: &str) -> &'static str {
    match (table, property) {
        ("indicator", "pattern") => "[mutex:name = '{}']",
        ("windows-registry-key", "key") => "HKEY_LOCAL_MACHINE\\{}",
        ("domain-name", "value") => "{}.example",
        ("url" | "artifact", "value" | "url") => "https://x.example/{}",
        ("file" | "artifact", "mime_type") => "text/{}",
        ("software", "cpe") => "cpe:2.3:a:{}:word:1.0:*:*:*:*:*:*:*",
        ("external-reference", "url") => "https://{}.example/",
        ("external-reference", "external_id") => "T1059{}",
        ("external-reference", "source_name") => "{}",
        _ => "{}",
    }
}

/// Types that have no room of their own.
const OTHERS: [&str; 3] = ["marking-definition", "language-content", "extension-definition"];

/// The object types whose places are looked at.
pub(super) fn types() -> impl Iterator<Item = &'static Shape> {
    OBJECT_TYPES.iter().copied().filter(|shape| shape.name != "bundle" && !OTHERS.contains(&shape.name))
}

fn is_observable(shape: &Shape) -> bool {
    shape.role == Role::Object(stix_model::TypeClass::Observable)
}

pub(super) fn least(shape: &Shape, number: u32) -> Value {
    let more = LEAST.iter().find(|(name, _)| *name == shape.name).unwrap_or_else(|| panic!("{}", shape.name));
    let more: Value = serde_json::from_str(more.1).unwrap();
    if is_observable(shape) { observable(shape.name, number, &more) } else { object(shape.name, number, &more) }
}

/// Goes through the tables and fills in values; one place gets what is planted.
struct Fill<'f> {
    object_type: &'static str,
    slots: Vec<Slot>,
    through: Vec<(&'static str, &'static str)>,
    /// Which place to fill, and with what.
    plant: Option<(usize, &'f str)>,
}

impl Fill<'_> {
    /// What is written at a place.
    fn slot(&mut self, pointer: &str, usual: &str, planted: &str, is_free: bool) -> Value {
        let slot =
            Slot { object_type: self.object_type, pointer: pointer.to_owned(), through: self.through.clone(), is_free };
        self.slots.push(slot);
        match self.plant {
            Some((at, text)) if at == self.slots.len() - 1 => json!(planted.replace("{}", text)),
            _ => json!(usual),
        }
    }

    fn key(&mut self, pointer: &str, usual: &str) -> String {
        self.slot(&format!("{pointer}/{usual}"), usual, "{}", false).as_str().unwrap().to_owned()
    }

    fn value(&mut self, table: &'static str, name: &'static str, kind: &'static Kind, pointer: &str) -> Value {
        let encoded =
            |encode: fn(&[u8]) -> String| self.plant.map_or_else(String::new, |(_, text)| encode(text.as_bytes()));
        let hex = encoded(|bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect());
        let base64 = encoded(|bytes| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes));
        match kind {
            Kind::Boolean => json!(false),
            Kind::Integer { min, .. } => json!(min.max(&1)),
            Kind::Float { .. } => json!(1.0),
            Kind::Any | Kind::String | Kind::Url | Kind::Selector => {
                let form = form(table, name);
                self.slot(pointer, &form.replace("{}", "x"), form, true)
            }
            Kind::Hex => self.slot(pointer, "00", &hex, true),
            Kind::Binary => self.slot(pointer, "", &base64, true),
            Kind::Timestamp(_) => {
                let digits: String = hex.bytes().map(|byte| char::from(b'0' + byte % 10)).collect();
                self.slot(pointer, "2026-11-19T10:11:12.000Z", &format!("2026-11-19T10:11:12.{digits}Z"), false)
            }
            Kind::Language => self.slot(pointer, "en", "en-x-{}", false),
            Kind::Literal(word) => self.slot(pointer, word, "{}", false),
            Kind::Vocabulary(words) => self.slot(pointer, words.values[0], "{}", false),
            Kind::Reference(_) | Kind::Identifier => {
                self.slot(pointer, "tool--00000007-0000-4000-8000-000000000000", "{}", false)
            }
            Kind::List(of) => json!([self.value(table, name, of, &format!("{pointer}/0"))]),
            Kind::Dictionary(of, _) => {
                let key = self.key(pointer, "User-Agent");
                self.value(table, name, of, &format!("{pointer}/{key}")).pipe(|value| json!({key: value}))
            }
            Kind::Hashes => {
                let key = self.key(pointer, "MD5");
                let hash = self.slot(&format!("{pointer}/MD5"), "d41d8cd98f00b204e9800998ecf8427e", "{}", false);
                json!({key: hash})
            }
            Kind::Either(kinds) => self.value(table, name, &kinds[kinds.len() - 1], pointer),
            Kind::Object(shape) => self.part(shape, pointer),
            Kind::Extensions => self.extensions(pointer),
            Kind::Observables => {
                let name = self.slot(&format!("{pointer}/0/name"), "x", "{}", false);
                json!({"0": {"type": "file", "name": name}})
            }
            Kind::Translations => json!({"de": {"name": self.slot(&format!("{pointer}/de/name"), "x", "{}", false)}}),
        }
    }

    fn part(&mut self, shape: &'static Shape, pointer: &str) -> Value {
        let mut part = serde_json::Map::new();
        for row in shape.properties {
            part.insert(row.name.to_owned(), self.row(shape.name, row, pointer));
        }
        let own = self.slot(&format!("{pointer}/x_own"), "x", "{}", false);
        part.insert("x_own".to_owned(), own);
        if shape.name == "external-reference" && self.plant.is_none_or(|(_, text)| part["source_name"] != text) {
            part.insert("source_name".to_owned(), json!("mitre-attack"));
        }
        Value::Object(part)
    }

    fn row(&mut self, table: &'static str, row: &'static Property, pointer: &str) -> Value {
        self.through.push((table, row.name));
        let value = self.value(table, row.name, &row.kind, &format!("{pointer}/{}", row.name));
        self.through.pop();
        value
    }

    fn extensions(&mut self, pointer: &str) -> Value {
        let mut all = serde_json::Map::new();
        for shape in EXTENSIONS {
            if matches!(shape.role, Role::Extension(hosts) if hosts.contains(&self.object_type)) {
                all.insert(shape.name.to_owned(), self.part(shape, &format!("{pointer}/{}", shape.name)));
            }
        }
        let id = "extension-definition--00000001-0000-4000-8000-000000000000";
        let own = self.slot(&format!("{pointer}/{id}/x"), "x", "{}", false);
        all.insert(id.to_owned(), json!({"extension_type": "property-extension", "x": own}));
        Value::Object(all)
    }
}

trait Pipe: Sized {
    fn pipe<T>(self, then: impl FnOnce(Self) -> T) -> T {
        then(self)
    }
}

impl Pipe for Value {}

/// Every property of a type that one can write into, filled one by one in an object that is as small as it can be.
fn filled(
    shape: &'static Shape,
    property: &'static Property,
    number: u32,
    plant: Option<(usize, &str)>,
) -> (Value, Vec<Slot>) {
    let mut fill = Fill { object_type: shape.name, slots: Vec::new(), through: Vec::new(), plant };
    let value = fill.row(shape.name, property, "");
    let mut object = least(shape, number);
    object[property.name] = value;
    (object, fill.slots)
}

/// The places of a property, each with what plants a text there.
pub(super) fn slots() -> Vec<(Slot, impl Fn(u32, &str) -> Value)> {
    let mut all = Vec::new();
    for shape in types() {
        let rows =
            shape.rows().filter(|row| !["type", "id", "object_marking_refs", "granular_markings"].contains(&row.name));
        for property in rows {
            let (_, slots) = filled(shape, property, 1, None);
            all.extend(slots.into_iter().enumerate().map(|(at, slot)| {
                (slot, move |number: u32, text: &str| filled(shape, property, number, Some((at, text))).0)
            }));
        }
    }
    all
}
