use std::collections::HashSet;
use std::net::IpAddr;

use proptest::prelude::*;
use rcgen::{
    CertificateParams, CustomExtension, DistinguishedName, DnType, DnValue, KeyPair, PKCS_ECDSA_P256_SHA256, SanType,
};

use super::ClientCertificate;

/// The content of an extension with these alternative names: the number of the kind, and what it says.
fn extension(names: &[(u8, Vec<u8>)]) -> CustomExtension {
    let length = |octets: usize| match octets {
        0..=127 => vec![octets as u8],
        128..=255 => vec![0x81, octets as u8],
        _ => vec![0x82, (octets >> 8) as u8, octets as u8],
    };
    let mut content = Vec::new();
    for (kind, value) in names {
        content.push(0x80 | kind);
        content.extend(length(value.len()));
        content.extend(value);
    }
    let whole = [vec![0x30], length(content.len()), content].concat();
    CustomExtension::from_oid_content(&[2, 5, 29, 17], whole)
}

fn read(change: impl FnOnce(&mut CertificateParams)) -> ClientCertificate {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    change(&mut params);
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    ClientCertificate::from_der(params.self_signed(&key).unwrap().der()).unwrap()
}

fn alternatives(names: &[(u8, &[u8])]) -> Vec<String> {
    let names: Vec<_> = names.iter().map(|(kind, value)| (*kind, value.to_vec())).collect();
    read(|params| params.custom_extensions = vec![extension(&names)]).names
}

fn subject(parts: &[(DnType, DnValue)]) -> Option<String> {
    let names = read(|params| {
        for (kind, value) in parts {
            params.distinguished_name.push(kind.clone(), value.clone());
        }
    });
    names.names.into_iter().next()
}

/// Promise 4: an account knows a certificate by any of its names, each with its kind, in the order of the certificate, the subject behind
/// them, and none twice.
#[test]
fn all_names_with_their_kinds() {
    let certificate = read(|params| {
        params.distinguished_name.push(DnType::OrganizationName, "Group");
        params.distinguished_name.push(DnType::CommonName, "soc");
        params.subject_alt_names = vec![
            SanType::DnsName("SOC.Example".try_into().unwrap()),
            SanType::Rfc822Name("Anna.Soc@Example.ORG".try_into().unwrap()),
            SanType::URI("spiffe://example/soc".try_into().unwrap()),
            SanType::IpAddress(IpAddr::from([192, 0, 2, 1])),
            SanType::IpAddress("2001:DB8::1".parse().unwrap()),
            SanType::DnsName("soc.example".try_into().unwrap()),
        ];
    });
    let expected = [
        "dns:soc.example",
        "email:Anna.Soc@example.org",
        "uri:spiffe://example/soc",
        "ip:192.0.2.1",
        "ip:2001:db8::1",
        "subject:CN=soc,O=Group",
    ];
    assert_eq!(certificate.names, expected);
    assert_eq!(certificate.fingerprint.len(), 64);
    assert!(read(|_| ()).names.is_empty(), "it may have no names at all");
}

/// Promise 4: whoever asks for a certificate says what stands in it. What is not of the form that its kind has names nobody: nothing looks
/// like another kind, ends early, or means something to whoever reads a list of names.
#[test]
fn hostile_alternatives_name_nobody() {
    const EMAIL: u8 = 1;
    const DNS: u8 = 2;
    const URI: u8 = 6;
    const IP: u8 = 7;
    let rows: [(u8, &[u8]); 25] = [
        (DNS, b"email:admin@example.org"),
        (DNS, b"soc.example\0.evil.example"),
        (DNS, b"a.example,dns:b.example"),
        (DNS, b"a.example b.example"),
        (DNS, "b\u{fc}ro.example".as_bytes()),
        (DNS, b"\xff\xfe"),
        (DNS, b""),
        (DNS, b"."),
        (DNS, b"soc.example."),
        (DNS, b"a..b"),
        (DNS, b"soc.*.example"),
        (DNS, &[b'a'; 64]),
        (EMAIL, b"admin"),
        (EMAIL, b"a@b@example.org"),
        (EMAIL, b"\"subject:CN=admin\"@example.org"),
        (EMAIL, b"admin@example.org\n"),
        (EMAIL, b"@example.org"),
        (EMAIL, b"admin@"),
        (URI, b"soc"),
        (URI, b"https:"),
        (URI, b"https://soc.example/\x7f"),
        (URI, b"1://x"),
        (IP, &[127, 0, 0]),
        (IP, &[0; 17]),
        (3, b"an X.400 address"),
    ];
    for (kind, value) in rows {
        let found = alternatives(&[(kind, value), (DNS, b"good.example")]);
        assert_eq!(found, ["dns:good.example"], "{kind} {:?}", String::from_utf8_lossy(value));
    }
    assert_eq!(
        alternatives(&[(DNS, b"*.soc.example")]),
        ["dns:*.soc.example"],
        "which is no host, and is compared as it stands"
    );
    // A directory name beside the subject, which says CN=admin.
    let directory = b"\x30\x10\x31\x0e\x30\x0c\x06\x03\x55\x04\x03\x0c\x05admin";
    let found = read(|params| {
        let mut content = vec![0x30, 2 + directory.len() as u8, 0xa4, directory.len() as u8];
        content.extend(directory);
        params.custom_extensions = vec![CustomExtension::from_oid_content(&[2, 5, 29, 17], content)];
    });
    assert!(found.names.is_empty(), "{found:?}");
}

