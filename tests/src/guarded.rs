//! The library with its own TLS in this process, which lets clients in by their certificates; and what connects to it.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer};
use rustls::client::{ResolvesClientCert, Resumption};
use rustls::sign::CertifiedKey;
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, SignatureScheme, StreamOwned, SupportedProtocolVersion, version,
};
use rustls_pki_types::CertificateDer;
use taxii_server::Taxii;
use taxii_server::auth::{Authenticator, Caller, Credentials, Origin};
use taxii_server::store::MemoryStore;
use taxii_server::tls::{Clients, Files, Tls};

use crate::authority::{Authority, Issued, Wanted};
use crate::http::{PATIENCE, TAXII};
use crate::programs::Folder;

/// Both versions, each alone.
pub const VERSIONS: [&SupportedProtocolVersion; 2] = [&version::TLS12, &version::TLS13];

/// Knows everybody by what they bring along.
struct Everybody;

#[async_trait::async_trait]
impl Authenticator for Everybody {
    async fn authenticate(
        &self,
        credentials: &Credentials,
        _: Origin,
    ) -> taxii_server::store::Result<Option<Arc<Caller>>> {
        let name = match credentials {
            Credentials::Certificate(certificate) => certificate.to_string(),
            Credentials::Basic { user, .. } => user.clone(),
            _ => return Ok(None),
        };
        Ok(Some(Arc::new(Caller { name: Some(name), ..Caller::default() })))
    }
}

/// A running server; its files are `server.pem`, `server.key`, `clients.pem` and, if it was told so, `revoked.pem`.
pub struct Guarded {
    pub folder: Folder,
    /// Who has issued the server's certificate.
    pub authority: Authority,
    pub tls: Tls,
    pub address: SocketAddr,
    server: Option<(ServerHandle, JoinHandle<()>)>,
}

impl Guarded {
    /// A server that treats clients like this: `files` says in the names of [`Guarded`] what there is.
    pub fn start(clients: Clients, clients_pem: &str, revoked_pem: Option<&str>) -> Self {
        let (folder, authority) = (Folder::new(), Authority::new("servers"));
        let server = authority.issue(&Wanted::server("127.0.0.1"));
        let mut files = Files::new(folder.write("server.pem", &server.pem), folder.write("server.key", &server.key));
        files.client_authorities = Some(folder.write("clients.pem", clients_pem));
        files.revocation_lists = revoked_pem.map(|pem| folder.write("revoked.pem", pem)).into_iter().collect();
        let tls = Tls::open(files).expect("good files");
        let (address, server) = serve(&tls, clients);
        Self { folder, authority, tls, address, server: Some(server) }
    }

    /// Serves once more, with other files in place of those that it began with.
    pub fn again(&mut self, files: Files, clients: Clients) {
        self.stop();
        self.tls = Tls::open(files).expect("good files");
        let (address, server) = serve(&self.tls, clients);
        (self.address, self.server) = (address, Some(server));
    }

    fn stop(&mut self) {
        if let Some((handle, thread)) = self.server.take() {
            // The answer comes when the connections are closed, which clients may still hold.
            drop(handle.stop(false));
            drop(thread.join());
        }
    }

    /// A client that knows the server's authority and shows this.
    pub fn client(&self, version: &'static SupportedProtocolVersion, shows: &[&Issued]) -> Arc<ClientConfig> {
        client(&self.authority, &[version], shows)
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.stop();
    }
}

fn serve(tls: &Tls, clients: Clients) -> (SocketAddr, (ServerHandle, JoinHandle<()>)) {
    let (tls, (tell, told)) = (tls.clone(), mpsc::channel());
    let thread = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let builder = Taxii::builder(Arc::new(MemoryStore::new())).authenticator(Everybody);
            let taxii = builder.build().await.expect("a server");
            let listener = TcpListener::bind("127.0.0.1:0").expect("an address");
            let server = HttpServer::new(move || App::new().configure(|config| taxii.configure(config)))
                .workers(1)
                .disable_signals()
                // As long as a test on a busy machine may leave a connection alone.
                .keep_alive(Duration::from_secs(600))
                .client_request_timeout(Duration::from_secs(60))
                .tls_handshake_timeout(Duration::from_secs(60))
                .on_connect(tls.on_connect())
                .listen_rustls_0_23(listener, tls.server_config(clients).expect("authorities"))
                .expect("a socket");
            let address = server.addrs()[0];
            let server = server.run();
            tell.send((address, server.handle())).expect("somebody waits");
            server.await.expect("the server runs");
        });
    });
    let (address, handle) = told.recv().expect("the server starts");
    (address, (handle, thread))
}

/// A client that trusts this authority and shows this certificate, the intermediate ones behind it.
pub fn client(
    trusts: &Authority,
    versions: &[&'static SupportedProtocolVersion],
    shows: &[&Issued],
) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(trusts.der()).expect("an authority");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_protocol_versions(versions);
    let builder = builder.expect("versions").with_root_certificates(roots);
    let mut config = match shows.first() {
        None => builder.with_no_client_auth(),
        Some(first) => {
            let chain: Vec<CertificateDer<'static>> = shows.iter().map(|issued| issued.certificate.clone()).collect();
            let key = CertifiedKey::from_der(chain, first.key(), &provider).expect("a key");
            builder.with_client_cert_resolver(Arc::new(Stubborn(Arc::new(key))))
        }
    };
    config.resumption = Resumption::in_memory_sessions(8);
    Arc::new(config)
}

/// Shows its certificate whatever the server would like to see.
#[derive(Debug)]
struct Stubborn(Arc<CertifiedKey>);

impl ResolvesClientCert for Stubborn {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// A connection whose handshake is over, as far as the client can tell.
pub struct Line {
    pub stream: StreamOwned<ClientConnection, TcpStream>,
}

impl Line {
    pub fn open(address: SocketAddr, config: &Arc<ClientConfig>) -> io::Result<Self> {
        let socket = TcpStream::connect(address)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let name = "127.0.0.1".try_into().expect("an address");
        let connection = ClientConnection::new(Arc::clone(config), name).expect("a connection");
        let mut stream = StreamOwned::new(connection, socket);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(Self { stream })
    }

    /// Asks for discovery and keeps the connection: the status, and everything that came.
    pub fn get(&mut self, authorization: Option<&str>) -> io::Result<(u16, String)> {
        let authorization = authorization.map_or_else(String::new, |value| format!("Authorization: {value}\r\n"));
        write!(self.stream, "GET /taxii2/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: {TAXII}\r\n{authorization}\r\n")?;
        let mut text = String::new();
        let mut octets = [0; 4096];
        loop {
            let complete = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                length.is_some_and(|length| body.len() >= length.parse::<usize>().expect("a number"))
            });
            if complete {
                let status = text.get(9..12).and_then(|status| status.parse().ok()).expect("a status");
                return Ok((status, text));
            }
            let read = self.stream.read(&mut octets)?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            text.push_str(&String::from_utf8_lossy(&octets[..read]));
        }
    }

    /// What the server says without being asked: with TLS 1.3 it looks at certificates when the client is done.
    pub fn listen(&mut self) -> io::Result<usize> {
        self.stream.read(&mut [0; 1])
    }

    /// The server's certificate.
    pub fn certificate(&self) -> CertificateDer<'static> {
        self.stream.conn.peer_certificates().expect("a certificate")[0].clone().into_owned()
    }
}
