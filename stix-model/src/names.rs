//! The names of all properties of the standard, so that objects share them instead of each having its own.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

use crate::object::{EXTENSIONS, OBJECT_TYPES};
use crate::property::{Kind, Shape};
use crate::vocabulary::HashAlgorithm;

/// The same name with a life of its own, if the standard has it.
pub(crate) fn known(name: &str) -> Option<&'static str> {
    static NAMES: LazyLock<HashSet<&'static str, BuildHasherDefault<Quick>>> = LazyLock::new(|| {
        let mut names = HashSet::default();
        OBJECT_TYPES.iter().chain(EXTENSIONS).for_each(|shape| collect(shape, &mut names));
        names.extend(EXTENSIONS.iter().map(|shape| shape.name));
        names.extend(HashAlgorithm::VOCABULARY.values);
        names
    });
    NAMES.get(name).copied()
}

fn collect<S: std::hash::BuildHasher>(shape: &'static Shape, names: &mut HashSet<&'static str, S>) {
    for row in shape.rows() {
        names.insert(row.name);
        match &row.kind {
            Kind::Object(part) | Kind::List(Kind::Object(part)) => collect(part, names),
            _ => {}
        }
    }
}

/// Hashes names of a few bytes; they are ours, so that nobody can make them collide on purpose.
#[derive(Default)]
struct Quick(u64);

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        let (whole, rest) = bytes.as_chunks::<8>();
        let last = rest.iter().fold(rest.len() as u64, |word, &byte| word << 8 | u64::from(byte));
        for word in whole.iter().map(|chunk| u64::from_le_bytes(*chunk)).chain([last]) {
            self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
        }
    }

    /// The end of a text, which `write` has taken into account.
    fn write_u8(&mut self, _: u8) {}

    fn finish(&self) -> u64 {
        // A table looks at the uppermost and the lowermost bits.
        self.0 ^ self.0 >> 32
    }
}

#[cfg(test)]
mod tests {
    /// Every level of the tables is there.
    #[test]
    fn names_of_the_standard_are_shared() {
        for name in ["type", "pattern", "source_name", "windows-pebinary-ext", "SHA-256", "section_alignment"] {
            assert_eq!(super::known(name), Some(name));
        }
        assert_eq!(super::known("x_acme"), None);
    }
}
