//! Templates of objects, and what each relation of theirs is in STIX.

use super::take::Half::All;
use super::take::Take::{self, Address, Asn, Data, Family, Fixed, Key, Lower, Moment, Number, Text, Truth};

/// A relation, the type that its attributes mostly have, where it is found, and what is there.
pub(crate) type Relation = (&'static str, &'static str, &'static str, Take);

/// A template.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Template {
    /// As MISP calls it.
    pub(crate) name: &'static str,
    /// What it is about, in one word.
    pub(crate) meta_category: &'static str,
    /// Its relations. Those without a name are always so.
    pub(crate) relations: &'static [Relation],
}

impl Template {
    /// The type of the observable.
    pub(crate) fn object_type(&self) -> &'static str {
        self.relations.first().map_or("", |(_, _, path, _)| path.split(':').next().unwrap_or_default())
    }
}

/// The template of a name.
pub(crate) fn template(name: &str) -> Option<&'static Template> {
    TEMPLATES.iter().find(|template| template.name == name)
}

/// Templates that hold a pattern: name, relation, language.
pub(crate) const PATTERNS: [(&str, &str, &str); 4] = [
    ("yara", "yara", "yara"),
    ("sigma", "sigma", "sigma"),
    ("suricata", "suricata", "suricata"),
    ("stix2-pattern", "stix2-pattern", "stix"),
];

/// Templates of domain objects: name, type, relation of the name, relation of the description.
pub(crate) const DOMAIN: [(&str, &str, &str, &str); 3] = [
    ("vulnerability", "vulnerability", "id", "summary"),
    ("attack-pattern", "attack-pattern", "name", "summary"),
    ("course-of-action", "course-of-action", "name", "description"),
];

macro_rules! templates {
    ($($name:literal, $category:literal { $($relation:literal, $kind:literal: $path:literal = $take:expr;)+ })+) => {
        &[$(Template { name: $name, meta_category: $category, relations: &[$(($relation, $kind, $path, $take)),+] }),+]
    };
}

