//! Where paths lead (PP-01 to PP-10, OC-5).

use super::*;

fn yes(pattern: &str, objects: &[&str]) {
    assert!(is_true(pattern, objects, &MatchOptions::default()), "{pattern}");
}

fn no(pattern: &str, objects: &[&str]) {
    assert!(!is_true(pattern, objects, &MatchOptions::default()), "{pattern}");
}

const FILE: &str = r#"{"type":"file","id":"file--1","name":"a.exe","hashes":{"MD5":"m","SHA-256":"s"},"parent_directory_ref":"directory--1",
    "contains_refs":["file--2","url--1"],"extensions":{"windows-pebinary-ext":{"sections":[{"name":".text","entropy":6.5},{"name":".data","entropy":7.5}]}}}"#;
const INNER: &str = r#"{"type":"file","id":"file--2","name":"b.txt","content_ref":"artifact--1"}"#;
const DIRECTORY: &str = r#"{"type":"directory","id":"directory--1","path":"C:\\temp","contains_refs":["file--1"]}"#;
const URL: &str = r#"{"type":"url","id":"url--1","value":"https://example.com"}"#;
const SIGHTING: &str = r#"{"type":"relationship","id":"relationship--1","source_ref":"file--1","target_ref":"url--1"}"#;

/// PP-01, PP-02, PP-07, PP-08, PP-10: properties, dictionaries, lists, extensions, hashes.
#[test]
fn paths_go_into_objects_and_lists() {
    let process = r#"{"type":"process","environment_variables":{"PATH":"/bin:/x:/y"},"arguments":["-a","-b"]}"#;
    yes("[process:environment_variables.PATH LIKE '%x%']", &[process]);
    yes("[process:environment_variables[*] LIKE '%x%']", &[process]);
    no("[process:environment_variables[0] LIKE '%x%']", &[process]);
    yes("[process:arguments[1] = '-b']", &[process]);
    yes("[process:arguments[*] = '-b']", &[process]);
    no("[process:arguments[2] != '-b']", &[process]);
    no("[process:arguments = '-b']", &[process]);
    yes("[file:hashes.MD5 = 'm' AND file:hashes.'SHA-256' = 's' AND file:'name' = 'a.exe']", &[FILE]);
    yes("[file:extensions.'windows-pebinary-ext'.sections[*].entropy > 7]", &[FILE]);
    no("[file:extensions.'windows-pebinary-ext'.sections[0].entropy > 7]", &[FILE]);
    yes("[file:id = 'file--1' AND file:type = 'file']", &[FILE]);
    no("[files:name = 'a.exe']", &[FILE]);
}

/// PP-03, PP-09: references lead to other observables of the observation; the reference itself is its text.
#[test]
fn references_lead_on() {
    let all = [FILE, INNER, DIRECTORY, URL];
    yes("[file:parent_directory_ref.path = 'C:\\\\temp']", &all);
    yes("[file:parent_directory_ref = 'directory--1']", &all);
    yes("[file:contains_refs[0].name = 'b.txt']", &all);
    yes("[file:contains_refs[*].value = 'https://example.com']", &all);
    yes("[file:contains_refs[*] = 'url--1']", &all);
    no("[file:contains_refs.value = 'https://example.com']", &all);
    no("[NOT EXISTS file:contains_refs.value AND file:name = 'x']", &all);
    yes("[directory:contains_refs[*].parent_directory_ref.contains_refs[*].name = 'a.exe']", &all);
    no("[file:name.value = 'x']", &all);
    // A name that only looks like one of an object does not lead on.
    no("[a:x.value = 'https://example.com']", &[r#"{"type":"a","x":"url--1"}"#, URL]);
    yes("[a:x_ref.value = 'https://example.com']", &[r#"{"type":"a","x_ref":"url--1"}"#, URL]);
    yes("[a:x_ref.y = 1]", &[r#"{"type":"a","x_ref":{"y":1}}"#]);
    let many: Vec<String> = (0..100).map(|i| format!(r#"{{"type":"url","id":"url--{i}","value":"{i}"}}"#)).collect();
    let mut many: Vec<&str> = many.iter().map(String::as_str).collect();
    many.push(r#"{"type":"a","x_refs":["url--99","url--100","url--7"]}"#);
    yes("[a:x_refs[*].value = '7']", &many);
    no("[a:x_refs[*].value = '8']", &many);
}

/// PP-04, PP-05, OC-5: only what the observed-data lists is to be seen, and no relationships; a container is its own world.
#[test]
fn only_what_was_observed_is_visible() {
    let observed = |more: &str| {
        format!(
            r#"{{"type":"observed-data","id":"observed-data--1","first_observed":"2026-01-01T00:00:00Z","last_observed":"2026-01-01T00:00:00Z","number_observed":1,{more}}}"#
        )
    };
    let is_seen = |observed: &str, pattern: &str| {
        let objects: Vec<_> = [FILE, DIRECTORY, URL, SIGHTING, observed].iter().map(|text| members(text)).collect();
        matcher(pattern).matches(&Observation::in_bundle(&objects)).unwrap()
    };
    let path = "[file:parent_directory_ref.path = 'C:\\\\temp']";
    assert!(is_seen(&observed(r#""object_refs":["file--1","directory--1"]"#), path));
    assert!(!is_seen(&observed(r#""object_refs":["file--1"]"#), path));
    assert!(!is_seen(&observed(r#""object_refs":["file--1"]"#), &path.replace('=', "!=")));
    assert!(!is_seen(&observed(r#""object_refs":["file--1","missing--1"]"#), "[url:value LIKE '%']"));
    assert!(!is_seen(&observed(r#""object_refs":["relationship--1","file--1"]"#), "[EXISTS relationship:source_ref]"));
    let container = observed(
        r#""objects":{"0":{"type":"file","name":"c","parent_directory_ref":"1"},"1":{"type":"directory","path":"/c"}}"#,
    );
    assert!(is_seen(&container, "[file:parent_directory_ref.path = '/c' AND file:name = 'c']"));
    assert!(is_seen(&container, "[file:parent_directory_ref = '1']"));
    assert!(!is_seen(&container, "[file:name = 'a.exe']"));
    let alone = members(r#"{"0":{"type":"file","content_ref":"1"},"1":{"type":"artifact","payload_bin":"YQ=="}}"#);
    assert!(matcher("[file:content_ref.payload_bin = 'a']").matches(&[Observation::of_container(&alone)]).unwrap());
}

/// PP-06: a path is as long as it is written, whatever leads in circles, and takes as long as it is.
#[test]
fn circles_are_walked_as_often_as_written() {
    let process = r#"{"type":"process","id":"process--1","pid":1,"parent_ref":"process--1","child_refs":["process--1","process--1","process--2"]}"#;
    let other = r#"{"type":"process","id":"process--2","pid":2,"child_refs":["process--1","process--2"]}"#;
    yes(&format!("[process:{}pid = 1]", "parent_ref.".repeat(1000)), &[process, other]);
    yes(&format!("[process:{}pid = 2]", "child_refs[*].".repeat(1000)), &[process, other]);
    no(&format!("[process:{}pid = 3]", "child_refs[*].".repeat(1000)), &[process, other]);
}
