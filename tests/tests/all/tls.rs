//! The server's own TLS: versions, suites, early data, and that nothing travels in the clear by mistake.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::client::Resumption;
use rustls::{
    ClientConfig, ClientConnection, HandshakeKind, ProtocolVersion, RootCertStore, StreamOwned,
    SupportedProtocolVersion, version,
};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use taxii_tests::http::TAXII;
use taxii_tests::programs::{self, Folder, Ran, Running};

/// A server with a certificate of an authority made for the test.
struct Secure {
    server: Running,
    folder: Folder,
    key: String,
}

impl Secure {
    fn start() -> Self {
        let folder = Folder::new();
        make_certificates(&folder);
        folder.admin(&["root", "add", "api1", "--title", "Group", "--default"]);
        folder.admin(&["collection", "add", "api1", "feed", "--title", "Feed"]);
        folder.admin(&["account", "add", "soc", "--read", "feed"]);
        let key = folder.admin(&["key", "add", "soc"])["key"].as_str().expect("a key").to_owned();
        let server = folder.serve(&["--tls-cert", "server.pem", "--tls-key", "server.key"]);
        Self { server, folder, key }
    }

    /// A client that knows the authority.
    fn client(&self, versions: &[&'static SupportedProtocolVersion]) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(self.folder.file("ca.pem")).expect("PEM")).expect("an authority");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions);
        builder.expect("versions").with_root_certificates(roots).with_no_client_auth()
    }

    /// Gets the discovery resource over a connection of its own.
    fn get(&self, config: &Arc<ClientConfig>) -> StreamOwned<ClientConnection, TcpStream> {
        let name = "127.0.0.1".try_into().expect("an address");
        let connection = ClientConnection::new(Arc::clone(config), name).expect("a connection");
        let mut stream = StreamOwned::new(connection, self.connect());
        let key = &self.key;
        let head = format!("Host: 127.0.0.1\r\nAccept: {TAXII}\r\nAuthorization: Bearer {key}\r\nConnection: close");
        write!(stream, "GET /taxii2/ HTTP/1.1\r\n{head}\r\n\r\n").expect("written");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer, and an orderly end");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        stream
    }

    /// The start of what the server says to these bytes.
    fn raw(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = self.connect();
        stream.write_all(bytes).expect("written");
        let mut record = vec![0; 7];
        stream.read_exact(&mut record).expect("a record");
        record
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.server.origin).expect("the server accepts connections");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
        stream
    }
}

/// `ca.pem`, and `server.pem` with `server.key` for 127.0.0.1.
fn make_certificates(folder: &Folder) {
    let authority_key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&authority_key).expect("a certificate");
    folder.write("ca.pem", &authority.pem());
    let key = KeyPair::generate().expect("a key");
    let server = CertificateParams::new(["127.0.0.1".to_owned()]).expect("a name");
    let server = server.signed_by(&key, &Issuer::new(params, authority_key)).expect("a certificate");
    folder.write("server.pem", &server.pem());
    folder.write("server.key", &key.serialize_pem());
}

/// TX-TLS-01, TX-TLS-02, TX-TLS-03: HTTPS with clients that know one version only.
#[test]
fn both_versions_are_spoken() {
    let secure = Secure::start();
    let versions = [(&version::TLS12, ProtocolVersion::TLSv1_2), (&version::TLS13, ProtocolVersion::TLSv1_3)];
    for (offered, expected) in versions {
        let stream = secure.get(&Arc::new(secure.client(&[offered])));
        assert_eq!(stream.conn.protocol_version(), Some(expected));
    }
    let stream = secure.get(&Arc::new(secure.client(&[&version::TLS12, &version::TLS13])));
    assert_eq!(stream.conn.protocol_version(), Some(ProtocolVersion::TLSv1_3), "the better one is chosen");
}

/// TX-TLS-04: a session is resumed, but never with data before the handshake.
#[test]
fn early_data_is_not_offered() {
    let secure = Secure::start();
    let mut config = secure.client(&[&version::TLS13]);
    config.enable_early_data = true;
    config.resumption = Resumption::in_memory_sessions(4);
    let config = Arc::new(config);
    assert_eq!(secure.get(&config).conn.handshake_kind(), Some(HandshakeKind::Full));
    let name = "127.0.0.1".try_into().expect("an address");
    let mut again = ClientConnection::new(Arc::clone(&config), name).expect("a connection");
    assert!(again.early_data().is_none(), "the ticket allows early data");
    let resumed = secure.get(&config);
    assert_eq!(resumed.conn.handshake_kind(), Some(HandshakeKind::Resumed), "there was a ticket");
    assert!(!resumed.conn.is_early_data_accepted());
}

