//! Commands of the server that take a while, and are killed in the middle.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::programs::{self, Folder};

/// A command that is under way.
pub struct Busy(pub Child);

impl Busy {
    pub fn start(folder: &Folder, arguments: &[&str]) -> Self {
        let mut command = folder.command(&programs::server(), arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        Self(command.spawn().expect("the program"))
    }

    pub fn is_over(&mut self) -> bool {
        self.0.try_wait().expect("a child").is_some()
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Waits until something holds, or the command has ended: did it hold?
pub fn until(busy: &mut Busy, mut holds: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    loop {
        if holds() {
            return true;
        }
        if busy.is_over() {
            return false;
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "nothing happens");
        std::thread::sleep(Duration::from_millis(1));
    }
}
