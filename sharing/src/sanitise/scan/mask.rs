//! Patterns with gaps: what would find a word of a list without writing it.

use std::iter::Peekable;
use std::ops::Range;
use std::str::Chars;

use regex::RegexBuilder;

use super::view::View;
use super::{Action, Name, Scanner};

/// A place of a mask.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    Char(char),
    /// Some character, or none: people put such places for letters and for what stands between them.
    Some,
    /// Anything. What stands around it is read together.
    Gap,
}

/// Comparing may take as many steps; a mask that takes more is not looked through, and so does not leave.
const MOST_STEPS: usize = 1 << 25;

/// What a mask has to match when it is used as a regular expression is no larger than this.
const LARGEST: usize = 1 << 20;

/// Shorter parts of a word can be anybody's.
const SHORTEST_PART: usize = 3;

/// As many letters and digits of a word are changed together.
const PIECE: usize = 4;

/// By how many letters a part is moved to see whether the expression cares about it.
const MOVES: [u8; 3] = [1, 7, 13];

impl Scanner {
    /// The rule of a leak that a mask of `LIKE` would find.
    pub(in crate::sanitise) fn first_like(&self, mask: &str) -> Option<String> {
        let place = |c| match c {
            '_' => Place::Some,
            '%' => Place::Gap,
            c => Place::Char(c),
        };
        self.first_masked(&mask.chars().map(place).collect::<Vec<_>>())
    }

    /// The rule of a leak that a regular expression of `MATCHES` would find.
    pub(in crate::sanitise) fn first_matching(&self, regex: &str) -> Option<String> {
        self.first_masked(&places(regex)).or_else(|| self.first_single(regex))
    }

    fn first_masked(&self, mask: &[Place]) -> Option<String> {
        let example: String = mask
            .iter()
            .map(|place| if let Place::Char(c) = place { *c } else { '1' })
            .flat_map(char::to_lowercase)
            .collect();
        if self.action("network") != Action::Keep && !self.networks.find(&example).is_empty() {
            return Some("network".to_owned());
        }
        if !mask.contains(&Place::Some) {
            return None;
        }
        let mask = letters_of(mask);
        let mut steps = 0;
        for name in self.listed() {
            match name.is_spelled_by(&mask, &mut steps) {
                Some(true) => return Some(name.rule.to_owned()),
                Some(false) => {}
                None => return Some("unreadable".to_owned()),
            }
        }
        None
    }

    /// A word of the list that the expression matches, but not with any of its parts changed: then it is about that word.
    fn first_single(&self, regex: &str) -> Option<String> {
        let regex =
            RegexBuilder::new(regex).case_insensitive(true).size_limit(LARGEST).dfa_size_limit(LARGEST).build().ok()?;
        let is_single = |name: &&Name| {
            let parts = name.parts();
            let mut changed = parts.iter().flat_map(|(part, start)| MOVES.map(|by| name.with_moved(part, *start, by)));
            !parts.is_empty() && regex.is_match(&name.word) && !changed.any(|word| regex.is_match(&word))
        };
        self.listed().find(is_single).map(|name| name.rule.to_owned())
    }

    /// The words of the list that count in the middle of others.
    fn listed(&self) -> impl Iterator<Item = &Name> {
        let is_long = |name: &&Name| name.letters.chars().count() >= Name::SHORT;
        self.names.iter().filter(|name| self.action(name.rule) != Action::Keep).filter(is_long)
    }
}

impl Name {
    /// Do places in a row spell the name, two thirds of its letters in full? `None` if that takes too long.
    fn is_spelled_by(&self, mask: &[Option<char>], steps: &mut usize) -> Option<bool> {
        let letters: Vec<char> = self.letters.chars().collect();
        let needed = (letters.len() * 2).div_ceil(3);
        // For each beginning of the name that the places up to here spell, how many of its letters are there in full at most.
        let mut spelled: Vec<Option<usize>> = vec![None; letters.len() + 1];
        if let Some(first) = spelled.first_mut() {
            *first = Some(0);
        }
        let mut reached = 0;
        for place in mask {
            let last = (reached + 1).min(letters.len());
            *steps += last;
            if *steps > MOST_STEPS {
                return None;
            }
            reached = 0;
            for length in (1..=last).rev() {
                let shorter = spelled.get(length - 1).copied().flatten();
                let now = match place {
                    Some(c) => shorter.filter(|_| letters.get(length - 1) == Some(c)).map(|count| count + 1),
                    None => shorter.max(spelled.get(length).copied().flatten()),
                };
                let now = now.filter(|count| count + letters.len() - length >= needed);
                if now.is_some() {
                    reached = reached.max(length);
                }
                if let Some(entry) = spelled.get_mut(length) {
                    *entry = now;
                }
            }
            if spelled.last().copied().flatten().is_some_and(|count| count >= needed) {
                return Some(true);
            }
        }
        Some(false)
    }

