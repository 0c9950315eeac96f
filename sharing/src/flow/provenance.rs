use serde::{Deserialize, Serialize};

/// Where a version comes from and how it came: kept beside the object, never in it.
///
/// `path` has the servers that it has passed, the origin first, the one that holds it left out. What is on its way has
/// what its receiver is to keep: a source adds itself before it gives something away ([`leaving`](Self::leaving)).
///
/// ```
/// use sharing::flow::Provenance;
///
/// let made_here = Provenance::local("a");
/// let at_b = made_here.leaving("a");
/// let at_c = at_b.leaving("b");
/// assert_eq!((at_c.origin.as_str(), at_c.hops, at_c.path.len()), ("a", 2, 2));
/// assert!(at_c.passed("a") && at_c.passed("b") && !at_c.passed("c"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Provenance {
    /// The server at which the version came into the exchange: its id, or where it was read if it has none.
    pub origin: String,
    /// How many times it has gone from one server to another.
    pub hops: u32,
    /// The servers that it has passed, the origin first.
    pub path: Vec<String>,
}

impl Provenance {
    /// Of what was made at this server and has never travelled.
    #[must_use]
    pub fn local(server: &str) -> Self {
        Self { origin: server.to_owned(), hops: 0, path: Vec::new() }
    }

    /// Of what was read at a place that keeps no provenance: it has gone one step, from there.
    #[must_use]
    pub fn read_at(place: &str) -> Self {
        Self::local(place).leaving(place)
    }

    /// Of what leaves this server: what the receiver is to keep.
    #[must_use]
    pub fn leaving(&self, server: &str) -> Self {
        let mut path = self.path.clone();
        path.push(server.to_owned());
        Self { origin: self.origin.clone(), hops: self.hops.saturating_add(1), path }
    }

    /// Has it been at this server? Then it is not offered there again.
    #[must_use]
    pub fn passed(&self, server: &str) -> bool {
        self.origin == server || self.path.iter().any(|passed| passed == server)
    }
}
