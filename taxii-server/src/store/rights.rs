use std::fmt;
use std::ops::{BitAnd, BitOr};

use serde::{Deserialize, Serialize};

/// What somebody may do with a collection. Whoever has a grant sees the collection listed, also
/// one that allows neither reading nor writing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rights {
    /// See that the collection exists.
    pub list: bool,
    /// Read its objects.
    pub read: bool,
    /// Add objects.
    pub write: bool,
    /// Together with `read` and `write`: delete objects (TAXII 2.1 §5.7).
    pub delete: bool,
    /// Change the collection itself, and see who uses it.
    pub manage: bool,
}

impl Rights {
    /// Everything.
    pub const ALL: Self = Self { list: true, read: true, write: true, delete: true, manage: true };
    /// Nothing: the collection does not exist for the caller.
    pub const NONE: Self = Self { list: false, read: false, write: false, delete: false, manage: false };
}

/// What either allows.
impl BitOr for Rights {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self {
            list: self.list || other.list,
            read: self.read || other.read,
            write: self.write || other.write,
            delete: self.delete || other.delete,
            manage: self.manage || other.manage,
        }
    }
}

/// What both allow.
impl BitAnd for Rights {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self {
            list: self.list && other.list,
            read: self.read && other.read,
            write: self.write && other.write,
            delete: self.delete && other.delete,
            manage: self.manage && other.manage,
        }
    }
}

impl Rights {
    /// Does it allow nothing?
    #[must_use]
    pub fn is_none(self) -> bool {
        self == Self::NONE
    }

    /// Each right with its name.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(crate) fn named(self) -> [(&'static str, bool); 5] {
        let Self { list, read, write, delete, manage } = self;
        [("list", list), ("read", read), ("write", write), ("delete", delete), ("manage", manage)]
    }
}

/// Names of rights with commas between them: `list,read`. Whoever may do anything may list.
impl std::str::FromStr for Rights {
    type Err = UnknownRight;

    fn from_str(text: &str) -> Result<Self, UnknownRight> {
        let mut rights = Self::NONE;
        for word in text.split([',', ' ']).filter(|word| !word.is_empty()) {
            rights.list = true;
            match word {
                "list" => {}
                "read" => rights.read = true,
                "write" => rights.write = true,
                "delete" => rights.delete = true,
                "manage" => rights.manage = true,
                _ => return Err(UnknownRight(word.to_owned())),
            }
        }
        Ok(rights)
    }
}

/// There is no right of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no right: expected list, read, write, delete or manage")]
pub struct UnknownRight(String);

impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [(self.read, "read"), (self.write, "write"), (self.delete, "delete"), (self.manage, "manage")];
        let words: Vec<&str> = words.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect();
        match words.as_slice() {
            [] if self.list => f.write_str("list"),
            [] => f.write_str("none"),
            words => f.write_str(&words.join(", ")),
        }
    }
}
