//! TLS (TAXII 2.1 §8): versions, trust, client certificates.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertificateRevocationListParams, DnType, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber, date_time_ymd,
};
use rustls::server::{ServerSessionMemoryCache, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion, version};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use taxii_client::{ClientBuilder, Error};
use tempfile::TempDir;

use crate::stub::{Stub, ok};
use crate::{Warnings, builder};

/// An authority, and what it has issued, as files.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: Certificate,
    directory: TempDir,
}

impl Authority {
    fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key).unwrap();
        let directory = TempDir::new().unwrap();
        std::fs::write(directory.path().join("ca.pem"), certificate.pem()).unwrap();
        Self { issuer: Issuer::new(params, key), certificate, directory }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn issue(&self, params: &CertificateParams) -> (Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    fn server(
        &self,
        name: &str,
        versions: &[&'static SupportedProtocolVersion],
        wants_certificate: bool,
    ) -> ServerConfig {
        let (certificate, key) = self.issue(&CertificateParams::new([name.to_owned()]).unwrap());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.der().clone()).unwrap();
        let builder = ServerConfig::builder_with_provider(provider.clone()).with_protocol_versions(versions).unwrap();
        let builder = if wants_certificate {
            builder.with_client_cert_verifier(
                WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build().unwrap(),
            )
        } else {
            builder.with_no_client_auth()
        };
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        builder.with_single_cert(vec![certificate.der().clone()], key).unwrap()
    }

    fn client(&self, stub: &Stub) -> ClientBuilder {
        builder(&stub.url("/taxii2/")).ca_file(self.file("ca.pem"))
    }
}

fn start(config: ServerConfig) -> Stub {
    Stub::start_tls(config, |_, _| ok(r#"{"title":"t"}"#))
}

async fn outcome(builder: ClientBuilder) -> Result<(), Error> {
    builder.build()?.discovery().await.map(|_| ())
}

/// TX-TLS-01, TX-TLS-02, TX-TLS-03: both versions, each alone.
#[tokio::test]
async fn both_versions() {
    let authority = Authority::new("ours");
    for version in [&version::TLS12, &version::TLS13] {
        let stub = start(authority.server("127.0.0.1", &[version], false));
        outcome(authority.client(&stub)).await.unwrap();
    }
}

/// TX-TLS-04: even if the server offers early data, none is sent.
#[tokio::test]
async fn no_early_data() {
    let authority = Authority::new("ours");
    let mut config = authority.server("127.0.0.1", &[&version::TLS13], false);
    config.max_early_data_size = 16384;
    config.session_storage = ServerSessionMemoryCache::new(16);
    let stub = start(config);
    let client = authority.client(&stub).build().unwrap();
    for _ in 0..3 {
        // The stub does not read early data: a request sent as such would never be answered.
        client.discovery().await.unwrap();
    }
}

/// TX-TLS-06: an authority that is not known, another name: refused, and the words say why.
#[tokio::test]
async fn trust() {
    let (authority, other) = (Authority::new("ours"), Authority::new("theirs"));
    let stub = start(authority.server("127.0.0.1", &[&version::TLS13], false));
    for builder in [builder(&stub.url("/taxii2/")), other.client(&stub)] {
        let error = outcome(builder).await.unwrap_err();
        assert!(error.is_tls() && error.to_string().contains("--cacert"), "{error}");
    }
    let error = outcome(Authority::new("ours").client(&stub)).await.unwrap_err();
    assert!(error.is_tls() && error.to_string().contains("--cacert"), "an authority of the same name: {error}");
    let stub = start(authority.server("elsewhere.example", &[&version::TLS13], false));
    let error = outcome(authority.client(&stub)).await.unwrap_err();
    assert!(error.is_tls() && error.to_string().contains("for another name"), "{error}");
    assert!(stub.seen().is_empty());
}

/// What answers is no TLS at all: it hangs up, or complains in plain text.
#[tokio::test]
async fn plain_http_where_tls_should_be() {
    let plain = Stub::start(|_, _| ok("{}"));
    let error = outcome(builder(&plain.url("/").replace("http:", "https:"))).await.unwrap_err();
    assert!(error.is_unreachable() && error.to_string().contains("plain http"), "{error}");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
            let _ = stream.read(&mut [0; 4096]);
        }
    });
    let error = outcome(builder(&format!("https://{address}/"))).await.unwrap_err();
    assert!(error.is_tls() && error.to_string().contains("plain http"), "{error}");
}

