use super::*;

mod document;
mod moving;
mod signing;

/// An agreement that nobody has signed off yet.
const DOCUMENT: &str = r#"id = "isac-police-2026"
title = "Malware facts for prosecution"
purposes = ["prosecution"]
valid_from = 2026-01-01T00:00:00Z
valid_until = 2999-01-01T00:00:00Z

[[party]]
name = "isac"
identity = "identity--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"
contact = "desk@isac.example"

[[party]]
name = "police"
identity = "identity--0c7b5b88-8ff7-4a4d-aa9d-feb398cd0061"

[terms]
tlp = "amber"
pap = "amber"
unmarked = "green"
profile = "technical"
retention_days = 365
onward = { allowed = true, max_hops = 1, tlp = "green" }

[[exchange]]
from = "isac"
to = "police"
collection = "malware"

[[exchange]]
from = "police"
to = "isac"
collection = "seizures"
tlp = "green"
profile = "anonymous"
types = ["indicator", "malware", "relationship"]
"#;

/// The same, signed off by both.
fn signed(document: &str) -> String {
    let digest = Agreement::read(document).unwrap().0.digest().to_owned();
    let sign_off = |party: &str| {
        format!("\n[[signed]]\nparty = \"{party}\"\nby = \"Jo\"\nat = 2026-01-01T00:00:00Z\nterms = \"{digest}\"\n")
    };
    format!("{document}{}{}", sign_off("isac"), sign_off("police"))
}

fn read(document: &str) -> Agreement {
    Agreement::read(document).unwrap_or_else(|error| panic!("{error}")).0
}
