//! `taxii-server health`: asks a running server whether it is ready, for places that have no other program to ask with.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme, StreamOwned};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::Outcome;
use crate::config::Config;
use crate::health::READY;
use crate::listen::{INHERITED, Place};
use crate::output::Output;
use crate::tls::ClientCertificates;

const PATIENCE: Duration = Duration::from_secs(5);

/// Succeeds if the server is ready: the one at this URL, or the one that this configuration makes.
pub(crate) fn run(config: &Config, url: Option<&str>, out: &Output) -> Outcome {
    let url = match url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => own(config)?,
    };
    match ask(&url)? {
        200 => out.done(&format!("{url} is ready"), &serde_json::json!({"url": url, "ready": true})),
        503 => Err(format!("{url} is not ready: it is stopping, or its database does not answer").into()),
        status => Err(format!("{url}{READY}: answered {status}; is this a taxii-server?").into()),
    }
}

/// Where the configured server listens, seen from here.
fn own(config: &Config) -> Outcome<String> {
    let places = config.places()?;
    // Where a certificate is not required, since there is none to show here.
    let open = |place: &&Place| !place.tls || place.client_certificates != ClientCertificates::Required;
    let place = places.iter().find(open);
    let place = place.ok_or("every listener wants a client certificate: add one that does not, on 127.0.0.1")?;
    let addresses = if place.bind == INHERITED { Vec::new() } else { place.named()? };
    let address = addresses.first().filter(|address| address.port() != 0);
    let address = address.ok_or("the configuration does not say on which port the server listens: give its URL")?;
    let host = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    Ok(place.url(&SocketAddr::new(host, address.port()).to_string()))
}

/// The status that the readiness check is answered with.
fn ask(url: &str) -> Outcome<u16> {
    let (scheme, authority) = url.split_once("://").ok_or("expected a URL such as http://127.0.0.1:6100")?;
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let port = port.unwrap_or(if scheme == "https" { "443" } else { "80" });
    let stream = connect(&format!("{host}:{port}")).map_err(|error| format!("{url}: {error}"))?;
    let request = format!("GET {READY} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n");
    let answer = match scheme {
        "http" => exchange(stream, &request),
        "https" => exchange(secure(stream, host.trim_matches(['[', ']']))?, &request),
        _ => return Err(format!("{url}: expected http:// or https://").into()),
    };
    let answer = answer.map_err(|error| format!("{url}: {error}"))?;
    let status = answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).and_then(|code| code.parse().ok());
    Ok(status.ok_or_else(|| format!("{url}: this is no HTTP"))?)
}

fn connect(address: &str) -> std::io::Result<TcpStream> {
    let mut last = std::io::ErrorKind::AddrNotAvailable.into();
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => {
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_write_timeout(Some(PATIENCE))?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn exchange(mut stream: impl Read + Write, request: &str) -> std::io::Result<String> {
    stream.write_all(request.as_bytes())?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn secure(stream: TcpStream, host: &str) -> Outcome<StreamOwned<ClientConnection, TcpStream>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let anybody = Arc::new(Anybody(Arc::clone(&provider)));
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let config = builder.dangerous().with_custom_certificate_verifier(anybody).with_no_client_auth();
    let name = ServerName::try_from(host.to_owned())?;
    Ok(StreamOwned::new(ClientConnection::new(Arc::new(config), name)?, stream))
}

/// Takes any certificate: a server asked at its own address has one for another name, nothing secret is said to it, and nothing is
/// believed but whether it is ready.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
