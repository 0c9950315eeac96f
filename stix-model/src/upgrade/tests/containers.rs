use std::collections::HashSet;

use super::*;

/// OC-4, V20-07, AC-13: deterministic names in order of dependency, random ones where there is a cycle or nothing to name by.
#[test]
fn observables_are_named() {
    for (name, objects, types) in fixtures::CONTAINERS {
        let (first, second) = (upgraded(&observed(objects, "")), upgraded(&observed(objects, "")));
        let ids = |result: &Upgraded| result.objects[1..].iter().map(|object| at(object, "/id")).collect::<Vec<_>>();
        let (ids, again) = (ids(&first), ids(&second));
        let refs = Json::List(ids.iter().map(|id| Json::from(id.as_str())).collect()).to_string();
        assert_eq!(at(&first.objects[0], "/object_refs"), refs, "{name}");
        assert!(!first.objects[0].contains("objects"));
        assert_eq!(ids.len(), types.len(), "{name}");
        let is_stable = name != "an archive in itself";
        for ((id, again), expected) in ids.iter().zip(&again).zip(types) {
            assert_eq!(id.split("--").next(), Some(expected.trim_end_matches('!')), "{name}");
            let random = id.parse::<Identifier>().unwrap().uuid_version() == Some(4);
            assert_eq!(random, expected.ends_with('!'), "{name}: {id}");
            assert!(random || !is_stable || id == again, "{name}: {id}");
        }
        let known: HashSet<&String> = ids.iter().collect();
        for object in &first.objects[1..] {
            names::references(&mut object.clone(), &mut |reference, certain| {
                let text = reference.as_str().unwrap().to_owned();
                assert!(!certain || known.contains(&text), "{name}: {text}");
            });
        }
    }
}

/// DET-02, DET-04: names are those that the finished objects have.
#[test]
fn names_agree_with_content() {
    // An observable of 2.1 keeps the name that it has.
    let own_names = |name: &str| name != "observables of 2.1";
    for (name, objects, _) in fixtures::CONTAINERS
        .iter()
        .filter(|(name, _, types)| own_names(name) && types.iter().all(|t| !t.ends_with('!')))
    {
        for object in &upgraded(&observed(objects, "")).objects[1..] {
            let shape = crate::object::object_type(type_of(object)).unwrap();
            assert_eq!(at(object, "/id"), deterministic_name(shape, object), "{name}");
        }
    }
}

fn deterministic_name(shape: &crate::property::Shape, object: &Members<'static>) -> String {
    crate::deterministic::name_of(shape, object).as_str().to_owned()
}

