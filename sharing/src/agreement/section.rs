//! Reads the tables of a document one property at a time, so that everything that is wrong is told at once, with its line.

use std::cell::RefCell;
use std::fmt::Display;
use std::ops::Range;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Finding, Severity};

/// What was found, and the text that lines are counted in.
pub(super) struct Notes<'t> {
    text: &'t str,
    findings: RefCell<Vec<Finding>>,
}

impl<'t> Notes<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, findings: RefCell::default() }
    }

    pub(super) fn add(
        &self,
        severity: Severity,
        at: &Range<usize>,
        path: &str,
        problem: impl Into<String>,
        advice: impl Into<String>,
    ) {
        let line = self.text.get(..at.start).map_or(1, |before| before.matches('\n').count() + 1);
        let (path, problem, advice) = (path.to_owned(), problem.into(), advice.into());
        self.findings.borrow_mut().push(Finding { severity, line, path, problem, advice });
    }

    pub(super) fn finish(self) -> Vec<Finding> {
        let mut findings = self.findings.into_inner();
        findings.sort_by_key(|finding| finding.line);
        findings
    }
}

/// A table of the document.
pub(super) struct Section<'n, 't> {
    pub(super) notes: &'n Notes<'t>,
    table: &'n DeTable<'t>,
    /// Where the table stands.
    pub(super) at: Range<usize>,
    path: String,
    read: RefCell<Vec<&'static str>>,
}

impl<'n, 't> Section<'n, 't> {
    pub(super) fn new(notes: &'n Notes<'t>, table: &'n DeTable<'t>, at: Range<usize>, path: String) -> Self {
        Self { notes, table, at, path, read: RefCell::default() }
    }

    /// The full name of a property.
    pub(super) fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Where a property stands; the table if it is not there.
    pub(super) fn place(&self, name: &str) -> Range<usize> {
        self.table.get(name).map_or_else(|| self.at.clone(), Spanned::span)
    }

    pub(super) fn error(&self, name: &str, problem: impl Into<String>, advice: impl Into<String>) {
        self.notes.add(Severity::Error, &self.place(name), &self.path(name), problem, advice);
    }

    pub(super) fn warn(&self, name: &str, problem: impl Into<String>, advice: impl Into<String>) {
        self.notes.add(Severity::Warning, &self.place(name), &self.path(name), problem, advice);
    }

    /// Does the document say something of it?
    pub(super) fn says(&self, name: &str) -> bool {
        self.table.contains_key(name)
    }

    fn value(&self, name: &'static str) -> Option<&'n Spanned<DeValue<'t>>> {
        self.read.borrow_mut().push(name);
        self.table.get(name)
    }

    /// A value, or none with a word about it.
    fn required<T>(&self, name: &'static str, value: Option<T>) -> Option<T> {
        if !self.table.contains_key(name) {
            self.error(name, "it is missing", format!("write {name} = …"));
        }
        value
    }

    /// A text that is not empty.
    pub(super) fn text(&self, name: &'static str) -> Option<String> {
        match self.value(name)?.get_ref() {
            DeValue::String(text) if !text.trim().is_empty() => Some(text.clone().into_owned()),
            DeValue::String(_) => self.none(name, "it is empty", "write something"),
            _ => self.none(name, "it is no text", "put it in quotes"),
        }
    }

    fn none<T>(&self, name: &str, problem: &str, advice: &str) -> Option<T> {
        self.error(name, problem, advice);
        None
    }

    pub(super) fn required_text(&self, name: &'static str) -> Option<String> {
        let text = self.text(name);
        self.required(name, text)
    }

    /// A text of some form.
    pub(super) fn parsed<T: FromStr<Err: Display>>(&self, name: &'static str, advice: &str) -> Option<T> {
        let text = self.text(name)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => self.none(name, &format!("{text:?} is {error}"), advice),
        }
    }

    pub(super) fn required_parsed<T: FromStr<Err: Display>>(&self, name: &'static str, advice: &str) -> Option<T> {
        let value = self.parsed(name, advice);
        self.required(name, value)
    }

    /// An instant, as TOML has them or as text.
    pub(super) fn instant(&self, name: &'static str) -> Option<DateTime<Utc>> {
        let text = match self.value(name).map(Spanned::get_ref) {
            Some(DeValue::Datetime(at)) => at.to_string(),
            Some(DeValue::String(text)) => text.clone().into_owned(),
            Some(_) => return self.none(name, "it is no time", "write it like 2026-01-01T00:00:00Z"),
            None => return self.required(name, None),
        };
        match DateTime::parse_from_rfc3339(&text) {
            Ok(at) => Some(at.to_utc()),
            Err(_) => {
                self.none(name, &format!("{text:?} is no time with a zone"), "write it like 2026-01-01T00:00:00Z")
            }
        }
    }

    pub(super) fn number(&self, name: &'static str) -> Option<u32> {
        let number = match self.value(name)?.get_ref() {
            DeValue::Integer(number) => u32::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        number.or_else(|| self.none(name, "it is no number from 0 to 4294967295", "write a whole number"))
    }

    pub(super) fn boolean(&self, name: &'static str) -> Option<bool> {
        match self.value(name)?.get_ref() {
            DeValue::Boolean(value) => Some(*value),
            _ => self.none(name, "it is neither true nor false", "write true or false, without quotes"),
        }
    }

    /// Texts, none of them empty.
    pub(super) fn texts(&self, name: &'static str) -> Option<Vec<String>> {
        let DeValue::Array(items) = self.value(name)?.get_ref() else {
            return self.none(name, "it is no list", "write [\"…\", \"…\"]");
        };
        let text = |item: &Spanned<DeValue<'t>>| match item.get_ref() {
            DeValue::String(text) if !text.trim().is_empty() => Some(text.clone().into_owned()),
            _ => None,
        };
        let texts: Vec<String> = items.iter().filter_map(text).collect();
        if texts.len() < items.iter().count() {
            self.error(name, "an item is no text, or empty", "put it in quotes");
        }
        Some(texts)
    }

    /// A table in the table.
    pub(super) fn section(&self, name: &'static str) -> Option<Section<'n, 't>> {
        let value = self.value(name)?;
        match value.get_ref() {
            DeValue::Table(table) => Some(Section::new(self.notes, table, value.span(), self.path(name))),
            _ => self.none(name, "it is no table", &format!("write [{}]", self.path(name))),
        }
    }

    /// Tables of one name.
    pub(super) fn sections(&self, name: &'static str) -> Vec<Section<'n, 't>> {
        let Some(value) = self.value(name) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            self.error(name, "it is no list of tables", format!("write [[{name}]]"));
            return Vec::new();
        };
        let section = |(index, item): (usize, &'n Spanned<DeValue<'t>>)| match item.get_ref() {
            DeValue::Table(table) => {
                Some(Section::new(self.notes, table, item.span(), format!("{}[{index}]", self.path(name))))
            }
            _ => self.none(name, "an item is no table", &format!("write [[{name}]]")),
        };
        items.iter().enumerate().filter_map(section).collect()
    }

    /// Names that nobody asked for are mistakes, not room for more: a term that is not understood is not kept.
    pub(super) fn close(&self) {
        let mut read = self.read.borrow().clone();
        // A property can be looked at twice in a row.
        read.dedup();
        for (key, _) in self.table.iter().filter(|(key, _)| !read.contains(&key.get_ref().as_ref())) {
            let known = read.join(", ");
            let path = self.path(key.get_ref());
            self.notes.add(Severity::Error, &key.span(), &path, "nobody knows this", format!("there are {known}"));
        }
    }
}
