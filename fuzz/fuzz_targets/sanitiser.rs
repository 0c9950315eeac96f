#![no_main]
//! Any objects are sanitised or withheld; what leaves is valid, and is the same when it is done again.

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sharing::sanitise::{Audience, Objects, Profile, Sanitiser, Secret};
use stix_model::json::Json;
use stix_model::validate::{self, Options};
use stix_model::Severity;

static SANITISERS: LazyLock<Vec<Sanitiser>> = LazyLock::new(|| {
    let make = |profile| {
        let hub = "identity--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f".parse().expect("an identifier");
        let secret = Secret::new(&[7; 32]).expect("long enough");
        Sanitiser::new(profile, Audience::new("fuzz", hub), secret).expect("a profile that can be used")
    };
    vec![make(Profile::technical()), make(Profile::anonymous())]
});

fuzz_target!(|text: &str| {
    let batch: Vec<&str> = text.lines().collect();
    for sanitiser in SANITISERS.iter() {
        let sanitised = sanitiser.sanitise(&batch, &Objects::default());
        for leaving in sanitised.leaving.iter().filter(|leaving| !leaving.unchanged) {
            let json = Json::parse(&leaving.object).expect("our own text");
            let findings = validate::object(&json, &Options::default());
            assert!(findings.iter().all(|finding| finding.severity != Severity::Error), "{findings:?}");
        }
        assert_eq!(sanitised, sanitiser.sanitise(&batch, &Objects::default()));
    }
});
