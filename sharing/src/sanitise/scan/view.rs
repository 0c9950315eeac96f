//! A text as it can also be read: decoded, folded, put together again. Each character knows where it came from.

use std::ops::Range;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// A character, and the bytes of the text that it stands for.
pub(super) type Char = (char, Range<usize>);

/// A reading of a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct View(pub(super) Vec<Char>);

/// The text of a reading, and where in it each character begins.
pub(super) struct Line {
    pub(super) text: String,
    starts: Vec<usize>,
}

impl Line {
    /// Which characters these bytes are.
    pub(super) fn chars(&self, bytes: &Range<usize>) -> Range<usize> {
        let index = |byte: usize| self.starts.partition_point(|start| *start < byte);
        index(bytes.start)..index(bytes.end)
    }
}

/// What decodes to fewer characters in a row that can be read is chance: bytes of a hash, say.
const SHORTEST_PIECE: usize = 8;

/// Shorter runs say nothing when they are decoded.
const SHORTEST_RUN: usize = 6;

/// As many signs stand between two octets of one text at most, besides white space.
const MOST_SIGNS: usize = 4;

/// Longer words of hexadecimal digits are no octets that stand apart.
const LONGEST_WORD: usize = 8;

/// Base64 as people cut it out: padded or not, with bits left over.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
);

impl View {
    pub(super) fn of(text: &str) -> Self {
        Self(text.char_indices().map(|(at, c)| (c, at..at + c.len_utf8())).collect())
    }

    /// What bytes say, all of which come from one place. Bytes that are no text are no text.
    fn of_bytes(bytes: &[u8], from: &Range<usize>) -> Self {
        let text = String::from_utf8_lossy(bytes);
        // UTF-16 of what fits into one byte is every other byte.
        Self(text.chars().filter(|c| *c != '\0').map(|c| (c, from.clone())).collect())
    }

    pub(super) fn line(&self) -> Line {
        let mut line = Line { text: String::with_capacity(self.0.len()), starts: Vec::with_capacity(self.0.len()) };
        for (c, _) in &self.0 {
            line.starts.push(line.text.len());
            line.text.push(*c);
        }
        line
    }

    #[cfg(test)]
    pub(super) fn text(&self) -> String {
        self.line().text
    }

    /// Of what was decoded, the pieces that are long enough to mean something.
    pub(super) fn pieces(&self) -> Self {
        let is_noise = |c: char| !c.is_ascii() || c.is_ascii_control();
        let pieces = self.0.split(|(c, _)| is_noise(*c)).filter(|piece| piece.len() >= SHORTEST_PIECE);
        apart(pieces.map(|piece| Self(piece.to_vec())))
    }

    /// The bytes that these characters came from.
    pub(super) fn span(&self, chars: Range<usize>) -> Option<Range<usize>> {
        let chars = self.0.get(chars)?;
        let start = chars.iter().map(|(_, at)| at.start).min()?;
        Some(start..chars.iter().map(|(_, at)| at.end).max()?)
    }

    /// Without the escapes of URLs (`%41`), of JSON and of programs (`\u0041`, `\u{41}`, `\x41`), of HTML (`&#65;`, `&nbsp;`)
    /// and of mail (`=41`); `None` if there are none.
    pub(super) fn unescaped(&self) -> Option<Self> {
        let mut view = Vec::with_capacity(self.0.len());
        let mut bytes: Vec<(u8, Range<usize>)> = Vec::new();
        let mut rest = self.0.as_slice();
        let mut found = false;
        while let Some((first, behind)) = rest.split_first() {
            if let Some((escape, length)) = escape(rest) {
                let at = first.1.start..rest.get(length - 1).map_or(first.1.end, |last| last.1.end);
                match escape {
                    Escape::Byte(byte) => bytes.push((byte, at)),
                    Escape::Char(c) => {
                        flush(&mut bytes, &mut view);
                        view.push((c, at));
                    }
                }
                found = true;
                rest = rest.get(length..).unwrap_or_default();
            } else {
                flush(&mut bytes, &mut view);
                view.push(first.clone());
                rest = behind;
            }
        }
        flush(&mut bytes, &mut view);
        found.then_some(Self(view))
    }