/// TX-CLI-11, interoperability 3.1.3: a client certificate, missing, right, and of another authority.
#[tokio::test]
async fn client_certificates() {
    let (authority, other) = (Authority::new("ours"), Authority::new("theirs"));
    for (holder, name) in [(&authority, "good"), (&other, "bad")] {
        let (certificate, key) = holder.issue(&CertificateParams::new(["soc.example".to_owned()]).unwrap());
        std::fs::write(authority.file(&format!("{name}.pem")), certificate.pem()).unwrap();
        std::fs::write(authority.file(&format!("{name}.key")), key.serialize_pem()).unwrap();
    }
    let with = |stub: &Stub, name: &str| {
        authority
            .client(stub)
            .client_certificate(authority.file(&format!("{name}.pem")), authority.file(&format!("{name}.key")))
    };
    for version in [&version::TLS12, &version::TLS13] {
        let stub = start(authority.server("127.0.0.1", &[version], true));
        outcome(with(&stub, "good")).await.unwrap();
        let error = outcome(authority.client(&stub)).await.unwrap_err();
        assert!(error.is_tls() && error.to_string().contains("client certificate"), "{error}");
        let error = outcome(with(&stub, "bad")).await.unwrap_err();
        assert!(error.is_tls() && error.to_string().contains("does not accept our client certificate"), "{error}");
    }
    let stub = start(authority.server("127.0.0.1", &[&version::TLS13], false));
    let swapped = authority.client(&stub).client_certificate(authority.file("good.key"), authority.file("good.pem"));
    assert!(swapped.build().unwrap_err().to_string().contains("there is no"));
    let mixed = authority.client(&stub).client_certificate(authority.file("good.pem"), authority.file("bad.key"));
    assert!(mixed.build().unwrap_err().to_string().contains("do not fit together"));
    assert!(
        builder("https://h.example/")
            .ca_file("/no/such/file")
            .build()
            .unwrap_err()
            .to_string()
            .contains("/no/such/file")
    );
}

/// What is wrong with one end's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    Nothing,
    Name,
    Expired,
    Early,
    Purpose,
    Authority,
    Revoked,
    Absent,
    Itself,
}

impl Authority {
    /// A certificate that is wrong in this way, for a client or for a server at 127.0.0.1.
    fn faulty(&self, wrong: Wrong, client: bool) -> (Certificate, KeyPair) {
        let name = if wrong == Wrong::Name { "elsewhere.example" } else { "127.0.0.1" };
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        let purpose = match (wrong == Wrong::Purpose) == client {
            true => ExtendedKeyUsagePurpose::ServerAuth,
            false => ExtendedKeyUsagePurpose::ClientAuth,
        };
        params.extended_key_usages = vec![purpose];
        params.serial_number = Some(SerialNumber::from(if wrong == Wrong::Revoked { 4711_u64 } else { 1 }));
        match wrong {
            Wrong::Expired => {
                (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
            }
            Wrong::Early => {
                (params.not_before, params.not_after) = (date_time_ymd(2090, 1, 1), date_time_ymd(2091, 1, 1));
            }
            Wrong::Itself => params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
            _ => {}
        }
        match wrong {
            Wrong::Authority => Authority::new("theirs").issue(&params),
            _ => self.issue(&params),
        }
    }

    /// A server with this fault, which wants certificates by this authority, and knows one to be revoked.
    fn strict(&self, wrong: Wrong, version: &'static SupportedProtocolVersion, wants: bool) -> ServerConfig {
        let (certificate, key) = self.faulty(wrong, false);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.der().clone()).unwrap();
        let revoked = RevokedCertParams {
            serial_number: SerialNumber::from(4711_u64),
            revocation_time: date_time_ymd(2025, 1, 1),
            reason_code: None,
            invalidity_date: None,
        };
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2025, 1, 1),
            next_update: date_time_ymd(2090, 1, 1),
            crl_number: SerialNumber::from(1_u64),
            issuing_distribution_point: None,
            revoked_certs: vec![revoked],
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let list = list.signed_by(&self.issuer).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone());
        let verifier = verifier.with_crls([list.der().clone()]).build().unwrap();
        let builder = ServerConfig::builder_with_provider(provider).with_protocol_versions(&[version]).unwrap();
        let builder = if wants { builder.with_client_cert_verifier(verifier) } else { builder.with_no_client_auth() };
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        builder.with_single_cert(vec![certificate.der().clone()], key).unwrap()
    }
}

