//! Events made by code: each type of attribute, each template, each thing that can stand beside.

use stix_model::json::Json;

/// Each type of attribute with the category that it mostly has.
pub(crate) fn types() -> impl Iterator<Item = (&'static str, &'static str)> {
    include_str!("types.txt").lines().filter_map(|line| line.split_once('\t'))
}

/// A value that looks like those of its type.
pub(crate) fn value(kind: &str) -> String {
    let hash = |digits: usize| "0123456789abcdef".repeat(digits / 16 + 1)[..digits].to_owned();
    let length = |kind: &str| match kind {
        "md5"
        | "imphash"
        | "x509-fingerprint-md5"
        | "ja3-fingerprint-md5"
        | "hassh-md5"
        | "hasshserver-md5"
        | "vhash" => Some(32),
        "sha1" | "x509-fingerprint-sha1" | "pehash" | "cdhash" => Some(40),
        "sha224" | "sha3-224" | "sha512/224" => Some(56),
        "sha256" | "sha3-256" | "sha512/256" | "authentihash" | "x509-fingerprint-sha256" => Some(64),
        "sha384" | "sha3-384" => Some(96),
        "sha512" | "sha3-512" => Some(128),
        "tlsh" | "telfhash" => Some(70),
        _ => None,
    };
    if let Some(digits) = length(kind) {
        return hash(digits);
    }
    if let Some(inner) = kind.strip_prefix("filename|") {
        return format!("invoice.exe|{}", value(inner));
    }
    match kind {
        "ip-src" => "198.51.100.3",
        "ip-dst" => "2001:db8::7",
        "ip-src|port" => "198.51.100.3|1234",
        "ip-dst|port" => "203.0.113.9|443",
        "port" => "443",
        "hostname" | "domain" => "c2.example.com",
        "hostname|port" => "c2.example.com|8080",
        "domain|ip" => "c2.example.com|203.0.113.9",
        "url" | "uri" | "link" => "https://c2.example.com/gate?x=1",
        "email" | "email-src" | "email-dst" | "target-email" | "email-reply-to" | "eppn" => "mallory@example.com",
        "AS" => "AS64496",
        "mac-address" => "00:11:22:33:44:55",
        "regkey" => r"HKLM\Software\Night\Heron",
        "regkey|value" => r"HKEY_CURRENT_USER\Software\Night|C:\Users\it's.exe",
        "vulnerability" => "CVE-2026-12345",
        "weakness" => "CWE-79",
        "size-in-bytes" => "4096",
        "ssdeep" | "impfuzzy" => {
            "96:s4Ud1Lj96tHHlZDrwciQmA+4uy1I0G4HYuL8N3TzS8QsO/wqWXLcMSx:sF1LjEtHHlZDrJzrhuyZvHYm8tKp/RWO"
        }
        "malware-sample" => "invoice.exe|0123456789abcdef0123456789abcdef",
        "http-method" => "POST",
        "float" => "1.5",
        "counter" | "integer" => "7",
        "boolean" => "1",
        "hex" => "deadbeef",
        "uuid" => "5f1b1e3a-9c8e-4b5e-8a6b-0c2d4e6f8a01",
        "cortex" => "{}",
        "phone-number" | "whois-registrant-phone" | "prtn" => "+352123456",
        "whois-registrant-email" | "dns-soa-email" | "jabber-id" => "mallory@example.com",
        "git-commit-id" => "0123456789abcdef0123456789abcdef01234567",
        "jarm-fingerprint" => "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd",
        "dom-hash" => "0123456789abcdef0123456789abcdef",
        "mac-eui-64" => "00:11:22:33:44:55:66:77",
        "btc" => "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
        "dash" => "XanMUZqdJd2D4sxCEtH9QYKGbZPjX2Rbsj",
        "aba-rtn" | "bin" | "cc-number" | "bank-account-nr" => "123456789",
        "edge-extension-id" | "chrome-extension-id" => "abcdefghijklmnopabcdefghijklmnop",
        "onion-address" => "duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad.onion",
        "ssh-fingerprint" => "7b:e5:6f:a7:f4:f9:81:62:5c:e3:1f:bf:8b:57:6c:5a",
        "yara" => "rule r { condition: true }",
        "datetime" => "2026-11-01T10:00:00.000000+00:00",
        _ => "a value of its own",
    }
    .to_owned()
}

