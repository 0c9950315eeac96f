//! `kill -9` in the middle of the work: what was acknowledged is there, and its status says the same.

use std::collections::BTreeSet;
use std::sync::mpsc;

use serde_json::Value;
use taxii_tests::http::Request;
use taxii_tests::objects::{envelope, id_of, indicators};
use taxii_tests::site::{Kind, Serving, Site, Stop};

const ROUNDS: usize = 10;
const WRITERS: usize = 4;

/// What a writer sent, with the status if there was an answer.
struct Sent {
    ids: Vec<String>,
    status: Option<Value>,
}

/// TX-ADD-09, TX-STS-02, promise 2: killed while many write, again and again, the server forgets nothing that it
/// has acknowledged, answers for every status as before, and never keeps half a request.
#[test]
fn nothing_acknowledged_is_lost() {
    let mut site = Site::start(Kind::Binary, Serving::default());
    let made = site.collection();
    let (root, id, alias) = (made.root.clone(), made.id.clone(), made.alias.clone());
    let mut sent = Vec::new();
    for round in 0..ROUNDS {
        let post = site.known_collection(&root, &id, &alias).post(&[]);
        // Not a time but a number of answers, another one each round.
        let until = 3 + round * 7 % 23;
        let these = write_until(&post, until, || site.restart(Stop::Killed));
        let acknowledged = these.iter().filter(|sent| sent.status.is_some()).count();
        assert!(acknowledged >= until && these.len() > acknowledged, "round {round}: killed too late");
        for status in these.iter().filter_map(|sent| sent.status.as_ref()) {
            assert_is_known(&site, &root, status);
        }
        sent.extend(these);
        let records = site.known_collection(&root, &id, &alias).records();
        let there: BTreeSet<&str> = records.iter().map(id_of).collect();
        assert_eq!(there.len(), records.len(), "promise 1: nothing is there twice");
        for Sent { ids, status } in &sent {
            let kept = ids.iter().filter(|id| there.contains(id.as_str())).count();
            assert!(
                kept == ids.len() || (kept == 0 && status.is_none()),
                "round {round}: {kept} of {ids:?}: {status:?}"
            );
        }
    }
    for status in sent.iter().filter_map(|sent| sent.status.as_ref()) {
        assert_is_known(&site, &root, status);
    }
}

/// Has writers post until so many answers came; then kills, and waits until each has noticed.
fn write_until(post: &Request, answers: usize, kill: impl FnOnce()) -> Vec<Sent> {
    let (say, heard) = mpsc::channel();
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let say = say.clone();
                scope.spawn(move || write(post, 1 + writer * 9, &say))
            })
            .collect();
        drop(say);
        assert_eq!(heard.iter().take(answers).count(), answers, "the writers go on until the server is killed");
        kill();
        writers.into_iter().flat_map(|writer| writer.join().expect("a writer")).collect()
    })
}

/// Posts until the server is gone.
fn write(post: &Request, objects: usize, say: &mpsc::Sender<()>) -> Vec<Sent> {
    let mut sent = Vec::new();
    loop {
        let objects = indicators(objects);
        let ids: Vec<String> = objects.iter().map(|object| id_of(object).to_owned()).collect();
        let answer = post.clone().json(&envelope(&objects)).try_send();
        let Ok(answer) = answer else {
            sent.push(Sent { ids, status: None });
            return sent;
        };
        let status = answer.expect(202).json();
        assert_eq!(status["success_count"], ids.len(), "{status}");
        sent.push(Sent { ids, status: Some(status) });
        // Nobody counts any more once enough have come.
        _ = say.send(());
    }
}

fn assert_is_known(site: &Site, root: &str, status: &Value) {
    let id = status["id"].as_str().expect("an id");
    let found = site.get(&format!("/{root}/status/{id}/")).send().expect(200).json();
    assert_eq!(&found, status);
}
