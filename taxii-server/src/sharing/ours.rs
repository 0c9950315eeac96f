use std::sync::Arc;

use async_trait::async_trait;
use sharing::flow::{Batch, Change, Cursor, Fault, Provenance, Room, Source};

/// A place of whoever runs the server that keeps no provenance, such as their own MISP instance: what is there was made here, and goes its
/// first step when it leaves.
pub(crate) struct Ours {
    pub(crate) source: Arc<dyn Source>,
    pub(crate) server: String,
}

#[async_trait]
impl Source for Ours {
    fn place(&self) -> String {
        self.source.place()
    }

    async fn next(&self, after: Option<&Cursor>, room: Room) -> Result<Batch, Fault> {
        let batch = self.source.next(after, room).await?;
        let leaving = Provenance::local(&self.server).leaving(&self.server);
        let ours = |change| match change {
            Change::Object(item) => Change::Object(item.with_provenance(leaving.clone())),
            Change::Deleted { id, version, .. } => Change::Deleted { id, version, provenance: leaving.clone() },
        };
        Ok(Batch { changes: batch.changes.into_iter().map(ours).collect(), ..batch })
    }
}
