use super::*;
use crate::validate::rules::BUNDLE_RULES;

pub(super) const UUID: &str = "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f";

/// What is between the objects; what single objects have is left out.
pub(super) fn between(objects: &str, options: &Options, enforce_refs: bool) -> Vec<Finding> {
    let objects = Json::parse(&format!("[{}]", objects.replace("UUID", UUID))).unwrap().into_owned();
    let mut check = BundleCheck::new(options, enforce_refs);
    let mut findings = Vec::new();
    for members in objects.as_list().unwrap().iter().filter_map(Json::as_object) {
        findings.extend(check.add(members));
    }
    findings.extend(check.finish());
    findings.retain(|finding| BUNDLE_RULES.iter().any(|rule| rule.id == finding.rule));
    findings
}

pub(super) fn shown(objects: &str) -> Vec<String> {
    let findings = between(objects, &Options::default(), false);
    findings.iter().map(|f| format!("{} {} {}", f.rule, f.severity, f.pointer)).collect()
}

const URL: &str = r#"{"type":"url","id":"url--UUID","value":"http://example.com"}"#;

/// B-01: a bundle is no object.
#[test]
fn b_01_no_bundle_in_a_bundle() {
    assert_eq!(shown(r#"{"type":"bundle","id":"bundle--UUID","objects":[]}"#), ["B-01 error /type"]);
}

/// B-02, B-03: what stands beside the list.
#[test]
fn b_02_b_03_members_of_the_bundle() {
    let options = Options::default();
    let check = BundleCheck::new(&options, false);
    let wrapper = |text: &str| {
        let json = Json::parse(text).unwrap().into_owned();
        let findings = check.wrapper(json.as_object().unwrap());
        findings.iter().map(|f| format!("{} {} {}", f.rule, f.severity, f.pointer)).collect::<Vec<_>>()
    };
    let bundle = |more: &str| wrapper(&format!(r#"{{"type":"bundle","id":"bundle--{UUID}"{more}}}"#));
    assert!(bundle("").is_empty());
    assert_eq!(bundle(r#","spec_version":"2.0""#), ["B-02 info /spec_version"]);
    assert_eq!(bundle(r#","spec_version":"2.1""#), ["B-02 warning /spec_version"]);
    assert_eq!(bundle(r#","x_a/b":1"#), ["B-03 warning /x_a~1b"]);
    assert_eq!(wrapper(r#"{"type":"bundle"}"#), ["ID-01 error /id"]);
    assert!(wrapper(r#"{"more":false,"next":"x"}"#).is_empty());
}

/// B-04, VER-07: the same version twice, with the same content and with another.
#[test]
fn b_04_ver_07_versions_once() {
    let tool = |modified: &str, more: &str| {
        format!(r#"{{"type":"tool","id":"tool--UUID","created":"2020-01-01T00:00:00Z","modified":"{modified}"{more}}}"#)
    };
    let marking = r#"{"type":"marking-definition","id":"marking-definition--UUID","created":"2020-01-01T00:00:00Z"}"#;
    for (first, second, found) in [
        (
            tool("2021-01-01T00:00:00Z", ""),
            tool("2021-01-01T00:00:00Z", r#","revoked":false"#),
            Some("B-04 warning /modified"),
        ),
        (tool("2021-01-01T00:00:00Z", ""), tool("2021-01-01T00:00:00.000Z", ""), Some("VER-07 error /modified")),
        (
            tool("2021-01-01T00:00:00Z", ""),
            tool("2021-01-01T00:00:00Z", r#","name":"x""#),
            Some("VER-07 error /modified"),
        ),
        (tool("2021-01-01T00:00:00Z", ""), tool("2021-01-01T00:00:00.0000000001Z", ""), None),
        (URL.to_owned(), URL.to_owned(), Some("B-04 warning /id")),
        (URL.to_owned(), URL.replace('}', r#","defanged":true}"#), Some("B-04 warning /id")),
        (marking.to_owned(), marking.replace('}', r#","name":"x"}"#), Some("VER-07 error /created")),
    ] {
        let found: Vec<_> = found.into_iter().collect();
        assert_eq!(shown(&format!("{first},{second}")), found);
        assert_eq!(shown(&format!("{second},{first}")), found);
    }
    let third = tool("2022-01-01T00:00:00Z", "");
    let versions = format!("{},{third},{}", tool("2021-01-01T00:00:00Z", ""), third.replace('}', r#","name":"x"}"#));
    assert_eq!(shown(&versions), ["VER-07 error /modified"]);
    let twice = between(&format!("{URL},{URL}"), &Options::default(), false);
    assert_eq!(twice[0].code, Some(203));
    let options = Options { disabled: ["203".to_owned()].into(), ..Options::default() };
    assert!(between(&format!("{URL},{URL}"), &options, false).is_empty());
}

/// B-05, B-07, RF-02: references may lead forward, and out of the bundle unless that is forbidden.
#[test]
fn b_05_b_07_rf_02_dangling_references() {
    let domain = r#"{"type":"domain-name","id":"domain-name--UUID","value":"example.com","resolves_to_refs":["url--UUID"],
        "x_ref":"url--UUID","object_marking_refs":["marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"]}"#;
    assert!(shown(&format!("{domain},{URL}")).is_empty());
    assert!(shown(&format!("{URL},{domain}")).is_empty());
    let alone = between(domain, &Options::default(), false);
    assert_eq!(
        alone[0].to_string(),
        format!(
            "RF-02 at /resolves_to_refs/0: url--{UUID} is not there (and another reference to it); expected a reference to an object in the bundle"
        )
    );
    assert_eq!(alone[0].object.as_deref(), Some(format!("domain-name--{UUID}").as_str()));
    assert_eq!((alone.len(), alone[0].severity), (1, Severity::Information));
    assert_eq!(between(domain, &Options::default(), true)[0].severity, Severity::Error);
}

/// RF-02, VER-14: a reference to a revoked object is worth knowing, wherever the object stands.
#[test]
fn rf_02_references_to_revoked_objects() {
    let tool = r#"{"type":"tool","id":"tool--UUID","revoked":true}"#;
    let note = r#"{"type":"note","id":"note--UUID","object_refs":["tool--UUID"]}"#;
    for objects in [format!("{tool},{note}"), format!("{note},{tool}")] {
        assert_eq!(shown(&objects), ["RF-02 info /object_refs/0"]);
    }
    assert!(shown(tool).is_empty());
}

/// RF-02: a creator is an identity, not only by its name.
#[test]
fn rf_02_creators_are_identities() {
    let tool = r#"{"type":"tool","id":"tool--UUID","created_by_ref":"identity--UUID"}"#;
    assert!(shown(&format!(r#"{tool},{{"type":"identity","id":"identity--UUID"}}"#)).is_empty());
    assert_eq!(shown(&format!(r#"{tool},{{"type":"x-a","id":"identity--UUID"}}"#)), ["RF-02 error /created_by_ref"]);
}

/// B-06: no relation between the objects of a bundle is looked for.
#[test]
fn b_06_objects_need_not_belong_together() {
    assert!(shown(&format!(r#"{URL},{{"type":"tool","id":"tool--UUID"}}"#)).is_empty());
}

/// B-08: where no table says it, too.
#[test]
fn b_08_nothing_refers_to_a_bundle() {
    assert_eq!(shown(r#"{"type":"x-a","id":"x-a--UUID","x_ref":"bundle--UUID"}"#), ["B-08 error /x_ref"]);
}

/// REL-03: a family is no variant of an instance; all else may be.
#[test]
fn rel_03_variants() {
    let second = "0e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f";
    let objects = |from: bool, to: bool| {
        format!(
            r#"{{"type":"relationship","id":"relationship--UUID","relationship_type":"variant-of","source_ref":"malware--UUID","target_ref":"malware--{second}"}},
               {{"type":"malware","id":"malware--UUID","is_family":{from}}},{{"type":"malware","id":"malware--{second}","is_family":{to}}}"#
        )
    };
    for (from, to, found) in
        [(true, true, &[][..]), (false, true, &[]), (false, false, &[]), (true, false, &["REL-03 error /target_ref"])]
    {
        assert_eq!(shown(&objects(from, to)), found);
        assert_eq!(shown(&objects(from, to).replace("variant-of", "x")), [""; 0]);
    }
}

/// LC-1: the version that a translation names is there, if the object is.
#[test]
fn lc_1_translations_of_versions() {
    let tool = |modified: &str| format!(r#"{{"type":"tool","id":"tool--UUID","modified":"{modified}"}}"#);
    let translation = |modified: &str| {
        format!(
            r#"{{"type":"language-content","id":"language-content--UUID","object_ref":"tool--UUID","object_modified":"{modified}"}}"#
        )
    };
    let tools = format!("{},{}", tool("2021-01-01T00:00:00Z"), tool("2022-01-01T00:00:00Z"));
    for (modified, found) in [
        ("2021-01-01T00:00:00.000Z", &[][..]),
        ("2022-01-01T00:00:00.0Z", &[]),
        ("2023-01-01T00:00:00Z", &["LC-1 error /object_modified"]),
    ] {
        assert_eq!(shown(&format!("{},{tools}", translation(modified))), found);
        assert_eq!(shown(&format!("{tools},{}", translation(modified))), found);
    }
    assert_eq!(shown(&translation("2023-01-01T00:00:00Z")), ["RF-02 info /object_ref"]);
}

/// IO-01, IO-02: in the interoperability profile, creators are in the bundle and have creators.
#[test]
fn io_01_io_02_creators_in_the_bundle() {
    let options = Options { profile: Profile::Interop, ..Options::default() };
    let rules = |objects: &str| {
        let findings = between(objects, &options, false);
        findings
            .into_iter()
            .filter(|f| f.rule.starts_with("IO"))
            .map(|f| (f.rule, f.object.unwrap().to_string()))
            .collect::<Vec<_>>()
    };
    let tool = r#"{"type":"tool","id":"tool--UUID","created_by_ref":"identity--UUID"}"#;
    let identity = r#"{"type":"identity","id":"identity--UUID"}"#;
    let maker = identity.replace('}', r#","created_by_ref":"identity--UUID"}"#);
    assert_eq!(rules(tool), [("IO-01", format!("tool--{UUID}"))]);
    assert_eq!(rules(&format!("{tool},{identity}")), [("IO-02", format!("identity--{UUID}"))]);
    assert!(rules(&format!("{tool},{maker}")).is_empty());
    assert!(!shown(tool).iter().any(|finding| finding.starts_with("IO")));
}

/// LIB-04, LIB-09: a report names the objects by their place.
#[test]
fn a_report_counts_objects() {
    let text = format!(
        r#"{{"objects":[{URL},{{"type":"x-a","id":"x-a--UUID","x_ref":"x-b--UUID"}},{URL}],"type":"bundle","id":"bundle--UUID","x_a":1}}"#
    );
    let report = bundle(&text.replace("UUID", UUID), &Options::default()).unwrap();
    let ours = report.findings.iter().filter(|l| BUNDLE_RULES.iter().any(|rule| rule.id == l.finding.rule));
    let places: Vec<_> = ours.map(|located| (located.index, located.finding.rule)).collect();
    assert_eq!(places, [(None, "B-03"), (Some(1), "RF-02"), (Some(2), "B-04")]);
    assert_eq!(report.objects, 3);
    assert!(!report.is_valid());
    assert!(bundle("{}", &Options::default()).is_err());
}

/// LIB-09: four times the objects and references take about four times the steps, whatever their order; what is
/// listed has a limit.
#[test]
fn lib_09_the_work_is_linear() {
    let options = Options::default();
    let steps = |n: usize| {
        let mut check = BundleCheck::new(&options, false);
        let id = |i: usize| format!("x-a--8e2e2d2b-17d4-4cbf-938f-98ee46b{i:05x}");
        for i in 0..n {
            let refs = [i + 1, n - i, i / 2, i + n].map(|to| Json::from(id(to))).to_vec();
            let members =
                Members::from_iter([("type", Json::from("x-a")), ("id", id(i).into()), ("x_refs", refs.into())]);
            let _ = check.add(&members);
        }
        let steps = check.index.steps;
        let findings = check.finish();
        assert_eq!(findings.len(), n.min(LISTED) + usize::from(n > LISTED));
        steps
    };
    let (few, many) = (steps(500), steps(2000));
    assert!(many < few * 6, "{few} {many}");
}

/// RF-02: the 1,001st dangling reference is counted, not listed.
#[test]
fn lists_have_an_end() {
    let refs: Vec<_> = (0..LISTED + 5).map(|i| format!("\"x-b--8e2e2d2b-17d4-4cbf-938f-98ee46b{i:05x}\"")).collect();
    let findings = between(
        &format!(r#"{{"type":"x-a","id":"x-a--UUID","x_refs":[{}]}}"#, refs.join(",")),
        &Options::default(),
        false,
    );
    assert_eq!(findings.len(), LISTED + 1);
    assert_eq!(findings[0].pointer, "/x_refs/0");
    assert!(findings[LISTED].found.starts_with("5 more"));
}
