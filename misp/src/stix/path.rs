//! Paths of the tables, taken apart.

/// The type and the steps of `file:hashes.'SHA-1'`; a step to any item of a list is `*`.
pub(crate) fn steps(path: &str) -> (&str, Vec<&str>) {
    let (object_type, rest) = path.split_once(':').unwrap_or((path, ""));
    let mut steps = Vec::new();
    let mut rest = rest;
    while !rest.is_empty() {
        let (step, after) = match rest.strip_prefix('\'') {
            Some(quoted) => quoted.split_once('\'').unwrap_or((quoted, "")),
            None => rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len())),
        };
        if !step.is_empty() {
            steps.push(step);
        }
        rest = match after.strip_prefix("[*]") {
            Some(after) => {
                steps.push("*");
                after
            }
            None => after,
        };
        rest = rest.strip_prefix('.').unwrap_or(rest);
        // What is no path must not keep anybody waiting.
        if step.is_empty() && after.len() == rest.len() {
            break;
        }
    }
    (object_type, steps)
}

/// A path or a step without what programs write differently: quotes, hyphens, capitals, and which item of a list is meant.
pub(crate) fn plain(path: &str) -> String {
    let kept = |c: &char| c.is_ascii_alphanumeric() || matches!(c, ':' | '.');
    path.chars().filter(kept).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Quotes, items and references are told apart.
    #[test]
    fn paths_are_taken_apart() {
        assert_eq!(steps("file:hashes.'SHA-1'"), ("file", vec!["hashes", "SHA-1"]));
        assert_eq!(steps("a:b[*].c_ref.d"), ("a", vec!["b", "*", "c_ref", "d"]));
        assert_eq!(steps("a:x.'Reply-To'[*]"), ("a", vec!["x", "Reply-To", "*"]));
        assert_eq!(steps("a:'x.y'.z"), ("a", vec!["x.y", "z"]));
    }

    /// The same place is the same, however it is written.
    #[test]
    fn paths_are_compared() {
        assert_eq!(plain("a:x.'Reply-To'[*]"), plain("a:x.reply_to"));
        assert_eq!(plain("file:hashes.'SHA-224'"), plain("file:hashes.SHA224"));
        assert_ne!(plain("file:hashes.'SHA-512-224'"), plain("file:hashes.SHA224"));
    }
}
