//! Reading feeds and instances.

use misp::client::{Fault, Limits, Pass, Read, Reader};

use crate::corpus::uuid;
use crate::partner::{MANIFEST, Partner, at, http};

/// Titles of events, and why others could not be used.
#[derive(Debug, Default, PartialEq)]
struct Taken {
    infos: Vec<String>,
    refused: Vec<String>,
}

/// The next events, so many at most.
async fn take(pass: &mut Pass, most: usize) -> Result<Taken, Fault> {
    let mut taken = Taken::default();
    for _ in 0..most {
        match pass.read().await? {
            Some(Read::Event(event)) => taken.infos.push(event.event().info().unwrap().to_owned()),
            Some(Read::Refused { reason, .. } | Read::Late { reason, .. }) => taken.refused.push(reason),
            None => break,
        }
        pass.passed();
    }
    Ok(taken)
}

/// The titles of all that is new.
async fn rest(reader: &Reader, after: &str) -> (Vec<String>, String) {
    let mut pass = reader.pass(Some(after)).await.unwrap();
    (take(&mut pass, usize::MAX).await.unwrap().infos, pass.cursor())
}

/// Each version of each event comes once, whatever its date, also to who goes on later from where it was; the list is asked for once in a
/// pass, and is not sent again while it is as it was; what is gone is nothing new, and neither is what comes back.
#[tokio::test]
async fn a_feed_is_followed() {
    let partner = Partner::start().await;
    let feed = Reader::feed(http(), &partner.base).unwrap();
    (1..=5).for_each(|n| partner.event(n, &n.to_string()));
    partner.manifest(&[(1, 30), (2, 10), (3, 20)]);
    let mut pass = feed.pass(None).await.unwrap();
    assert_eq!((take(&mut pass, 2).await.unwrap().infos, pass.left()), (vec!["2".to_owned(), "3".to_owned()], 1));
    let (third, done) = rest(&feed, &pass.cursor()).await;
    assert_eq!(third, ["1"]);
    assert_eq!((take(&mut pass, 2).await.unwrap().infos, pass.cursor()), (third, done.clone()));
    assert_eq!(partner.requests(), (2, 4));
    assert_eq!(rest(&feed, &done).await, (vec![], done.clone()));
    pass.again().await.unwrap();
    assert_eq!((pass.left(), pass.cursor()), (0, done.clone()));
    let log = partner.asked.lock().unwrap().join("\n").to_ascii_lowercase();
    assert_eq!((log.matches("if-none-match").count(), partner.requests()), (2, (2, 0)));

    // An old event is published late, one changes, one goes.
    partner.manifest(&[(1, 30), (3, 21), (4, 5)]);
    let (new, fourth) = rest(&feed, &done).await;
    assert_eq!(new, ["4", "3"]);
    assert_eq!(rest(&feed, &fourth).await, (vec![], fourth.clone()));
    partner.manifest(&[(1, 30), (4, 5)]);
    assert_eq!(rest(&feed, &fourth).await, (vec![], fourth.clone()));
    partner.manifest(&[(1, 30), (3, 21), (4, 5)]);
    assert_eq!(rest(&feed, &fourth).await, (vec![], fourth));
    assert_eq!(rest(&feed, "no cursor").await.0.len(), 3);
}

/// An instance is asked as MISP is, with the key, which is never shown.
#[tokio::test]
async fn an_instance_is_followed() {
    let partner = Partner::start().await;
    partner.event(1, "1");
    let list = format!(
        r#"[{{"uuid":"{}","timestamp":"7","published":"1"}},{{"uuid":"{}","timestamp":"8","published":false}},{{"uuid":"../users"}},7]"#,
        uuid(1),
        uuid(2)
    );
    partner.set("POST /misp/events/index", 200, "", &list);
    let instance = Reader::instance(http(), &partner.base, "SECRET-KEY").unwrap();
    let mut pass = instance.pass(None).await.unwrap();
    assert_eq!(take(&mut pass, 9).await.unwrap(), Taken { infos: vec!["1".to_owned()], refused: vec![] });
    assert!(partner.asked.lock().unwrap().iter().all(|head| head.contains("SECRET-KEY")));
    assert_eq!(partner.lines(), ["POST /misp/events/index", &format!("GET /misp/events/view/{}", uuid(1))]);
    partner.set("POST /misp/events/index", 403, "", "");
    let fault = instance.pass(None).await.unwrap_err();
    assert!(matches!(fault, Fault::Refused { status: 403, .. }) && !fault.is_temporary());
    assert!(!format!("{fault} {instance:?} {fault:?} {pass:?}").contains("SECRET-KEY"));
}

