use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::Error;

/// How requests say who is asking (TAXII 2.1 §1.6.9, §8.3).
///
/// Credentials go to the origin they were given for and to no other; see
/// [`ClientBuilder::trust_origin`](crate::ClientBuilder::trust_origin). They are never shown: not in
/// `Debug`, not in errors.
///
/// ```
/// use taxii_client::Credentials;
///
/// let credentials = Credentials::basic("analyst", "open sesame")?;
/// assert_eq!(format!("{credentials:?}"), "Credentials(authorization)");
/// # Ok::<(), taxii_client::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Credentials(Option<(HeaderName, HeaderValue)>);

impl Credentials {
    /// No credentials at all.
    #[must_use]
    pub fn none() -> Self {
        Self(None)
    }

    /// HTTP Basic (RFC 7617). Either part may be empty: some services want the key as the user and no
    /// password.
    ///
    /// # Errors
    /// The user name has a colon in it, which Basic cannot express.
    pub fn basic(user: &str, password: &str) -> Result<Self, Error> {
        if user.contains(':') {
            return Err(Error::invalid("a user name cannot contain ':' in HTTP Basic authentication"));
        }
        Self::header("authorization", &format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
    }

    /// A bearer token (RFC 6750).
    ///
    /// # Errors
    /// The token has characters that a header cannot carry.
    pub fn bearer(token: &str) -> Result<Self, Error> {
        Self::header("authorization", &format!("Bearer {token}"))
    }

    /// A header of the server's own choosing, such as `X-API-Key`.
    ///
    /// # Errors
    /// The name is no header name, or the value has characters that a header cannot carry.
    pub fn header(name: &str, value: &str) -> Result<Self, Error> {
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| Error::invalid(format!("{name:?} is not a header name")))?;
        let mut value = HeaderValue::from_str(value).map_err(|_| {
            Error::invalid(format!(
                "the secret for {name} has characters that a header cannot carry; is there a line break in it?"
            ))
        })?;
        value.set_sensitive(true);
        Ok(Self(Some((name, value))))
    }

    /// Are there none?
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn apply(&self, headers: &mut HeaderMap) {
        if let Some((name, value)) = &self.0 {
            headers.insert(name.clone(), value.clone());
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.0.as_ref().map_or("none", |(name, _)| name.as_str());
        f.debug_tuple("Credentials").field(&format_args!("{name}")).finish()
    }
}

/// The credentials that stand in a URL, `https://user:password@host/`, taken out of it.
pub(crate) fn take_from_url(url: &mut url::Url) -> Result<Credentials, Error> {
    if url.username().is_empty() && url.password().is_none() {
        return Ok(Credentials::none());
    }
    let decode = |text: &str| -> Result<String, Error> {
        let raw = format!("x={}", text.replace('+', "%2B"));
        url::form_urlencoded::parse(raw.as_bytes())
            .next()
            .map(|(_, value)| value.into_owned())
            .ok_or_else(|| Error::invalid("the user or password in the URL cannot be read"))
    };
    let credentials = Credentials::basic(&decode(url.username())?, &decode(url.password().unwrap_or_default())?)?;
    // Both fail only for URLs without a host, which have no credentials either.
    let _ = (url.set_username(""), url.set_password(None));
    Ok(credentials)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(credentials: &Credentials) -> Option<(String, String)> {
        let mut headers = HeaderMap::new();
        credentials.apply(&mut headers);
        let (name, value) = headers.iter().next()?;
        assert!(value.is_sensitive(), "sensitive values stay out of logs and compression tables");
        Some((name.to_string(), value.to_str().ok()?.to_owned()))
    }

    /// TX-CLI-11, TX-AUT-01: Basic as RFC 7617 writes it.
    #[test]
    fn basic_and_its_neighbours() {
        let pair = |c: Result<Credentials, Error>| shown(&c.unwrap()).unwrap();
        assert_eq!(
            pair(Credentials::basic("test", "Passw0rd!")),
            ("authorization".into(), "Basic dGVzdDpQYXNzdzByZCE=".into())
        );
        assert_eq!(pair(Credentials::basic("", "key")).1, "Basic OmtleQ==");
        assert_eq!(pair(Credentials::bearer("t0k")).1, "Bearer t0k");
        assert_eq!(pair(Credentials::header("X-API-Key", "k")), ("x-api-key".into(), "k".into()));
        assert!(Credentials::basic("a:b", "c").is_err());
        assert!(Credentials::bearer("line\nbreak").is_err());
        assert!(Credentials::header("not a name", "k").is_err());
    }

    /// A pasted `https://user:password@host/` works, and the URL no longer shows it.
    #[test]
    fn credentials_in_the_url() {
        let mut url = url::Url::parse("https://ann:p%40ss+1@example.com/taxii2/").unwrap();
        let credentials = take_from_url(&mut url).unwrap();
        assert_eq!(shown(&credentials), shown(&Credentials::basic("ann", "p@ss+1").unwrap()));
        assert_eq!(url.as_str(), "https://example.com/taxii2/");
        assert!(take_from_url(&mut url).unwrap().is_none());
    }
}
