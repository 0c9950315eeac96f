use sharing::flow::{Change, Provenance};

/// Longer names of servers are none.
const NAME: usize = 300;
/// So many servers a path has at most.
const PATH: usize = 64;
/// Longer ids and versions are none.
const ID: usize = 1000;

/// Why this provenance cannot be, if it cannot.
pub(super) fn unsound(provenance: &Provenance, from: Option<&str>) -> Option<String> {
    let Provenance { origin, hops, path } = provenance;
    let is_name = |name: &str| !name.is_empty() && name.len() <= NAME && !name.contains(char::is_control);
    if !path.iter().chain([origin]).all(|name| is_name(name)) {
        return Some(format!("servers have names of 1 to {NAME} octets, without control characters"));
    }
    if path.len() > PATH {
        return Some(format!("the path has {} servers; {PATH} are the most", path.len()));
    }
    if path.first() != Some(origin) {
        return Some("the path does not begin with the origin".to_owned());
    }
    if (*hops as usize) < path.len() {
        return Some(format!("the path has {} servers, but it is said to have gone {hops} times", path.len()));
    }
    let repeats = path.iter().enumerate().any(|(n, name)| path.iter().take(n).any(|before| before == name));
    if repeats {
        return Some("the path has passed a server twice".to_owned());
    }
    match (from, path.last()) {
        (Some(from), Some(last)) if from != last => Some(format!("the path ends with {last}, but {from} sent it")),
        _ => None,
    }
}

/// Can a deletion mean something?
pub(super) fn is_readable(change: &Change) -> bool {
    let is_sound = |text: &str| text.len() <= ID && !text.contains('\0');
    is_sound(change.id()) && change.version().is_none_or(is_sound)
}
