#![no_main]
//! Any query gives an answer; what was understood is understood again when printed.

use libfuzzer_sys::fuzz_target;
use taxii_model::{Endpoint, Query};

fuzz_target!(|raw: &str| {
    for endpoint in [Endpoint::Objects, Endpoint::Manifest, Endpoint::Object, Endpoint::Versions, Endpoint::Delete] {
        if let Ok(query) = Query::parse(raw, endpoint)
            && endpoint == Endpoint::Objects
        {
            assert_eq!(Query::parse(&query.to_string(), endpoint), Ok(query));
        }
    }
});
