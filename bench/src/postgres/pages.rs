//! A page of 100 objects against the plain query for its rows, each with one request under way, in turn.

use std::sync::Arc;
use std::time::Instant;

use taxii_model::{Filter, Timestamp};
use taxii_server::store::{Store, Window};

use crate::PAGE;
use crate::postgres::database::Database;
use crate::postgres::{curve, plain};
use crate::row;
use crate::server::Site;

const OBJECTS: usize = 1_000_000;
const TIMES: usize = 1500;

pub(crate) fn measure(server: &str) {
    let database = Database::new(server);
    curve::fill(&database, OBJECTS);
    let site = Site::over(Arc::clone(&database.store), database.key, database.id);
    let Medians { store, plain } = medians(&database, OBJECTS, TIMES);
    tell("a page of 100 from 1,000,000, from the store", store, plain, "<= 1.30");

    let objects = format!("{}objects/", site.collection);
    let (mut whole, mut query) = (Vec::new(), Vec::new());
    let statement = database.runtime.block_on(plain::page(&database.plain));
    for at in positions(OBJECTS, TIMES) {
        let path = format!("{objects}?limit={PAGE}&added_after={}", Timestamp::from_micros(at));
        let begin = Instant::now();
        site.fresh_page(&path);
        whole.push(begin.elapsed().as_secs_f64());
        query.push(plain_page(&database, &statement, at));
    }
    tell("  the whole answer: who asks, what is new, the page", median(&mut whole), median(&mut query), "");
}

/// Seconds.
pub(crate) struct Medians {
    pub(crate) store: f64,
    pub(crate) plain: f64,
}

/// The time of a page from the store and of the plain query, in turn, at positions all over the collection.
pub(crate) fn medians(database: &Database, objects: usize, times: usize) -> Medians {
    let statement = database.runtime.block_on(plain::page(&database.plain));
    let (mut store, mut plain) = (Vec::new(), Vec::new());
    for at in positions(objects, times) {
        let window =
            Window { after: Timestamp::from_micros(at), limit: PAGE, ..Window::of(database.key, &Filter::default()) };
        let begin = Instant::now();
        let page = database.runtime.block_on(database.store.objects(&window)).expect("a page");
        store.push(begin.elapsed().as_secs_f64());
        assert_eq!(page.len(), PAGE, "objects at {at}");
        plain.push(plain_page(database, &statement, at));
    }
    Medians { store: median(&mut store), plain: median(&mut plain) }
}

fn plain_page(database: &Database, statement: &tokio_postgres::Statement, at: i64) -> f64 {
    let begin = Instant::now();
    let limit = PAGE as i64;
    let rows = database.runtime.block_on(plain::ask(&database.plain, statement, database.key.0, at, limit));
    assert_eq!(rows, PAGE, "objects at {at}");
    begin.elapsed().as_secs_f64()
}

/// Stamps all over the collection, none twice.
fn positions(objects: usize, times: usize) -> impl Iterator<Item = i64> {
    let last = objects - 2 * PAGE;
    (0..times).map(move |i| curve::FIRST + ((i * 7_919_317) % last) as i64)
}

pub(crate) fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn tell(what: &str, measured: f64, limit: f64, to_reach: &str) {
    let micros = |seconds: f64| format!("{:.0} us", seconds * 1e6);
    row(what, &micros(measured), &micros(limit), measured / limit, to_reach);
}
