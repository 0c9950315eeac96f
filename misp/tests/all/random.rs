//! Random events.

use misp::{Document, stix};
use proptest::prelude::*;
use stix_model::json::{Json, Members};

use crate::corpus;

fn list(items: impl Strategy<Value = Json<'static>> + 'static, most: usize) -> BoxedStrategy<Json<'static>> {
    prop::collection::vec(items, 0..most).prop_map(Json::List).boxed()
}

/// Some of the members, in any order.
fn some(members: Vec<(&'static str, BoxedStrategy<Json<'static>>)>, always: usize) -> BoxedStrategy<Json<'static>> {
    let count = members.len();
    let members: Vec<_> =
        members.into_iter().map(|(name, value)| value.prop_map(move |value| (name, value)).boxed()).collect();
    let chosen = (members, prop::collection::vec(any::<u8>(), count), any::<bool>());
    chosen
        .prop_map(move |(members, dice, shuffled)| {
            let kept = members.into_iter().zip(dice).enumerate().filter(|(i, (_, die))| *i < always || die % 3 > 0);
            let mut kept: Vec<_> = kept.map(|(_, (member, die))| (die, member)).collect();
            if shuffled {
                kept.sort_by_key(|(die, _)| *die);
            }
            Json::Object(kept.into_iter().map(|(_, member)| member).collect::<Members<'static>>())
        })
        .boxed()
}

fn words() -> BoxedStrategy<Json<'static>> {
    prop_oneof![
        Just(""),
        Just("x"),
        Just("it's | \\ \"here\""),
        Just("198.51.100.0/24"),
        Just("c2.example.com"),
        Just("c2.example.com|443"),
        Just("0123456789abcdef0123456789abcdef"),
        Just("\u{1f}\u{e9}\n"),
    ]
    .prop_map(Json::from)
    .boxed()
}

fn number() -> BoxedStrategy<Json<'static>> {
    let number = prop_oneof![Just(0i64), Just(1), Just(5), Just(1_793_491_200), -3i64..1_900_000_000, Just(i64::MAX)];
    prop_oneof![
        number.clone().prop_map(Json::from),
        number.prop_map(|number| Json::from(number.to_string())),
        Just(Json::Null)
    ]
    .boxed()
}

fn level() -> BoxedStrategy<Json<'static>> {
    prop_oneof![(1i64..3).prop_map(Json::from), (1i64..3).prop_map(|n| Json::from(n.to_string())), Just(Json::Null)]
        .boxed()
}

fn flag() -> BoxedStrategy<Json<'static>> {
    prop_oneof![any::<bool>().prop_map(Json::from), Just(Json::from("1")), Just(Json::from(0)), Just(Json::Null)]
        .boxed()
}

fn uuid() -> BoxedStrategy<Json<'static>> {
    prop_oneof![
        6 => any::<u128>().prop_map(|bits| Json::from(uuid_text(bits))),
        1 => (0u128..3).prop_map(|bits| Json::from(uuid_text(bits))),
        1 => Just(Json::from("")),
        1 => Just(Json::Null),
    ]
    .boxed()
}

fn uuid_text(bits: u128) -> String {
    let text = format!("{bits:032x}");
    [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")
}

fn moment() -> BoxedStrategy<Json<'static>> {
    prop_oneof![
        Just(Json::Null),
        Just(Json::from("2026-10-01T00:00:00.000001+00:00")),
        Just(Json::from("2026-09-30T23:59:59+02:00")),
        Just(Json::from("soon")),
    ]
    .boxed()
}

fn other() -> BoxedStrategy<Json<'static>> {
    let leaf = prop_oneof![words(), number(), flag()];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Json::List),
            prop::collection::vec(("[a-c]|uuid|name|Tag", inner), 0..3)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
    .boxed()
}

fn tag() -> BoxedStrategy<Json<'static>> {
    let names = prop_oneof![
        Just("tlp:amber"),
        Just("tlp:white"),
        Just("TLP:RED"),
        Just("PAP:GREEN"),
        Just("kill-chain:Delivery"),
        Just("misp:category=\"x\""),
        Just("admiralty-scale:information-credibility=\"1\""),
        Just(""),
    ];
    some(
        vec![("name", names.prop_map(Json::from).boxed()), ("colour", words()), ("local", flag()), ("id", number())],
        1,
    )
}

fn galaxy() -> BoxedStrategy<Json<'static>> {
    let types =
        prop_oneof![Just("mitre-attack-pattern"), Just("ransomware"), Just("sector"), Just("branded-vulnerability")];
    let cluster = some(
        vec![
            ("value", words()),
            ("uuid", uuid()),
            ("description", words()),
            ("default", flag()),
            ("meta", other()),
            ("zz", other()),
        ],
        1,
    );
    some(
        vec![
            ("type", types.prop_map(Json::from).boxed()),
            ("GalaxyCluster", list(cluster, 3)),
            ("name", words()),
            ("uuid", uuid()),
        ],
        0,
    )
}

fn org() -> BoxedStrategy<Json<'static>> {
    some(vec![("name", words()), ("uuid", uuid()), ("id", number())], 0)
}

