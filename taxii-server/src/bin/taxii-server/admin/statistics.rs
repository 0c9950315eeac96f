use std::io::IsTerminal;

use serde_json::json;
use taxii_model::Timestamp;
use taxii_server::store::{Collection, Day, Holdings};

use super::{Desk, find_collection, name};
use crate::Outcome;
use crate::output::Output;

impl Desk {
    /// Counts what collections hold.
    pub(crate) async fn statistics(&self, wanted: Option<&str>, out: &Output) -> Outcome {
        let directory = self.store.directory().await?;
        let only = wanted.map(|wanted| find_collection(&directory, wanted)).transpose()?;
        let as_of = Timestamp::now();
        let mut all = Vec::new();
        for collection in directory.collections.iter().filter(|c| only.is_none_or(|only| only.id == c.id)) {
            counting(Some(collection));
            all.push((collection, self.store.holdings(collection.key, as_of).await?));
        }
        counting(None);
        if let (Some(_), false, Some((collection, holdings))) = (only, out.is_json(), all.first()) {
            anstream::println!("{}", details(collection, holdings));
            return Ok(());
        }
        let rows: Vec<_> = all
            .iter()
            .map(|(collection, holdings)| json!({"collection": name(collection), "id": collection.id, "holdings": holdings}))
            .collect();
        if out.is_json() {
            return out.done("", &json!({"as_of": as_of, "collections": rows}));
        }
        let header = ["Collection", "Objects", "Versions", "Entries", "Oldest", "Newest", "Read/write", "Last 30 days"];
        out.list(header, &all, |(collection, held)| {
            let [objects, versions, entries] = [held.objects, held.versions, held.entries].map(|n| n.to_string());
            let granted = format!("{}/{}", number(held.readers), number(held.writers));
            let [oldest, newest] = [held.oldest, held.newest].map(date);
            [name(collection), objects, versions, entries, oldest, newest, granted, picture(&held.growth)]
        })
    }
}

fn date(date: Option<Timestamp>) -> String {
    date.map_or_else(|| "none".to_owned(), |date| date.to_string())
}

fn number(n: Option<u64>) -> String {
    n.map_or_else(|| "?".to_owned(), |n| n.to_string())
}

/// Tells on a terminal what is being counted.
fn counting(collection: Option<&Collection>) {
    if std::io::stderr().is_terminal() {
        match collection {
            Some(collection) => anstream::eprint!("\r\x1b[Kcounting {} …", name(collection)),
            None => anstream::eprint!("\r\x1b[K"),
        }
    }
}

fn details(collection: &Collection, held: &Holdings) -> String {
    let types = held.types.iter().map(|(object_type, n)| format!("\n  {object_type}: {n}")).collect::<String>();
    let added: u64 = held.growth.iter().map(|day| day.added).sum();
    format!(
        "{} {}\nobjects: {}\nversions: {}\nentries: {}\noldest: {}\nnewest: {}\ngranted to read: {}, to write: {} accounts\nobjects by type:{types}\nadded in the last 30 days: {added}\n  {}",
        name(collection),
        collection.title,
        held.objects,
        held.versions,
        held.entries,
        date(held.oldest),
        date(held.newest),
        number(held.readers),
        number(held.writers),
        picture(&held.growth),
    )
}

/// A bar for each day, as high as the day was good.
fn picture(growth: &[Day]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = growth.iter().map(|day| day.added).max().unwrap_or_default();
    let bar = |day: &Day| match (day.added, most) {
        (0, _) | (_, 0) => ' ',
        (added, most) => {
            let height = usize::try_from(added.saturating_mul(8).div_ceil(most)).unwrap_or(8);
            BARS.get(height.saturating_sub(1)).copied().unwrap_or('█')
        }
    };
    if most == 0 { String::new() } else { growth.iter().map(bar).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The best day reaches the top, the least day is seen, and a day without anything is empty.
    #[test]
    fn pictures_are_in_proportion() {
        let growth =
            |added: &[u64]| -> Vec<Day> { added.iter().map(|&added| Day { day: String::new(), added }).collect() };
        assert_eq!(picture(&growth(&[0, 1, 50, 100])), " ▁▄█");
        assert_eq!(picture(&growth(&[u64::MAX, 1])).chars().count(), 2);
        assert_eq!(picture(&growth(&[0, 0])), "");
    }
}
