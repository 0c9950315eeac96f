use std::collections::{BTreeMap, HashMap};

use stix_model::same_content;
use taxii_model::Timestamp;

use super::statements::{InsertObjects, Mix, SetStandings, SiblingRow};
use crate::store::exchange::is_version;
use crate::store::memory::stix_timestamp;
use crate::store::sql::edition_number;
use crate::store::sql::standing::{Sibling, Standing, stand};
use crate::store::{
    Conflict, Item, Label, Outcome, Provenance, Redated, Submission, UNREAD, batch_end, content_version, stamps,
};

/// Submissions on their way into one collection: what becomes of each item is decided in memory, so that however many
/// there are, the database is asked once and told once.
pub(super) struct Batch<'s> {
    collection: i64,
    /// The newest stamp given out.
    pub(super) clock: Timestamp,
    /// How often something that was there before was superseded.
    pub(super) changes: i64,
    /// What is refused since there is other content.
    pub(super) conflicts: Vec<Conflict>,
    /// The versions that were deleted of objects that come from elsewhere.
    deleted: HashMap<String, Vec<String>>,
    histories: HashMap<&'s str, History<'s>>,
}

/// The entries of an object that make a difference to new ones, by edition and version.
type History<'s> = BTreeMap<Place, Entry<'s>>;
type Place = (i32, String);

struct Entry<'s> {
    added: i64,
    version: String,
    source: Source<'s>,
}

enum Source<'s> {
    /// In the collection from before; the text is there if something new may be equal to it.
    Kept(Kept),
    New(&'s Item),
}

struct Kept {
    standing: Standing,
    text: Option<String>,
    label: i64,
    is_mixed: bool,
}

impl Entry<'_> {
    fn text(&self) -> Option<&str> {
        match &self.source {
            Source::Kept(kept) => kept.text.as_deref(),
            Source::New(item) => Some(&item.text),
        }
    }
}

impl<'s> Batch<'s> {
    /// A batch into a collection that has come this far.
    pub(super) fn new(collection: i64, clock: Timestamp) -> Self {
        let (conflicts, deleted, histories) = (Vec::new(), HashMap::new(), HashMap::new());
        Self { collection, clock, changes: 0, conflicts, deleted, histories }
    }

    /// Learns which versions of objects that come from elsewhere were deleted.
    pub(super) fn learn_deleted(&mut self, rows: Vec<(String, String)>) {
        for (id, version) in rows {
            self.deleted.entry(id).or_default().push(version);
        }
    }

