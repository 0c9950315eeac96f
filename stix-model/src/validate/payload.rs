//! Whether a payload is what its hashes say (STIX 2.1 §6.1).

use base64::Engine as _;
use md5::Md5;
use sha1::Sha1;
use sha2::digest::DynDigest;
use sha2::{Sha256, Sha512};
use sha3::{Sha3_256, Sha3_512};

use super::Check;
use super::formats::hash_fits;
use super::values::quoted;
use crate::json::{Json, Members};
use crate::pattern::octets::BASE64;

/// How many characters are decoded at once: whole groups of four.
const PIECE: usize = 8 << 10;

/// SCO-ART-4, SCO-ART-5: nothing is decoded unless there is a hash to compare, and never the whole at once.
pub(super) fn check<'c>(check: &mut Check<'c>, members: &'c Members<'_>) {
    let payload = members.get("payload_bin").and_then(Json::as_str);
    let hashes = members.get("hashes").and_then(Json::as_object);
    let (Some(payload), Some(hashes)) = (payload, hashes) else { return };
    if payload.len() / 4 * 3 > check.options.max_payload || members.contains("encryption_algorithm") {
        return;
    }
    let mut stated: Vec<_> = hashes.iter().filter_map(|(name, hash)| Stated::new(name, hash.as_str()?)).collect();
    // What is no Base64 was found already (T-01).
    if stated.is_empty() || !decode(payload, |bytes| stated.iter_mut().for_each(|hash| hash.hasher.update(bytes))) {
        return;
    }
    check.at("hashes", |check| {
        for Stated { name, text, hasher } in stated {
            let real = hex(&hasher.finalize());
            if !text.eq_ignore_ascii_case(&real) {
                let expected = format!("{real}, the {name} of the payload");
                check.at(name, |check| check.warning("SCO-ART-4", quoted(text), expected));
            }
        }
    });
}

/// A hash of a well-formed kind, and what computes it.
struct Stated<'c> {
    name: &'c str,
    text: &'c str,
    hasher: Box<dyn DynDigest>,
}

impl<'c> Stated<'c> {
    fn new(name: &'c str, text: &'c str) -> Option<Self> {
        let hasher: Box<dyn DynDigest> = match name {
            "MD5" => Box::new(Md5::default()),
            "SHA-1" => Box::new(Sha1::default()),
            "SHA-256" => Box::new(Sha256::default()),
            "SHA-512" => Box::new(Sha512::default()),
            "SHA3-256" => Box::new(Sha3_256::default()),
            "SHA3-512" => Box::new(Sha3_512::default()),
            _ => return None,
        };
        hash_fits(name, text).is_ok().then_some(Self { name, text, hasher })
    }
}

/// Decodes a text piece by piece; `false` if it is no Base64.
fn decode(text: &str, mut take: impl FnMut(&[u8])) -> bool {
    let mut bytes = [0; PIECE / 4 * 3];
    text.as_bytes().chunks(PIECE).all(|piece| match BASE64.decode_slice(piece, &mut bytes) {
        Ok(count) => {
            take(bytes.get(..count).unwrap_or_default());
            true
        }
        Err(_) => false,
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::{self, Options};

    fn artifact(payload: &str, hashes: &str, more: &str) -> Json<'static> {
        let text = format!(
            r#"{{"type":"artifact","id":"artifact--1e0ba0e2-3d6b-5d08-8a7c-35a6ae7a2ac0","payload_bin":"{payload}","hashes":{{{hashes}}}{more}}}"#
        );
        Json::parse(&text).unwrap().into_owned()
    }

    fn wrong(json: &Json<'_>, options: &Options) -> Vec<String> {
        let findings = validate::object(json, options).into_iter();
        findings.filter(|finding| finding.rule == "SCO-ART-4").map(|finding| finding.pointer).collect()
    }

    /// SCO-ART-4: each algorithm, with the hashes that published test vectors have for "abc", in either case.
    #[test]
    fn known_hashes() {
        const ABC: [(&str, &str); 6] = [
            ("MD5", "900150983cd24fb0d6963f7d28e17f72"),
            ("SHA-1", "A9993E364706816ABA3E25717850C26C9CD0D89D"),
            ("SHA-256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "SHA-512",
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            ),
            ("SHA3-256", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"),
            (
                "SHA3-512",
                "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0",
            ),
        ];
        let options = Options::default();
        let all: Vec<_> = ABC.iter().map(|(name, hash)| format!(r#""{name}":"{hash}""#)).collect();
        assert_eq!(wrong(&artifact("YWJj", &all.join(","), ""), &options), [""; 0]);
        for (name, hash) in ABC {
            let other = format!(r#""{name}":"{hash}""#);
            assert_eq!(wrong(&artifact("YWJk", &other, ""), &options), [format!("/hashes/{name}")]);
        }
        let sha = r#""SHA-256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855""#;
        assert_eq!(wrong(&artifact("", sha, ""), &options), [""; 0]);
    }

    /// SCO-ART-4: what is encrypted, malformed or hashed in other ways is not compared; findings have the real hash.
    #[test]
    fn what_is_compared() {
        let options = Options::default();
        let md5 = r#""MD5":"00000000000000000000000000000000""#;
        let found = validate::object(&artifact("YWJj", md5, ""), &options);
        let found: Vec<_> = found.iter().filter(|finding| finding.rule == "SCO-ART-4").collect();
        assert_eq!(found[0].expected, "900150983cd24fb0d6963f7d28e17f72, the MD5 of the payload");
        for (payload, hashes, more) in [
            ("YWJj", md5, r#","encryption_algorithm":"AES-256-GCM""#),
            ("YWJ", md5, ""),
            ("YW=j", md5, ""),
            ("YWJj", r#""MD5":"0""#, ""),
            ("YWJj", r#""SSDEEP":"3:a:b","x_acme":"0""#, ""),
        ] {
            assert_eq!(wrong(&artifact(payload, hashes, more), &options), [""; 0], "{payload} {hashes}");
        }
    }

    /// SCO-ART-5: payloads up to a size are decoded, in pieces.
    #[test]
    fn payloads_have_a_size() {
        let large = artifact(&"A".repeat(PIECE * 3), r#""MD5":"00000000000000000000000000000000""#, "");
        let within = |max_payload| Options { max_payload, ..Options::default() };
        assert_eq!(wrong(&large, &within(PIECE / 4 * 9)), ["/hashes/MD5"]);
        assert_eq!(wrong(&large, &within(PIECE / 4 * 9 - 1)), [""; 0]);
        assert_eq!(wrong(&large, &Options::default()), ["/hashes/MD5"]);
    }
}
