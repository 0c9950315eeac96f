use async_trait::async_trait;

use super::{Change, Fault, Refused};

/// What of a batch leaves.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// What goes to the sink: what came, or what was made of it.
    pub leaving: Vec<Change>,
    /// What does not, and by which rule.
    pub withheld: Vec<Withheld>,
}

/// What stays, by which rule and why.
pub type Withheld = Refused;

/// Decides what leaves, before anything does. What it cannot decide about stays.
///
/// The same change gives the same answer, so that what is delivered again after a fault is what was delivered before.
#[async_trait]
pub trait Policy: Send + Sync {
    /// What of these changes leaves.
    ///
    /// # Errors
    /// It cannot be told now; nothing of the batch leaves.
    async fn apply(&self, changes: Vec<Change>) -> Result<Applied, Fault>;
}

/// Everything leaves.
#[derive(Clone, Copy, Debug, Default)]
pub struct Everything;

#[async_trait]
impl Policy for Everything {
    async fn apply(&self, changes: Vec<Change>) -> Result<Applied, Fault> {
        Ok(Applied { leaving: changes, withheld: Vec::new() })
    }
}

/// One policy after the other: the second sees what the first lets through.
#[derive(Clone, Copy, Debug)]
pub struct Then<A, B>(
    /// The first.
    pub A,
    /// The second.
    pub B,
);

#[async_trait]
impl<A: Policy, B: Policy> Policy for Then<A, B> {
    async fn apply(&self, changes: Vec<Change>) -> Result<Applied, Fault> {
        let first = self.0.apply(changes).await?;
        let mut second = self.1.apply(first.leaving).await?;
        let mut withheld = first.withheld;
        withheld.append(&mut second.withheld);
        Ok(Applied { leaving: second.leaving, withheld })
    }
}

#[async_trait]
impl<P: Policy + ?Sized> Policy for Box<P> {
    async fn apply(&self, changes: Vec<Change>) -> Result<Applied, Fault> {
        (**self).apply(changes).await
    }
}

#[async_trait]
impl<P: Policy + ?Sized> Policy for std::sync::Arc<P> {
    async fn apply(&self, changes: Vec<Change>) -> Result<Applied, Fault> {
        (**self).apply(changes).await
    }
}
