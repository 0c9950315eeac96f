//! What has to be cleared away however this process ends.

use std::ffi::OsStr;
use std::process::{Child, Command, Stdio};

/// A shell that waits for this process to let go of it, or to end, and then clears away.
pub struct Leash(Child);

impl Leash {
    /// The script is run once this is dropped or the process is gone.
    pub fn new<A: AsRef<OsStr>>(script: &str, arguments: impl IntoIterator<Item = A>) -> Self {
        let shell = Command::new("sh")
            .args(["-c", &format!("read -r _; {script}"), "leash"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Self(shell.expect("a shell"))
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        drop(self.0.wait());
    }
}