    /// What runs of Base64 and of hexadecimal digits decode to, from whichever digit they are read, and octets that stand apart.
    pub(super) fn decoded(&self) -> Vec<Self> {
        let is_base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_');
        let runs: Vec<_> = self.runs(is_base64).into_iter().chain(self.without_breaks().runs(is_base64)).collect();
        let digits = self.runs(|c| c.is_ascii_hexdigit());
        let base64 = (0..4).map(|skipped| apart(runs.iter().filter_map(|run| from_base64(run, skipped))));
        let hex = (0..2).map(|skipped| apart(digits.iter().filter_map(|run| from_hex(run, skipped))));
        let apart = self.piped().into_iter().chain([self.octets()]);
        base64.chain(hex).chain(apart).filter(|view| !view.0.is_empty()).collect()
    }

    /// What octets say that are written one by one, as programs, dumps and rules have them: `61 63`, `0x61, 0x63`, `6163 6d65`.
    fn octets(&self) -> Self {
        let mut runs = Vec::new();
        let mut bytes = Vec::new();
        let mut signs = 0;
        let mut rest = self.0.as_slice();
        while let Some(((c, _), behind)) = rest.split_first() {
            if c.is_alphanumeric() {
                let length = rest.iter().take_while(|(c, _)| c.is_alphanumeric()).count();
                let (word, behind) = rest.split_at(length);
                match octets_of(word) {
                    Some(more) => bytes.extend(more),
                    None => end(&mut bytes, &mut runs),
                }
                (signs, rest) = (0, behind);
            } else {
                signs += usize::from(!c.is_whitespace());
                if signs > MOST_SIGNS {
                    end(&mut bytes, &mut runs);
                }
                rest = behind;
            }
        }
        end(&mut bytes, &mut runs);
        apart(runs.into_iter())
    }

    /// With the octets read that rules of Snort have between bars in the middle of a text: `acme|2d|clinic`.
    fn piped(&self) -> Option<Self> {
        let mut view = Vec::with_capacity(self.0.len());
        let mut rest = self.0.as_slice();
        let mut found = false;
        while let Some((first, behind)) = rest.split_first() {
            rest = behind;
            match (first.0 == '|').then(|| between_bars(behind)).flatten() {
                Some((octets, behind)) => {
                    view.extend(of_octets(&octets).0);
                    (found, rest) = (true, behind);
                }
                None => view.push(first.clone()),
            }
        }
        found.then_some(Self(view))
    }

    /// Encoded text is often broken into lines.
    fn without_breaks(&self) -> Self {
        if !self.0.iter().any(|(c, _)| matches!(c, '\r' | '\n')) {
            return Self::default();
        }
        Self(self.0.iter().filter(|(c, _)| !matches!(c, '\r' | '\n')).cloned().collect())
    }

    fn runs(&self, belongs: impl Fn(char) -> bool) -> Vec<Vec<Char>> {
        let runs = self.0.split(|(c, _)| !belongs(*c)).filter(|run| run.len() >= SHORTEST_RUN);
        runs.map(<[Char]>::to_vec).collect()
    }

    /// In lower case, without accents, marks that cannot be seen, and letters of other scripts that look like Latin ones.
    pub(super) fn folded(&self) -> Self {
        let mut view = Vec::with_capacity(self.0.len());
        for (c, at) in &self.0 {
            for c in std::iter::once(*c).nfkd().flat_map(char::to_lowercase) {
                if !is_combining_mark(c) && !is_invisible(c) {
                    view.push((look_alike(c), at.clone()));
                }
            }
        }
        Self(view)
    }

    /// With the dots and the at-signs that were taken apart: `a[.]example`, `jo (at) a (dot) example`, `10 . 0 . 0 . 1`.
    pub(super) fn refanged(&self) -> Self {
        let mut view: Vec<Char> = Vec::with_capacity(self.0.len());
        let mut rest = self.0.as_slice();
        while let Some((first, behind)) = rest.split_first() {
            let Some((c, length)) = sign(rest) else {
                view.push(first.clone());
                rest = behind;
                continue;
            };
            while view.last().is_some_and(|(c, _)| c.is_whitespace()) {
                view.pop();
            }
            view.push((c, first.1.start..rest.get(length - 1).map_or(first.1.end, |last| last.1.end)));
            rest = rest.get(length..).unwrap_or_default();
            while let Some(((c, _), behind)) = rest.split_first()
                && c.is_whitespace()
            {
                rest = behind;
            }
        }
        Self(view)
    }

