//! The leak scanner: finds in a text what tells of a victim or of a member's own network.
//!
//! A text is read in several ways: as it stands, with its escapes and its Base64 and hexadecimal parts decoded, some levels
//! deep, in lower case, without accents and invisible marks, with dots and at-signs put together. In each reading are looked for
//!
//! * names and domains of a list, in their letters and digits alone, so that `A-C-M-E` is found,
//! * addresses: of mail, of internal networks and of networks of a list,
//! * host names of internal zones, paths of users' folders, shares, security identifiers of accounts,
//! * regular expressions of one's own.
//!
//! A scanner is a net and has holes: it finds what it looks for. What leaves is decided by the list of allowed properties
//! first; the scanner looks through those of them that hold text.

mod mask;
mod patterns;
mod settings;
mod view;

use std::collections::BTreeMap;
use std::ops::Range;

pub use settings::{Action, InvalidScan, Own, Scan};

use patterns::{Compiled, Networks};
use view::{Line, View};

/// A leak, and where in the text it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leak {
    /// The bytes of the text.
    pub span: Range<usize>,
    /// The rule that found it: `name`, `domain`, `mail`, `network`, `host`, `path`, `mac`, `account`, or one of your own.
    pub rule: String,
}

/// What became of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There is nothing in it.
    Clean,
    /// What it is without the leaks, and the rules that found them.
    Redacted(String, Vec<String>),
    /// It cannot leave, by this rule.
    Rejected(String),
}

/// What stands where something was taken out.
pub const REMOVED: &str = "[removed]";

/// Levels of decoding.
const LEVELS: usize = 3;
/// A text of which all readings together have more characters is not looked through, and so does not leave.
const MOST: usize = 4 << 20;

/// Looks for leaks.
#[derive(Clone, Debug)]
pub struct Scanner {
    names: Vec<Name>,
    patterns: Vec<Compiled>,
    networks: Networks,
    actions: BTreeMap<String, Action>,
    default: Action,
}

/// A name in its letters and digits. Short ones count only as words, since longer words have them in the middle.
#[derive(Clone, Debug)]
struct Name {
    /// As it is listed, in lower case.
    word: String,
    letters: String,
    rule: &'static str,
}

impl Name {
    const SHORT: usize = 5;
}

impl Scanner {
    /// A scanner by these settings.
    ///
    /// # Errors
    /// A name is too short to be looked for, a network or a regular expression is none.
    pub fn new(settings: &Scan) -> Result<Self, InvalidScan> {
        settings.check()?;
        let name = |text: &String, rule| Name { word: text.to_lowercase(), letters: letters(text), rule };
        let names = settings.names.iter().map(|text| name(text, "name"));
        let names = names.chain(settings.domains.iter().map(|text| name(text, "domain"))).collect();
        Ok(Self {
            names,
            patterns: patterns::compiled(settings)?,
            networks: Networks::new(&settings.networks)?,
            actions: settings.actions.clone(),
            default: settings.default,
        })
    }

    /// Every leak, in the order of the text.
    ///
    /// ```
    /// use sharing::sanitise::scan::{Scan, Scanner};
    ///
    /// let scan = Scan { names: vec!["Acme Clinic".to_owned()], ..Scan::default() };
    /// let leaks = Scanner::new(&scan)?.leaks("Found at ACME-clinic, 10.0.0[.]7").unwrap();
    /// let rules: Vec<_> = leaks.iter().map(|leak| leak.rule.as_str()).collect();
    /// assert_eq!(rules, ["name", "network"]);
    /// # Ok::<(), sharing::sanitise::scan::InvalidScan>(())
    /// ```
    ///
    /// `None` if there is too much in it to be looked through.
    #[must_use]
    pub fn leaks(&self, text: &str) -> Option<Vec<Leak>> {
        let mut leaks = Vec::new();
        for (depth, reading) in readings(text)? {
            let folded = reading.folded();
            self.names_in(&folded, &mut leaks);
            let is_decoded = depth > 0;
            let folded = if is_decoded { folded.pieces() } else { folded };
            self.patterns_in(&folded, is_decoded, &mut leaks);
            let refanged = folded.refanged();
            if refanged != folded {
                self.patterns_in(&refanged, is_decoded, &mut leaks);
            }
        }
        leaks.retain(|leak: &Leak| self.action(&leak.rule) != Action::Keep);
        leaks.sort_by(|a, b| (a.span.start, a.span.end, &a.rule).cmp(&(b.span.start, b.span.end, &b.rule)));
        leaks.dedup();
        Some(leaks)
    }

    /// The rule of the first leak, if there is any.
    #[must_use]
    pub fn first(&self, text: &str) -> Option<String> {
        match self.leaks(text) {
            Some(leaks) => leaks.into_iter().next().map(|leak| leak.rule),
            None => Some("unreadable".to_owned()),
        }
    }

