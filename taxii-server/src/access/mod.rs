//! What a caller may do and see.
//!
//! Everything that the server answers goes through [`Access`]: a collection that a caller may not
//! list does not exist for it, on any endpoint (TAXII 2.1 §8.2). What a caller may see inside a collection that it may read
//! is a matter of its [`Clearance`] and of the objects' markings.

mod clearance;
mod effective;
mod explain;
mod standing;
mod view;

pub use clearance::{Clearance, Definitions, InvalidClearance, RedLists};
pub use effective::Effective;
pub use explain::{Explained, Explanation, Reason, explain};
pub use standing::{Scoped, Seen, Standing};
pub use view::{View, Viewer};

use crate::auth::Caller;
use crate::store::{Collection, Rights};

/// Decides what a caller may do with a collection. Asked at every request: it has to be cheap.
///
/// ```
/// use taxii_server::access::Access;
/// use taxii_server::auth::Caller;
/// use taxii_server::store::{Collection, Rights};
///
/// /// Everybody may read everything; nobody writes.
/// struct ReadOnly;
///
/// impl Access for ReadOnly {
///     fn rights(&self, _: &Caller, _: &Collection) -> Rights {
///         Rights { list: true, read: true, ..Rights::NONE }
///     }
/// }
/// ```
pub trait Access: Send + Sync + 'static {
    /// The caller's rights to the collection.
    fn rights(&self, caller: &Caller, collection: &Collection) -> Rights;
}

/// By the caller's grants: administrators may do everything, others what they were granted, as far as the scope of their
/// credential goes. Everybody may read a collection that says so, and whoever has logged in sees one that says so.
#[derive(Clone, Copy, Debug, Default)]
pub struct Grants;

impl Access for Grants {
    fn rights(&self, caller: &Caller, collection: &Collection) -> Rights {
        if caller.admin {
            return Rights::ALL;
        }
        let of_collection = caller.grants.get(&collection.id).copied().unwrap_or(Rights::NONE);
        let of_root = caller.roots.get(&collection.root).copied().unwrap_or(Rights::NONE);
        let listed = Rights { list: collection.listed && !caller.is_anonymous(), ..Rights::NONE };
        let open = collection.anonymous_read;
        let open = Rights { list: open, read: open, ..Rights::NONE };
        (of_collection | of_root | listed) & caller.scope.rights_to(collection.id) | open
    }
}
