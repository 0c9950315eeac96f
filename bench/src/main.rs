//! The server against what the machine can do at most, measured in the same run.
//!
//! `cargo run --release -p taxii-bench [OBJECTS [MANY [PART]]]`: a collection of OBJECTS (100,000) for the rates, one of
//! MANY (1,000,000; 0 leaves it out) for memory and start-up, which run the program `taxii-server`
//! from the same target folder. PART is `writes`, `hot`, `cold`, `empty`, `gzip` or `depth`, to profile one alone. Absolute figures swing with the machine; the ratios are what counts.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a benchmark that cannot go on stops")]

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod content;
mod load;
mod plain;
mod program;
mod server;

use std::sync::Arc;
use std::time::{Duration, Instant};

use load::{Rate, run};
use server::{Site, request};

const TIME: Duration = Duration::from_secs(4);
const PAGE: usize = 100;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default| arguments.next().and_then(|a| a.parse::<usize>().ok()).unwrap_or(default);
    let (objects, many) = (number(100_000), number(1_000_000));
    let part = arguments.next();
    let wanted = |name: &str| part.as_deref().is_none_or(|part| part == name);
    println!(
        "{objects} objects in the collection, {} cores\n",
        std::thread::available_parallelism().map_or(0, usize::from)
    );
    println!("{:<64} {:>12} {:>12} {:>8} {:>8}", "", "measured", "limit", "ratio", "to reach");
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

fn row(what: &str, measured: &str, limit: &str, ratio: f64, to_reach: &str) {
    println!("{what:<64} {measured:>12} {limit:>12} {ratio:>8.2} {to_reach:>8}");
}

fn per_second(rate: f64) -> String {
    format!("{rate:.0}/s")
}

/// Pages and polls against the same bytes from memory.
fn reads(site: &Site, wanted: &dyn Fn(&str) -> bool) {
    let objects = format!("{}objects/", site.collection);
    let pages: Arc<Vec<Vec<u8>>> = Arc::new(site.pages(&objects, PAGE));
    let fixed = |request: Vec<u8>| move |_| Some(request.clone());
    let ok = |make: Box<Make>| run(site.address, 64, TIME, "HTTP/1.1 200", make);
    run(site.address, 1, Duration::from_secs(1), "HTTP/1.1 200", fixed(pages[0].clone()));
    let static_page = best(|| ok(Box::new(fixed(request("GET", "/static/page", "")))));

    let over = |count: usize| -> Box<Make> {
        let asked = Arc::clone(&pages);
        Box::new(move |i| Some(asked[i % count].clone()))
    };
    if wanted("hot") {
        report(
            "pages of 100 asked for before, 64 connections",
            best(|| ok(over(pages.len().min(400)))),
            static_page,
            0.60,
        );
        report("  the same over all pages of the collection", ok(over(pages.len())), static_page, 0.0);
    }
    if wanted("cold") {
        let (stamps, path) = (site.stamps(), objects.clone());
        let cold = ok(Box::new(move |i| {
            // A stride through all positions: none comes twice.
            let at = stamps[(i * 7919) % (stamps.len() - PAGE)];
            Some(request("GET", &format!("{path}?limit={PAGE}&added_after={at}"), ""))
        }));
        report("pages of 100 asked for the first time", cold, static_page, 0.35);
    }
    if wanted("empty") {
        let static_empty = best(|| ok(Box::new(fixed(request("GET", "/static/empty", "")))));
        let poll = request("GET", &format!("{objects}?added_after={}", site.newest()), "");
        report("a poll that finds nothing new", best(|| ok(Box::new(fixed(poll.clone())))), static_empty, 0.60);
    }
    if wanted("gzip") {
        let zipped =
            String::from_utf8(pages[0].clone()).expect("text").replace("\r\n\r\n", "\r\naccept-encoding: gzip\r\n\r\n");
        let static_zipped = ok(Box::new(fixed(request("GET", "/static/gzip", ""))));
        report(
            "a page of 100 compressed, asked for before",
            ok(Box::new(fixed(zipped.into_bytes()))),
            static_zipped,
            0.0,
        );
    }
}

type Make = dyn Fn(usize) -> Option<Vec<u8>> + Send + Sync;

/// The better of two runs: the other one met a busy machine.
fn best(measure: impl Fn() -> Rate) -> Rate {
    let (a, b) = (measure(), measure());
    if a.per_second() > b.per_second() { a } else { b }
}

fn report(what: &str, rate: Rate, limit: Rate, to_reach: f64) {
    let ratio = rate.per_second() / limit.per_second();
    let goal = if to_reach > 0.0 { format!(">= {to_reach:.2}") } else { String::new() };
    row(what, &per_second(rate.per_second()), &per_second(limit.per_second()), ratio, &goal);
}

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
