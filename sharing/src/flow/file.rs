//! Files: read as a whole, replaced as a whole.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use super::Fault;

/// Does something with files where it keeps nobody waiting.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(Fault::Local { place: "a task for files".to_owned(), reason: error.to_string() }),
    }
}

pub(super) fn local(path: &Path, error: impl std::fmt::Display) -> Fault {
    Fault::Local { place: path.display().to_string(), reason: error.to_string() }
}

/// Writes a file beside and puts it in place when it is on the disk: nobody ever sees half of it.
pub(super) fn replace(path: &Path, content: &[u8]) -> Result<(), Fault> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = folder.join(format!(".{name}.{}.part", std::process::id()));
    let written = write(&beside, content).and_then(|()| fs::rename(&beside, path)).and_then(|()| flush(folder));
    written.map_err(|error| {
        // What is left of it would only be in the way.
        let _ = fs::remove_file(&beside);
        local(path, error)
    })
}

fn write(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// The rename, too, is on the disk.
fn flush(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
