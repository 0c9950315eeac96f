use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Place;

/// What an operator decides about a flow. It is kept as JSON, and says where secrets are, never what they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowSettings {
    /// Where it takes from.
    pub from: Place,
    /// Where it brings to.
    pub to: Place,
    /// The agreement that it keeps to. Only what comes in may do without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<String>,
    /// How often to look for what is new, in seconds. Collections of this server tell at once.
    pub every_seconds: u64,
    /// With which partner, if the agreement says several things about this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
    /// What the agreement calls the collection, if it is called something else here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<String>,
    /// Is the place that it takes from one of our own, where nothing says how objects came? Then they begin here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
    /// How to get in at the other side.
    #[serde(default, skip_serializing_if = "Entrance::is_open")]
    pub entrance: Entrance,
    /// How packages are signed.
    #[serde(default, skip_serializing_if = "Signing::is_none")]
    pub signing: Signing,
}

/// How packages are signed, for sides without a network between them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Signing {
    /// Our private key, a PEM file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<PathBuf>,
    /// The public keys of those whose packages are taken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trusted: Vec<String>,
    /// The name of the series of packages; the flow's unless it is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
}

impl Signing {
    /// Is nothing said?
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// How to get in at the other side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Entrance {
    /// The user name, for passwords.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Where the password is, or without a user name the token or key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretAt>,
    /// Certificates of authorities to trust besides those of the system, a PEM file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
    /// The client certificate, a PEM file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_cert: Option<PathBuf>,
    /// Its private key, a PEM file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_key: Option<PathBuf>,
}

/// Where a secret is: `file:PATH` or `env:NAME`. It is read when it is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum SecretAt {
    /// In a file, without the line's end.
    File(PathBuf),
    /// In an environment variable of the process that runs the flow.
    Variable(String),
}

/// Why settings make no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidSettings(String);

impl FlowSettings {
    /// Without anything that has a default: every 30 seconds.
    #[must_use]
    pub fn new(from: Place, to: Place) -> Self {
        let (entrance, signing) = (Entrance::default(), Signing::default());
        Self {
            from,
            to,
            agreement: None,
            every_seconds: 30,
            partner: None,
            exchange: None,
            own: false,
            entrance,
            signing,
        }
    }

    /// As they are kept.
    ///
    /// # Errors
    /// They are not settings that this version knows.
    pub fn read(text: &str) -> Result<Self, InvalidSettings> {
        serde_json::from_str(text)
            .map_err(|error| InvalidSettings(format!("the flow's settings cannot be read: {error}")))
    }

    /// As they are kept.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Do they make sense? Nothing leaves without an agreement.
    ///
    /// # Errors
    /// What is wrong, and what to do.
    pub fn check(&self) -> Result<(), InvalidSettings> {
        let wrong = |why: &str| Err(InvalidSettings(why.to_owned()));
        if self.from == self.to {
            return wrong("from and to are the same place");
        }
        if self.from.is_remote() && self.to.is_remote() {
            return wrong("one end is to be here: take into a collection with one flow, and bring on with another");
        }
        if matches!(self.to, Place::MispFeed(_)) {
            return wrong("nothing can be brought to a feed: others fetch it");
        }
        if matches!(self.to, Place::Misp(_)) {
            return wrong("nothing is written into a MISP instance: let it fetch our feed");
        }
        if self.agreement.is_none() && (self.from.collection().is_some() || self.to.is_outside()) {
            return wrong("nothing leaves a collection without an agreement: name it with --agreement");
        }
        if self.own && !matches!(self.from, Place::Folder(_) | Place::Misp(_) | Place::MispFeed(_)) {
            return wrong(
                "only a folder, a MISP instance or its feed can be one's own: elsewhere it is known how objects came",
            );
        }
        if self.own && self.agreement.is_some() && self.to.collection().is_some() {
            return wrong("what is one's own comes in under no agreement: leave out --own or --agreement");
        }
        if self.every_seconds == 0 {
            return wrong("every 0 seconds is too often: 1 is the least");
        }
        if matches!(self.to, Place::Packages(_)) && self.signing.key.is_none() {
            return wrong("packages are signed: give --signing-key FILE; `taxii package key FILE` makes one");
        }
        if matches!(self.from, Place::Packages(_)) && self.signing.trusted.is_empty() {
            return wrong("whose packages? Give --trust KEY, the public key of who signs them");
        }
        self.entrance.check(self.from.is_remote() || self.to.is_remote())
    }
}

