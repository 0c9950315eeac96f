//! The server against what the machine can do at most, measured in the same run.
//!
//! `cargo run --release -p taxii-bench [OBJECTS [MANY [PART]]]`: a collection of OBJECTS (100,000) for the rates, one of
//! MANY (1,000,000; 0 leaves it out) for memory and start-up, which run the program `taxii-server`
//! from the same target folder. PART is `writes`, `hot`, `cold`, `empty`, `gzip` or `depth`, to profile one alone.
//!
//! `cargo run --release -p taxii-bench audit [RATES [RECORDS]]`: a server that records who receives what against one that does not, over a
//! collection of RATES (100,000; 0 leaves it out) objects; then, how long it takes to find who received an object in a log of RECORDS
//! (1,000,000).
//!
//! `cargo run --release -p taxii-bench postgres URL [PART [MOST]]`: the same questions of a PostgreSQL server, on databases of
//! their own. PART is `writes`, `pages`, `nodes` or `curve`, which goes up to MOST (10,000,000) objects and draws
//! `page-cost.svg`.
//!
//! `cargo run --release -p taxii-bench trust [OBJECTS]`: knowing who is calling, showing each only what it may see and recording it
//! against neither, and 1,000 accounts that poll every second.
//!
//! Absolute figures swing with the machine; the ratios are what counts.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a benchmark that cannot go on stops")]

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod audited;
mod content;
mod load;
mod plain;
mod postgres;
mod program;
mod server;
mod trust;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use load::{Rate, run};
use server::{Site, request};

const TIME: Duration = Duration::from_secs(4);
const ROUND: Duration = Duration::from_secs(1);
const ROUNDS: usize = 8;
const PAGE: usize = 100;

fn main() {
    let mut arguments = std::env::args().skip(1).peekable();
    if arguments.next_if(|first| first == "postgres").is_some() {
        let server = arguments.next().expect("the URL of a PostgreSQL server, as a user who may create databases");
        let part = arguments.next();
        heading();
        return postgres::measure(&server, part.as_deref(), arguments.next().and_then(|most| most.parse().ok()));
    }
    if arguments.next_if(|first| first == "trust").is_some() {
        heading();
        trust::callers();
        trust::enforcing(arguments.next().and_then(|a| a.parse().ok()).unwrap_or(100_000));
        return trust::polling(1000);
    }
    let is_audit = arguments.next_if(|first| first == "audit").is_some();
    let mut number = |default| arguments.next().and_then(|a| a.parse::<usize>().ok()).unwrap_or(default);
    let (objects, many) = (number(100_000), number(1_000_000));
    if is_audit {
        heading();
        if objects > 0 {
            audited::rates(objects);
        }
        return audited::year(many);
    }
    let part = arguments.next();
    let wanted = |name: &str| part.as_deref().is_none_or(|part| part == name);
    println!(
        "{objects} objects in the collection, {} cores\n",
        std::thread::available_parallelism().map_or(0, usize::from)
    );
    heading();
    if wanted("writes") {
        writes(objects);
    }
    if part.as_deref() != Some("writes") {
        let site = Site::start(objects);
        reads(&site, &wanted);
        if wanted("depth") {
            depth(&site);
        }
    }
    if many > 0 {
        program::measure(many);
    }
}

fn heading() {
    println!("{:<64} {:>12} {:>12} {:>8} {:>8}", "", "measured", "limit", "ratio", "to reach");
}

fn row(what: &str, measured: &str, limit: &str, ratio: f64, to_reach: &str) {
    println!("{what:<64} {measured:>12} {limit:>12} {ratio:>8.2} {to_reach:>8}");
}

fn per_second(rate: f64) -> String {
    format!("{rate:.0}/s")
}

/// Pages and polls against the same bytes from memory.
fn reads(site: &Site, wanted: &dyn Fn(&str) -> bool) {
    let objects = format!("{}objects/", site.collection);
    let pages = site.pages(&objects, PAGE);
    let first = pages[0].clone();
    let get = |path: &str| request("GET", path, "");
    let compare = |what, asked, limit, to_reach| in_turn(site, what, asked, limit, to_reach);
    run(site.address, 1, Duration::from_secs(1), "HTTP/1.1 200", move |_| Some(first.clone()));

    if wanted("hot") {
        let some = pages.iter().take(400).cloned().collect();
        compare("pages of 100 asked for before, 64 connections", some, get("/static/page"), 0.60);
        compare("  the same over all pages of the collection", pages.clone(), get("/static/page"), 0.0);
    }
    if wanted("cold") {
        let stamps = site.stamps();
        let positions = stamps.len() - PAGE;
        // A stride through all positions: none comes twice.
        let at = (0..positions).map(|i| stamps[(i * 7919) % positions]);
        let asked = at.map(|at| get(&format!("{objects}?limit={PAGE}&added_after={at}"))).collect();
        compare("pages of 100 asked for the first time", asked, get("/static/page"), 0.35);
    }
    if wanted("empty") {
        let poll = get(&format!("{objects}?added_after={}", site.newest()));
        compare("a poll that finds nothing new", vec![poll], get("/static/empty"), 0.60);
    }
    if wanted("gzip") {
        let page = String::from_utf8(pages[0].clone()).expect("text");
        let zipped = page.replace("\r\n\r\n", "\r\naccept-encoding: gzip\r\n\r\n").into_bytes();
        compare("a page of 100 compressed, asked for before", vec![zipped], get("/static/gzip"), 0.0);
    }
}

