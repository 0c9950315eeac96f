//! Patterns of what is known: of a value, and of an observable.

use super::comparison::{Comparison, ComparisonExpression, Literal};
use super::octets;
use super::path::ObjectPath;
use super::value_kind::{self, ValueKind};
use super::{Pattern, Version};
use crate::TypeClass;
use crate::json::{Json, Members};
use crate::object::object_type;
use crate::property::{Kind, Role};

/// The hashes of which one is looked for, best first.
pub(super) const PREFERRED_HASHES: [&str; 6] = ["SHA-256", "SHA-512", "SHA3-256", "SHA3-512", "SHA-1", "MD5"];

impl Pattern {
    /// The pattern that looks for a value, whose kind is guessed: an address or network, a domain, a URL, an email
    /// address, a hash of a file, a MAC address, or the number of an autonomous system. `None` if it is none of them.
    ///
    /// Hashes, domains and MAC addresses are put in lower case, since patterns tell cases apart and nearly everybody
    /// writes them so.
    ///
    /// ```
    /// use stix_model::pattern::Pattern;
    ///
    /// let text = |value| Pattern::for_value(value).map(|pattern| pattern.to_string());
    /// assert_eq!(text("198.51.100.3").as_deref(), Some("[ipv4-addr:value = '198.51.100.3']"));
    /// assert_eq!(text("198.51.100.0/24").as_deref(), Some("[ipv4-addr:value ISSUBSET '198.51.100.0/24']"));
    /// assert_eq!(text("AS64496").as_deref(), Some("[autonomous-system:number = 64496]"));
    /// assert_eq!(text("what is this"), None);
    /// ```
    #[must_use]
    pub fn for_value(text: &str) -> Option<Self> {
        let text = text.trim();
        let value = |object_type: &str| ObjectPath::new(object_type, "value");
        let comparison = match ValueKind::guess(text)? {
            ValueKind::Ipv4Address => value("ipv4-addr").equals(text),
            ValueKind::Ipv6Address => value("ipv6-addr").equals(text),
            ValueKind::Ipv4Network => value("ipv4-addr").is_subset_of(text),
            ValueKind::Ipv6Network => value("ipv6-addr").is_subset_of(text),
            ValueKind::DomainName => value("domain-name").equals(text.to_lowercase()),
            ValueKind::Url => value("url").equals(text),
            ValueKind::EmailAddress => value("email-addr").equals(text),
            ValueKind::MacAddress => value("mac-addr").equals(value_kind::mac(text)?),
            ValueKind::AutonomousSystem => {
                ObjectPath::new("autonomous-system", "number").equals(i64::from(value_kind::as_number(text)?))
            }
            ValueKind::Hash(algorithm) => {
                ObjectPath::new("file", "hashes").key(algorithm).equals(text.to_ascii_lowercase())
            }
            _ => return None,
        };
        Some(Self::written(comparison.observed(), Version::V2_1))
    }

    /// The pattern that looks for an observable again, by what identifies it: one hash if it has any, else the
    /// properties that its name is made from. `None` if it is no observable of the standard, has nothing that
    /// identifies it, or has been altered so that it can do no harm (`defanged`).
    ///
    /// ```
    /// use stix_model::pattern::Pattern;
    /// use stix_model::{sco::File, Table};
    ///
    /// let file = File::builder().name("a.exe").hashes([("SHA-256", "ab".repeat(32)), ("MD5", "ab".repeat(16))]).build()?;
    /// let pattern = Pattern::for_object(file.members()).ok_or("nothing to look for")?;
    /// assert_eq!(pattern.to_string(), format!("[file:hashes.'SHA-256' = '{}']", "ab".repeat(32)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn for_object(object: &Members<'_>) -> Option<Self> {
        Self::for_object_among(object, |_| None)
    }

    /// The same, given the objects that it refers to by their `id`: network traffic is looked for by the values of its
    /// source and destination.
    ///
    /// ```
    /// use stix_model::pattern::Pattern;
    /// use stix_model::sco::{Ipv4Addr, NetworkTraffic};
    /// use stix_model::{StixObject, Table};
    ///
    /// let address = Ipv4Addr::builder().value("198.51.100.3").build()?;
    /// let traffic = NetworkTraffic::builder().dst_ref(address.id()).dst_port(443).protocols(["tcp"]).build()?;
    /// let pattern = Pattern::for_object_among(traffic.members(), |_| Some(address.members()));
    /// assert_eq!(pattern.ok_or("nothing to look for")?.to_string(), "\
    ///     [network-traffic:dst_ref.value = '198.51.100.3' AND network-traffic:dst_port = 443 \
    ///     AND network-traffic:protocols[*] = 'tcp']");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn for_object_among<'o, 'j: 'o>(
        object: &Members<'_>,
        referenced: impl Fn(&str) -> Option<&'o Members<'j>>,
    ) -> Option<Self> {
        let comparisons = identifying(object, None, &referenced)?;
        let all = ComparisonExpression::all(comparisons.into_iter().map(Into::into).collect::<Vec<_>>());
        Some(Self::written(all.observed(), Version::V2_1))
    }
}

