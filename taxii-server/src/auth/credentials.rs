use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::ClientCertificate;

/// What a request brought along to say who it comes from.
///
/// Printing them never shows a secret.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// A user name and a password (RFC 7617). The password may also be an API key, with any user
    /// name, since some products offer nothing else.
    Basic {
        /// The user name.
        user: String,
        /// The password or key.
        password: String,
    },
    /// An API key, from a `Bearer` or `Token` header or from the header of the configured name.
    Key(String),
    /// A client certificate, of a connection on which no other credentials came.
    Certificate(Arc<ClientCertificate>),
}

impl Credentials {
    /// Reads the value of an `Authorization` header; the scheme in any case. `None` if the scheme is
    /// not known or the value is damaged: such credentials are wrong ones.
    ///
    /// ```
    /// use taxii_server::auth::Credentials;
    ///
    /// let basic = Credentials::parse("basic dGVzdDpQYXNzdzByZCE=").unwrap();
    /// assert_eq!(basic, Credentials::Basic { user: "test".into(), password: "Passw0rd!".into() });
    /// assert_eq!(format!("{basic:?}"), "Basic(test)");
    /// assert!(Credentials::parse("Digest username=\"test\"").is_none());
    /// ```
    #[must_use]
    pub fn parse(authorization: &str) -> Option<Self> {
        let (scheme, value) = authorization.trim().split_once(' ')?;
        let value = value.trim();
        match scheme.to_ascii_lowercase().as_str() {
            "basic" => {
                let pair = String::from_utf8(STANDARD.decode(value).ok()?).ok()?;
                let (user, password) = pair.split_once(':')?;
                Some(Self::Basic { user: user.to_owned(), password: password.to_owned() })
            }
            "bearer" | "token" if !value.is_empty() => Some(Self::Key(value.to_owned())),
            _ => None,
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Basic { user, .. } => write!(f, "Basic({user})"),
            Self::Key(_) => f.write_str("Key"),
            Self::Certificate(certificate) => write!(f, "Certificate({certificate})"),
        }
    }
}
