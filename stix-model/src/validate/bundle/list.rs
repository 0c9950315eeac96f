//! Findings of one rule, as many as anybody reads.

use super::index::Slot;
use super::{BundleCheck, LISTED};
use crate::{Finding, Severity};

/// Findings of one rule, up to [`LISTED`].
pub(super) struct List<'c> {
    check: &'c BundleCheck<'c>,
    rule: &'static str,
    severity: Severity,
    expected: &'static str,
    findings: Vec<Finding>,
    more: usize,
}

impl<'c> List<'c> {
    pub(super) fn new(
        check: &'c BundleCheck<'c>,
        rule: &'static str,
        severity: Severity,
        expected: &'static str,
    ) -> Self {
        Self { check, rule, severity, expected, findings: Vec::new(), more: 0 }
    }

    pub(super) fn add(&mut self, object: Slot, pointer: &str, found: impl FnOnce() -> String) {
        if self.findings.len() == LISTED {
            self.more += 1;
            return;
        }
        let object = self.check.index.get(object).map(|entry| self.check.index.id(entry));
        let (rule, severity) = (self.rule, self.severity);
        self.check.find(&mut self.findings, object.as_deref(), rule, severity, pointer, found(), self.expected);
    }

    pub(super) fn finish(mut self, findings: &mut Vec<Finding>) {
        findings.append(&mut self.findings);
        if self.more > 0 {
            let found = format!("{} more such findings", self.more);
            self.check.find(findings, None, self.rule, self.severity, "", found, self.expected);
        }
    }
}
