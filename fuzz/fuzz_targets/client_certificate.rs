#![no_main]
//! Whatever stands in a certificate, its names are printable ASCII, each with the kind that it is of, few, and none twice.

use std::collections::HashSet;

use libfuzzer_sys::fuzz_target;
use taxii_server::auth::ClientCertificate;

const KINDS: [&str; 5] = ["dns:", "email:", "uri:", "ip:", "subject:"];

fuzz_target!(|der: &[u8]| {
    let Some(certificate) = ClientCertificate::from_der(der) else { return };
    assert_eq!(ClientCertificate::from_der(der).as_ref(), Some(&certificate));
    assert_eq!(certificate.fingerprint.len(), 64);
    assert!(certificate.names.len() <= 128);
    let unique: HashSet<_> = certificate.names.iter().collect();
    assert_eq!(unique.len(), certificate.names.len());
    for name in &certificate.names {
        let kind = KINDS.iter().find(|kind| name.starts_with(**kind)).expect("a kind");
        assert!(name.bytes().all(|octet| (b' '..=b'~').contains(&octet)), "{name}");
        let value = &name[kind.len()..];
        match *kind {
            "dns:" => assert!(!value.contains([':', ',', ' ', '@'])),
            "email:" => assert!(value.matches('@').count() == 1 && !value.contains([',', ' ', ':'])),
            "ip:" => assert!(value.parse::<std::net::IpAddr>().is_ok()),
            "uri:" => assert!(!value.contains(' ')),
            // Every part is KIND=VALUE.
            _ => assert!(value.contains('=') && !value.ends_with(' ') || value.ends_with("\\ ")),
        }
    }
});
