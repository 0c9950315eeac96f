use argon2::password_hash::phc::PasswordHash;

use super::problem::Problem;
use crate::store::{ApiRoot, Change, Collection, Credential, CredentialKind};

/// Fails if a change cannot be what is meant, whatever the store has: for names that nobody could type or address, and for secrets that would
/// be kept as they are. `at` is where the change stands in the body.
pub(super) fn check(change: &Change, at: &str) -> Result<(), Problem> {
    let wrong = |member: &str, why: String| Err(Problem::wrong(&format!("{at}{member}"), why));
    let name = |what: &str, name: &str| match is_name(name) {
        true => Ok(()),
        false => wrong(
            "/name",
            format!("{what} has a name of 1 to 200 bytes without ':', '/' and blanks at its ends, and not none"),
        ),
    };
    match change {
        Change::AddRoot(root) | Change::SetRoot(root) => match ApiRoot::new(&root.name, "") {
            Err(why) => wrong("/name", why.to_string()),
            Ok(read) if read.name != root.name => wrong("/name", "leave out the slashes at its ends".to_owned()),
            Ok(_) if root.name == "health" || root.name.starts_with("health/") => {
                wrong("/name", "/health/ is where the program answers health checks; take another path".to_owned())
            }
            Ok(_) => Ok(()),
        },
        Change::AddCollection(one) | Change::SetCollection(one) => {
            let is_new = matches!(change, Change::AddCollection(_));
            collection(one, is_new).map_or(Ok(()), |(member, why)| wrong(member, why))
        }
        Change::AddOrganisation(organisation) => name("an organisation", &organisation.name),
        Change::AddGroup(group) => name("a group", &group.name),
        Change::AddAccount(account) => name("an account", &account.name),
        Change::AddCredential(credential) => kept(credential).map_or(Ok(()), |why| wrong("/secret", why)),
        _ => Ok(()),
    }
}

fn is_name(name: &str) -> bool {
    let odd = |c: char| c == ':' || c == '/' || c.is_control();
    !(name.is_empty() || name.len() > 200 || name.trim() != name || name == "none" || name.contains(odd))
}

fn collection(one: &Collection, is_new: bool) -> Option<(&'static str, String)> {
    if let Err(why) = Collection::new(&one.root, one.alias.as_deref(), "") {
        return Some(("/alias", why.to_string()));
    }
    if is_new && one.id.get_version_num() != 4 {
        return Some(("/id", "expected a version 4 UUID, which TAXII 2.1 wants as the id of a collection".to_owned()));
    }
    if one.spec_versions.is_empty() || !one.spec_versions.is_sorted_by(|a, b| a < b) {
        return Some((
            "/spec_versions",
            "expected one or more editions of STIX, each once, the oldest first".to_owned(),
        ));
    }
    let retention = &one.retention;
    let days =
        |days: Option<u32>, least: u32| days.is_none_or(|days| (least..=i32::MAX.unsigned_abs()).contains(&days));
    if !days(retention.keep_days, 1) || !days(retention.keep_expired_days, 0) {
        return Some(("/retention", "expected 1 or more keep_days and 0 or more keep_expired_days".to_owned()));
    }
    let objects = retention.keep_objects.is_none_or(|objects| (1..=i64::MAX.unsigned_abs()).contains(&objects));
    (!objects).then(|| ("/retention/keep_objects", "expected 1 or more".to_owned()))
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