    /// Its letters and digits alone.
    pub(super) fn skeleton(&self) -> Self {
        Self(self.0.iter().filter(|(c, _)| c.is_alphanumeric()).cloned().collect())
    }
}

/// A byte, and where it stands.
type Octet = (u8, Range<usize>);

/// The octets that a word is, if it is some: `61`, `0x61`, the `x61` of `\x61`, `6163`.
fn octets_of(word: &[Char]) -> Option<Vec<Octet>> {
    let is = |index: usize, wanted: char| word.get(index).is_some_and(|(c, _)| c.eq_ignore_ascii_case(&wanted));
    let prefix = match () {
        () if is(0, '0') && is(1, 'x') => 2,
        () if is(0, 'x') => 1,
        () => 0,
    };
    let digits = word.get(prefix..)?;
    if digits.is_empty() || digits.len() > LONGEST_WORD || digits.len() % 2 == 1 {
        return None;
    }
    digits.chunks_exact(2).map(octet).collect()
}

/// Two hexadecimal digits.
fn octet(pair: &[Char]) -> Option<Octet> {
    let [(high, from), (low, to)] = pair else { return None };
    let byte = u8::try_from(high.to_digit(16)? * 16 + low.to_digit(16)?).ok()?;
    Some((byte, from.start..to.end))
}

/// The octets up to the next bar, and what stands behind it.
fn between_bars(chars: &[Char]) -> Option<(Vec<Octet>, &[Char])> {
    let mut octets = Vec::new();
    let mut rest = chars;
    loop {
        match rest {
            [('|', _), behind @ ..] => return (!octets.is_empty()).then_some((octets, behind)),
            [(c, _), behind @ ..] if c.is_whitespace() => rest = behind,
            _ => {
                octets.push(octet(rest.get(..2)?)?);
                rest = rest.get(2..)?;
            }
        }
    }
}

/// Ends a run of octets; short ones say nothing.
fn end(bytes: &mut Vec<Octet>, runs: &mut Vec<View>) {
    if bytes.len() * 2 >= SHORTEST_RUN {
        runs.push(of_octets(bytes));
    }
    bytes.clear();
}

/// What octets say. Those of one character of several bytes come from one place.
fn of_octets(octets: &[Octet]) -> View {
    let mut view = Vec::with_capacity(octets.len());
    for piece in octets.chunk_by(|(one, _), (next, _)| !one.is_ascii() && !next.is_ascii()) {
        let raw: Vec<u8> = piece.iter().map(|(byte, _)| *byte).collect();
        if let (Some((_, first)), Some((_, last))) = (piece.first(), piece.last()) {
            view.extend(View::of_bytes(&raw, &(first.start..last.end)).0);
        }
    }
    View(view)
}

enum Escape {
    Byte(u8),
    Char(char),
}

fn flush(bytes: &mut Vec<(u8, Range<usize>)>, view: &mut Vec<Char>) {
    if let (Some((_, first)), Some((_, last))) = (bytes.first(), bytes.last()) {
        let raw: Vec<u8> = bytes.iter().map(|(byte, _)| *byte).collect();
        view.extend(View::of_bytes(&raw, &(first.start..last.end)).0);
        bytes.clear();
    }
}

