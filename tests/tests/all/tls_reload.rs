//! Certificates are exchanged while the server runs.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustls::AlertDescription;
use rustls_pki_types::CertificateDer;
use taxii_server::tls::{Clients, Part};
use taxii_tests::authority::{Authority, Issued, Wanted};
use taxii_tests::guarded::{self, Guarded, Line, VERSIONS};
use taxii_tests::programs::Folder;

const BASIC: &str = "Basic c29jOnB3";

/// Writes the pair as certbot does: one file, and then the other.
fn write(folder: &Folder, issued: &Issued) {
    folder.write("server.pem", &issued.pem);
    folder.write("server.key", &issued.key);
}

/// Promise 1: a certificate is exchanged ten times while many clients poll, each over new connections: no request is lost, and who
/// connects afterwards sees the new one.
#[test]
fn under_load() {
    const EXCHANGES: usize = 10;
    let server = Guarded::start(Clients::Optional, &Authority::new("clients").pem(), None);
    let (over, polls) = (AtomicBool::new(false), [const { AtomicUsize::new(0) }; 8]);
    let pairs: Vec<Issued> = (0..EXCHANGES).map(|_| server.authority.issue(&Wanted::server("127.0.0.1"))).collect();
    let seen = std::thread::scope(|scope| {
        let pollers: Vec<_> = (0..8)
            .map(|at| {
                let (server, over, polls) = (&server, &over, &polls[at]);
                scope.spawn(move || {
                    let mut seen: Vec<CertificateDer<'static>> = Vec::new();
                    while !over.load(Ordering::Acquire) {
                        let config = server.client(VERSIONS[at % 2], &[]);
                        let mut line = Line::open(server.address, &config).expect("a connection");
                        assert_eq!(line.get(Some(BASIC)).expect("an answer").0, 200);
                        polls.fetch_add(1, Ordering::AcqRel);
                        if seen.last() != Some(&line.certificate()) {
                            seen.push(line.certificate());
                        }
                    }
                    seen
                })
            })
            .collect();
        for pair in &pairs {
            server.folder.write("server.pem", &pair.pem);
            // In between the two do not fit, and the old ones stay.
            assert!(matches!(server.tls.refresh()[..], [(Part::Server, Err(_))]));
            server.folder.write("server.key", &pair.key);
            assert!(matches!(server.tls.refresh()[..], [(Part::Server, Ok(()))]));
            let line = Line::open(server.address, &server.client(VERSIONS[1], &[])).unwrap();
            assert_eq!(line.certificate(), pair.certificate, "who connects now sees the new one");
            // One may have been under way.
            let polled = || polls.each_ref().map(|polls| polls.load(Ordering::Acquire));
            let before = polled();
            wait_for("polls with this certificate", || {
                polled().iter().zip(before).all(|(now, before)| *now > before + 1)
            });
        }
        over.store(true, Ordering::Release);
        pollers.into_iter().map(|poller| poller.join().expect("no poller failed")).collect::<Vec<_>>()
    });
    let order = |certificate: &CertificateDer<'_>| pairs.iter().position(|pair| pair.certificate == *certificate);
    for seen in seen {
        let places: Vec<_> = seen.iter().map(order).collect();
        assert!(places.is_sorted(), "an older certificate came back: {places:?}");
        assert_eq!(places.last(), Some(&Some(EXCHANGES - 1)));
    }
}

/// What cannot be used changes nothing: whatever is wrong with a new file, the old certificate stays, and is exchanged when the file
/// is good.
#[test]
fn broken_files_keep_the_old() {
    let server = Guarded::start(Clients::Optional, &Authority::new("clients").pem(), None);
    let shown = || {
        let line = Line::open(server.address, &server.client(VERSIONS[1], &[])).expect("a connection");
        line.certificate()
    };
    let (old, new) = (shown(), server.authority.issue(&Wanted::server("127.0.0.1")));
    let other = server.authority.issue(&Wanted::server("127.0.0.1"));
    let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let cut = &new.pem[..new.pem.len() / 2];
    let encrypted = new.key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    for (what, certificate, key, words) in [
        ("no text", "", new.key.as_str(), "server.pem"),
        ("no certificate", "hello", &new.key, "server.pem"),
        ("nonsense", garbage, &new.key, "server.pem"),
        ("half a certificate", cut, &new.key, "server.pem"),
        ("a key in its place", &new.key, &new.key, "server.pem"),
        ("no key", &new.pem, "", "server.key"),
        ("an encrypted key", &new.pem, &encrypted, "unencrypted"),
        ("a certificate in its place", &new.pem, &new.pem, "server.key"),
        ("the key of another", &new.pem, &other.key, "does not fit"),
    ] {
        server.folder.write("server.pem", certificate);
        server.folder.write("server.key", key);
        let outcomes = server.tls.refresh();
        let [(Part::Server, Err(error))] = &outcomes[..] else { panic!("{what}: {outcomes:?}") };
        assert!(error.to_string().contains(words), "{what}: {error}");
        assert!(!error.to_string().contains(&new.key[40..60]), "{what}: no key is shown");
        assert_eq!(shown(), old, "{what}");
        assert!(server.tls.refresh().is_empty(), "{what}: said once");
        assert_eq!(server.tls.reload().len(), 2, "{what}: said again to who asks");
    }
    std::fs::remove_file(server.folder.file("server.key")).unwrap();
    assert!(matches!(server.tls.refresh()[..], [(Part::Server, Err(_))]));
    assert_eq!(shown(), old);
    write(&server.folder, &new);
    assert!(matches!(server.tls.refresh()[..], [(Part::Server, Ok(()))]));
    assert_eq!(shown(), new.certificate);
}

