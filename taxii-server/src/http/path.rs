use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::store::Directory;

/// A place in an API root (TAXII 2.1 §4, §5), as the path names it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    Discovery,
    /// What collections hold, for administrators: no part of TAXII. No API root can have this path, since no part of
    /// an API root's path may be `collections`, and none is called `taxii2`.
    Statistics,
    Root,
    Status(String),
    Collections,
    Collection(String),
    Manifest(String),
    /// Which markings there are, for who may read: no part of TAXII, which has nothing of this name.
    Markings(String),
    /// What happened, for other servers of ours: no part of TAXII.
    Changes(String),
    /// What there is, range by range, for other servers of ours: no part of TAXII.
    Digest(String),
    Objects(String),
    Object(String, String),
    Versions(String, String),
}

/// The API root and the place in it that a path names. A slash at the end, or two in a row, make no
/// difference (AMB-01).
///
/// Roots may lie inside each other: the longest that makes sense of the path counts.
pub(super) fn locate<'d>(path: &str, prefix: &str, directory: &'d Directory) -> Option<(&'d str, Place)> {
    let segments = segments(path, prefix)?;
    let segments: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
    if let Some(place) = of_the_server(&segments) {
        return Some(("", place));
    }
    let roots = directory.roots.iter().filter_map(|root| {
        let inside = strip(&segments, &root.name)?;
        Some((inside.len(), root.name.as_str(), place(inside)?))
    });
    roots.min_by_key(|(inside, ..)| *inside).map(|(_, root, place)| (root, place))
}

/// Is this path the server's to answer, in an application that has other paths, too?
///
/// Under a prefix of its own, everything is; without one, the discovery endpoint and the API roots.
pub(crate) fn owns(path: &str, prefix: &str, directory: &Directory) -> bool {
    match segments(path, prefix) {
        None => false,
        Some(_) if !prefix.is_empty() => true,
        Some(segments) => {
            let segments: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
            let of = |root: &str| match root {
                "" => place(&segments).is_some(),
                root => strip(&segments, root).is_some(),
            };
            of_the_server(&segments).is_some() || directory.roots.iter().any(|root| of(&root.name))
        }
    }
}

/// Is it the path that administrators watch the server by?
pub(super) fn is_statistics(path: &str, prefix: &str) -> bool {
    // Nearly all others are told apart by the first look.
    path.trim_end_matches('/').ends_with("statistics")
        && segments(path, prefix).is_some_and(|segments| {
            let segments: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
            of_the_server(&segments) == Some(Place::Statistics)
        })
}

/// The places that are in no API root.
fn of_the_server(segments: &[&str]) -> Option<Place> {
    match segments {
        ["taxii2"] => Some(Place::Discovery),
        ["taxii2", "collections", "statistics"] => Some(Place::Statistics),
        _ => None,
    }
}

/// The parts of a path behind the prefix, decoded; `None` if it is not under the prefix or is badly encoded.
fn segments<'p>(path: &'p str, prefix: &str) -> Option<Vec<Cow<'p, str>>> {
    let rest = path.strip_prefix(prefix).filter(|rest| rest.is_empty() || rest.starts_with('/'))?;
    rest.split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| percent_decode_str(segment).decode_utf8().ok())
        .collect()
}

/// What is left of a path inside an API root.
fn strip<'s, 'p>(segments: &'s [&'p str], root: &str) -> Option<&'s [&'p str]> {
    root.split('/').filter(|part| !part.is_empty()).try_fold(segments, |rest, part| match rest {
        [first, rest @ ..] if *first == part => Some(rest),
        _ => None,
    })
}