    /// What becomes of a free text.
    #[must_use]
    pub fn redact(&self, text: &str) -> Outcome {
        let Some(leaks) = self.leaks(text) else { return Outcome::Rejected("unreadable".to_owned()) };
        if leaks.is_empty() {
            return Outcome::Clean;
        }
        if let Some(leak) = leaks.iter().find(|leak| self.action(&leak.rule) == Action::Reject) {
            return Outcome::Rejected(leak.rule.clone());
        }
        let rest = without(text, &leaks);
        // What is left may say by itself what was cut in two.
        match self.first(&rest) {
            Some(rule) => Outcome::Rejected(rule),
            None => {
                let mut rules: Vec<_> = leaks.into_iter().map(|leak| leak.rule).collect();
                rules.sort();
                rules.dedup();
                Outcome::Redacted(rest, rules)
            }
        }
    }

    /// What a rule does.
    #[must_use]
    pub fn action(&self, rule: &str) -> Action {
        self.actions.get(rule).copied().unwrap_or(self.default)
    }

    fn names_in(&self, folded: &View, leaks: &mut Vec<Leak>) {
        let skeleton = folded.skeleton();
        let (words, letters) = (folded.line(), skeleton.line());
        for name in &self.names {
            if name.letters.chars().count() < Name::SHORT {
                let found = words.text.match_indices(&name.letters).map(|(at, found)| at..at + found.len());
                found.filter(|at| is_word(&words.text, at)).for_each(|at| push(leaks, folded, &words, &at, name.rule));
            } else {
                let found = letters.text.match_indices(&name.letters).map(|(at, found)| at..at + found.len());
                found.for_each(|at| push(leaks, &skeleton, &letters, &at, name.rule));
            }
        }
    }

    fn patterns_in(&self, view: &View, is_decoded: bool, leaks: &mut Vec<Leak>) {
        let line = view.line();
        for pattern in &self.patterns {
            // Random bytes have an at-sign now and then, but hardly a whole address.
            let is_whole = |found: &Range<usize>| {
                let domain = line.text.get(found.clone()).and_then(|mail| mail.split_once('@'));
                pattern.rule != "mail" || !is_decoded || domain.is_some_and(|(_, domain)| domain.contains('.'))
            };
            let found = pattern.find(&line.text).filter(is_whole);
            found.for_each(|found| push(leaks, view, &line, &found, &pattern.rule));
        }
        self.networks.find(&line.text).into_iter().for_each(|found| push(leaks, view, &line, &found, "network"));
    }
}

/// Adds a leak that was found in a reading, by the bytes of the reading.
fn push(leaks: &mut Vec<Leak>, view: &View, line: &Line, found: &Range<usize>, rule: &str) {
    if let Some(span) = view.span(line.chars(found)) {
        leaks.push(Leak { span, rule: rule.to_owned() });
    }
}

/// Does it stand between what is no letter and no digit?
fn is_word(text: &str, at: &Range<usize>) -> bool {
    !text.get(..at.start).is_some_and(|before| before.ends_with(char::is_alphanumeric))
        && !text.get(at.end..).is_some_and(|rest| rest.starts_with(char::is_alphanumeric))
}

/// The letters and digits of a name, as readings have them.
fn letters(name: &str) -> String {
    View::of(name).folded().skeleton().line().text
}

/// Every way to read a text, each with how many times something was decoded for it; `None` if there are too many.
fn readings(text: &str) -> Option<Vec<(usize, View)>> {
    let mut all = vec![(0, View::of(text))];
    let mut size = text.len();
    let mut from = 0;
    for _ in 0..LEVELS {
        let mut next = Vec::new();
        for (depth, view) in all.get(from..).unwrap_or_default() {
            next.extend(view.unescaped().map(|view| (*depth, view)));
            next.extend(view.decoded().into_iter().map(|view| (depth + 1, view)));
        }
        size += next.iter().map(|(_, view)| view.0.len()).sum::<usize>();
        if size > MOST {
            return None;
        }
        from = all.len();
        all.extend(next);
    }
    Some(all)
}

/// The text with a word in place of every leak.
fn without(text: &str, leaks: &[Leak]) -> String {
    let mut spans: Vec<Range<usize>> = Vec::new();
    for leak in leaks {
        match spans.last_mut() {
            Some(last) if leak.span.start <= last.end => last.end = last.end.max(leak.span.end),
            _ => spans.push(leak.span.clone()),
        }
    }
    let mut rest = String::with_capacity(text.len());
    let mut from = 0;
    for span in spans {
        rest.push_str(text.get(from..span.start).unwrap_or_default());
        rest.push_str(REMOVED);
        from = span.end;
    }
    rest.push_str(text.get(from..).unwrap_or_default());
    rest
}

#[cfg(test)]
mod tests;
