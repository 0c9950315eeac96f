//! Names of observables that are made from their content (STIX 2.1 §2.9).

use uuid::Uuid;
use uuid::fmt::Hyphenated;

use crate::json::{Json, Members};
use crate::property::{Role, Shape};
use crate::{Identifier, TypeClass, canonical};

/// The namespace of deterministic identifiers.
pub const NAMESPACE: Uuid = Uuid::from_u128(0x00ab_edb4_aa42_466c_9c01_fed2_3315_a9b7);

/// The hashes that may stand for all, best first.
const PREFERRED_HASHES: [&str; 4] = ["MD5", "SHA-1", "SHA-256", "SHA-512"];

/// The name that an object with these members should have: made from its contributing properties if it is an
/// observable that has any, else random.
#[must_use]
pub fn name_of(shape: &Shape, members: &Members<'_>) -> Identifier {
    let uuid = made_from(shape, members).unwrap_or_else(Uuid::new_v4);
    format!("{}--{uuid}", shape.name).parse().unwrap_or_else(|_| Identifier::nil())
}

/// Is the `id` of these members the one that they make?
///
/// That it is not is no fault: a producer may make names in a namespace of its own.
#[must_use]
pub fn is_name_of(shape: &Shape, members: &Members<'_>) -> bool {
    let id = members.get("id").and_then(Json::as_str).and_then(|id| id.split_once("--"));
    let Some((_, text)) = id.filter(|(object_type, _)| *object_type == shape.name) else { return false };
    let made = made_from(shape, members);
    made.is_some_and(|uuid| *uuid.hyphenated().encode_lower(&mut [0; Hyphenated::LENGTH]) == *text)
}

fn made_from(shape: &Shape, members: &Members<'_>) -> Option<Uuid> {
    match shape.role {
        Role::Object(TypeClass::Observable) => uuid_of(shape.contributing, members),
        _ => None,
    }
}

/// The UUID that these contributing properties make; `None` if none of them is there.
///
/// Of `hashes`, one contributes: MD5, else SHA-1, SHA-256, SHA-512. Among others the standard leaves the choice open;
/// here it is the first that is listed.
///
/// ```
/// use stix_model::deterministic;
/// use stix_model::json::Json;
///
/// let address = Json::parse(r#"{"value": "198.51.100.3"}"#)?;
/// let uuid = deterministic::uuid_of(&["value"], address.as_object().unwrap()).unwrap();
/// assert_eq!(uuid.to_string(), "28bb3599-77cd-5a82-a950-b5bc3caf07c4");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn uuid_of(contributing: &[&str], members: &Members<'_>) -> Option<Uuid> {
    let mut present: Vec<_> = members.iter().filter(|(name, _)| contributing.contains(name)).collect();
    present.sort_unstable_by(|(a, _), (b, _)| canonical::order(a, b));
    let mut text = String::with_capacity(256);
    for (name, value) in present {
        match value {
            Json::Object(hashes) if name == "hashes" => {
                if let Some((algorithm, hash)) = one_hash(hashes) {
                    write_name(name, &mut text);
                    write_name_in(algorithm, '{', &mut text);
                    canonical::write(hash, &mut text);
                    text.push('}');
                }
            }
            value => {
                write_name(name, &mut text);
                canonical::write(value, &mut text);
            }
        }
    }
    if text.is_empty() {
        return None;
    }
    text.push('}');
    Some(Uuid::new_v5(&NAMESPACE, text.as_bytes()))
}

fn write_name(name: &str, text: &mut String) {
    let before = if text.is_empty() { '{' } else { ',' };
    write_name_in(name, before, text);
}

fn write_name_in(name: &str, before: char, text: &mut String) {
    text.push(before);
    canonical::write_string(name, text);
    text.push(':');
}

