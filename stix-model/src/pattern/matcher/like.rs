//! `LIKE`: `%` stands for any run of characters, `_` for one, and everything else for itself (STIX 2.1 §9.6.1).

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, is_nfc_quick};

use super::MatchError;
use super::budget::Budget;

/// A wildcard expression.
#[derive(Clone, Debug)]
pub(super) struct Like {
    /// What stands between the `%`, in NFC; the first and the last are at the ends of the value. One if there is no `%`.
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
struct Piece {
    text: Box<str>,
    /// Is there a `_` in it?
    wild: bool,
}

impl Like {
    pub(super) fn new(wildcard: &str) -> Self {
        let pieces =
            normal(wildcard).split('%').map(|text| Piece { wild: text.contains('_'), text: text.into() }).collect();
        Self { pieces }
    }

    pub(super) fn matches(&self, value: &str, budget: &Budget) -> Result<bool, MatchError> {
        let value = normal(value);
        let (Some(first), rest) = (self.pieces.first(), self.pieces.get(1..).unwrap_or_default()) else {
            return Ok(false);
        };
        let Some(mut left) = first.strip(&value) else { return Ok(false) };
        let Some((last, middle)) = rest.split_last() else { return Ok(left.is_empty()) };
        // The earliest place of each piece leaves the most for those behind it.
        for piece in middle {
            match piece.find(left, budget)? {
                Some(behind) => left = behind,
                None => return Ok(false),
            }
        }
        Ok(last.ends(left))
    }

    /// What every value begins with, and what it ends with.
    pub(super) fn ends(&self) -> (&str, &str) {
        let prefix = self.pieces.first().map_or("", |piece| piece.text.split('_').next().unwrap_or_default());
        let suffix = self.pieces.last().map_or("", |piece| piece.text.rsplit('_').next().unwrap_or_default());
        (prefix, suffix)
    }

    /// What every value has somewhere.
    pub(super) fn runs(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().flat_map(|piece| piece.text.split('_'))
    }
}

impl Piece {
    /// What is behind the piece, if the text begins with it.
    fn strip<'t>(&self, text: &'t str) -> Option<&'t str> {
        if !self.wild {
            return text.strip_prefix(self.text.as_ref());
        }
        let mut characters = text.chars();
        for wanted in self.text.chars() {
            if characters.next().is_none_or(|found| wanted != '_' && wanted != found) {
                return None;
            }
        }
        Some(characters.as_str())
    }

    /// What is behind the first place of the piece in the text.
    fn find<'t>(&self, text: &'t str, budget: &Budget) -> Result<Option<&'t str>, MatchError> {
        if !self.wild {
            return Ok(text.find(self.text.as_ref()).and_then(|at| text.get(at + self.text.len()..)));
        }
        let mut left = text;
        loop {
            budget.spend(1 + self.text.len() / 8)?;
            if let Some(behind) = self.strip(left) {
                return Ok(Some(behind));
            }
            let mut characters = left.chars();
            if characters.next().is_none() {
                return Ok(None);
            }
            left = characters.as_str();
        }
    }

    fn ends(&self, text: &str) -> bool {
        if !self.wild {
            return text.ends_with(self.text.as_ref());
        }
        let mut characters = text.chars().rev();
        self.text.chars().rev().all(|wanted| characters.next().is_some_and(|found| wanted == '_' || wanted == found))
    }
}

/// In Unicode's composed form, which is what most texts have.
pub(super) fn normal(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc_quick(text.chars()) == unicode_normalization::IsNormalized::Yes {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.nfc().collect())
}
