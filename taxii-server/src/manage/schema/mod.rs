//! What bodies and answers look like: JSON Schemas (2020-12), beside the routes. The same schema documents a body and decides whether
//! it is taken, so the document cannot promise anything else than what is done.
//!
//! They are written by hand. Derived ones would have to be told, type by type, what the types' own serialization does: what a credential
//! never shows, that rights and clearances are read from words; and every type of the store would know of a format that only this
//! module speaks.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::problem::Finding;

/// Every schema, by name.
pub(super) static SCHEMAS: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    let parsed: Value = serde_json::from_str(include_str!("schemas.json")).unwrap_or_default();
    let mut schemas = parsed.as_object().cloned().unwrap_or_default();
    let change = change(&schemas);
    schemas.insert("Change".to_owned(), change);
    schemas
});

/// Each kind of change, and what it consists of: a schema whole, or these members of a schema.
const CHANGES: &[(&str, &str, &[&str])] = &[
    ("add-root", "Root", &[]),
    ("set-root", "Root", &[]),
    ("remove-root", "Root", &["name"]),
    ("add-collection", "Collection", &[]),
    ("set-collection", "Collection", &[]),
    ("remove-collection", "Collection", &["id"]),
    ("add-organisation", "Organisation", &[]),
    ("set-organisation", "Organisation", &[]),
    ("remove-organisation", "Organisation", &["name"]),
    ("add-group", "Group", &[]),
    ("set-group", "Group", &[]),
    ("remove-group", "Group", &["name"]),
    ("add-member", "Member", &[]),
    ("remove-member", "Member", &[]),
    ("add-account", "Account", &[]),
    ("set-account", "Account", &[]),
    ("remove-account", "Account", &["name"]),
    ("add-credential", "KeptCredential", &[]),
    ("set-credential", "Credential", &["id", "name", "expires", "scope"]),
    ("revoke-credential", "Credential", &["id"]),
    ("set-grant", "Grant", &[]),
    ("remove-grant", "Grant", &["subject", "object"]),
];

/// A change: what it is about, with the word that says what to do.
fn change(schemas: &Map<String, Value>) -> Value {
    let variant = |(tag, of, only): &(&str, &str, &[&str])| {
        let whole = schemas.get(*of).cloned().unwrap_or_default();
        let is_in = |name: &str| only.is_empty() || only.contains(&name);
        let members = whole.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
        let mut properties: Map<String, Value> = members.into_iter().filter(|(name, _)| is_in(name)).collect();
        properties.insert("change".to_owned(), json!({"const": tag}));
        let known = whole.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let mut required = vec!["change"];
        required.extend(known.filter(|name| is_in(name)));
        json!({"title": tag, "type": "object", "properties": properties, "required": required, "additionalProperties": false})
    };
    json!({"description": "One thing to change.", "oneOf": CHANGES.iter().map(variant).collect::<Vec<_>>()})
}

/// What in a value is not as its schema says; of a `partial` one, nothing has to be there at the top, and null takes away.
pub(super) fn check(name: &str, value: &Value, partial: bool) -> Vec<Finding> {
    let mut walk = Walk { findings: Vec::new() };
    match (SCHEMAS.get(name), partial) {
        (None, _) => walk.find("", format!("there is no schema {name}")),
        (Some(schema), false) => walk.check(schema, value, ""),
        (Some(schema), true) => walk.patch(schema, value, ""),
    }
    walk.findings
}

/// So many findings are told.
const TOLD: usize = 20;

struct Walk {
    findings: Vec<Finding>,
}

/// The schema itself, or the one that it refers to.
fn resolve(schema: &Value) -> &Value {
    let name = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
    name.and_then(|name| SCHEMAS.get(name)).unwrap_or(schema)
}

impl Walk {
    fn find(&mut self, pointer: &str, detail: String) {
        if self.findings.len() < TOLD {
            self.findings.push(Finding { pointer: pointer.to_owned(), detail });
        }
    }

    fn check(&mut self, schema: &Value, value: &Value, at: &str) {
        let schema = resolve(schema);
        if let Some(variants) = schema.get("oneOf").and_then(Value::as_array) {
            return self.check_variant(variants, value, at);
        }
        if let Some(types) = schema.get("type")
            && !is_of(types, value)
        {
            return self.find(at, format!("expected {}", expected(types)));
        }
        if let Some(one) = schema.get("const")
            && one != value
        {
            return self.find(at, format!("expected {one}"));
        }
        if let Some(words) = schema.get("enum").and_then(Value::as_array)
            && !words.contains(value)
        {
            let words: Vec<_> = words.iter().map(ToString::to_string).collect();
            return self.find(at, format!("expected one of {}", words.join(", ")));
        }
        match value {
            Value::Object(members) => self.members(schema, members, at),
            Value::Array(items) => self.items(schema, items, at),
            Value::String(text) => {
                self.length(schema, text.chars().count(), "characters", ["minLength", "maxLength"], at);
            }
            Value::Number(number) => self.number(schema, number.as_f64().unwrap_or_default(), at),
            _ => {}
        }
    }

