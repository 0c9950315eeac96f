//! The names of the properties of the standard and the words that their values often are, so that objects share them
//! instead of each having its own; and where a name stands in a property table.

use std::sync::LazyLock;

use crate::json::same;
use crate::object::{EXTENSIONS, OBJECT_TYPES};
use crate::property::{Kind, Property, Shape};
use crate::relationships::{COMMON, RELATIONSHIPS};
use crate::vocabulary::HashAlgorithm;

/// The same text with a life of its own, if it is a name or a word of the standard.
pub(crate) fn known(text: &str) -> Option<&'static str> {
    known_by(hash(text), text)
}

/// The same, of a text whose hash is known.
pub(crate) fn known_by(hash: u64, text: &str) -> Option<&'static str> {
    static NAMES: LazyLock<Names> = LazyLock::new(|| {
        let mut names = Names(vec![""; Names::PLACES]);
        for shape in OBJECT_TYPES.iter().chain(EXTENSIONS) {
            names.put(shape.name);
            names.collect(shape);
        }
        names.put_all(HashAlgorithm::VOCABULARY.values);
        names.put_all(&COMMON);
        RELATIONSHIPS.iter().for_each(|row| names.put(row.relationship_type));
        names
    });
    if text.len() > Names::LONGEST {
        return None;
    }
    NAMES.find(hash, text).ok()
}

/// Names by their hashes. One whose place is taken has the next that is free.
struct Names(Vec<&'static str>);

impl Names {
    /// Several for each name.
    const PLACES: usize = 1 << 11;
    /// Of longer names there are few.
    const LONGEST: usize = 32;

    /// The name, or the place where it would be.
    fn find(&self, hash: u64, name: &str) -> Result<&'static str, usize> {
        let mut at = place(hash);
        loop {
            at %= Self::PLACES;
            match self.0.get(at).copied().unwrap_or_default() {
                "" => return Err(at),
                known if same(known, name) => return Ok(known),
                _ => at += 1,
            }
        }
    }

    fn put(&mut self, name: &'static str) {
        if let Err(at) = self.find(hash(name), name)
            && let Some(place) = self.0.get_mut(at)
        {
            *place = name;
        }
    }

    fn put_all(&mut self, names: &[&'static str]) {
        names.iter().for_each(|name| self.put(name));
    }

    fn collect(&mut self, shape: &'static Shape) {
        for row in shape.rows() {
            self.put(row.name);
            match &row.kind {
                Kind::Object(part) | Kind::List(Kind::Object(part)) => self.collect(part),
                Kind::Vocabulary(words) | Kind::List(Kind::Vocabulary(words)) => self.put_all(words.values),
                Kind::Literal(word) => self.put(word),
                _ => {}
            }
        }
    }
}

/// Where each name stands in a property table, worked out when the program is compiled.
#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) common: &'static [Property],
    own: &'static [Property],
    /// The number of a row, common ones first, from 1; 0 is a free place.
    places: [u8; Self::PLACES],
    /// One bit for each row that is required.
    required: u64,
}

impl Index {
    const PLACES: usize = 128;

    /// Of the common rows of a table and its own, in which each name stands once.
    #[allow(clippy::indexing_slicing, reason = "the compiler would tell")]
    pub(crate) const fn of(common: &'static [Property], own: &'static [Property]) -> Self {
        let (mut places, mut required) = ([0; Self::PLACES], 0);
        let mut row = 0;
        while row < common.len() + own.len() {
            let property = if row < common.len() { &common[row] } else { &own[row - common.len()] };
            let mut at = place(hash(property.name)) % Self::PLACES;
            while places[at] != 0 {
                at = (at + 1) % Self::PLACES;
            }
            required |= (property.required as u64) << row;
            row += 1;
            places[at] = row as u8;
        }
        Self { common, own, places, required }
    }

    fn row(&self, number: usize) -> Option<&'static Property> {
        self.common.get(number).or_else(|| self.own.get(number.wrapping_sub(self.common.len())))
    }

    /// The row of a name, and its number.
    #[inline]
    pub(crate) fn find(&self, name: &str) -> Option<(usize, &'static Property)> {
        let mut at = place(hash(name));
        loop {
            let number = usize::from(*self.places.get(at % Self::PLACES)?).checked_sub(1)?;
            let property = self.row(number)?;
            if same(property.name, name) {
                return Some((number, property));
            }
            at += 1;
        }
    }

    /// The rows that are required, without those whose numbers are the bits of `present`.
    pub(crate) fn missing(&self, present: u64) -> impl Iterator<Item = &'static Property> {
        let missing = self.required & !present;
        let numbers = (0..u64::BITS as usize).take_while(move |number| missing >> number != 0);
        numbers.filter(move |number| missing >> number & 1 == 1).filter_map(|number| self.row(number))
    }
}

/// A hash of the length, the beginning and the end, which is enough to tell the names of the standard apart; they are
/// ours, so that nobody can make them collide on purpose. The uppermost bits are the best.
#[inline]
pub(crate) const fn hash(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let (begin, end) = match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>(), bytes) {
        (Some(begin), Some(end), _) => (u32::from_le_bytes(*begin), u32::from_le_bytes(*end)),
        (_, _, [a, .., b]) => (*a as u32, *b as u32),
        (_, _, [a]) => (*a as u32, 0),
        _ => (0, 0),
    };
    ((begin as u64) << 32 ^ end as u64 ^ (bytes.len() as u64) << 56).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The place of a hash in a table, of which the size is a power of two.
#[inline]
const fn place(hash: u64) -> usize {
    (hash >> 48) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// LIB-03: each row of each table is found by its name, and nothing else is.
    #[test]
    fn rows_are_found_by_their_names() {
        for shape in OBJECT_TYPES.iter().chain(EXTENSIONS) {
            for row in shape.rows() {
                assert!(std::ptr::eq(shape.property(row.name).unwrap(), row), "{} {}", shape.name, row.name);
                assert!(shape.property(&row.name.to_uppercase()).is_none());
            }
            let required = shape.rows().filter(|row| row.required);
            assert!(required.map(|row| row.name).eq(shape.index.missing(0).map(|row| row.name)));
            assert!(["", "x", "é", "type_", "x_acme"].iter().all(|name| shape.property(name).is_none()));
        }
    }

    /// Every level of the tables is there.
    #[test]
    fn names_of_the_standard_are_shared() {
        for name in
            ["type", "pattern", "source_name", "windows-pebinary-ext", "SHA-256", "section_alignment", "2.1", "uses"]
        {
            assert_eq!(super::known(name), Some(name));
        }
        assert_eq!(super::known("x_acme"), None);
    }
}
