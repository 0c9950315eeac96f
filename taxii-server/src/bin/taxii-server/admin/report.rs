use std::collections::BTreeMap;

use serde_json::json;
use taxii_model::Timestamp;
use taxii_server::sharing::{Direction, Line, Reader, Report, Steward};
use taxii_server::store::{CollectionKey, Directory};

use super::Desk;
use crate::Outcome;
use crate::output::{Output, with};

/// The longest bar.
const WIDTH: u64 = 30;

impl Desk {
    pub(super) async fn report(
        &self,
        name: &str,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
        steward: &Steward,
        out: &Output,
    ) -> Outcome {
        let (report, readers) = steward.report(name, since, until).await?;
        let directory = self.store.directory().await?;
        let rows: Vec<_> = readers.iter().map(|one| with(json!(one), "collection", called(&directory, one))).collect();
        let told = with(json!(report), "readers", rows);
        out.text(|| Ok(text(&report) + &also(&directory, &readers)), &told)
    }
}

fn called(directory: &Directory, reader: &Reader) -> String {
    let found = directory.collections.iter().find(|of| of.key == CollectionKey(reader.collection));
    found.map_or_else(|| format!("removed collection {}", reader.collection), super::name)
}

/// What partners fetched and brought themselves, for people.
fn also(directory: &Directory, readers: &[Reader]) -> String {
    let line = |one: &Reader| {
        let mut text = format!(
            "\n  {} ({}) on {}: was sent {} versions",
            one.account,
            one.partner,
            called(directory, one),
            one.received
        );
        if one.wrote > 0 {
            text.push_str(&format!(", wrote {} times", one.wrote));
        }
        text + &format!(", from {} to {}", one.first, one.last)
    };
    let lines: String = readers.iter().map(line).collect();
    if lines.is_empty() { lines } else { format!("\n\npartners themselves:{lines}") }
}

fn text(report: &Report) -> String {
    let end = |end: Option<Timestamp>, word: &str| end.map_or_else(|| word.to_owned(), |end| end.to_string());
    let period = format!("from {} to {}", end(report.since, "the beginning"), end(report.until, "now"));
    let mut text = format!("{}, {period}", report.agreement);
    if report.lines.is_empty() {
        text.push_str("\nnothing went or came");
    }
    report.lines.iter().for_each(|one| text.push_str(&line(one)));
    text
}

fn line(line: &Line) -> String {
    let way = match line.direction {
        Direction::Out => format!("to {}", line.partner),
        Direction::In => format!("from {}", line.partner),
    };
    let mut text = format!(
        "\n\n{way}: {} → {}\n  {} objects in {} versions, in {} transfers, from {} to {}",
        line.from, line.to, line.objects, line.versions, line.transfers, line.first, line.last
    );
    let numbers = [("taken back", line.deleted), ("there before", line.known), ("conflicts", line.conflicts)];
    for (word, count) in numbers.into_iter().filter(|(_, count)| *count > 0) {
        text.push_str(&format!("\n  {count} {word}"));
    }
    for (title, counts) in [
        ("by type", &line.types),
        ("by marking", &line.levels),
        ("stayed, by rule", &line.withheld),
        ("parts taken out, by rule", &line.removed),
        ("not taken there, by rule", &line.refused),
    ] {
        text.push_str(&bars(title, counts));
    }
    text
}

/// A small picture: how many of each.
fn bars(title: &str, counts: &BTreeMap<String, u64>) -> String {
    let most = counts.values().copied().max().unwrap_or_default();
    if most == 0 {
        return String::new();
    }
    let wide = counts.keys().map(|name| name.chars().count()).max().unwrap_or_default();
    let rows = counts.iter().map(|(name, count)| {
        let length = (count * WIDTH).div_ceil(most);
        let bar: String = (0..length).map(|_| '█').collect();
        format!("\n    {name:wide$} {count:>7} {bar}")
    });
    format!("\n  {title}{}", rows.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bars are in proportion, and what is there is seen: nothing that happened has no bar.
    #[test]
    fn bars_show_everything() {
        let counts = BTreeMap::from([("a".to_owned(), 3000), ("bb".to_owned(), 1), ("c".to_owned(), 1500)]);
        let picture = bars("by type", &counts);
        let length = |name: &str| {
            let line = picture.lines().find(|line| line.trim_start().starts_with(name)).unwrap();
            line.chars().filter(|c| *c == '█').count()
        };
        assert_eq!((length("a "), length("bb "), length("c ")), (30, 1, 15));
        assert_eq!(bars("none", &BTreeMap::new()), "");
    }
}
