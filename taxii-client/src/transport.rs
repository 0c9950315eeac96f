//! One request and its answer: headers, credentials, redirects, retries.

use std::sync::{PoisonError, RwLock};
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, LOCATION, WWW_AUTHENTICATE};
use reqwest::{Method, Response};
use taxii_model::media_type;
use url::{Origin, Url};

use crate::answer::Answer;
use crate::error::{Refusal, Sent, Trouble, Unreachable};
use crate::retry::{self, Retry};
use crate::warning::{Warner, Warning};
use crate::{Challenge, Credentials, Error, address};

const MOST_REDIRECTS: usize = 5;

#[derive(Debug)]
pub(crate) struct Transport {
    /// For trusted origins: shows the client certificate, if there is one.
    pub(crate) known: reqwest::Client,
    /// For all others.
    pub(crate) stranger: reqwest::Client,
    pub(crate) credentials: Credentials,
    pub(crate) has_identity: bool,
    pub(crate) trusted: RwLock<Vec<Origin>>,
    pub(crate) plain_http: bool,
    pub(crate) retry: Retry,
    pub(crate) most_octets: u64,
    pub(crate) warner: Warner,
}

/// What to send.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    method: Method,
    url: Url,
    body: Option<Bytes>,
    /// Of what is sent and wanted.
    media_type: &'static str,
    /// May less be asked for instead? Then a timeout is not worth a second try.
    divisible: bool,
}

impl Request {
    fn new(method: Method, url: Url, body: Option<Bytes>) -> Self {
        Self { method, url, body, media_type: media_type::TAXII, divisible: false }
    }

    /// Of another media type than TAXII's.
    #[cfg(feature = "flow")]
    pub(crate) fn of(self, media_type: &'static str) -> Self {
        Self { media_type, ..self }
    }

    pub(crate) fn get(url: Url) -> Self {
        Self::new(Method::GET, url, None)
    }

    /// A GET of one page of several.
    pub(crate) fn page(url: Url) -> Self {
        Self { divisible: true, ..Self::get(url) }
    }

    pub(crate) fn post(url: Url, body: Bytes) -> Self {
        Self::new(Method::POST, url, Some(body))
    }

    pub(crate) fn delete(url: Url) -> Self {
        Self::new(Method::DELETE, url, None)
    }

    /// Nothing happens twice if this request is made again.
    fn repeatable(&self) -> bool {
        self.method == Method::GET
    }
}

impl Transport {
    /// Sends a request, as often as need be, until the server says yes or a no that is final.
    pub(crate) async fn send(&self, request: Request) -> Result<Answer, Error> {
        let mut attempts = 1;
        loop {
            let error = match self.once(&request, attempts).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let Some(wait) = self.wait(&request, &error, attempts) else { return Err(error) };
            self.warner.warn(&Warning::Retrying { cause: first_line(&error), wait });
            tokio::time::sleep(wait).await;
            attempts += 1;
        }
    }

    fn wait(&self, request: &Request, error: &Error, attempts: u32) -> Option<std::time::Duration> {
        let (again, asked) = match error {
            Error::Refused(refusal) => match refusal.status.as_u16() {
                429 => (true, refusal.retry_after),
                502..=504 => (request.repeatable(), refusal.retry_after),
                _ => (false, None),
            },
            Error::Unreachable(trouble) => match trouble.kind {
                Trouble::Tls => (false, None),
                Trouble::Timeout if trouble.sent => (request.repeatable() && !request.divisible, None),
                _ => (request.repeatable() || !trouble.sent, None),
            },
            _ => (false, None),
        };
        if again { self.retry.wait(attempts, asked) } else { None }
    }

    /// Sends a request once, following redirects as far as is safe.
    async fn once(&self, request: &Request, attempts: u32) -> Result<Answer, Error> {
        let mut url = request.url.clone();
        for _ in 0..=MOST_REDIRECTS {
            let (response, sent) = self.exchange(request, &url).await?;
            let Some(target) = self.redirect(request, &url, &response)? else {
                let answer = self.receive(&url, response).await?;
                return if answer.status.is_success() {
                    Ok(answer)
                } else {
                    Err(refusal(request, &answer, sent, attempts))
                };
            };
            self.warner.warn(&Warning::Redirected { from: url.to_string(), to: target.to_string() });
            url = target;
        }
        Err(Error::answer(&request.url, format!("redirected more than {MOST_REDIRECTS} times")))
    }

