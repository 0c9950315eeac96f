//! URLs: what people paste, and how requests are addressed (TAXII 2.1 §3.1).

use std::net::IpAddr;

use url::{Host, Url};

use crate::Error;

/// What people give as the address of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// A URL of something.
    Url(Url),
    /// A bare domain: DNS knows where its server is (§3.9).
    Domain(String),
}

/// Reads `https://host/api1`, `host:8443/taxii2/` or `example.com`.
pub(crate) fn read(text: &str) -> Result<Address, Error> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::invalid("the URL is empty"));
    }
    if let Some((scheme, _)) = text.split_once("://") {
        if !matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https") {
            return Err(Error::invalid(format!("{scheme}:// is not supported; TAXII is spoken over https://")));
        }
        return parse(text).map(Address::Url);
    }
    let url = parse(&format!("https://{text}"))?;
    let bare = !text.contains(['/', ':', '@', '?']);
    match url.host() {
        Some(Host::Domain(domain)) if bare && domain.contains('.') => {
            Ok(Address::Domain(domain.trim_end_matches('.').to_owned()))
        }
        _ => Ok(Address::Url(url)),
    }
}

fn parse(text: &str) -> Result<Url, Error> {
    let url = Url::parse(text).map_err(|error| Error::invalid(format!("{text:?} is not a URL: {error}")))?;
    Ok(directory(url))
}

/// Without query and fragment, and ending in `/`: every path of TAXII does.
pub(crate) fn directory(mut url: Url) -> Url {
    url.set_query(None);
    url.set_fragment(None);
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    url
}

/// The URL below `base` with these segments, each percent-encoded, ending in `/`.
pub(crate) fn below(base: &Url, segments: &[&str]) -> Result<Url, Error> {
    let mut url = directory(base.clone());
    for segment in segments {
        if matches!(*segment, "" | "." | "..") {
            return Err(Error::invalid(format!("{segment:?} cannot be an identifier")));
        }
    }
    match url.path_segments_mut() {
        Ok(mut path) => {
            path.pop_if_empty().extend(segments).push("");
        }
        Err(()) => return Err(Error::invalid(format!("{base} cannot be the base of a URL"))),
    }
    Ok(url)
}

/// The decoded segments of the path.
pub(crate) fn segments(url: &Url) -> Vec<String> {
    url.path_segments().into_iter().flatten().filter(|s| !s.is_empty()).map(decode).collect()
}

fn decode(segment: &str) -> String {
    let raw = format!("x={}", segment.replace('+', "%2B").replace('&', "%26"));
    url::form_urlencoded::parse(raw.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// The URL without its last `count` segments.
pub(crate) fn above(url: &Url, count: usize) -> Url {
    let mut url = directory(url.clone());
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty();
        for _ in 0..count {
            path.pop();
        }
        path.push("");
    }
    url
}

/// Does the host stand for this very machine?
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Is the host one that means nothing outside the server's own network?
pub(crate) fn is_internal(url: &Url) -> bool {
    let private = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unspecified(),
    };
    match url.host() {
        Some(Host::Domain(name)) => {
            !name.contains('.') || [".internal", ".local", ".localhost", ".svc"].iter().any(|end| name.ends_with(end))
        }
        Some(Host::Ipv4(ip)) => private(ip.into()),
        Some(Host::Ipv6(ip)) => private(ip.into()),
        None => false,
    }
}

/// The same path on the origin of `base`.
pub(crate) fn on_origin_of(base: &Url, url: &Url) -> Url {
    let mut moved = base.clone();
    moved.set_path(url.path());
    directory(moved)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    /// What users paste: with and without scheme, slash, query.
    #[test]
    fn reads_what_people_paste() {
        for (text, expected) in [
            ("https://h.example/taxii2", "https://h.example/taxii2/"),
            ("https://h.example/api1/?limit=1#x", "https://h.example/api1/"),
            ("h.example:8443", "https://h.example:8443/"),
            ("h.example/api1", "https://h.example/api1/"),
            ("HTTP://127.0.0.1:99/a", "http://127.0.0.1:99/a/"),
            ("localhost", "https://localhost/"),
            ("192.0.2.7", "https://192.0.2.7/"),
            (" https://h.example ", "https://h.example/"),
        ] {
            assert_eq!(read(text).unwrap(), Address::Url(url(expected)), "{text}");
        }
        assert_eq!(read("Cert.Example.").unwrap(), Address::Domain("cert.example".into()));
        for bad in ["", "ftp://h.example/", "https://", "not a url at all"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    /// TX-CLI-01, TX-GEN-01: every URL ends in a slash, and identifiers cannot leave their place.
    #[test]
    fn builds_urls() {
        let root = url("https://h.example/api1");
        assert_eq!(
            below(&root, &["collections", "a b/c?d"]).unwrap().as_str(),
            "https://h.example/api1/collections/a%20b%2Fc%3Fd/"
        );
        assert!(below(&root, &["collections", ".."]).is_err());
        assert!(below(&root, &["collections", ""]).is_err());
        let deep = below(&root, &["collections", "x y", "objects"]).unwrap();
        assert_eq!(segments(&deep), ["api1", "collections", "x y", "objects"]);
        assert_eq!(above(&deep, 3).as_str(), "https://h.example/api1/");
        assert_eq!(above(&root, 1).as_str(), "https://h.example/");
    }

    #[test]
    fn internal_names() {
        for internal in
            ["http://localhost:5000/", "http://taxii/", "http://10.0.0.3/", "https://taxii.svc/", "http://[::1]/"]
        {
            assert!(is_internal(&url(internal)), "{internal}");
        }
        for public in ["https://taxii.example.com/", "https://192.0.2.1/"] {
            assert!(!is_internal(&url(public)), "{public}");
        }
    }
}
