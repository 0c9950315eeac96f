use super::{Admin, Store};
use crate::audit::Log;

/// What can be managed: a store whose accounts, grants and the like can be changed, with its log.
pub trait Managed: Store + Admin + Log {}

impl<S: Store + Admin + Log> Managed for S {}
