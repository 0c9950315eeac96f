use super::*;
use crate::Object;
use crate::marking::{Marked, redact, tlp};

const OBJECT: &str = r#"{"type":"malware","id":"malware--31b940d4-6f7f-459a-80ea-9c1f17b5891b","name":"n","description":"d",
    "modified":"2026-01-01T00:00:00.000Z","aliases":["a","b"],"malware_types":["bot"],"is_family":false,"lang":"en",
    "created_by_ref":"identity--31b940d4-6f7f-459a-80ea-9c1f17b5891b","x_note":"note","x_ref":"r",
    "external_references":[{"source_name":"s","description":"e","url":"https://example.com"},{"source_name":"t"}]}"#;

fn members(text: &str) -> Members<'static> {
    Object::parse(text).unwrap().into_members()
}

fn translations(more: &str, contents: &str) -> Members<'static> {
    members(&format!(
        r#"{{"type":"language-content","id":"language-content--31b940d4-6f7f-459a-80ea-9c1f17b5891b",
        "object_ref":"malware--31b940d4-6f7f-459a-80ea-9c1f17b5891b"{more},"contents":{contents}}}"#
    ))
}

fn view(contents: &str) -> Members<'static> {
    let mut view = localized(&members(OBJECT), &translations("", contents), "de");
    view.remove("granular_markings");
    view
}

/// LC-2, LC-3, LC-6: text for text, in the structure of the object; all else is ignored.
#[test]
fn translates_text() {
    for (contents, place, expected) in [
        (r#"{"name":"N"}"#, "name", "\"N\""),
        (r#"{"name":""}"#, "name", "\"n\""),
        (r#"{"name":["N"]}"#, "name", "\"n\""),
        (r#"{"aliases":["A","B"]}"#, "aliases", r#"["A","B"]"#),
        (r#"{"aliases":["","B"]}"#, "aliases", r#"["a","B"]"#),
        (r#"{"aliases":["A"]}"#, "aliases", r#"["a","b"]"#),
        (r#"{"aliases":["A",7]}"#, "aliases", r#"["A","b"]"#),
        (r#"{"external_references":["",{"source_name":"T"}]}"#, "external_references.[1].source_name", "\"T\""),
        (r#"{"external_references":[{"description":"E"},""]}"#, "external_references.[0].description", "\"E\""),
        (
            r#"{"external_references":[{"url":"https://evil.example"},""]}"#,
            "external_references.[0].url",
            "\"https://example.com\"",
        ),
        (r#"{"type":"tool"}"#, "type", "\"malware\""),
        (r#"{"malware_types":["Roboter"]}"#, "malware_types", r#"["bot"]"#),
        (r#"{"modified":"gestern"}"#, "modified", "\"2026-01-01T00:00:00.000Z\""),
        (r#"{"x_note":"Notiz"}"#, "x_note", "\"Notiz\""),
        (r#"{"x_ref":"R"}"#, "x_ref", "\"r\""),
    ] {
        let view = view(&format!(r#"{{"de":{contents}}}"#));
        let found = place.parse::<Selector>().unwrap().resolve(&view).unwrap().to_string();
        assert_eq!(found, expected, "{contents}");
    }
    assert_eq!(view(r#"{"de":{"unknown":"x"}}"#), members(OBJECT));
}

/// LC-1, LC-4: only of this object, and of this version if one is named.
#[test]
fn of_the_right_version() {
    let object = members(OBJECT);
    for (modified, applies) in [
        ("", true),
        (r#","object_modified":"2026-01-01T00:00:00Z""#, true),
        (r#","object_modified":"2025-01-01T00:00:00.000Z""#, false),
        (r#","object_modified":"yesterday""#, false),
    ] {
        let view = localized(&object, &translations(modified, r#"{"de":{"name":"N"}}"#), "de");
        assert_eq!(view != object, applies, "{modified}");
    }
    let other = members(&OBJECT.replace("malware--31", "malware--41"));
    assert_eq!(localized(&other, &translations("", r#"{"de":{"name":"N"}}"#), "de"), other);
}

/// LC-5: tags are compared in any case; a shorter one may stand in.
#[test]
fn finds_the_language() {
    let translations = translations("", r#"{"pt":{"name":"P"},"pt-BR":{"name":"B"}}"#);
    for (tag, expected) in [("pt-br", "B"), ("PT", "P"), ("pt-AO", "P"), ("de", "n")] {
        let view = localized(&members(OBJECT), &translations, tag);
        assert_eq!(text(&view, "name"), Some(expected), "{tag}");
    }
}

/// GM-10: markings of a translation go with the text, and so does its language.
#[test]
fn markings_of_translations() {
    let at: Selector = "contents.de.name".parse().unwrap();
    let translations = translations("", r#"{"de":{"name":"N","description":"D"}}"#);
    let translations = translations.add_marking(tlp::RED, Some(&at)).unwrap();
    let name: Selector = "name".parse().unwrap();
    let french = Marking::Language("fr".to_owned());
    let object = members(OBJECT).add_marking(french.clone(), Some(&name)).unwrap();
    let view = localized(&object, &translations, "de");
    assert!(view.is_marked(tlp::RED, Some(&name), Reach::EXACT));
    assert!(view.is_marked(Marking::Language("de".to_owned()), Some(&name), Reach::EXACT));
    assert!(!view.is_marked(french, Some(&name), Reach::EXACT));
    assert!(!view.is_marked(tlp::RED, Some(&"description".parse().unwrap()), Reach::ALL));
    let shown = redact(&view, |_| false).unwrap();
    assert_eq!((text(&shown, "name"), text(&shown, "description")), (None, Some("D")));
}
