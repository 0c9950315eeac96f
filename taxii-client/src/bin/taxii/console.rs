use std::collections::HashSet;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::builder::styling::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressStyle};
use taxii_client::Warning;
use tracing_subscriber::EnvFilter;

use crate::output::visible;

pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().bold();

/// Standard error: what people see while they wait, and what they have to know.
#[derive(Clone, Debug)]
pub(crate) struct Console {
    quiet: bool,
    bar: Option<ProgressBar>,
    /// Each warning once: a fault of a server is the same on every page.
    warned: Arc<Mutex<HashSet<String>>>,
}

impl Console {
    pub(crate) fn new(quiet: bool, verbose: u8) -> Self {
        if verbose > 0 {
            let filter = if verbose == 1 { "taxii_client=debug" } else { "debug" };
            tracing_subscriber::fmt().with_writer(io::stderr).with_env_filter(EnvFilter::new(filter)).init();
        }
        let bar = (!quiet && verbose == 0 && io::stderr().is_terminal()).then(spinner);
        Self { quiet, bar, warned: Arc::default() }
    }

    pub(crate) fn error(&self, text: &str) {
        self.clear();
        self.say(&format!("{ERROR}error:{ERROR:#} {}", visible(text)));
    }

    pub(crate) fn warn(&self, text: &str) {
        let new = self.warned.lock().unwrap_or_else(PoisonError::into_inner).insert(text.to_owned());
        if !self.quiet && new {
            self.say(&format!("{WARNING}warning:{WARNING:#} {}", visible(text)));
        }
    }

    /// What is wrong with a part of the input, in words that may have colours and have been made visible.
    pub(crate) fn problem(&self, text: &str) {
        self.say(text);
    }

    /// What was done, in the end.
    pub(crate) fn summary(&self, text: &str) {
        self.clear();
        if !self.quiet {
            self.say(&visible(text));
        }
    }

    /// Takes the progress away, before results come to the same terminal.
    pub(crate) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// What is being done.
    pub(crate) fn progress(&self, text: String) {
        if let Some(bar) = &self.bar {
            bar.enable_steady_tick(Duration::from_millis(120));
            bar.set_message(text);
        }
    }

    pub(crate) fn on_warning(&self) -> impl Fn(&Warning) + Send + Sync + 'static {
        let console = self.clone();
        move |warning| console.warn(&warning.to_string())
    }

    fn say(&self, text: &str) {
        // Nobody is left to hear about a closed standard error.
        let print = || _ = writeln!(anstream::stderr(), "{text}");
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }
}

fn spinner() -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {msg} [{elapsed}]")
        .unwrap_or_else(|_| ProgressStyle::default_spinner());
    ProgressBar::new_spinner().with_style(style)
}

/// `1826` as `1,826 objects`; `1` as `1 object`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    format!("{text} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_people() {
        assert_eq!(count(1, "page"), "1 page");
        assert_eq!(count(0, "page"), "0 pages");
        assert_eq!(count(1_234_567, "object"), "1,234,567 objects");
        assert_eq!(count(826, "object"), "826 objects");
    }
}
