//! The same objects give the same result, however they come.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::slots::{least, types};
use super::*;

/// Objects of all types that refer to each other in every way.
fn web() -> &'static Vec<Value> {
    static WEB: LazyLock<Vec<Value>> = LazyLock::new(|| {
        let mut all: Vec<Value> =
            types().enumerate().map(|(number, shape)| least(shape, u32::try_from(number).unwrap() + 7)).collect();
        let ids: Vec<String> = all.iter().map(|object| id(object).to_owned()).collect();
        for (number, object) in (1_u32..).zip(&mut all) {
            for name in ["object_refs", "contains_refs", "sample_refs", "analysis_sco_refs", "encapsulates_refs"] {
                let step = usize::try_from(number).unwrap();
                if object.get(name).is_some() || name == "contains_refs" && object["type"] == "file" {
                    object[name] = json!(ids.iter().skip(step % 3).step_by(2).collect::<Vec<_>>());
                }
            }
        }
        for (number, pair) in (500_u32..).zip(ids.windows(3)) {
            all.push(object(
                "relationship",
                number,
                &json!({"relationship_type": "related-to", "source_ref": pair[0], "target_ref": pair[2]}),
            ));
            all.push(object("sighting", number, &json!({"sighting_of_ref": pair[0], "count": 1})));
        }
        all
    });
    &WEB
}

fn leaving(sanitiser: &Sanitiser, batch: &[String], known: &Objects) -> BTreeSet<(String, String)> {
    let out = sanitiser.sanitise(batch, known);
    out.leaving.into_iter().map(|leaving| (leaving.original, leaving.object)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5))]

    /// In any order and cut into any batches, the same objects leave, byte by byte.
    #[test]
    fn any_batches_give_the_same(order in Just((0..web().len()).collect::<Vec<_>>()).prop_shuffle(), size in 1..20_usize) {
        let known: Objects = web().iter().map(|object| match Object::parse(&object.to_string()) {
            Ok(object) => object.into_members(),
            Err(error) => panic!("{error}"),
        }).collect();
        let texts: Vec<String> = web().iter().map(ToString::to_string).collect();
        for profile in [Profile::technical(), Profile::anonymous()] {
            let sanitiser = sanitiser(profile);
            let whole = leaving(&sanitiser, &texts, &known);
            let shuffled: Vec<String> = order.iter().map(|at| texts[*at].clone()).collect();
            let cut: BTreeSet<_> = shuffled.chunks(size).flat_map(|batch| leaving(&sanitiser, batch, &known)).collect();
            prop_assert_eq!(&whole, &cut);
            prop_assert!(whole.len() > 20, "{}", whole.len());
        }
    }
}

/// Every reference in what leaves leads to something that leaves, or to what everybody knows: nothing dangles.
#[test]
fn no_reference_dangles() {
    for profile in [Profile::technical(), Profile::anonymous()] {
        let out = sanitise(profile, web());
        let ids: BTreeSet<&str> = out.leaving.iter().map(|leaving| leaving.id.as_str()).collect();
        for leaving in &out.leaving {
            let Ok(Json::Object(object)) = Json::parse(&leaving.object) else { panic!() };
            for reference in stix_model::graph::references(&object) {
                let is_known = reference.id == HUB || admit::published(reference.id).is_some();
                assert!(is_known || ids.contains(reference.id), "{} in {}", reference.id, leaving.object);
            }
        }
    }
}
