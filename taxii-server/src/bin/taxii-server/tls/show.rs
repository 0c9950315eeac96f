//! The certificates that are configured, for people and for programs.

use std::path::Path;
use std::time::SystemTime;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use serde_json::{Value, json};
use taxii_model::Timestamp;
use taxii_server::tls::{Certificate, RevocationList};

use super::watch::ending;
use crate::Outcome;
use crate::config::Config;
use crate::output::Output;

/// One certificate, and what it is for.
struct Shown {
    part: &'static str,
    certificate: Certificate,
}

pub(super) fn run(config: &Config, file: Option<&Path>, out: &Output) -> Outcome {
    if let Some(file) = file {
        return print(&[], &certificates(file)?, &[], out);
    }
    let Some(tls) = super::open(config)? else {
        return out.done(
            "TLS is not configured. Give cert and key in [tls]; `taxii-server tls self-signed` makes both for a first try.",
            &json!({"listening": [], "certificates": [], "revocation_lists": []}),
        );
    };
    let server = tls.server_certificates().into_iter().enumerate().map(|(at, certificate)| {
        let part = if at == 0 { "server certificate" } else { "intermediate certificate" };
        Shown { part, certificate }
    });
    let authorities = tls.client_authorities().into_iter();
    let authorities = authorities.map(|certificate| Shown { part: "authority of clients", certificate });
    let shown: Vec<Shown> = server.chain(authorities).collect();
    let places = config.places()?;
    let places: Vec<Value> = places
        .iter()
        .map(|place| json!({"bind": place.bind, "tls": place.tls, "client_certificates": place.client_certificates}))
        .collect();
    print(&places, &shown, &tls.revocation_lists(), out)
}

fn certificates(file: &Path) -> Outcome<Vec<Shown>> {
    let wrong = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let found = CertificateDer::pem_file_iter(file).map_err(|error| wrong(&error))?;
    let found: Vec<_> = found.collect::<Result<_, _>>().map_err(|error| wrong(&error))?;
    if found.is_empty() {
        return Err(wrong(&"there is no certificate in PEM form in it").into());
    }
    let read = |der| Certificate::read(der).map(|certificate| Shown { part: "certificate", certificate });
    let shown = found.iter().map(|der| read(der).ok_or_else(|| wrong(&"a certificate in it cannot be read")));
    Ok(shown.collect::<Result<_, _>>()?)
}

fn print(places: &[Value], shown: &[Shown], lists: &[RevocationList], out: &Output) -> Outcome {
    let text = || {
        let listening = places.iter().map(listening);
        let parts = listening.chain(shown.iter().map(words)).chain(lists.iter().map(list_words));
        Ok(parts.collect::<Vec<_>>().join("\n"))
    };
    let all = json!({
        "listening": places,
        "certificates": shown.iter().map(value).collect::<Vec<_>>(),
        "revocation_lists": lists.iter().map(list_value).collect::<Vec<_>>(),
    });
    out.text(text, &all)
}

fn listening(place: &Value) -> String {
    let text = |name: &str| place.get(name).and_then(Value::as_str).unwrap_or_default();
    match place.get("tls") == Some(&Value::Bool(true)) {
        true => format!("{}: TLS, client certificates {}", text("bind"), text("client_certificates")),
        false => format!("{}: no TLS", text("bind")),
    }
}

fn words(shown: &Shown) -> String {
    let Certificate { subject, issuer, names, fingerprint, not_before, not_after } = &shown.certificate;
    let lasts = match ending(&shown.certificate) {
        Some(ending) => ending,
        None => format!("{} days left", days_left(&shown.certificate)),
    };
    format!(
        "\n{part}\n  subject  {subject}\n  issuer   {issuer}\n  names    {names}\n  valid    {from} to {to}: {lasts}\n  sha256   {fingerprint}",
        part = shown.part,
        names = names.join("\n           "),
        from = stamp(*not_before),
        to = stamp(*not_after),
    )
}

fn value(shown: &Shown) -> Value {
    let Certificate { subject, issuer, names, fingerprint, not_before, not_after } = &shown.certificate;
    json!({
        "part": shown.part, "subject": subject, "issuer": issuer, "names": names, "fingerprint": fingerprint,
        "not_before": stamp(*not_before), "not_after": stamp(*not_after), "days_left": days_left(&shown.certificate),
    })
}

fn days_left(certificate: &Certificate) -> u64 {
    certificate.remaining().map_or(0, |left| left.as_secs() / (24 * 3600))
}

fn list_words(list: &RevocationList) -> String {
    let next = list.next_update.map_or_else(|| "it does not say when".to_owned(), stamp);
    format!(
        "\nrevocation list\n  issuer   {}\n  revokes  {}\n  made     {}\n  next     {next}",
        list.issuer,
        list.revoked,
        stamp(list.this_update)
    )
}

fn list_value(list: &RevocationList) -> Value {
    json!({
        "issuer": list.issuer, "revoked": list.revoked, "this_update": stamp(list.this_update),
        "next_update": list.next_update.map(stamp),
    })
}

fn stamp(time: SystemTime) -> String {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let text = Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or_default()).to_string();
    text.replace(".000000", "")
}
