#![no_main]
//! No text that the server did not write is a cursor.

use libfuzzer_sys::fuzz_target;
use taxii_model::Endpoint;
use taxii_server::service::cursor::Cursors;
use uuid::Uuid;

fuzz_target!(|text: &str| {
    let cursors = Cursors::new(&[7; 32]);
    let here = Uuid::from_u128(0x378e_5de7_84a4_45e4_8a34_c02a_43d0_b657);
    if let Some(stamp) = cursors.read(text, here, Endpoint::Objects) {
        assert_eq!(cursors.write(here, Endpoint::Objects, stamp), text);
    }
});
