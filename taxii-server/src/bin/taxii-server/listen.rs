//! The sockets that the server listens on: its own, or one that it gets from whoever starts it.

use std::net::{SocketAddr, TcpListener, ToSocketAddrs};

use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::config::Config;
use crate::tls::ClientCertificates;

/// What `bind` says if the socket is standard input: that of a systemd unit with `StandardInput=socket`. It stays open while
/// the server is started anew, and clients who connect meanwhile wait.
pub(crate) const INHERITED: &str = "stdin";

/// A section `[[listen]]`: an address that is not treated like the others.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listen {
    /// Where.
    pub(crate) bind: String,
    /// By TLS? If there is a certificate, unless told otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tls: Option<bool>,
    /// May clients show a certificate? As `tls.client_certificates` has it, unless told otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) client_certificates: Option<ClientCertificates>,
}

/// One place to listen, with nothing left to find out.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) bind: String,
    pub(crate) tls: bool,
    pub(crate) client_certificates: ClientCertificates,
}

impl Place {
    /// The addresses that it names, safe or not.
    pub(crate) fn named(&self) -> Outcome<Vec<SocketAddr>> {
        let bind = &self.bind;
        let resolved = bind
            .to_socket_addrs()
            .map_err(|error| format!("bind = {bind:?}: {error}; expected ADDRESS:PORT, such as 127.0.0.1:6100"))?;
        Ok(resolved.collect())
    }

    /// Fails if others could listen to what is said at one of these addresses.
    pub(crate) fn must_be_safe(&self, addresses: &[SocketAddr], behind_proxy: bool) -> Outcome {
        let public = addresses.iter().find(|address| !address.ip().is_loopback());
        match public {
            Some(address) if !self.tls && !behind_proxy => Err(format!(
                "refusing to listen on {address} without TLS, where passwords and intelligence would travel in the clear. \
                 Give a certificate (--tls-cert and --tls-key), or say that a proxy in front does TLS (--behind-proxy)"
            )
            .into()),
            _ => Ok(()),
        }
    }

    /// Its URL, at this address.
    pub(crate) fn url(&self, address: &str) -> String {
        format!("{}://{address}", if self.tls { "https" } else { "http" })
    }
}

impl Config {
    /// Where to listen, and how to talk there.
    pub(crate) fn places(&self) -> Outcome<Vec<Place>> {
        let (has_tls, usual) = (self.has_tls(), self.tls.client_certificates);
        if !has_tls && usual != ClientCertificates::Off {
            return Err("tls.client_certificates: there are no client certificates without TLS; give a certificate and a key in [tls]".into());
        }
        if self.listen.is_empty() {
            let place = |bind: &String| Place { bind: bind.clone(), tls: has_tls, client_certificates: usual };
            return Ok(self.bind.iter().map(place).collect());
        }
        if self.bind != Self::default().bind {
            return Err("bind and [[listen]]: say where to listen in one of them, not in both".into());
        }
        let place = |listen: &Listen| {
            let tls = listen.tls.unwrap_or(has_tls);
            let bind = listen.bind.clone();
            match listen.client_certificates {
                _ if tls && !has_tls => {
                    Err(format!("listen on {bind}: tls = true needs a certificate and key in [tls]"))
                }
                Some(asked) if !tls && asked != ClientCertificates::Off => {
                    Err(format!("listen on {bind}: there are no client certificates without TLS"))
                }
                asked => Ok(Place { bind, tls, client_certificates: asked.unwrap_or(usual) }),
            }
        };
        Ok(self.listen.iter().map(place).collect::<Result<_, _>>()?)
    }
}

/// A socket, and how to talk over it.
pub(crate) struct Socket {
    pub(crate) listener: TcpListener,
    pub(crate) address: SocketAddr,
    pub(crate) place: Place,
}

impl Socket {
    pub(crate) fn url(&self) -> String {
        self.place.url(&self.address.to_string())
    }
}

pub(crate) fn sockets(config: &Config, places: Vec<Place>) -> Outcome<Vec<Socket>> {
    let mut sockets = Vec::new();
    for place in places {
        let listeners = match place.bind.as_str() {
            INHERITED => vec![inherited().map_err(|error| {
                format!("bind = {INHERITED:?}: standard input is no socket to listen on ({error}); expected it from a systemd socket unit")
            })?],
            _ => {
                let addresses = place.named()?;
                place.must_be_safe(&addresses, config.behind_proxy)?;
                let listeners = addresses.into_iter().map(TcpListener::bind).collect::<Result<_, _>>();
                listeners.map_err(|error| format!("cannot listen on {}: {error}", place.bind))?
            }
        };
        for listener in listeners {
            let address = listener.local_addr()?;
            place.must_be_safe(&[address], config.behind_proxy)?;
            give_up_on_stalled(&listener, config)?;
            sockets.push(Socket { listener, address, place: place.clone() });
        }
    }
    Ok(sockets)
}

/// Whoever takes nothing of an answer for so long loses the connection. The system sees to it, and connections have it from the
/// socket that they were accepted by (RFC 5482).
fn give_up_on_stalled(listener: &TcpListener, config: &Config) -> Outcome {
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
    if config.limits.stall_seconds > 0 {
        let patience = std::time::Duration::from_secs(config.limits.stall_seconds);
        socket2::SockRef::from(listener).set_tcp_user_timeout(Some(patience))?;
    }
    let _ = (listener, config);
    Ok(())
}

#[cfg(unix)]
fn inherited() -> std::io::Result<TcpListener> {
    use std::os::fd::AsFd as _;

    let listener = TcpListener::from(std::io::stdin().as_fd().try_clone_to_owned()?);
    listener.local_addr()?;
    Ok(listener)
}

#[cfg(not(unix))]
fn inherited() -> std::io::Result<TcpListener> {
    Err(std::io::ErrorKind::Unsupported.into())
}
