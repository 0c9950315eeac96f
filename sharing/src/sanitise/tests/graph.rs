//! Objects around objects.

use super::*;

fn malware() -> Value {
    object("malware", 1, &json!({"name": "Night Heron", "is_family": true}))
}

/// A victim goes with every relationship and reference that tells of it, also when only a later object makes it a victim.
#[test]
fn victims_go_with_what_tells_of_them() {
    let malware = malware();
    let victim = object("identity", 2, &json!({"name": "Acme Clinic"}));
    let place = object("location", 3, &json!({"country": "de"}));
    let indicator = object(
        "indicator",
        4,
        &json!({"pattern": "[domain-name:value = 'c2.example']", "pattern_type": "stix", "valid_from": "2026-11-19T10:11:12Z"}),
    );
    let targets = link(5, "targets", &malware, &victim);
    let located = link(6, "located-at", &victim, &place);
    let related = link(7, "related-to", &malware, &victim);
    let indicates = link(8, "indicates", &indicator, &malware);
    let sighting = object(
        "sighting",
        9,
        &json!({"sighting_of_ref": id(&indicator), "count": 3, "where_sighted_refs": [id(&victim)]}),
    );
    let report = object(
        "report",
        10,
        &json!({"name": "Acme Clinic hit", "published": "2026-11-19T10:11:12Z",
        "object_refs": [id(&victim), id(&indicator), id(&targets), id(&indicates)]}),
    );
    let all = [&report, &targets, &related, &located, &indicates, &sighting, &indicator, &victim, &place, &malware]
        .map(Clone::clone);
    let out = sanitise(Profile::technical(), &all);
    for gone in [&victim, &place, &targets, &located, &related] {
        assert_eq!(of(&out, gone), None);
    }
    let shared = |original: &Value| of(&out, original).unwrap();
    assert_eq!(shared(&indicates)["source_ref"], shared(&indicator)["id"]);
    assert_eq!(shared(&indicates)["target_ref"], shared(&malware)["id"]);
    let seen = shared(&sighting);
    assert_eq!(
        (&seen["count"], &seen["sighting_of_ref"], seen.get("where_sighted_refs")),
        (&json!(3), &shared(&indicator)["id"], None)
    );
    assert_eq!(seen["created"], "2026-11-19T00:00:00.000Z");
    let grouping = shared(&report);
    assert_eq!(grouping["type"], "grouping");
    assert_eq!(grouping["object_refs"], json!([shared(&indicator)["id"], shared(&indicates)["id"]]));
    for (object, text) in out.leaving.iter().map(|leaving| (&leaving.id, &leaving.object)) {
        assert!(!text.contains("Acme") && !text.contains(AUTHOR), "{object}");
    }
    assert_eq!(
        [rule(&out, &victim), rule(&out, &targets), rule(&out, &related)],
        ["type", "relationship", "reference"]
    );
}

/// Objects that decide about each other leave if one of them has something to say, and stay if none has.
#[test]
fn circles_are_decided() {
    let malware = malware();
    let group = |number: u32, refs: &[&str]| {
        object("grouping", number, &json!({"context": "unspecified", "object_refs": refs}))
    };
    let ids = [21, 22, 23, 24].map(|number| format!("grouping--{}", uuid(number)));
    let all = [
        group(21, &[&ids[1]]),
        group(22, &[&ids[0], id(&malware)]),
        group(23, &[&ids[3]]),
        group(24, &[&ids[2]]),
        malware.clone(),
    ];
    let out = sanitise(Profile::technical(), &all);
    assert!(of(&out, &all[0]).is_some() && of(&out, &all[1]).is_some());
    assert!(of(&out, &all[2]).is_none() && of(&out, &all[3]).is_none());
}

/// An observable is named after what is left of it: who sees the same content knows the same name, and a guess at what was
/// taken out confirms nothing.
#[test]
fn observables_are_named_after_what_is_left() {
    let hashes = json!({"SHA-256": "841a8921140aba50671ebb0770fecc4ee308c4952cfeff8de154ab14eeef4649"});
    let directory = observable("directory", 1, &json!({"path": "C:\\Users\\jdoe"}));
    let file = observable(
        "file",
        2,
        &json!({"hashes": hashes, "name": "jo@acme.example.doc", "parent_directory_ref": id(&directory)}),
    );
    let plain = observable("file", 3, &json!({"hashes": hashes}));
    let c2 = json!({"type": "domain-name", "id": "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7", "value": "example.com"});
    let out = sanitise(Profile::technical(), &[file.clone(), plain.clone(), c2.clone(), directory.clone()]);
    let shared = of(&out, &file).unwrap();
    assert_eq!(
        shared,
        json!({"type": "file", "id": shared["id"], "hashes": hashes, "object_marking_refs": shared["object_marking_refs"]})
    );
    assert_eq!(shared["id"], of(&out, &plain).unwrap()["id"]);
    assert_eq!(of(&out, &c2).unwrap()["id"], c2["id"]);
    assert_eq!(of(&out, &directory), None);
}

