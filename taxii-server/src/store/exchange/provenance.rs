use serde::{Deserialize, Serialize};

/// How an entry came: from another server, or from somebody at this one whom an agreement binds.
///
/// ```
/// use taxii_server::store::Provenance;
///
/// let came = Provenance { origin: "a".into(), hops: 2, path: vec!["a".into(), "b".into()], by: "b's account".into(), agreement: None };
/// assert_eq!(came.via(), Some("b"));
/// assert_eq!(Provenance::read(&came.text()), came);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// The server at which it came into the exchange.
    pub origin: String,
    /// How many times it has gone from one server to another.
    pub hops: u32,
    /// The servers that it has passed, the origin first and the one that gave it to this server last; none of what was submitted here.
    pub path: Vec<String>,
    /// The account or the flow that brought it.
    pub by: String,
    /// Under which agreement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<String>,
}

impl Provenance {
    /// Of what was submitted at this server, by an account, under an agreement.
    #[must_use]
    pub fn here(server: &str, account: &str, agreement: &str) -> Self {
        let (origin, by, agreement) = (server.to_owned(), account.to_owned(), Some(agreement.to_owned()));
        Self { origin, hops: 0, path: Vec::new(), by, agreement }
    }

    /// Did another server give it to this one?
    #[must_use]
    pub fn is_from_elsewhere(&self) -> bool {
        !self.path.is_empty()
    }

    /// The server that gave it to this one.
    #[must_use]
    pub fn via(&self) -> Option<&str> {
        self.path.last().map(String::as_str)
    }

    /// Has it been at this server?
    #[must_use]
    pub fn passed(&self, server: &str) -> bool {
        self.origin == server || self.path.iter().any(|passed| passed == server)
    }

    /// Does a deletion that came like this concern an entry that came like that? Only the origin of an entry takes it back, and the
    /// word comes from there or from whom the entry came: nobody takes back what somebody else has given.
    #[must_use]
    pub fn takes_back(&self, entry: &Self) -> bool {
        let via = self.via();
        self.origin == entry.origin && via.is_some() && (via == entry.via() || via == Some(&entry.origin))
    }

    /// As it is kept.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads what [`Provenance::text`] has written. What cannot be read comes from nobody who could take it back.
    #[must_use]
    pub fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn came(path: &[&str]) -> Provenance {
        let path: Vec<String> = path.iter().map(|server| (*server).to_owned()).collect();
        Provenance { origin: path[0].clone(), hops: path.len() as u32, path, ..Provenance::default() }
    }

    /// Authority: who may take an entry back, for every way in which it and the word can have come.
    #[test]
    fn who_takes_back() {
        for (entry, word, may) in [
            (["a", "b"].as_slice(), ["a", "b"].as_slice(), true),
            (&["a", "b"], &["a"], true),
            (&["a", "b"], &["a", "x", "b"], true),
            (&["a", "b"], &["a", "c"], false),
            (&["a", "b"], &["b"], false),
            (&["a"], &["a"], true),
            (&["a"], &["a", "b"], false),
            (&["a"], &["b"], false),
        ] {
            assert_eq!(came(word).takes_back(&came(entry)), may, "{word:?} of {entry:?}");
        }
        let nobody = Provenance::read("?");
        assert!(!nobody.takes_back(&nobody) && !came(&["a"]).takes_back(&nobody));
    }
}
