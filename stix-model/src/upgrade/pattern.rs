//! Detection patterns of 2.0 in the language of 2.1.

use super::domain::kept_name;
use super::observable::{has_form, is_removed, new_name, new_spelling};
use crate::{Severity, Timestamp};

/// A pattern of 2.1.
pub(super) struct Rewritten {
    pub(super) text: String,
    pub(super) notes: Vec<(Severity, String)>,
}

/// A token with what stands in the text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Token<'p> {
    Word(&'p str),
    /// With its quotes.
    Quoted(&'p str),
    /// White space or a comment.
    Blank(&'p str),
    Other(&'p str),
}

/// What is being read.
#[derive(Clone)]
enum State<'p> {
    /// Nothing of interest.
    Elsewhere,
    /// A word that is an object type if a colon follows.
    Word(&'p str),
    /// The next word is a step of a path; this is what it is a step of.
    Step(&'p str),
    /// A step was read, which leads to this.
    Path(&'p str),
    /// An index of a list in a path.
    Index(&'p str),
    /// The next text is a bound of time.
    Bound,
}

/// Rewrites a pattern; `None` if it is not understood.
///
/// `START` and `STOP` take timestamps, paths have the property names of 2.1, and what means something else is noted
/// (V20-06).
pub(super) fn rewrite(pattern: &str, keep_removed: bool) -> Option<Rewritten> {
    let mut writer = Writer {
        out: Rewritten { text: String::with_capacity(pattern.len() + 8), notes: Vec::new() },
        state: State::Elsewhere,
        last_step: "",
        keep_removed,
    };
    let mut rest = pattern;
    while !rest.is_empty() {
        let (token, behind) = next(rest)?;
        writer.token(token)?;
        rest = behind;
    }
    Some(writer.out)
}

struct Writer<'p> {
    out: Rewritten,
    state: State<'p>,
    last_step: &'p str,
    keep_removed: bool,
}

impl<'p> Writer<'p> {
    fn token(&mut self, token: Token<'p>) -> Option<()> {
        let state = std::mem::replace(&mut self.state, State::Elsewhere);
        self.state = match (state, token) {
            (state, Token::Blank(text)) => self.copy(text, state),
            (State::Step(of), Token::Word(name)) => self.step(of, name, name),
            (State::Step(of), Token::Quoted(text)) => {
                let name = text.get(1..text.len() - 1)?;
                self.step(of, name, text)
            }
            (State::Word(of), Token::Other(":")) => self.copy(":", State::Step(of)),
            (State::Path(of), Token::Other(".")) => self.copy(".", State::Step(of)),
            (State::Path(of), Token::Other("[")) => self.copy("[", State::Index(of)),
            (State::Index(of), Token::Other("]")) => self.copy("]", State::Path(of)),
            (State::Index(of), Token::Other(text)) => self.copy(text, State::Index(of)),
            (State::Bound, Token::Quoted(text)) => self.bound(text)?,
            (_, Token::Quoted(text)) => self.constant(text),
            (_, Token::Word(text @ ("START" | "STOP"))) => self.copy(text, State::Bound),
            (_, Token::Word(text)) => {
                if text == "REPEATS" {
                    let what = "REPEATS asks for a number exactly in 2.0, for at least that number in 2.1";
                    self.out.notes.push((Severity::Warning, what.to_owned()));
                }
                self.copy(text, State::Word(text))
            }
            (_, Token::Other(text)) => self.copy(text, State::Elsewhere),
        };
        Some(())
    }

    fn copy(&mut self, text: &str, next: State<'p>) -> State<'p> {
        self.out.text.push_str(text);
        next
    }

    /// A bound of time: text in 2.0, a timestamp in 2.1.
    fn bound(&mut self, text: &str) -> Option<State<'p>> {
        text.get(1..text.len() - 1)?.parse::<Timestamp>().ok()?;
        self.out.notes.push((Severity::Information, format!("the text {text} is now a timestamp")));
        self.out.text.push('t');
        Some(self.copy(text, State::Elsewhere))
    }

    /// A text that something is compared with.
    fn constant(&mut self, text: &str) -> State<'p> {
        let value = text.trim_matches('\'');
        match new_spelling(value).filter(|_| self.last_step == "account_type") {
            Some(new) => {
                self.out.notes.push((Severity::Information, format!("{value} is now {new}")));
                self.copy(&format!("'{new}'"), State::Elsewhere)
            }
            None => self.copy(text, State::Elsewhere),
        }
    }

    /// A step of a path. `text` is how the name is written.
    fn step(&mut self, of: &str, name: &'p str, text: &str) -> State<'p> {
        self.last_step = name;
        let new = match of {
            "hashes" if name == "ssdeep" => Some("SSDEEP".to_owned()),
            "extensions" if !has_form(name) => Some(format!("{name}-ext")),
            _ if is_removed(of, name) => self.removed(of, name),
            _ => new_name(of, name).map(str::to_owned),
        };
        match new {
            Some(new) => {
                self.out.notes.push((Severity::Information, format!("{name} is now {new}")));
                let plain = new.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_');
                self.out.text.push_str(&if plain { new } else { format!("'{new}'") });
            }
            None => self.out.text.push_str(text),
        }
        State::Path(leads_to(name))
    }

    /// A property that 2.1 does not have: its custom name, if it has one there.
    fn removed(&mut self, of: &str, name: &str) -> Option<String> {
        let kept = self.keep_removed && !of.ends_with("-ext");
        if !kept {
            let what = format!("{name} of {of} does not exist in 2.1: this part matches nothing");
            self.out.notes.push((Severity::Warning, what));
        }
        kept.then(|| kept_name(name))
    }
}

/// What the next step of a path is a step of: the type of the object that a reference leads to, else the step itself.
fn leads_to(step: &str) -> &str {
    match step {
        "binary_ref" | "image_ref" | "contains_refs" | "service_dll_refs" => "file",
        "parent_ref" | "child_refs" => "process",
        "creator_user_ref" | "belongs_to_ref" => "user-account",
        "parent_directory_ref" => "directory",
        "opened_connection_refs" | "encapsulates_refs" | "encapsulated_by_ref" | "encapsulates_by_ref" => {
            "network-traffic"
        }
        "file_header_hashes" => "hashes",
        // No property has the name of an object type that has properties of other names.
        "file" | "directory" | "process" => "",
        other => other,
    }
}

/// The first token and what is behind it; `None` if a text or a comment does not end.
fn next(text: &str) -> Option<(Token<'_>, &str)> {
    let first = text.chars().next()?;
    let end = match first {
        '\'' => return split(text, quoted(text)?, Token::Quoted),
        '/' if text.starts_with("/*") => return split(text, text.get(2..)?.find("*/")? + 4, Token::Blank),
        '/' if text.starts_with("//") => return split(text, text.find('\n').unwrap_or(text.len()), Token::Blank),
        c if c.is_whitespace() => {
            return split(text, text.find(|c: char| !c.is_whitespace()).unwrap_or(text.len()), Token::Blank);
        }
        c if c.is_ascii_alphabetic() || c == '_' => {
            let inside = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            return split(text, text.find(|c| !inside(c)).unwrap_or(text.len()), Token::Word);
        }
        c => c.len_utf8(),
    };
    split(text, end, Token::Other)
}

fn split<'p>(text: &'p str, at: usize, token: fn(&'p str) -> Token<'p>) -> Option<(Token<'p>, &'p str)> {
    let (first, rest) = text.split_at_checked(at)?;
    Some((token(first), rest))
}

/// Where a text in quotes ends.
fn quoted(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (i, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\'' => return Some(i + 1),
            _ => {}
        }
    }
    None
}