/// A malicious or broken partner gets a word and no more: what is too large, no event, another event or not there is refused once and does
/// not stop the others; what may pass is tried again.
#[tokio::test]
async fn partners_may_be_broken() {
    let partner = Partner::start().await;
    let feed = Reader::feed(http(), &partner.base).unwrap().limits(Limits { list: 2000, event: 500 });
    partner.manifest(&[(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6)]);
    partner.event(1, &"x".repeat(1000));
    partner.event(2, "2");
    partner.text(3, r#"{"Event":{"info":[7]}}"#);
    partner.text(4, &format!(r#"{{"Event":{{"info":"x","uuid":"{}"}}}}"#, uuid(9)));
    partner.set(&at(6), 403, "", "");
    let mut pass = feed.pass(None).await.unwrap();
    let taken = take(&mut pass, 9).await.unwrap();
    assert_eq!(taken.infos, ["2"]);
    let says = ["larger than 500 bytes", "expected text in quotes", "the event is", "HTTP 404", "HTTP 403"];
    for (reason, says) in taken.refused.iter().zip(says) {
        assert!(reason.contains(says) && !reason.contains("http://"), "{says}: {reason}");
    }
    assert_eq!(taken.refused.len(), 5);
    pass.again().await.unwrap();
    assert_eq!(take(&mut pass, 9).await.unwrap(), Taken::default());

    // As long as it lasts, a fault stands where it is.
    partner.manifest(&[(2, 3), (5, 6)]);
    partner.busy(5);
    pass.again().await.unwrap();
    assert_eq!(take(&mut pass, 1).await.unwrap().infos, ["2"]);
    for _ in 0..2 {
        let fault = take(&mut pass, 9).await.unwrap_err();
        assert!(matches!(fault, Fault::Busy { status: 503, retry_after: Some(after), .. } if after.as_secs() == 7));
    }
    partner.event(5, "5");
    assert_eq!(take(&mut pass, 9).await.unwrap().infos, ["5"]);

    partner.set(MANIFEST, 200, "", &" ".repeat(3000));
    assert!(matches!(feed.pass(None).await.unwrap_err(), Fault::TooLarge { limit: 2000, .. }));
    for text in ["<html>", "[1]", "7", "{\"a\":"] {
        partner.set(MANIFEST, 200, "", text);
        assert!(matches!(feed.pass(None).await.unwrap_err(), Fault::Malformed { .. }), "{text}");
    }
    for text in ["[]", "{}", r#"{"../x":{},"y":7}"#] {
        partner.set(MANIFEST, 200, "", text);
        assert_eq!(feed.pass(None).await.unwrap().left(), 0, "{text}");
    }
    let nobody = Reader::feed(http(), "http://alice:secret@127.0.0.1:1/").unwrap();
    let fault = nobody.pass(None).await.unwrap_err();
    assert!(fault.is_temporary() && !fault.to_string().contains("secret"), "{fault}");
    assert!(matches!(Reader::feed(http(), "file:///etc").unwrap_err(), Fault::Address { .. }));
}

/// Nothing is lost when the key is withdrawn, or everything moves, in the middle of a pass: whatever cannot be had for such a reason is
/// waited for, and is not counted as events that cannot be used.
#[tokio::test]
async fn without_a_key_nothing_is_passed() {
    let partner = Partner::start().await;
    (1..=2).for_each(|n| partner.event(n, &n.to_string()));
    partner.manifest(&[(1, 1), (2, 2)]);
    let list = [1, 2].map(|n| format!(r#"{{"uuid":"{}","timestamp":"{n}"}}"#, uuid(n)));
    partner.set("POST /misp/events/index", 200, "", &format!("[{}]", list.join(",")));
    let (feed, instance) =
        (Reader::feed(http(), &partner.base).unwrap(), Reader::instance(http(), &partner.base, "key").unwrap());
    let (file, view) = (at(2), format!("GET /misp/events/view/{}", uuid(2)));
    for (reader, line, statuses) in [(feed, file, &[302, 401][..]), (instance, view, &[302, 401, 403][..])] {
        let mut pass = reader.pass(None).await.unwrap();
        assert_eq!(take(&mut pass, 1).await.unwrap().infos, ["1"]);
        for status in statuses {
            partner.set(&line, *status, "Location: /login\r\n", "");
            let fault = take(&mut pass, 9).await.unwrap_err();
            assert!(matches!(&fault, Fault::Refused { status: found, .. } if found == status), "{fault}");
            assert_eq!(fault.to_string().matches("http://").count(), 1, "{fault}");
        }
        partner.event(2, "2");
        assert_eq!(take(&mut pass, 9).await.unwrap().infos, ["2"]);
    }
}
