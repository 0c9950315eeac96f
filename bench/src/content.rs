//! Generated objects: indicators of some 670 bytes, 6 % of them with a second version.

use std::fmt::Write;

/// The text of object `n`; a version above 0 is a later one of the same object.
pub(crate) fn object(n: usize, version: usize) -> String {
    let id = format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        scatter(n) >> 32,
        scatter(n) & 0xffff,
        n % 4096,
        (n / 7) % 4096,
        n
    );
    let (a, b, c) = (n % 250 + 1, n / 250 % 250, n / 62_500 % 250);
    format!(
        "{{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"indicator--{id}\",\
         \"created_by_ref\":\"identity--5c1b7e21-7f0a-4b39-9d63-0a6d9e2f1c11\",\"created\":\"2026-01-01T00:00:00.000Z\",\
         \"modified\":\"2026-01-01T00:00:{version:02}.000Z\",\"name\":\"Address {n} of a control server\",\
         \"description\":\"Seen in traffic from several sites; the address answered with a self-signed certificate and was taken down later. Reported by an automated sensor, not reviewed.\",\
         \"indicator_types\":[\"malicious-activity\"],\"pattern\":\"[ipv4-addr:value = '10.{c}.{b}.{a}']\",\"pattern_type\":\"stix\",\
         \"pattern_version\":\"2.1\",\"valid_from\":\"2026-01-01T00:00:00Z\",\"confidence\":{},\
         \"object_marking_refs\":[\"marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb\"]}}",
        n % 101
    )
}

/// Spreads the ids, as random ones would be.
fn scatter(n: usize) -> u64 {
    (n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The number and version of the `i`-th of a stream of objects.
pub(crate) fn nth(i: usize) -> (usize, usize) {
    match i % 17 {
        16 => (i - 8, 1),
        _ => (i, 0),
    }
}

/// An envelope of objects `from..from + count`.
pub(crate) fn envelope(from: usize, count: usize) -> String {
    let mut text = String::from("{\"objects\":[");
    for i in from..from + count {
        let (n, version) = nth(i);
        let separator = if i == from { "" } else { "," };
        let _ = write!(text, "{separator}{}", object(n, version));
    }
    text + "]}"
}