    async fn exchange(&self, request: &Request, url: &Url) -> Result<(Response, Sent), Error> {
        self.check_scheme(url)?;
        let trusted = self.trusts(url);
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, reqwest::header::HeaderValue::from_static(request.media_type));
        let something = !self.credentials.is_none() || self.has_identity;
        let sent = match (something, trusted) {
            (false, _) => Sent::None,
            (true, true) => Sent::Yes,
            (true, false) => Sent::Withheld,
        };
        match sent {
            Sent::Yes => self.credentials.apply(&mut headers),
            Sent::Withheld => self.warner.warn(&Warning::CredentialsWithheld(url.origin().ascii_serialization())),
            Sent::None => {}
        }
        let client = if trusted { &self.known } else { &self.stranger };
        let mut outgoing = client.request(request.method.clone(), url.clone()).headers(headers);
        if let Some(body) = &request.body {
            outgoing = outgoing.header(CONTENT_TYPE, request.media_type).body(body.clone());
        }
        let begin = Instant::now();
        let response = outgoing.send().await.map_err(|error| unreachable(url, &error))?;
        tracing::debug!(method = %request.method, %url, status = response.status().as_u16(), elapsed = ?begin.elapsed(), "answered");
        Ok((response, sent))
    }

    /// TAXII is spoken over TLS (§8); plain HTTP only to this machine, or when told.
    fn check_scheme(&self, url: &Url) -> Result<(), Error> {
        if url.scheme() == "https" || self.plain_http || address::is_loopback(url) {
            return Ok(());
        }
        Err(Error::invalid(format!(
            "{url} is not https: everybody on the way could read and change what is exchanged; allow it expressly if that is what you want (--allow-http)"
        )))
    }

    fn trusts(&self, url: &Url) -> bool {
        self.trusted.read().unwrap_or_else(PoisonError::into_inner).contains(&url.origin())
    }

    pub(crate) fn trust(&self, origin: Origin) {
        self.trusted.write().unwrap_or_else(PoisonError::into_inner).push(origin);
    }

    /// Where to ask instead. A GET may go anywhere (without credentials); what changes something only
    /// keeps its method and body under 307 and 308, and only goes to origins that are trusted.
    fn redirect(&self, request: &Request, url: &Url, response: &Response) -> Result<Option<Url>, Error> {
        let moved = match response.status().as_u16() {
            301..=303 => request.repeatable(),
            307 | 308 => true,
            _ => false,
        };
        let Some(location) = response.headers().get(LOCATION).filter(|_| moved) else { return Ok(None) };
        let target = location.to_str().ok().and_then(|text| url.join(text).ok());
        let Some(target) = target else { return Err(Error::answer(url, "redirects to something that is no URL")) };
        if url.scheme() == "https" && target.scheme() != "https" {
            return Err(Error::answer(url, format!("redirects from https to {target}; not following")));
        }
        Ok(Some(target).filter(|target| request.repeatable() || self.trusts(target)))
    }

    async fn receive(&self, url: &Url, mut response: Response) -> Result<Answer, Error> {
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(url, &error))? {
            if (body.len() + chunk.len()) as u64 > self.most_octets {
                return Err(Error::TooMuch { url: url.to_string(), most: self.most_octets });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { url: url.clone(), status, headers, body: body.freeze() })
    }
}

fn unreachable(url: &Url, error: &reqwest::Error) -> Error {
    Error::Unreachable(Box::new(Unreachable::new(url, error)))
}

fn refusal(request: &Request, answer: &Answer, credentials: Sent, attempts: u32) -> Error {
    let challenges = answer.headers.get_all(WWW_AUTHENTICATE).iter();
    Error::Refused(Box::new(Refusal {
        method: request.method.clone(),
        url: answer.url.to_string(),
        status: answer.status,
        message: answer.error_message(),
        challenges: challenges.filter_map(|line| line.to_str().ok()).flat_map(Challenge::parse).collect(),
        retry_after: retry::retry_after(&answer.headers),
        credentials,
        attempts,
    }))
}

/// The error without the advice, for a line in a log.
pub(crate) fn first_line(error: &Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}
