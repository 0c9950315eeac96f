//! Certificates that are read anew while the server runs, and warnings before they end.

use std::time::{Duration, Instant, SystemTime};

use actix_web::rt::task::spawn_blocking;
use actix_web::rt::time::timeout;
use taxii_server::tls::{Certificate, Tls};

use super::Section;

const DAY: Duration = Duration::from_secs(24 * 3600);
/// What ends sooner is warned of, at the start and every day.
pub(super) const SOON: Duration = Duration::from_secs(14 * 24 * 3600);

/// Warns of what ends soon, and from now on reads the files anew when they change, and on SIGHUP.
pub(crate) fn watch(tls: &Tls, settings: &Section) {
    warn(tls);
    // Listened to before anybody is told that the server runs: until then, SIGHUP ends it.
    let hangups = Hangups::listen();
    let every = Some(settings.refresh_seconds).filter(|seconds| *seconds > 0).map(Duration::from_secs);
    actix_web::rt::spawn(go_on(tls.clone(), every, hangups));
}

async fn go_on(tls: Tls, every: Option<Duration>, mut hangups: Hangups) {
    let mut warned = Instant::now();
    loop {
        let asked = timeout(every.unwrap_or(DAY), hangups.next()).await.is_ok();
        let reader = tls.clone();
        let read = move || match (asked, every) {
            (true, _) => reader.reload(),
            (false, Some(_)) => reader.refresh(),
            (false, None) => Vec::new(),
        };
        // The files may be on a disk that takes its time.
        let outcomes = spawn_blocking(read).await.unwrap_or_default();
        if !outcomes.is_empty() || warned.elapsed() >= DAY {
            warn(&tls);
            warned = Instant::now();
        }
    }
}

/// SIGHUP, where there is such a thing.
struct Hangups {
    #[cfg(unix)]
    signal: Option<actix_web::rt::signal::unix::Signal>,
}

impl Hangups {
    fn listen() -> Self {
        #[cfg(unix)]
        {
            use actix_web::rt::signal::unix::{SignalKind, signal};
            let signal = signal(SignalKind::hangup());
            if let Err(error) = &signal {
                tracing::warn!(%error, "cannot listen to SIGHUP");
            }
            Self { signal: signal.ok() }
        }
        #[cfg(not(unix))]
        Self {}
    }

    async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.signal
            && signal.recv().await.is_some()
        {
            return;
        }
        std::future::pending::<()>().await;
    }
}

/// Says in the log what has ended or ends soon.
fn warn(tls: &Tls) {
    for (whose, certificates) in
        [("the server", tls.server_certificates()), ("an authority of clients", tls.client_authorities())]
    {
        certificates.iter().filter_map(|certificate| ending(certificate).map(|when| (certificate, when))).for_each(
            |(certificate, when)| tracing::warn!(subject = certificate.subject, "the certificate of {whose} {when}"),
        );
    }
    for list in tls.revocation_lists() {
        if list.next_update.is_some_and(|next| next <= SystemTime::now()) {
            tracing::warn!(issuer = list.issuer, "a revocation list should have been renewed by now");
        }
    }
}

/// How a certificate stands that does not last, in words.
pub(super) fn ending(certificate: &Certificate) -> Option<String> {
    match certificate.remaining() {
        None => Some("has expired: clients refuse it".to_owned()),
        Some(_) if certificate.not_before > SystemTime::now() => Some("is not valid yet".to_owned()),
        Some(left) if left < SOON => Some(format!("expires in {} days", left.as_secs() / DAY.as_secs())),
        Some(_) => None,
    }
}