impl Entrance {
    /// Is nothing said?
    #[must_use]
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }

    fn check(&self, is_needed: bool) -> Result<(), InvalidSettings> {
        let wrong = |why: &str| Err(InvalidSettings(why.to_owned()));
        if !is_needed && !self.is_open() {
            return wrong("neither end asks who is calling: leave out user, secret and certificates");
        }
        if self.user.is_some() && self.secret.is_none() {
            return wrong("a user without a password: say with --secret where it is");
        }
        if self.client_cert.is_some() != self.client_key.is_some() {
            return wrong("a client certificate and its key come together: --client-cert and --client-key");
        }
        Ok(())
    }
}

impl SecretAt {
    /// Reads the secret.
    ///
    /// # Errors
    /// It is not there. The message has the place, never the secret.
    pub fn read(&self) -> Result<String, InvalidSettings> {
        let found = match self {
            Self::File(path) => std::fs::read_to_string(path).map_err(|error| error.to_string()),
            Self::Variable(name) => {
                std::env::var(name).map_err(|_| "there is no such text in the environment".to_owned())
            }
        };
        match found {
            Ok(text) if !text.trim_end_matches(['\r', '\n']).is_empty() => {
                Ok(text.trim_end_matches(['\r', '\n']).to_owned())
            }
            Ok(_) => Err(InvalidSettings(format!("{self}: the secret is empty"))),
            Err(why) => Err(InvalidSettings(format!("{self}: {why}"))),
        }
    }
}

impl FromStr for SecretAt {
    type Err = InvalidSettings;

    fn from_str(text: &str) -> Result<Self, InvalidSettings> {
        match text.split_once(':') {
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            Some(("env", name)) if !name.is_empty() => Ok(Self::Variable(name.to_owned())),
            // What was given may be the secret itself: it is not repeated.
            _ => {
                Err(InvalidSettings("expected file:PATH or env:NAME, where the secret is; never the secret".to_owned()))
            }
        }
    }
}

impl fmt::Display for SecretAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Variable(name) => write!(f, "env:{name}"),
        }
    }
}

impl From<SecretAt> for String {
    fn from(at: SecretAt) -> Self {
        at.to_string()
    }
}

impl TryFrom<String> for SecretAt {
    type Error = InvalidSettings;

    fn try_from(text: String) -> Result<Self, InvalidSettings> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(from: &str, to: &str, agreement: Option<&str>) -> FlowSettings {
        let agreement = agreement.map(str::to_owned);
        FlowSettings { agreement, ..FlowSettings::new(from.parse().unwrap(), to.parse().unwrap()) }
    }

    /// Nothing leaves without an agreement; what cannot work is refused before it is kept.
    #[test]
    fn what_leaves_needs_an_agreement() {
        for (from, to, agreement, is_good) in [
            ("collection:a/b", "https://x.example/c/", None, false),
            ("collection:a/b", "https://x.example/c/", Some("x"), true),
            ("collection:a/b", "collection:a/c", None, false),
            ("collection:a/b", "folder:/tmp/x", None, false),
            ("folder:/tmp/x", "folder:/tmp/y", None, false),
            ("https://x.example/c/", "collection:a/b", None, true),
            ("misp-feed:https://x.example/", "collection:a/b", None, true),
            ("collection:a/b", "collection:a/b", Some("x"), false),
            ("https://x.example/c/", "https://y.example/c/", Some("x"), false),
            ("collection:a/b", "misp-feed:https://x.example/", Some("x"), false),
        ] {
            assert_eq!(settings(from, to, agreement).check().is_ok(), is_good, "{from} {to} {agreement:?}");
        }
    }

    /// Settings are read as they were written, without the secret in them; a secret that is given in place of where it is
    /// is not repeated.
    #[test]
    fn secrets_are_named_and_not_kept() {
        let mut all = settings("collection:a/b", "https://x.example/c/", Some("x"));
        all.entrance =
            Entrance { user: Some("u".into()), secret: Some("env:X".parse().unwrap()), ..Entrance::default() };
        all.check().unwrap();
        assert_eq!(FlowSettings::read(&all.text()).unwrap(), all);
        let told = "geheim".parse::<SecretAt>().unwrap_err().to_string();
        assert!(!told.contains("geheim"), "{told}");
        assert!("env:NOT_THERE_AT_ALL".parse::<SecretAt>().unwrap().read().is_err());
    }
}
