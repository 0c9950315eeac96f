//! Client certificates: who gets in, and for how long.

use std::io;

use rcgen::ExtendedKeyUsagePurpose;
use rustls::{AlertDescription, HandshakeKind, SupportedProtocolVersion};
use taxii_server::tls::{Clients, Part};
use taxii_tests::authority::{Authority, Issued, Wanted};
use taxii_tests::guarded::{Guarded, Line, VERSIONS};

/// What is to become of somebody who connects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// The handshake ends with this.
    Refused(AlertDescription),
    /// There is a connection, and the request is answered with this.
    Answered(u16),
}

/// Connects and asks, or reads the refusal.
fn fate(server: &Guarded, version: &'static SupportedProtocolVersion, shows: &[&Issued], expected: Fate) -> Fate {
    let outcome = Line::open(server.address, &server.client(version, shows)).and_then(|mut line| match expected {
        Fate::Answered(_) => line.get(None).map(|(status, _)| status),
        // To write would be to risk that the connection is reset before the alert is read.
        Fate::Refused(_) => line.listen().map(|_| 0),
    });
    match outcome {
        Ok(status) => Fate::Answered(status),
        Err(error) => Fate::Refused(alert(&error).unwrap_or_else(|| panic!("no alert: {error}"))),
    }
}

fn alert(error: &io::Error) -> Option<AlertDescription> {
    match error.get_ref()?.downcast_ref()? {
        rustls::Error::AlertReceived(alert) => Some(*alert),
        _ => None,
    }
}

/// TX-TLS-08, promise 4: of every kind of certificate, only those get in that are good, in both versions of TLS, whether a certificate is
/// required or not; and nobody is let in by none.
#[test]
fn every_kind_of_certificate() {
    let (ours, theirs, namesake) = (Authority::new("clients"), Authority::new("others"), Authority::new("clients"));
    let (below, withdrawn) = (ours.below("department"), ours.below("former department"));
    let wanted = Wanted::client("soc.example");
    let good = ours.issue(&wanted);
    let revoked = ours.issue(&Wanted { serial: 4711, ..wanted.clone() });
    let indirect = below.issue(&wanted);
    let orphan = withdrawn.issue(&wanted);
    let chain = |authority: &Authority| Issued {
        certificate: authority.der(),
        pem: authority.pem(),
        key: String::new(),
        serial: authority.serial(),
    };
    let (below_chain, withdrawn_chain) = (chain(&below), chain(&withdrawn));
    let with = |change: &dyn Fn(&mut Wanted)| {
        let mut wanted = wanted.clone();
        change(&mut wanted);
        ours.issue(&wanted)
    };
    let expired = with(&|wanted| (wanted.from, wanted.until) = (-30, -1));
    let early = with(&|wanted| (wanted.from, wanted.until) = (1, 30));
    let purposeless = with(&|wanted| wanted.purposes.clear());
    let server_only = with(&|wanted| wanted.purposes = vec![ExtendedKeyUsagePurpose::ServerAuth]);
    let (stranger, pretender) = (theirs.issue(&wanted), namesake.issue(&wanted));

    let lists = [ours.revoke(&[4711, withdrawn.serial()]), below.revoke(&[])].concat();
    use AlertDescription as Alert;
    use Fate::{Answered, Refused};
    for (clients, nobody) in
        [(Clients::Required, Refused(Alert::CertificateRequired)), (Clients::Optional, Answered(401))]
    {
        let server = Guarded::start(clients, &ours.pem(), Some(&lists));
        let table: [(&str, &[&Issued], Fate); 13] = [
            ("good", &[&good], Answered(200)),
            ("good, of no stated purpose", &[&purposeless], Answered(200)),
            ("by an authority below", &[&indirect, &below_chain], Answered(200)),
            ("by an authority below that is not shown", &[&indirect], Refused(Alert::UnknownCA)),
            ("by an authority that was revoked", &[&orphan, &withdrawn_chain], Refused(Alert::CertificateRevoked)),
            ("revoked", &[&revoked], Refused(Alert::CertificateRevoked)),
            ("expired", &[&expired], Refused(Alert::CertificateExpired)),
            ("not yet valid", &[&early], Refused(Alert::CertificateExpired)),
            ("by another authority", &[&stranger], Refused(Alert::UnknownCA)),
            ("by another authority of the same name", &[&pretender], Refused(Alert::DecryptError)),
            ("for servers", &[&server_only], Refused(Alert::UnsupportedCertificate)),
            (
                "for servers, with an authority behind it",
                &[&server_only, &below_chain],
                Refused(Alert::UnsupportedCertificate),
            ),
            ("none", &[], nobody),
        ];
        for version in VERSIONS {
            for (what, shows, expected) in &table {
                let found = fate(&server, version, shows, *expected);
                assert_eq!(found, *expected, "{what}, {clients:?}, {:?}", version.version);
            }
        }
    }
}

/// Promise 4: where nobody asks for certificates, none is taken; who brings one along is nobody.
#[test]
fn off_is_off() {
    let ours = Authority::new("clients");
    let server = Guarded::start(Clients::Off, &ours.pem(), None);
    for version in VERSIONS {
        let good = ours.issue(&Wanted::client("soc.example"));
        assert_eq!(fate(&server, version, &[&good], Fate::Answered(401)), Fate::Answered(401));
    }
}

