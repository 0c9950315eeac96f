#![no_main]
//! Any text is an object or an error. An object is written as it was read, and checking it, naming it and bringing it up to
//! date always ends.

use libfuzzer_sys::fuzz_target;
use stix_model::json::Json;
use stix_model::upgrade;
use stix_model::validate::{self, Options};
use stix_model::{Object, graph};

fuzz_target!(|text: &str| {
    let Ok(object) = Object::parse(text) else { return };
    let json = Json::parse(text).expect("it was read before");
    assert_eq!(Some(object.members()), json.as_object());
    let written = Json::Object(object.members().clone()).to_string();
    assert_eq!(Object::parse(&written).expect("our own text"), object);
    let _ = (validate::members(object.members(), &Options::default()), graph::references(object.members()));
    if let Ok(upgraded) = upgrade::object(object.into_members(), &upgrade::Options::default()) {
        upgraded.objects.iter().for_each(|members| drop(validate::members(members, &Options::default())));
    }
});