fn place(inside: &[&str]) -> Option<Place> {
    let own = |text: &str| text.to_owned();
    Some(match inside {
        [] => Place::Root,
        ["status", id] => Place::Status(own(id)),
        ["collections"] => Place::Collections,
        ["collections", name] => Place::Collection(own(name)),
        ["collections", name, "manifest"] => Place::Manifest(own(name)),
        ["collections", name, "markings"] => Place::Markings(own(name)),
        ["collections", name, "changes"] => Place::Changes(own(name)),
        ["collections", name, "changes", "digest"] => Place::Digest(own(name)),
        ["collections", name, "objects"] => Place::Objects(own(name)),
        ["collections", name, "objects", id] => Place::Object(own(name), own(id)),
        ["collections", name, "objects", id, "versions"] => Place::Versions(own(name), own(id)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::ApiRoot;

    fn directory(roots: &[&str]) -> Directory {
        let roots = roots.iter().map(|name| ApiRoot::new(name, "t").unwrap()).collect();
        Directory { roots, collections: Vec::new() }
    }

    /// TAXII 2.1 §4, §5, AMB-01, AMB-27: every endpoint, with and without the slash, under any root.
    #[test]
    fn every_endpoint_is_found() {
        let all = directory(&["api1", "a/b", "a", "", "taxii2/x"]);
        let c = || "c".to_owned();
        for (path, expected) in [
            ("/taxii2/", Some(("", Place::Discovery))),
            ("/taxii2", Some(("", Place::Discovery))),
            ("/taxii2/collections/statistics/", Some(("", Place::Statistics))),
            ("/taxii2/collections/", None),
            ("/", Some(("", Place::Root))),
            ("/status/1/", Some(("", Place::Status("1".into())))),
            ("/api1/", Some(("api1", Place::Root))),
            ("//api1//", Some(("api1", Place::Root))),
            ("/a/collections/", Some(("a", Place::Collections))),
            ("/a/b/collections", Some(("a/b", Place::Collections))),
            ("/taxii2/x/collections/c/", Some(("taxii2/x", Place::Collection(c())))),
            ("/api1/collections/c/manifest/", Some(("api1", Place::Manifest(c())))),
            ("/api1/collections/c/markings/", Some(("api1", Place::Markings(c())))),
            ("/api1/collections/c/markings/x/", None),
            ("/api1/collections/c/changes/", Some(("api1", Place::Changes(c())))),
            ("/api1/collections/c/changes/digest/", Some(("api1", Place::Digest(c())))),
            ("/api1/collections/c/changes/x/", None),
            ("/api1/collections/c/objects/", Some(("api1", Place::Objects(c())))),
            ("/api1/collections/%63/objects", Some(("api1", Place::Objects(c())))),
            ("/api1/collections/c/objects/o/", Some(("api1", Place::Object(c(), "o".into())))),
            ("/api1/collections/c/objects/o/versions/", Some(("api1", Place::Versions(c(), "o".into())))),
            ("/api1/collections/c/object/o/", None),
            ("/api1/collections/c/objects/o/versions/x/", None),
            ("/api3/", None),
            ("/api1/%ff/", None),
            ("/taxii2/y/", None),
        ] {
            assert_eq!(locate(path, "", &all), expected, "{path}");
        }
    }

    /// What administrators are served lies where no API root can lie.
    #[test]
    fn statistics_collide_with_no_root() {
        for name in ["taxii2", "taxii2/collections", "taxii2/collections/statistics", "collections/statistics"] {
            assert!(ApiRoot::new(name, "t").is_err(), "{name}");
        }
        assert_eq!(place(&["taxii2", "collections", "statistics"]), None, "nor is it in the root at the top");
    }

    /// The host's own routes keep working: without a prefix only TAXII's paths are taken.
    #[test]
    fn owns_its_own_paths_only() {
        let some = directory(&["api1", "a/b"]);
        for path in ["/taxii2/", "/taxii2", "/taxii2/collections/statistics", "/api1/", "/api1/anything", "/a/b/"] {
            assert!(owns(path, "", &some), "{path}");
        }
        for path in ["/", "/api2/", "/api11/", "/a/", "/health", "/taxii2/other"] {
            assert!(!owns(path, "", &some), "{path}");
        }
        assert!(owns("/intel/nothing-here", "/intel", &some));
        assert!(!owns("/intelligence/", "/intel", &some));
        assert!(!owns("/health", "", &directory(&[""])));
        assert!(owns("/collections/x/objects/", "", &directory(&[""])));
        assert_eq!(locate("/intel/api1/", "/intel", &some), Some(("api1", Place::Root)));
        assert_eq!(locate("/api1/", "/intel", &some), None);
    }
}