    /// By the member that tells variants apart, so that what is wrong is said of the right one.
    fn check_variant(&mut self, variants: &[Value], value: &Value, at: &str) {
        let names = |variant: &Value| variant.pointer("/properties/change/const").cloned();
        let tag = value.get("change");
        let chosen = variants.iter().find(|variant| names(variant).as_ref() == tag && tag.is_some());
        if let Some(variant) = chosen {
            return self.check(variant, value, at);
        }
        if variants.iter().all(|variant| names(variant).is_some()) {
            let known: Vec<_> =
                variants.iter().filter_map(names).filter_map(|name| name.as_str().map(str::to_owned)).collect();
            return self.find(&format!("{at}/change"), format!("expected one of {}", known.join(", ")));
        }
        let fits = |variant: &&Value| {
            let mut walk = Self { findings: Vec::new() };
            walk.check(variant, value, at);
            walk.findings.is_empty()
        };
        if !variants.iter().any(|variant| fits(&variant)) {
            let names: Vec<_> = variants
                .iter()
                .map(|variant| variant.get("title").map_or_else(|| "something else".to_owned(), ToString::to_string))
                .collect();
            self.find(at, format!("expected one of {}", names.join(", ")));
        }
    }

    fn members(&mut self, schema: &Value, members: &Map<String, Value>, at: &str) {
        for name in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            if !members.contains_key(name) {
                self.find(&place(at, name), "it is missing".to_owned());
            }
        }
        for (name, value) in members {
            match member(schema, name) {
                Ok(Some(schema)) => self.check(schema, value, &place(at, name)),
                Ok(None) => {}
                Err(known) => self.find(&place(at, name), known),
            }
        }
    }

    /// Members of a patch, or of something whose other members have a default.
    fn patch(&mut self, schema: &Value, value: &Value, at: &str) {
        let schema = resolve(schema);
        let Some(members) = value.as_object() else { return self.find(at, "expected an object".to_owned()) };
        for (name, value) in members {
            let at = place(at, name);
            match member(schema, name) {
                Err(known) => self.find(&at, known),
                Ok(Some(schema)) if resolve(schema).get("properties").is_some() && value.is_object() => {
                    self.patch(schema, value, &at);
                }
                Ok(Some(schema)) if !value.is_null() => self.check(schema, value, &at),
                Ok(_) => {}
            }
        }
    }

    fn items(&mut self, schema: &Value, items: &[Value], at: &str) {
        self.length(schema, items.len(), "items", ["minItems", "maxItems"], at);
        let Some(each) = schema.get("items") else { return };
        for (index, item) in items.iter().enumerate() {
            self.check(each, item, &format!("{at}/{index}"));
        }
    }

    fn length(&mut self, schema: &Value, length: usize, of: &str, [least, most]: [&str; 2], at: &str) {
        let bound = |name: &str| schema.get(name).and_then(Value::as_u64);
        let length = length as u64;
        if let Some(least) = bound(least).filter(|least| length < *least) {
            self.find(at, format!("expected {least} {of} at least"));
        }
        if let Some(most) = bound(most).filter(|most| length > *most) {
            self.find(at, format!("expected {most} {of} at most"));
        }
    }

    fn number(&mut self, schema: &Value, number: f64, at: &str) {
        let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
        if let Some(least) = bound("minimum").filter(|least| number < *least) {
            self.find(at, format!("expected {least} or more"));
        }
        if let Some(most) = bound("maximum").filter(|most| number > *most) {
            self.find(at, format!("expected {most} or less"));
        }
    }
}

/// The schema of a member; none if anything may stand there; what there is if there is no such member.
fn member<'s>(schema: &'s Value, name: &str) -> Result<Option<&'s Value>, String> {
    let Some(known) = schema.get("properties").and_then(Value::as_object) else { return Ok(None) };
    match known.get(name) {
        Some(schema) => Ok(Some(schema)),
        None if schema.get("additionalProperties") == Some(&Value::Bool(false)) => {
            let names: Vec<&str> = known.keys().map(String::as_str).collect();
            Err(format!("there is no such member; there are {}", names.join(", ")))
        }
        None => Ok(None),
    }
}

fn place(at: &str, name: &str) -> String {
    let name: String = name.chars().take(100).collect();
    format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn types(types: &Value) -> Vec<&str> {
    match types {
        Value::String(one) => vec![one],
        several => several.as_array().into_iter().flatten().filter_map(Value::as_str).collect(),
    }
}

fn is_of(of: &Value, value: &Value) -> bool {
    types(of).into_iter().any(|name| match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    })
}

fn expected(of: &Value) -> String {
    types(of).join(" or ")
}
