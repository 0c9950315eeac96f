//! The sockets that the server listens on: its own, or one that it gets from whoever starts it.

use std::net::TcpListener;

use crate::Outcome;
use crate::config::Config;

/// What `bind` says if the socket is standard input: that of a systemd unit with `StandardInput=socket`. It stays open while
/// the server is started anew, and clients who connect meanwhile wait.
pub(crate) const INHERITED: &str = "stdin";

pub(crate) fn sockets(config: &Config) -> Outcome<Vec<TcpListener>> {
    if config.is_inherited() {
        let listener = inherited().map_err(|error| {
            format!("bind = {INHERITED:?}: standard input is no socket to listen on ({error}); expected it from a systemd socket unit")
        })?;
        config.must_be_safe(&[listener.local_addr()?])?;
        give_up_on_stalled(&listener, config)?;
        return Ok(vec![listener]);
    }
    let listeners = config.addresses()?.into_iter().map(TcpListener::bind).collect::<Result<Vec<_>, _>>();
    let listeners = listeners.map_err(|error| format!("cannot listen on {}: {error}", config.bind.join(", ")))?;
    listeners.iter().try_for_each(|listener| give_up_on_stalled(listener, config))?;
    Ok(listeners)
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
