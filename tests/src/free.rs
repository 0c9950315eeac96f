//! Addresses for programs that have to be told theirs before they start.

use std::net::{SocketAddr, TcpListener};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU16, Ordering};

/// The ports that the system gives to nobody by itself: what is free now is free at the next start, too.
const FIRST: u16 = 20_000;
const HOW_MANY: u16 = 12_000;

/// Somewhere among them, so that two runs of the tests on one machine rarely meet; within a run none is given out twice.
static NEXT: LazyLock<AtomicU16> = LazyLock::new(|| {
    let random = uuid::Uuid::new_v4().as_u128() % u128::from(HOW_MANY);
    AtomicU16::new(u16::try_from(random).expect("small"))
});

/// An address of this machine that nobody has.
pub fn free_address() -> SocketAddr {
    loop {
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let address = SocketAddr::from(([127, 0, 0, 1], FIRST + next % HOW_MANY));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}
