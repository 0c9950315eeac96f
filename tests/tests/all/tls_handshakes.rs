//! Handshakes that do not come to an end, and what the log says of certificates that do.

use std::io::Read;
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use taxii_tests::authority::{Authority, Wanted};
use taxii_tests::guarded::{self, Line, VERSIONS};
use taxii_tests::programs::{self, Folder, Running};

/// A server with a certificate for so many days.
fn serve(servers: &Authority, days: i64, settings: &[(&str, &str)]) -> (Folder, Running) {
    let folder = Folder::new();
    let issued = servers.issue(&Wanted { until: days, ..Wanted::server("127.0.0.1") });
    folder.write("server.pem", &issued.pem);
    folder.write("server.key", &issued.key);
    let options = ["serve", "--bind", "127.0.0.1:0", "--tls-cert", "server.pem", "--tls-key", "server.key"];
    let mut command: Command = folder.command(&programs::server(), &options);
    command.env("TAXII_DRAIN_SECONDS", "0").envs(settings.iter().copied());
    let server = Running::start(&mut command);
    (folder, server)
}

/// However many begin a handshake and do not go on, others get in: they take the place of connections, and not the turn of those who
/// come after them.
#[test]
fn idle_handshakes_keep_nobody_out() {
    let servers = Authority::new("servers");
    let (_folder, server) = serve(&servers, 90, &[("TAXII_WORKERS", "1"), ("TAXII_TLS__HANDSHAKE_SECONDS", "300")]);
    let idle: Vec<_> = (0..400).map(|_| TcpStream::connect(server.origin).expect("a connection")).collect();
    let begun = Instant::now();
    let mut line = Line::open(server.origin, &guarded::client(&servers, &[VERSIONS[1]], &[])).expect("a handshake");
    assert_eq!(line.get(None).expect("an answer").0, 401);
    assert!(begun.elapsed() < Duration::from_secs(200), "it waited for the idle ones: {:?}", begun.elapsed());
    drop(idle);
}

/// A client has as long for the handshake as was configured, and no longer.
#[test]
fn a_handshake_ends_in_time() {
    let (_folder, server) = serve(&Authority::new("servers"), 90, &[("TAXII_TLS__HANDSHAKE_SECONDS", "1")]);
    let times = [(); 3].map(|()| {
        let begun = Instant::now();
        let mut idle = TcpStream::connect(server.origin).expect("a connection");
        idle.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
        assert_eq!(idle.read(&mut [0; 1]).unwrap_or_default(), 0, "it is closed without a word");
        begun.elapsed()
    });
    assert!(times.iter().all(|time| *time > Duration::from_millis(900)), "{times:?}");
    // The machine may be busy, but not each time.
    assert!(times.iter().any(|time| *time < Duration::from_secs(8)), "{times:?}");
}

/// The log warns in time, and not too early, of a certificate that ends.
#[test]
fn the_log_warns_of_the_end() {
    let servers = Authority::new("servers");
    for (days, words) in [(90, None), (13, Some("expires in 12 days")), (0, Some("has expired"))] {
        let (_folder, server) = serve(&servers, days, &[]);
        // Whoever gets as far as a certificate comes after the warning, and need not like it.
        drop(Line::open(server.origin, &guarded::client(&servers, &[VERSIONS[1]], &[])));
        let log = server.log();
        assert_eq!(log.contains("WARN"), words.is_some(), "{days}: {log}");
        assert!(words.is_none_or(|words| log.contains(words)), "{days}: {log}");
        assert!(words.is_none() || log.contains("CN=127.0.0.1"), "{days}: {log}");
    }
}
