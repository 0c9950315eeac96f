use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::Ed25519KeyPair;

use super::*;

fn key() -> SigningKey {
    let der = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    SigningKey::from_pkcs8(der.as_ref()).unwrap()
}

fn why(document: &str) -> Vec<NotSigned> {
    read(document).signed_off().err().unwrap_or_default()
}

/// Without both sign-offs nobody has agreed; with both, everybody has.
#[test]
fn both_sign_off() {
    assert_eq!(why(DOCUMENT), [NotSigned::Missing("isac".into()), NotSigned::Missing("police".into())]);
    assert_eq!(why(&signed(DOCUMENT)), []);
}

/// Any change of a term after a sign-off undoes it; comments, layout and order do not.
#[test]
fn changes_undo_sign_offs() {
    let document = signed(DOCUMENT);
    let digest = read(&document).digest().to_owned();
    for (old, new) in [
        ("isac-police-2026", "isac-police-2027"),
        ("Malware facts for", "Malware facts and more for"),
        ("[\"prosecution\"]", "[\"prosecution\", \"sale\"]"),
        ("2026-01-01T00:00:00Z\nvalid", "2026-01-02T00:00:00Z\nvalid"),
        ("valid_until = 2999", "valid_until = 2998"),
        ("8e2e2d2b", "8e2e2d2c"),
        ("desk@isac", "door@isac"),
        ("pap = \"amber\"", "pap = \"green\""),
        ("unmarked = \"green\"", "unmarked = \"amber\""),
        ("profile = \"technical\"", "profile = \"full\""),
        ("retention_days = 365", "retention_days = 366"),
        ("max_hops = 1", "max_hops = 2"),
        ("collection = \"malware\"", "collection = \"all\""),
        (", \"relationship\"]", "]"),
    ] {
        let changed = document.replacen(old, new, 1);
        assert_ne!(changed, document, "{old}");
        assert_eq!(why(&changed), [NotSigned::Changed("isac".into()), NotSigned::Changed("police".into())], "{old}");
        assert_ne!(read(&changed).digest(), digest);
    }
    for (old, new) in [
        ("id = ", "# a comment\nid   =   "),
        ("pap = \"amber\"\nunmarked = \"green\"", "unmarked = \"green\"\npap = 'amber'"),
        ("retention_days = 365", "retention_days = 0x16d"),
    ] {
        let same = document.replacen(old, new, 1);
        assert_ne!(same, document, "{old}");
        assert_eq!(why(&same), [], "{old}");
    }
}

/// A party with a key signs: nobody else can, and not something else.
#[test]
fn signatures_count() {
    let (own, other) = (key(), key());
    let contact = "contact = \"desk@isac.example\"";
    let document = DOCUMENT.replace(contact, &format!("{contact}\nkey = \"{}\"", own.public()));
    let digest = read(&document).digest().to_owned();
    let with = |signature: String| {
        let document = signed(&document);
        let line = format!("terms = \"{digest}\"");
        document.replacen(&line, &format!("{line}\nsignature = \"{signature}\""), 1)
    };
    assert_eq!(why(&signed(&document)), [NotSigned::Unsigned("isac".into())]);
    assert_eq!(why(&with(own.sign("isac", &digest))), []);
    for forged in [
        other.sign("isac", &digest),
        own.sign("police", &digest),
        own.sign("isac", "sha256:00"),
        STANDARD.encode([0; 64]),
    ] {
        assert_eq!(why(&with(forged)), [NotSigned::Forged("isac".into())]);
    }
    let keyless = with(own.sign("isac", &digest)).replace(&format!("key = \"{}\"\n", own.public()), "");
    assert!(why(&keyless).contains(&NotSigned::Changed("isac".into())));
}

/// A signature that OpenSSL made counts (`openssl pkeyutl -sign -rawin`, over the context, the digest and the name).
#[test]
fn signatures_of_others_count() {
    let bytes = |text: &str| Some(STANDARD.decode(text).unwrap());
    let party = Party {
        name: "isac".to_owned(),
        identity: "identity--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f".parse().unwrap(),
        key: bytes("aM50Y9oOc6ceP4YXIurruUor8ByParn8pAB4HggE648="),
        contact: None,
    };
    let made = SignOff {
        party: "isac".to_owned(),
        by: "Jo".to_owned(),
        at: DateTime::UNIX_EPOCH,
        terms: "sha256:00".to_owned(),
        signature: bytes("ZDYk+D5lI7DZ8vdgq/ILWZAtTy4VltEzQTOSjnYt+oD9cqrks8vQAMHlZw4Qoogj5IQ54UwbfSkL+SmTnl3jDw=="),
    };
    assert_eq!(sign::verify(&party, &made, "sha256:00"), Ok(()));
}
