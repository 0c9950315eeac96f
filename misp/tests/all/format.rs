//! The core format.

use misp::Document;

use crate::corpus;

/// What is read is written again, member by member, for every event of the corpus.
#[test]
fn documents_are_written_as_they_were_read() {
    for (name, text) in corpus::all() {
        assert_eq!(Document::parse(&text).unwrap().to_string(), text, "{name}");
    }
}

/// Numbers and truths are read in every form in which MISP writes them.
#[test]
fn numbers_and_truths_are_read_in_every_form() {
    for (written, number, flag) in [
        ("1", Some(1), Some(true)),
        ("\"1\"", Some(1), Some(true)),
        ("true", None, Some(true)),
        ("\"true\"", None, Some(true)),
        ("0", Some(0), Some(false)),
        ("\"0\"", Some(0), Some(false)),
        ("false", None, Some(false)),
        ("null", None, None),
    ] {
        let event = |name: &str| format!(r#"{{"Event":{{"info":"x","{name}":{written}}}}}"#);
        if let Ok(document) = Document::parse(&event("attribute_count")) {
            assert_eq!(document.event().attribute_count(), number, "{written}");
        } else {
            assert_eq!(number, None, "{written}");
        }
        let document = Document::parse(&event("published")).unwrap();
        assert_eq!(document.event().published(), flag, "{written}");
    }
}

/// What programs write as a number or a truth where MISP has text is no reason to refuse the event: it is that text.
#[test]
fn numbers_are_text_where_text_should_be() {
    let text = r#"{"Event":{"info":7,"timestamp":1,"x":2.50,"Tag":[{"name":true}],"Attribute":[{"type":"AS","value":64496,"comment":null}],"Object":[{"name":"file","Attribute":[{"type":"float","value":2.845},{"type":"boolean","value":false},{"type":"counter","value":18446744073709551615}]}]}}"#;
    let document = Document::parse(text).unwrap();
    let expected = r#"{"Event":{"info":"7","timestamp":1,"x":2.5,"Tag":[{"name":"true"}],"Attribute":[{"type":"AS","value":"64496","comment":null}],"Object":[{"name":"file","Attribute":[{"type":"float","value":"2.845"},{"type":"boolean","value":"false"},{"type":"counter","value":"18446744073709551615"}]}]}}"#;
    assert_eq!(document.to_string(), expected);
    let back = misp::stix::events(&misp::stix::bundle(&document));
    assert_eq!(back[0].event().attributes().next().unwrap().value(), Some("64496"));
    assert!(Document::parse(r#"{"Event":{"info":"x","Attribute":[{"type":"AS","value":[1]}]}}"#).is_err());
}

/// What is wrong is told with its place and with what to do, all of it at once.
#[test]
fn wrong_events_are_told_what_is_wrong() {
    for (text, path, found, expected) in [
        ("[", "", "EOF", "JSON"),
        ("7", "", "7", "an object with an Event"),
        ("{}", "", "no Event", "an object with an Event"),
        (r#"{"Event":[]}"#, "/Event", "a list of 0", "an object"),
        (r#"{"Event":{}}"#, "/Event", "info is missing", "a member \"info\""),
        (r#"{"Event":{"info":"x","date":"01.11.2026"}}"#, "/Event/date", "01.11.2026", "2026-11-01"),
        (r#"{"Event":{"info":"x","uuid":"x"}}"#, "/Event/uuid", "\"x\"", "a UUID"),
        (r#"{"Event":{"info":"x","threat_level_id":"9"}}"#, "/Event/threat_level_id", "\"9\"", "from 1 to 4"),
        (r#"{"Event":{"info":"x","distribution":"everybody"}}"#, "/Event/distribution", "everybody", "from 0 to 5"),
        (r#"{"Event":{"info":"x","timestamp":"now"}}"#, "/Event/timestamp", "now", "seconds since 1970"),
        (r#"{"Event":{"info":"x","published":"maybe"}}"#, "/Event/published", "maybe", "true or false"),
        (r#"{"Event":{"info":"x","Attribute":{}}}"#, "/Event/Attribute", "an object", "a list of Attribute"),
        (r#"{"Event":{"info":"x","Attribute":[7]}}"#, "/Event/Attribute/0", "7", "an object"),
        (
            r#"{"Event":{"info":"x","Object":[{"name":"f","Attribute":[{"type":"md5","value":"x","Tag":[{}]}]}]}}"#,
            "/Event/Object/0/Attribute/0/Tag/0",
            "name is missing",
            "a member \"name\"",
        ),
        (
            r#"{"response":[{"Event":{"info":"x"}},{"Event":{"info":[7]}}]}"#,
            "/response/1/Event/info",
            "a list of 1",
            "text in quotes",
        ),
    ] {
        let invalid = Document::parse(text).unwrap_err();
        let problem = &invalid.problems[0];
        assert_eq!(problem.path, path, "{text}");
        assert!(problem.found.contains(found) && problem.expected.contains(expected), "{text}: {problem}");
    }
    let several = Document::parse(r#"{"Event":{"uuid":7,"date":7,"Attribute":[{}]}}"#).unwrap_err();
    assert_eq!(several.problems.len(), 5, "{several}");
}

/// Events are found in all the forms in which MISP gives them.
#[test]
fn every_form_is_read() {
    let event = r#"{"Event":{"info":"x"}}"#;
    for (text, count) in [
        (event.to_owned(), 1),
        (r#"{"info":"x"}"#.to_owned(), 1),
        (format!("[{event},{event}]"), 2),
        (format!(r#"{{"response":[{event},{event}]}}"#), 2),
        (format!(r#"{{"response":{event}}}"#), 1),
        ("[]".to_owned(), 0),
    ] {
        let documents = Document::parse_all(&text).unwrap();
        assert_eq!(documents.len(), count, "{text}");
        assert!(documents.iter().all(|document| document.to_string() == event));
    }
}