/// The escape that these characters begin with, and its length.
fn escape(chars: &[Char]) -> Option<(Escape, usize)> {
    let at = |index: usize| chars.get(index).map(|(c, _)| *c);
    let number = |from: usize, to: usize, radix: u32| {
        (from..to).try_fold(0_u32, |number, index| Some(number * radix + at(index)?.to_digit(radix)?))
    };
    let byte = |number: u32| u8::try_from(number).ok().map(Escape::Byte);
    match (at(0)?, at(1)?) {
        ('%', 'u') => Some((Escape::Char(char::from_u32(number(2, 6, 16)?)?), 6)),
        ('%' | '=', _) => Some((byte(number(1, 3, 16)?)?, 3)),
        ('\\', 'x') => Some((byte(number(2, 4, 16)?)?, 4)),
        ('\\', 'u') if at(2) == Some('{') => {
            let end = (3..10).find(|index| at(*index) == Some('}'))?;
            Some((Escape::Char(char::from_u32(number(3, end, 16)?)?), end + 1))
        }
        ('\\', 'u') => Some((Escape::Char(char::from_u32(number(2, 6, 16)?)?), 6)),
        ('&', '#') => {
            let (from, radix) = if matches!(at(2)?, 'x' | 'X') { (3, 16) } else { (2, 10) };
            let end = (from..from + 8).find(|index| at(*index).is_none_or(|c| !c.is_digit(radix)))?;
            let c = char::from_u32(number(from, end, radix)?).filter(|_| end > from)?;
            Some((Escape::Char(c), end + usize::from(at(end) == Some(';'))))
        }
        ('&', c) if c.is_ascii_alphabetic() => {
            let letters = chars.iter().skip(1).take(LONGEST_ENTITY).map(|(c, _)| *c);
            let name: String = letters.take_while(char::is_ascii_alphanumeric).collect();
            let end = name.len() + 1;
            match at(end) {
                Some(';') => Some((Escape::Char(entity(&name)), end + 1)),
                // Browsers read this one without its end.
                _ => name.starts_with("nbsp").then_some((Escape::Char(' '), 5)),
            }
        }
        _ => None,
    }
}

const LONGEST_ENTITY: usize = 10;

/// The character of HTML that has this name, or a letter or sign like it; most of the others are spaces.
fn entity(name: &str) -> char {
    const ACCENTS: [&str; 16] = [
        "acute", "breve", "caron", "cedil", "circ", "dblac", "dot", "grave", "macr", "nodot", "ogon", "ring", "slash",
        "strok", "tilde", "uml",
    ];
    match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "period" => '.',
        "commat" => '@',
        "colon" => ':',
        "sol" => '/',
        "bsol" => '\\',
        "lowbar" => '_',
        "percnt" => '%',
        "num" => '#',
        "dash" | "hyphen" | "mdash" | "minus" | "ndash" => '-',
        "shy" | "zwj" | "zwnj" => '\u{ad}',
        "szlig" => 'ß',
        "aelig" | "AElig" => 'æ',
        "oelig" | "OElig" => 'œ',
        _ => {
            let mut letters = name.chars();
            let first = letters.next().unwrap_or(' ');
            if ACCENTS.contains(&letters.as_str()) { first } else { ' ' }
        }
    }
}

/// A dot or an at-sign that was taken apart, and its length.
fn sign(chars: &[Char]) -> Option<(char, usize)> {
    let starts = |text: &str| {
        let same = text.chars().zip(chars).filter(|(c, (own, _))| c == own).count();
        (same == text.len()).then_some(same)
    };
    let signs = [
        ('.', &["[.]", "(.)", "{.}", "[dot]", "(dot)", "{dot}", " dot ", " . ", " ."] as &[&str]),
        ('@', &["[@]", "(@)", "{@}", "[at]", "(at)", "{at}", " @ ", " @"]),
        (':', &["[:]", "(:)", " : "]),
        ('/', &["[/]", "(/)"]),
        ('\\', &[r" \ "]),
    ];
    if chars.first().is_some_and(|(c, _)| !matches!(c, '[' | '(' | '{' | ' ')) {
        return None;
    }
    // In a sentence, `at` is a word.
    if starts(" at ").is_some() {
        let mut behind = chars.iter().skip(4).map(|(c, _)| *c).skip_while(|c| !c.is_whitespace());
        return " dot ".chars().all(|c| behind.next() == Some(c)).then_some(('@', 4));
    }
    signs.iter().find_map(|(c, texts)| Some((*c, texts.iter().find_map(|text| starts(text))?)))
}

/// One reading of several, none of which runs into the next.
fn apart(views: impl Iterator<Item = View>) -> View {
    let mut all = Vec::new();
    for view in views {
        let end = view.0.last().map(|(_, at)| at.clone());
        all.extend(view.0);
        all.extend(end.map(|at| ('\n', at)));
    }
    View(all)
}

/// What a run of Base64 says without its first digits: what stands before may belong to it or not.
fn from_base64(run: &[Char], skipped: usize) -> Option<View> {
    let standard = |c: char| match c {
        '-' => '+',
        '_' => '/',
        c => c,
    };
    let digits: String = run.iter().skip(skipped).map(|(c, _)| standard(*c)).collect();
    // A single digit that is left over says nothing.
    let whole = if digits.len() % 4 == 1 { digits.len() - 1 } else { digits.len() };
    let bytes = BASE64.decode(digits.get(..whole)?).ok()?;
    Some(View::of_bytes(&bytes, &whole_of(run)?))
}