/// What only tells of a property that goes does so too, and everything else of the object still leaves.
#[test]
fn what_tells_of_a_property_goes_with_it() {
    let hashes = json!({"SHA-256": "841a8921140aba50671ebb0770fecc4ee308c4952cfeff8de154ab14eeef4649"});
    let leaks = observable("file", 1, &json!({"hashes": hashes, "name": "/home/jdoe/x", "name_enc": "utf-8"}));
    let kept = observable("file", 3, &json!({"name": "x.exe", "name_enc": "utf-8"}));
    let artifact = json!({"url": "https://c2.example/x", "hashes": hashes, "decryption_key": "infected",
        "encryption_algorithm": "acme-clinic-cipher"});
    let artifact = observable("artifact", 4, &artifact);
    let out = sanitise(Profile::technical(), &[leaks.clone(), kept.clone(), artifact.clone()]);
    let shared = of(&out, &leaks).unwrap();
    assert_eq!((&shared["hashes"], shared.get("name"), shared.get("name_enc")), (&hashes, None, None));
    assert_eq!(of(&out, &kept).unwrap()["name_enc"], "utf-8");
    let shared = of(&out, &artifact).unwrap();
    assert_eq!((&shared["hashes"], shared.get("decryption_key")), (&hashes, None));
    let told = |object: &Value, place: &str| {
        out.removed
            .iter()
            .any(|removed| removed.id == id(object) && removed.pointer == place && removed.rule == "incomplete")
    };
    assert!(told(&leaks, "/name_enc") && told(&artifact, "/decryption_key"));
    let profile = Profile::read("name = \"no names\"\nbased_on = \"technical\"\ndeny.file = [\"name\"]").unwrap();
    assert_eq!(of(&sanitise(profile, std::slice::from_ref(&leaks)), &leaks).unwrap()["hashes"], hashes);
}

/// New versions and revocations follow, under coarse times too: none shares its version with another.
#[test]
fn versions_follow() {
    let version = |time: &str, more: Value| {
        let mut one = malware();
        one["modified"] = json!(format!("2026-11-19T{time}Z"));
        one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        one
    };
    let all = [
        version("10:11:12.123", json!({})),
        version("12:00:00.000", json!({"aliases": ["NH"]})),
        version("13:00:00.000", json!({"revoked": true})),
    ];
    for profile in [Profile::technical(), Profile::anonymous()] {
        let out = sanitise(profile, &all);
        let shared: Vec<Value> =
            out.leaving.iter().map(|leaving| serde_json::from_str(&leaving.object).unwrap()).collect();
        assert_eq!(shared.len(), 3);
        assert!(shared.iter().all(|one| one["id"] == shared[0]["id"] && one["id"] != all[0]["id"]));
        let versions: Vec<_> = out.leaving.iter().map(|leaving| leaving.version.clone()).collect();
        assert!(versions.is_sorted() && versions[0] < versions[1] && versions[1] < versions[2], "{versions:?}");
        assert_eq!(shared[2]["revoked"], true);
    }
}

