//! The types of attributes, and what each is in STIX: paths of patterns and observables, and what of the value they lead to.

use super::take::Half::{All, Left, Right};
use super::take::Take::{self, Address, Asn, Data, Family, Fixed, Key, Lower, Number, Text};

/// Where something is found, and what is there.
pub(crate) type Part = (&'static str, Take);

/// A type of attribute.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// As MISP calls it.
    pub(crate) name: &'static str,
    /// The category that it mostly has.
    pub(crate) category: &'static str,
    /// What makes the pattern and the observable.
    pub(crate) parts: &'static [Part],
}

impl Row {
    /// The type of the observable.
    pub(crate) fn object_type(&self) -> &'static str {
        self.parts.first().map_or("", |(path, _)| path.split(':').next().unwrap_or_default())
    }

    /// A path of a part, and where others have it.
    pub(crate) fn places<'p>(&self, path: &'p str) -> impl Iterator<Item = &'p str> + use<'p> {
        let elsewhere = ELSEWHERE.iter().find(|(name, here, _)| *name == self.name && *here == path);
        [path].into_iter().chain(elsewhere.map(|(.., there)| *there))
    }
}

/// The row of a type.
pub(crate) fn row(name: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.name == name)
}

/// Where misp-stix has parts of some types: the type, the path here, and the path there.
const ELSEWHERE: [(&str, &str, &str); 5] = [
    ("sha512/224", "file:hashes.'SHA-512-224'", "file:hashes.'SHA-224'"),
    ("sha512/256", "file:hashes.'SHA-512-256'", "file:hashes.'SHA-256'"),
    ("filename|sha512/224", "file:hashes.'SHA-512-224'", "file:hashes.'SHA-224'"),
    ("filename|sha512/256", "file:hashes.'SHA-512-256'", "file:hashes.'SHA-256'"),
    ("hostname|port", "network-traffic:dst_ref.value", "domain-name:value"),
];

/// Types whose values are patterns in other languages, as STIX calls these.
pub(crate) const LANGUAGES: [&str; 4] = ["yara", "sigma", "snort", "suricata"];

macro_rules! rows {
    ($($category:literal { $($name:literal: $($path:literal = $take:expr),+;)+ })+) => {
        &[$($(Row { name: $name, category: $category, parts: &[$(($path, $take)),+] }),+),+]
    };
}

