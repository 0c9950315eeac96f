//! The numbers of labels. Rows are only added, by whoever writes to the collection just then, so a number that was once committed
//! stands for ever.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::store::{CollectionKey, Label, MOST, UNMARKED};

type Known = Arc<HashMap<Label, i64>>;

/// The numbers that this process knows to be committed, by collection.
#[derive(Default)]
pub(in crate::store) struct Numbers(Mutex<HashMap<i64, Known>>);

impl Numbers {
    /// Begins a transaction.
    pub(in crate::store) fn begin(&self, collection: CollectionKey) -> Numbering {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&collection.0).cloned().unwrap_or_default();
        Numbering { kept, ..Numbering::default() }
    }

    /// To be told when a transaction has been committed, and not before.
    pub(in crate::store) fn learn(&self, collection: CollectionKey, used: HashMap<Label, i64>) {
        if used.is_empty() {
            return;
        }
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.entry(collection.0).or_default();
        if used.keys().any(|label| !known.contains_key(label)) {
            Arc::make_mut(known).extend(used);
        }
    }
}

/// The numbers of labels in one transaction.
#[derive(Default)]
pub(in crate::store) struct Numbering {
    kept: Known,
    /// Those of the table, with those that come new, if it had to be asked.
    rows: Option<HashMap<Label, i64>>,
    last: i64,
    used: HashMap<Label, i64>,
    new: Vec<(i64, String)>,
}

impl Numbering {
    /// Has the table to be asked before this label can be numbered?
    pub(in crate::store) fn must_load(&self, label: &Label) -> bool {
        *label != Label::default() && self.rows.is_none() && !self.kept.contains_key(label)
    }

    /// Takes in what the table has of the collection.
    pub(in crate::store) fn learn_rows(&mut self, rows: Vec<(i64, String)>) {
        self.last = rows.iter().map(|(number, _)| *number).max().unwrap_or_default();
        self.rows = Some(rows.into_iter().map(|(number, text)| (Label::read(&text), number)).collect());
    }

    /// The number of a label, which is a new one if the table does not have it.
    pub(in crate::store) fn number(&mut self, label: &Label) -> i64 {
        if *label == Label::default() {
            return UNMARKED;
        }
        if let Some(number) = self.kept.get(label).or_else(|| self.used.get(label)) {
            return *number;
        }
        let rows = self.rows.get_or_insert_default();
        let number = match rows.get(label) {
            Some(number) => *number,
            None if rows.len() >= MOST && *label != Label::unreadable() => {
                tracing::error!(
                    "a collection has {MOST} combinations of markings; objects with further ones are shown only to those who see everything"
                );
                return self.number(&Label::unreadable());
            }
            None => {
                self.last += 1;
                rows.insert(label.clone(), self.last);
                self.new.push((self.last, label.text()));
                self.last
            }
        };
        self.used.insert(label.clone(), number);
        number
    }

    /// What is to be written to the table.
    pub(in crate::store) fn take_new(&mut self) -> Vec<(i64, String)> {
        std::mem::take(&mut self.new)
    }

    /// What the transaction has used and the process did not know.
    pub(in crate::store) fn used(self) -> HashMap<Label, i64> {
        self.used
    }
}

#[cfg(test)]
mod tests {
    use stix_model::Identifier;

    use super::*;

    fn label(n: usize) -> Label {
        Label::of(&format!(r#"{{"object_marking_refs":["marking-definition--00000000-0000-4000-8000-{n:012}"]}}"#))
    }

    /// Promise 4: a number that was given out in a transaction that did not hold is not taken for the label's.
    #[test]
    fn only_what_was_committed_is_remembered() {
        let (numbers, here) = (Numbers::default(), CollectionKey(1));
        let mut lost = numbers.begin(here);
        lost.learn_rows(Vec::new());
        assert_eq!((lost.number(&label(1)), lost.number(&Label::default())), (1, UNMARKED));
        let mut held = numbers.begin(here);
        assert!(held.must_load(&label(1)) && !held.must_load(&Label::default()));
        held.learn_rows(vec![(1, label(2).text())]);
        assert_eq!((held.number(&label(2)), held.number(&label(1))), (1, 2));
        assert_eq!(held.take_new(), [(2, label(1).text())]);
        numbers.learn(here, held.used());
        let mut next = numbers.begin(here);
        assert!(!next.must_load(&label(1)) && next.must_load(&label(3)));
        assert_eq!((next.number(&label(1)), next.number(&label(2))), (2, 1));
        assert!(numbers.begin(CollectionKey(2)).must_load(&label(1)), "each collection has its own");
    }

    /// Who invents markings fills no memory: what is too much is hidden.
    #[test]
    fn there_is_an_end() {
        let mut numbering = Numbers::default().begin(CollectionKey(1));
        numbering.learn_rows(Vec::new());
        for n in 0..MOST {
            numbering.number(&label(n));
        }
        let last = numbering.number(&label(MOST));
        assert_eq!((last, numbering.number(&label(MOST + 1))), (MOST as i64 + 1, last));
        assert_eq!(numbering.number(&label(7)), 8);
        assert_eq!(numbering.take_new().last().unwrap().1, Label::unreadable().text());
        assert!(label(1).object().contains(&"marking-definition--00000000-0000-4000-8000-000000000001".parse::<Identifier>().unwrap()));
    }
}
