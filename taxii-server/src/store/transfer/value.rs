use ring::digest::Context;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Kind {
    Number,
    Flag,
    Text,
}

/// One value of one row, the same whatever engine it came from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::store) enum Value {
    Null,
    Number(i64),
    Flag(bool),
    Text(String),
}

pub(in crate::store) type Row = Vec<Value>;

impl Value {
    /// The value as its column understands it: SQLite keeps flags as numbers.
    pub(in crate::store) fn of(self, kind: Kind) -> Self {
        match (self, kind) {
            (Self::Number(n), Kind::Flag) => Self::Flag(n != 0),
            (value, _) => value,
        }
    }

    pub(in crate::store) fn number(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub(in crate::store) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// About how much memory it takes.
    pub(in crate::store) fn bytes(&self) -> usize {
        size_of::<Self>() + self.text().map_or(0, str::len)
    }

    /// Adds it to a check sum, so that no two rows are the same to it unless they are the same.
    pub(super) fn digest(&self, into: &mut Context) {
        match self {
            Self::Null => into.update(b"0"),
            Self::Number(number) => {
                into.update(b"n");
                into.update(&number.to_be_bytes());
            }
            Self::Flag(flag) => into.update(if *flag { b"t" } else { b"f" }),
            Self::Text(text) => {
                into.update(b"s");
                into.update(&(text.len() as u64).to_be_bytes());
                into.update(text.as_bytes());
            }
        }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
