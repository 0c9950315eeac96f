//! Client certificates as credentials, with the program as it is run: whose account a certificate is.

use taxii_server::auth::ClientCertificate;
use taxii_tests::authority::{Authority, Issued, Wanted};
use taxii_tests::guarded::{self, Line, VERSIONS};
use taxii_tests::programs::{Folder, Running};

/// The program with `[tls] client_certificates`, and the accounts `soc` and `partner`, who see one API root each.
struct Desk {
    folder: Folder,
    servers: Authority,
    clients: Authority,
    server: Running,
}

/// Who a certificate lets in, as discovery tells.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Nobody,
    Soc,
    Partner,
}

impl Desk {
    fn start(client_certificates: &str) -> Self {
        let (folder, servers, clients) = (Folder::new(), Authority::new("servers"), Authority::new("clients"));
        let issued = servers.issue(&Wanted::server("127.0.0.1"));
        folder.write("server.pem", &issued.pem);
        folder.write("server.key", &issued.key);
        folder.write("clients.pem", &clients.pem());
        let file = format!(
            "anonymous_discovery = false\n[tls]\ncert = \"server.pem\"\nkey = \"server.key\"\n\
             client_certificates = \"{client_certificates}\"\nclient_ca = \"clients.pem\"\n"
        );
        folder.write("taxii-server.toml", &file);
        for (account, root) in [("soc", "of-soc"), ("partner", "of-partner")] {
            folder.admin(&["root", "add", root, "--title", root]);
            folder.admin(&["collection", "add", root, "feed", "--title", "Feed"]);
            folder.admin(&["account", "add", account, "--read", &format!("{root}/feed")]);
        }
        folder.admin(&["config", "check"]);
        let server = folder.serve(&[]);
        Self { folder, servers, clients, server }
    }

    /// What happens to a request with this certificate and nothing else, over a new connection.
    fn shows(&self, issued: &Issued) -> Seen {
        let [one, other] = VERSIONS.map(|version| {
            let config = guarded::client(&self.servers, &[version], &[issued]);
            let mut line = Line::open(self.server.origin, &config).expect("a connection");
            read(&line.get(None).expect("an answer"))
        });
        assert_eq!(one, other, "in both versions of TLS");
        one
    }

    /// Gives an account a credential, by its id.
    #[track_caller]
    fn gives(&self, account: &str, certificate: &str) -> String {
        let made = self.folder.admin(&["credential", "add", account, "--certificate", certificate]);
        made["credential"]["id"].as_str().expect("an id").to_owned()
    }
}

fn read((status, text): &(u16, String)) -> Seen {
    match (status, text.contains("/of-soc/"), text.contains("/of-partner/")) {
        (401, false, false) => Seen::Nobody,
        (200, true, false) => Seen::Soc,
        (200, false, true) => Seen::Partner,
        _ => panic!("{text}"),
    }
}

fn fingerprint(issued: &Issued) -> String {
    format!("sha256:{}", ClientCertificate::from_der(&issued.certificate).expect("a certificate").fingerprint)
}

/// TX-TLS-08, promise 4: a good certificate is the account that has it, by its fingerprint before its names, and nobody without an
/// account; what is changed about the credential or the account counts at the next request, also on a connection that is open.
#[test]
fn certificates_are_accounts() {
    for asked in ["optional", "required"] {
        let desk = Desk::start(asked);
        let issue = |name: &str| desk.clients.issue(&Wanted::client(name));
        let [soc, twin, named, stranger] =
            ["soc.example", "soc.example", "partner.example", "nobody.example"].map(issue);
        for certificate in [&soc, &twin, &named, &stranger] {
            assert_eq!(desk.shows(certificate), Seen::Nobody, "no account has it yet");
        }
        let by_fingerprint = desk.gives("soc", &fingerprint(&soc));
        desk.gives("partner", "dns:partner.example");
        let all = || [&soc, &twin, &named, &stranger].map(|certificate| desk.shows(certificate));
        assert_eq!(all(), [Seen::Soc, Seen::Nobody, Seen::Partner, Seen::Nobody], "{asked}");

        // Neither a fingerprint nor a name is two accounts'; a fingerprint counts more than whatever name.
        for (account, name) in [("partner", fingerprint(&soc)), ("soc", "dns:partner.example".to_owned())] {
            let again = ["credential", "add", account, "--certificate", &name];
            desk.folder.run(&taxii_tests::programs::server(), &again).bad(&["already"]);
        }
        let name = desk.gives("partner", "dns:soc.example");
        assert_eq!(all(), [Seen::Soc, Seen::Partner, Seen::Partner, Seen::Nobody]);
        let crossed = desk.gives("soc", &fingerprint(&named));
        assert_eq!(desk.shows(&named), Seen::Soc, "the fingerprint of another account's certificate");
        for id in [&name, &crossed] {
            desk.folder.admin(&["credential", "revoke", id]);
        }

        let config = guarded::client(&desk.servers, &[VERSIONS[1]], &[&soc]);
        let mut open = Line::open(desk.server.origin, &config).expect("a connection");
        let mut both = || [read(&open.get(None).expect("an answer")), desk.shows(&soc)];
        assert_eq!(both(), [Seen::Soc, Seen::Soc]);
        desk.folder.admin(&["account", "set", "soc", "--enabled", "false"]);
        assert_eq!(both(), [Seen::Nobody, Seen::Nobody], "a disabled account");
        desk.folder.admin(&["account", "set", "soc", "--enabled", "true"]);
        assert_eq!(both(), [Seen::Soc, Seen::Soc]);
        desk.folder.admin(&["credential", "set", &by_fingerprint, "--expires", "2020-01-01T00:00:00Z"]);
        assert_eq!(both(), [Seen::Nobody, Seen::Nobody], "an expired credential");
        desk.folder.admin(&["credential", "set", &by_fingerprint, "--expires", "none"]);
        assert_eq!(both(), [Seen::Soc, Seen::Soc]);
        desk.folder.admin(&["credential", "revoke", &by_fingerprint]);
        assert_eq!(both(), [Seen::Nobody, Seen::Nobody], "a revoked credential");
        assert_eq!(all(), [Seen::Nobody, Seen::Nobody, Seen::Partner, Seen::Nobody], "others stay");
    }
}