/// Under `anonymous`, sightings leave as groups of organisations, and only whole groups count.
#[test]
fn sightings_are_grouped() {
    let malware = malware();
    let seen = |number: u32, producer: u32| {
        let mut sighting = object("sighting", 100 + number, &json!({"sighting_of_ref": id(&malware), "count": 77}));
        sighting["created_by_ref"] = json!(format!("identity--{}", uuid(producer)));
        sighting
    };
    let count = |producers: &[u32]| {
        let mut all = vec![malware.clone()];
        all.extend(producers.iter().zip(0..).map(|(producer, number)| seen(number, *producer)));
        let out = sanitise(Profile::anonymous(), &all);
        let groups: Vec<Value> = out
            .leaving
            .iter()
            .filter(|leaving| leaving.id.starts_with("sighting"))
            .map(|leaving| serde_json::from_str(&leaving.object).unwrap())
            .collect();
        assert!(groups.len() <= 1);
        groups.first().map(|group| {
            assert_eq!(group["first_seen"], "2026-11-16T00:00:00.000Z");
            group["count"].as_u64().unwrap()
        })
    };
    assert_eq!(count(&[1, 2]), None);
    assert_eq!(count(&[1, 1, 1, 2]), None);
    assert_eq!(count(&[1, 2, 3]), Some(3));
    assert_eq!(count(&[1, 2, 3, 4, 5]), Some(3));
    assert_eq!(count(&[1, 2, 3, 4, 5, 6]), Some(6));
}

/// A pseudonym is the same for one producer and period, another for another audience, and says nothing else.
#[test]
fn producers_have_pseudonyms() {
    let profile = Profile { creator: Creator::Pseudonym, ..Profile::technical() };
    let mut later = object("tool", 2, &json!({"name": "nmap"}));
    later["created"] = json!("2027-01-19T10:11:12.123Z");
    later["modified"] = later["created"].clone();
    let all = [malware(), object("tool", 1, &json!({"name": "nmap"})), later];
    let out = sanitise(profile.clone(), &all);
    let creator = |original: &Value| of(&out, original).unwrap()["created_by_ref"].clone();
    assert_eq!(creator(&all[0]), creator(&all[1]));
    assert_ne!(creator(&all[0]), creator(&all[2]));
    let identities: Vec<_> = out.leaving.iter().filter(|leaving| leaving.original == AUTHOR).collect();
    assert_eq!(identities.len(), 2);
    assert!(identities.iter().any(|identity| json!(identity.id) == creator(&all[0])));
    let other = Audience { name: "police".to_owned(), ..audience() };
    let other = Sanitiser::new(profile, other, Secret::new(&[7; 32]).unwrap()).unwrap();
    let out = other.sanitise(&[all[0].to_string()], &Objects::default());
    assert!(out.leaving.iter().all(|leaving| json!(leaving.id) != creator(&all[0])));
}

/// An author is named if the profile releases the identity, which leaves byte by byte; else nobody is.
#[test]
fn authors_are_named_if_released() {
    let author = object("identity", 0, &json!({"name": "A team"}));
    let author = author.to_string().replace(id(&author), AUTHOR);
    let profile = Profile { release: vec![AUTHOR.to_owned()], ..Profile::technical() };
    let out = sanitiser(profile).sanitise(&[author.clone(), malware().to_string()], &Objects::default());
    assert_eq!(out.leaving[0].object, author);
    assert!(out.leaving[1].object.contains(AUTHOR));
}

