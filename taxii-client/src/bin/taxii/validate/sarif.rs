//! SARIF 2.1.0, which code scanners and editors read.

use std::collections::BTreeSet;

use serde_json::json;
use stix_model::Severity;

use super::report::Located;

/// What stands before the results.
pub(super) const HEAD: &str = "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{\"columnKind\":\"unicodeCodePoints\",\"results\":[";

/// The rules that were broken: they are listed once, behind the results.
#[derive(Default)]
pub(super) struct Rules(BTreeSet<&'static str>);

impl Rules {
    pub(super) fn result(&mut self, located: &Located<'_>) -> String {
        let finding = located.finding;
        self.0.insert(finding.rule);
        let object = finding.object.as_deref().unwrap_or_default();
        let hint = located.hint.map(|hint| format!(". {hint}")).unwrap_or_default();
        let level = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Information => "note",
        };
        let mut physical = json!({ "artifactLocation": { "uri": uri(located.file) } });
        if let (Some(place), Some(members)) = (located.place, physical.as_object_mut()) {
            members.insert("region".to_owned(), json!({ "startLine": place.line, "startColumn": place.column }));
        }
        json!({
            "ruleId": finding.rule,
            "level": level,
            "message": { "text": format!("{}{hint}", finding.message()) },
            "locations": [{
                "physicalLocation": physical,
                "logicalLocations": [{ "fullyQualifiedName": format!("{object}#{}", finding.pointer) }],
            }],
        })
        .to_string()
    }

    /// What stands behind the results.
    pub(super) fn tail(&self) -> String {
        let rules: Vec<_> = self.0.iter().map(|rule| json!({ "id": rule })).collect();
        let driver = json!({ "name": "taxii", "version": env!("CARGO_PKG_VERSION"), "rules": rules });
        format!("\n],\"tool\":{{\"driver\":{driver}}}}}]}}\n")
    }
}

/// A path as a URI reference, relative if the path is.
fn uri(path: &str) -> String {
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    let path = if path == "-" { "stdin" } else { path };
    path.bytes().fold(scheme.to_owned(), |mut uri, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            other => uri += &format!("%{other:02X}"),
        }
        uri
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_as_uris() {
        assert_eq!(uri("/tmp/a b%.json"), "file:///tmp/a%20b%25.json");
        assert_eq!(uri("dir/é.json"), "dir/%C3%A9.json");
        assert_eq!(uri("-"), "stdin");
    }
}
