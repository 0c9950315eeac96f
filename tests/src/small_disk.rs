//! A disk that is soon full.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::absent;
use crate::leash::Leash;

/// A file system in memory with so much room; it goes with this.
pub struct SmallDisk {
    pub folder: PathBuf,
    _leash: Leash,
}

impl SmallDisk {
    /// A disk, if this process may mount one. `room` is a number of bytes, or one followed by `k` or `m`.
    pub fn new(what: &str, room: &str) -> Option<Self> {
        let folder = TempDir::with_prefix("taxii-tests-").expect("a temporary folder").keep();
        let leash = Leash::new("umount -l \"$1\"; rmdir \"$1\"", [&folder]);
        let disk = Self { folder, _leash: leash };
        if disk.mount(&format!("size={room}")) {
            return Some(disk);
        }
        absent::not_run(what, "this process may not mount a small file system");
        None
    }

    fn mount(&self, options: &str) -> bool {
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&self.folder);
        command.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    }

    /// Gives it other options.
    pub fn remount(&self, options: &str) {
        assert!(self.mount(&format!("remount,{options}")), "it could be mounted before");
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

impl AsRef<Path> for SmallDisk {
    fn as_ref(&self) -> &Path {
        &self.folder
    }
}
