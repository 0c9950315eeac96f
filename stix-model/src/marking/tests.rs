use proptest::prelude::*;

use super::*;
use crate::validate::{self, Options};
use crate::{Object, Severity, StixObject};

const OBJECT: &str = r#"{"type":"malware","spec_version":"2.1","id":"malware--31b940d4-6f7f-459a-80ea-9c1f17b5891b",
    "created":"2026-01-01T00:00:00.000Z","modified":"2026-01-02T00:00:00.000Z","name":"n1","description":"d1",
    "is_family":false,"confidence":0,"lang":"en","aliases":["a0","a1","a2"],"labels":["same","same","l2"],
    "malware_types":["bot"],"kill_chain_phases":[{"kill_chain_name":"k0","phase_name":"p0"},
    {"kill_chain_name":"k1","phase_name":"p1"}],"external_references":[{"source_name":"s0","description":"x0"},
    {"source_name":"s1","url":"https://example.com/1","hashes":{"MD5":"d41d8cd98f00b204e9800998ecf8427e",
    "SHA-256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}}],
    "first_seen":"2025-01-01T00:00:00Z","last_seen":"2025-02-01T00:00:00Z"}"#;

fn object(text: &str) -> Members<'static> {
    Object::parse(text).unwrap().into_members()
}

fn selector(text: &str) -> Selector {
    text.parse().unwrap()
}

fn errors(object: &Members<'_>) -> Vec<String> {
    let findings = validate::members(object, &Options::default()).into_iter();
    findings.filter(|finding| finding.severity == Severity::Error).map(|finding| finding.to_string()).collect()
}

/// Every part of an object but its markings.
fn parts(object: &Members<'_>) -> Vec<Selector> {
    fn inside(json: &Json<'_>, at: &Selector, all: &mut Vec<Selector>) {
        all.push(at.clone());
        match json {
            Json::Object(members) => {
                members.iter().for_each(|(name, value)| inside(value, &at.child(Step::Name(name.to_owned())), all));
            }
            Json::List(items) => {
                items.iter().enumerate().for_each(|(i, value)| inside(value, &at.child(Step::Index(i)), all));
            }
            _ => {}
        }
    }
    let mut all = Vec::new();
    for (name, value) in object.iter().filter(|(name, _)| !name.ends_with("marking_refs") && !name.starts_with("gran"))
    {
        inside(value, &Selector::property(name).unwrap(), &mut all);
    }
    all
}

/// The markings that tests use.
const MARKINGS: [tlp::Tlp; 3] = [tlp::GREEN, tlp::AMBER, tlp::RED];

/// GM-6 and the semantics of §9.4: what applies to a part, from where, nearest first.
#[test]
fn markings_with_their_sources() {
    let whole = object(OBJECT);
    let (list, item, inner) = (
        selector("external_references"),
        selector("external_references.[1]"),
        selector("external_references.[1].hashes.MD5"),
    );
    let marked = whole.add_marking(tlp::GREEN, None).unwrap();
    let marked = marked.add_marking(tlp::AMBER, Some(&list)).unwrap().add_marking(tlp::RED, Some(&inner)).unwrap();
    let said = |at: Option<&Selector>, reach| {
        let names = marked.markings(at, reach).into_iter().map(|applied| match (&applied.marking, &applied.from) {
            (Marking::Language(tag), _) => tag.clone(),
            (Marking::Definition(id), Source::Object) => tlp::Tlp::by_id(id.as_str()).unwrap().name().to_owned(),
            (Marking::Definition(id), Source::Part(at)) => {
                format!("{} {at}", tlp::Tlp::by_id(id.as_str()).unwrap().name())
            }
        });
        names.collect::<Vec<_>>().join(", ")
    };
    let red = "TLP:RED external_references.[1].hashes.MD5";
    let amber = "TLP:AMBER external_references";
    let descendants = Reach { inherited: false, descendants: true };
    for (at, reach, expected) in [
        (None, Reach::EXACT, "TLP:GREEN, en".to_owned()),
        (None, Reach::ALL, format!("{red}, {amber}, TLP:GREEN, en")),
        (Some(&list), Reach::EXACT, amber.to_owned()),
        (Some(&item), Reach::EXACT, String::new()),
        (Some(&item), Reach::INHERITED, format!("{amber}, TLP:GREEN, en")),
        (Some(&item), descendants, red.to_owned()),
        (Some(&inner), Reach::INHERITED, format!("{red}, {amber}, TLP:GREEN, en")),
        (Some(&selector("name")), Reach::ALL, "TLP:GREEN, en".to_owned()),
    ] {
        assert_eq!(said(at, reach), expected, "{at:?} {reach:?}");
    }
    assert!(marked.is_marked(tlp::RED, Some(&list), Reach::ALL));
    assert!(!marked.is_marked(tlp::RED, Some(&list), Reach::INHERITED));
}

/// §9.4: the language of a part hides that of the object, in any case of its letters.
#[test]
fn languages_of_parts() {
    let name = selector("name");
    let german = Marking::Language("de".to_owned());
    let marked = object(OBJECT).add_marking(german.clone(), Some(&name)).unwrap();
    let languages = |at: &str| marked.markings(Some(&selector(at)), Reach::INHERITED).len();
    assert!(marked.is_marked(Marking::Language("DE".to_owned()), Some(&name), Reach::INHERITED));
    assert_eq!((languages("name"), languages("description")), (1, 1));
    assert!(!marked.is_marked(Marking::Language("en".to_owned()), Some(&name), Reach::INHERITED));
    assert_eq!(marked.add_marking(german.clone(), None), Err(MarkingError::LanguageOfObject));
    assert_eq!(errors(&marked), Vec::<String>::new());
}

/// §9.4: adding is idempotent; entries of one marking share their selectors; equal items are told apart (AC-15).
#[test]
fn entries_grow() {
    let (first, second) = (selector("labels.[0]"), selector("labels.[1]"));
    let one = object(OBJECT).add_marking(tlp::RED, Some(&first)).unwrap();
    assert_eq!(one.add_marking(tlp::RED, Some(&first)).unwrap(), one);
    assert!(!one.is_marked(tlp::RED, Some(&second), Reach::ALL));
    let both = one.add_marking(tlp::RED, Some(&second)).unwrap();
    let entries = both.get("granular_markings").unwrap();
    assert_eq!(
        entries.to_string(),
        format!(r#"[{{"marking_ref":"{}","selectors":["labels.[0]","labels.[1]"]}}]"#, tlp::RED.id())
    );
    let set = both.set_markings([tlp::GREEN, tlp::AMBER], Some(&first)).unwrap();
    assert!(!set.is_marked(tlp::RED, Some(&first), Reach::ALL) && set.is_marked(tlp::RED, Some(&second), Reach::EXACT));
    assert!(set.is_marked(tlp::GREEN, Some(&first), Reach::EXACT));
    let cleared = set.clear_markings(Some(&first)).unwrap().clear_markings(Some(&second)).unwrap();
    assert_eq!(cleared, object(OBJECT));
    let whole = cleared.set_markings([tlp::RED], None).unwrap();
    assert_eq!(whole.clear_markings(None).unwrap(), cleared);
}

/// GM-3, GM-9, MD-5, CP-08: what can be marked with what.
#[test]
fn refusals() {
    let whole = object(OBJECT);
    for missing in ["nothing", "aliases.[3]", "name.x", "labels.same"] {
        let missing = selector(missing);
        let error = whole.add_marking(tlp::RED, Some(&missing)).unwrap_err();
        assert_eq!(error, MarkingError::NoSuchPart(missing));
    }
    let id: Identifier = "malware--31b940d4-6f7f-459a-80ea-9c1f17b5891b".parse().unwrap();
    assert_eq!(whole.add_marking(&id, None), Err(MarkingError::NotAMarking(id)));
    assert_eq!(tlp::RED.object().add_marking(tlp::RED, None), Err(MarkingError::Itself));
    assert!(tlp::RED.object().add_marking(tlp::AMBER, Some(&selector("name"))).is_ok());
    let bundle = object(r#"{"type":"bundle","id":"bundle--31b940d4-6f7f-459a-80ea-9c1f17b5891b"}"#);
    assert_eq!(bundle.add_marking(tlp::RED, None), Err(MarkingError::Bundle));
    let tag = Marking::Language("en_US".to_owned());
    assert!(matches!(whole.add_marking(tag, Some(&selector("name"))), Err(MarkingError::NotALanguage(_))));
}

/// What stays when AMBER and RED may not be seen.
fn for_the_community(marks: &[(tlp::Tlp, &str)]) -> Option<Members<'static>> {
    let mark = |object: Members<'static>, (tlp, at): &(tlp::Tlp, &str)| {
        let at = (!at.is_empty()).then(|| selector(at));
        object.add_marking(*tlp, at.as_ref()).unwrap()
    };
    let marked = marks.iter().fold(object(OBJECT), mark);
    redact(&marked, |id| *id == tlp::GREEN.id())
}

/// GM-11: hidden parts go, with what becomes empty; the markings of the others follow them.
#[test]
fn redaction_takes_out_and_follows() {
    let shown = for_the_community(&[
        (tlp::RED, "aliases.[0]"),
        (tlp::GREEN, "aliases.[2]"),
        (tlp::GREEN, "aliases"),
        (tlp::RED, "malware_types.[0]"),
        (tlp::AMBER, "external_references.[1].hashes.MD5"),
        (tlp::AMBER, "external_references.[0]"),
        (tlp::RED, "external_references.[0].description"),
        (tlp::GREEN, "external_references.[1].url"),
    ])
    .unwrap();
    let part = |at: &str| selector(at).resolve(&shown).and_then(Json::as_str);
    assert_eq!((part("aliases.[0]"), part("aliases.[1]"), part("aliases.[2]")), (Some("a1"), Some("a2"), None));
    assert_eq!(part("external_references.[0].source_name"), Some("s1"));
    assert!(!shown.contains("malware_types"));
    assert_eq!(part("external_references.[0].hashes.MD5"), None);
    assert_eq!(
        shown.get("granular_markings").unwrap().to_string(),
        format!(
            r#"[{{"marking_ref":"{}","selectors":["aliases.[1]","aliases","external_references.[0].url"]}}]"#,
            tlp::GREEN.id()
        )
    );
    assert_eq!(errors(&shown), Vec::<String>::new());
}

/// Redaction shows nothing rather than an object that is not valid, or that says something else.
#[test]
fn redaction_withholds() {
    for (mark, shows) in [
        ((tlp::GREEN, ""), true),
        ((tlp::RED, ""), false),
        ((tlp::RED, "description"), true),
        ((tlp::RED, "is_family"), false),
        ((tlp::RED, "id"), false),
        ((tlp::RED, "modified"), false),
        ((tlp::RED, "kill_chain_phases.[0]"), true),
        ((tlp::RED, "kill_chain_phases.[0].phase_name"), false),
        ((tlp::RED, "external_references.[0].description"), false),
    ] {
        assert_eq!(for_the_community(&[mark]).is_some(), shows, "{mark:?}");
    }
    let nobody = |_: &Identifier| false;
    assert!(redact(&object(OBJECT), nobody).is_some());
    let red = tlp::RED.id();
    for (name, value) in [
        ("granular_markings", r#"{"marking_ref":"?"}"#.to_owned()),
        ("granular_markings", r#"[{"selectors":["name"]}]"#.to_owned()),
        ("granular_markings", format!(r#"[{{"marking_ref":"{red}"}}]"#)),
        ("granular_markings", format!(r#"[{{"marking_ref":"{red}","selectors":[]}}]"#)),
        ("granular_markings", format!(r#"[{{"marking_ref":"{red}","selectors":["name[0]"]}}]"#)),
        ("granular_markings", format!(r#"[{{"marking_ref":"{red}","selectors":["nothing"]}}]"#)),
        ("granular_markings", format!(r#"[{{"marking_ref":"{red}","selectors":["granular_markings"]}}]"#)),
        ("object_marking_refs", r#""?""#.to_owned()),
        ("object_marking_refs", r#"["?"]"#.to_owned()),
    ] {
        let mut unclear = object(OBJECT);
        unclear.insert(name, Json::parse(&value).unwrap().into_owned());
        assert_eq!(redact(&unclear, nobody), None, "{value}");
    }
    let mut revoked = object(OBJECT);
    revoked.insert("revoked", true.into());
    let revoked = revoked.add_marking(tlp::RED, Some(&selector("revoked"))).unwrap();
    assert_eq!(redact(&revoked, nobody), None);
}

/// TLP-3, MD-1, MD-2, MD-4, AC-14: the known definitions are valid, and typed.
#[test]
fn known_definitions_are_valid() {
    let known = tlp::Tlp::ALL.into_iter().map(tlp::Tlp::object).chain(pap::Pap::ALL.into_iter().map(pap::Pap::object));
    for definition in known {
        assert_eq!(errors(definition.content()), Vec::<String>::new());
        let read = Object::parse(&definition.to_json().to_string()).unwrap();
        assert_eq!(read, Object::MarkingDefinition(definition));
    }
}

/// MD-3: a statement is its text and nothing else.
#[test]
fn statements() {
    let copyright = statement("Copyright 2026, ACME").build().unwrap();
    assert_eq!(copyright.statement(), Some("Copyright 2026, ACME"));
    assert_eq!(errors(copyright.content()), Vec::<String>::new());
    let marked = object(OBJECT).add_marking(&copyright, None).unwrap();
    assert!(marked.is_marked(copyright.id(), None, Reach::EXACT));
}

/// LIB-07: who marks very much does not stop the reader.
#[test]
fn redaction_of_very_much() {
    let mut many = object(OBJECT);
    let items = (0..20_000).map(|i| Json::from(format!("l{i}"))).collect();
    many.insert("labels", Json::List(items));
    let marks = |of: tlp::Tlp, from: usize| {
        let selectors = (from..20_000).step_by(2).map(|i| Json::from(format!("labels.[{i}]"))).collect();
        let entry = [("marking_ref", Json::from(of.id().to_string())), ("selectors", Json::List(selectors))];
        Json::Object(entry.into_iter().collect())
    };
    many.insert("granular_markings", Json::List(vec![marks(tlp::RED, 0), marks(tlp::GREEN, 1)]));
    let shown = redact(&many, |id| *id == tlp::GREEN.id()).unwrap();
    assert_eq!(shown.get("labels").and_then(Json::as_list).map(<[_]>::len), Some(10_000));
    assert_eq!(granular::marks(&shown).last().unwrap().as_ref().unwrap().1, selector("labels.[9999]"));
}

/// LC-2: translations of a list's items stay in their places.
#[test]
fn redaction_of_translations() {
    let translations = object(
        r#"{"type":"language-content","spec_version":"2.1","id":"language-content--31b940d4-6f7f-459a-80ea-9c1f17b5891b",
        "created":"2026-01-01T00:00:00.000Z","modified":"2026-01-02T00:00:00.000Z",
        "object_ref":"malware--31b940d4-6f7f-459a-80ea-9c1f17b5891b",
        "contents":{"de":{"name":"x","aliases":["b0","b1"]}}}"#,
    );
    let first = selector("contents.de.aliases.[0]");
    let shown = redact(&translations.add_marking(tlp::RED, Some(&first)).unwrap(), |_| false).unwrap();
    assert_eq!(selector("contents.de.aliases").resolve(&shown).unwrap().to_string(), r#"["","b1"]"#);
    assert!(!shown.contains("granular_markings"));
}

fn marked() -> impl Strategy<Value = Members<'static>> {
    // Without what is required, so that something is left to show more often than not.
    let required = ["type", "spec_version", "id", "created", "modified", "is_family"].map(selector);
    let mut all = parts(&object(OBJECT));
    all.retain(|part| !required.contains(part));
    let mark = (0..MARKINGS.len(), proptest::sample::select(all));
    proptest::collection::vec(mark, 0..8).prop_map(|marks| {
        let mark = |object: Members<'static>, (marking, at): (usize, Selector)| {
            object.add_marking(MARKINGS[marking], Some(&at)).unwrap()
        };
        marks.into_iter().fold(object(OBJECT), mark)
    })
}

/// The texts of an object that are like no other, each with the definitions that apply to it.
fn texts(object: &Members<'_>) -> Vec<(String, std::collections::BTreeSet<Identifier>)> {
    let all = parts(object).into_iter();
    let text = all.filter_map(|at| Some((at.resolve(object)?.as_str()?.to_owned(), at)));
    let of = |at: &Selector| {
        markings(object, Some(at), Reach::INHERITED).into_iter().filter_map(|applied| match applied.marking {
            Marking::Definition(id) => Some(id),
            Marking::Language(_) => None,
        })
    };
    let unique = text.filter(|(text, _)| text != "same").map(|(text, at)| (text, of(&at).collect()));
    unique.collect()
}

proptest! {
    /// §9.4: to add and to remove again gives the original; to add twice is to add once.
    #[test]
    fn add_then_remove(before in marked(), marking in 0..MARKINGS.len(), at in any::<proptest::sample::Index>()) {
        let all = parts(&before);
        let at = all[at.index(all.len())].clone();
        let at = (at.steps() != [Step::Name("type".to_owned())]).then_some(at);
        let marking = MARKINGS[marking];
        prop_assume!(!before.is_marked(marking, at.as_ref(), Reach::EXACT));
        let added = before.add_marking(marking, at.as_ref()).unwrap();
        prop_assert!(added.is_marked(marking, at.as_ref(), Reach::EXACT));
        prop_assert_eq!(errors(&added), Vec::<String>::new());
        prop_assert_eq!(&added.add_marking(marking, at.as_ref()).unwrap(), &added);
        let removed = added.remove_marking(marking, at.as_ref()).unwrap();
        prop_assert_eq!(Json::Object(removed).to_string(), Json::Object(before).to_string());
    }

    /// GM-11: what is shown is valid, holds nothing hidden, and is marked as it was.
    #[test]
    fn redaction_is_sound(before in marked(), visible in proptest::collection::vec(any::<bool>(), 3)) {
        let may_see = |id: &Identifier| MARKINGS.iter().zip(&visible).any(|(tlp, seen)| *seen && tlp.id() == *id);
        if let Some(shown) = redact(&before, may_see) {
            prop_assert_eq!(errors(&shown), Vec::<String>::new());
            prop_assert_eq!(granular::dangling(&shown), vec![]);
            let expected: Vec<_> = texts(&before).into_iter().filter(|(_, ids)| ids.iter().all(may_see)).collect();
            prop_assert_eq!(texts(&shown), expected);
        }
    }
}