/// A pattern leaves if all that it looks at may; a path to anything else keeps its indicator back, whatever it compares with.
#[test]
fn patterns_look_at_what_may_leave() {
    for (pattern, technical, anonymous) in [
        ("[ipv4-addr:value = '198.51.100.7']", true, true),
        ("[file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e']", true, true),
        ("[file:extensions.'windows-pebinary-ext'.sections[*].name = '.x']", true, true),
        ("[network-traffic:dst_ref.value = '198.51.100.7' AND network-traffic:dst_port = 443]", true, true),
        ("[file:name = 'x.exe']", true, false),
        ("[file:parent_directory_ref.path = '/tmp']", true, false),
        ("[process:command_line LIKE '%x%']", true, false),
        ("[url:value = 'x'] START t'2026-11-19T10:11:12Z' STOP t'2026-11-19T11:11:12Z'", true, false),
        ("[user-account:account_login = 'x']", false, false),
        ("[email-message:to_refs[*].value = 'x']", false, false),
        ("[email-addr:value = 'x']", false, false),
        ("[mac-addr:value = 'x']", false, false),
        ("[process:environment_variables.X = 'x']", false, false),
        ("[file:x_own = 'x']", false, false),
        ("[x-acme:y = 'x']", false, false),
        ("[url:value = 'x' OR user-account:user_id = 'x']", false, false),
        ("[file:hashes.'SHA-256' = 'ab' OR file:hashes.sha1 = 'ab']", true, true),
        ("[file:hashes.'Acme-Hospital' = 'abcd']", false, false),
        ("[file:hashes.MD5.x = 'abcd']", false, false),
        ("[file:extensions.'windows-pebinary-ext'.sections[*].hashes.MD5 = 'ab']", true, true),
        ("[file:extensions.'windows-pebinary-ext'.sections[*].hashes.'Acme-Hospital' = 'ab']", false, false),
        ("[file:extensions.'windows-pebinary-ext'.sections[*].acme_hospital = 'ab']", false, false),
        ("[file:extensions.'windows-pebinary-ext'.optional_header.acme_hospital = 'ab']", false, false),
        ("[file:extensions.'acme-hospital-ext'.name = 'ab']", false, false),
        ("[file:name.acme_hospital = 'ab']", false, false),
        ("[process:image_ref.hashes.MD5 = 'ab']", true, false),
        ("[process:image_ref.hashes.'Acme-Hospital' = 'ab']", false, false),
        ("[x509-certificate:x509_v3_extensions.subject_alternative_name = 'x']", true, false),
        ("[x509-certificate:x509_v3_extensions.acme_hospital = 'x']", false, false),
        ("[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = 'x']", true, false),
        ("[network-traffic:extensions.'http-request-ext'.request_header.'X-Acme-Hospital' = 'x']", false, false),
        ("[ipv4-addr:value ISSUBSET '10.1.0.0/16']", false, false),
        ("no pattern", false, false),
    ] {
        let more = json!({"pattern": pattern, "pattern_type": "stix", "valid_from": "2026-11-19T10:11:12Z"});
        let indicator = object("indicator", 1, &more);
        for (profile, leaves) in [(Profile::technical(), technical), (Profile::anonymous(), anonymous)] {
            let out = sanitise(profile.clone(), std::slice::from_ref(&indicator));
            assert_eq!(!out.leaving.is_empty(), leaves, "{} {pattern}: {:?}", profile.name, out.withheld);
        }
    }
}

/// A pattern that would find a word of the list without writing it stays; one that asks for a form, or for what malware has,
/// leaves.
#[test]
fn patterns_do_not_mean_what_they_may_not_say() {
    let text = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect();
    let scan = crate::sanitise::scan::Scan {
        names: text(&["Acme Clinic", "Mercy Hospital"]),
        domains: text(&["acme-clinic.example", "mercyhospital.com"]),
        networks: text(&["203.0.113.0/24"]),
        ..Default::default()
    };
    let profile = Profile { scan, ..Profile::technical() };
    for (test, leaves) in [
        ("LIKE '%acme-cli_ic%'", false),
        ("LIKE 'vpn._cme_cl_nic.example'", false),
        ("LIKE '203.0.113.%'", false),
        ("LIKE '203.0.113.7_'", false),
        ("LIKE '10.1.2.%'", false),
        ("MATCHES 'ac.e-clinic\\\\.example'", false),
        ("MATCHES 'acme[-]clinic[.]example'", false),
        ("MATCHES '^vpn[0-9]+\\\\.acm[ef]-?clin[a-z]c'", false),
        ("MATCHES '^(acme|evil)-(clinic|c2)\\\\.example$'", false),
        ("MATCHES '(?i)MERCY.?HOSP[i]TAL'", false),
        ("MATCHES '^203\\\\.0\\\\.113\\\\.\\\\d{1,3}$'", false),
        ("LIKE '%'", true),
        ("LIKE '____________________'", true),
        ("LIKE '%.evil.example'", true),
        ("LIKE '10.0.%'", true),
        ("LIKE 'night_heron_%'", true),
        ("MATCHES '.*'", true),
        ("MATCHES '^.....?.?.?.?.?.?.?.?.?.?.?.?.?.?.?$'", true),
        ("MATCHES '^[a-z]{8,20}\\\\.com$'", true),
        ("MATCHES '^[a-z0-9-]+\\\\.example$'", true),
        ("MATCHES '.*(hospital|clinic|bank).*'", true),
        ("MATCHES '\\\\.(com|net|example)$'", true),
        ("MATCHES '^(?=c2).*heron\\\\.example'", true),
    ] {
        let pattern = format!("[domain-name:value {test}]");
        let more = json!({"pattern": pattern, "pattern_type": "stix", "valid_from": "2026-11-19T10:11:12Z"});
        let indicator = object("indicator", 1, &more);
        let out = sanitise(profile.clone(), std::slice::from_ref(&indicator));
        assert_eq!(of(&out, &indicator).is_some(), leaves, "{pattern}: {:?}", out.withheld);
    }
}
