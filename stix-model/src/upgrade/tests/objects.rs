use super::*;

/// V20-02: three fraction digits, and no more than there are already.
#[test]
fn timestamps_are_padded() {
    for (text, padded) in [
        ("2016-04-06T20:03:48Z", "2016-04-06T20:03:48.000Z"),
        ("2016-04-06T20:03:48.1Z", "2016-04-06T20:03:48.100Z"),
        ("2016-04-06T20:03:48.123Z", "2016-04-06T20:03:48.123Z"),
        ("2016-04-06T20:03:48.123456Z", "2016-04-06T20:03:48.123456Z"),
        ("yesterday", "yesterday"),
    ] {
        let text = format!(r#"{{"type":"tool","id":"x","created":"{text}","modified":"{text}"}}"#);
        let new = &upgraded(&text).objects[0];
        assert_eq!((at(new, "/created").as_str(), at(new, "/modified").as_str()), (padded, padded));
    }
}

/// V20-02: labels of the vocabulary move, the others stay, and markings follow both.
#[test]
fn labels_become_types() {
    for (object_type, label, property) in [
        ("indicator", "malicious-activity", "indicator_types"),
        ("malware", "ransomware", "malware_types"),
        ("report", "threat-report", "report_types"),
        ("threat-actor", "spy", "threat_actor_types"),
        ("tool", "remote-access", "tool_types"),
    ] {
        let marks = format!(
            r#"[{{"marking_ref": "{RED}", "selectors": ["labels", "labels.[1]", "labels.[0]", "labels.[2]"]}}]"#
        );
        let text =
            old(object_type, &format!(r#""labels": ["mine", "{label}", "{label}"], "granular_markings": {marks}"#));
        let new = &upgraded(&text).objects[0];
        assert_eq!(at(new, &format!("/{property}")), format!(r#"["{label}"]"#));
        assert_eq!(at(new, "/labels"), r#"["mine"]"#);
        let selectors = format!(r#"["{property}","labels","{property}.[0]","labels.[0]","{property}.[0]"]"#);
        assert_eq!(at(new, "/granular_markings/0/selectors"), selectors);
        let all = old(object_type, &format!(r#""labels": ["{label}"]"#));
        assert!(!upgraded(&all).objects[0].contains("labels"));
        let none = old(object_type, r#""labels": ["mine"]"#);
        assert!(!upgraded(&none).objects[0].contains(property));
    }
}

/// V20-02: 2.0 does not say whether malware is a family, so that is reported.
#[test]
fn malware_is_no_family() {
    let result = upgraded(&old("malware", r#""name": "x", "labels": ["bot"]"#));
    assert_eq!(at(&result.objects[0], "/is_family"), "false");
    assert!(result.changes.iter().any(|c| c.pointer == "/is_family" && c.severity == Severity::Warning));
}

/// V20-02, CU-07: custom properties whose names mean something else now are kept under another.
#[test]
fn custom_properties_make_room() {
    let new = &upgraded(&old(
        "malware",
        r#""name": "x", "labels": ["bot"], "is_family": "true", "confidence": 70, "lang": 5"#,
    ))
    .objects[0];
    assert_eq!(at(new, "/x_stix20_is_family"), "true");
    assert_eq!(at(new, "/is_family"), "false");
    assert_eq!(at(new, "/x_stix20_lang"), "5");
    assert_eq!(at(new, "/confidence"), "70", "what is well-formed in 2.1 stays");
}

/// V20-03: whose version it is, and of when.
#[test]
fn names_and_versions_are_the_callers_choice() {
    let author = "identity--26ffb872-1dd9-446e-b6f5-d58527e5b5d2";
    let text = old("tool", &format!(r#""name": "x", "created_by_ref": "{author}""#));
    let warned = |result: &Upgraded| result.changes.iter().any(|c| c.rule == "V20-03" && c.pointer == "/id");
    let options = |ids, author: Option<&str>, modified| Options {
        ids,
        author: author.map(|id| id.parse().unwrap()),
        modified,
        ..Options::default()
    };
    let go = |options: &Options| object(parse(&text), options).unwrap();
    let id = format!("tool--{UUID}");
    for (ids, who, keeps, warns) in [
        (Ids::Keep, None, true, true),
        (Ids::Keep, Some(author), true, false),
        (Ids::New, None, false, true),
        (Ids::New, Some(author), true, false),
    ] {
        let result = go(&options(ids, who, Modified::Keep));
        assert_eq!((at(&result.objects[0], "/id") == id, warned(&result)), (keeps, warns));
        assert_eq!(at(&result.objects[0], "/modified"), "2016-04-06T20:03:48.000Z");
    }
    for (instant, modified) in
        [("2020-01-01T00:00:00Z", "2020-01-01T00:00:00.000Z"), ("2010-01-01T00:00:00.000Z", "2016-04-06T20:03:48.000Z")]
    {
        let result = go(&options(Ids::Keep, None, Modified::At(instant.parse().unwrap())));
        assert_eq!(at(&result.objects[0], "/modified"), modified);
    }
    let now = go(&options(Ids::Keep, None, Modified::Now));
    assert!(at(&now.objects[0], "/modified").as_str() > "2025");
}

/// V20-03, V20-05: with new names, references in the bundle follow; markings keep theirs.
#[test]
fn references_follow_new_names() {
    let tool = old("tool", &format!(r#""name": "x", "object_marking_refs": ["{GREEN}"]"#));
    let report = old(
        "report",
        &format!(
            r#""name": "x", "labels": ["tool"], "published": "2016-01-20T17:00:00Z", "object_refs": ["tool--{UUID}", "tool--26ffb872-1dd9-446e-b6f5-d58527e5b5d2"], "x_acme_ref": "tool--{UUID}""#
        ),
    );
    let text = format!(r#"{{"type":"bundle","id":"bundle--{UUID}","objects":[{report},{tool}]}}"#);
    let options = Options { ids: Ids::New, ..Options::default() };
    let new = &bundle(parse(&text), &options).unwrap().objects[0];
    let name = at(new, "/objects/1/id");
    assert_ne!(name, format!("tool--{UUID}"));
    assert_eq!(at(new, "/objects/0/object_refs/0"), name);
    assert_eq!(at(new, "/objects/0/object_refs/1"), "tool--26ffb872-1dd9-446e-b6f5-d58527e5b5d2");
    assert_eq!(at(new, "/objects/0/x_acme_ref"), name);
    assert_eq!(at(new, "/objects/1/object_marking_refs/0"), GREEN);
}

/// V20-04: spellings, and what has none.
#[test]
fn vocabularies_are_respelled() {
    let identity = upgraded(&old(
        "identity",
        r#""name": "x", "identity_class": "group", "sectors": ["energy", "defence", "own"]"#,
    ));
    assert_eq!(at(&identity.objects[0], "/sectors"), r#"["energy","defense","own"]"#);
    for (before, after) in [("windows local", "windows-local"), ("windows domain", "windows-domain"), ("unix", "unix")]
    {
        let text = format!(r#"{{"type": "user-account", "user_id": "x", "account_type": "{before}"}}"#);
        assert_eq!(at(&upgraded(&text).objects[0], "/account_type"), after);
    }
    let file = upgraded(r#"{"type": "file", "hashes": {"ssdeep": "3:a:b", "MD6": "x"}}"#);
    assert_eq!(at(&file.objects[0], "/hashes"), r#"{"SSDEEP":"3:a:b","MD6":"x"}"#);
    assert!(file.changes.iter().any(|c| c.pointer == "/hashes/MD6" && c.severity == Severity::Warning));
}

/// V20-06: time bounds, names in paths, and what REPEATS means.
#[test]
fn patterns_are_rewritten() {
    for (before, after, version) in [
        ("[file:name = 'START']", "[file:name = 'START']", "2.1"),
        (
            "[file:size=1] START '2016-01-01T00:00:00Z' STOP '2017-01-01T00:00:00Z'",
            "[file:size=1] START t'2016-01-01T00:00:00Z' STOP t'2017-01-01T00:00:00Z'",
            "2.1",
        ),
        ("[file:size=1] START t'2016-01-01T00:00:00Z'", "[file:size=1] START t'2016-01-01T00:00:00Z'", "2.1"),
        ("[file:size=1] START 'now' STOP 'then'", "[file:size=1] START 'now' STOP 'then'", "2.0"),
        ("[file:name = 'x", "[file:name = 'x", "2.0"),
        ("[file:name = 'it\\'s'] /* START 'x' */", "[file:name = 'it\\'s'] /* START 'x' */", "2.1"),
        ("[file : created > t'2016-01-01T00:00:00Z']", "[file : ctime > t'2016-01-01T00:00:00Z']", "2.1"),
        ("[process:binary_ref.created=1]", "[process:image_ref.ctime=1]", "2.1"),
        ("[process:parent_ref.'created'=1]", "[process:parent_ref.created_time=1]", "2.1"),
        ("[process:child_refs[*].created=1]", "[process:child_refs[*].created_time=1]", "2.1"),
        (
            "[file:hashes.ssdeep='x' OR file:hashes.'SHA-256'='y']",
            "[file:hashes.SSDEEP='x' OR file:hashes.'SHA-256'='y']",
            "2.1",
        ),
        ("[file:extensions.'x-acme'.created=1]", "[file:extensions.'x-acme-ext'.created=1]", "2.1"),
        ("[user-account:account_type = 'windows local']", "[user-account:account_type = 'windows-local']", "2.1"),
        ("[x-thing:name = 'windows local']", "[x-thing:name = 'windows local']", "2.1"),
        (
            "[network-traffic:encapsulates_by_ref.protocols[0]='x']",
            "[network-traffic:encapsulated_by_ref.protocols[0]='x']",
            "2.1",
        ),
    ] {
        let text = old(
            "indicator",
            &format!(
                r#""labels": ["benign"], "pattern": {}, "valid_from": "2016-01-01T00:00:00Z""#,
                Json::from(before)
            ),
        );
        let new = &upgraded(&text).objects[0];
        assert_eq!((at(new, "/pattern").as_str(), at(new, "/pattern_version").as_str()), (after, version));
        assert_eq!(at(new, "/pattern_type"), "stix");
    }
    let pattern = |text: &str| old("indicator", &format!(r#""pattern": "{text}""#));
    let warns =
        |result: &Upgraded| result.changes.iter().any(|c| c.rule == "V20-06" && c.severity == Severity::Warning);
    assert!(warns(&upgraded(&pattern("[file:size=1] REPEATS 2 TIMES"))));
    assert!(!warns(&upgraded(&pattern("[file:name='REPEATS']"))));
    assert!(warns(&upgraded(&pattern("[process:name='x']"))));
    assert_eq!(at(&keeping(&pattern("[process:name='x']")).objects[0], "/pattern"), "[process:x_stix20_name='x']");
}
