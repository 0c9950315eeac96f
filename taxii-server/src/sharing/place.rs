use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Where a flow takes from or brings to.
///
/// ```
/// use taxii_server::sharing::Place;
///
/// let place: Place = "collection:api1/indicators".parse()?;
/// assert!(!place.is_remote());
/// assert!("https://user:secret@taxii.example/api1/".parse::<Place>().is_err());
/// # Ok::<(), taxii_server::sharing::InvalidPlace>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Place {
    /// A collection of this server: `collection:ROOT/ALIAS`, or its id.
    Collection(String),
    /// A collection of a TAXII server: its URL.
    Taxii(String),
    /// The feed of a MISP instance: `misp-feed:URL`.
    MispFeed(String),
    /// A MISP instance: `misp:URL`.
    Misp(String),
    /// A folder of files: `folder:PATH`.
    Folder(PathBuf),
    /// A folder of signed packages, for sides without a network between them: `packages:PATH`.
    Packages(PathBuf),
}

/// A place that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidPlace(String);

const FORMS: &str =
    "collection:ROOT/ALIAS, https://…/collections/ID/, misp-feed:URL, misp:URL, folder:PATH or packages:PATH";

impl Place {
    /// Is it on another machine, and may ask who is calling?
    #[must_use]
    pub fn is_remote(&self) -> bool {
        self.url().is_some()
    }

    /// Its URL, if it is on another machine.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        match self {
            Self::Taxii(url) | Self::MispFeed(url) | Self::Misp(url) => Some(url),
            Self::Collection(_) | Self::Folder(_) | Self::Packages(_) => None,
        }
    }

    /// The name of the collection of this server that it is.
    #[must_use]
    pub fn collection(&self) -> Option<&str> {
        match self {
            Self::Collection(name) => Some(name),
            _ => None,
        }
    }

    /// Does what is brought there leave this server?
    #[must_use]
    pub fn is_outside(&self) -> bool {
        self.collection().is_none()
    }
}

/// A URL that one may show: no user, no password.
fn url(text: &str) -> Result<String, InvalidPlace> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let Some(rest) = rest else {
        return Err(InvalidPlace(format!("{text:?} is no URL: expected https://…")));
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        let why =
            "a URL with a user or a password in it is not taken: it would be kept and shown; see --user and --secret";
        return Err(InvalidPlace(why.to_owned()));
    }
    if authority.is_empty() || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(InvalidPlace(format!("{text:?} is no URL: expected https://HOST/…")));
    }
    Ok(text.to_owned())
}

impl FromStr for Place {
    type Err = InvalidPlace;

    fn from_str(text: &str) -> Result<Self, InvalidPlace> {
        if text.starts_with("https://") || text.starts_with("http://") {
            return Ok(Self::Taxii(url(text)?));
        }
        let unknown = || InvalidPlace(format!("{text:?} is no place: expected {FORMS}"));
        let (kind, rest) = text.split_once(':').ok_or_else(unknown)?;
        if rest.trim().is_empty() {
            return Err(unknown());
        }
        match kind {
            "collection" => Ok(Self::Collection(rest.trim_matches('/').to_owned())),
            "misp-feed" => url(rest).map(Self::MispFeed),
            "misp" => url(rest).map(Self::Misp),
            "folder" => Ok(Self::Folder(rest.into())),
            "packages" => Ok(Self::Packages(rest.into())),
            _ => Err(unknown()),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Collection(name) => write!(f, "collection:{name}"),
            Self::Taxii(url) => f.write_str(url),
            Self::MispFeed(url) => write!(f, "misp-feed:{url}"),
            Self::Misp(url) => write!(f, "misp:{url}"),
            Self::Folder(path) => write!(f, "folder:{}", path.display()),
            Self::Packages(path) => write!(f, "packages:{}", path.display()),
        }
    }
}

impl From<Place> for String {
    fn from(place: Place) -> Self {
        place.to_string()
    }
}

impl TryFrom<String> for Place {
    type Error = InvalidPlace;

    fn try_from(text: String) -> Result<Self, InvalidPlace> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A place is written as it is read, and nothing else is taken for one; a secret in a URL is refused, and not repeated.
    #[test]
    fn places_are_read_and_written() {
        for text in [
            "collection:api1/indicators",
            "https://taxii.example/api1/collections/3cbf8d5e-6f2f-4d35-ae0f-1d6a2f9a7a11/",
            "misp-feed:https://misp.example/feed",
            "misp:https://misp.example",
            "folder:/var/spool/in",
            "packages:out going",
        ] {
            assert_eq!(text.parse::<Place>().unwrap().to_string(), text);
        }
        for wrong in ["", "api1/indicators", "collection:", "ftp://a/", "misp:a", "folder: ", "https:///x", "file:x"] {
            assert!(wrong.parse::<Place>().is_err(), "{wrong}");
        }
        let told = "https://user:geheim@taxii.example/".parse::<Place>().unwrap_err().to_string();
        assert!(!told.contains("geheim"), "{told}");
    }
}
