//! The core format.