/// §17.3: what is called otherwise, written otherwise, or gone.
#[test]
fn properties_of_observables_change() {
    for (before, after, kept) in [
        (
            r#""type":"file","name":"x","created":"a","modified":"b","accessed":"c""#,
            r#""name":"x","ctime":"a","mtime":"b","atime":"c""#,
            "",
        ),
        (
            r#""type":"directory","path":"x","created":"a","modified":"b","accessed":"c""#,
            r#""path":"x","ctime":"a","mtime":"b","atime":"c""#,
            "",
        ),
        (
            r#""type":"file","name":"x","is_encrypted":true,"encryption_algorithm":"a","decryption_key":"b""#,
            r#""name":"x""#,
            r#","x_stix20_is_encrypted":true,"x_stix20_encryption_algorithm":"a","x_stix20_decryption_key":"b""#,
        ),
        (
            r#""type":"file","name":"x","extensions":{"archive-ext":{"contains_refs":[],"version":"5"}}"#,
            r#""name":"x","extensions":{"archive-ext":{"contains_refs":[]}}"#,
            r#","x_stix20_version":"5""#,
        ),
        (
            r#""type":"file","name":"x","extensions":{"raster-image-ext":{"image_compression_algorithm":"5"}}"#,
            r#""name":"x""#,
            r#","x_stix20_image_compression_algorithm":"5""#,
        ),
        (
            r#""type":"email-message","is_multipart":false,"additional_header_fields":{"A":"x","B":["y","z"]}"#,
            r#""is_multipart":false,"additional_header_fields":{"A":["x"],"B":["y","z"]}"#,
            "",
        ),
        (
            r#""type":"network-traffic","extensions":{"http-request-ext":{"request_header":{"A":"x","B":["y"]}}}"#,
            r#""extensions":{"http-request-ext":{"request_header":{"A":["x"],"B":["y"]}}}"#,
            "",
        ),
        (
            r#""type":"network-traffic","encapsulates_by_ref":"network-traffic--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f""#,
            r#""encapsulated_by_ref":"network-traffic--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f""#,
            "",
        ),
        (
            r#""type":"network-traffic","extensions":{"socket-ext":{"address_family":"AF_INET","protocol_family":"PF_INET"}}"#,
            r#""extensions":{"socket-ext":{"address_family":"AF_INET"}}"#,
            r#","x_stix20_protocol_family":"PF_INET""#,
        ),
        (
            r#""type":"process","pid":1,"name":"x","arguments":["y"],"created":"a""#,
            r#""pid":1,"created_time":"a""#,
            r#","x_stix20_name":"x","x_stix20_arguments":["y"]"#,
        ),
        (
            r#""type":"user-account","user_id":"x","password_last_changed":"a""#,
            r#""user_id":"x","credential_last_changed":"a""#,
            "",
        ),
        (r#""type":"software","name":"x","languages":["ger","haw"]"#, r#""name":"x","languages":["de","haw"]"#, ""),
        (r#""type":"windows-registry-key","key":"x","modified":"a""#, r#""key":"x","modified_time":"a""#, ""),
    ] {
        let text = format!("{{{before}}}");
        let own = |mut result: Upgraded| {
            let mut object = result.objects.remove(0);
            object.retain(|name, _| !["type", "spec_version", "id"].contains(&name));
            Json::Object(object).to_string()
        };
        assert_eq!(own(upgraded(&text)), format!("{{{after}}}"));
        assert_eq!(own(keeping(&text)), format!("{{{after}{kept}}}"));
    }
}

/// OC-1, OC-2: 2.1 shapes are kept, keys that lead nowhere are reported, and what is no container stays.
#[test]
fn containers_may_be_odd() {
    let shaped = &upgraded(&observed(
        r#""0": {"type": "file", "name": "x", "ctime": "2016-12-21T19:00:00Z", "created": "2017-12-21T19:00:00Z"}"#,
        "",
    ))
    .objects[1];
    assert_eq!(at(shaped, "/ctime"), "2016-12-21T19:00:00Z");
    assert_eq!(at(shaped, "/x_stix20_created"), "2017-12-21T19:00:00Z");
    let lost = upgraded(&observed(r#""0": {"type": "domain-name", "value": "x", "resolves_to_refs": ["7"]}"#, ""));
    assert!(lost.changes.iter().any(|c| c.rule == "OC-2" && c.pointer == "/objects/0"));
    for odd in [r#""0": 5"#, r#""0": {}"#] {
        let result = upgraded(&observed(odd, ""));
        assert_eq!(at(&result.objects[0], "/objects"), format!("{{{odd}}}").replace(": ", ":"));
        assert!(result.changes.iter().any(|c| c.rule == "OC-1"));
    }
}

/// OC-4: also the container of an object of 2.1, but only on demand.
#[test]
fn containers_of_2_1_are_lifted_on_demand() {
    let text = observed(r#""0": {"type": "domain-name", "value": "example.com"}"#, r#", "spec_version": "2.1""#);
    assert_eq!(Json::Object(upgraded(&text).objects[0].clone()).to_string(), Json::Object(parse(&text)).to_string());
    let result = to_object_refs(parse(&text), &Options::default()).unwrap();
    assert_eq!(at(&result.objects[0], "/object_refs/0"), "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7");
    assert_eq!(at(&result.objects[1], "/value"), "example.com");
}

/// OC-4, GM-6: no marking is lost when observables leave the object that was marked.
#[test]
fn markings_go_with_the_observables() {
    let objects = r#""0": {"type": "file", "name": "x", "created": "2016-12-21T19:00:00Z", "hashes": {"ssdeep": "3:a:b"}}, "a.b": {"type": "url", "value": "https://example.com/"}"#;
    let markings = format!(
        r#", "object_marking_refs": ["{GREEN}"], "granular_markings": [
            {{"marking_ref": "{RED}", "selectors": ["objects.0.created", "objects.0.hashes.ssdeep", "objects.a.b", "number_observed"]}},
            {{"marking_ref": "{RED}", "selectors": ["objects.a.b.value"]}}]"#
    );
    let result = upgraded(&observed(objects, &markings));
    let [data, file, url] = &result.objects[..] else { panic!() };
    assert_eq!(
        at(data, "/granular_markings"),
        format!(r#"[{{"marking_ref":"{RED}","selectors":["number_observed"]}}]"#)
    );
    assert_eq!(at(file, "/object_marking_refs"), format!(r#"["{GREEN}"]"#));
    assert_eq!(at(file, "/granular_markings/0/selectors"), r#"["ctime"]"#);
    assert_eq!(at(file, "/granular_markings/1/selectors"), r#"["hashes.SSDEEP"]"#);
    assert_eq!(at(url, "/object_marking_refs"), format!(r#"["{GREEN}","{RED}"]"#));
    assert_eq!(at(url, "/granular_markings/0/selectors"), r#"["value"]"#);
    let whole = format!(r#", "granular_markings": [{{"marking_ref": "{RED}", "selectors": ["objects"]}}]"#);
    let result = upgraded(&observed(objects, &whole));
    assert_eq!(at(&result.objects[0], "/granular_markings/0/selectors"), r#"["object_refs"]"#);
    assert!(result.objects[1..].iter().all(|object| at(object, "/object_marking_refs/0") == RED));
}

/// B-04: observables of the same name become one unless they contradict each other.
#[test]
fn equal_observables_become_one() {
    let first =
        observed(r#""0": {"type": "software", "name": "x"}"#, &format!(r#", "object_marking_refs": ["{RED}"]"#));
    let second = observed(
        r#""0": {"type": "software", "name": "x", "languages": ["en"]}"#,
        &format!(r#", "object_marking_refs": ["{GREEN}"]"#),
    );
    let third = observed(r#""0": {"type": "software", "name": "x", "languages": ["de"]}"#, "");
    let text = format!(r#"{{"type":"bundle","id":"bundle--{UUID}","objects":[{first},{second},{third}]}}"#);
    let result = upgraded(&text);
    let bundle = &result.objects[0];
    assert_eq!(at(bundle, "/objects/3/object_marking_refs"), format!(r#"["{RED}","{GREEN}"]"#));
    assert_eq!(at(bundle, "/objects/3/languages"), r#"["en"]"#);
    assert_eq!(at(bundle, "/objects/4/languages"), r#"["de"]"#);
    assert!(result.changes.iter().any(|c| c.rule == "B-04"));
}

/// B-04: an observable that the bundle has already is left out; if its content differs, both stay, and it is said.
#[test]
fn observables_that_are_there() {
    const ID: &str = "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4";
    let data = observed(r#""0": {"type": "ipv4-addr", "value": "198.51.100.3"}"#, "");
    for (more, warnings, count) in [("", 0, 2), (r#","spec_version":"2.1""#, 0, 2), (r#","defanged":true"#, 1, 3)] {
        let there = format!(r#"{{"type":"ipv4-addr","id":"{ID}","value":"198.51.100.3"{more}}}"#);
        for objects in [format!("{there},{data}"), format!("{data},{there}")] {
            let result = upgraded(&format!(r#"{{"type":"bundle","id":"bundle--{UUID}","objects":[{objects}]}}"#));
            let said: Vec<_> = result.changes.iter().filter(|change| change.rule == "B-04").collect();
            assert_eq!(said.len(), warnings, "{more} {said:?}");
            assert!(said.iter().all(|change| change.object.as_deref() == Some(ID)));
            let objects = result.objects[0].get("objects").and_then(Json::as_list).unwrap();
            assert_eq!(objects.len(), count, "{more}");
        }
    }
}

/// V20-07: a declared type is named by what its declaration says, and needs no dates.
#[test]
fn declared_observables_are_named() {
    let mut options = Options::default();
    options.types.add("x-usb-device", crate::TypeClass::Observable, &["serial"]).unwrap();
    let text = observed(r#""0": {"type": "x-usb-device", "serial": "1"}"#, "");
    let go = || object(parse(&text), &options).unwrap().objects.remove(1);
    assert_eq!(at(&go(), "/id"), at(&go(), "/id"));
    assert!(!go().contains("created"));
}

/// V20-07: long chains and large containers are named in linear time.
#[test]
fn large_containers_are_no_burden() {
    use std::fmt::Write;
    let mut objects = r#""0": {"type": "file", "name": "x"}"#.to_owned();
    for i in 1..5000 {
        let below = i - 1;
        write!(objects, r#", "{i}": {{"type": "file", "name": "x", "extensions": {{"archive-ext": {{"contains_refs": ["{below}"]}}}}}}"#).unwrap();
    }
    assert_eq!(upgraded(&observed(&objects, "")).objects.len(), 5001);
    // The chain leads to many pairs that need each other.
    let mut heads = String::new();
    for i in 0..1000 {
        write!(objects, r#", "a{i}": {}, "b{i}": {}"#, archive(&format!("b{i}")), archive(&format!("a{i}"))).unwrap();
        write!(heads, r#"{}"a{i}""#, if i == 0 { "" } else { "," }).unwrap();
    }
    let first = format!(
        r#""0": {{"type": "file", "name": "x", "extensions": {{"archive-ext": {{"contains_refs": [{heads}]}}}}}}"#
    );
    let objects = objects.replacen(r#""0": {"type": "file", "name": "x"}"#, &first, 1);
    assert_eq!(upgraded(&observed(&objects, "")).objects.len(), 7001);
}

fn archive(of: &str) -> String {
    format!(r#"{{"type": "file", "name": "x", "extensions": {{"archive-ext": {{"contains_refs": ["{of}"]}}}}}}"#)
}
