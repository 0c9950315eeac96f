//! What the crate promises of every object, whatever its type; each test names the rules that it defends.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeSet;

use stix_model::json::{Json, Members};
use stix_model::marking::{Marked, tlp};
use stix_model::meta::Bundle;
use stix_model::sco::{Artifact, File, Ipv4Addr, UnixAccountExt, UserAccount};
use stix_model::sdo::{CourseOfAction, Identity, Indicator, Malware, ObservedData, Opinion, Tool};
use stix_model::sro::{Relationship, Sighting};
use stix_model::validate::{self, BundleCheck, Options, Profile};
use stix_model::{
    Builder, Finding, Identifier, Object, Severity, SpecVersion, StixObject, Table, Timestamp, meta, reader, sco, sdo,
    sro, upgrade,
};

const UUID: &str = "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f";

/// A domain object of 2.1, with members of its own.
fn object(object_type: &str, own: &str) -> String {
    format!(
        r#"{{"type":"{object_type}","spec_version":"2.1","id":"{object_type}--{UUID}","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z",{own}}}"#
    )
}

fn check(text: &str, profile: Profile) -> Vec<Finding> {
    validate::object(&Json::parse(text).unwrap(), &Options { profile, ..Options::default() })
}

fn errors(text: &str) -> BTreeSet<&'static str> {
    let findings = check(text, Profile::Default).into_iter();
    findings.filter(|finding| finding.severity == Severity::Error).map(|finding| finding.rule).collect()
}

fn written(text: &str) -> String {
    serde_json::to_string(&Object::parse(text).unwrap()).unwrap()
}

