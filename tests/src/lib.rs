//! The ground the tests stand on: a running server with the fixture, an HTTP client that says exactly what
//! it is told, the rules every answer obeys, and the list of requirements.
//!
//! The tests themselves are in `tests/all/`; every one of them says which requirement (`TX-…`), decision
//! (`AMB-…`) or interoperability case it defends. They talk to the server over a socket and know nothing of
//! its insides.

// A test that cannot go on has to stop with a message; there is nobody to hand an error to.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
// Nobody depends on this crate; what a name says is not said again above it.
#![allow(missing_docs)]

pub mod absent;
pub mod answers;
pub mod authority;
mod binary;
pub mod busy;
pub mod cluster;
pub mod collection;
pub mod content;
pub mod endpoints;
pub mod exchange;
pub mod fleet;
pub mod free;
pub mod guarded;
pub mod haproxy;
pub mod house;
pub mod http;
pub mod in_process;
pub mod leash;
pub mod line;
pub mod mutations;
pub mod node;
pub mod objects;
pub mod observed;
pub mod overheard;
pub mod patterns;
pub mod postgres;
pub mod programs;
pub mod python;
pub mod requirements;
pub mod ring;
pub mod site;
pub mod small_disk;
pub mod unreliable;

/// Makes one `#[test]` per kind of site out of each named `fn(&Site)`.
///
/// A function that is left out of the list is dead code, and the compiler says so.
#[macro_export]
macro_rules! on_every_site {
    ($($test:ident),+ $(,)?) => {
        mod memory {
            $(#[test] fn $test() { super::$test($crate::site::Site::shared($crate::site::Kind::Memory)); })+
        }
        mod sqlite {
            $(#[test] fn $test() { super::$test($crate::site::Site::shared($crate::site::Kind::Sqlite)); })+
        }
        mod binary {
            $(#[test] fn $test() { super::$test($crate::site::Site::shared($crate::site::Kind::Binary)); })+
        }
    };
}

/// Makes one `#[test]` per kind of site out of each named `fn(Kind)`, for tests with a site of their own.
#[macro_export]
macro_rules! on_every_kind {
    ($($test:ident),+ $(,)?) => {
        mod alone {
            mod memory {
                $(#[test] fn $test() { super::super::$test($crate::site::Kind::Memory); })+
            }
            mod sqlite {
                $(#[test] fn $test() { super::super::$test($crate::site::Kind::Sqlite); })+
            }
            mod binary {
                $(#[test] fn $test() { super::super::$test($crate::site::Kind::Binary); })+
            }
        }
    };
}

/// Like [`on_every_kind!`], for the kinds that keep their data over a restart.
#[macro_export]
macro_rules! on_every_persistent_kind {
    ($($test:ident),+ $(,)?) => {
        mod restarted {
            mod sqlite {
                $(#[test] fn $test() { super::super::$test($crate::site::Kind::Sqlite); })+
            }
            mod binary {
                $(#[test] fn $test() { super::super::$test($crate::site::Kind::Binary); })+
            }
        }
    };
}
