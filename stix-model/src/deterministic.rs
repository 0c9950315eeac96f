//! Names of observables that are made from their content (STIX 2.1 §2.9).

use std::borrow::Cow;

use uuid::Uuid;

use crate::json::{Json, Members};
use crate::property::{Role, Shape};
use crate::{Identifier, TypeClass, canonical};

/// The namespace of deterministic identifiers.
pub const NAMESPACE: Uuid = Uuid::from_u128(0x00ab_edb4_aa42_466c_9c01_fed2_3315_a9b7);

/// The hashes that may stand for all, best first.
const PREFERRED_HASHES: [&str; 4] = ["MD5", "SHA-1", "SHA-256", "SHA-512"];

/// The name that an object with these members should have: made from its contributing properties if it is an
/// observable that has any, else random.
#[must_use]
pub fn name_of(shape: &Shape, members: &Members<'_>) -> Identifier {
    let uuid = match shape.role {
        Role::Object(TypeClass::Observable) => uuid_of(shape.contributing, members).unwrap_or_else(Uuid::new_v4),
        _ => Uuid::new_v4(),
    };
    format!("{}--{uuid}", shape.name).parse().unwrap_or_else(|_| Identifier::nil())
}

/// The UUID that these contributing properties make; `None` if none of them is there.
///
/// ```
/// use stix_model::deterministic;
/// use stix_model::json::Json;
///
/// let address = Json::parse(r#"{"value": "198.51.100.3"}"#)?;
/// let uuid = deterministic::uuid_of(&["value"], address.as_object().unwrap()).unwrap();
/// assert_eq!(uuid.to_string(), "28bb3599-77cd-5a82-a950-b5bc3caf07c4");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn uuid_of(contributing: &[&str], members: &Members<'_>) -> Option<Uuid> {
    let mut text = String::with_capacity(128);
    let mut names: Vec<&str> = contributing.iter().copied().filter(|name| members.contains(name)).collect();
    names.sort_unstable();
    for (i, name) in names.iter().enumerate() {
        text.push(if i == 0 { '{' } else { ',' });
        canonical::write_string(name, &mut text);
        text.push(':');
        let value = members.get(name)?;
        match (*name, value) {
            ("hashes", Json::Object(hashes)) => canonical::write(&Json::Object(one_hash(hashes)), &mut text),
            _ => canonical::write(value, &mut text),
        }
    }
    if names.is_empty() {
        return None;
    }
    text.push('}');
    Some(Uuid::new_v5(&NAMESPACE, text.as_bytes()))
}

/// The one hash that stands for all: the first preferred, else the first that is listed.
fn one_hash<'a>(hashes: &Members<'a>) -> Members<'a> {
    let preferred = PREFERRED_HASHES.iter().find_map(|name| hashes.get(name).map(|value| (*name, value)));
    let chosen = preferred.or_else(|| hashes.iter().next());
    chosen.into_iter().map(|(name, value)| (Cow::Owned(name.to_owned()), value.clone())).collect()
}
