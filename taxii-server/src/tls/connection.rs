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

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};

    use super::*;
    use crate::tls::files::Source;

    /// Promise 4: a certificate that expires while its connection is open lets nobody in for more than a minute: an old verdict is not believed.
    #[test]
    fn verdicts_grow_old() {
        let (mut params, key) = (CertificateParams::default(), KeyPair::generate().unwrap());
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        std::fs::write(&file, params.self_signed(&key).unwrap().pem()).unwrap();
        let trust = Arc::new(Trust::open(Source::new([file]), false).unwrap());
        let mut expired = CertificateParams::default();
        (expired.not_before, expired.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
        let expired = expired.signed_by(&KeyPair::generate().unwrap(), &Issuer::new(params, key)).unwrap();
        let judged = |ago: Duration, generation: u64| {
            let verdict = Verdict { generation, at: Instant::now().checked_sub(ago).unwrap(), good: true };
            let chain = vec![expired.der().clone()];
            Shown { chain, trust: Arc::clone(&trust), verdict: Mutex::new(Some(verdict)) }.is_good()
        };
        assert!(judged(Duration::from_secs(30), trust.generation()), "looked at a moment ago");
        assert!(!judged(HOLDS, trust.generation()));
        assert!(!judged(Duration::ZERO, trust.generation() - 1), "by what was trusted before");
    }
}
