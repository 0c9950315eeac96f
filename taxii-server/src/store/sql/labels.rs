//! The numbers of labels. Rows are only added, by whoever writes to the collection just then. Nothing is remembered from one
//! transaction to the next: should a fail-over lose a commit, a number that it gave out stands for nothing.

use std::collections::HashMap;

use crate::store::{Label, MOST, UNMARKED};

/// The numbers of labels in one transaction.
#[derive(Default)]
pub(in crate::store) struct Numbering {
    /// Those of the table by text, with those that come new, once it was asked.
    rows: Option<HashMap<String, i64>>,
    last: i64,
    known: HashMap<Label, i64>,
    new: Vec<(i64, String)>,
}

impl Numbering {
    /// Has the table to be asked before this label can be numbered?
    pub(in crate::store) fn must_load(&self, label: &Label) -> bool {
        *label != Label::default() && self.rows.is_none()
    }

    /// Takes in what the table has of the collection.
    pub(in crate::store) fn take_rows(&mut self, rows: Vec<(i64, String)>) {
        self.last = rows.iter().map(|(number, _)| *number).max().unwrap_or_default();
        self.rows = Some(rows.into_iter().map(|(number, text)| (text, number)).collect());
    }

    /// The number of a label, which is a new one if the table does not have it.
    pub(in crate::store) fn number(&mut self, label: &Label) -> i64 {
        if *label == Label::default() {
            return UNMARKED;
        }
        if let Some(number) = self.known.get(label) {
            return *number;
        }
        let text = label.text();
        let rows = self.rows.get_or_insert_default();
        let number = match rows.get(&text) {
            Some(number) => *number,
            None if rows.len() >= MOST && *label != Label::unreadable() => {
                tracing::error!(
                    "a collection has {MOST} combinations of markings; objects with further ones are shown only to those who see everything"
                );
                self.number(&Label::unreadable())
            }
            None => {
                self.last += 1;
                rows.insert(text.clone(), self.last);
                self.new.push((self.last, text));
                self.last
            }
        };
        self.known.insert(label.clone(), number);
        number
    }

    /// What is to be written to the table.
    pub(in crate::store) fn take_new(&mut self) -> Vec<(i64, String)> {
        std::mem::take(&mut self.new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(n: usize) -> Label {
        Label::of(&format!(r#"{{"object_marking_refs":["marking-definition--00000000-0000-4000-8000-{n:012}"]}}"#))
    }

    /// Promise 4: a number stands for one label, and what a transaction gave out that did not hold stands for nothing.
    #[test]
    fn numbers_are_those_of_the_table() {
        let mut lost = Numbering::default();
        lost.take_rows(Vec::new());
        assert_eq!((lost.number(&label(1)), lost.number(&Label::default())), (1, UNMARKED));
        let mut held = Numbering::default();
        assert!(held.must_load(&label(1)) && !held.must_load(&Label::default()));
        held.take_rows(vec![(1, label(2).text())]);
        assert!(!held.must_load(&label(1)));
        assert_eq!((held.number(&label(2)), held.number(&label(1)), held.number(&label(1))), (1, 2, 2));
        assert_eq!(held.take_new(), [(2, label(1).text())]);
    }

    /// Who invents markings fills no memory: what is too much is hidden.
    #[test]
    fn there_is_an_end() {
        let mut numbering = Numbering::default();
        for n in 0..MOST {
            numbering.number(&label(n));
        }
        let last = numbering.number(&label(MOST));
        assert_eq!((last, numbering.number(&label(MOST + 1))), (MOST as i64 + 1, last));
        assert_eq!(numbering.number(&label(7)), 8);
        assert_eq!(numbering.take_new().last().map(|(_, text)| text.clone()), Some(Label::unreadable().text()));
    }
}
