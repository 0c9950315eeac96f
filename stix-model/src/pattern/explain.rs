//! Patterns in plain words.

use super::comparison::{Comparison, ComparisonExpression};
use super::observation::{ObservationExpression, Qualifier};
use super::phrase::{its, listed, named, thing, whose};
use super::{Pattern, Version};

/// More than this is told line by line.
const IN_ONE_LINE: usize = 3;

impl Pattern {
    /// What it looks for, in plain words: one line, or one for each part.
    ///
    /// ```
    /// use stix_model::pattern::Pattern;
    ///
    /// let pattern = Pattern::parse("[file:hashes.'SHA-256' = 'ab12' AND file:size > 1000] REPEATS 2 TIMES")?;
    /// assert_eq!(pattern.explain(), "a file whose SHA-256 hash is ab12 and whose size is greater than 1000, seen at least 2 times");
    ///
    /// let pattern = Pattern::parse("([url:value = 'a'] AND [domain-name:value LIKE '%.b']) WITHIN 300 SECONDS")?;
    /// assert_eq!(pattern.explain(), "\
    /// all of these, each in an observation of its own, within 5 minutes:
    ///   - the URL a
    ///   - a domain name that ends with .b");
    /// # Ok::<(), stix_model::pattern::InvalidPattern>(())
    /// ```
    #[must_use]
    pub fn explain(&self) -> String {
        let mut lines = Lines { text: String::new(), depth: 0, version: self.version() };
        lines.observation("", self.expression(), "");
        lines.text
    }
}

struct Lines {
    text: String,
    depth: usize,
    version: Version,
}

impl Lines {
    fn line(&mut self, mark: &str, words: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(&"  ".repeat(self.depth));
        self.text.push_str(mark);
        self.text.push_str(words);
    }

    /// `how` are the qualifiers, from the inner to the outer.
    fn observation(&mut self, mark: &str, expression: &ObservationExpression, how: &str) {
        match expression {
            ObservationExpression::Observation(inside) => self.comparison(mark, inside, how),
            ObservationExpression::Qualified { expression, qualifier, .. } => {
                let how = format!(", {}{how}", self.qualifier(qualifier));
                self.observation(mark, expression, &how);
            }
            ObservationExpression::And(items) => {
                self.line(mark, &format!("all of these, each in an observation of its own{how}:"));
                self.items(items, |lines, _, item| lines.observation("- ", item, ""));
            }
            ObservationExpression::Or(items) => {
                self.line(mark, &format!("at least one of these{how}:"));
                self.items(items, |lines, _, item| lines.observation("- ", item, ""));
            }
            ObservationExpression::FollowedBy(items) => {
                self.line(mark, &format!("these, one after the other{how}:"));
                self.items(items, |lines, i, item| lines.observation(&format!("{}. ", i + 1), item, ""));
            }
        }
    }

    fn items<T>(&mut self, items: &[T], write: impl Fn(&mut Self, usize, &T)) {
        self.depth += 1;
        items.iter().enumerate().for_each(|(i, item)| write(self, i, item));
        self.depth -= 1;
    }

    /// What a single observation shows.
    fn comparison(&mut self, mark: &str, expression: &ComparisonExpression, how: &str) {
        if let Some(words) = in_one_line(expression) {
            return self.line(mark, &format!("{words}{how}"));
        }
        let (items, all) = match expression {
            ComparisonExpression::And(items) => (items, true),
            ComparisonExpression::Or(items) => (items, false),
            ComparisonExpression::Comparison(_) => return,
        };
        match (only_type(expression), all) {
            (Some(object_type), _) => {
                let holds = if all { "all of this holds" } else { "at least one of these holds" };
                self.line(mark, &format!("{} for which {holds}{how}:", thing(object_type)));
                self.items(items, |lines, _, item| lines.condition(item));
            }
            (None, true) => {
                self.line(mark, &format!("something that is all of these{how}:"));
                self.items(items, |lines, _, item| lines.comparison("- ", item, ""));
            }
            (None, false) => {
                self.line(mark, &format!("at least one of these{how}:"));
                self.items(items, |lines, _, item| lines.comparison("- ", item, ""));
            }
        }
    }

    /// What holds for something that has been named.
    fn condition(&mut self, expression: &ComparisonExpression) {
        let (items, words) = match expression {
            ComparisonExpression::Comparison(comparison) => return self.line("- ", &its(comparison)),
            ComparisonExpression::And(items) => (items, "all of this:"),
            ComparisonExpression::Or(items) => (items, "at least one of these:"),
        };
        self.line("- ", words);
        self.items(items, |lines, _, item| lines.condition(item));
    }

    fn qualifier(&self, qualifier: &Qualifier) -> String {
        match qualifier {
            Qualifier::Within(seconds) => format!("within {}", duration(*seconds)),
            Qualifier::Repeats(times) => {
                let how = if self.version == Version::V2_0 { "exactly" } else { "at least" };
                if *times == 1 { format!("seen {how} once") } else { format!("seen {how} {times} times") }
            }
            Qualifier::StartStop(start, stop) => format!("from {} until before {}", start.as_str(), stop.as_str()),
        }
    }
}

/// A few comparisons of one object.
fn in_one_line(expression: &ComparisonExpression) -> Option<String> {
    let (items, word) = match expression {
        ComparisonExpression::Comparison(comparison) => return Some(one(comparison)),
        ComparisonExpression::And(items) => (items, " and "),
        ComparisonExpression::Or(items) => (items, " or "),
    };
    let comparisons: Vec<&Comparison> = items
        .iter()
        .map(|item| match item {
            ComparisonExpression::Comparison(comparison) => Some(comparison.as_ref()),
            _ => None,
        })
        .collect::<Option<_>>()?;
    if comparisons.len() > IN_ONE_LINE {
        return None;
    }
    let object_type = only_type(expression)?;
    // What is named is known by its name: "the domain name a whose …".
    if let (" and ", Some((first, rest))) = (word, comparisons.split_first())
        && let Some(named) = named(first)
    {
        let rest: Vec<_> = rest.iter().map(|comparison| whose(comparison)).collect();
        return Some(format!("{named} {}", rest.join(word)));
    }
    if word == " or " {
        let all: Option<Vec<_>> = comparisons.iter().map(|comparison| named(comparison)).collect();
        if let Some(all) = all {
            return Some(listed(&all, "or"));
        }
    }
    let all: Vec<_> = comparisons.iter().map(|comparison| whose(comparison)).collect();
    Some(format!("{} {}", thing(object_type), all.join(word)))
}

fn one(comparison: &Comparison) -> String {
    let words = || format!("{} {}", thing(&comparison.path.object_type().value), whose(comparison));
    named(comparison).unwrap_or_else(words)
}

/// The type of all comparisons, if they have one in common.
fn only_type(expression: &ComparisonExpression) -> Option<&str> {
    let mut types = expression.comparisons().map(|comparison| comparison.path.object_type().value.as_str());
    let first = types.next()?;
    types.all(|object_type| object_type == first).then_some(first)
}

/// In the largest unit of which it is a whole number.
fn duration(seconds: f64) -> String {
    let units = [(86_400.0, "day"), (3600.0, "hour"), (60.0, "minute"), (1.0, "second")];
    let whole = units.into_iter().find(|(unit, _)| seconds % unit == 0.0);
    let (unit, name) = whole.unwrap_or((1.0, "second"));
    let number = seconds / unit;
    format!("{number} {name}{}", if number == 1.0 { "" } else { "s" })
}
