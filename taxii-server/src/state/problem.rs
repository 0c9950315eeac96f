use std::fmt;

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line and the column, from 1; `None` if it is nothing in particular.
    pub place: Option<(usize, usize)>,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Some((line, column)) => write!(f, "line {line}, column {column}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

impl std::error::Error for Problem {}

impl Problem {
    /// At this byte of the text.
    pub(super) fn at(text: &str, byte: usize, what: &str) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { place: Some((line, column)), what: what.to_owned() }
    }

    pub(super) fn of_toml(text: &str, error: &toml::de::Error) -> Self {
        let what = error.message().trim().replace('\n', ", ");
        let what = suggestion(&what).unwrap_or(what);
        match error.span() {
            Some(span) => Self::at(text, span.start, &what),
            None => Self { place: None, what },
        }
    }
}

/// A shorter text for a word that is nearly one of those that were expected.
fn suggestion(what: &str) -> Option<String> {
    let (said, expected) = what.split_once(", expected ")?;
    let wrong = said.split('`').nth(1)?;
    let words = expected.split('`').skip(1).step_by(2);
    let nearest = nearest(wrong, words)?;
    Some(format!("{said}; did you mean {nearest}?"))
}

/// The word that is meant, if one is near.
pub(super) fn nearest<'w>(wrong: &str, words: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    let nearest = words.map(|word| (distance(wrong, word), word)).min()?;
    (nearest.0 * 2 <= wrong.chars().count().max(2)).then_some(nearest.1)
}

/// How many letters have to be added, taken away or changed (Levenshtein); two that changed places count as two.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().take(100).collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (n, letter) in one.chars().take(100).enumerate() {
        let mut diagonal = n;
        let mut left = n + 1;
        let mut next = vec![left];
        for (above, also) in row.iter().skip(1).zip(&other) {
            let same = diagonal + usize::from(letter != *also);
            left = same.min(left + 1).min(above + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}
