//! `taxii-server tls`: certificates to begin with, and those that are configured.

use taxii_tests::authority::{Authority, Wanted};
use taxii_tests::programs::{self, Folder, Ran};

/// Two commands make what both ends need: the server takes what they have written, and `taxii` gets in with it and not without. No
/// private key can be read by others, and nothing is overwritten.
#[test]
fn from_nothing_to_both_ends() {
    let folder = Folder::new();
    let made = folder.admin(&["tls", "self-signed", "--name", "127.0.0.1", "--name", "localhost"]);
    let client = folder.admin(&["tls", "client", "soc@example.org"]);
    assert_eq!(client["names"][0], "email:soc@example.org", "{client}");
    for key in [&made["ca_key"], &made["key"], &client["key"]] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(key.as_str().unwrap()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{key}");
    }
    folder.run(&programs::server(), &["tls", "self-signed"]).bad(&["is there already"]);
    folder.run(&programs::server(), &["tls", "client", "soc@example.org"]).bad(&["is there already"]);
    folder.run(&programs::server(), &["tls", "client", "a\nb"]).bad(&["printable"]);
    folder.run(&programs::server(), &["tls", "client", "a", "--folder", "none"]).bad(&["self-signed"]);

    folder.write("taxii-server.toml", &made["settings"].as_str().unwrap().replace("\"optional\"", "\"required\""));
    folder.admin(&["root", "add", "api1", "--title", "Group", "--default"]);
    folder.admin(&["collection", "add", "api1", "feed", "--title", "Feed", "--anonymous-read"]);
    let server = folder.serve(&[]);
    let taxii = |options: &[&str]| {
        let url = format!("https://{}/api1/", server.origin);
        let mut command = folder.command(&programs::client(), &["--url", &url, "collections", "--output", "json"]);
        command.args(options);
        Ran::of(command, "")
    };
    let (ca, cert, key) = (&made["ca"].as_str().unwrap(), &client["cert"], &client["key"]);
    let shows = ["--cacert", ca, "--cert", cert.as_str().unwrap(), "--cert-key", key.as_str().unwrap()];
    // The certificate lets it connect; that no account has it is said in the words of TAXII.
    taxii(&shows).bad(&["401"]);
    taxii(&["--cacert", ca]).bad(&["client certificate", "--cert"]);
    taxii(&[]).bad(&["--cacert"]);
}

/// What is configured can be seen, by people and by programs, with the names and fingerprints that accounts know certificates by.
#[test]
fn show() {
    let folder = Folder::new();
    let none = folder.admin(&["tls", "show"]);
    assert_eq!(none["certificates"], serde_json::json!([]));
    let authority = Authority::new("clients, \u{fc}ber \"all\"");
    let server = authority.issue(&Wanted { until: 3, ..Wanted::server("taxii.example") });
    folder.write("server.pem", &server.pem);
    folder.write("server.key", &server.key);
    folder.write("ca.pem", &authority.pem());
    folder.write("crl.pem", &authority.revoke(&[1, 2]));
    let settings = "[tls]\ncert = 'server.pem'\nkey = 'server.key'\nclient_ca = 'ca.pem'\nclient_crls = ['crl.pem']\n\
                    [[listen]]\nbind = '127.0.0.1:6101'\nclient_certificates = 'required'\n[[listen]]\nbind = '127.0.0.1:6102'\ntls = false\n";
    folder.write("taxii-server.toml", settings);
    let shown = folder.admin(&["tls", "show"]);
    let [first, second] = [&shown["certificates"][0], &shown["certificates"][1]];
    assert_eq!((&first["part"], &first["days_left"]), (&"server certificate".into(), &2.into()), "{shown}");
    assert_eq!(first["names"], serde_json::json!(["dns:taxii.example", "subject:CN=taxii.example"]));
    assert_eq!(second["subject"], "CN=clients\\, \\C3\\BCber \\\"all\\\"");
    assert_eq!(shown["revocation_lists"][0]["revoked"], 2);
    assert_eq!(shown["listening"][0]["client_certificates"], "required");
    assert_eq!(shown["listening"][1]["tls"], false);
    let words = folder.run(&programs::server(), &["tls", "show"]).good().out;
    for word in ["dns:taxii.example", "expires in 2 days", "revokes  2", first["fingerprint"].as_str().unwrap()] {
        assert!(words.contains(word), "{word}: {words}");
    }
    let file = folder.admin(&["tls", "show", "server.pem"]);
    assert_eq!(file["certificates"][0]["fingerprint"], first["fingerprint"]);
    folder.run(&programs::server(), &["tls", "show", "server.key"]).bad(&["no certificate"]);
}

/// Configurations that cannot mean what they say are refused before anything listens.
#[test]
fn contradictions_are_refused() {
    let folder = Folder::new();
    folder.admin(&["tls", "self-signed"]);
    let pair = "[tls]\ncert = 'tls/server.pem'\nkey = 'tls/server.key'\n";
    for (settings, words) in [
        (format!("{pair}client_certificates = 'required'\n"), &["client_ca"][..]),
        (format!("{pair}client_crls = 'tls/ca.pem'\n"), &["client_ca"]),
        (format!("{pair}client_ca = 'tls/ca.pem'\nclient_crls = 'tls/ca.pem'\n"), &["revocation list"]),
        (format!("{pair}client_certificates = 'maybe'\n"), &["maybe"]),
        (format!("bind = '127.0.0.1:1'\n{pair}[[listen]]\nbind = '127.0.0.1:2'\n"), &["not in both"]),
        ("[[listen]]\nbind = '127.0.0.1:2'\ntls = true\n".to_owned(), &["[tls]"]),
        ("[[listen]]\nbind = '127.0.0.1:2'\nclient_certificates = 'optional'\n".to_owned(), &["without TLS"]),
        (format!("{pair}[[listen]]\nbind = '0.0.0.0:2'\ntls = false\n"), &["without TLS", "0.0.0.0"]),
        (format!("{pair}[[listen]]\nbind = '127.0.0.1:2'\nclient_certificates = 'optional'\n"), &["client_ca"]),
    ] {
        folder.write("taxii-server.toml", &settings);
        for command in [&["config", "check"][..], &["serve"]] {
            folder.run(&programs::server(), command).bad(words);
        }
    }
}
