use tokio::sync::watch;

/// Tells within a process that something was written, so that whoever waits for it looks at once.
///
/// ```
/// use taxii_server::service::Written;
///
/// let written = Written::default();
/// let mut seen = written.watch();
/// written.tell();
/// assert!(seen.has_changed().unwrap_or_default());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Written(watch::Sender<u64>);

impl Written {
    /// Something was written.
    pub fn tell(&self) {
        self.0.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Changes whenever something is written.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }
}