/// Sends the requests `asked`, over and over, in turn with the request `limit`, so that whatever else the machine
/// does meets both.
fn in_turn(site: &Site, what: &str, asked: Vec<Vec<u8>>, limit: Vec<u8>, to_reach: f64) {
    let next = Arc::new(AtomicUsize::new(0));
    let (asked, limit) = (Arc::new(asked), Arc::new(limit));
    let (mut ours, mut theirs) = (Rate::default(), Rate::default());
    for _ in 0..ROUNDS {
        let (next, asked, limit) = (Arc::clone(&next), Arc::clone(&asked), Arc::clone(&limit));
        let ok = |make: Box<Make>| run(site.address, 64, ROUND, "HTTP/1.1 200", make);
        theirs += ok(Box::new(move |_| Some(limit.to_vec())));
        ours += ok(Box::new(move |_| Some(asked[next.fetch_add(1, Ordering::Relaxed) % asked.len()].clone())));
    }
    let goal = if to_reach > 0.0 { format!(">= {to_reach:.2}") } else { String::new() };
    let (ours, theirs) = (ours.per_second(), theirs.per_second());
    row(what, &per_second(ours), &per_second(theirs), ours / theirs, &goal);
}

type Make = dyn Fn(usize) -> Option<Vec<u8>> + Send + Sync;

/// A deep page against the first, each read from the database.
fn depth(site: &Site) {
    let objects = format!("{}objects/", site.collection);
    let stamps = site.stamps();
    let deep_at = (900 * PAGE).min(stamps.len() - 2 * PAGE);
    let time = |base: usize, i: usize| {
        // Positions that differ, so that no answer is a kept one.
        let path = format!("{objects}?limit={PAGE}&added_after={}", stamps[base + i % 60]);
        let begin = Instant::now();
        site.fresh_page(&path);
        begin.elapsed().as_secs_f64()
    };
    // In turn, so that whatever else the machine does meets both.
    let (mut first, mut deep): (Vec<f64>, Vec<f64>) =
        (0..2000).map(|i| (time(0, i), time(deep_at, i))).skip(200).unzip();
    let median = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    let (first, deep) = (median(&mut first), median(&mut deep));
    let micros = |seconds: f64| format!("{:.0} us", seconds * 1e6);
    row(
        &format!("page {} against page 1, from the database", deep_at / PAGE),
        &micros(deep),
        &micros(first),
        deep / first,
        "<= 1.10",
    );
}

/// Durable writes against plain inserts into the same tables.
fn writes(objects: usize) {
    let count = objects.max(50_000);
    let limit = plain::inserts(count);
    let site = Site::empty();
    let post = |path: &str, body: &str| request("POST", path, body);
    let path = format!("{}objects/", site.collection);
    let envelopes: Arc<Vec<Vec<u8>>> =
        Arc::new((0..count / 1000).map(|e| post(&path, &content::envelope(e * 1000, 1000))).collect());
    let rate = run(site.address, 8, Duration::from_secs(120), "HTTP/1.1 202", move |i| envelopes.get(i).cloned());
    let measured = rate.per_second() * 1000.0;
    row(
        "POST of 1,000 objects, 8 writers (objects)",
        &per_second(measured),
        &per_second(limit),
        measured / limit,
        ">= 0.60",
    );

    let single = |connections: usize, from: usize| {
        let path = format!("{}objects/", site.collection);
        run(site.address, connections, TIME, "HTTP/1.1 202", move |i| {
            Some(request("POST", &path, &format!("{{\"objects\":[{}]}}", content::object(10_000_000 + from + i, 0))))
        })
    };
    let one = single(1, 0);
    let many = single(64, 5_000_000);
    row(
        "POST of one object, 64 writers against 1",
        &per_second(many.per_second()),
        &per_second(one.per_second()),
        many.per_second() / one.per_second(),
        ">= 5.00",
    );
}
