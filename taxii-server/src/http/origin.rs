use std::net::{IpAddr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::{FORWARDED, HeaderMap, HeaderName};
use ipnet::IpNet;

use crate::auth::Origin;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Hops that are looked at, from the end: no chain of proxies is longer, and no sender makes us read more.
const HOPS: usize = 32;

/// Where a request comes from, past the proxies that are trusted.
///
/// What the headers say counts only as far as trusted proxies have written it: from the end up to the first address that is
/// no trusted proxy. What stands before it, anybody may have made up.
pub(super) fn origin(request: &HttpRequest, trusted: &[IpNet]) -> Origin {
    let peer = request.peer_addr().map(|peer| peer.ip().to_canonical());
    Origin { address: peer.map(|peer| client(peer, request.headers(), trusted)) }
}

fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_trusted(&peer) {
        return peer;
    }
    // The header of the standard counts before the older one, which proxies may pass on from whoever sent it.
    let hops = match headers.contains_key(FORWARDED) {
        true => hops(headers, &FORWARDED, forwarded),
        false => hops(headers, &X_FORWARDED_FOR, node),
    };
    let mut nearest = peer;
    for hop in hops {
        match hop {
            // Somebody whom a trusted proxy did not want to name, or garbage: the proxy is all that we know.
            None => return nearest,
            Some(address) if is_trusted(&address) => nearest = address,
            Some(address) => return address,
        }
    }
    nearest
}

/// What the header says, the last first.
fn hops(headers: &HeaderMap, name: &HeaderName, read: fn(&str) -> Option<IpAddr>) -> Vec<Option<IpAddr>> {
    let lines: Vec<_> = headers.get_all(name).collect();
    let hops = lines.into_iter().rev().flat_map(|line| line.to_str().unwrap_or("?").rsplit(','));
    hops.take(HOPS).map(read).collect()
}

/// One element of `Forwarded` (RFC 7239 §4): its `for`. A comma inside quotes splits an element in two that mean nothing,
/// and no address has one.
fn forwarded(element: &str) -> Option<IpAddr> {
    let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
    let value = value.trim();
    node(value.strip_prefix('"').and_then(|quoted| quoted.strip_suffix('"')).unwrap_or(value))
}

/// An address with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bracketed = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let address = bracketed.unwrap_or(text).parse::<IpAddr>().ok();
    let address = address.or_else(|| text.parse::<SocketAddr>().ok().map(|with_port| with_port.ip()));
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn seen(peer: &str, lines: &[(&str, &str)]) -> String {
        let trusted: Vec<IpNet> = ["10.0.0.0/8", "2001:db8:9::/48"].map(|network| network.parse().unwrap()).to_vec();
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name.parse().unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        client(peer.parse::<IpAddr>().unwrap().to_canonical(), &headers, &trusted).to_string()
    }

    /// Only what trusted proxies wrote counts: the right-most address that is none of them. Whatever else stands there, at worst
    /// the proxy itself is taken for the client.
    #[test]
    fn what_proxies_say() {
        let x = "x-forwarded-for";
        let f = "forwarded";
        for (peer, lines, client) in [
            ("192.0.2.7", vec![], "192.0.2.7"),
            ("192.0.2.7", vec![(x, "203.0.113.9")], "192.0.2.7"),
            ("192.0.2.7", vec![(f, "for=203.0.113.9")], "192.0.2.7"),
            ("10.0.0.1", vec![], "10.0.0.1"),
            ("10.0.0.1", vec![(x, "203.0.113.9")], "203.0.113.9"),
            ("::ffff:10.0.0.1", vec![(x, "::ffff:203.0.113.9")], "203.0.113.9"),
            ("2001:db8:9::1", vec![(x, "2001:db8:1::5")], "2001:db8:1::5"),
            ("10.0.0.1", vec![(x, "1.1.1.1, 203.0.113.9")], "203.0.113.9"),
            ("10.0.0.1", vec![(x, "1.1.1.1, 203.0.113.9, 10.0.0.2")], "203.0.113.9"),
            ("10.0.0.1", vec![(x, "1.1.1.1"), (x, "203.0.113.9,10.0.0.2")], "203.0.113.9"),
            ("10.0.0.1", vec![(x, "203.0.113.9"), (x, "")], "10.0.0.1"),
            ("10.0.0.1", vec![(x, "10.0.0.3, 10.0.0.2")], "10.0.0.3"),
            ("10.0.0.1", vec![(x, "203.0.113.9, unknown")], "10.0.0.1"),
            ("10.0.0.1", vec![(x, "203.0.113.9, unknown, 10.0.0.2")], "10.0.0.2"),
            ("10.0.0.1", vec![(x, "203.0.113.9:4711")], "203.0.113.9"),
            ("10.0.0.1", vec![(x, "[2001:db8:1::5]:4711")], "2001:db8:1::5"),
            ("10.0.0.1", vec![(f, "for=203.0.113.9;proto=https;by=10.0.0.1")], "203.0.113.9"),
            ("10.0.0.1", vec![(f, "For=1.1.1.1, FOR=\"[2001:db8:1::5]:4711\"")], "2001:db8:1::5"),
            ("10.0.0.1", vec![(f, "for=203.0.113.9, for=_hidden")], "10.0.0.1"),
            ("10.0.0.1", vec![(f, "for=203.0.113.9, proto=https")], "10.0.0.1"),
            ("10.0.0.1", vec![(f, "for=203.0.113.9"), (x, "1.1.1.1")], "203.0.113.9"),
            ("10.0.0.1", vec![(x, "\u{e9}")], "10.0.0.1"),
        ] {
            assert_eq!(seen(peer, &lines), client, "{peer} {lines:?}");
        }
        let long = "10.0.0.2,".repeat(10_000);
        assert_eq!(seen("10.0.0.1", &[(x, &format!("203.0.113.9,{long}10.0.0.2"))]), "10.0.0.2");
    }

    proptest! {
        /// Whoever is no trusted proxy is whoever they are, whatever they send; and whatever stands before what a trusted proxy wrote
        /// makes no difference.
        #[test]
        fn nobody_else_is_believed(said in "[ -~]{0,80}", name in prop::sample::select(vec!["x-forwarded-for", "forwarded"])) {
            prop_assert_eq!(seen("192.0.2.7", &[(name, &said)]), "192.0.2.7");
            let written = if name == "forwarded" { "for=203.0.113.9" } else { "203.0.113.9" };
            prop_assert_eq!(seen("10.0.0.1", &[(name, &format!("{said}, {written}"))]), "203.0.113.9");
        }
    }
}
