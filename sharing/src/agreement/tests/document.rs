use proptest::prelude::*;
use stix_model::marking::pap::PapLevel;
use stix_model::marking::tlp::TlpLevel;

use super::*;

/// What the document says is what is read; an exchange has the terms of the agreement but for its own.
#[test]
fn what_is_written_is_read() {
    let (agreement, findings) = Agreement::read(&signed(DOCUMENT)).unwrap();
    assert_eq!(findings, []);
    let give = agreement.exchange("isac", "police", "malware").unwrap();
    assert_eq!(give.terms, agreement.terms);
    assert_eq!(
        (give.terms.tlp, give.terms.pap, give.terms.unmarked),
        (TlpLevel::Amber, PapLevel::Amber, Some(TlpLevel::Green))
    );
    assert_eq!((give.terms.retention_days, give.terms.onward.max_hops, give.terms.encrypted), (Some(365), 1, true));
    let get = agreement.exchange("police", "isac", "seizures").unwrap();
    assert_eq!(
        (get.terms.tlp, get.terms.pap, get.terms.profile.as_str()),
        (TlpLevel::Green, PapLevel::Amber, "anonymous")
    );
    assert_eq!(agreement.exchange("isac", "police", "seizures"), None);
}

/// People and machines are shown the terms as they count, and a void sign-off as void.
#[test]
fn agreements_are_shown() {
    let text = read(&signed(DOCUMENT)).to_string();
    for words in [
        "malware from isac to police: profile technical, up to TLP:amber and PAP:amber, unmarked as TLP:green, kept for 365 days, passed on up to TLP:green over 1 hops",
        "only indicator, malware, relationship",
        "signed    for police by Jo at 2026-01-01T00:00:00Z",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    let changed = read(&signed(DOCUMENT).replace("= 365", "= 366"));
    assert!(changed.to_string().contains("signed    void, for isac"));
    let json = serde_json::to_value(&changed).unwrap();
    assert_eq!((&json["exchanges"][1]["terms"]["tlp"], &json["terms"]["unmarked"]), (&"green".into(), &"green".into()));
    assert_eq!(json["digest"], changed.digest());
}

/// Where nothing is said, little moves: TLP:GREEN, sanitised, encrypted, marked, and not onward.
#[test]
fn silence_is_no_permission() {
    let silent: String = DOCUMENT.replace("[terms]", "[terms_]").lines().filter(|line| !line.is_empty()).fold(
        String::new(),
        |mut text, line| {
            let is_term = ["tlp", "pap", "unmarked", "profile", "retention", "onward", "types", "[terms_]", "title"]
                .iter()
                .any(|name| line.starts_with(name));
            if !is_term {
                text.push_str(line);
                text.push('\n');
            }
            text
        },
    );
    let terms = read(&silent).terms;
    assert_eq!(
        (terms.tlp, terms.pap, terms.unmarked, terms.onward.allowed, terms.encrypted),
        (TlpLevel::Green, PapLevel::Green, None, false, true)
    );
    assert_eq!(terms.profile, "technical");
}

/// Every mistake is told with its line, its name and what to do, and all of them at once.
#[test]
fn mistakes_are_told() {
    for (old, new, severity, line, path, words) in [
        ("id = \"isac-police-2026\"", "", Severity::Error, 1, "id", "write id"),
        ("purposes = [\"prosecution\"]", "purposes = []", Severity::Error, 3, "purposes", "what for"),
        ("valid_until = 2999", "valid_until = 2025", Severity::Error, 5, "valid_until", "before it begins"),
        (
            "valid_from = 2026-01-01T00:00:00Z",
            "valid_from = 2026-01-01",
            Severity::Error,
            4,
            "valid_from",
            "with a zone",
        ),
        ("name = \"police\"", "name = \"isac\"", Severity::Error, 13, "party[1].name", "two parties"),
        ("identity--0c7b5b88", "tool--0c7b5b88", Severity::Error, 14, "party[1].identity", "something else"),
        ("tlp = \"amber\"\n", "tlp = \"yellow\"\n", Severity::Error, 17, "terms.tlp", "write clear, green"),
        ("tlp = \"amber\"\n", "tpl = \"amber\"\n", Severity::Error, 17, "terms.tpl", "there are"),
        ("unmarked = \"green\"", "unmarked = \"red\"", Severity::Warning, 19, "terms.unmarked", "write stay"),
        (
            "profile = \"technical\"",
            "profile = \"mine\"",
            Severity::Warning,
            20,
            "terms.profile",
            "profile of this name",
        ),
        ("retention_days = 365", "retention_days = 0", Severity::Error, 21, "terms.retention_days", "1 or more"),
        ("retention_days = 365", "retention_days = -1", Severity::Error, 21, "terms.retention_days", "whole number"),
        ("max_hops = 1", "max_hops = 0", Severity::Error, 22, "terms.onward", "not once"),
        ("allowed = true", "allowed = false", Severity::Error, 22, "terms.onward", "take max_hops out"),
        ("tlp = \"green\" }", "tlp = \"red\" }", Severity::Error, 22, "terms.onward", "only TLP:amber moves"),
        ("tlp = \"green\" }", "tlp = \"amber\" }", Severity::Warning, 22, "terms.onward", "clients"),
        ("from = \"isac\"", "from = \"isca\"", Severity::Error, 25, "exchange[0].from", "one of isac, police"),
        ("to = \"police\"", "to = \"isac\"", Severity::Error, 26, "exchange[0].to", "other party"),
        (
            "types = [\"indicator\"",
            "types = [\"indikator\"",
            Severity::Error,
            35,
            "exchange[1].types",
            "no object type",
        ),
        ("types = [\"indicator\"", "types = [\"incident\"", Severity::Warning, 35, "exchange[1].types", "ever moves"),
    ] {
        let changed = DOCUMENT.replacen(old, new, 1);
        assert_ne!(changed, DOCUMENT, "{old}");
        let findings = match Agreement::read(&changed) {
            Ok((_, findings)) => findings,
            Err(InvalidAgreement(findings)) => findings,
        };
        let told = findings.iter().find(|finding| finding.path == path && finding.to_string().contains(words));
        let told = told.unwrap_or_else(|| panic!("{path} {words}: {findings:#?}"));
        assert_eq!((told.severity, told.line), (severity, line), "{told}");
    }
    let both = DOCUMENT.replace("tlp = \"amber\"\n", "tlp = \"yellow\"\n").replace("[\"prosecution\"]", "[]");
    assert!(Agreement::read(&both).unwrap_err().0.len() >= 2);
    let error = Agreement::read("id = \n").unwrap_err();
    assert_eq!((error.0.len(), error.0[0].line), (1, 1));
}

/// A list of types that is empty is refused wherever it stands, and an exchange names no types that the terms do not: what
/// people read as less never is more.
#[test]
fn no_list_of_types_is_wider_than_it_reads() {
    let only = "retention_days = 365\ntypes = [\"indicator\"]\n";
    let narrow = DOCUMENT
        .replace("retention_days = 365\n", only)
        .replace("[\"indicator\", \"malware\", \"relationship\"]", "TYPES");
    for (document, path, words) in [
        (DOCUMENT.replace("retention_days = 365\n", "types = []\n"), "terms.types", "leave it out for all"),
        (
            DOCUMENT.replace("[\"indicator\", \"malware\", \"relationship\"]", "[]"),
            "exchange[1].types",
            "leave it out for all",
        ),
        (narrow.replace("TYPES", "[]"), "exchange[1].types", "leave it out for all"),
        (narrow.replace("TYPES", "[\"indicator\", \"tool\"]"), "exchange[1].types", "name it in the terms"),
        (DOCUMENT.replace("purposes = [\"prosecution\"]", "purposes = []"), "purposes", "what for"),
    ] {
        let InvalidAgreement(findings) = Agreement::read(&document).unwrap_err();
        let told = findings
            .iter()
            .any(|finding| finding.path == path && finding.advice.contains(words) || finding.problem.contains(words));
        assert!(told, "{path} {words}: {findings:#?}");
    }
    let agreement = read(&narrow.replace("types = TYPES\n", ""));
    assert!(agreement.exchanges.iter().all(|exchange| exchange.terms.types == ["indicator"]));
    assert!(read(&narrow.replace("TYPES", "[\"indicator\"]")).exchange("police", "isac", "seizures").is_some());
}

/// TLP:RED and TLP:AMBER+STRICT are for those who get it: an agreement cannot pass it on.
#[test]
fn what_is_for_nobody_else_is_not_passed_on() {
    for level in ["red", "amber+strict"] {
        let text = DOCUMENT
            .replace("tlp = \"amber\"\n", &format!("tlp = \"{level}\"\n"))
            .replace("tlp = \"green\" }", &format!("tlp = \"{level}\" }}"));
        let error = Agreement::read(&text).unwrap_err().to_string();
        assert!(error.contains("must not be passed on"), "{error}");
    }
}

/// The schema knows the names that are read, and no others.
#[test]
fn the_schema_has_the_same_names() {
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../../../schemas/sharing/agreement.json")).unwrap();
    let document = signed(DOCUMENT);
    for (table, place) in [
        ("", "id ="),
        ("/$defs/party", "name = \"police\""),
        ("/$defs/terms", "pap ="),
        ("/$defs/exchange", "collection = \"seizures\""),
        ("/$defs/signed", "by ="),
        ("/$defs/onward", "max_hops = 1"),
    ] {
        let text = match table {
            "/$defs/onward" => document.replacen(place, "max_hops = 1, unheard = 1", 1),
            _ => document.replacen(place, &format!("unheard = 1\n{place}"), 1),
        };
        let InvalidAgreement(findings) = Agreement::read(&text).unwrap_err();
        let told = findings.iter().find(|finding| finding.path.ends_with("unheard")).unwrap();
        let mut read: Vec<&str> = told.advice.trim_start_matches("there are ").split(", ").collect();
        let properties = schema.pointer(&format!("{table}/properties")).unwrap().as_object().unwrap();
        let mut listed: Vec<&str> = properties.keys().map(String::as_str).collect();
        read.sort_unstable();
        listed.sort_unstable();
        assert_eq!(read, listed, "{table}");
    }
}

/// It holds from its first moment up to its last, and not at that.
#[test]
fn it_holds_for_its_time() {
    let agreement = read(DOCUMENT);
    for (at, state) in [
        ("2025-12-31T23:59:59.999Z", State::NotYetValid),
        ("2026-01-01T00:00:00Z", State::InForce),
        ("2998-12-31T23:59:59.999Z", State::InForce),
        ("2999-01-01T00:00:00Z", State::Expired),
    ] {
        assert_eq!(agreement.state(at.parse().unwrap()), state, "{at}");
    }
}

proptest! {
    /// Whatever somebody writes is read, or refused with at least one error.
    #[test]
    fn any_text_is_read_or_refused(at in 0..DOCUMENT.len(), length in 0..40_usize, put in "[a-z0-9=\\[\\]{}\"., \\n-]{0,12}") {
        let mut text = DOCUMENT.to_owned();
        text.replace_range(at..(at + length).min(DOCUMENT.len()), &put);
        if let Err(InvalidAgreement(findings)) = Agreement::read(&text) {
            prop_assert!(findings.iter().any(|finding| finding.severity == Severity::Error));
        }
    }
}
