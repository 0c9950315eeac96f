//! Many write while many poll: nobody misses anything, gets anything twice, or goes round in circles.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::ScopedJoinHandle;
use std::time::Duration;

use taxii_tests::collection::{By, Collection, Page, encoded, following};
use taxii_tests::http::{Request, TAXII};
use taxii_tests::objects::{envelope, id_of, indicators};
use taxii_tests::programs::Folder;
use taxii_tests::site::{Kind, Site, TEST};

const WRITERS: usize = 8;
const POSTS: usize = 25;
/// A writer's posts have one to so many objects.
const MOST: usize = 5;

/// How a product polls.
#[derive(Clone, Copy, Debug)]
struct Poller {
    endpoint: &'static str,
    limit: usize,
    /// How it finds the next page of a walk.
    by: By,
    /// How many characters of the last date it keeps from one walk to the next: 23 end with the milliseconds.
    kept: usize,
}

const WHOLE: usize = "2026-01-02T03:04:05.678901".len();
const MILLISECONDS: usize = "2026-01-02T03:04:05.678".len();

const POLLERS: [Poller; 4] = [
    Poller { endpoint: "objects/", limit: 3, by: By::Next, kept: WHOLE },
    Poller { endpoint: "objects/", limit: 4, by: By::Date, kept: WHOLE },
    // OpenCTI: `next` with the old date beside it, and at the end of the walk the date cut to milliseconds.
    Poller { endpoint: "objects/", limit: 5, by: By::Next, kept: MILLISECONDS },
    Poller { endpoint: "manifest/", limit: 7, by: By::Date, kept: WHOLE },
];

/// The servers that one collection is reached through, and where.
struct Ground<'a> {
    origins: &'a [SocketAddr],
    path: String,
    turn: AtomicUsize,
}

impl Ground<'_> {
    /// A request to the next server in turn, as a balancer would send it.
    fn request(&self, method: &str, below: &str) -> Request {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let origin = self.origins[turn % self.origins.len()];
        Request::new(origin, method, &format!("{}{below}", self.path)).accept(TAXII).account(TEST)
    }

    fn write(&self, writer: usize) {
        for post in 0..POSTS {
            let objects = indicators(1 + (writer + post) % MOST);
            let status = self.request("POST", "objects/").json(&envelope(&objects)).send().expect(202).json();
            assert_eq!(status["success_count"], objects.len(), "{status}");
        }
    }

    /// Polls until there is nothing more after the last write; the ids in the order in which they came.
    fn poll(&self, poller: Poller, written: &AtomicBool) -> Vec<String> {
        let (mut position, mut ids) = (None, Vec::new());
        loop {
            let last = written.load(Ordering::SeqCst);
            let pages = self.walk(poller, position.as_deref());
            ids.extend(pages.iter().flat_map(Page::keys).map(|(id, _)| id));
            assert!(ids.len() <= 2 * WRITERS * POSTS * MOST, "{poller:?}: goes round in circles");
            match pages.iter().filter_map(|page| page.last.as_ref()).next_back() {
                Some(date) => position = Some(format!("{}Z", &date[..poller.kept])),
                None if last => return ids,
                // A product waits for minutes.
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    fn walk(&self, poller: Poller, position: Option<&str>) -> Vec<Page> {
        let mut below = format!("{}?limit={}", poller.endpoint, poller.limit);
        if let Some(position) = position {
            below.push_str(&format!("&added_after={}", encoded(position)));
        }
        let mut pages: Vec<Page> = Vec::new();
        loop {
            assert!(pages.len() <= WRITERS * POSTS * MOST, "{poller:?}: a walk without end");
            let page = Page::of(&self.request("GET", &below).send().expect(200));
            if page.more {
                below = following(&below, &page, poller.by);
            }
            pages.push(page);
            if pages.last().is_some_and(|page| !page.more) {
                return pages;
            }
        }
    }
}

fn everybody_sees_everything_once(collection: &Collection<'_>, origins: &[SocketAddr]) {
    let ground = Ground { origins, path: collection.path(), turn: AtomicUsize::new(0) };
    let written = AtomicBool::new(false);
    let seen: Vec<_> = std::thread::scope(|scope| {
        let (ground, written) = (&ground, &written);
        let pollers = POLLERS.map(|poller| (poller, scope.spawn(move || ground.poll(poller, written))));
        let writers: Vec<_> = (0..WRITERS).map(|writer| scope.spawn(move || ground.write(writer))).collect();
        let outcomes: Vec<_> = writers.into_iter().map(ScopedJoinHandle::join).collect();
        // Whatever became of the writers, the pollers have to end.
        written.store(true, Ordering::SeqCst);
        outcomes.into_iter().for_each(|outcome| outcome.expect("a writer"));
        pollers.into_iter().map(|(poller, ids)| (poller, ids.join().expect("a poller"))).collect()
    });
    let records = collection.records();
    let expected: Vec<&str> = records.iter().map(id_of).collect();
    let count: usize = (0..WRITERS).flat_map(|w| (0..POSTS).map(move |post| 1 + (w + post) % MOST)).sum();
    assert_eq!(expected.len(), count);
    for (poller, ids) in seen {
        assert!(ids == expected, "{poller:?}: {} of {count}, in another order or not once each", ids.len());
    }
}

/// TX-PAG-05, TX-SRT-01, AMB-09, promise 1: eight writers and four kinds of pollers.
fn pollers_see_everything_once(site: &Site) {
    everybody_sees_everything_once(&site.collection(), &[site.origin()]);
}

/// Promise 1: the same with two servers over one database, and with every request going to the other one in turn.
#[test]
fn two_servers_share_a_database() {
    let site = Site::shared(Kind::Binary);
    let database = site.host().database().expect("a database");
    let other = Folder::new().serve(&["--database", &database]);
    everybody_sees_everything_once(&site.collection(), &[site.origin(), other.origin]);
}

taxii_tests::on_every_site!(pollers_see_everything_once);
