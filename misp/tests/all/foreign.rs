//! STIX of others, made into events.

use misp::format::{EventReport, Galaxy, GalaxyCluster, Org, Tag};
use misp::{Document, stix};
use stix_model::json::{Json, Members};

fn members(text: &str) -> Members<'static> {
    match Json::parse(text).unwrap_or_else(|error| panic!("{error}: {text}")).into_owned() {
        Json::Object(members) => members,
        other => panic!("{other}"),
    }
}

fn indicator(pattern: &str, language: &str) -> Members<'static> {
    members(&format!(
        r#"{{"type":"indicator","spec_version":"2.1","id":"indicator--5f1b1e3a-9c8e-4b5e-8a6b-0c2d4e6f8a01","created":"2026-10-01T00:00:00.000Z","modified":"2026-10-01T00:00:00.000Z","pattern":{},"pattern_type":"{language}","valid_from":"2026-10-01T00:00:00.000Z"}}"#,
        Json::from(pattern.to_owned())
    ))
}

fn event(objects: &[Members<'static>]) -> Document {
    let mut events = stix::events_of(objects);
    assert_eq!(events.len(), 1);
    let document = events.remove(0);
    assert!(Document::parse(&document.to_string()).is_ok(), "{document}");
    document
}

/// `type=value` of attributes, and `name(relation=value, …)` of objects.
fn said(document: &Document) -> String {
    let event = document.event();
    let attributes = event.attributes().map(|a| format!("{}={}", a.attribute_type().unwrap(), a.value().unwrap()));
    let objects = event.objects().map(|object| {
        let parts: Vec<_> =
            object.attributes().map(|a| format!("{}={}", a.object_relation().unwrap(), a.value().unwrap())).collect();
        format!("{}({})", object.name().unwrap(), parts.join(", "))
    });
    attributes.chain(objects).collect::<Vec<_>>().join("; ")
}

/// A pattern becomes an attribute or object only if that means the same; otherwise it stays a pattern, as it is.
#[test]
fn patterns_keep_their_meaning() {
    for (pattern, expected) in [
        ("[ipv4-addr:value = '1.2.3.4']", "ip-dst=1.2.3.4"),
        ("[ipv4-addr:value ISSUBSET '1.2.3.0/24']", "ip-dst=1.2.3.0/24"),
        ("[ipv6-addr:value = '2001:db8::1']", "ip-dst=2001:db8::1"),
        ("[domain-name:value = 'example.com']", "domain=example.com"),
        ("[url:value = 'https://example.com/it\\'s']", "url=https://example.com/it's"),
        ("[file:hashes.'SHA-256' = 'ab']", "sha256=ab"),
        ("[file:hashes.MD5 = 'ab']", "md5=ab"),
        ("[file:name = 'a.exe']", "filename=a.exe"),
        ("[file:name = 'a.exe' AND file:hashes.MD5 = 'ab']", "filename|md5=a.exe|ab"),
        ("[file:name = 'a.exe' AND file:size = 7]", "file(filename=a.exe, size-in-bytes=7)"),
        ("[email-addr:value = 'a@example.com']", "email=a@example.com"),
        ("[email-message:subject = 'x']", "email-subject=x"),
        ("[email-message:from_ref.value = 'a@example.com']", "email-src=a@example.com"),
        ("[mutex:name = 'm']", "mutex=m"),
        ("[windows-registry-key:key = 'HKEY_USERS\\\\x']", r"regkey=HKEY_USERS\x"),
        ("[mac-addr:value = 'aa:bb:cc:dd:ee:ff']", "mac-address=aa:bb:cc:dd:ee:ff"),
        ("[autonomous-system:number = 64496]", "AS=AS64496"),
        ("[x509-certificate:hashes.'SHA-1' = 'ab']", "x509-fingerprint-sha1=ab"),
        (
            "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '1.2.3.4' AND network-traffic:dst_port = 443]",
            "ip-dst|port=1.2.3.4|443",
        ),
        ("[process:command_line = 'x' AND process:pid = 3]", "process(pid=3, command-line=x)"),
        ("[user-account:account_login = 'x']", "user-account(username=x)"),
        ("[software:name = 'x' AND software:version = '1']", "cpe-asset(product=x, version=1)"),
        ("[directory:path = '/x']", "directory(path=/x)"),
    ] {
        assert_eq!(said(&event(&[indicator(pattern, "stix")])), expected, "{pattern}");
    }
    for pattern in [
        "[domain-name:value LIKE '%.evil.com']",
        "[file:name MATCHES '^a']",
        "[domain-name:value = 'a.com' OR domain-name:value = 'b.com']",
        "[domain-name:value = 'a.com'] AND [ipv4-addr:value = '1.2.3.4']",
        "[domain-name:value = 'a.com'] OR [domain-name:value = 'b.com']",
        "[ipv4-addr:value IN ('1.2.3.4', '1.2.3.5')]",
        "[url:value = 'x'] START t'2026-01-01T00:00:00Z' STOP t'2026-02-01T00:00:00Z'",
        "[file:size > 7]",
        "[file:name != 'a']",
        "[file:name NOT = 'a']",
        "[x-other:thing = 'a']",
        "[file:name = 'a' AND file:hashes.MD5 LIKE 'b%']",
        "no pattern",
    ] {
        let document = event(&[indicator(pattern, "stix")]);
        assert_eq!(said(&document), format!("stix2-pattern(stix2-pattern={pattern}, version=stix 2.1)"));
        let again = stix::convert(&document).objects;
        let kept = again.iter().find_map(|object| object.get("pattern"));
        assert_eq!(kept.and_then(Json::as_str), (pattern != "no pattern").then_some(pattern), "{pattern}");
    }
    for (language, expected) in [
        ("yara", "yara=rule"),
        ("sigma", "sigma=rule"),
        ("snort", "snort=rule"),
        ("suricata", "suricata=rule"),
        ("spl", "stix2-pattern(stix2-pattern=rule, version=spl)"),
    ] {
        assert_eq!(said(&event(&[indicator("rule", language)])), expected);
    }
}

/// Observed data with these observables, each of which is named by its place: `domain-name--…0001`.
fn observed(observables: &[&str]) -> Vec<Members<'static>> {
    let objects: Vec<_> = observables.iter().map(|text| members(text)).collect();
    let refs = objects.iter().map(|object| object.get("id").unwrap().clone()).collect();
    let mut observed = members(
        r#"{"type":"observed-data","spec_version":"2.1","id":"observed-data--5f1b1e3a-9c8e-4b5e-8a6b-0c2d4e6f8a01","created":"2026-10-01T00:00:00.000Z","modified":"2026-10-01T00:00:00.000Z","first_observed":"2026-10-01T00:00:00.000Z","last_observed":"2026-10-01T00:00:00.000Z","number_observed":1}"#,
    );
    observed.insert("object_refs", Json::List(refs));
    [vec![observed], objects].concat()
}

