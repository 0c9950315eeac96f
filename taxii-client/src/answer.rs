use bytes::Bytes;
use chrono::DateTime;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde::de::DeserializeOwned;
use taxii_model::media_type::MediaType;
use taxii_model::{ErrorMessage, Timestamp};
use url::Url;

use crate::Error;
use crate::warning::{Warner, Warning};

const BOM: &[u8] = b"\xef\xbb\xbf";

/// What came back: a whole answer, in memory.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) url: Url,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// The resource, however the server calls it, as long as it is JSON. Nothing at all is `{}`.
    pub(crate) fn read<T: DeserializeOwned>(&self, what: &str, warner: &Warner) -> Result<T, Error> {
        self.read_with(what, warner, |body| serde_json::from_slice(body))
    }

    pub(crate) fn read_with<T>(
        &self,
        what: &str,
        warner: &Warner,
        parse: impl FnOnce(&[u8]) -> serde_json::Result<T>,
    ) -> Result<T, Error> {
        self.check_content_type(warner);
        let body = self.text();
        parse(if body.is_empty() { b"{}" } else { body }).map_err(|error| self.no_resource(what, &error))
    }

    fn text(&self) -> &[u8] {
        self.body.strip_prefix(BOM).unwrap_or(&self.body).trim_ascii()
    }

    fn no_resource(&self, what: &str, error: &serde_json::Error) -> Error {
        let problem = match self.text().first() {
            Some(b'<') => format!("expected {what}, got a web page; is this a login page, or no TAXII URL at all?"),
            _ => format!("expected {what}, but the answer cannot be read as one: {error}"),
        };
        Error::answer(&self.url, problem)
    }

    fn check_content_type(&self, warner: &Warner) {
        let found = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let taxii = MediaType::parse(found).is_some_and(|media_type| {
            media_type.essence == "application/taxii+json" && media_type.version.as_deref().is_none_or(|v| v == "2.1")
        });
        if !taxii && !self.body.is_empty() {
            warner.warn(&Warning::ContentType { url: self.url.to_string(), found: found.to_owned() });
        }
    }

    /// The server's own words, if these are some.
    pub(crate) fn error_message(&self) -> Option<ErrorMessage> {
        let mut value: serde_json::Value = serde_json::from_slice(self.text()).ok()?;
        let fields = value.as_object_mut()?;
        // Some servers write the status as a number, or leave members null.
        fields.retain(|_, member| !member.is_null());
        if let Some(number) = fields.get("http_status").and_then(serde_json::Value::as_u64) {
            fields.insert("http_status".to_owned(), number.to_string().into());
        }
        let message: ErrorMessage = serde_json::from_value(value).ok()?;
        (message != ErrorMessage::default()).then_some(message)
    }

    /// A date header (TAXII 2.1 §3.2); absent if it is no timestamp.
    pub(crate) fn stamp(&self, header: &'static str, warner: &Warner) -> Option<Timestamp> {
        let text = self.headers.get(header)?.to_str().ok()?.trim();
        let stamp = text.parse().ok().or_else(|| Some(DateTime::parse_from_rfc3339(text).ok()?.to_utc().into()));
        if stamp.is_none() {
            warner.warn(&Warning::Stamp { header, found: text.to_owned() });
        }
        stamp
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &str) -> Answer {
        Answer {
            url: Url::parse("https://h.example/").unwrap(),
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: Bytes::copy_from_slice(body.as_bytes()),
        }
    }

    /// TX-ERR-07: bodies that are no error resource, and those that nearly are.
    #[test]
    fn error_messages() {
        for none in ["", "<html>Bad Gateway</html>", "[]", "{}", "\"no\"", "{\"title\":7}"] {
            assert_eq!(answer(none).error_message(), None, "{none}");
        }
        let message =
            answer(r#"{"title":"Gone","http_status":404,"details":null,"x_vendor":1}"#).error_message().unwrap();
        assert_eq!((message.title.as_str(), message.http_status.as_deref()), ("Gone", Some("404")));
    }
}
