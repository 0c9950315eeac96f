use proptest::prelude::*;

use super::*;
use crate::format::Event;

fn json() -> impl Strategy<Value = Json<'static>> {
    let name = prop_oneof![
        Just("uuid".to_owned()),
        Just("name".to_owned()),
        Just("value".to_owned()),
        Just("type".to_owned()),
        Just("info".to_owned()),
        "[a-c]",
    ];
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (0i64..4).prop_map(Json::from),
        "[ab#1]{0,3}".prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::List),
            prop::collection::vec((name.clone(), inner), 0..5).prop_map(|all| Json::Object(all.into_iter().collect())),
        ]
    })
}

fn members() -> impl Strategy<Value = Members<'static>> {
    prop::collection::vec(("[a-d]|uuid|Tag|info|date", json()), 0..6).prop_map(|all| all.into_iter().collect())
}

proptest! {
    /// What is restored is what there was, whatever came back, down to the order of members.
    #[test]
    fn restoring_gives_what_there_was(got in members(), wanted in members()) {
        let restored = match between(&got, &wanted, Event::RECORD) {
            Some(residue) => restore(got, &residue, Event::RECORD),
            None => got,
        };
        prop_assert_eq!(Json::Object(restored).to_string(), Json::Object(wanted).to_string());
    }

    /// Of equal things nothing is left over.
    #[test]
    fn equals_leave_nothing(members in members()) {
        prop_assert!(between(&members, &members, Event::RECORD).is_none());
    }

    /// Whatever residue somebody sends, restoring comes to an end and keeps what it does not mention.
    #[test]
    fn a_foreign_residue_does_no_harm(got in members(), residue in members()) {
        let restored = restore(got.clone(), &residue, Event::RECORD);
        prop_assert!(got.iter().all(|(name, _)| restored.contains(name)));
    }
}

/// What was changed meanwhile stays changed; what is new stays; what was left out stays out.
#[test]
fn what_is_there_now_wins() {
    let parse = |text: &str| match Json::parse(text).unwrap().into_owned() {
        Json::Object(members) => members,
        _ => panic!(),
    };
    let got = parse(r#"{"value":"a","comment":"","Tag":[{"name":"x"},{"name":"y"}]}"#);
    let wanted = parse(r##"{"value":"A","comment":"c","Tag":[{"name":"y","colour":"#fff"},{"name":"x"}]}"##);
    let residue = between(&got, &wanted, Event::RECORD).unwrap();
    let now = parse(r#"{"value":"b","comment":"","Tag":[{"name":"z"},{"name":"y"}]}"#);
    let expected = r##"{"comment":"c","value":"b","Tag":[{"name":"y","colour":"#fff"},{"name":"z"}]}"##;
    assert_eq!(Json::Object(restore(now, &residue, Event::RECORD)), Json::parse(expected).unwrap());
}