/// What identifies an object, if anything; `base` is the reference that leads to it.
fn identifying<'o, 'j: 'o>(
    object: &Members<'_>,
    base: Option<&ObjectPath>,
    referenced: &dyn Fn(&str) -> Option<&'o Members<'j>>,
) -> Option<Vec<Comparison>> {
    let name = object.get("type")?.as_str()?;
    let shape = object_type(name).filter(|shape| shape.role == Role::Object(TypeClass::Observable))?;
    if object.get("defanged").and_then(Json::as_bool) == Some(true) {
        return None;
    }
    let path = |property: &str| match base {
        Some(base) => base.clone().key(property),
        None => ObjectPath::new(name, property),
    };
    if let Some((algorithm, hash)) = object.get("hashes").and_then(Json::as_object).and_then(best_hash) {
        return Some(vec![path("hashes").key(algorithm).equals(hash)]);
    }
    let (properties, needed): (&[&str], &[&str]) = match name {
        "network-traffic" => (&["src_ref", "dst_ref", "src_port", "dst_port", "protocols"], &["src_port", "dst_port"]),
        "process" => (&["command_line", "image_ref"], &[]),
        "user-account" => (shape.contributing, &["user_id", "account_login"]),
        "artifact" => (&["payload_bin", "url"], &[]),
        _ => (shape.contributing, &[]),
    };
    let mut comparisons = Vec::new();
    let mut resolved = false;
    for property in properties {
        let Some(json) = object.get(property) else { continue };
        let kind = shape.property(property).map(|row| &row.kind);
        match (kind, json) {
            (Some(Kind::Reference(_)), _) if base.is_none() => {
                let inside = json.as_str().and_then(referenced);
                match inside.and_then(|object| identifying(object, Some(&path(property)), referenced)) {
                    Some(inside) => {
                        resolved = true;
                        comparisons.extend(inside);
                    }
                    // Traffic of nobody knows whom would be looked for by its port alone.
                    None if name == "network-traffic" => return None,
                    None => {}
                }
            }
            (_, Json::List(items)) => items.iter().for_each(|item| comparisons.extend(in_list(path(property), item))),
            (kind, json) => comparisons.extend(constant(kind, json).map(|constant| path(property).equals(constant))),
        }
    }
    // The protocol or the type of an account alone says nothing.
    let identifies = needed.is_empty() || resolved || needed.iter().any(|name| object.contains(name));
    (identifies && !comparisons.is_empty()).then_some(comparisons)
}

/// An item of a list: a text, or an object with texts.
fn in_list(list: ObjectPath, item: &Json<'_>) -> Vec<Comparison> {
    match item {
        Json::Object(members) => {
            let texts = members.iter().filter_map(|(name, json)| Some((name, json.as_str()?)));
            texts.map(|(name, text)| list.clone().any().key(name).equals(text)).collect()
        }
        item => constant(None, item).map(|constant| list.any().equals(constant)).into_iter().collect(),
    }
}

fn constant(kind: Option<&Kind>, json: &Json<'_>) -> Option<Literal> {
    match (kind, json) {
        (Some(Kind::Binary), Json::String(text)) => {
            octets::from_base64(text).filter(|bytes| !bytes.is_empty()).map(Literal::Binary)
        }
        (Some(Kind::Timestamp(_)), Json::String(text)) => text.parse().ok().map(Literal::Timestamp),
        (_, Json::String(text)) => Some(Literal::from(text.as_ref())),
        (_, Json::Bool(value)) => Some(Literal::Boolean(*value)),
        (_, Json::Number(_)) => json.as_integer().map(Literal::from).or_else(|| json.as_float().map(Literal::Float)),
        _ => None,
    }
}

fn best_hash<'h>(hashes: &'h Members<'_>) -> Option<(&'h str, &'h str)> {
    let text = |name| hashes.get(name).and_then(Json::as_str);
    let preferred = PREFERRED_HASHES.into_iter().find_map(|name| Some((name, text(name)?)));
    preferred.or_else(|| hashes.iter().find_map(|(name, json)| Some((name, json.as_str()?))))
}