    /// The parts of the word that make it what it is, and where they begin: of a domain, those of its longest label.
    fn parts(&self) -> Vec<(&str, usize)> {
        let mut labels = Vec::new();
        let mut start = 0;
        for label in self.word.split('.') {
            labels.push((label, start));
            start += label.len() + 1;
        }
        if self.rule == "domain" {
            let longest = labels.iter().copied().max_by_key(|(label, _)| label.len());
            labels = longest.into_iter().collect();
        }
        labels.into_iter().flat_map(|(label, start)| pieces(label, start)).collect()
    }

    /// The word with other letters and digits in a part.
    fn with_moved(&self, part: &str, start: usize, by: u8) -> String {
        let moved = part.chars().map(|c| match u8::try_from(c) {
            Ok(letter @ b'a'..=b'z') => char::from(b'a' + (letter - b'a' + by) % 26),
            Ok(digit @ b'0'..=b'9') => char::from(b'0' + (digit - b'0' + by) % 10),
            _ => 'q',
        });
        let before = self.word.get(..start).unwrap_or_default();
        let behind = self.word.get(start + part.len()..).unwrap_or_default();
        before.chars().chain(moved).chain(behind.chars()).collect()
    }
}

/// Pieces of a few letters and digits in a row, and where they begin. So somebody who asks for a part of a long word, such as
/// what sort of place it names, does not ask for the word.
fn pieces(label: &str, start: usize) -> Vec<(&str, usize)> {
    let mut pieces = Vec::new();
    let mut from = 0;
    let mut count = 0;
    let mut piece = |range: Range<usize>, count: usize| {
        let text = label.get(range.clone()).unwrap_or_default();
        if count >= SHORTEST_PART {
            pieces.push((text, start + range.start));
        }
    };
    for (at, c) in label.char_indices() {
        if !c.is_alphanumeric() || count == PIECE {
            piece(from..at, count);
            (from, count) = (at, 0);
        }
        match c.is_alphanumeric() {
            true => count += 1,
            false => from = at + c.len_utf8(),
        }
    }
    piece(from..label.len(), count);
    pieces
}

/// The letters and digits of a mask, as readings have them, and its open places.
fn letters_of(mask: &[Place]) -> Vec<Option<char>> {
    let mut letters = Vec::with_capacity(mask.len());
    for place in mask {
        match place {
            Place::Char(c) => {
                let folded = View::of(c.encode_utf8(&mut [0; 4])).folded().skeleton();
                letters.extend(folded.0.into_iter().map(|(c, _)| Some(c)));
            }
            Place::Some => letters.push(None),
            Place::Gap => {}
        }
    }
    letters
}

/// What a regular expression demands, roughly: alternatives stand in a row, and what may be repeated is there once.
fn places(regex: &str) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    let mut rest = regex.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => places.extend(escaped(&mut rest)),
            '.' => places.push(Place::Some),
            '[' => places.push(class(&mut rest)),
            '(' if rest.peek() == Some(&'?') => {
                // What a group is, or the flags.
                rest.by_ref().find(|c| matches!(c, ':' | ')' | '>' | '=' | '!'));
            }
            '{' if rest.peek().is_some_and(char::is_ascii_digit) => {
                rest.by_ref().find(|c| *c == '}');
            }
            '?' | '*' => {
                if let Some(last) = places.last_mut() {
                    *last = Place::Some;
                }
            }
            '(' | ')' | '|' | '+' | '^' | '$' => {}
            c => places.push(Place::Char(c)),
        }
    }
    places
}

fn escaped(rest: &mut Peekable<Chars<'_>>) -> Option<Place> {
    match rest.next()? {
        'd' | 'D' | 'w' | 'W' | 's' | 'S' => Some(Place::Some),
        'b' | 'B' | 'A' | 'z' | 'Z' => None,
        'x' => {
            let digits: String = rest.by_ref().take(2).collect();
            u8::from_str_radix(&digits, 16).ok().map(|byte| Place::Char(char::from(byte)))
        }
        c => Some(Place::Char(c)),
    }
}

/// Of a class of characters, the only one, or some.
fn class(rest: &mut Peekable<Chars<'_>>) -> Place {
    let mut all = Vec::new();
    while let Some(c) = rest.next() {
        match c {
            ']' if !all.is_empty() => break,
            '\\' => all.extend(rest.next()),
            c => all.push(c),
        }
    }
    match all.as_slice() {
        [only] => Place::Char(*only),
        _ => Place::Some,
    }
}
