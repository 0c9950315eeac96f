//! Where the TAXII server of a domain is, according to DNS (TAXII 2.1 §3.9, RFC 2782).

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;

use futures_util::future::BoxFuture;
use hickory_resolver::proto::rr::RData;
use hickory_resolver::{Resolver, ResolverBuilder};
use url::Url;

/// Looks up SRV records. The default asks the name servers of this machine; tests and programs with a
/// resolver of their own bring another.
pub trait LookUp: Send + Sync {
    /// The records of a name such as `_taxii2._tcp.example.com.`; none if there are none.
    fn srv<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Vec<Service>, String>>;
}

/// One SRV record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Lower is tried first.
    pub priority: u16,
    /// The share of clients among those of one priority.
    pub weight: u16,
    /// The port.
    pub port: u16,
    /// The host.
    pub target: String,
}

impl Service {
    /// Its discovery URL.
    pub(crate) fn url(&self) -> Option<Url> {
        let host = self.target.trim_end_matches('.');
        (!host.is_empty()).then(|| Url::parse(&format!("https://{host}:{}/taxii2/", self.port)).ok()).flatten()
    }
}

/// The name to look up.
pub(crate) fn name(domain: &str) -> String {
    format!("_taxii2._tcp.{}.", domain.trim_end_matches('.'))
}

/// In the order to try them: by priority, among equals by chance in proportion to the weights.
/// `chance(n)` is a number from 0 to n.
pub(crate) fn order(mut services: Vec<Service>, mut chance: impl FnMut(u32) -> u32) -> Vec<Service> {
    // RFC 2782: those of weight 0 first, so that they have a small chance at all.
    services.sort_by_key(|service| (service.priority, service.weight != 0));
    let mut ordered = Vec::with_capacity(services.len());
    while let Some(priority) = services.first().map(|service| service.priority) {
        let equals = || services.iter().take_while(|service| service.priority == priority);
        let drawn = chance(equals().map(|service| u32::from(service.weight)).sum());
        let mut sum = 0;
        let place = equals().position(|service| {
            sum += u32::from(service.weight);
            sum >= drawn
        });
        ordered.push(services.remove(place.unwrap_or(0)));
    }
    ordered
}

pub(crate) fn chance(most: u32) -> u32 {
    let drawn = RandomState::new().hash_one(most) % (u64::from(most) + 1);
    u32::try_from(drawn).unwrap_or(0)
}

/// Asks the name servers of this machine.
#[derive(Clone, Copy, Default)]
pub(crate) struct SystemDns;

impl fmt::Debug for SystemDns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SystemDns")
    }
}

impl LookUp for SystemDns {
    fn srv<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Vec<Service>, String>> {
        Box::pin(async move {
            let resolver = Resolver::builder_tokio().and_then(ResolverBuilder::build).map_err(|e| e.to_string())?;
            let found = match resolver.srv_lookup(name).await {
                Ok(found) => found,
                Err(error) if error.is_no_records_found() => return Ok(Vec::new()),
                Err(error) => return Err(error.to_string()),
            };
            Ok(found.answers().iter().filter_map(|record| service(&record.data)).collect())
        })
    }
}

fn service(data: &RData) -> Option<Service> {
    let RData::SRV(srv) = data else { return None };
    Some(Service { priority: srv.priority, weight: srv.weight, port: srv.port, target: srv.target.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(priority: u16, weight: u16, target: &str) -> Service {
        Service { priority, weight, port: 443, target: target.into() }
    }

    fn ordered(services: &[Service], drawn: u32) -> Vec<String> {
        order(services.to_vec(), |most| drawn.min(most)).into_iter().map(|s| s.target).collect()
    }

    /// TX-DNS-01, TX-CLI-13: priority first, then weight.
    #[test]
    fn priority_then_weight() {
        let services = [service(20, 0, "d"), service(10, 30, "b"), service(10, 0, "a"), service(10, 70, "c")];
        assert_eq!(ordered(&services, 0), ["a", "b", "c", "d"]);
        assert_eq!(ordered(&services, 1), ["b", "c", "a", "d"]);
        assert_eq!(ordered(&services, 31), ["c", "b", "a", "d"]);
        assert_eq!(ordered(&services, u32::MAX), ["c", "b", "a", "d"]);
        assert!(ordered(&[], 0).is_empty());
    }

    /// RFC 2782: clients spread in proportion to the weights.
    #[test]
    fn chance_follows_the_weights() {
        let services = [service(1, 10, "small"), service(1, 90, "big")];
        let big = (0..1000).filter(|_| order(services.to_vec(), chance)[0].target == "big").count();
        assert!((800..=970).contains(&big), "{big}");
    }

    #[test]
    fn names_and_urls() {
        assert_eq!(name("example.com."), "_taxii2._tcp.example.com.");
        assert_eq!(service(0, 0, "taxii.example.com.").url().unwrap().as_str(), "https://taxii.example.com/taxii2/");
        assert_eq!(service(0, 0, ".").url(), None, "the service is decidedly not available");
    }
}