/// Of types with the same parts, foreign content becomes the first.
#[rustfmt::skip]
pub(crate) static ROWS: &[Row] = rows! {
    "Payload delivery" {
        "md5": "file:hashes.MD5" = Text(All);
        "sha1": "file:hashes.'SHA-1'" = Text(All);
        "sha224": "file:hashes.'SHA-224'" = Text(All);
        "sha256": "file:hashes.'SHA-256'" = Text(All);
        "sha384": "file:hashes.'SHA-384'" = Text(All);
        "sha512": "file:hashes.'SHA-512'" = Text(All);
        "sha512/224": "file:hashes.'SHA-512-224'" = Text(All);
        "sha512/256": "file:hashes.'SHA-512-256'" = Text(All);
        "sha3-224": "file:hashes.'SHA3-224'" = Text(All);
        "sha3-256": "file:hashes.'SHA3-256'" = Text(All);
        "sha3-384": "file:hashes.'SHA3-384'" = Text(All);
        "sha3-512": "file:hashes.'SHA3-512'" = Text(All);
        "ssdeep": "file:hashes.SSDEEP" = Text(All);
        "tlsh": "file:hashes.TLSH" = Text(All);
        "imphash": "file:hashes.IMPHASH" = Text(All);
        "authentihash": "file:hashes.AUTHENTIHASH" = Text(All);
        "vhash": "file:hashes.VHASH" = Text(All);
        "pehash": "file:hashes.PEHASH" = Text(All);
        "impfuzzy": "file:hashes.IMPFUZZY" = Text(All);
        "cdhash": "file:hashes.CDHASH" = Text(All);
        "telfhash": "file:hashes.TELFHASH" = Text(All);
        "filename": "file:name" = Text(All);
        "filename|md5": "file:name" = Text(Left), "file:hashes.MD5" = Text(Right);
        "filename|sha1": "file:name" = Text(Left), "file:hashes.'SHA-1'" = Text(Right);
        "filename|sha224": "file:name" = Text(Left), "file:hashes.'SHA-224'" = Text(Right);
        "filename|sha256": "file:name" = Text(Left), "file:hashes.'SHA-256'" = Text(Right);
        "filename|sha384": "file:name" = Text(Left), "file:hashes.'SHA-384'" = Text(Right);
        "filename|sha512": "file:name" = Text(Left), "file:hashes.'SHA-512'" = Text(Right);
        "filename|sha512/224": "file:name" = Text(Left), "file:hashes.'SHA-512-224'" = Text(Right);
        "filename|sha512/256": "file:name" = Text(Left), "file:hashes.'SHA-512-256'" = Text(Right);
        "filename|sha3-224": "file:name" = Text(Left), "file:hashes.'SHA3-224'" = Text(Right);
        "filename|sha3-256": "file:name" = Text(Left), "file:hashes.'SHA3-256'" = Text(Right);
        "filename|sha3-384": "file:name" = Text(Left), "file:hashes.'SHA3-384'" = Text(Right);
        "filename|sha3-512": "file:name" = Text(Left), "file:hashes.'SHA3-512'" = Text(Right);
        "filename|ssdeep": "file:name" = Text(Left), "file:hashes.SSDEEP" = Text(Right);
        "filename|tlsh": "file:name" = Text(Left), "file:hashes.TLSH" = Text(Right);
        "filename|imphash": "file:name" = Text(Left), "file:hashes.IMPHASH" = Text(Right);
        "filename|authentihash": "file:name" = Text(Left), "file:hashes.AUTHENTIHASH" = Text(Right);
        "filename|vhash": "file:name" = Text(Left), "file:hashes.VHASH" = Text(Right);
        "filename|pehash": "file:name" = Text(Left), "file:hashes.PEHASH" = Text(Right);
        "filename|impfuzzy": "file:name" = Text(Left), "file:hashes.IMPFUZZY" = Text(Right);
        "malware-sample": "file:name" = Text(Left), "file:hashes.MD5" = Text(Right),
            "file:content_ref.payload_bin" = Data, "file:content_ref.mime_type" = Fixed("application/zip"),
            "file:content_ref.encryption_algorithm" = Fixed("mime-type-indicated"),
            "file:content_ref.decryption_key" = Fixed("infected");
        "attachment": "file:name" = Text(All), "file:content_ref.payload_bin" = Data;
        "email-dst": "email-message:to_refs[*].value" = Text(All);
        "email-src": "email-message:from_ref.value" = Text(All);
        "email-subject": "email-message:subject" = Text(All);
        "email-body": "email-message:body" = Text(All);
        "email-message-id": "email-message:message_id" = Text(All);
        "email-header": "email-message:received_lines[*]" = Text(All);
        "email-reply-to": "email-message:additional_header_fields.'Reply-To'[*]" = Text(All);
        "email-x-mailer": "email-message:additional_header_fields.'X-Mailer'[*]" = Text(All);
        "email-attachment": "email-message:body_multipart[*].body_raw_ref.name" = Text(All);
    }
    "Network activity" {
        "ip-dst": "network-traffic:dst_ref.type" = Family(All), "network-traffic:dst_ref.value" = Address(All);
        "ip-src": "network-traffic:src_ref.type" = Family(All), "network-traffic:src_ref.value" = Address(All);
        "ip-dst|port": "network-traffic:dst_ref.type" = Family(Left), "network-traffic:dst_ref.value" = Address(Left),
            "network-traffic:dst_port" = Number(Right);
        "ip-src|port": "network-traffic:src_ref.type" = Family(Left), "network-traffic:src_ref.value" = Address(Left),
            "network-traffic:src_port" = Number(Right);
        "port": "network-traffic:dst_port" = Number(All);
        "domain": "domain-name:value" = Text(All);
        "hostname": "domain-name:value" = Text(All);
        "domain|ip": "domain-name:value" = Text(Left), "domain-name:resolves_to_refs[*].value" = Address(Right);
        "hostname|port": "network-traffic:dst_ref.type" = Fixed("domain-name"),
            "network-traffic:dst_ref.value" = Text(Left), "network-traffic:dst_port" = Number(Right);
        "url": "url:value" = Text(All);
        "uri": "url:value" = Text(All);
        "link": "url:value" = Text(All);
        "user-agent": "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'[*]" = Text(All);
        "http-method": "network-traffic:extensions.'http-request-ext'.request_method" = Lower(All);
        "AS": "autonomous-system:number" = Asn;
        "mac-address": "mac-addr:value" = Lower(All);
        "email": "email-addr:value" = Text(All);
        "x509-fingerprint-md5": "x509-certificate:hashes.MD5" = Text(All);
        "x509-fingerprint-sha1": "x509-certificate:hashes.'SHA-1'" = Text(All);
        "x509-fingerprint-sha256": "x509-certificate:hashes.'SHA-256'" = Text(All);
    }
    "Artifacts dropped" {
        "mutex": "mutex:name" = Text(All);
        "regkey": "windows-registry-key:key" = Key(All);
        "regkey|value": "windows-registry-key:key" = Key(Left), "windows-registry-key:values[*].data" = Text(Right);
    }
    "Social network" {
        "github-username": "user-account:account_type" = Fixed("github"), "user-account:account_login" = Text(All);
    }
    "Other" {
        "size-in-bytes": "file:size" = Number(All);
    }
};

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use stix_model::pattern::ObjectPath;

    use super::*;

    /// Each row is of one type of observable, its paths are paths as patterns print them, and no type comes twice.
    #[test]
    fn rows_have_their_form() {
        let mut names = HashSet::new();
        for row in ROWS {
            assert!(names.insert(row.name), "{}", row.name);
            for (path, _) in row.parts {
                let parsed: ObjectPath = path.parse().unwrap();
                assert_eq!(parsed.to_string(), *path);
                assert_eq!(parsed.object_type().value, row.object_type());
            }
        }
    }
}
