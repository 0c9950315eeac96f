//! What is taken from the value of an attribute, and how it is put back.

use std::net::IpAddr;

use super::moment;

/// A part of a value; composite ones have a vertical bar in the middle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Half {
    All,
    Left,
    Right,
}

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Take {
    /// The text itself.
    Text(Half),
    /// The text in lowercase.
    Lower(Half),
    /// A whole number.
    Number(Half),
    /// The number of an autonomous system, with or without `AS` in front.
    Asn,
    /// A registry key, its hive in full.
    Key(Half),
    /// An address or network.
    Address(Half),
    /// The type of observable that the address, network or host is.
    Family(Half),
    /// Always this.
    Fixed(&'static str),
    /// A moment.
    Moment,
    /// True or false.
    Truth,
    /// Base64 beside the value. It is no part of patterns.
    Data,
}

/// A constant of a pattern or property.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Constant {
    Text(String),
    Number(i64),
    Truth(bool),
}

impl Constant {
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Truth(truth) => i32::from(*truth).to_string(),
        }
    }
}

impl Half {
    fn of(self, value: &str) -> Option<&str> {
        match self {
            Self::All => Some(value),
            Self::Left => value.rsplit_once('|').map(|(left, _)| left),
            Self::Right => value.rsplit_once('|').map(|(_, right)| right),
        }
    }
}

impl Take {
    pub(crate) fn half(self) -> Option<Half> {
        match self {
            Self::Text(half) | Self::Lower(half) | Self::Number(half) | Self::Key(half) | Self::Address(half) => {
                Some(half)
            }
            Self::Asn | Self::Moment | Self::Truth => Some(Half::All),
            Self::Family(_) | Self::Fixed(_) | Self::Data => None,
        }
    }

    /// What the path leads to, for this value; `None` if the value has no such form.
    pub(crate) fn constant(self, value: &str, data: Option<&str>) -> Option<Constant> {
        let text = |half: Half| half.of(value).filter(|text| !text.is_empty());
        Some(match self {
            Self::Text(half) => Constant::Text(text(half)?.to_owned()),
            Self::Lower(half) => Constant::Text(text(half)?.to_ascii_lowercase()),
            Self::Number(half) => Constant::Number(plain_number(text(half)?)?),
            Self::Asn => {
                let digits = value.strip_prefix("AS").or_else(|| value.strip_prefix("as")).unwrap_or(value);
                Constant::Number(plain_number(digits)?)
            }
            Self::Key(half) => Constant::Text(in_full(text(half)?)),
            Self::Address(half) => Constant::Text(text(half).filter(|text| family(text) != HOST)?.to_owned()),
            Self::Family(half) => Constant::Text(family(text(half)?).to_owned()),
            Self::Fixed(text) => Constant::Text(text.to_owned()),
            Self::Moment => Constant::Text(moment::stix(moment::of_moment(value)?)),
            Self::Truth => Constant::Truth(match value.to_ascii_lowercase().as_str() {
                "1" | "true" | "yes" => true,
                "0" | "false" | "no" => false,
                _ => return None,
            }),
            Self::Data => Constant::Text(data.filter(|data| !data.is_empty())?.to_owned()),
        })
    }

    /// The part of the value, from where the path leads to.
    pub(crate) fn to_value(self, constant: &Constant) -> String {
        match (self, constant) {
            (Self::Asn, Constant::Number(number)) => format!("AS{number}"),
            (Self::Asn, Constant::Text(text)) if plain_number(text).is_some() => format!("AS{text}"),
            (Self::Moment, Constant::Text(text)) => {
                moment::of_moment(text).map_or_else(|| text.clone(), moment::moment)
            }
            (_, constant) => constant.text(),
        }
    }
}

/// The type of host names.
pub(crate) const HOST: &str = "domain-name";

/// Is it an address or network of version 4 or 6, or a host?
pub(crate) fn family(text: &str) -> &'static str {
    let address = text.split_once('/').map_or(text, |(address, _)| address);
    match address.parse() {
        Ok(IpAddr::V4(_)) if is_network(text) == text.contains('/') => "ipv4-addr",
        Ok(IpAddr::V6(_)) if is_network(text) == text.contains('/') => "ipv6-addr",
        _ => HOST,
    }
}

/// Is it a network: `198.51.100.0/24`?
pub(crate) fn is_network(text: &str) -> bool {
    let Some((address, prefix)) = text.split_once('/') else { return false };
    let most = match address.parse() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    prefix.parse::<u8>().is_ok_and(|prefix| prefix <= most)
}

fn plain_number(digits: &str) -> Option<i64> {
    let plain = digits.bytes().all(|c| c.is_ascii_digit());
    digits.parse().ok().filter(|number| plain && *number < 1 << 53)
}

/// The hive of a registry key in full, as STIX wants it.
fn in_full(key: &str) -> String {
    let (hive, rest) = key.split_once('\\').map_or((key, None), |(hive, rest)| (hive, Some(rest)));
    let hive = match hive.to_ascii_uppercase().as_str() {
        "HKLM" => "HKEY_LOCAL_MACHINE",
        "HKCU" => "HKEY_CURRENT_USER",
        "HKCR" => "HKEY_CLASSES_ROOT",
        "HKU" => "HKEY_USERS",
        "HKCC" => "HKEY_CURRENT_CONFIG",
        _ => return key.to_owned(),
    };
    rest.map_or_else(|| hive.to_owned(), |rest| format!("{hive}\\{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each way of taking gives what STIX wants, and nothing if the value is of another form.
    #[test]
    fn values_are_taken_apart() {
        let text = |text: &str| Some(Constant::Text(text.to_owned()));
        for (take, value, expected) in [
            (Take::Text(Half::Left), "a|b|c", text("a|b")),
            (Take::Text(Half::Right), "a|b|c", text("c")),
            (Take::Text(Half::Right), "a", None),
            (Take::Number(Half::All), "443", Some(Constant::Number(443))),
            (Take::Number(Half::All), "+443", None),
            (Take::Asn, "AS64496", Some(Constant::Number(64496))),
            (Take::Asn, "64496", Some(Constant::Number(64496))),
            (Take::Asn, "ASx", None),
            (Take::Key(Half::All), r"hklm\Software\x", text(r"HKEY_LOCAL_MACHINE\Software\x")),
            (Take::Key(Half::All), r"Software\x", text(r"Software\x")),
            (Take::Family(Half::All), "198.51.100.0/24", text("ipv4-addr")),
            (Take::Family(Half::All), "2001:db8::1", text("ipv6-addr")),
            (Take::Address(Half::All), "198.51.100.0/33", None),
            (Take::Address(Half::All), "example.com", None),
            (Take::Lower(Half::All), "AA:BB", text("aa:bb")),
            (Take::Data, "x", None),
        ] {
            assert_eq!(take.constant(value, None), expected, "{take:?} {value}");
        }
    }
}
