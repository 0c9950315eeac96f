//! What a caller wants of an event or a list, in the path as MISP writes it (`deleted[]:0/excludeGalaxy:1`) or in a body.

use serde_json::{Map, Value};

use crate::service::Wish;

/// Parameters by their names; each may have several values.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Named(Vec<(String, String)>);

/// More parameters than this nobody sends.
const MOST: usize = 1000;

impl Named {
    /// Of the rest of a path.
    pub(super) fn of_path(parts: &[&str]) -> Self {
        let mut named = Self::default();
        for part in parts {
            let part = part.strip_suffix(".json").unwrap_or(part);
            if let Some((name, value)) = part.split_once(':') {
                named.put(name.trim_end_matches("[]"), value);
            }
        }
        named
    }

    /// And of a body. Values in a list count one by one; what is deeper does not.
    pub(super) fn and(mut self, body: &Map<String, Value>) -> Self {
        for (name, value) in body {
            match value {
                Value::Array(items) => items.iter().for_each(|item| self.put_value(name, item)),
                Value::Object(items) => items.values().for_each(|item| self.put_value(name, item)),
                value => self.put_value(name, value),
            }
        }
        self
    }

    fn put_value(&mut self, name: &str, value: &Value) {
        match value {
            Value::String(text) => self.put(name, text),
            Value::Bool(value) => self.put(name, if *value { "1" } else { "0" }),
            Value::Number(number) => self.put(name, &number.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => {}
        }
    }

    fn put(&mut self, name: &str, value: &str) {
        if self.0.len() < MOST {
            self.0.push((name.to_ascii_lowercase(), value.to_owned()));
        }
    }

    /// The values of a name, in lower case.
    pub(super) fn all<'n>(&'n self, name: &'n str) -> impl Iterator<Item = &'n str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The last value of a name.
    pub(super) fn last<'n>(&'n self, name: &'n str) -> Option<&'n str> {
        self.all(name).last()
    }

    /// Is it set, and not to nothing?
    pub(super) fn is_set(&self, name: &str) -> bool {
        self.last(name).is_some_and(|value| !matches!(value, "" | "0" | "false"))
    }

    /// How an event is wanted.
    pub(super) fn wish(&self) -> Wish {
        let deleted: Vec<&str> = self.all("deleted").collect();
        // Once without a zero among several: only what was deleted.
        let only = deleted == ["only"] || (deleted.len() > 1 && !deleted.contains(&"0"));
        let also = deleted.iter().any(|value| !matches!(*value, "" | "0" | "false"));
        Wish {
            file: false,
            deleted: also,
            only_deleted: only,
            no_galaxies: self.is_set("excludegalaxy"),
            no_reports: self.is_set("noeventreports"),
            no_attachments: self.last("includeattachments") == Some("0"),
            no_sightings: self.is_set("nosightings"),
            metadata: self.is_set("metadata"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Paths as MISP's synchronisation writes them and bodies as PyMISP does say the same.
    #[test]
    fn wishes() {
        let pulled =
            ["deleted[]:0", "deleted[]:1", "excludeGalaxy:1", "includeEventCorrelations:0", "excludeLocalTags:1.json"];
        let wish = Named::of_path(&pulled).wish();
        assert_eq!(wish, Wish { deleted: true, no_galaxies: true, ..Wish::default() });
        for (body, expected) in [
            (json!({}), Wish::default()),
            (json!({"deleted": false}), Wish::default()),
            (json!({"deleted": true}), Wish { deleted: true, ..Wish::default() }),
            (json!({"deleted": [0, 1]}), Wish { deleted: true, ..Wish::default() }),
            (json!({"deleted": "only"}), Wish { deleted: true, only_deleted: true, ..Wish::default() }),
            (
                json!({"includeAttachments": 0, "noEventReports": 1}),
                Wish { no_attachments: true, no_reports: true, ..Wish::default() },
            ),
            (
                json!({"metadata": true, "noSightings": "1", "x": {"y": [1]}}),
                Wish { metadata: true, no_sightings: true, ..Wish::default() },
            ),
        ] {
            assert_eq!(Named::default().and(body.as_object().unwrap()).wish(), expected, "{body}");
        }
    }
}