fn text(json: &str) -> Json<'static> {
    Json::parse(json).unwrap().into_owned()
}

/// A UUID for a place.
pub(crate) fn uuid(place: usize) -> String {
    format!("5f1b1e3a-9c8e-4b5e-8a6b-{place:012x}")
}

/// An attribute as MISP exports it.
pub(crate) fn attribute(place: usize, kind: &str, category: &str, to_ids: bool) -> Json<'static> {
    let data = match kind {
        "attachment" | "malware-sample" => r#","data":"UEsDBBQACQAIAA==""#,
        _ => "",
    };
    text(&format!(
        r#"{{"id":"{place}","type":{},"category":"{category}","to_ids":{to_ids},"uuid":"{}","event_id":"1","distribution":"5","timestamp":"{}","comment":"","sharing_group_id":"0","deleted":false,"disable_correlation":false,"object_id":"0","object_relation":null,"first_seen":null,"last_seen":null,"value":{}{data}}}"#,
        Json::from(kind.to_owned()),
        uuid(place),
        1_793_491_200 + place,
        Json::from(value(kind)),
    ))
}

fn event(attributes: Vec<Json<'static>>, more: &str) -> String {
    let mut event = text(&format!(
        r#"{{"id":"1","orgc_id":"2","org_id":"1","date":"2026-11-01","threat_level_id":"2","info":"Night Heron","published":true,"uuid":"{}","attribute_count":"1","analysis":"1","timestamp":"1793577600","distribution":"3","proposal_email_lock":false,"locked":false,"publish_timestamp":"1793577700","sharing_group_id":"0","disable_correlation":false,"extends_uuid":"","protected":null,"Org":{{"id":"1","name":"HERE","uuid":"55f6ea5e-2c60-40e5-964f-47a8950d210f","local":true}},"Orgc":{{"id":"2","name":"CIRCL","uuid":"55f6ea5e-2c60-40e5-964f-47a8950d210e","local":true}}{more}}}"#,
        uuid(0xfff_fff),
    ));
    if let Json::Object(members) = &mut event {
        members.insert("Attribute", Json::List(attributes));
    }
    format!(r#"{{"Event":{event}}}"#)
}

/// Every type of attribute, for detection and not.
pub(crate) fn attributes() -> String {
    let both = types().enumerate().flat_map(|(i, (kind, category))| {
        [attribute(2 * i, kind, category, true), attribute(2 * i + 1, kind, category, false)]
    });
    event(both.collect(), "")
}

/// One event for each thing that STIX has no words for, or that needs care.
pub(crate) fn single() -> Vec<(&'static str, String)> {
    let with = |more: &str| event(vec![attribute(1, "ip-dst", "Network activity", true)], more);
    let odd = |replace: &str, by: &str| with("").replacen(replace, by, 1);
    vec![
        ("nothing", event(Vec::new(), "")),
        ("bare", r#"{"Event":{"info":"x"}}"#.to_owned()),
        ("without info", r#"{"Event":{"info":""}}"#.to_owned()),
        ("no uuid", r#"{"Event":{"info":"x","Attribute":[{"type":"md5","value":"no hash","to_ids":true}]}}"#.to_owned()),
        ("unknown type", r#"{"Event":{"info":"x","Attribute":[{"type":"x-new","value":"v"},{"type":"md5","value":""}]}}"#.to_owned()),
        ("wrong values", {
            let wrong = types().enumerate().map(|(i, (kind, _))| text(&format!(r#"{{"type":{},"value":"|","to_ids":true,"uuid":"{}"}}"#, Json::from(kind.to_owned()), uuid(i))));
            event(wrong.collect(), "")
        }),
        ("same uuid", event(vec![attribute(1, "md5", "Payload delivery", true), attribute(1, "md5", "Payload delivery", false)], "")),
        ("uuid v1", odd(&uuid(1), "5b0b8a2e-5f6c-11e8-9c2d-fa7ae01bbebc")),
        ("capital uuid", odd(&uuid(1), &uuid(1).to_uppercase())),
        ("numbers as numbers", odd(r#""timestamp":"1793491201""#, r#""timestamp":1793491201"#).replace(r#""distribution":"3""#, r#""distribution":3"#).replace(r#""to_ids":true"#, r#""to_ids":"1""#)),
        ("unpublished", odd(r#""published":true"#, r#""published":false"#)),
        ("time before 1970", odd(r#""timestamp":"1793577600""#, r#""timestamp":"-1""#)),
        ("day after change", odd("2026-11-01", "2027-11-01")),
        ("network", odd("2001:db8::7", "198.51.100.0/24")),
        ("deleted", odd(r#""deleted":false"#, r#""deleted":true"#)),
        ("seen", odd(r#""first_seen":null,"last_seen":null"#, r#""first_seen":"2026-10-01T00:00:00.123456+00:00","last_seen":"2026-10-02T00:00:00.000000+00:00""#)),
        ("seen by day", odd(r#""first_seen":null"#, r#""first_seen":"2026-10-01""#)),
        ("comment", odd(r#""comment":"""#, r#""comment":"It's \"here\"\n""#)),
        ("unknown members", with(r#","zzz":[{"a":null},[],{}],"aaa":1.50"#)),
        ("lists of nothing", with(r#","Tag":[],"Galaxy":[],"Object":[],"EventReport":[],"ShadowAttribute":[],"RelatedEvent":[]"#)),
        ("tags", with(r##","Tag":[{"id":"1","name":"tlp:amber","colour":"#ffc000","exportable":true,"local":false},{"name":"tlp:white"},{"name":"PAP:RED"},{"name":"pap:green"},{"name":"admiralty-scale:information-credibility=\"2\""},{"name":"estimative-language:likelihood-probability=\"likely\""},{"name":"tlp:ex:chr"},{"name":"secret:local","local":1},{"name":"misp:type=\"x\""}]"##)),
        ("tagged attribute", odd(r#""value":"2001:db8::7""#, r#""value":"2001:db8::7","Tag":[{"name":"tlp:red"},{"name":"kill-chain:Delivery"}]"#).replace(r#""Orgc":"#, r#""Tag":[{"name":"tlp:green"}],"Orgc":"#)),
        ("sightings", odd(r#""value":"2001:db8::7""#, r#""value":"2001:db8::7","Sighting":[{"id":"1","attribute_id":"1","event_id":"1","org_id":"1","date_sighting":"1793600000","uuid":"5f1b1e3a-9c8e-4b5e-8a6b-aaaaaaaaaaaa","source":"ids","type":"0","Organisation":{"id":"1","uuid":"55f6ea5e-2c60-40e5-964f-47a8950d210f","name":"HERE"}},{"date_sighting":"1793600001","source":"","type":"1"},{"date_sighting":"1793600002","type":"2"},{"date_sighting":"1793600009","type":"2"}]"#)),
        ("proposals", odd(r#""value":"2001:db8::7""#, r#""value":"2001:db8::7","ShadowAttribute":[{"type":"ip-dst","value":"198.51.100.1","old_id":"1"}]"#)),
        ("analysts", odd(r#""value":"2001:db8::7""#, r#""value":"2001:db8::7","Note":[{"note":"n","uuid":"5f1b1e3a-9c8e-4b5e-8a6b-bbbbbbbbbbbb"}],"Opinion":[{"uuid":"5f1b1e3a-9c8e-4b5e-8a6b-bbbbbbbbbbbc","object_uuid":"5f1b1e3a-9c8e-4b5e-8a6b-000000000001","object_type":"Attribute","authors":"a","opinion":"80","comment":"c"}]"#)),
        ("sharing group", with(r#","SharingGroup":{"id":"1","name":"banks","releasability":"members","description":"","uuid":"5f1b1e3a-9c8e-4b5e-8a6b-cccccccccccc","organisation_uuid":"55f6ea5e-2c60-40e5-964f-47a8950d210f","active":true,"roaming":false,"SharingGroupOrg":[{"id":"1","sharing_group_id":"1","org_id":"1","extend":true,"Organisation":{"name":"HERE"}}],"SharingGroupServer":[{"server_id":"0","sharing_group_id":"1","all_orgs":false,"Server":[]}]}"#).replace(r#""distribution":"3""#, r#""distribution":"4""#)),
        ("reports", with(r##","EventReport":[{"id":"1","uuid":"5f1b1e3a-9c8e-4b5e-8a6b-dddddddddddd","event_id":"1","name":"What happened","content":"# Night\n@[attribute](x)","distribution":"5","sharing_group_id":"0","timestamp":"1793600000","deleted":false},{"name":"","content":""}]"##)),
        ("keys", with(r#","CryptographicKey":[{"uuid":"5f1b1e3a-9c8e-4b5e-8a6b-eeeeeeeeeeee","type":"pgp","key_data":"k","timestamp":"1793500000","revoked":false,"fingerprint":"f","parent_id":"1","parent_type":"Event"}]"#)),
        ("extends", odd(r#""extends_uuid":"""#, r#""extends_uuid":"5f1b1e3a-9c8e-4b5e-8a6b-eeeeeeeeeeee""#)),
        ("galaxies", with(GALAXIES)),
        ("galaxy of an attribute", odd(r#""value":"2001:db8::7""#, &format!(r#""value":"2001:db8::7"{GALAXIES}"#))),
        ("galaxies of both", odd(r#""value":"2001:db8::7""#, &format!(r#""value":"2001:db8::7"{GALAXIES}"#)).replacen(r#","Orgc":"#, &format!(r#"{GALAXIES},"Orgc":"#), 1)),
        ("objects", with(&format!(r#","Object":[{}]"#, objects().join(",")))),
    ]
}

const GALAXIES: &str = r#","Galaxy":[{"id":"1","uuid":"c4e851fa-775f-11e7-8163-b774922098cd","name":"Attack Pattern","type":"mitre-attack-pattern","description":"ATT&CK","version":"9","icon":"map","namespace":"mitre-attack","GalaxyCluster":[{"id":"2","uuid":"c16e5409-ee53-4d79-afdc-4099dc9292df","collection_uuid":"","type":"mitre-attack-pattern","value":"Web Shell - T1100","tag_name":"misp-galaxy:mitre-attack-pattern=\"Web Shell - T1100\"","description":"A Web shell","galaxy_id":"1","source":"x","authors":["MITRE"],"version":"21","default":true,"distribution":"3","meta":{"external_id":["T1100","CAPEC-650"],"refs":["https://attack.mitre.org/techniques/T1100"],"kill_chain":["mitre-attack:persistence"]}},{"uuid":"11111111-1111-4111-8111-111111111112","type":"mitre-attack-pattern","value":"Other"}]},{"name":"Sector","type":"sector","GalaxyCluster":[{"uuid":"11111111-1111-4111-8111-111111111113","type":"sector","value":"Bank","description":""}]},{"name":"Threat Actor","type":"threat-actor","GalaxyCluster":[{"value":"Heron","default":false,"meta":{"synonyms":["H"]}}]},{"name":"Malware","type":"ransomware","GalaxyCluster":[{"value":"Lock"}]},{"name":"Tool","type":"rat","GalaxyCluster":[{"value":"Rat"}]},{"name":"V","type":"branded-vulnerability","GalaxyCluster":[{"value":"Bleed"}]},{"name":"I","type":"mitre-intrusion-set","GalaxyCluster":[{"value":"Set"}]},{"name":"C","type":"mitre-course-of-action","GalaxyCluster":[{"value":"Act"}]}]"#;

/// Objects of each template, complete, with what they cannot say, and with nothing.
pub(crate) fn objects() -> Vec<String> {
    let mut objects = Vec::new();
    let mut place = 0x1000;
    for (name, relations) in TEMPLATES {
        for full in [true, false] {
            let mut parts = Vec::new();
            for (i, (relation, kind, value)) in relations.iter().enumerate().filter(|(i, _)| full || *i == 0) {
                place += 1;
                parts.push(format!(
                    r#"{{"id":"{place}","type":"{kind}","category":"Other","to_ids":{},"uuid":"{}","event_id":"1","distribution":"5","timestamp":"1793500000","comment":"{}","deleted":false,"disable_correlation":true,"object_relation":"{relation}","value":{},"Galaxy":[],"ShadowAttribute":[]}}"#,
                    i % 2 == 0,
                    uuid(place),
                    if i == 1 { "words" } else { "" },
                    Json::from((*value).to_owned()),
                ));
            }
            place += 1;
            let to = uuid(place - 1);
            let reference = format!(
                r#"{{"id":"1","uuid":"{}","timestamp":"1793500000","object_id":"1","referenced_uuid":"{}","referenced_type":"0","relationship_type":"Connects to","comment":"c","deleted":false,"object_uuid":"{}"}}"#,
                uuid(place + 0x10_0000),
                uuid(1),
                uuid(place),
            );
            objects.push(format!(
                r#"{{"id":"1","name":"{name}","meta-category":"misc","description":"d","template_uuid":"688c46fb-5edb-40a3-8273-1af7923e2215","template_version":"24","event_id":"1","uuid":"{}","timestamp":"1793500001","distribution":"5","sharing_group_id":"0","comment":"","deleted":false,"first_seen":null,"last_seen":null,"ObjectReference":[{}],"Attribute":[{}]}}"#,
                uuid(place),
                if full { reference } else { reference.replace(&uuid(1), &to) },
                parts.join(",")
            ));
        }
    }
    objects.push(r#"{"name":"file"}"#.to_owned());
    objects.push(r#"{"name":"file","Attribute":[{"type":"md5","value":"no hash","object_relation":"md5","to_ids":true},{"type":"text","value":"Malicious","object_relation":"state"}]}"#.to_owned());
    objects
}

/// Template, and relations with their types and values.
pub(crate) const TEMPLATES: &[(&str, &[(&str, &str, &str)])] = &[
    (
        "file",
        &[
            ("filename", "filename", "invoice.exe"),
            ("filename", "filename", "rechnung.exe"),
            ("md5", "md5", "0123456789abcdef0123456789abcdef"),
            ("sha256", "sha256", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
            ("size-in-bytes", "size-in-bytes", "12"),
            ("mimetype", "mime-type", "application/zip"),
            ("path", "text", r"C:\temp"),
            ("creation-time", "datetime", "2026-10-01T00:00:00.000000+00:00"),
            ("state", "text", "Malicious"),
            ("ssdeep", "ssdeep", "3:a:b"),
        ],
    ),
    (
        "domain-ip",
        &[
            ("domain", "domain", "c2.example.com"),
            ("ip", "ip-dst", "198.51.100.3"),
            ("ip", "ip-dst", "2001:db8::1"),
            ("domain", "domain", "c3.example.com"),
            ("first-seen", "datetime", "2026-10-01T00:00:00.000000+00:00"),
        ],
    ),
    (
        "ip-port",
        &[
            ("ip", "ip-dst", "198.51.100.3"),
            ("dst-port", "port", "443"),
            ("ip-src", "ip-src", "198.51.100.4"),
            ("protocol", "text", "TCP"),
            ("first-seen", "datetime", "2026-10-01T00:00:00.000000+00:00"),
        ],
    ),
    (
        "network-connection",
        &[
            ("ip-src", "ip-src", "198.51.100.3"),
            ("hostname-dst", "hostname", "c2.example.com"),
            ("src-port", "port", "1"),
            ("dst-port", "port", "2"),
            ("layer3-protocol", "text", "IP"),
            ("layer4-protocol", "text", "TCP"),
            ("layer7-protocol", "text", "HTTP"),
        ],
    ),
    (
        "network-socket",
        &[("ip-dst", "ip-dst", "198.51.100.3"), ("dst-port", "port", "2"), ("address-family", "text", "AF_INET")],
    ),
    (
        "netflow",
        &[
            ("ip-src", "ip-src", "198.51.100.3"),
            ("ip-dst", "ip-dst", "198.51.100.4"),
            ("byte-count", "counter", "7"),
            ("protocol", "text", "tcp"),
        ],
    ),
    (
        "http-request",
        &[
            ("host", "hostname", "c2.example.com"),
            ("method", "http-method", "POST"),
            ("uri", "uri", "/gate"),
            ("user-agent", "user-agent", "Mozilla/5.0"),
            ("text", "text", "words"),
        ],
    ),
    (
        "email",
        &[
            ("from", "email-src", "mallory@example.com"),
            ("to", "email-dst", "alice@example.com"),
            ("to", "email-dst", "bob@example.com"),
            ("cc", "email-dst", "carol@example.com"),
            ("subject", "email-subject", "Invoice"),
            ("attachment", "email-attachment", "invoice.zip"),
            ("email-body", "email-body", "Dear all"),
            ("x-mailer", "email-x-mailer", "m"),
            ("message-id", "email-message-id", "<1@example.com>"),
            ("send-date", "datetime", "2026-10-01T00:00:00.000000+00:00"),
        ],
    ),
    (
        "registry-key",
        &[
            ("key", "regkey", r"HKLM\Software\Run"),
            ("name", "text", "heron"),
            ("data", "text", "C:\\a.exe"),
            ("data-type", "text", "REG_SZ"),
            ("hive", "text", "HKLM"),
        ],
    ),
    (
        "process",
        &[
            ("pid", "text", "7"),
            ("name", "text", "a"),
            ("image", "filename", "a.exe"),
            ("command-line", "text", "a.exe -x"),
            ("parent-pid", "text", "1"),
            ("child-pid", "text", "8"),
            ("child-pid", "text", "9"),
            ("hidden", "boolean", "1"),
        ],
    ),
    (
        "x509",
        &[
            ("issuer", "text", "CN=x"),
            ("serial-number", "text", "00:11"),
            ("x509-fingerprint-sha1", "x509-fingerprint-sha1", "0123456789abcdef0123456789abcdef01234567"),
            ("validity-not-before", "datetime", "2026-10-01T00:00:00.000000+00:00"),
            ("self_signed", "boolean", "true"),
            ("pubkey-info-exponent", "text", "65537"),
        ],
    ),
    (
        "url",
        &[
            ("url", "url", "https://c2.example.com/a"),
            ("domain", "domain", "c2.example.com"),
            ("resource_path", "text", "/a"),
        ],
    ),
    (
        "user-account",
        &[
            ("username", "text", "heron"),
            ("user-id", "text", "1001"),
            ("account-type", "text", "unix"),
            ("privileged", "boolean", "0"),
            ("home_dir", "text", "/home/heron"),
        ],
    ),
    ("credential", &[("username", "text", "heron"), ("password", "text", "hunter2"), ("origin", "text", "leak")]),
    ("github-user", &[("username", "github-username", "heron"), ("id", "text", "7")]),
    ("twitter-account", &[("name", "text", "heron"), ("followers", "counter", "7")]),
    ("facebook-account", &[("account-name", "text", "heron"), ("link", "link", "https://example.com/heron")]),
    ("telegram-account", &[("username", "text", "heron"), ("phone", "text", "1")]),
    ("asn", &[("asn", "AS", "64496"), ("description", "text", "HERON-AS"), ("country", "text", "LU")]),
    ("mutex", &[("name", "mutex", "Global\\heron"), ("operating-system", "text", "Windows")]),
    ("directory", &[("path", "text", "/tmp"), ("creation-time", "datetime", "2026-10-01T00:00:00.000000+00:00")]),
    (
        "cpe-asset",
        &[("product", "text", "heron"), ("cpe", "cpe", "cpe:2.3:a:x:heron:1:*:*:*:*:*:*:*"), ("vendor", "text", "x")],
    ),
    (
        "android-app",
        &[
            ("name", "text", "heron"),
            ("sha256", "sha256", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
        ],
    ),
    (
        "vulnerability",
        &[("id", "vulnerability", "CVE-2026-12345"), ("summary", "text", "Overflow"), ("cvss-score", "float", "9.8")],
    ),
    ("attack-pattern", &[("name", "text", "Web Shell"), ("summary", "text", "s"), ("id", "text", "9")]),
    ("course-of-action", &[("name", "text", "Block"), ("description", "text", "d"), ("cost", "text", "Low")]),
    ("yara", &[("yara", "yara", "rule r { condition: true }"), ("version", "text", "4.1")]),
    ("sigma", &[("sigma", "sigma", "title: x"), ("comment", "comment", "c")]),
    (
        "suricata",
        &[("suricata", "suricata", "alert tcp any any -> any any (sid:1;)"), ("ref", "link", "https://example.com")],
    ),
    (
        "stix2-pattern",
        &[
            ("stix2-pattern", "stix2-pattern", "[file:name LIKE '%.exe'] OR [file:size > 1]"),
            ("version", "text", "stix 2.1"),
        ],
    ),
    ("btc-wallet", &[("wallet-address", "btc", "1x"), ("BTC_received", "float", "0.5")]),
    ("person", &[("full-name", "full-name", "Mallory M."), ("date-of-birth", "date-of-birth", "1970-01-01")]),
    (
        "pe",
        &[
            ("imphash", "imphash", "0123456789abcdef0123456789abcdef"),
            ("compilation-timestamp", "datetime", "2026-10-01T00:00:00.000000+00:00"),
        ],
    ),
];

/// All events of the corpus, with what each is about.
pub(crate) fn all() -> Vec<(&'static str, String)> {
    let mut all = single();
    all.push(("every type", attributes()));
    all
}