    /// Learns what the collection has of the objects of these submissions.
    pub(super) fn learn(&mut self, submissions: &[&'s Submission], rows: Vec<SiblingRow>) {
        let mut kept: HashMap<String, History<'s>> = HashMap::new();
        for (id, row, version, text, label, is_mixed) in rows {
            let Sibling { added, version_key, spec_version, standing } = row.into();
            let source = Source::Kept(Kept { standing, text, label, is_mixed });
            let entry = Entry { added, version, source };
            kept.entry(id).or_default().insert((spec_version, version_key), entry);
        }
        for item in submissions.iter().flat_map(|submission| &submission.items) {
            let id = item.head.id.as_str();
            if let Some(history) = kept.remove(id) {
                self.histories.insert(id, history);
            }
        }
    }

    /// Takes the items of a submission in. They get consecutive stamps up to the end of the batch, which the last of
    /// them gets whatever came before it, since items that are not new take no stamp.
    pub(super) fn take(&mut self, submission: &'s Submission, now: Timestamp) -> (Vec<Outcome>, Vec<Timestamp>) {
        let n = submission.items.len();
        let end = batch_end(self.clock, now, n);
        let mut stamp = end.as_micros() - i64::try_from(n).unwrap_or_default();
        let mut outcomes = Vec::with_capacity(n);
        let mut last = None;
        let mut superseded = false;
        for item in &submission.items {
            let history = self.histories.entry(item.head.id.as_str()).or_default();
            if let Some((outcome, other)) = compare(history, item) {
                if let (Outcome::Conflict(version), Some(kept)) = (&outcome, other) {
                    let conflict = Conflict::of(item, version, kept, &submission.caller, submission.received);
                    self.conflicts.push(conflict);
                }
                outcomes.push(outcome);
                continue;
            }
            if let Some(version) = was_deleted(&self.deleted, item) {
                outcomes.push(Outcome::Deleted(version));
                continue;
            }
            superseded |= !history.is_empty();
            stamp += 1;
            let place = place(item, stamp);
            let version = match item.head.version() {
                Some(version) => version.to_string(),
                None => stix_timestamp(Timestamp::from_micros(stamp)).to_string(),
            };
            outcomes.push(Outcome::Added(version.clone()));
            history.insert(place.clone(), Entry { added: stamp, version, source: Source::New(item) });
            last = Some((item, place));
        }
        if let Some((item, old)) = last {
            self.clock = end;
            self.changes += i64::from(superseded);
            if stamp != end.as_micros()
                && let Some(redated) = self.move_to(item, &old, end)
            {
                redated.correct(&mut outcomes);
            }
        }
        let stamps = stamps(&outcomes, end);
        (outcomes, stamps)
    }

    /// Moves an entry to the end of its batch, with its version if that is the date added.
    fn move_to(&mut self, item: &'s Item, old: &Place, end: Timestamp) -> Option<Redated> {
        let history = self.histories.get_mut(item.head.id.as_str())?;
        let mut entry = history.remove(old)?;
        entry.added = end.as_micros();
        let from = entry.version.clone();
        let dated = item.head.version().is_none();
        if dated {
            entry.version = stix_timestamp(end).to_string();
        }
        let to = entry.version.clone();
        history.insert(place(item, end.as_micros()), entry);
        dated.then_some(Redated { from, to })
    }

    /// The labels of the new entries, in the order in which they came.
    pub(super) fn labels(&self) -> Vec<&'s Label> {
        let entries = self.histories.values().flat_map(BTreeMap::values);
        let new = entries.filter_map(|entry| match entry.source {
            Source::New(item) => Some((entry.added, &item.label)),
            Source::Kept(_) => None,
        });
        let mut new: Vec<(i64, &'s Label)> = new.collect();
        new.sort_unstable_by_key(|(added, _)| *added);
        new.into_iter().map(|(_, label)| label).collect()
    }

    /// What is to be written: the new entries, in statements of a bearable size, the entries that stand elsewhere
    /// than before, and the objects of which entries now have different labels.
    pub(super) fn rows(&self, number: impl Fn(&Label) -> i64) -> (Vec<InsertObjects<'_>>, SetStandings, Mix) {
        let mut mix = Mix { collection: self.collection, ..Mix::default() };
        let mut moved = SetStandings { collection: self.collection, ..SetStandings::default() };
        let mut new = Vec::new();
        for (id, history) in &self.histories {
            let added = history.iter().filter(|(_, entry)| matches!(entry.source, Source::New(_)));
            let keys: Vec<&str> = added.map(|((_, key), _)| key.as_str()).collect();
            if keys.is_empty() {
                continue;
            }
            let siblings: Vec<Sibling> = history.iter().map(sibling).collect();
            let is_mixed = is_mixed(history, &number);
            if is_mixed && history.values().any(|e| matches!(&e.source, Source::Kept(kept) if !kept.is_mixed)) {
                mix.ids.push((*id).to_owned());
            }
            for (standing, (place, entry)) in stand(&siblings, &keys).into_iter().zip(history) {
                match &entry.source {
                    Source::Kept(kept) if kept.standing != standing => {
                        moved.added.push(entry.added);
                        moved.standings.push(standing);
                    }
                    Source::Kept(..) => {}
                    Source::New(item) => new.push((*id, place, entry, *item, (standing, is_mixed))),
                }
            }
        }
        // In the order of the table.
        new.sort_unstable_by_key(|(_, _, entry, ..)| entry.added);
        let mut statements: Vec<InsertObjects<'_>> = Vec::new();
        let mut room = 0;
        for (id, place, entry, item, (standing, is_mixed)) in new {
            if room < item.text.len() || statements.is_empty() {
                statements.push(InsertObjects { collection: self.collection, ..InsertObjects::default() });
                room = STATEMENT;
            }
            room = room.saturating_sub(item.text.len());
            let Some(rows) = statements.last_mut() else { continue };
            rows.added.push(entry.added);
            rows.spec_version.push(place.0);
            rows.standings.push(standing);
            rows.object_type.push(item.head.id.object_type());
            rows.id.push(id);
            rows.version.push(&entry.version);
            rows.version_key.push(&place.1);
            rows.body.push(&item.text);
            rows.valid_until.push(item.valid_until().map(Timestamp::as_micros));
            rows.label.push(number(&item.label));
            rows.is_mixed.push(is_mixed);
            rows.provenance.push(item.provenance.as_ref().map(Provenance::text));
        }
        (statements, moved, mix)
    }
}

/// So many bytes of texts go into one statement; the protocol has a limit at a gigabyte.
const STATEMENT: usize = 64 << 20;

fn place(item: &Item, stamp: i64) -> Place {
    let key = match item.head.version() {
        Some(version) => version.sort_key(),
        None => stix_timestamp(Timestamp::from_micros(stamp)).sort_key(),
    };
    (edition_number(item.head.spec_version), key)
}

fn sibling((place, entry): (&Place, &Entry<'_>)) -> Sibling {
    let standing = match &entry.source {
        Source::Kept(kept) => kept.standing,
        Source::New(_) => Standing::default(),
    };
    Sibling { added: entry.added, version_key: place.1.clone(), spec_version: place.0, standing }
}

/// Do the entries of an object have different labels? Of those that are not mixed all have the same label, so a few tell of all. Those
/// that nobody has looked at yet are compared when somebody does.
fn is_mixed(history: &History<'_>, number: impl Fn(&Label) -> i64) -> bool {
    let mut labels = history.values().map(|entry| match &entry.source {
        Source::Kept(kept) => (kept.label, kept.is_mixed),
        Source::New(item) => (number(&item.label), false),
    });
    let mut first = None;
    labels.any(|(label, is_mixed)| is_mixed || (label != UNREAD && *first.get_or_insert(label) != label))
}

/// Does the collection already have this version, or, of an object without versions, this content? If it has other content, that.
fn compare<'h>(history: &'h History<'_>, item: &Item) -> Option<(Outcome, Option<&'h str>)> {
    let edition = edition_number(item.head.spec_version);
    let mut own = history.range((edition, String::new())..(edition + 1, String::new())).map(|(_, entry)| entry);
    let is_same = |entry: &&Entry<'_>| entry.text().is_some_and(|text| same_content(text, &item.text));
    let twin = match item.head.version() {
        Some(version) => history.get(&(edition, version.sort_key())),
        // What comes by several ways comes late by some of them: it may have been superseded meanwhile.
        None if item.is_from_elsewhere() => own.find(is_same),
        None => own.next_back(),
    }?;
    if is_same(&twin) {
        return Some((Outcome::Unchanged(twin.version.clone()), None));
    }
    item.head.version().map(|version| (Outcome::Conflict(version.to_string()), twin.text()))
}

/// The version of something that comes from elsewhere, if it was deleted here.
fn was_deleted(deleted: &HashMap<String, Vec<String>>, item: &Item) -> Option<String> {
    let deleted = Some(deleted).filter(|_| item.is_from_elsewhere())?;
    let all = deleted.get(item.head.id.as_str())?;
    let version = match item.head.version() {
        Some(version) => version.to_string(),
        None => content_version(&item.text),
    };
    all.iter().any(|deleted| is_version(deleted, &version)).then_some(version)
}
