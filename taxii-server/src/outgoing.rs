//! How the server asks others, over HTTP.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Client;
use reqwest::redirect::Policy;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use rustls_platform_verifier::BuilderVerifierExt;

use crate::service::chain;

/// A client that goes nowhere but where it is told to, since keys would go along, and waits so long for an answer. It trusts the
/// authorities of a PEM file alone, or those that this machine trusts.
///
/// # Errors
/// The file cannot be read, or has no certificate of an authority; this machine trusts nobody.
pub fn client(authorities: Option<&Path>, patience: Duration) -> Result<Client, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| error.to_string())?;
    let tls = match authorities {
        None => builder.with_platform_verifier().map_err(|error| error.to_string())?.with_no_client_auth(),
        Some(file) => builder.with_root_certificates(roots(file)?).with_no_client_auth(),
    };
    let client = Client::builder().tls_backend_preconfigured(tls).timeout(patience).redirect(Policy::none());
    client.build().map_err(|error| chain(&error))
}

fn roots(file: &Path) -> Result<RootCertStore, String> {
    let wrong = |error: &dyn Error| format!("{}: {error}", file.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| wrong(&error))? {
        roots.add(certificate.map_err(|error| wrong(&error))?).map_err(|error| wrong(&error))?;
    }
    match roots.is_empty() {
        true => Err(format!("{}: there is no certificate in PEM form in it", file.display())),
        false => Ok(roots),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever names authorities is told which file is wrong and why; trusting nobody is not what was meant.
    #[test]
    fn wrong_authorities_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let block = |text: &str| format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
        let own = rcgen::generate_simple_self_signed(vec!["misp.example".to_owned()]).unwrap();
        for (path, says) in [
            (folder.path().join("absent.pem"), "absent.pem"),
            (file("empty.pem", ""), "there is no certificate in PEM form"),
            (file("key.pem", &own.signing_key.serialize_pem()), "there is no certificate in PEM form"),
            (file("cut.pem", &block("AAAA").replace("-----END", "")), "cut.pem"),
            (file("other.pem", &block("AAAA")), "other.pem"),
        ] {
            let why = client(Some(&path), Duration::from_secs(1)).unwrap_err();
            assert!(why.contains(says) && why.contains(&*path.to_string_lossy()), "{says}: {why}");
        }
        client(Some(&file("good.pem", &own.cert.pem())), Duration::from_secs(1)).unwrap();
    }
}