/// TX-TLS-08: what was shown when a session began is looked at again each time: none is resumed where certificates are asked for, so
/// that nobody comes back who was revoked meanwhile.
#[test]
fn sessions_are_not_resumed() {
    let ours = Authority::new("clients");
    let good = ours.issue(&Wanted::client("soc.example"));
    for clients in [Clients::Off, Clients::Optional, Clients::Required] {
        let server = Guarded::start(clients, &ours.pem(), Some(&ours.revoke(&[])));
        for version in VERSIONS {
            let config = server.client(version, &[&good]);
            let kind = || {
                let mut line = Line::open(server.address, &config).unwrap();
                // With an answer comes the ticket, if there is one.
                line.get(None).unwrap();
                line.stream.conn.handshake_kind()
            };
            kind();
            let expected = if clients == Clients::Off { HandshakeKind::Resumed } else { HandshakeKind::Full };
            assert_eq!(kind(), Some(expected), "{clients:?} {:?}", version.version);
        }
    }
}

/// Promise 4: a revocation and the withdrawal of an authority count for the connections that are open already, at the next request, whatever
/// else the request brings along; others go on.
#[test]
fn open_connections_do_not_outlive_their_certificates() {
    const BASIC: &str = "Basic c29jOnB3";
    let (ours, theirs) = (Authority::new("clients"), Authority::new("others"));
    for version in VERSIONS {
        let both = [ours.pem(), theirs.pem()].concat();
        let lists = |serials: &[u64]| [ours.revoke(serials), theirs.revoke(&[])].concat();
        let server = Guarded::start(Clients::Optional, &both, Some(&lists(&[])));
        let [leaving, staying] = ["leaving.example", "staying.example"].map(|name| ours.issue(&Wanted::client(name)));
        let other = theirs.issue(&Wanted::client("other.example"));
        let line = |shows: &[&Issued]| Line::open(server.address, &server.client(version, shows)).unwrap();
        let (mut leaver, mut stayer, mut stranger, mut nobody) =
            (line(&[&leaving]), line(&[&staying]), line(&[&other]), line(&[]));
        let status = |line: &mut Line, authorization| line.get(authorization).unwrap();
        for line in [&mut leaver, &mut stayer, &mut stranger] {
            assert_eq!(status(line, None).0, 200);
        }
        assert_eq!(status(&mut nobody, Some(BASIC)).0, 200);

        server.folder.write("revoked.pem", &lists(&[leaving.serial]));
        assert!(matches!(server.tls.refresh()[..], [(Part::Clients, Ok(()))]));
        let (refused, words) = status(&mut leaver, Some(BASIC));
        assert_eq!((refused, words.contains("connect anew")), (401, true), "{words}");
        assert!(words.to_ascii_lowercase().contains("connection: close"), "{words}");
        assert_eq!(leaver.listen().unwrap_or_default(), 0, "the connection is closed");
        assert_eq!(status(&mut stayer, None).0, 200);

        server.folder.write("clients.pem", &theirs.pem());
        assert!(matches!(server.tls.refresh()[..], [(Part::Clients, Ok(()))]));
        assert_eq!(status(&mut stayer, None).0, 401);
        assert_eq!(status(&mut stranger, None).0, 200);
        assert_eq!(status(&mut nobody, Some(BASIC)).0, 200);
        let again = fate(&server, version, &[&staying], Fate::Refused(AlertDescription::UnknownCA));
        assert_eq!(again, Fate::Refused(AlertDescription::UnknownCA));
    }
}

/// Nothing is believed that nobody can know: with revocation lists, an authority without one lets nobody in; a list whose time is
/// over counts or locks out, as it was configured.
#[test]
fn without_a_list_nobody_gets_in() {
    let (ours, theirs) = (Authority::new("clients"), Authority::new("others"));
    let mut server =
        Guarded::start(Clients::Required, &[ours.pem(), theirs.pem()].concat(), Some(&ours.revoke_until(&[], -1)));
    let (good, unlisted) = (ours.issue(&Wanted::client("a.example")), theirs.issue(&Wanted::client("b.example")));
    for version in VERSIONS {
        assert_eq!(fate(&server, version, &[&good], Fate::Answered(200)), Fate::Answered(200), "the old list counts");
        let line = Line::open(server.address, &server.client(version, &[&unlisted])).and_then(|mut line| line.listen());
        assert!(alert(&line.unwrap_err()).is_some());
    }
    let files = taxii_server::tls::Files {
        client_authorities: Some(server.folder.file("clients.pem")),
        revocation_lists: vec![server.folder.file("revoked.pem")],
        current_lists: true,
        ..taxii_server::tls::Files::new(server.folder.file("server.pem"), server.folder.file("server.key"))
    };
    server.again(files, Clients::Required);
    for version in VERSIONS {
        let line = Line::open(server.address, &server.client(version, &[&good])).and_then(|mut line| line.listen());
        assert!(alert(&line.unwrap_err()).is_some(), "a list whose time is over locks out");
    }
}
