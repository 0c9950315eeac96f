//! Passwords and keys: made at random, kept only as hashes.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};

use crate::store::{PASSWORDS, Result, StoreError};

/// An API key that has just been made: the only time that it can be read.
pub struct NewKey {
    /// What its owner sends.
    pub secret: String,
    /// What the server keeps.
    pub digest: String,
}

/// Every key starts like this, so that people and secret scanners recognise one.
const KEY_PREFIX: &str = "taxii_";

/// Makes an API key of 256 random bits. It has letters and digits, and 40 of them in a row: MISP takes no others.
///
/// # Errors
/// The system gives no random numbers.
pub fn new_key() -> Result<NewKey> {
    let secret = format!("{KEY_PREFIX}{}", letters_and_digits(43)?);
    let digest = key_digest(&secret);
    Ok(NewKey { secret, digest })
}

/// Makes a password of 144 random bits. It has no colon, which some clients cannot carry.
///
/// # Errors
/// The system gives no random numbers.
pub fn new_password() -> Result<String> {
    Ok(URL_SAFE_NO_PAD.encode(random::<18>()?))
}

/// Hashes a password with argon2id. Takes some tens of milliseconds, on purpose.
///
/// # Errors
/// The password cannot be hashed, or the system gives no random numbers.
pub fn hash_password(password: &str) -> Result<String> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| StoreError::failed(error.to_string()))
}

/// The hash of a password that nobody knows.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$UsBBAt4VIrqFZDOqqXWONg$QZTjsK+JiQJWpu3YsHXVhSGeXrPSZPPZFV2gEUHZhsg";

/// Behind which of the hashes is this the password? However many there are, it takes as long as [`PASSWORDS`] of them.
pub(super) fn verify_passwords(password: &str, hashes: &[String]) -> Option<usize> {
    let mut right = None;
    for at in 0..PASSWORDS.max(hashes.len()) {
        let hash = hashes.get(at);
        let parsed = PasswordHash::new(hash.map_or(NOBODY, String::as_str));
        let verified = parsed.is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
        if verified && hash.is_some() {
            right = right.or(Some(at));
        }
    }
    right
}

/// What the server keeps of a key.
pub(super) fn key_digest(secret: &str) -> String {
    hex(digest(&SHA256, secret.as_bytes()).as_ref())
}

/// Random letters and digits, nearly 6 bits in each.
fn letters_and_digits(count: usize) -> Result<String> {
    const ALL: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut text = String::with_capacity(count);
    while text.len() < count {
        // What is left of the bytes beyond a multiple of 62 would make some more frequent.
        let fair = random::<64>()?.into_iter().filter(|byte| *byte < 248);
        let letters = fair.filter_map(|byte| ALL.get(usize::from(byte % 62)).copied().map(char::from));
        text.extend(letters.take(count - text.len()));
    }
    Ok(text)
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| StoreError::failed("the system gives no random numbers"))?;
    Ok(bytes)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok());
    pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// There is no default password, and none is kept.
    #[test]
    fn secrets_are_random_and_hashed() {
        let (one, two) = (new_key().unwrap(), new_key().unwrap());
        assert_ne!(one.secret, two.secret);
        let random = one.secret.strip_prefix(KEY_PREFIX).unwrap();
        assert!(random.len() == 43 && random.bytes().all(|byte| byte.is_ascii_alphanumeric()), "MISP takes no others");
        assert_eq!(key_digest(&one.secret), one.digest);
        assert!(!one.digest.contains(&one.secret));
        let password = new_password().unwrap();
        assert!(!password.contains(':'));
        let hash = hash_password(&password).unwrap();
        assert!(hash.starts_with("$argon2id$"));
        let other = hash_password("another").unwrap();
        assert_eq!(verify_passwords(&password, std::slice::from_ref(&hash)), Some(0));
        assert_eq!(verify_passwords(&password, &[other.clone(), hash.clone()]), Some(1));
        assert_eq!(verify_passwords("nothing", &[other, hash.clone()]), None);
        assert_eq!(verify_passwords(&password, &[]), None);
        // An unknown user is to take as long as a wrong password: with the same parameters, and not by failing early.
        let (nobody, somebody) = (PasswordHash::new(NOBODY).unwrap(), PasswordHash::new(&hash).unwrap());
        assert_eq!(nobody.params, somebody.params);
        assert!(nobody.salt.is_some() && nobody.hash.is_some());
    }
}