fn from_hex(run: &[Char], skipped: usize) -> Option<View> {
    let digits: Vec<u8> = run.iter().skip(skipped).filter_map(|(c, _)| u8::try_from(c.to_digit(16)?).ok()).collect();
    let pairs = digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, digit| (byte << 4) | digit));
    Some(View::of_bytes(&pairs.collect::<Vec<u8>>(), &whole_of(run)?))
}

fn whole_of(run: &[Char]) -> Option<Range<usize>> {
    Some(run.first()?.1.start..run.last()?.1.end)
}

/// Marks that nobody sees: joiners, directions, soft hyphens, selectors of variants, tags.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

/// The Latin letter that a small letter of another script looks like, or a small capital, or a letter in a circle or square.
fn look_alike(c: char) -> char {
    if c.is_ascii() {
        return c;
    }
    for first in ['\u{1f150}', '\u{1f170}', '\u{1f1e6}'] {
        let place = u32::from(c).checked_sub(u32::from(first)).and_then(|place| u8::try_from(place).ok());
        if let Some(place) = place.filter(|place| *place < 26) {
            return char::from(b'a' + place);
        }
    }
    const PAIRS: &str = "ᴀaʙbᴄcᴅdᴇeꜰfɢgʜhɪiᴊjᴋkʟlᴍmɴnᴏoᴘpꞯqʀrꜱsᴛtᴜuᴠvᴡwʏyᴢzаaвbеeѕsіiјjкkмmнhоoрpсcтtуyхxԁdԛqԝwһhɡgαaβbγyεeηnιiκkνvοoρpτtυuχxωwıiłløođdħhßsæaœo";
    let mut pairs = PAIRS.chars();
    while let (Some(other), Some(latin)) = (pairs.next(), pairs.next()) {
        if other == c {
            return latin;
        }
    }
    c
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Escapes of every kind are read, several bytes as one character.
    #[test]
    fn escapes_are_read() {
        for text in ["%41cm%65", r"\u0041cme", r"\u{41}cme", r"\x41cme", "&#65;cme", "&#x41;cme", "%u0041cme", "=41cme"]
        {
            assert_eq!(View::of(text).unescaped().unwrap().text(), "Acme", "{text}");
        }
        assert_eq!(View::of("%C3%A9").unescaped().unwrap().text(), "é");
        for text in ["100 %", "%zz", r"\u00", "&#;", "", "%"] {
            assert_eq!(View::of(text).unescaped(), None, "{text}");
        }
    }

    /// Base64 is read wherever it begins, hexadecimal digits too.
    #[test]
    fn encodings_are_read() {
        for text in [
            "QWNtZSBDbGluaWM=",
            "xQWNtZSBDbGluaWM",
            "id=zzQWNtZSBDbGluaWM",
            "41636d6520436c696e6963",
            "QWNtZSBD\nbGluaWM",
        ] {
            let all = View::of(text).decoded();
            assert!(all.iter().any(|view| view.text().contains("Acme Clinic")), "{text}");
        }
        let utf16 = BASE64.encode("Acme Clinic".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>());
        assert!(View::of(&utf16).decoded().iter().any(|view| view.text().contains("Acme Clinic")));
    }

    /// Folding takes away what only looks different.
    #[test]
    fn looks_are_folded() {
        for text in ["ACME", "Äcmé", "аcmе", "a\u{200b}c\u{ad}me", "ａｃｍｅ", "𝐀𝐜𝐦𝐞"] {
            assert_eq!(View::of(text).folded().text(), "acme", "{text}");
        }
    }

    /// What was taken apart is put together again.
    #[test]
    fn signs_are_put_together() {
        for (text, whole) in [
            ("a[.]b[.]example", "a.b.example"),
            ("jo at a dot example", "jo@a.example"),
            ("10 . 0 . 0 . 1", "10.0.0.1"),
            ("an end. served at a.example", "an end. served at a.example"),
        ] {
            assert_eq!(View::of(text).refanged().text(), whole);
        }
    }
}
