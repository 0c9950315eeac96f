//! What holds for every observable, whatever its type.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::*;
use crate::json::{Json, Members};
use crate::object::{EXTENSIONS, OBJECT_TYPES};
use crate::property::{Kind, Property, Role, Shape, Target};
use crate::validate::{self, Options};
use crate::{Object, Severity, StixObject, Table, TypeClass};

const UUID: &str = "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f";

/// Type, number of its own properties, the least that it needs.
const TYPES: &[(&str, usize, &str)] = &[
    ("artifact", 6, r#""payload_bin":"""#),
    ("autonomous-system", 3, r#""number":0"#),
    ("directory", 6, r#""path":"""#),
    ("domain-name", 2, r#""value":"example.com""#),
    ("email-addr", 3, r#""value":"jdoe@example.com""#),
    ("email-message", 15, r#""is_multipart":false"#),
    ("file", 12, r#""name":"x""#),
    ("ipv4-addr", 3, r#""value":"198.51.100.3""#),
    ("ipv6-addr", 3, r#""value":"2001:db8::1""#),
    ("mac-addr", 1, r#""value":"d2:fb:49:24:37:18""#),
    ("mutex", 1, r#""name":"x""#),
    ("network-traffic", 17, r#""src_ref":"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4","protocols":["tcp"]"#),
    ("process", 11, r#""pid":0"#),
    ("software", 6, r#""name":"x""#),
    ("url", 1, r#""value":"https://example.com/""#),
    ("user-account", 14, r#""is_disabled":false"#),
    ("windows-registry-key", 5, r#""number_of_subkeys":0"#),
    ("x509-certificate", 13, r#""is_self_signed":false"#),
];

/// Key, number of properties, the least that it needs, and the rule that an empty one breaks.
const PARTS: &[(&str, usize, &str, &str)] = &[
    ("archive-ext", 2, r#"{"contains_refs":["file--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"]}"#, "CP-01"),
    ("ntfs-ext", 2, r#"{"sid":""}"#, "SCO-FILE-NTFS-1"),
    ("pdf-ext", 5, r#"{"is_optimized":false}"#, "SCO-FILE-PDF-1"),
    ("raster-image-ext", 4, r#"{"image_height":0}"#, "SCO-FILE-IMAGE-1"),
    ("windows-pebinary-ext", 12, r#"{"pe_type":"exe","number_of_symbols":0}"#, "CP-01"),
    ("http-request-ext", 6, r#"{"request_method":"get","request_value":"/"}"#, "CP-01"),
    ("icmp-ext", 2, r#"{"icmp_type_hex":"08","icmp_code_hex":"00"}"#, "CP-01"),
    ("socket-ext", 7, r#"{"address_family":"AF_INET"}"#, "CP-01"),
    ("tcp-ext", 2, r#"{"src_flags_hex":"02"}"#, "SCO-NT-TCP-1"),
    ("windows-process-ext", 7, r#"{"aslr_enabled":false}"#, "SCO-PR-WINDOWS-1"),
    ("windows-service-ext", 8, r#"{"service_name":""}"#, "SCO-PR-SERVICE-1"),
    ("unix-account-ext", 4, r#"{"gid":0}"#, "SCO-UA-UNIX-1"),
];

/// Runs a check for each of the types.
macro_rules! for_each_type {
    ($check:ident) => {
        for_each_type!($check: Artifact AutonomousSystem Directory DomainName EmailAddr EmailMessage File Ipv4Addr
            Ipv6Addr MacAddr Mutex NetworkTraffic Process Software Url UserAccount WindowsRegistryKey X509Certificate)
    };
    ($check:ident: $($Type:ident)*) => {
        [$($check::<$Type>()),*].len()
    };
}

fn observables() -> impl Iterator<Item = &'static Shape> {
    OBJECT_TYPES.iter().copied().filter(|shape| shape.role == Role::Object(TypeClass::Observable))
}

fn members(text: &str) -> Members<'static> {
    match Json::parse(text).unwrap().into_owned() {
        Json::Object(members) => members,
        other => panic!("{other}"),
    }
}

/// The least object of a type, as text.
fn least(name: &str) -> String {
    let (_, _, rest) = TYPES.iter().find(|(of, ..)| *of == name).unwrap();
    format!(r#"{{"type":"{name}","id":"{name}--{UUID}",{rest}}}"#)
}

/// A value of a kind, the smallest: zero, false, empty text.
fn smallest(kind: &'static Kind) -> Json<'static> {
    let entries = |value| Json::Object(Members::from_iter([("Key", value)]));
    match kind {
        Kind::Any | Kind::String | Kind::Binary => Json::from(""),
        Kind::Boolean => Json::from(false),
        Kind::Integer { .. } => Json::from(0_i64),
        Kind::Float { .. } => Json::parse("0.0").unwrap(),
        Kind::Timestamp(_) => Json::from("2026-01-01T00:00:00Z"),
        Kind::Hex => Json::from("00"),
        Kind::Url => Json::from("https://example.com/"),
        Kind::Reference(Target::Types([first, ..])) => Json::from(format!("{first}--{UUID}")),
        Kind::Reference(_) => Json::from(format!("file--{UUID}")),
        Kind::Vocabulary(vocabulary) => Json::from(vocabulary.values[0]),
        Kind::List(of) => Json::from(vec![smallest(of)]),
        Kind::Dictionary(of, _) => entries(smallest(of)),
        Kind::Hashes => Json::Object(Members::from_iter([("SHA-256", Json::from("0".repeat(64)))])),
        Kind::Either(kinds) => smallest(&kinds[0]),
        Kind::Object(shape) => Json::Object(full_part(shape)),
        other => panic!("{other:?}"),
    }
}

/// Every property of a table, each with its smallest value.
fn full_part(shape: &'static Shape) -> Members<'static> {
    let value = |property: &'static Property| match formed(shape.name, property.name) {
        Some(text) if matches!(property.kind, Kind::List(_)) => Json::from(vec![Json::from(text)]),
        Some(text) => Json::from(text),
        None => smallest(&property.kind),
    };
    shape.properties.iter().map(|property| (property.name, value(property))).collect()
}

/// Text where a rule beyond the table demands a form.
fn formed(table: &str, property: &str) -> Option<&'static str> {
    match (table, property) {
        (_, "mime_type") => Some("text/plain"),
        (_, "path_enc" | "name_enc") => Some("UTF-8"),
        (_, "cpe") => Some("cpe:2.3:a:acme:word:1.0:*:*:*:*:*:*:*"),
        ("software", "languages") => Some("en"),
        ("windows-registry-key", "key") => Some("HKEY_USERS"),
        ("email-addr", "value") => Some("a@example.com"),
        ("ipv4-addr", "value") => Some("198.51.100.3"),
        ("ipv6-addr", "value") => Some("2001:db8::1"),
        ("mac-addr", "value") => Some("d2:fb:49:24:37:18"),
        _ => None,
    }
}

/// Every property of an object type and every extension, but for those that exclude each other.
fn full(shape: &'static Shape) -> Members<'static> {
    let mut members = members(&format!(r#"{{"type":"{0}","spec_version":"2.1","id":"{0}--{UUID}"}}"#, shape.name));
    members.insert("object_marking_refs", Json::from(vec![Json::from(format!("marking-definition--{UUID}"))]));
    members.insert("defanged", Json::from(false));
    for (name, value) in full_part(shape) {
        if !matches!((shape.name, name.as_ref()), ("artifact", "url") | ("email-message", "body_multipart")) {
            members.insert(name, value);
        }
    }
    let fits = |extension: &&&'static Shape| matches!(extension.role, Role::Extension(on) if on.contains(&shape.name));
    let extensions: Members<'static> =
        EXTENSIONS.iter().filter(fits).map(|extension| (extension.name, Json::Object(full_part(extension)))).collect();
    if !extensions.is_empty() {
        members.insert("extensions", Json::Object(extensions));
    }
    members
}

fn errors(members: &Members<'_>) -> Vec<String> {
    let findings = validate::members(members, &Options::default());
    findings.iter().filter(|finding| finding.severity == Severity::Error).map(ToString::to_string).collect()
}

/// AC-01: all 18 types are there, each with its number of properties.
#[test]
fn every_type_has_its_properties() {
    let found: Vec<_> = observables().map(|shape| (shape.name, shape.properties.len())).collect();
    let expected: Vec<_> = TYPES.iter().map(|(name, count, _)| (*name, *count)).collect();
    assert_eq!(found, expected);
    let found: Vec<_> = EXTENSIONS.iter().map(|shape| (shape.name, shape.properties.len())).collect();
    let expected: Vec<_> = PARTS.iter().map(|(name, count, ..)| (*name, *count)).collect();
    assert_eq!(found, expected);
    let nested = [
        (AlternateDataStream::SHAPE, 3),
        (EmailMimePart::SHAPE, 4),
        (WindowsPeOptionalHeader::SHAPE, 31),
        (WindowsPeSection::SHAPE, 4),
        (WindowsRegistryValue::SHAPE, 3),
        (X509V3Extensions::SHAPE, 16),
    ];
    for (shape, count) in nested {
        assert_eq!(shape.properties.len(), count, "{}", shape.name);
    }
    for shape in observables().chain(EXTENSIONS.iter().copied()).chain(nested.map(|(shape, _)| shape)) {
        for property in shape.properties {
            let (name, list) = (property.name, matches!(property.kind, Kind::List(_)));
            let refers = matches!(property.kind, Kind::Reference(_) | Kind::List(Kind::Reference(_)));
            assert_eq!(name.ends_with("_refs") || name.ends_with("_ref"), refers, "{name} of {}", shape.name);
            assert!(!refers || name.ends_with("_refs") == list, "{name} of {}", shape.name);
            assert_eq!(name.ends_with("_hex"), matches!(property.kind, Kind::Hex), "{name} of {}", shape.name);
            assert_eq!(name.ends_with("_bin"), matches!(property.kind, Kind::Binary), "{name} of {}", shape.name);
            assert!(property.doc.ends_with(['.', '?']), "{name} of {}", shape.name);
        }
    }
}

/// Reads, writes and builds the least and the fullest object of a type.
fn survives<T: StixObject + Serialize + DeserializeOwned + Clone + PartialEq + Debug>() {
    for members in [members(&least(T::SHAPE.name)), full(T::SHAPE)] {
        let text = Json::Object(members.clone()).to_string();
        assert_eq!(errors(&members), [""; 0], "{text}");
        let object: T = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&object).unwrap(), text);
        assert_eq!(serde_json::to_string(&Object::parse(&text).unwrap()).unwrap(), text);
        assert!(!matches!(Object::parse(&text).unwrap(), Object::Malformed(_) | Object::Custom(_)), "{text}");
        let built = T::SHAPE.rows().fold(crate::builder::blank::<T>(), |builder, row| match members.get(row.name) {
            Some(value) => builder.set(row.name, value.clone()),
            None => builder,
        });
        let mut expected = members;
        expected.insert("spec_version", Json::from("2.1"));
        assert_eq!(*built.build().unwrap().members(), expected);
    }
}

/// AC-01, AC-04: the least and the fullest object pass the checks and stay as they are, with zero, false and empty
/// text; both can be built.
#[test]
fn every_type_survives() {
    assert_eq!(for_each_type!(survives), TYPES.len());
}

/// AC-04, LIB-03: getters tell zero and false from what is absent.
#[test]
fn zero_and_false_are_present() {
    let file = File::builder().name("").size(0).build().unwrap();
    assert_eq!((file.size(), file.name(), file.mime_type()), (Some(0), Some(""), None));
    let process = Process::builder().pid(0).is_hidden(false).build().unwrap();
    assert_eq!((process.pid(), process.is_hidden(), process.cwd()), (Some(0), Some(false), None));
    let section = WindowsPeSection::builder().name("").entropy(0.0).build().unwrap();
    assert_eq!((section.entropy(), section.size()), (Some(0.0), None));
    assert_eq!(serde_json::to_string(&section).unwrap(), r#"{"name":"","entropy":0.0}"#);
    let value = WindowsRegistryValue::builder().name("").build().unwrap();
    assert_eq!((value.name(), value.data()), (Some(""), None));
    let traffic = least("network-traffic").replace("\"protocols\"", "\"src_port\":0,\"is_active\":false,\"protocols\"");
    let traffic: NetworkTraffic = serde_json::from_str(&traffic).unwrap();
    assert_eq!((traffic.src_port(), traffic.is_active(), traffic.dst_port()), (Some(0), Some(false), None));
}

/// Puts a member that no table knows into every object that has a table.
fn mark(shape: &'static Shape, members: &mut Members<'static>) {
    for (name, value) in members.iter_mut() {
        match (shape.property(name).map(|property| &property.kind), value) {
            (Some(Kind::Object(inner)), Json::Object(members)) => mark(inner, members),
            (Some(Kind::List(Kind::Object(inner))), Json::List(items)) => {
                for item in items {
                    let Json::Object(members) = item else { panic!() };
                    mark(inner, members);
                }
            }
            (Some(Kind::Extensions), Json::Object(extensions)) => {
                for (key, value) in extensions.iter_mut() {
                    let inner = EXTENSIONS.iter().find(|shape| shape.name == key).unwrap();
                    let Json::Object(members) = value else { panic!() };
                    mark(inner, members);
                }
            }
            _ => {}
        }
    }
    members.insert("x_acme_note", members_of_note());
}

fn members_of_note() -> Json<'static> {
    Json::parse(r#"{"z":[0,{"a":1.0}],"b":false}"#).unwrap()
}

fn keeps_unknown<T: StixObject + Serialize + DeserializeOwned>() {
    let mut members = full(T::SHAPE);
    mark(T::SHAPE, &mut members);
    let text = Json::Object(members).to_string();
    let object: T = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&object).unwrap(), text);
    let rebuilt = object.to_builder().build().unwrap();
    assert_eq!(rebuilt.members(), object.members());
}

/// AC-05, LIB-05: members that no table knows survive at every level, also through the types of the parts.
#[test]
fn unknown_members_survive() {
    assert_eq!(for_each_type!(keeps_unknown), TYPES.len());
    let mut members = full(File::SHAPE);
    mark(File::SHAPE, &mut members);
    let file = File::from_checked(members);
    let pe = file.extension::<WindowsPebinaryExt>().unwrap();
    let (header, sections) = (pe.optional_header().unwrap(), pe.sections().unwrap());
    for members in [pe.members(), header.members(), sections[0].members()] {
        assert_eq!(members.get("x_acme_note"), Some(&members_of_note()));
    }
    let again = file.to_builder().extension(pe.clone()).build().unwrap();
    assert_eq!(again.members(), file.members());
}

/// AC-02: each extension on its object: the least, the fullest, and one without anything.
#[test]
fn every_extension_is_checked() {
    for ((key, _, minimal, rule), shape) in PARTS.iter().zip(EXTENSIONS) {
        let Role::Extension([on]) = shape.role else { panic!("{key}") };
        let with = |extension| {
            let mut object = members(&least(on));
            object.insert("extensions", Json::Object(Members::from_iter([(*key, extension)])));
            errors(&object)
        };
        assert_eq!(with(Json::Object(members(minimal))), [""; 0], "{key}");
        assert_eq!(with(Json::Object(full_part(shape))), [""; 0], "{key}");
        let empty = with(Json::Object(Members::new()));
        let place = format!("{rule} at /extensions/{key}: ");
        assert!(!empty.is_empty() && empty.iter().any(|error| error.starts_with(&place)), "{key}: {empty:?}");
    }
}

/// AC-01: the rules that tables carry out, each by an object that breaks it and no other; SCO-PE-1 too.
#[test]
fn every_rule_is_carried_out() {
    let artifact = r#""encryption_algorithm":"mime-type-indicated""#;
    let traffic = r#""protocols":["tcp"],"dst_ref":"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4""#;
    let hashes = r#""hashes":{"SHA-256":"841a8921140aba50671ebb0770fecc4ee308c4952cfeff8de154ab14eeef4649"}"#;
    for (rule, object_type, rest) in [
        ("SCO-ART-1", "artifact", artifact.to_owned()),
        ("SCO-ART-1", "artifact", format!(r#""payload_bin":"AA==","url":"https://example.com/",{hashes}"#)),
        ("SCO-ART-2", "artifact", r#""url":"https://example.com/""#.to_owned()),
        ("SCO-ART-3", "artifact", r#""payload_bin":"AA==","decryption_key":"x""#.to_owned()),
        ("SCO-EM-1", "email-message", r#""is_multipart":true,"body":"x""#.to_owned()),
        ("SCO-EM-2", "email-message", r#""is_multipart":false,"body_multipart":[{"body":"x"}]"#.to_owned()),
        (
            "SCO-EM-4",
            "email-message",
            r#""is_multipart":true,"body_multipart":[{"content_type":"text/plain"}]"#.to_owned(),
        ),
        ("SCO-FILE-1", "file", r#""size":0"#.to_owned()),
        ("SCO-PE-1", "file", r#""name":"x","extensions":{"windows-pebinary-ext":{"pe_type":"exe"}}"#.to_owned()),
        (
            "SCO-FILE-PEHEADER-1",
            "file",
            r#""name":"x","extensions":{"windows-pebinary-ext":{"pe_type":"exe","optional_header":{}}}"#.to_owned(),
        ),
        ("SCO-NT-1", "network-traffic", r#""protocols":["tcp"]"#.to_owned()),
        (
            "SCO-NT-2",
            "network-traffic",
            format!(r#"{traffic},"start":"2026-01-01T00:00:01Z","end":"2026-01-01T00:00:00.999Z""#),
        ),
        ("SCO-NT-3", "network-traffic", format!(r#"{traffic},"is_active":true,"end":"2026-01-01T00:00:00Z""#)),
        ("SCO-PR-1", "process", r#""defanged":false"#.to_owned()),
        ("SCO-UA-1", "user-account", r#""defanged":false"#.to_owned()),
        ("SCO-RK-1", "windows-registry-key", r#""defanged":false"#.to_owned()),
        ("SCO-RK-VALUE-1", "windows-registry-key", r#""values":[{}]"#.to_owned()),
        ("SCO-X5-1", "x509-certificate", r#""defanged":false"#.to_owned()),
        ("SCO-X5-V3-1", "x509-certificate", r#""x509_v3_extensions":{}"#.to_owned()),
        ("T-10", "network-traffic", format!(r#"{traffic},"src_port":65536"#)),
        ("T-10", "network-traffic", format!(r#"{traffic},"dst_byte_count":-1"#)),
        ("T-10", "file", r#""name":"x","size":-1"#.to_owned()),
    ] {
        let object = members(&format!(r#"{{"type":"{object_type}","id":"{object_type}--{UUID}",{rest}}}"#));
        let found = errors(&object);
        assert!(found.len() == 1 && found[0].starts_with(&format!("{rule} at ")), "{rule}: {found:?}");
    }
}

/// SCO-PR-1, SCO-UA-1: an extension is enough. SCO-NT-2, SCO-NT-3: what just holds.
#[test]
fn what_just_holds_passes() {
    let service = WindowsServiceExt::builder().service_name("x").build().unwrap();
    assert!(Process::builder().extension(service).build().is_ok());
    let unix = UnixAccountExt::builder().gid(0).build().unwrap();
    assert!(UserAccount::builder().extension(unix).build().is_ok());
    let instant = "2026-01-01T00:00:00Z";
    let traffic = NetworkTraffic::builder().protocols(["tcp"]).src_ref(format!("ipv4-addr--{UUID}").as_str());
    assert!(traffic.clone().start(instant).end("2026-01-01T00:00:00.000Z").is_active(false).build().is_ok());
    assert!(traffic.clone().end(instant).build().is_ok());
    assert!(traffic.is_active(true).build().is_ok());
}

/// T-03a: dictionaries take the kinds of value that their tables say.
#[test]
fn dictionaries_hold_what_tables_say() {
    let image = |tags: &str| {
        let text = format!(r#"{{"exif_tags":{tags}}}"#);
        RasterImageExt::builder().set("exif_tags", members(&text).remove("exif_tags").unwrap()).build()
    };
    assert!(image(r#"{"Make":"x","XResolution":4928}"#).is_ok());
    assert!(image(r#"{"Make":true}"#).is_err());
    assert!(image(r#"{"XResolution":0.5}"#).is_err());
    let request = |header: Json<'static>| {
        let header = Members::from_iter([("Accept-Encoding", header)]);
        HttpRequestExt::builder().request_method("get").request_value("/").request_header(header).build()
    };
    assert!(request(Json::from(vec![Json::from("gzip")])).is_ok());
    assert!(request(Json::from("gzip")).is_err());
    let socket = |option: Json<'static>| {
        SocketExt::builder().address_family("AF_INET").options(Members::from_iter([("SO_RCVBUF", option)])).build()
    };
    assert!(socket(Json::from(0_i64)).is_ok());
    assert!(socket(Json::from("0")).is_err());
    assert!(SocketExt::builder().address_family("AF_UNIX").build().is_err());
}
