//! Addresses and networks in CIDR notation (STIX 2.1 §9.6.1, `ISSUBSET`).

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

/// An address, or a network without its host bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Network(IpNet);

impl Network {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let network = match text.contains('/') {
            true => text.parse::<IpNet>().ok()?,
            false => text.parse::<IpAddr>().ok()?.into(),
        };
        Some(Self(network.trunc()))
    }

    /// Is the other one within this? Of different families, never.
    pub(super) fn contains(&self, other: &Self) -> bool {
        self.0.contains(&other.0)
    }

    /// Bits of the address that say which network it is.
    pub(super) fn length(&self) -> u8 {
        self.0.prefix_len()
    }

    /// The network around it of which so many bits say which it is, if it is not larger already.
    pub(super) fn around(&self, length: u8) -> Option<Self> {
        if length > self.length() {
            return None;
        }
        Some(Self(IpNet::new(self.0.addr(), length).ok()?.trunc()))
    }

    /// Is it one address alone?
    pub(super) fn is_address(&self) -> bool {
        self.0.prefix_len() == self.0.max_prefix_len()
    }

    /// Is it of IPv4?
    pub(super) fn is_ipv4(&self) -> bool {
        self.0.addr().is_ipv4()
    }
}

/// An address alone has no prefix.
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_address() { self.0.addr().fmt(f) } else { self.0.fmt(f) }
    }
}
