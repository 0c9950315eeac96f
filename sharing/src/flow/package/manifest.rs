use serde::{Deserialize, Serialize};
use stix_model::canonical;
use stix_model::json::Json;

use super::super::{Fault, sha256};
use super::{PublicKey, SigningKey};

/// What `format` says.
const FORMAT: &str = "stix-package/1";
/// Longer than this is no first line.
const MOST: usize = 16 << 10;
/// What the names of packages end in.
const ENDING: &str = ".package";

/// What a package says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `stix-package/1`.
    pub format: String,
    /// Which packages belong together and are numbered together.
    pub stream: String,
    /// 1, 2, 3, …
    pub sequence: u64,
    /// The digest of the manifest before; absent in the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// How many changes are in it.
    pub count: u64,
    /// How many octets they take.
    pub octets: u64,
    /// SHA-256 of these octets.
    pub sha256: String,
    /// The id of the key that signed.
    pub signer: String,
}

/// The first line of a package.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    manifest: Manifest,
    signature: String,
}

impl Manifest {
    pub(super) fn new(
        stream: &str,
        sequence: u64,
        previous: Option<String>,
        content: &[u8],
        count: u64,
        key: &SigningKey,
    ) -> Self {
        Self {
            format: FORMAT.to_owned(),
            stream: stream.to_owned(),
            sequence,
            previous,
            count,
            octets: content.len() as u64,
            sha256: sha256(content),
            signer: key.public().id(),
        }
    }

    /// What is signed: the canonical text (RFC 8785).
    fn text(&self) -> String {
        let text = serde_json::to_string(self).unwrap_or_default();
        Json::parse(&text).map(|json| canonical::text(&json)).unwrap_or_default()
    }

    /// What the next one names as `previous`.
    #[must_use]
    pub fn digest(&self) -> String {
        sha256(self.text().as_bytes())
    }

    /// The name of its file.
    #[must_use]
    pub fn file_name(&self) -> String {
        file_name(&self.stream, self.sequence)
    }

    /// The whole package.
    pub(super) fn package(self, content: &[u8], key: &SigningKey) -> Vec<u8> {
        let signature = key.sign(self.text().as_bytes());
        let mut package = serde_json::to_vec(&Head { manifest: self, signature }).unwrap_or_default();
        package.push(b'\n');
        package.extend_from_slice(content);
        package
    }
}

pub(super) fn file_name(stream: &str, sequence: u64) -> String {
    format!("{stream}-{sequence:010}{ENDING}")
}

pub(super) fn is_package(name: &str) -> bool {
    name.ends_with(ENDING) && !name.starts_with('.')
}

/// Of what streams are made: it becomes a part of file names.
pub(super) fn is_stream(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (1..=100).contains(&name.len()) && name.chars().all(allowed) && !name.starts_with('.')
}

/// Reads a package and makes sure that it is what somebody trusted has signed. Gives the manifest and the content.
pub(super) fn verified<'p>(
    place: &str,
    package: &'p [u8],
    trusted: &[PublicKey],
) -> Result<(Manifest, &'p [u8]), Fault> {
    let malformed = |reason: String| Fault::Malformed { place: place.to_owned(), reason };
    let end = package.iter().take(MOST).position(|byte| *byte == b'\n');
    let split = end.and_then(|end| Some((package.get(..end)?, package.get(end + 1..)?)));
    let (head, content) =
        split.ok_or_else(|| malformed("this is no package: it has no first line with a manifest".to_owned()))?;
    let Head { manifest, signature } =
        serde_json::from_slice(head).map_err(|error| malformed(format!("this is no package: {error}")))?;
    if manifest.format != FORMAT {
        return Err(malformed(format!("its format is {:?}; expected {FORMAT:?}", manifest.format)));
    }
    let Some(key) = trusted.iter().find(|key| key.id() == manifest.signer) else {
        return Err(Fault::Refused {
            place: place.to_owned(),
            reason: format!(
                "signed by the key {}, which is not trusted here; if it should be, ask its owner for the public key",
                manifest.signer
            ),
        });
    };
    if !key.verifies(manifest.text().as_bytes(), &signature) {
        return Err(malformed(
            "the signature is not that of the manifest: it was changed, or signed by somebody else; ask for it again"
                .to_owned(),
        ));
    }
    if !is_stream(&manifest.stream) {
        return Err(malformed(format!("{:?} is no name of a stream", manifest.stream)));
    }
    if manifest.octets != content.len() as u64 || manifest.sha256 != sha256(content) {
        return Err(malformed(format!(
            "the content is not what was signed ({} octets, {} were signed): it was changed or is not complete; ask for it again",
            content.len(),
            manifest.octets
        )));
    }
    Ok((manifest, content))
}