/// LIB-01: the profiles look at the same and judge it differently.
#[test]
fn profiles_differ_in_severity() {
    let text = object("tool", r#""name":7,"tool_types":["Hammer"],"x_acme_note":1"#);
    let of = |profile| check(&text, profile);
    let rules = |profile| of(profile).iter().map(|finding| (finding.rule, finding.pointer.clone())).collect::<Vec<_>>();
    assert_eq!(rules(Profile::Lenient), rules(Profile::Default));
    assert_eq!(rules(Profile::Lenient), rules(Profile::Strict));
    assert!(of(Profile::Lenient).iter().all(|finding| finding.severity < Severity::Error));
    assert!(of(Profile::Strict).iter().all(|finding| finding.severity != Severity::Warning));
    assert!(matches!(Object::parse(&text).unwrap(), Object::Malformed(_)));
    assert_eq!(written(&text), text);
    assert!(serde_json::from_str::<Tool>(&text).unwrap_err().to_string().contains("/name"));
}

/// LIB-06: what content points at is never looked at, be it a schema that cannot be there.
#[test]
fn nothing_is_fetched() {
    let own = format!(
        r#""name":"a","description":"b","schema":"http://127.0.0.1:1/schema.json","version":"1.0.0","extension_types":["new-sdo"],"created_by_ref":"identity--{UUID}","external_references":[{{"source_name":"a","url":"http://127.0.0.1:1/"}}]"#
    );
    assert_eq!(errors(&object("extension-definition", &own)), [].into());
    assert_eq!(
        errors(&object("extension-definition", &own.replace("http://127.0.0.1:1/\"", "no URL\""))),
        ["XR-2"].into()
    );
}

/// LIB-10: making something from an object leaves the object as it is.
#[test]
fn objects_do_not_change() {
    let tool = Tool::builder().name("nmap").build().unwrap();
    let before = serde_json::to_string(&tool).unwrap();
    assert_ne!(tool.new_version().edit(|tool| tool.name("ncat")).build().unwrap(), tool);
    assert_ne!(tool.revoke().unwrap(), tool);
    assert_ne!(tool.add_marking(tlp::RED, None).unwrap(), tool);
    assert_ne!(tool.to_builder().name("ncat").build().unwrap(), tool);
    assert_eq!(serde_json::to_string(&tool).unwrap(), before);
}

/// LIB-12, VOC-02, VOC-03: values that no vocabulary has are kept, in open and in closed ones; those that it has are
/// the variants.
#[test]
fn other_values_are_kept() {
    use stix_model::vocabulary::{AccountType, OpinionValue as Value};
    for value in Value::VOCABULARY.values {
        assert!(!matches!(Value::from(*value), Value::Other(_)), "{value}");
        assert_eq!(Value::from(*value).as_str(), *value);
    }
    let text = format!(r#"{{"type":"user-account","id":"user-account--{UUID}","account_type":"fax"}}"#);
    let account: UserAccount = serde_json::from_str(&text).unwrap();
    assert_eq!(account.account_type(), Some(AccountType::Other("fax".to_owned())));
    assert_eq!(serde_json::to_string(&account).unwrap(), text);
    let text = object("opinion", &format!(r#""opinion":"perhaps","object_refs":["tool--{UUID}"]"#));
    assert_eq!(written(&text), text);
    assert_eq!(errors(&text), ["T-04"].into());
    assert!(serde_json::from_str::<Opinion>(&text).is_err());
}

/// LIB-13, AC-19: what every type can do; this compiles, or it does not.
#[test]
fn types_do_what_is_usual() {
    fn usual<T>()
    where
        T: serde::Serialize + serde::de::DeserializeOwned + Clone + PartialEq + std::fmt::Debug + Send + Sync,
    {
    }
    macro_rules! usual {
        ($($module:ident: $($Type:ident)*;)*) => { $($(usual::<$module::$Type>();)*)* };
    }
    usual! {
        sdo: AttackPattern Campaign CourseOfAction Grouping Identity Incident Indicator Infrastructure IntrusionSet
            Location Malware MalwareAnalysis Note ObservedData Opinion Report ThreatActor Tool Vulnerability;
        sro: Relationship Sighting;
        sco: Artifact AutonomousSystem Directory DomainName EmailAddr EmailMessage File Ipv4Addr Ipv6Addr MacAddr Mutex
            NetworkTraffic Process Software Url UserAccount WindowsRegistryKey X509Certificate;
        meta: Bundle ExtensionDefinition LanguageContent MarkingDefinition;
    }
    usual::<Object>();
    usual::<Identifier>();
    usual::<Timestamp>();
}

/// LIB-08, AC-10: bundles grow by appending and are read in one pass, an object at a time.
#[test]
fn bundles_of_any_size() {
    let tool = Tool::builder().name("nmap").build().unwrap();
    let start = std::time::Instant::now();
    let bundle = (0..10_000).fold(Bundle::builder(), |bundle, _| bundle.object(tool.clone())).build().unwrap();
    let text = serde_json::to_string(&bundle).unwrap();
    let mut longest = 0;
    let mut seen = 0;
    reader::read(text.as_bytes(), &reader::Limits::default(), |object| {
        longest = longest.max(object.text.get().len());
        seen += 1;
        Ok(())
    })
    .unwrap();
    assert_eq!(seen, 10_000);
    assert!(longest < 1000);
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
    let limits = reader::Limits { objects: 10, ..reader::Limits::default() };
    assert!(matches!(reader::from_str(&text, &limits), Err(reader::ReadError::TooMany(10))));
}

/// AC-04, TS-02: timestamps keep their digits.
#[test]
fn timestamps_keep_their_digits() {
    for digits in ["", ".1", ".12", ".123", ".123456", ".1234567", ".123456789", ".123456789012"] {
        let text = object(
            "note",
            &format!(r#""content":"a","object_refs":["tool--{UUID}"],"x_when":"2026-01-01T00:00:00{digits}Z""#),
        )
        .replacen("00.000Z", "00.0000000000000Z", 2);
        assert_eq!(written(&text), text);
        let traffic = format!(
            r#"{{"type":"user-account","id":"user-account--{UUID}","account_created":"2026-01-01T00:00:00{digits}Z"}}"#
        );
        let Object::UserAccount(account) = Object::parse(&traffic).unwrap() else { panic!() };
        assert_eq!(account.account_created().unwrap().as_str(), format!("2026-01-01T00:00:00{digits}Z"));
    }
}

/// TS-06: what is made now is dated to the millisecond.
#[test]
fn new_dates_have_three_digits() {
    let tool = Tool::builder().name("nmap").build().unwrap();
    for date in [tool.created().unwrap(), tool.modified().unwrap()] {
        assert_eq!(date.as_str().len(), "2026-01-01T00:00:00.000Z".len(), "{date}");
    }
    let given = Tool::builder().name("nmap").created("2026-01-01T00:00:00Z").build().unwrap_err();
    assert!(given.findings.iter().any(|finding| finding.rule == "TS-05"));
}

/// ID-09: bad UUIDs pass on demand only.
#[test]
fn bad_uuids_pass_on_demand() {
    let json = Json::parse(r#"{"type": "mutex", "id": "mutex--1", "name": "a"}"#).unwrap();
    let rules = |any_uuid| {
        let findings = validate::object(&json, &Options { any_uuid, ..Options::default() });
        findings.iter().map(|finding| finding.rule).collect::<Vec<_>>()
    };
    assert!(rules(false).contains(&"ID-02"));
    assert!(!rules(true).contains(&"ID-02"));
}

/// J-03: content has a media type, of which an older name is known.
#[test]
fn content_has_a_media_type() {
    assert_eq!(SpecVersion::V2_1.media_type(), "application/stix+json;version=2.1");
    assert_eq!(SpecVersion::V2_0.media_type(), "application/stix+json;version=2.0");
    for version in SpecVersion::ALL {
        assert_eq!(SpecVersion::of_media_type(version.media_type()), Some(version));
    }
    for (text, version) in [
        ("application/stix+json", SpecVersion::V2_1),
        ("Application/STIX+JSON ; Version = \"2.0\"", SpecVersion::V2_0),
        ("application/stix+json;charset=utf-8; version=2.1", SpecVersion::V2_1),
        ("application/vnd.oasis.stix+json", SpecVersion::V2_1),
        ("application/vnd.oasis.stix+json; version=2.0", SpecVersion::V2_0),
    ] {
        assert_eq!(SpecVersion::of_media_type(text), Some(version), "{text}");
    }
}

/// J-03: other content is not taken for STIX, nor are other editions for a known one.
#[test]
fn other_media_types_are_not_stix() {
    for text in [
        "",
        "application/json",
        "application/taxii+json;version=2.1",
        "application/vnd.oasis.taxii+json; version=2.0",
        "application/stix+json;version=2.2",
        "application/stix+json;version=",
        "application/stix+jsonx",
        "stix+json",
    ] {
        assert_eq!(SpecVersion::of_media_type(text), None, "{text}");
    }
}

/// CU-07, CU-09, AC-11: custom content of the kinds that others publish is kept as it is and has no error.
#[test]
fn custom_content_of_others() {
    let extension = "extension-definition--ea279b3e-5c71-4632-ac08-831c66a786ba";
    for text in [
        object(
            "attack-pattern",
            r#""name":"a","x_mitre_platforms":["Linux"],"x_mitre_version":"1.0","x_mitre_is_subtechnique":false,"x_mitre_deprecated":false"#,
        ),
        object("x-mitre-tactic", r#""name":"a","x_mitre_shortname":"b""#),
        object("x-mitre-matrix", &format!(r#""name":"a","tactic_refs":["x-mitre-tactic--{UUID}"]"#)),
        object("x-mitre-data-source", r#""name":"a","x_mitre_collection_layers":["Host"]"#),
        object(
            "x-mitre-data-component",
            &format!(r#""name":"a","x_mitre_data_source_ref":"x-mitre-data-source--{UUID}""#),
        ),
        object(
            "x-mitre-collection",
            &format!(
                r#""name":"a","x_mitre_contents":[{{"object_ref":"tool--{UUID}","object_modified":"2026-01-01T00:00:00.000Z"}}]"#
            ),
        ),
        object("identity", r#""name":"a","x_misp_attribute":{"type":"text","to_ids":false,"n":1.0}"#),
        object(
            "identity",
            &format!(
                r#""name":"a","x_opencti_score":50,"extensions":{{"{extension}":{{"extension_type":"property-extension","id":"b","is_inferred":false}}}}"#
            ),
        ),
    ] {
        assert_eq!(written(&text), text);
        assert_eq!(errors(&text), [].into(), "{text}");
    }
    assert_eq!(errors(&object("x-mitre-tactic", r#""x_a":null"#)), ["T-17"].into());
}

/// EX-10: an extension definition need not be there. EX-15: an extension that is wrong has its own findings and no more.
#[test]
fn extensions_stand_alone() {
    let extended = |value: &str| {
        object("campaign", &format!(r#""name":"a","extensions":{{"extension-definition--{UUID}":{value}}}"#))
    };
    let good = extended(r#"{"extension_type":"property-extension","rank":5}"#);
    let options = Options::default();
    let mut check = BundleCheck::new(&options, false);
    let json = Json::parse(&good).unwrap();
    let findings = [check.add(json.as_object().unwrap()), check.finish()].concat();
    assert!(findings.iter().all(|finding| finding.severity < Severity::Error), "{findings:?}");
    assert_eq!(errors(&extended(r#"{"rank":5}"#)), ["EX-01"].into());
    assert_eq!(errors(&extended(r#"{"extension_type":"other","rank":5}"#)), ["EX-02"].into());
    assert!(matches!(Object::parse(&extended("{}")).unwrap(), Object::Campaign(_)));
    assert!(matches!(Object::parse(&extended("7")).unwrap(), Object::Campaign(_)));
}

/// EX-13: an extension has the type that the caller asks for, or stays JSON; what is inside is still checked.
#[test]
fn extensions_have_types() {
    let text = |ext: &str| {
        format!(r#"{{"type":"user-account","id":"user-account--{UUID}","extensions":{{"unix-account-ext":{ext}}}}}"#)
    };
    let account: UserAccount = serde_json::from_str(&text(r#"{"gid":0,"x_acme":{"a":1}}"#)).unwrap();
    assert_eq!(account.extension::<UnixAccountExt>().unwrap().gid(), Some(0));
    assert_eq!(serde_json::to_string(&account).unwrap(), text(r#"{"gid":0,"x_acme":{"a":1}}"#));
    let mut with_null = text(r#"{"gid":0}"#);
    with_null = with_null.replace("\"unix-account-ext\"", &format!("\"extension-definition--{UUID}\":{{\"extension_type\":\"property-extension\",\"a_b\":[]}},\"unix-account-ext\""));
    assert_eq!(errors(&with_null), ["T-12"].into());
}

/// V20-01: what is not upgraded stays as it is; an upgrade is asked for.
#[test]
fn old_objects_stay_old() {
    let text = format!(
        r#"{{"type":"tool","id":"tool--{UUID}","created":"2017-01-01T00:00:00.000Z","modified":"2017-01-01T00:00:00.000Z","name":"VNC","labels":["remote-access"]}}"#
    );
    assert_eq!(written(&text), text);
    let Json::Object(old) = Json::parse(&text).unwrap().into_owned() else { panic!() };
    let new = upgrade::object(old.clone(), &upgrade::Options::default()).unwrap();
    assert_ne!(new.objects, [old]);
}

/// SCO-ART-5: a payload stays text, and takes no more room than that, until somebody decodes it.
#[test]
fn payloads_stay_text() {
    let payload = "A".repeat(4 << 20);
    let artifact = Artifact::builder().payload_bin(payload.as_str()).build().unwrap();
    assert_eq!(artifact.payload_bin(), Some(payload.as_str()));
    assert!(Artifact::builder().payload_bin("A").build().is_err());
}

/// Everything that the interoperability profile says of objects, each of which it should have nothing against.
fn interop<T: StixObject>(builder: Builder<T>, creator: &Identifier) -> T {
    let built = builder.created_by_ref(creator).build().unwrap();
    let options = Options { profile: Profile::Interop, ..Options::default() };
    let findings = validate::members(built.members(), &options);
    let wrong: Vec<_> = findings.iter().filter(|finding| finding.severity > Severity::Information).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    built
}

/// AC-18: the cases of the interoperability tests are built, written, read and checked without a finding.
#[test]
fn interoperability_cases() {
    let acme = Identity::builder().name("ACME").identity_class("organization").build().unwrap();
    let id = acme.id();
    let acme: Identity = interop(acme.to_builder(), &id);
    let mut objects: Vec<Object> = vec![acme.into()];
    for pattern in [
        "[ipv4-addr:value = '198.51.100.1']",
        "[ipv4-addr:value = '198.51.100.0/24']",
        "[ipv4-addr:value ISSUBSET '198.51.100.0/24']",
        "[ipv6-addr:value = '2001:db8::1']",
        "[domain-name:value = 'example.com']",
        "[url:value = 'https://example.com/'] OR [domain-name:value = 'example.com']",
        "[file:hashes.'SHA-256' = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' OR file:hashes.MD5 = '900150983cd24fb0d6963f7d28e17f72']",
    ] {
        let indicator = Indicator::builder().name("a").description("b").indicator_types(["malicious-activity"]);
        let indicator =
            indicator.pattern(pattern).pattern_type("stix").valid_from("2026-01-01T00:00:00Z").confidence(80);
        objects.push(interop(indicator, &id).into());
    }
    let malware =
        Malware::builder().name("a").is_family(true).malware_types(["worm"]).first_seen("2026-01-01T00:00:00Z");
    let malware = malware.last_seen("2026-01-01T00:00:00Z").architecture_execution_envs(["x86"]);
    let malware = interop(malware.implementation_languages(["c"]).capabilities(["evades-av"]), &id);
    let address = Ipv4Addr::builder().value("198.51.100.1").build().unwrap();
    let observed = ObservedData::builder().first_observed("2026-01-01T00:00:00Z").last_observed("2026-01-01T00:00:00Z");
    let observed = interop(observed.number_observed(1).object_refs([address.id()]), &id);
    let sighting = Sighting::builder().sighting_of_ref(malware.id()).observed_data_refs([observed.id()]).count(1);
    let sighting =
        sighting.where_sighted_refs([&id]).first_seen("2026-01-01T00:00:00Z").last_seen("2026-01-01T00:00:00Z");
    let action = interop(CourseOfAction::builder().name("a"), &id);
    let mitigates = Relationship::builder().relationship_type("mitigates").source_ref(action.id());
    objects.push(interop(mitigates.target_ref(malware.id()), &id).into());
    objects.push(interop(sighting, &id).into());
    let newer = malware.new_version().edit(|malware| malware.description("c")).build().unwrap();
    let marked = newer.new_version().add_marking(tlp::AMBER, None).build().unwrap();
    objects.extend([Object::from(marked.revoke().unwrap()), marked.into(), newer.into(), malware.into()]);
    objects.extend([Object::from(address), observed.into(), action.into()]);

    let text = serde_json::to_string(&Bundle::builder().objects(objects.clone()).build().unwrap()).unwrap();
    assert_eq!(serde_json::from_str::<Bundle>(&text).unwrap().into_objects().collect::<Vec<_>>(), objects);
    let report = validate::bundle(&text, &Options { profile: Profile::Interop, ..Options::default() }).unwrap();
    let findings: Vec<_> = report.findings.iter().filter(|f| f.finding.severity > Severity::Information).collect();
    assert!(findings.is_empty(), "{findings:?}");
    let anonymous = text.replace(&format!(r#""created_by_ref":"{id}","#), "");
    assert!(
        !validate::bundle(&anonymous, &Options { profile: Profile::Interop, ..Options::default() }).unwrap().is_valid()
    );
}

/// DET-01, DET-09, DET-05: an identifier of version 5 in the namespace of the standard, or of version 4.
#[test]
fn versions_of_uuids() {
    let version = |id: Identifier| id.as_str().split_once("--").unwrap().1.as_bytes()[14];
    assert_eq!(version(File::builder().name("a").build().unwrap().id()), b'5');
    assert_eq!(version(sco::Process::builder().pid(1).build().unwrap().id()), b'4');
    assert_eq!(version(Tool::builder().name("a").build().unwrap().id()), b'4');
    let members: Members<'static> = [("value", Json::from("198.51.100.3"))].into_iter().collect();
    let made = stix_model::deterministic::name_of(Ipv4Addr::SHAPE, &members);
    assert_eq!(made.as_str(), "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4");
}
