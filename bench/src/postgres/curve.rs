//! What a page costs as the collection grows, as a table and as a picture.

use std::fmt::Write;

use crate::postgres::database::Database;
use crate::postgres::pages::{Medians, median, medians};
use crate::row;

/// The stamp of the first object.
pub(crate) const FIRST: i64 = 1_790_000_000_000_000;
/// Rows in one statement.
const STEP: usize = 500_000;

/// Fills the collection with objects of some 670 bytes, made by the database itself: one version each.
pub(crate) fn fill(database: &Database, objects: usize) {
    let key = database.key.0;
    for begin in (0..objects).step_by(STEP) {
        let end = objects.min(begin + STEP);
        eprint!("\r{begin} of {objects} objects ");
        database.run(&format!(
            "INSERT INTO objects (collection, added, spec_version, is_best, is_newest, is_oldest, newest_in_spec, \
             oldest_in_spec, object_type, id, version, version_key, body) \
             SELECT {key}, {FIRST} + n, 21, true, true, true, true, true, 'indicator', 'indicator--' || uuid, \
             '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00', \
             '{{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"indicator--' || uuid || '\",\"created\":\
             \"2026-01-01T00:00:00.000Z\",\"modified\":\"2026-01-01T00:00:00.000Z\",\"name\":\"' || \
             repeat('control server ', 25) || n || '\",\"pattern\":\"[ipv4-addr:value = ''10.0.0.1'']\",\"pattern_type\":\
             \"stix\",\"valid_from\":\"2026-01-01T00:00:00Z\"}}' \
             FROM (SELECT n, gen_random_uuid() AS uuid FROM generate_series({begin}, {end} - 1) AS n) AS made"
        ));
    }
    database.run(&format!("UPDATE marks SET clock = {FIRST} + {objects} WHERE collection = {key}"));
    // As the database does by itself before long.
    database.run("VACUUM ANALYZE objects");
    eprint!("\r{:40}\r", "");
}

/// The same page from collections of each size, in turn, so that whatever else the machine does meets all of them.
pub(crate) fn measure(server: &str, most: usize) {
    let sizes: Vec<usize> =
        std::iter::successors(Some(10_000), |size| Some(size * 10)).take_while(|n| *n <= most).collect();
    let databases: Vec<(usize, Database)> = sizes
        .into_iter()
        .map(|size| {
            let database = Database::new(server);
            fill(&database, size);
            (size, database)
        })
        .collect();
    let mut times = vec![(Vec::new(), Vec::new()); databases.len()];
    for round in 0..ROUNDS {
        for ((size, database), (store, plain)) in databases.iter().zip(&mut times) {
            let Medians { store: ours, plain: theirs } = medians(database, *size, 200);
            // In the first round, what has just been written is in memory and the rest is not.
            if round > 0 {
                store.push(ours * 1e6);
                plain.push(theirs * 1e6);
            }
        }
    }
    let points: Vec<(usize, f64, f64)> = databases
        .iter()
        .zip(&mut times)
        .map(|((size, _), (store, plain))| (*size, median(store), median(plain)))
        .collect();
    let micros = |micros: f64| format!("{micros:.0} us");
    for (size, store, plain) in &points {
        let what = format!("a page of 100 from {}, against the plain query", thousands(*size));
        row(&what, &micros(*store), &micros(*plain), store / plain, "");
    }
    if let (Some(first), Some(last)) = (points.first(), points.last()) {
        let what = format!("  from {} against from {}", thousands(last.0), thousands(first.0));
        row(&what, &micros(last.1), &micros(first.1), last.1 / first.1, "flat");
    }
    std::fs::write("page-cost.svg", picture(&points)).expect("a picture");
    println!("page-cost.svg has the picture");
}

const ROUNDS: usize = 11;
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 320.0;
const LEFT: f64 = 70.0;
const BOTTOM: f64 = 270.0;
const TOP: f64 = 40.0;

/// Sizes across, by powers of ten; microseconds up, from zero.
fn picture(points: &[(usize, f64, f64)]) -> String {
    let highest = points.iter().map(|point| point.1.max(point.2)).fold(0.0, f64::max) * 1.25;
    let step = (WIDTH - LEFT - 60.0) / (points.len().max(2) - 1) as f64;
    let x = |i: usize| LEFT + 20.0 + step * i as f64;
    let y = |micros: f64| BOTTOM - (BOTTOM - TOP) * micros / highest;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<title>What a page of 100 objects costs, by the size of the collection</title>\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"20\" font-size=\"14\">A page of 100 objects from PostgreSQL (median, microseconds)</text>\n"
    );
    let round = 10_f64.powf((highest / 4.0).log10().floor());
    let tick = (highest / 4.0 / round).ceil() * round;
    let mut value = 0.0;
    while value <= highest {
        let at = y(value);
        let _ = writeln!(
            svg,
            "<line x1=\"{LEFT}\" x2=\"{}\" y1=\"{at:.1}\" y2=\"{at:.1}\" stroke=\"#ddd\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{value:.0}</text>",
            WIDTH - 20.0,
            LEFT - 8.0,
            at + 4.0
        );
        value += tick;
    }
    for (i, (size, ..)) in points.iter().enumerate() {
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            x(i),
            BOTTOM + 20.0,
            thousands(*size)
        );
    }
    let _ = writeln!(svg, "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">objects</text>", WIDTH / 2.0, BOTTOM + 40.0);
    type Value = fn(&(usize, f64, f64)) -> f64;
    let lines: [(&str, &str, Value); 2] = [("#0b5fa5", "the store", |p| p.1), ("#888", "the plain query", |p| p.2)];
    for (n, (colour, name, value)) in lines.into_iter().enumerate() {
        let corners: Vec<String> =
            points.iter().enumerate().map(|(i, point)| format!("{:.1},{:.1}", x(i), y(value(point)))).collect();
        let _ = writeln!(
            svg,
            "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" points=\"{}\"/>",
            corners.join(" ")
        );
        for (i, point) in points.iter().enumerate() {
            let (cx, cy) = (x(i), y(value(point)));
            let _ = writeln!(svg, "<circle cx=\"{cx:.1}\" cy=\"{cy:.1}\" r=\"3\" fill=\"{colour}\"/>");
        }
        let at = TOP + 8.0 + 16.0 * n as f64;
        let _ = writeln!(svg, "<text x=\"{}\" y=\"{at}\" fill=\"{colour}\">{name}</text>", WIDTH - 140.0);
    }
    svg + "</svg>\n"
}

fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap_or_default()).collect();
    groups.join(",")
}