/// A ClientHello as TLS 1.2 and its ancestors have it.
fn hello(version: [u8; 2], suites: &[u16]) -> Vec<u8> {
    const EXTENSIONS: [u8; 39] = [
        0x00, 0x0a, 0x00, 0x06, 0x00, 0x04, 0x00, 0x1d, 0x00, 0x17, // groups: x25519, secp256r1
        0x00, 0x0b, 0x00, 0x02, 0x01, 0x00, // points: uncompressed
        0x00, 0x0d, 0x00, 0x0a, 0x00, 0x08, 0x04, 0x03, 0x08, 0x04, 0x04, 0x01, 0x02, 0x01, // signatures
        0x00, 0x17, 0x00, 0x00, // extended master secret
        0xff, 0x01, 0x00, 0x01, 0x00, // renegotiation
    ];
    let mut body = version.to_vec();
    body.extend([7; 32]);
    body.push(0);
    body.extend(((suites.len() * 2) as u16).to_be_bytes());
    body.extend(suites.iter().flat_map(|suite| suite.to_be_bytes()));
    body.extend([1, 0]);
    body.extend((EXTENSIONS.len() as u16).to_be_bytes());
    body.extend(EXTENSIONS);
    let mut message = vec![1, 0];
    message.extend((body.len() as u16).to_be_bytes());
    message.extend(body);
    let mut record = vec![0x16, 3, 1];
    record.extend((message.len() as u16).to_be_bytes());
    record.extend(message);
    record
}

const HANDSHAKE: u8 = 22;
const ALERT: u8 = 21;
const FATAL: u8 = 2;
const HANDSHAKE_FAILURE: u8 = 40;
const PROTOCOL_VERSION: u8 = 70;

/// ECDHE-ECDSA with AES-128-GCM, which fits the certificate.
const GOOD: u16 = 0xc02b;

/// Of each family that RFC 7540, Appendix A, lists.
const WEAK: [(&str, u16); 12] = [
    ("NULL", 0x0001),
    ("RC4", 0x0005),
    ("3DES", 0x000a),
    ("RSA without ECDHE, CBC", 0x002f),
    ("anonymous", 0x0034),
    ("RSA without ECDHE, GCM", 0x009c),
    ("ECDHE-ECDSA NULL", 0xc006),
    ("ECDHE-ECDSA RC4", 0xc007),
    ("ECDHE-ECDSA CBC-SHA", 0xc009),
    ("ECDHE-ECDSA CBC-SHA 256", 0xc00a),
    ("ECDHE-ECDSA CBC-SHA256", 0xc023),
    ("anonymous ECDHE", 0xc018),
];

/// TX-TLS-07: SSL 3, TLS 1.0 and TLS 1.1 are refused, whatever suites come along.
#[test]
fn old_versions_are_refused() {
    let secure = Secure::start();
    assert_eq!(secure.raw(&hello([3, 3], &[GOOD]))[0], HANDSHAKE, "nothing else is wrong with the greeting");
    for minor in [0, 1, 2] {
        let said = secure.raw(&hello([3, minor], &[GOOD, 0xc009, 0x002f]));
        assert_eq!((said[0], &said[5..]), (ALERT, &[FATAL, PROTOCOL_VERSION][..]), "3.{minor}");
    }
}

/// TX-TLS-05: a client that offers nothing but a weak suite gets none.
#[test]
fn weak_suites_are_refused() {
    let secure = Secure::start();
    for (name, suite) in WEAK {
        let said = secure.raw(&hello([3, 3], &[suite]));
        assert_eq!((said[0], &said[5..]), (ALERT, &[FATAL, HANDSHAKE_FAILURE][..]), "{name}");
        assert_eq!(secure.raw(&hello([3, 3], &[suite, GOOD]))[0], HANDSHAKE, "{name}, and a good one");
    }
}

/// TX-TLS-01, TX-TLS-06: `taxii` talks to it if it knows the authority; else it refuses and says what to do.
#[test]
fn our_client_trusts_whom_it_is_told_to() {
    let secure = Secure::start();
    let taxii = |options: &[&str]| {
        let url = format!("https://{}/api1/", secure.server.origin);
        let mut command =
            secure.folder.command(&programs::client(), &["--url", &url, "collections", "--output", "json"]);
        command.args(options).env("TAXII_CLIENT_KEY", &secure.key);
        Ran::of(command, "")
    };
    let collections = taxii(&["--cacert", "ca.pem"]).good().json();
    assert_eq!(collections["collections"][0]["title"], "Feed", "{collections}");
    let refused = taxii(&[]).bad(&["certificate", "--cacert"]);
    assert_eq!(refused.code, Some(5), "{refused}");
}

/// TX-TLS-01: a public address without TLS only for a proxy that is said to be there.
#[test]
fn nothing_travels_in_the_clear_by_mistake() {
    let secure = Secure::start();
    let serve = ["serve", "--bind", "0.0.0.0:0"];
    let refused = secure.folder.run(&programs::server(), &serve).bad(&["without TLS", "--tls-cert", "--behind-proxy"]);
    assert_eq!(refused.out, "", "{refused}");
    secure.folder.serve(&["--bind", "0.0.0.0:0", "--behind-proxy"]);
    secure.folder.serve(&["--bind", "0.0.0.0:0", "--tls-cert", "server.pem", "--tls-key", "server.key"]);
    for (cert, key) in [("server.pem", "ca.pem"), ("server.key", "server.key"), ("none.pem", "server.key")] {
        let serve = ["serve", "--bind", "127.0.0.1:0", "--tls-cert", cert, "--tls-key", key];
        secure.folder.run(&programs::server(), &serve).bad(&["TLS"]);
    }
    // Plain HTTP to the port of TLS gets no answer that a client could take for one.
    let said = secure.raw(b"GET /taxii2/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    assert_eq!(said[0], ALERT);
}