fn sighting() -> BoxedStrategy<Json<'static>> {
    let kind = (0i64..3).prop_map(|kind| Json::from(kind.to_string())).boxed();
    some(
        vec![
            ("type", kind),
            ("date_sighting", number()),
            ("uuid", uuid()),
            ("source", words()),
            ("Organisation", org()),
        ],
        0,
    )
}

fn attribute(relation: bool) -> BoxedStrategy<Json<'static>> {
    let types: Vec<_> = corpus::types().collect();
    let pair = (0..types.len() + 4).prop_flat_map(move |i| {
        let (kind, value) =
            types.get(i).map_or(("x-unknown", "v".to_owned()), |(kind, _)| (*kind, corpus::value(kind)));
        let value = prop_oneof![3 => Just(Json::from(value)), 1 => words()];
        (Just(Json::from(kind)), value)
    });
    let relations: Vec<&str> = corpus::TEMPLATES.iter().flat_map(|(_, parts)| parts.iter().map(|(r, ..)| *r)).collect();
    let rest = some(
        vec![
            (
                "object_relation",
                if relation {
                    prop::sample::select(relations).prop_map(Json::from).boxed()
                } else {
                    Just(Json::Null).boxed()
                },
            ),
            ("uuid", uuid()),
            ("to_ids", flag()),
            ("category", words()),
            ("timestamp", number()),
            ("comment", words()),
            ("deleted", flag()),
            ("distribution", level()),
            ("first_seen", moment()),
            ("last_seen", moment()),
            ("data", prop_oneof![Just(Json::from("UEsDBBQACQAIAA==")), words()].boxed()),
            ("Tag", list(tag(), 4)),
            ("Galaxy", list(galaxy(), 2)),
            ("Sighting", list(sighting(), 4)),
            ("zz_other", other()),
        ],
        1,
    );
    (pair, rest)
        .prop_map(|((kind, value), rest)| {
            let Json::Object(mut members) = rest else { unreachable!() };
            members.insert("type", kind);
            members.insert("value", value);
            Json::Object(members)
        })
        .boxed()
}

fn object() -> BoxedStrategy<Json<'static>> {
    let whole: Vec<Json<'static>> =
        corpus::objects().iter().map(|text| Json::parse(text).unwrap().into_owned()).collect();
    let names: Vec<&str> = corpus::TEMPLATES.iter().map(|(name, _)| *name).collect();
    let reference = some(
        vec![
            ("referenced_uuid", uuid()),
            ("relationship_type", words()),
            ("uuid", uuid()),
            ("comment", words()),
            ("deleted", flag()),
        ],
        0,
    );
    let random = some(
        vec![
            ("name", prop::sample::select(names).prop_map(Json::from).boxed()),
            ("Attribute", list(attribute(true), 5)),
            ("ObjectReference", list(reference, 3)),
            ("uuid", uuid()),
            ("meta-category", words()),
            ("timestamp", number()),
            ("comment", words()),
            ("deleted", flag()),
            ("first_seen", moment()),
            ("zz", other()),
        ],
        1,
    );
    prop_oneof![prop::sample::select(whole), random].boxed()
}

fn event() -> BoxedStrategy<Json<'static>> {
    let report = some(
        vec![("uuid", uuid()), ("name", words()), ("content", words()), ("timestamp", number()), ("deleted", flag())],
        0,
    );
    let day = prop_oneof![Just(Json::from("2026-11-01")), Just(Json::from("1969-01-01")), Just(Json::Null)];
    some(
        vec![
            ("info", words()),
            ("uuid", uuid()),
            ("date", day.boxed()),
            ("timestamp", number()),
            ("publish_timestamp", number()),
            ("published", flag()),
            ("threat_level_id", level()),
            ("analysis", level()),
            ("distribution", level()),
            ("extends_uuid", words()),
            ("Orgc", org()),
            ("Org", org()),
            ("Attribute", list(attribute(false), 6)),
            ("Object", list(object(), 4)),
            ("EventReport", list(report, 3)),
            ("Tag", list(tag(), 4)),
            ("Galaxy", list(galaxy(), 3)),
            ("SharingGroup", org()),
            ("RelatedEvent", other()),
            ("zz_other", other()),
        ],
        1,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever the event: what is printed is what was read; STIX of it has no errors and is always the same; and what
    /// comes back is the same to the byte.
    #[test]
    fn every_event_comes_back(event in event()) {
        let text = format!("{{\"Event\":{event}}}");
        let document = Document::parse(&text).unwrap();
        prop_assert_eq!(document.to_string(), text.clone());
        let bundle = stix::bundle(&document);
        let sent = serde_json::to_string(&bundle).unwrap();
        prop_assert_eq!(&sent, &serde_json::to_string(&stix::bundle(&document)).unwrap());
        let report = stix_model::validate::bundle(&sent, &Default::default()).unwrap();
        let errors: Vec<_> = report.findings.iter().filter(|found| found.finding.severity == stix_model::Severity::Error).collect();
        prop_assert!(errors.is_empty(), "{:?}", errors);
        let events = stix::events(&serde_json::from_str(&sent).unwrap());
        prop_assert_eq!(events.len(), 1);
        prop_assert_eq!(events[0].to_string(), text);
    }
}
