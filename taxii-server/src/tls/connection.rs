use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::HttpRequest;
use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use rustls_pki_types::{CertificateDer, UnixTime};

use super::trust::Trust;
use crate::auth::ClientCertificate;

/// How long a verdict holds while nothing is read anew: certificates expire by themselves.
const HOLDS: Duration = Duration::from_secs(60);

/// What a client has shown when it connected. The handshake was over then; the connection may go on for days.
struct Shown {
    chain: Vec<CertificateDer<'static>>,
    trust: Arc<Trust>,
    verdict: Mutex<Option<Verdict>>,
}

#[derive(Clone, Copy)]
struct Verdict {
    generation: u64,
    at: Instant,
    good: bool,
}

impl Shown {
    /// Is the certificate still good, by what is trusted now?
    fn is_good(&self) -> bool {
        // Asked for first: what is read anew while this looks makes it look again.
        let generation = self.trust.generation();
        let mut last = self.verdict.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(verdict) = *last
            && verdict.generation == generation
            && verdict.at.elapsed() < HOLDS
        {
            return verdict.good;
        }
        let good = self.look();
        *last = Some(Verdict { generation, at: Instant::now(), good });
        good
    }

    fn look(&self) -> bool {
        let Some((certificate, intermediates)) = self.chain.split_first() else { return false };
        let verdict = self.trust.verify(certificate, intermediates, UnixTime::now());
        if let Err(error) = &verdict {
            tracing::info!(%error, "a client certificate is not trusted any longer");
        }
        verdict.is_ok()
    }
}

/// Keeps what the client has shown, if it has, with its connection.
pub(super) fn remember(stream: &dyn Any, data: &mut Extensions, trust: &Arc<Trust>) {
    let Some(stream) = stream.downcast_ref::<TlsStream<TcpStream>>() else { return };
    let Some(chain) = stream.get_ref().1.peer_certificates() else { return };
    let chain: Vec<_> = chain.iter().map(|der| der.clone().into_owned()).collect();
    if let Some(certificate) = chain.first().and_then(|der| ClientCertificate::from_der(der)) {
        data.insert(Arc::new(certificate));
    }
    data.insert(Shown { chain, trust: Arc::clone(trust), verdict: Mutex::default() });
}

/// May requests still come over this connection? Not if its certificate is good no longer, whatever else they bring along.
pub(crate) fn is_trusted(request: &HttpRequest) -> bool {
    request.conn_data::<Shown>().is_none_or(Shown::is_good)
}
