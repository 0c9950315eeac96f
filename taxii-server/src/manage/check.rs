use argon2::password_hash::phc::PasswordHash;

use super::problem::Problem;
use crate::store::{Change, Credential, CredentialKind};

/// Fails if a change cannot be what is meant, whatever the store has, also for secrets that would be kept as they are. `at` is where the
/// change stands in the body.
pub(super) fn check(change: &Change, at: &str) -> Result<(), Problem> {
    let wrong = |member: &str, why: String| Err(Problem::wrong(&format!("{at}{member}"), why));
    if let Some((member, why)) = change.fault() {
        return wrong(member, why);
    }
    match change {
        Change::AddCredential(credential) => kept(credential).map_or(Ok(()), |why| wrong("/secret", why)),
        _ => Ok(()),
    }
}

/// Why this cannot be what is kept of a credential, if so. It never repeats it.
fn kept(credential: &Credential) -> Option<String> {
    let secret = credential.secret.as_str();
    let hex = |text: &str| text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    match credential.kind {
        CredentialKind::Password if PasswordHash::new(secret).is_err() => Some(
            "expected the hash of a password in the PHC form of argon2id, never the password: POST it to the account's credentials".to_owned(),
        ),
        CredentialKind::Key if !hex(secret) => {
            Some("expected the SHA-256 of the key in hex, never the key: POST to the account's credentials to have one made".to_owned())
        }
        CredentialKind::Certificate if !is_certificate(secret) => Some(
            "expected sha256:FINGERPRINT in lower case, dns:NAME, email:ADDRESS, uri:URI, ip:ADDRESS or subject:NAME".to_owned(),
        ),
        CredentialKind::Token if secret.split_once(' ').is_none_or(|(issuer, subject)| issuer.is_empty() || subject.is_empty()) => {
            Some("expected the issuer and the subject with a blank in between".to_owned())
        }
        _ => None,
    }
}

fn is_certificate(name: &str) -> bool {
    match name.split_once(':') {
        Some(("sha256", digits)) => {
            digits.len() == 64 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        }
        Some(("dns" | "email" | "uri" | "ip" | "subject", value)) => !value.is_empty(),
        _ => false,
    }
}