/// Authorities and revocation lists take effect without a restart; broken ones let nobody in and nobody out.
#[test]
fn authorities_and_lists() {
    let (ours, theirs) = (Authority::new("clients"), Authority::new("others"));
    let server = Guarded::start(Clients::Required, &ours.pem(), Some(&ours.revoke(&[])));
    let (first, second) = (ours.issue(&Wanted::client("a.example")), theirs.issue(&Wanted::client("b.example")));
    let refused = |issued: &Issued| {
        let config = server.client(VERSIONS[1], &[issued]);
        let error = Line::open(server.address, &config).and_then(|mut line| line.listen()).expect_err("refused");
        match error.get_ref().and_then(|inner| inner.downcast_ref()) {
            Some(rustls::Error::AlertReceived(alert)) => *alert,
            _ => panic!("{error}"),
        }
    };
    let taken = |issued: &Issued| {
        let mut line = Line::open(server.address, &server.client(VERSIONS[1], &[issued])).expect("a connection");
        assert_eq!(line.get(None).expect("an answer").0, 200);
    };
    taken(&first);
    assert_eq!(refused(&second), AlertDescription::UnknownCA);

    for (file, text) in [
        ("clients.pem", ""),
        ("clients.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        ("revoked.pem", ""),
        ("revoked.pem", "0 what is this"),
        ("revoked.pem", "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"),
    ] {
        let before = std::fs::read_to_string(server.folder.file(file)).unwrap();
        server.folder.write(file, text);
        let outcomes = server.tls.refresh();
        let [(Part::Clients, Err(error))] = &outcomes[..] else { panic!("{text:?}: {outcomes:?}") };
        assert!(error.to_string().contains(file), "{error}");
        taken(&first);
        assert_eq!(refused(&second), AlertDescription::UnknownCA);
        server.folder.write(file, &before);
        server.tls.refresh();
    }

    server.folder.write("clients.pem", &[ours.pem(), theirs.pem()].concat());
    server.folder.write("revoked.pem", &[ours.revoke(&[first.serial]), theirs.revoke(&[])].concat());
    assert!(matches!(server.tls.refresh()[..], [(Part::Clients, Ok(()))]));
    taken(&second);
    assert_eq!(refused(&first), AlertDescription::CertificateRevoked);
}

/// The program: a new certificate and a new revocation list count after SIGHUP, and by themselves after a moment; a listener for each way to treat clients.
#[test]
fn the_program_reads_them_anew() {
    let (folder, servers, clients) = (Folder::new(), Authority::new("servers"), Authority::new("clients"));
    let issue = || servers.issue(&Wanted::server("127.0.0.1"));
    let soc = clients.issue(&Wanted::client("soc.example"));
    let revoked = |serials: &[u64]| folder.write("revoked.pem", &clients.revoke(serials));
    write(&folder, &issue());
    revoked(&[]);
    folder.write("clients.pem", &clients.pem());
    let settings = |refresh: u64| {
        format!(
            "[tls]\ncert = 'server.pem'\nkey = 'server.key'\nclient_ca = 'clients.pem'\nclient_crls = 'revoked.pem'\nrefresh_seconds = {refresh}\n\
             [[listen]]\nbind = '127.0.0.1:0'\nclient_certificates = 'required'\n"
        )
    };
    for refresh in [0, 1] {
        folder.write("taxii-server.toml", &settings(refresh));
        let mut command = folder.command(&taxii_tests::programs::server(), &["serve"]);
        command.envs(taxii_tests::programs::UNHURRIED);
        let server = taxii_tests::programs::Running::start(command.env("TAXII_DRAIN_SECONDS", "0"));
        let line = |shows: &[&Issued]| Line::open(server.origin, &guarded::client(&servers, &[VERSIONS[1]], shows));
        // It knows no account by this certificate, and that is another matter.
        assert_eq!(line(&[&soc]).unwrap().get(None).unwrap().0, 401);
        assert!(line(&[]).and_then(|mut line| line.listen()).is_err(), "required");
        let mut open = line(&[&soc]).unwrap();
        assert!(open.get(None).unwrap().1.contains("needs valid credentials"));
        let next = issue();
        write(&folder, &next);
        revoked(&[soc.serial]);
        if refresh == 0 {
            server.hang_up();
        }
        wait_for("the new certificate", || line(&[&soc]).is_ok_and(|line| line.certificate() == next.certificate));
        wait_for("the new list", || line(&[&soc]).and_then(|mut line| line.listen()).is_err());
        assert!(open.get(None).unwrap().1.contains("connect anew"));
        revoked(&[]);
    }
}

fn wait_for(what: &str, mut come: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !come() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what} did not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}