/// TX-TLS-06, interoperability 3.1.3: whatever is wrong with a certificate, of either end, in either version of TLS: it says which end's it
/// is, what is wrong with it, and what to do.
#[tokio::test]
async fn every_reason_has_words_of_its_own() {
    use Wrong::{Absent, Authority as Stranger, Early, Expired, Itself, Name, Nothing, Purpose, Revoked};
    let theirs = "the server's certificate";
    let ours = "does not accept our client certificate";
    for (server, client, words) in [
        (Nothing, Nothing, [""; 2]),
        (Name, Nothing, [theirs, "for another name; check the host name"]),
        (Expired, Nothing, [theirs, "has expired; its operator has to renew it"]),
        (Early, Nothing, [theirs, "not valid yet; is this machine's clock right"]),
        (Purpose, Nothing, [theirs, "not made for servers"]),
        (Stranger, Nothing, [theirs, "give its certificate (--cacert)"]),
        (Itself, Nothing, ["certificate of an authority as its own", "its operator has to"]),
        (Nothing, Absent, ["wants a client certificate", "(--cert, --cert-key)"]),
        (Nothing, Expired, [ours, "has expired or is not valid yet; get a new one"]),
        (Nothing, Early, [ours, "has expired or is not valid yet"]),
        (Nothing, Revoked, [ours, "was revoked; get a new one"]),
        (Nothing, Purpose, [ours, "not made for clients"]),
        (Nothing, Stranger, [ours, "does not know who has issued it"]),
    ] {
        for version in [&version::TLS12, &version::TLS13] {
            let authority = Authority::new("ours");
            let stub = start(authority.strict(server, version, server == Nothing));
            let mut builder = authority.client(&stub);
            if client != Absent {
                let (certificate, key) = authority.faulty(client, true);
                let (certificate_file, key_file) = (authority.file("client.pem"), authority.file("client.key"));
                std::fs::write(&certificate_file, certificate.pem()).unwrap();
                std::fs::write(&key_file, key.serialize_pem()).unwrap();
                builder = builder.client_certificate(certificate_file, key_file);
            }
            let outcome = outcome(builder).await;
            if (server, client) == (Nothing, Nothing) {
                outcome.unwrap();
                continue;
            }
            let error = outcome.unwrap_err();
            assert!(error.is_tls(), "{server:?} {client:?} {:?}: {error}", version.version);
            for word in words {
                assert!(
                    error.to_string().contains(word),
                    "{word:?}: {server:?} {client:?} {:?}: {error}",
                    version.version
                );
            }
        }
    }
}

/// Interoperability 3.1.3: what a server says that is no TLS, or another TLS, is explained as well.
#[tokio::test]
async fn other_ends_of_a_handshake() {
    let alert = |code: u8| vec![21, 3, 3, 0, 2, 2, code];
    for (says, words) in [
        (alert(70), "this client speaks TLS 1.2 and 1.3"),
        (alert(71), "this client speaks TLS 1.2 and 1.3"),
        (alert(40), "no TLS cipher in common"),
        (alert(112), "does not know the host name"),
        (alert(49), "does not let us in"),
        (alert(80), "on the server's side"),
        (b"SSH-2.0-OpenSSH_9.9\r\n".to_vec(), "does not speak TLS"),
        (Vec::new(), "hung up during the TLS handshake"),
    ] {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                // What was not read would reset the connection.
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(&says);
            }
        });
        let error = outcome(builder(&format!("https://{address}/taxii2/"))).await.unwrap_err();
        assert!(error.to_string().contains(words), "{words}: {error}");
    }
}

/// Server fault: a root that a proxy's backend advertises as plain http is asked over https.
#[tokio::test]
async fn roots_behind_a_proxy() {
    let authority = Authority::new("ours");
    let stub =
        Stub::start_tls(authority.server("127.0.0.1", &[&version::TLS13], false), |seen, _| match seen.path.as_str() {
            "/taxii2/" => ok(r#"{"title":"t","api_roots":["http://127.0.0.1:5000/api1/"]}"#),
            _ => ok(r#"{"title":"r","max_content_length":9000}"#),
        });
    let warnings = Warnings::default();
    let client = warnings.catch(authority.client(&stub)).build().unwrap();
    let root = client.discovery().await.unwrap().default_root().unwrap();
    assert_eq!(root.url().as_str(), stub.url("/api1/"));
    assert_eq!(root.info().await.unwrap().title, "r");
    assert!(warnings.all().contains("under an internal name"), "{}", warnings.all());
}
