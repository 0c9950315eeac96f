//! Distinguished names as text (RFC 4514): what `openssl x509 -noout -subject -nameopt RFC2253` prints.

use x509_parser::asn1_rs::{Any, Tag, ToDer};
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

use super::secret::hex;

/// The attributes that have a short name: the table of RFC 4514 §3, and two of RFC 4519 that subjects often have.
const ATTRIBUTES: [(&str, &str); 11] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "street"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.12", "title"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
];

/// The name, most specific part first, in ASCII; `None` if it has no parts.
pub(crate) fn text(name: &X509Name<'_>) -> Option<String> {
    let mut parts = Vec::new();
    for part in name.iter_rdn() {
        let attributes: Option<Vec<String>> = part.iter().map(attribute).collect();
        parts.push(attributes?.join("+"));
    }
    parts.reverse();
    Some(parts.join(",")).filter(|text| !text.is_empty())
}

fn attribute(attribute: &AttributeTypeAndValue<'_>) -> Option<String> {
    let kind = attribute.attr_type().to_id_string();
    let value = attribute.attr_value();
    let short = ATTRIBUTES.iter().find(|(id, _)| *id == kind).map(|(_, short)| *short);
    Some(match (short, plain(value)) {
        (Some(short), Some(plain)) => format!("{short}={}", escaped(&plain)),
        (short, _) => format!("{}=#{}", short.unwrap_or(&kind), hex(&value.to_der_vec().ok()?)),
    })
}

/// The text of a value that is one.
fn plain(value: &Any<'_>) -> Option<String> {
    let octets = value.data;
    match value.tag() {
        Tag::Utf8String => String::from_utf8(octets.to_vec()).ok(),
        Tag::PrintableString | Tag::Ia5String | Tag::NumericString if octets.is_ascii() => {
            String::from_utf8(octets.to_vec()).ok()
        }
        Tag::BmpString if octets.len().is_multiple_of(2) => {
            let units = octets.chunks_exact(2).filter_map(|pair| Some(u16::from_be_bytes(pair.try_into().ok()?)));
            String::from_utf16(&units.collect::<Vec<_>>()).ok()
        }
        _ => None,
    }
}

/// RFC 4514 §2.4, and everything that is not printable ASCII as its octets: one text, and no two that look alike.
fn escaped(value: &str) -> String {
    let mut text = String::new();
    let last = value.len().saturating_sub(1);
    for (at, octet) in value.bytes().enumerate() {
        let edge = (octet == b' ' && (at == 0 || at == last)) || (octet == b'#' && at == 0);
        match octet {
            b'"' | b'+' | b',' | b';' | b'<' | b'>' | b'\\' => text.extend(['\\', char::from(octet)]),
            _ if edge => text.extend(['\\', char::from(octet)]),
            b' '..=b'~' => text.push(char::from(octet)),
            _ => text.push_str(&format!("\\{octet:02X}")),
        }
    }
    text
}