/// Of templates for the same observable, foreign content becomes the first.
#[rustfmt::skip]
pub(crate) static TEMPLATES: &[Template] = templates! {
    "file", "file" {
        "filename", "filename": "file:name" = Text(All);
        "md5", "md5": "file:hashes.MD5" = Text(All);
        "sha1", "sha1": "file:hashes.'SHA-1'" = Text(All);
        "sha224", "sha224": "file:hashes.'SHA-224'" = Text(All);
        "sha256", "sha256": "file:hashes.'SHA-256'" = Text(All);
        "sha384", "sha384": "file:hashes.'SHA-384'" = Text(All);
        "sha512", "sha512": "file:hashes.'SHA-512'" = Text(All);
        "sha3-256", "sha3-256": "file:hashes.'SHA3-256'" = Text(All);
        "sha3-512", "sha3-512": "file:hashes.'SHA3-512'" = Text(All);
        "ssdeep", "ssdeep": "file:hashes.SSDEEP" = Text(All);
        "tlsh", "tlsh": "file:hashes.TLSH" = Text(All);
        "authentihash", "authentihash": "file:hashes.AUTHENTIHASH" = Text(All);
        "imphash", "imphash": "file:hashes.IMPHASH" = Text(All);
        "vhash", "vhash": "file:hashes.VHASH" = Text(All);
        "telfhash", "telfhash": "file:hashes.TELFHASH" = Text(All);
        "size-in-bytes", "size-in-bytes": "file:size" = Number(All);
        "mimetype", "mime-type": "file:mime_type" = Text(All);
        "path", "text": "file:parent_directory_ref.path" = Text(All);
        "creation-time", "datetime": "file:ctime" = Moment;
        "modification-time", "datetime": "file:mtime" = Moment;
        "access-time", "datetime": "file:atime" = Moment;
        "malware-sample", "malware-sample": "file:content_ref.payload_bin" = Data;
        "attachment", "attachment": "file:content_ref.payload_bin" = Data;
    }
    "domain-ip", "network" {
        "domain", "domain": "domain-name:value" = Text(All);
        "hostname", "hostname": "domain-name:value" = Text(All);
        "ip", "ip-dst": "domain-name:resolves_to_refs[*].value" = Address(All);
    }
    "network-connection", "network" {
        "ip-src", "ip-src": "network-traffic:src_ref.type" = Family(All);
        "ip-src", "ip-src": "network-traffic:src_ref.value" = Address(All);
        "hostname-src", "hostname": "network-traffic:src_ref.type" = Family(All);
        "hostname-src", "hostname": "network-traffic:src_ref.value" = Text(All);
        "ip-dst", "ip-dst": "network-traffic:dst_ref.type" = Family(All);
        "ip-dst", "ip-dst": "network-traffic:dst_ref.value" = Address(All);
        "hostname-dst", "hostname": "network-traffic:dst_ref.type" = Family(All);
        "hostname-dst", "hostname": "network-traffic:dst_ref.value" = Text(All);
        "src-port", "port": "network-traffic:src_port" = Number(All);
        "dst-port", "port": "network-traffic:dst_port" = Number(All);
        "layer3-protocol", "text": "network-traffic:protocols[*]" = Lower(All);
        "layer4-protocol", "text": "network-traffic:protocols[*]" = Lower(All);
        "layer7-protocol", "text": "network-traffic:protocols[*]" = Lower(All);
        "first-packet-seen", "datetime": "network-traffic:start" = Moment;
        "last-packet-seen", "datetime": "network-traffic:end" = Moment;
    }
    "ip-port", "network" {
        "ip", "ip-dst": "network-traffic:dst_ref.type" = Family(All);
        "ip", "ip-dst": "network-traffic:dst_ref.value" = Address(All);
        "ip-dst", "ip-dst": "network-traffic:dst_ref.type" = Family(All);
        "ip-dst", "ip-dst": "network-traffic:dst_ref.value" = Address(All);
        "ip-src", "ip-src": "network-traffic:src_ref.type" = Family(All);
        "ip-src", "ip-src": "network-traffic:src_ref.value" = Address(All);
        "domain", "domain": "network-traffic:dst_ref.type" = Family(All);
        "domain", "domain": "network-traffic:dst_ref.value" = Text(All);
        "hostname", "hostname": "network-traffic:dst_ref.type" = Family(All);
        "hostname", "hostname": "network-traffic:dst_ref.value" = Text(All);
        "dst-port", "port": "network-traffic:dst_port" = Number(All);
        "src-port", "port": "network-traffic:src_port" = Number(All);
        "protocol", "text": "network-traffic:protocols[*]" = Lower(All);
        "first-seen", "datetime": "network-traffic:start" = Moment;
        "last-seen", "datetime": "network-traffic:end" = Moment;
    }
    "network-socket", "network" {
        "ip-src", "ip-src": "network-traffic:src_ref.type" = Family(All);
        "ip-src", "ip-src": "network-traffic:src_ref.value" = Address(All);
        "ip-dst", "ip-dst": "network-traffic:dst_ref.type" = Family(All);
        "ip-dst", "ip-dst": "network-traffic:dst_ref.value" = Address(All);
        "src-port", "port": "network-traffic:src_port" = Number(All);
        "dst-port", "port": "network-traffic:dst_port" = Number(All);
        "protocol", "text": "network-traffic:protocols[*]" = Lower(All);
    }
    "netflow", "network" {
        "ip-src", "ip-src": "network-traffic:src_ref.type" = Family(All);
        "ip-src", "ip-src": "network-traffic:src_ref.value" = Address(All);
        "ip-dst", "ip-dst": "network-traffic:dst_ref.type" = Family(All);
        "ip-dst", "ip-dst": "network-traffic:dst_ref.value" = Address(All);
        "src-port", "port": "network-traffic:src_port" = Number(All);
        "dst-port", "port": "network-traffic:dst_port" = Number(All);
        "protocol", "text": "network-traffic:protocols[*]" = Lower(All);
        "byte-count", "counter": "network-traffic:src_byte_count" = Number(All);
        "packet-count", "counter": "network-traffic:src_packets" = Number(All);
        "first-packet-seen", "datetime": "network-traffic:start" = Moment;
        "last-packet-seen", "datetime": "network-traffic:end" = Moment;
    }
    "http-request", "network" {
        "ip-src", "ip-src": "network-traffic:src_ref.type" = Family(All);
        "ip-src", "ip-src": "network-traffic:src_ref.value" = Address(All);
        "ip-dst", "ip-dst": "network-traffic:dst_ref.type" = Family(All);
        "ip-dst", "ip-dst": "network-traffic:dst_ref.value" = Address(All);
        "host", "hostname": "network-traffic:dst_ref.type" = Family(All);
        "host", "hostname": "network-traffic:dst_ref.value" = Text(All);
        "method", "http-method": "network-traffic:extensions.'http-request-ext'.request_method" = Lower(All);
        "uri", "uri": "network-traffic:extensions.'http-request-ext'.request_value" = Text(All);
        "url", "url": "network-traffic:extensions.'http-request-ext'.request_value" = Text(All);
        "user-agent", "user-agent": "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'[*]" = Text(All);
        "content-type", "other": "network-traffic:extensions.'http-request-ext'.request_header.'Content-Type'[*]" = Text(All);
        "cookie", "text": "network-traffic:extensions.'http-request-ext'.request_header.Cookie[*]" = Text(All);
        "referer", "other": "network-traffic:extensions.'http-request-ext'.request_header.Referer[*]" = Text(All);
    }
    "email", "network" {
        "from", "email-src": "email-message:from_ref.value" = Text(All);
        "to", "email-dst": "email-message:to_refs[*].value" = Text(All);
        "cc", "email-dst": "email-message:cc_refs[*].value" = Text(All);
        "bcc", "email-dst": "email-message:bcc_refs[*].value" = Text(All);
        "subject", "email-subject": "email-message:subject" = Text(All);
        "message-id", "email-message-id": "email-message:message_id" = Text(All);
        "send-date", "datetime": "email-message:date" = Moment;
        "header", "email-header": "email-message:received_lines[*]" = Text(All);
        "reply-to", "email-reply-to": "email-message:additional_header_fields.'Reply-To'[*]" = Text(All);
        "return-path", "email-src": "email-message:additional_header_fields.'Return-Path'[*]" = Text(All);
        "x-mailer", "email-x-mailer": "email-message:additional_header_fields.'X-Mailer'[*]" = Text(All);
        "user-agent", "text": "email-message:additional_header_fields.'User-Agent'[*]" = Text(All);
        "attachment", "email-attachment": "email-message:body_multipart[*].body_raw_ref.name" = Text(All);
        "screenshot", "attachment": "email-message:body_multipart[*].body_raw_ref.name" = Text(All);
        "email-body", "email-body": "email-message:body" = Text(All);
    }
    "registry-key", "file" {
        "key", "regkey": "windows-registry-key:key" = Key(All);
        "name", "text": "windows-registry-key:values[*].name" = Text(All);
        "data", "text": "windows-registry-key:values[*].data" = Text(All);
        "data-type", "text": "windows-registry-key:values[*].data_type" = Text(All);
        "last-modified", "datetime": "windows-registry-key:modified_time" = Moment;
    }
    "process", "misc" {
        "pid", "text": "process:pid" = Number(All);
        "image", "filename": "process:image_ref.name" = Text(All);
        "command-line", "text": "process:command_line" = Text(All);
        "current-directory", "text": "process:cwd" = Text(All);
        "creation-time", "datetime": "process:created_time" = Moment;
        "hidden", "boolean": "process:is_hidden" = Truth;
        "parent-pid", "text": "process:parent_ref.pid" = Number(All);
        "parent-command-line", "text": "process:parent_ref.command_line" = Text(All);
        "child-pid", "text": "process:child_refs[*].pid" = Number(All);
        "user-creator", "text": "process:creator_user_ref.account_login" = Text(All);
    }
    "x509", "network" {
        "serial-number", "text": "x509-certificate:serial_number" = Text(All);
        "issuer", "text": "x509-certificate:issuer" = Text(All);
        "subject", "text": "x509-certificate:subject" = Text(All);
        "version", "text": "x509-certificate:version" = Text(All);
        "signature_algorithm", "text": "x509-certificate:signature_algorithm" = Text(All);
        "pubkey-info-algorithm", "text": "x509-certificate:subject_public_key_algorithm" = Text(All);
        "pubkey-info-modulus", "text": "x509-certificate:subject_public_key_modulus" = Text(All);
        "pubkey-info-exponent", "text": "x509-certificate:subject_public_key_exponent" = Number(All);
        "self_signed", "boolean": "x509-certificate:is_self_signed" = Truth;
        "validity-not-before", "datetime": "x509-certificate:validity_not_before" = Moment;
        "validity-not-after", "datetime": "x509-certificate:validity_not_after" = Moment;
        "x509-fingerprint-md5", "x509-fingerprint-md5": "x509-certificate:hashes.MD5" = Text(All);
        "x509-fingerprint-sha1", "x509-fingerprint-sha1": "x509-certificate:hashes.'SHA-1'" = Text(All);
        "x509-fingerprint-sha256", "x509-fingerprint-sha256": "x509-certificate:hashes.'SHA-256'" = Text(All);
    }
    "url", "network" {
        "url", "url": "url:value" = Text(All);
    }
    "user-account", "misc" {
        "user-id", "text": "user-account:user_id" = Text(All);
        "username", "text": "user-account:account_login" = Text(All);
        "account-type", "text": "user-account:account_type" = Text(All);
        "display-name", "text": "user-account:display_name" = Text(All);
        "password", "text": "user-account:credential" = Text(All);
        "disabled", "boolean": "user-account:is_disabled" = Truth;
        "privileged", "boolean": "user-account:is_privileged" = Truth;
        "is_service_account", "boolean": "user-account:is_service_account" = Truth;
        "can_escalate_privs", "boolean": "user-account:can_escalate_privs" = Truth;
        "created", "datetime": "user-account:account_created" = Moment;
        "expires", "datetime": "user-account:account_expires" = Moment;
        "first_login", "datetime": "user-account:account_first_login" = Moment;
        "last_login", "datetime": "user-account:account_last_login" = Moment;
    }
    "credential", "misc" {
        "username", "text": "user-account:user_id" = Text(All);
        "password", "text": "user-account:credential" = Text(All);
    }
    "github-user", "misc" {
        "", "": "user-account:account_type" = Fixed("github");
        "id", "text": "user-account:user_id" = Text(All);
        "username", "github-username": "user-account:account_login" = Text(All);
        "user-fullname", "text": "user-account:display_name" = Text(All);
    }
    "twitter-account", "misc" {
        "", "": "user-account:account_type" = Fixed("twitter");
        "id", "text": "user-account:user_id" = Text(All);
        "name", "text": "user-account:account_login" = Text(All);
        "displayed-name", "text": "user-account:display_name" = Text(All);
    }
    "facebook-account", "misc" {
        "", "": "user-account:account_type" = Fixed("facebook");
        "account-id", "text": "user-account:user_id" = Text(All);
        "account-name", "text": "user-account:account_login" = Text(All);
    }
    "telegram-account", "misc" {
        "", "": "user-account:account_type" = Fixed("telegram");
        "id", "text": "user-account:user_id" = Text(All);
        "username", "text": "user-account:account_login" = Text(All);
    }
    "asn", "network" {
        "asn", "AS": "autonomous-system:number" = Asn;
        "description", "text": "autonomous-system:name" = Text(All);
    }
    "mutex", "misc" {
        "name", "mutex": "mutex:name" = Text(All);
    }
    "directory", "file" {
        "path", "text": "directory:path" = Text(All);
        "creation-time", "datetime": "directory:ctime" = Moment;
        "modification-time", "datetime": "directory:mtime" = Moment;
        "access-time", "datetime": "directory:atime" = Moment;
    }
    "cpe-asset", "misc" {
        "product", "text": "software:name" = Text(All);
        "cpe", "cpe": "software:cpe" = Text(All);
        "vendor", "text": "software:vendor" = Text(All);
        "version", "text": "software:version" = Text(All);
    }
    "android-app", "file" {
        "name", "text": "software:name" = Text(All);
    }
};

#[cfg(test)]
mod tests {
    use stix_model::pattern::ObjectPath;

    use super::*;

    /// Each template is of one type of observable, and its paths are paths as patterns print them.
    #[test]
    fn templates_have_their_form() {
        for template in TEMPLATES {
            for (_, _, path, _) in template.relations {
                let parsed: ObjectPath = path.parse().unwrap();
                assert_eq!(
                    (parsed.to_string().as_str(), parsed.object_type().as_str()),
                    (*path, template.object_type())
                );
            }
        }
    }
}
