use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use taxii_server::store::transfer::Event;

/// Shows on a terminal how far something has come.
pub(crate) struct Progress {
    shown: bool,
    begun: Instant,
    last: Option<Instant>,
    written: u64,
    compared: u64,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self { shown: std::io::stderr().is_terminal(), begun: Instant::now(), last: None, written: 0, compared: 0 }
    }

    pub(crate) fn told(&mut self, event: &Event) {
        const OFTEN: Duration = Duration::from_millis(200);
        if event.writing {
            self.written += event.rows;
        } else {
            self.compared += event.rows;
        }
        if self.shown && self.last.is_none_or(|last| last.elapsed() > OFTEN) {
            self.last = Some(Instant::now());
            let seconds = self.begun.elapsed().as_secs();
            eprint!("\r{}: {} rows written, {} compared, {seconds} s \x1b[K", event.table, self.written, self.compared);
        }
    }

    /// Leaves the line to others.
    pub(crate) fn seconds(self) -> f64 {
        if self.last.is_some() {
            eprint!("\r\x1b[K");
            drop(std::io::stderr().flush());
        }
        self.begun.elapsed().as_secs_f64()
    }
}