/// The one hash that stands for all: the first preferred, else the first that is listed.
fn one_hash<'m>(hashes: &'m Members<'_>) -> Option<(&'m str, &'m Json<'m>)> {
    let preferred = PREFERRED_HASHES.iter().find_map(|name| hashes.get(name).map(|value| (*name, value)));
    preferred.or_else(|| hashes.iter().next())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Object;
    use crate::object::object_type;
    use crate::sco::{Artifact, File, Ipv4Addr, Process};
    use crate::{Registry, StixObject};

    /// What a type and its members make, without looking at what else it requires.
    fn made(name: &str, members: &str) -> Option<String> {
        let json = Json::parse(members).unwrap();
        made_from(object_type(name).unwrap(), json.as_object().unwrap()).map(|uuid| uuid.to_string())
    }

    /// Type, members, UUID. The rows down to `foo.dll` are examples of the standard.
    const VECTORS: &[(&str, &str, &str)] = &[
        ("ipv4-addr", r#"{"value":"198.51.100.3"}"#, "28bb3599-77cd-5a82-a950-b5bc3caf07c4"),
        ("ipv4-addr", r#"{"value":"198.52.200.4"}"#, "055987b7-7d94-5326-8e20-c3dad8241976"),
        ("ipv4-addr", r#"{"value":"198.51.100.0/24"}"#, "1ea47840-aa39-5aa8-b4a2-cd203eb6662a"),
        ("ipv6-addr", r#"{"value":"2001:0db8:85a3:0000:0000:8a2e:0370:7334"}"#, "85a85a8c-ee99-5722-946d-3c3a3270fc6f"),
        ("ipv6-addr", r#"{"value":"2001:0db8::/96"}"#, "084d3b4c-7785-568a-a569-0c61c95754ab"),
        ("domain-name", r#"{"value":"example.com"}"#, "bedb4899-d24b-5401-bc86-8f6b4cc18ec7"),
        ("directory", r#"{"path":"C:\\"}"#, "ab82f84a-5afc-5ea7-8d98-9fcbc277eda6"),
        ("directory", r#"{"path":"C:\\Windows\\System32"}"#, "0a58d0c1-59e6-5afd-8252-dcd3f13e5622"),
        ("autonomous-system", r#"{"number":15139,"name":"x"}"#, "3aa27478-50b5-5ab8-9da9-cdc12b657fff"),
        ("email-addr", r#"{"value":"john@example.com"}"#, "7165e2a9-671f-585d-b1e1-ca59c671d934"),
        ("email-addr", r#"{"value":"jdoe@example.com"}"#, "6deb37bd-12b7-54ae-805f-5f7146f3d171"),
        ("email-addr", r#"{"value":"mary@example.com"}"#, "2aeeb98c-9db4-525e-874d-221fdfe9f76e"),
        ("mac-addr", r#"{"value":"d2:fb:49:24:37:18"}"#, "757b1725-9903-54f5-a855-1240691d7659"),
        ("mutex", r#"{"name":"__CLEANSWEEP__"}"#, "f93fe911-e545-5239-b9b0-597840d0c871"),
        ("url", r#"{"value":"https://example.com/research/index.html"}"#, "47c3cf9a-5027-5bf0-997a-017c7edc7c55"),
        (
            "user-account",
            r#"{"user_id":"1001","account_login":"jdoe","account_type":"unix"}"#,
            "f94d689e-707d-58c3-b803-c720bb6ed096",
        ),
        (
            "software",
            r#"{"name":"Word","cpe":"cpe:2.3:a:microsoft:word:2000:*:*:*:*:*:*:*","version":"2002","vendor":"Microsoft"}"#,
            "710b0b41-d4d0-5d6c-a400-fc9254554ffc",
        ),
        (
            "windows-registry-key",
            r#"{"key":"HKEY_LOCAL_MACHINE\\System\\Foo\\Bar"}"#,
            "1884b770-b679-522a-a9c7-45fadaaec7bb",
        ),
        (
            "x509-certificate",
            r#"{"serial_number":"36:f7:d4:32:f4:ab:70:ea:d3:ce:98:6e:ea:99:93:49:32:0a:b7:06"}"#,
            "bf86f034-2390-54d7-8426-d08433db3fbe",
        ),
        (
            "file",
            r#"{"hashes":{"SHA-256":"841a8921140aba50671ebb0770fecc4ee308c4952cfeff8de154ab14eeef4649"},"name":"quêry.dll"}"#,
            "7d1e3a18-89e7-5bc5-be36-9879f5b7f5c8",
        ),
        (
            "file",
            r#"{"hashes":{"SHA-256":"fe90a7e910cb3a4739bed9180e807e93fa70c90f25a8915476f5e4bfbac681db"},"name":"foo.dll"}"#,
            "949eb97a-da1e-5292-8959-03c4249dc9f3",
        ),
        ("domain-name", r#"{"value":"пример.рф"}"#, "ac751e41-42cb-5f89-83af-ac2d5d38d973"),
        ("file", r#"{"name":"a\tb\u0001c\u2028d.txt"}"#, "a7268bf8-82a0-5168-b80c-881bebbfd517"),
        ("url", r#"{"value":"https://example.com/a?b=\"c\"&d=\\"}"#, "5ef9cc92-d22b-5e0f-a7fb-600e35efe382"),
        (
            "network-traffic",
            r#"{"protocols":["tcp"],"src_ref":"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4","src_port":443}"#,
            "a9b1852c-f70c-55a2-8303-e7179f0dd370",
        ),
        (
            "windows-registry-key",
            r#"{"values":[{"name":"","data":"1","data_type":"REG_SZ"}]}"#,
            "716dfbbf-b646-5a8a-8291-23572f7aa862",
        ),
        (
            "file",
            r#"{"name":"x","extensions":{"windows-pebinary-ext":{"pe_type":"exe","sections":[{"name":".text","entropy":7.0}]}}}"#,
            "1b3db848-807d-56d5-961b-df379d4280b6",
        ),
        ("artifact", r#"{"payload_bin":"VBORw0KGgoAAAANSUhEUgAAADI="}"#, "9a35e991-afc2-5382-b19a-f9b3bd6e3365"),
        (
            "email-message",
            r#"{"from_ref":"email-addr--7165e2a9-671f-585d-b1e1-ca59c671d934","subject":"Hi","body":"line1\nline2"}"#,
            "271e2ebc-d09d-5f16-9c6c-a1cf76f76498",
        ),
        ("url", r#"{"value":"x"}"#, "4380b12f-9945-5d38-b6ee-2b8430723926"),
        ("domain-name", r#"{"value":"x"}"#, "4380b12f-9945-5d38-b6ee-2b8430723926"),
        // Instants enter as their text.
        (
            "network-traffic",
            r#"{"protocols":["tcp"],"src_ref":"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4","start":"2020-01-01T00:00:00Z"}"#,
            "f1b4ab89-3c30-583e-82d3-a4b53b86226f",
        ),
        (
            "network-traffic",
            r#"{"protocols":["tcp"],"src_ref":"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4","start":"2020-01-01T00:00:00.000Z"}"#,
            "1267b058-0812-551b-84ce-0e9cc4b0860c",
        ),
    ];

    /// DET-01, DET-02, DET-04, DET-06, DET-07, DET-08, DET-09, AC-03: the same names as others make.
    #[test]
    fn names_are_made_as_by_others() {
        for (object_type, members, uuid) in VECTORS {
            assert_eq!(made(object_type, members).as_deref(), Some(*uuid), "{object_type} {members}");
        }
    }

    /// DET-02: every contributing property changes the name; no other does, neither does the order.
    #[test]
    fn only_contributing_properties_count() {
        let given = r#"{"type":"file","id":"file--a7268bf8-82a0-5168-b80c-881bebbfd517","size":0,"name":"x"}"#;
        assert_eq!(made("file", given), made("file", r#"{"name":"x"}"#));
        let two = made("file", r#"{"name":"x","parent_directory_ref":"y"}"#);
        assert_eq!(two, made("file", r#"{"parent_directory_ref":"y","name":"x"}"#));
        for shape in crate::object::OBJECT_TYPES.iter().filter(|shape| !shape.contributing.is_empty()) {
            let mut members = Members::from_iter([("x_other", Json::from(1_i64))]);
            let mut seen = vec![uuid_of(shape.contributing, &members)];
            for name in shape.contributing {
                assert!(shape.property(name).is_some(), "{name} of {}", shape.name);
                members.insert(*name, Json::from("x"));
                seen.push(uuid_of(shape.contributing, &members));
            }
            let distinct: std::collections::HashSet<_> = seen.iter().collect();
            assert_eq!(distinct.len(), seen.len(), "{}", shape.name);
        }
    }

    /// DET-03: one hash stands for all, in the order of preference, else the first that is listed.
    #[test]
    fn one_hash_contributes() {
        let (a, b) = ("a".repeat(64), "b".repeat(70));
        let others = made("file", &format!(r#"{{"hashes":{{"SHA3-256":"{a}","TLSH":"{b}"}}}}"#));
        assert_eq!(others.as_deref(), Some("651db0e1-e879-5ea4-bd36-876aff898bb3"));
        let mut listed = String::new();
        for name in ["SHA-512", "SHA-256", "SHA-1", "MD5"] {
            let alone = made("file", &format!(r#"{{"hashes":{{"{name}":"0"}}}}"#));
            listed = format!(r#"{listed}"{name}":"0","#);
            let with_worse = made("file", &format!(r#"{{"hashes":{{{listed}"SSDEEP":"0"}}}}"#));
            assert_eq!(alone, with_worse, "{name}");
        }
        assert_ne!(made("file", r#"{"hashes":{"MD5":"0"}}"#), made("file", r#"{"hashes":{"SHA-1":"0"}}"#));
        assert_eq!(made("file", r#"{"hashes":{}}"#), None);
    }

    /// DET-05, ID-04, ID-05, AC-03: nothing that contributes makes a random name, which differs each time.
    #[test]
    fn nothing_to_make_a_name_from_is_random() {
        let version = |id: &Identifier| id.as_str().split_once("--").unwrap().1.as_bytes()[14];
        let process = || Process::builder().pid(0).command_line("x").build().unwrap().id();
        assert_ne!(process(), process());
        assert_eq!(version(&process()), b'4');
        let account = crate::sco::UserAccount::builder().display_name("x").build().unwrap();
        assert_eq!(version(&account.id()), b'4');
        let indicator = name_of(object_type("indicator").unwrap(), &Members::from_iter([("value", Json::from("x"))]));
        assert_eq!(version(&indicator), b'4');
    }

    /// ID-06: objects of different types may have one UUID, so only the whole name tells them apart.
    #[test]
    fn types_share_uuids() {
        let hash = [("MD5", "0123456789abcdef0123456789abcdef")];
        let file = File::builder().hashes(hash).build().unwrap();
        let artifact = Artifact::builder().url("https://example.com/x").hashes(hash).build().unwrap();
        let uuid = |id: &Identifier| id.as_str().split_once("--").unwrap().1.to_owned();
        assert_eq!(uuid(&file.id()), uuid(&artifact.id()));
        assert_ne!(file.id(), artifact.id());
        let values = ["domain-name", "url", "email-addr"].map(|name| made(name, r#"{"value":"x"}"#));
        assert!(values.iter().all(|uuid| *uuid == values[0]));
    }

    /// DET-11: a name that was made from the content follows it; one that somebody gave stays.
    #[test]
    fn changed_objects_are_named_anew() {
        let three = Ipv4Addr::builder().value("198.51.100.3").build().unwrap();
        let four = three.to_builder().value("198.52.200.4").build().unwrap();
        assert_eq!(four.id().as_str(), "ipv4-addr--055987b7-7d94-5326-8e20-c3dad8241976");
        assert_eq!(three.to_builder().defanged(true).build().unwrap().id(), three.id());
        assert_eq!(three.to_builder().build().unwrap(), three);
        // Set by the caller, even to what it was.
        let kept = three.to_builder().id(three.id()).value("198.52.200.4").build().unwrap();
        assert_eq!(kept.id(), three.id());
        // Given by another producer, in a namespace of its own.
        let foreign =
            r#"{"type":"ipv4-addr","id":"ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd","value":"198.51.100.3"}"#;
        let Object::Ipv4Addr(foreign) = Object::parse(foreign).unwrap() else { panic!() };
        assert_eq!(foreign.to_builder().value("198.52.200.4").build().unwrap().id(), foreign.id());
        // Parts of nested values contribute too.
        let plain = File::builder().name("x").build().unwrap();
        let pdf = crate::sco::PdfExt::builder().version("1.7").build().unwrap();
        let extended = plain.to_builder().extension(pdf).build().unwrap();
        assert_ne!(extended.id(), plain.id());
        assert_eq!(extended.to_builder().unset("extensions").build().unwrap().id(), plain.id());
    }

    /// §2.1 for other types: they say what contributes; order and repetition do not matter.
    #[test]
    fn declared_types_make_names() {
        let mut types = Registry::default();
        types.add("x-acme-sensor", TypeClass::Observable, &["site", "serial", "site"]).unwrap();
        let declared = types.get("x-acme-sensor").unwrap();
        let contributing: Vec<_> = declared.contributing.iter().map(String::as_str).collect();
        let members = Members::from_iter([("site", Json::from("b")), ("serial", Json::from("a"))]);
        let expected = Uuid::new_v5(&NAMESPACE, br#"{"serial":"a","site":"b"}"#);
        assert_eq!(uuid_of(&contributing, &members), Some(expected));
    }
}
