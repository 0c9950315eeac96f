//! An authority of one's own, for a first try or a closed group, and certificates by it.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType, date_time_ymd,
};
use taxii_server::auth::ClientCertificate;

use crate::Outcome;
use crate::output::Output;

const DAY: Duration = Duration::from_secs(24 * 3600);
/// How long the authority is good. Whoever trusts it has to be told of the next one.
const AUTHORITY_DAYS: u32 = 3650;
/// Clocks of other machines may be behind.
const BEFORE: Duration = Duration::from_secs(3600);

pub(super) fn self_signed(names: &[String], folder: &Path, days: u32, out: &Output) -> Outcome {
    let usual = ["localhost", "127.0.0.1", "::1"].map(ToOwned::to_owned);
    let names = if names.is_empty() { &usual[..] } else { names };
    let [ca, ca_key] = [folder.join("ca.pem"), folder.join("ca.key")];
    let [cert, key] = [folder.join("server.pem"), folder.join("server.key")];
    must_be_new(&[&ca, &ca_key, &cert, &key])?;

    let authority_key = KeyPair::generate()?;
    let authority = authority()?;
    let authority_pem = authority.self_signed(&authority_key)?.pem();
    let authority_secret = authority_key.serialize_pem();
    let mut server = lasting(CertificateParams::new(names)?, days);
    server.distinguished_name = named(names.first().map_or("localhost", String::as_str));
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let server_key = KeyPair::generate()?;
    let server = server.signed_by(&server_key, &Issuer::new(authority, authority_key))?;

    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    write(&ca_key, &authority_secret, Secrecy::Secret)?;
    write(&ca, &authority_pem, Secrecy::Public)?;
    write(&key, &server_key.serialize_pem(), Secrecy::Secret)?;
    write(&cert, &server.pem(), Secrecy::Public)?;
    let [ca, ca_key, cert, key] = [ca, ca_key, cert, key].map(|file| absolute(&file));
    let host = names.first().map_or("localhost", String::as_str);
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    let settings = format!("[tls]\ncert = {cert:?}\nkey = {key:?}\n");
    let clients = format!("client_ca = {ca:?}\nclient_certificates = \"optional\"\n");
    let text = || {
        Ok(format!(
            "Made an authority and a certificate for {names}, good for {days} days, in {folder}.\n\n\
             For taxii-server.toml:\n\n{settings}\n\
             Clients have to know the authority:\n\n  taxii --url https://{host}:6100/ --cacert {ca} discover\n  \
             curl --cacert {ca} https://{host}:6100/health/ready\n\n\
             To let clients in by certificates of the same authority, add to [tls], and make them with `taxii-server tls client NAME`:\n\n{clients}\n\
             Whoever has {ca_key} can make certificates that everybody here believes: keep it elsewhere than on the server.",
            names = names.join(", "),
            folder = folder.display(),
        ))
    };
    let done = serde_json::json!({
        "names": names, "days": days, "ca": ca, "ca_key": ca_key, "cert": cert, "key": key,
        "settings": format!("{settings}{clients}"),
    });
    out.text(text, &done)
}

pub(super) fn client(name: &str, folder: &Path, days: u32, out: &Output) -> Outcome {
    let file = file_name(name)?;
    let [cert, key] = [folder.join(format!("{file}.pem")), folder.join(format!("{file}.key"))];
    must_be_new(&[&cert, &key])?;
    let issuer = {
        let read = |name: &str| {
            let file = folder.join(name);
            let hint = "expected the folder that `taxii-server tls self-signed` has written to";
            fs::read_to_string(&file).map_err(|error| format!("{}: {error}; {hint}", file.display()))
        };
        Issuer::from_ca_cert_pem(&read("ca.pem")?, KeyPair::from_pem(&read("ca.key")?)?)?
    };
    let mut params = lasting(CertificateParams::default(), days);
    params.distinguished_name = named(name);
    params.subject_alt_names = alternative(name)?.into_iter().collect();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let client_key = KeyPair::generate()?;
    let certificate = params.signed_by(&client_key, &issuer)?;
    let shown = ClientCertificate::from_der(certificate.der()).ok_or("the certificate that was made cannot be read")?;

    write(&key, &client_key.serialize_pem(), Secrecy::Secret)?;
    write(&cert, &certificate.pem(), Secrecy::Public)?;
    let [ca, cert, key] = [folder.join("ca.pem"), cert, key].map(|file| absolute(&file));
    let known: Vec<String> = shown.names.iter().cloned().chain([format!("sha256:{}", shown.fingerprint)]).collect();
    let text = || {
        Ok(format!(
            "Made a certificate for {name}, good for {days} days. The server knows it by each of these:\n\n  {known}\n\n\
             With it:\n\n  taxii --url https://HOST:6100/ --cacert {ca} --cert {cert} --cert-key {key} discover",
            known = known.join("\n  "),
        ))
    };
    let done = serde_json::json!({
        "names": shown.names, "fingerprint": shown.fingerprint, "days": days, "ca": ca, "cert": cert, "key": key,
    });
    out.text(text, &done)
}

fn authority() -> Outcome<CertificateParams> {
    let mut params = lasting(CertificateParams::default(), AUTHORITY_DAYS);
    // Two authorities of the same name are hard to tell apart when something does not fit.
    let some: String = uuid::Uuid::new_v4().simple().to_string().chars().take(8).collect();
    params.distinguished_name = named(&format!("taxii-server authority {some}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

fn lasting(mut params: CertificateParams, days: u32) -> CertificateParams {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let begin = date_time_ymd(1970, 1, 1) + now.saturating_sub(BEFORE);
    params.not_before = begin;
    params.not_after = begin + BEFORE + DAY.saturating_mul(days);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    params
}

fn named(name: &str) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, name);
    subject
}

/// What kind of name it is beside the common name, if it is of one.
fn alternative(name: &str) -> Outcome<Option<SanType>> {
    Ok(if name.contains("://") {
        Some(SanType::URI(name.try_into()?))
    } else if name.contains('@') {
        Some(SanType::Rfc822Name(name.try_into()?))
    } else if name.contains('.') && !name.contains(' ') {
        Some(SanType::DnsName(name.try_into()?))
    } else {
        None
    })
}

fn file_name(name: &str) -> Outcome<String> {
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        return Err("a client needs a name of printable characters".into());
    }
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._@-".contains(c) { c } else { '_' };
    let file: String = name.chars().map(plain).collect();
    Ok(if file.starts_with('.') { format!("_{file}") } else { file })
}

fn must_be_new(files: &[&PathBuf]) -> Outcome {
    match files.iter().find(|file| file.exists()) {
        Some(file) => {
            Err(format!("{} is there already: remove it, or take another folder or name", file.display()).into())
        }
        None => Ok(()),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Secrecy {
    Public,
    Secret,
}

fn write(file: &Path, text: &str, secrecy: Secrecy) -> Outcome {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(if secrecy == Secrecy::Secret { 0o600 } else { 0o644 });
    }
    #[cfg(not(unix))]
    let _ = secrecy;
    let written = options.open(file).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| format!("{}: {error}", file.display()).into())
}

fn absolute(file: &Path) -> String {
    std::path::absolute(file).unwrap_or_else(|_| file.to_owned()).display().to_string()
}