/// Promise 4: thousands of names are no work for whoever looks them up, and none is cut: the subject stays, too.
#[test]
fn a_huge_list_is_bounded() {
    let names: Vec<_> = (0..3000).map(|n| (2, format!("n{n}.example").into_bytes())).collect();
    let found = read(|params| {
        params.distinguished_name.push(DnType::CommonName, "soc");
        params.custom_extensions = vec![extension(&names)];
    });
    assert_eq!(found.names.len(), 128);
    assert_eq!(found.names[126], "dns:n126.example");
    assert_eq!(found.names[127], "subject:CN=soc");
    let long = format!("https://soc.example/{}", "a".repeat(4000));
    assert!(alternatives(&[(6, long.as_bytes())]).is_empty());
}

/// RFC 4514 §2 and §4: the most specific part first, what has a meaning escaped, what has no short name in hex; nothing but ASCII.
#[test]
fn subjects_are_escaped() {
    let utf8 = |text: &str| DnValue::Utf8String(text.to_owned());
    let common = |text: &str| subject(&[(DnType::CommonName, utf8(text))]).unwrap();
    for (text, expected) in [
        ("soc", "CN=soc"),
        ("a,O=Group", "CN=a\\,O=Group"),
        ("a+b;c<d>e\"f\\g", "CN=a\\+b\\;c\\<d\\>e\\\"f\\\\g"),
        (" edge ", "CN=\\ edge\\ "),
        ("#04", "CN=\\#04"),
        ("a#b c", "CN=a#b c"),
        ("a\0b\n", "CN=a\\00b\\0A"),
        ("L\u{fc}", "CN=L\\C3\\BC"),
        ("\u{202e}nimda", "CN=\\E2\\80\\AEnimda"),
        ("", "CN="),
        (" ", "CN=\\ "),
    ] {
        assert_eq!(common(text), format!("subject:{expected}"), "{text:?}");
    }
    let parts = [
        (DnType::CountryName, DnValue::PrintableString("DE".try_into().unwrap())),
        (DnType::OrganizationName, DnValue::BmpString("Gr\u{fc}n".try_into().unwrap())),
        (DnType::OrganizationalUnitName, DnValue::TeletexString("old".try_into().unwrap())),
        (DnType::CustomDnType(vec![1, 2, 840, 113_549, 1, 9, 1]), DnValue::Ia5String("a@b".try_into().unwrap())),
    ];
    let expected = "subject:1.2.840.113549.1.9.1=#1603614062,OU=#14036f6c64,O=Gr\\C3\\BCn,C=DE";
    assert_eq!(subject(&parts).unwrap(), expected);
}

/// Junk, half a certificate, and a certificate with something behind it are none.
#[test]
fn what_is_no_certificate() {
    let params = CertificateParams::new(["soc.example".to_owned()]).unwrap();
    let der = params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec();
    assert!(ClientCertificate::from_der(&der).is_some());
    for cut in 0..der.len() {
        assert!(ClientCertificate::from_der(&der[..cut]).is_none(), "{cut}");
    }
    assert!(ClientCertificate::from_der(&[&der[..], &[0]].concat()).is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Promise 4: whatever the names say, they come out as printable ASCII with the kind that they are of, none twice; and two subjects have the same text only if they are the same.
    #[test]
    fn whatever_they_say(
        names in prop::collection::vec((prop::sample::select(vec![1_u8, 2, 6, 7]), prop::collection::vec(any::<u8>(), 0..20)), 0..6),
        one in ".{0,12}", other in "[ #,+=\\\\a]{0,4}",
    ) {
        let certificate = read(|params| {
            params.distinguished_name.push(DnType::CommonName, one.as_str());
            params.distinguished_name.push(DnType::OrganizationName, other.as_str());
            params.custom_extensions = vec![extension(&names)];
        });
        let unique: HashSet<_> = certificate.names.iter().collect();
        prop_assert_eq!(unique.len(), certificate.names.len());
        for name in &certificate.names {
            let known = ["dns:", "email:", "uri:", "ip:", "subject:"].iter().any(|kind| name.starts_with(kind));
            prop_assert!(known && name.bytes().all(|octet| (b' '..=b'~').contains(&octet)), "{}", name);
        }
        let text = certificate.names.last().cloned().unwrap_or_default();
        let (organisation, common) = parts(text.strip_prefix("subject:O=").unwrap());
        prop_assert_eq!((organisation, common), (other, one));
    }
}

/// Reads `organisation,CN=common` back.
fn parts(text: &str) -> (String, String) {
    let mut values = vec![Vec::new()];
    let octets = text.as_bytes();
    let mut at = 0;
    while at < octets.len() {
        let (value, step) = match octets[at] {
            b'\\' if octets[at + 1].is_ascii_hexdigit() => {
                (Some(u8::from_str_radix(&text[at + 1..at + 3], 16).unwrap()), 3)
            }
            b'\\' => (Some(octets[at + 1]), 2),
            b',' => (None, 1),
            octet => (Some(octet), 1),
        };
        match value {
            Some(octet) => values.last_mut().unwrap().push(octet),
            None => values.push(Vec::new()),
        }
        at += step;
    }
    let mut texts = values.into_iter().map(|octets| String::from_utf8(octets).unwrap());
    let (organisation, common) = (texts.next().unwrap(), texts.next().unwrap());
    assert!(texts.next().is_none());
    (organisation, common.strip_prefix("CN=").unwrap().to_owned())
}