fn labelled(mut objects: Vec<Members<'static>>, label: &str) -> Vec<Members<'static>> {
    objects[0].insert("labels", Json::List(vec![Json::from(format!("misp:{label}"))]));
    objects
}

const FILE: &str = r#""type":"file","spec_version":"2.1","id":"file--5f1b1e3a-9c8e-4b5e-8a6b-000000000001""#;
const MAIL: &str =
    r#""type":"email-message","is_multipart":false,"id":"email-message--5f1b1e3a-9c8e-4b5e-8a6b-000000000001""#;
const ARTIFACT: &str = r#"{"type":"artifact","id":"artifact--5f1b1e3a-9c8e-4b5e-8a6b-000000000002","payload_bin":"UEsDBA==","mime_type":"application/zip","encryption_algorithm":"mime-type-indicated","decryption_key":"infected"}"#;

/// What misp-stix writes in its own way is read: the paths of its patterns, and the names of its hashes.
#[test]
fn misp_stix_is_read() {
    for (kind, pattern, expected) in [
        ("user-agent", "[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = 'x']", "x"),
        ("regkey|value", "[windows-registry-key:key = 'a' AND windows-registry-key:values.data = 'x']", "a|x"),
        ("hostname|port", "[domain-name:value = 'a.com' AND network-traffic:dst_port = '80']", "a.com|80"),
        ("email-header", "[email-message:received_lines = 'x']", "x"),
        ("email-reply-to", "[email-message:additional_header_fields.reply_to = 'x']", "x"),
        ("email-x-mailer", "[email-message:additional_header_fields.x_mailer = 'x']", "x"),
        ("sha512/224", "[file:hashes.'SHA-224' = 'x']", "x"),
        ("sha512/256", "[file:hashes.'SHA-256' = 'x']", "x"),
        ("filename|sha512/224", "[file:name = 'a' AND file:hashes.'SHA-224' = 'x']", "a|x"),
        ("filename|sha512/256", "[file:name = 'a' AND file:hashes.'SHA-256' = 'x']", "a|x"),
        ("AS", "[autonomous-system:number = '64496']", "AS64496"),
    ] {
        let document = event(&labelled(vec![indicator(pattern, "stix")], &format!("type=\"{kind}\"")));
        assert_eq!(said(&document), format!("{kind}={expected}"));
        assert_eq!(document.event().attributes().next().unwrap().to_ids(), Some(true), "{kind}");
    }
    for (kind, object, expected) in [
        ("sha224", format!(r#"{{{FILE},"hashes":{{"SHA224":"x"}}}}"#), "x"),
        ("sha3-384", format!(r#"{{{FILE},"hashes":{{"SHA3384":"x"}}}}"#), "x"),
        ("filename|sha384", format!(r#"{{{FILE},"name":"a","hashes":{{"SHA384":"x"}}}}"#), "a|x"),
        ("sha512/224", format!(r#"{{{FILE},"hashes":{{"SHA224":"x"}}}}"#), "x"),
        ("filename|sha512/256", format!(r#"{{{FILE},"name":"a","hashes":{{"SHA-256":"x"}}}}"#), "a|x"),
        ("email-reply-to", format!(r#"{{{MAIL},"additional_header_fields":{{"Reply-To":"x"}}}}"#), "x"),
        ("email-x-mailer", format!(r#"{{{MAIL},"additional_header_fields":{{"X-Mailer":"x"}}}}"#), "x"),
    ] {
        let document = event(&labelled(observed(&[&object]), &format!("type=\"{kind}\"")));
        assert_eq!(said(&document), format!("{kind}={expected}"));
    }
    let file = format!(r#"{{{FILE},"name":"a.exe","content_ref":"artifact--5f1b1e3a-9c8e-4b5e-8a6b-000000000002"}}"#);
    let pattern = "[file:content_ref.payload_bin = 'UEsDBA==' AND file:content_ref.decryption_key = 'infected']";
    let sample = [labelled(vec![indicator(pattern, "stix")], "type=\"malware-sample\""), observed(&[&file, ARTIFACT])];
    let document = event(&sample.concat());
    assert_eq!(said(&document), "malware-sample=a.exe");
    assert_eq!(document.event().attributes().next().unwrap().data(), Some("UEsDBA=="));
}

/// What misp-stix keeps in properties of its own comes back, of observables, of domain objects and of rules.
#[test]
fn properties_of_misp_stix_are_read() {
    let url = r#"{"type":"url","id":"url--5f1b1e3a-9c8e-4b5e-8a6b-000000000001","value":"https://a.com","x_misp_domain":"a.com","x_misp_first_seen":["x","y"],"x_misp_port":80,"x_misp_shot":{"value":"a.png","data":"b25l"}}"#;
    let pattern = "[url:value = 'https://a.com' AND url:x_misp_domain = 'a.com']";
    let objects = [labelled(vec![indicator(pattern, "stix")], "name=\"url\""), observed(&[url])].concat();
    let document = event(&objects);
    assert_eq!(
        said(&document),
        "url(url=https://a.com, domain=a.com, first-seen=x, first-seen=y, port=80, shot=a.png)"
    );
    let parts: Vec<_> = document.event().objects().flat_map(|object| object.attributes().collect::<Vec<_>>()).collect();
    let searched: Vec<_> =
        parts.iter().filter(|part| part.to_ids() == Some(true)).filter_map(|part| part.value()).collect();
    assert_eq!(searched, ["https://a.com", "a.com"]);
    assert_eq!(parts.iter().find_map(|part| part.data()), Some("b25l"));

    let mut rule = indicator("rule", "yara");
    rule.insert("x_misp_comment", Json::from("c"));
    assert_eq!(said(&event(&labelled(vec![rule], "name=\"yara\""))), "yara(yara=rule, comment=c)");
    let person = r#"{"type":"identity","spec_version":"2.1","id":"identity--5f1b1e3a-9c8e-4b5e-8a6b-000000000001","created":"2026-10-01T00:00:00.000Z","modified":"2026-10-01T00:00:00.000Z","name":"n","x_misp_alias":"a"}"#;
    let document = event(&labelled(vec![members(person)], "name=\"person\""));
    assert!(said(&document).starts_with("other={") && said(&document).contains("x_misp_alias"), "{document}");
    let mut rule = indicator("rule", "theirs");
    rule.insert("x_misp_comment", Json::from("c"));
    let document = event(&labelled(vec![rule], "name=\"theirs\""));
    assert!(said(&document).contains("x_misp_comment") && said(&document).contains("stix2-pattern=rule"), "{document}");
    let known = r#"{"type":"attack-pattern","spec_version":"2.1","id":"attack-pattern--5f1b1e3a-9c8e-4b5e-8a6b-000000000001","created":"2026-10-01T00:00:00.000Z","modified":"2026-10-01T00:00:00.000Z","name":"n","x_misp_id":"9"}"#;
    let document = event(&labelled(vec![members(known)], "name=\"attack-pattern\""));
    assert_eq!(said(&document), "attack-pattern(name=n, id=9)");
}

/// What is labelled as something of MISP and cannot be read as that stays what it is: no attribute loses its value, and no
/// object its parts, without a word.
#[test]
fn nothing_becomes_empty() {
    let type_of = |kind: &str| format!("type=\"{kind}\"");
    let like = "[domain-name:value LIKE '%.example.com']";
    let document = event(&labelled(vec![indicator(like, "stix")], &type_of("domain")));
    assert_eq!(said(&document), format!("stix2-pattern(stix2-pattern={like}, version=stix 2.1)"));
    let part = document.event().objects().next().unwrap().attributes().next().unwrap();
    assert_eq!(part.tags().filter_map(Tag::name).collect::<Vec<_>>(), ["misp:type=\"domain\""]);

    let sized = format!(r#"{{{FILE},"size":7}}"#);
    assert_eq!(said(&event(&labelled(observed(&[&sized]), &type_of("md5")))), "size-in-bytes=7");
    let both = [labelled(vec![indicator("[file:size > 6]", "stix")], &type_of("md5")), observed(&[&sized])].concat();
    let document = event(&both);
    assert_eq!(said(&document), "size-in-bytes=7; stix2-pattern(stix2-pattern=[file:size > 6], version=stix 2.1)");
    assert_ne!(document.event().attributes().next().unwrap().uuid(), document.event().objects().next().unwrap().uuid());

    let document = event(&labelled(observed(&[&sized]), "name=\"of-their-own\""));
    assert_eq!(said(&document), "size-in-bytes=7");
    let key =
        r#"{"type":"x-theirs","spec_version":"2.1","id":"x-theirs--5f1b1e3a-9c8e-4b5e-8a6b-000000000001","key":"k"}"#;
    assert_eq!(said(&event(&labelled(observed(&[key]), &type_of("md5")))), format!("other={key}"));
}

/// An observable of which somebody else knows more gives an event nothing but what the event refers to.
#[test]
fn nobody_elses_values_are_taken() {
    let id = |kind: &str, n: u32| format!("{kind}--5f1b1e3a-9c8e-4b5e-8a6b-{n:012}");
    let domain = format!(
        r#"{{"type":"domain-name","id":"{}","value":"a.com","resolves_to_refs":["{}"]}}"#,
        id("domain-name", 1),
        id("ipv4-addr", 3)
    );
    let address = |n, value: &str| format!(r#"{{"type":"ipv4-addr","id":"{}","value":"{value}"}}"#, id("ipv4-addr", n));
    let (own, other) = (address(2, "198.51.100.2"), address(3, "198.51.100.3"));
    for (label, expected) in [
        ("type=\"domain\"", "domain=a.com"),
        ("type=\"domain|ip\"", "ip-dst=198.51.100.2; domain-ip(domain=a.com)"),
        ("name=\"domain-ip\"", "domain-ip(domain=a.com, ip=198.51.100.2)"),
    ] {
        let mut objects = labelled(observed(&[&domain, &own]), label);
        objects.insert(0, members(&format!(
            r#"{{"type":"grouping","spec_version":"2.1","id":"{}","created":"2026-10-01T00:00:00.000Z","modified":"2026-10-01T00:00:00.000Z","name":"x","context":"unspecified","object_refs":["observed-data--5f1b1e3a-9c8e-4b5e-8a6b-0c2d4e6f8a01","{}","{}"]}}"#,
            id("grouping", 9),
            id("domain-name", 1),
            id("ipv4-addr", 2)
        )));
        let container = objects[0].clone();
        objects.push(members(&other));
        assert_eq!(said(&stix::event_of(&objects, &container)), expected, "{label}");
    }
}

/// What others report becomes an event with everything: who, when, markings, words, what is known, what was seen.
#[test]
fn a_report_becomes_an_event() {
    let common = r#""spec_version":"2.1","created":"2026-10-01T00:00:00.000Z","modified":"2026-10-02T00:00:00.000Z""#;
    let id = |n: u32| format!("5f1b1e3a-9c8e-4b5e-8a6b-{n:012}");
    let texts = [
        format!(r#"{{"type":"identity",{common},"id":"identity--{}","name":"Partner"}}"#, id(1)),
        format!(
            r#"{{"type":"report",{common},"id":"report--{}","created_by_ref":"identity--{}","name":"Heron","description":"Words","published":"2026-10-03T00:00:00.000Z","labels":["a"],"object_marking_refs":["marking-definition--f88d31f6-486f-44da-b317-01333bde0b82","marking-definition--740d36e5-7714-4c30-961a-3ae632ceee0e"],"object_refs":["indicator--{}","malware--{}","observed-data--{}","ipv4-addr--{}","relationship--{}","location--{}"]}}"#,
            id(2),
            id(1),
            id(3),
            id(4),
            id(5),
            id(6),
            id(7),
            id(8)
        ),
        format!(
            r#"{{"type":"indicator",{common},"id":"indicator--{}","description":"seen","pattern":"[url:value = 'http://x']","pattern_type":"stix","valid_from":"2026-10-02T00:00:00.000Z","valid_until":"2027-10-02T00:00:00.000Z","object_marking_refs":["marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"]}}"#,
            id(3)
        ),
        format!(r#"{{"type":"malware",{common},"id":"malware--{}","name":"Heron","is_family":true}}"#, id(4)),
        format!(
            r#"{{"type":"observed-data",{common},"id":"observed-data--{}","first_observed":"2026-10-02T00:00:00Z","last_observed":"2026-10-02T00:00:00Z","number_observed":1,"object_refs":["ipv4-addr--{}"]}}"#,
            id(5),
            id(6)
        ),
        format!(r#"{{"type":"ipv4-addr","spec_version":"2.1","id":"ipv4-addr--{}","value":"198.51.100.3"}}"#, id(6)),
        format!(
            r#"{{"type":"relationship",{common},"id":"relationship--{}","relationship_type":"indicates","source_ref":"indicator--{}","target_ref":"malware--{}"}}"#,
            id(7),
            id(3),
            id(4)
        ),
        format!(r#"{{"type":"location",{common},"id":"location--{}","country":"LU"}}"#, id(8)),
        format!(
            r#"{{"type":"sighting",{common},"id":"sighting--{}","sighting_of_ref":"indicator--{}","last_seen":"2026-10-05T00:00:00Z"}}"#,
            id(9),
            id(3)
        ),
        format!(
            r#"{{"type":"opinion",{common},"id":"opinion--{}","opinion":"strongly-disagree","object_refs":["indicator--{}"]}}"#,
            id(10),
            id(3)
        ),
    ];
    let objects: Vec<_> = texts.iter().map(|text| members(text)).collect();
    let document = event(&objects);
    let seen = document.event();
    assert_eq!((seen.info(), seen.date(), seen.published()), (Some("Heron"), Some("2026-10-01"), Some(true)));
    assert_eq!(seen.orgc().and_then(Org::name), Some("Partner"));
    assert_eq!(seen.tags().filter_map(Tag::name).collect::<Vec<_>>(), ["tlp:amber", "PAP:RED", "a"]);
    assert_eq!(seen.reports().filter_map(EventReport::content).collect::<Vec<_>>(), ["Words"]);
    assert_eq!(
        seen.galaxies().flat_map(Galaxy::clusters).filter_map(GalaxyCluster::value).collect::<Vec<_>>(),
        ["Heron"]
    );
    let attributes: Vec<_> = seen.attributes().collect();
    let said: Vec<_> = attributes.iter().map(|a| (a.attribute_type().unwrap(), a.to_ids().unwrap())).collect();
    assert_eq!(said, [("url", true), ("ip-dst", false), ("other", false)]);
    assert!(attributes[2].value().unwrap().contains(r#""country":"LU""#));
    assert_eq!(attributes[0].tags().filter_map(Tag::name).collect::<Vec<_>>(), ["tlp:red"]);
    assert_eq!(attributes[0].galaxies().count(), 1);
    let kinds: Vec<_> = attributes[0].sightings().map(|s| (s.kind().unwrap(), s.date_sighting().unwrap())).collect();
    assert_eq!(kinds, [(0, 1_791_158_400), (1, 1_790_899_200), (2, 1_822_435_200)]);
}

/// Whoever drops the extension still has the facts: type, category, value and detection of every attribute that STIX
/// has words for, under the same UUID.
#[test]
fn facts_survive_without_the_extension() {
    let text = crate::corpus::attributes();
    let document = Document::parse(&text).unwrap();
    let mut objects = stix::convert(&document).objects;
    for object in &mut objects {
        object.remove("extensions");
    }
    let back = event(&objects);
    let facts = |document: &Document| -> Vec<_> {
        let fact = |a: misp::format::Attribute<'_>| {
            let text = |text: Option<&str>| text.map(str::to_owned);
            (text(a.uuid()), text(a.attribute_type()), text(a.category()), text(a.value()), a.to_ids())
        };
        document.event().attributes().map(fact).collect()
    };
    let differ: Vec<_> = facts(&document).into_iter().zip(facts(&back)).filter(|(a, b)| a != b).collect();
    let values: Vec<_> = differ.iter().map(|(a, b)| (a.3.as_deref().unwrap(), b.3.as_deref().unwrap())).collect();
    let hive = (r"HKLM\Software\Night\Heron", r"HKEY_LOCAL_MACHINE\Software\Night\Heron");
    assert_eq!(values, [("POST", "post"), hive, hive]);
}

/// If somebody changes the STIX, the change wins over what was kept beside.
#[test]
fn changes_of_others_win() {
    let text = r#"{"Event":{"info":"x","uuid":"5f1b1e3a-9c8e-4b5e-8a6b-0c2d4e6f8a01","Attribute":[{"type":"regkey","value":"HKLM\\a","to_ids":true,"uuid":"5f1b1e3a-9c8e-4b5e-8a6b-0c2d4e6f8a02","zz":1},{"type":"md5","value":"0123456789abcdef0123456789abcdef","to_ids":true,"uuid":"5f1b1e3a-9c8e-4b5e-8a6b-0c2d4e6f8a03"}]}}"#;
    let mut objects = stix::convert(&Document::parse(text).unwrap()).objects;
    let head = objects.iter_mut().find(|object| object.contains("pattern")).unwrap();
    head.insert("pattern", Json::from(r"[windows-registry-key:key = 'HKEY_USERS\\b']"));
    let is_gone = |id: &str| id.ends_with("8a03") || id.starts_with("file--");
    objects.retain(|object| object.get("id").and_then(Json::as_str).is_none_or(|id| !is_gone(id)));
    let back = event(&objects);
    let attribute = back.event().attributes().next().unwrap();
    assert_eq!((attribute.value(), attribute.members().get("zz")), (Some(r"HKEY_USERS\b"), Some(&Json::from(1))));
    assert_eq!(back.event().attributes().count(), 1);
}

/// Whatever is marked with TLP in MISP is marked in STIX, observables too, and with the stricter of event and attribute.
#[test]
fn everything_is_marked() {
    let text = r#"{"Event":{"info":"x","Orgc":{"name":"O"},"Tag":[{"name":"tlp:green"},{"name":"tlp:amber"}],"Attribute":[{"type":"domain|ip","value":"a.com|198.51.100.3","to_ids":true,"Tag":[{"name":"tlp:red"}],"Sighting":[{"type":"0","date_sighting":"1"}]},{"type":"domain","value":"b.com","Tag":[{"name":"tlp:clear"}]},{"type":"domain","value":"a.com"}],"Object":[{"name":"file","Attribute":[{"type":"filename","object_relation":"filename","value":"f","Tag":[{"name":"tlp:red"}]}]}],"EventReport":[{"name":"r","content":"c"}]}}"#;
    let objects = stix::convert(&Document::parse(text).unwrap()).objects;
    let level = |object: &Members<'static>| {
        let refs = object.get("object_marking_refs").and_then(Json::as_list).unwrap_or_default();
        let tlp = refs.first().and_then(Json::as_str).and_then(stix_model::marking::tlp::Tlp::by_id);
        tlp.map_or("none", |tlp| tlp.level().as_str())
    };
    let of = |object: &Members<'static>| {
        let text = |name: &str| object.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
        (text("type"), text("value") + &text("name") + &text("pattern"), level(object))
    };
    for (object, (kind, what, level)) in objects.iter().map(|object| (object, of(object))) {
        // The same domain stands in an attribute that is marked and, without its address, in one that is not.
        let alone = kind == "domain-name" && !object.contains("resolves_to_refs");
        let red = matches!(what.as_str(), "198.51.100.3" | "f") || what.contains("a.com") && !alone;
        let expected = match kind.as_str() {
            "identity" | "extension-definition" | "marking-definition" => "none",
            "observed-data" | "sighting" | "relationship" => continue,
            _ if red => "red",
            _ => "amber",
        };
        assert_eq!(level, expected, "{kind} {what}");
    }
    let open = |object: &&Members<'static>| level(object) == "none";
    let types: Vec<_> = objects.iter().filter(open).map(|object| of(object).0).collect();
    assert!(
        types.iter().all(|kind| ["identity", "extension-definition", "marking-definition"].contains(&kind.as_str()))
    );
}
