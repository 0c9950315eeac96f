//! TLS to a PostgreSQL server: whom the store takes for it, and what it shows of itself.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use taxii_server::store::{PostgresStore, StoreError};
use taxii_tests::node::until;
use taxii_tests::postgres::{Database, with_parameter};
use taxii_tests::programs::Folder;

/// Gives the server a certificate for `127.0.0.1`, and its client one, by an authority made for the test. Another authority
/// has nothing to do with them.
fn certify(database: &Database, folder: &Folder) {
    let authority = |name: &str| {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        (certificate.pem(), Issuer::new(params, key))
    };
    let ((ca, issuer), (other, _)) = (authority("ours"), authority("another"));
    let signed = |names: &[&str], common: &str| {
        let names = names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let mut params = CertificateParams::new(names).expect("names");
        params.distinguished_name.push(DnType::CommonName, common);
        let key = KeyPair::generate().expect("a key");
        (params.signed_by(&key, &issuer).expect("a certificate").pem(), key.serialize_pem())
    };
    let ((server, server_key), (client, client_key)) = (signed(&["127.0.0.1"], "server"), signed(&[], "node-7"));
    folder.write("ca.pem", &ca);
    folder.write("another.pem", &other);
    folder.write("client.pem", &client);
    folder.write("client.key", &client_key);
    for (file, text) in [("test-ca.pem", &ca), ("test.pem", &server), ("test.key", &server_key)] {
        let text = STANDARD.encode(text);
        database.run(&format!("COPY (SELECT '{text}') TO PROGRAM 'umask 077; base64 --decode > {file}'"));
    }
    for (setting, value) in
        [("ssl_ca_file", "test-ca.pem"), ("ssl_cert_file", "test.pem"), ("ssl_key_file", "test.key"), ("ssl", "on")]
    {
        database.run(&format!("ALTER SYSTEM SET {setting} = '{value}'"));
    }
    database.run("SELECT pg_reload_conf()");
    until("the server does TLS", || database.text("SHOW ssl") == "on");
}

/// `sslmode`, `sslrootcert`, `sslcert` and `sslkey` mean what they mean to libpq.
#[test]
fn certificates_are_checked_as_asked() {
    let Some(database) = Database::new("TLS to PostgreSQL") else { return };
    let folder = Folder::new();
    certify(&database, &folder);
    let file = |name: &str| folder.file(name).display().to_string();
    let (ca, another) = (file("ca.pem"), file("another.pem"));
    let elsewhere = database.url().replace("127.0.0.1", "localhost");
    let open = |url: &str, parameters: &str| database.wait(PostgresStore::open(&with_parameter(url, parameters)));
    let encrypted = || {
        database.text(
            "SELECT coalesce(string_agg(DISTINCT ssl::text || ' ' || coalesce(client_dn, 'nobody'), ', '), 'none') \
             FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
             WHERE datname = current_database() AND application_name = 'taxii-server'",
        )
    };
    for (url, parameters, seen) in [
        (&database.url(), "sslmode=disable".to_owned(), "false nobody"),
        (&database.url(), "sslmode=prefer".to_owned(), "true nobody"),
        (&database.url(), "sslmode=require".to_owned(), "true nobody"),
        (&database.url(), format!("sslmode=verify-full&sslrootcert={ca}"), "true nobody"),
        (&elsewhere, format!("sslmode=verify-ca&sslrootcert={ca}"), "true nobody"),
        (&elsewhere, format!("sslmode=require&sslrootcert={ca}"), "true nobody"),
        (
            &database.url(),
            format!(
                "sslmode=verify-full&sslrootcert={ca}&sslcert={}&sslkey={}",
                file("client.pem"),
                file("client.key")
            ),
            "true /CN=node-7",
        ),
    ] {
        let store = open(url, &parameters).unwrap_or_else(|error| panic!("{parameters}: {error}"));
        assert_eq!(encrypted(), seen, "{parameters}");
        drop(store);
        until("the connections are gone", || encrypted() == "none");
    }
    for (url, parameters) in [
        (&database.url(), format!("sslmode=verify-full&sslrootcert={another}")),
        (&database.url(), format!("sslmode=verify-ca&sslrootcert={another}")),
        (&database.url(), format!("sslmode=require&sslrootcert={another}")),
        (&elsewhere, format!("sslmode=verify-full&sslrootcert={ca}")),
    ] {
        let error = open(url, &parameters).err().unwrap_or_else(|| panic!("{parameters}: it was trusted"));
        assert!(matches!(&error, StoreError::Unavailable(why) if why.contains("certificate")), "{parameters}: {error}");
    }
    database.run("ALTER SYSTEM RESET ssl");
    database.run("SELECT pg_reload_conf()");
}
