//! A MISP feed or a MISP instance as the source of a flow.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use misp::client::{Fault as Trouble, Reader};
use misp::flow::Events;
use sharing::flow::Fault;
use taxii_server::outgoing;
use taxii_server::sharing::Entrance;

/// Nobody is waited for any longer for one answer.
const PATIENCE: Duration = Duration::from_secs(120);

/// A feed. A secret is a header with a key, or with a user name a password.
pub(crate) fn feed(url: &str, entrance: &Entrance) -> Result<Events, Fault> {
    let reader = Reader::feed(client(url, entrance)?, url).map_err(|trouble| unusable(&trouble))?;
    let reader = match (secret(url, entrance)?, &entrance.user) {
        (None, _) => Ok(reader),
        (Some(key), None) => reader.header("authorization", &key),
        (Some(password), Some(user)) => {
            reader.header("authorization", &format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
        }
    };
    Ok(Events::new(reader.map_err(|trouble| unusable(&trouble))?, format!("misp-feed:{url}")))
}

/// An instance, with the key of a user.
pub(crate) fn instance(url: &str, entrance: &Entrance) -> Result<Events, Fault> {
    let key = secret(url, entrance)?
        .ok_or_else(|| refused(url, "MISP wants the key of a user: --secret file:PATH or env:NAME"))?;
    let reader = Reader::instance(client(url, entrance)?, url, &key).map_err(|trouble| unusable(&trouble))?;
    Ok(Events::new(reader, format!("misp:{url}")))
}

fn refused(url: &str, reason: impl Into<String>) -> Fault {
    Fault::Refused { place: url.to_owned(), reason: reason.into() }
}

fn unusable(trouble: &Trouble) -> Fault {
    refused(trouble.place(), trouble.reason())
}

fn secret(url: &str, entrance: &Entrance) -> Result<Option<String>, Fault> {
    let secret = entrance.secret.as_ref().map(taxii_server::sharing::SecretAt::read).transpose();
    secret.map_err(|error| refused(url, error.to_string()))
}

fn client(url: &str, entrance: &Entrance) -> Result<reqwest::Client, Fault> {
    if entrance.client_cert.is_some() {
        return Err(refused(url, "client certificates are not shown to MISP: leave out --client-cert"));
    }
    outgoing::client(entrance.ca.as_deref(), PATIENCE).map_err(|why| refused(url, why))
}
