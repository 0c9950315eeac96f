#![no_main]
//! Any text is read as what administrators decide, or refused; what is read can be written and read again.

use libfuzzer_sys::fuzz_target;
use taxii_server::state::{Present, State, difference};

fuzz_target!(|text: &str| {
    let Ok(state) = State::parse(text) else { return };
    let _ = difference(text, &state, &Present::default(), true);
    if let Ok(written) = state.to_toml() {
        assert!(State::parse(&written).is_ok());
    }
});
