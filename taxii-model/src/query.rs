use std::collections::HashSet;
use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use stix_model::Timestamp as StixTimestamp;

use crate::Timestamp;

/// The endpoints that take query parameters, which differ in the `match` fields they define
/// (TAXII 2.1 §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `GET …/objects/`
    Objects,
    /// `GET …/manifest/`
    Manifest,
    /// `GET …/objects/<id>/`
    Object,
    /// `GET …/objects/<id>/versions/`
    Versions,
    /// `DELETE …/objects/<id>/`
    Delete,
}

impl Endpoint {
    fn defines(self, parameter: &str) -> bool {
        match parameter {
            "added_after" | "limit" | "next" => self != Self::Delete,
            "match[spec_version]" => true,
            "match[version]" => self != Self::Versions,
            "match[id]" | "match[type]" => matches!(self, Self::Objects | Self::Manifest),
            _ => false,
        }
    }
}

/// What a request asks for: the query parameters of TAXII 2.1 §3.4, read and checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Only what was added after this instant.
    pub added_after: Option<Timestamp>,
    /// At most this many entries; at least 1. A number beyond 64 bits counts as the greatest.
    pub limit: Option<u64>,
    /// Where the page before this one ended: opaque to clients.
    pub next: Option<String>,
    /// Which objects.
    pub filter: Filter,
}

/// The `match` parameters (TAXII 2.1 §3.4.1). Values of one field are alternatives, fields have to
/// hold together; `None` is a field that was not asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// Identifiers. A text of impossible shape matches nothing.
    pub ids: Option<Vec<String>>,
    /// Object types.
    pub types: Option<Vec<String>>,
    /// Editions of STIX, each of the form `n.m`.
    pub spec_versions: Option<Vec<String>>,
    /// Which versions of each object; the last unless asked otherwise.
    pub versions: VersionFilter,
}

/// Which versions of each object to take (TAXII 2.1 §3.4.1, `match[version]`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum VersionFilter {
    /// Every version.
    All,
    /// The versions that any of these selects; at least one, none twice.
    Any(Vec<Selector>),
}

impl Default for VersionFilter {
    /// The last version only.
    fn default() -> Self {
        Self::Any(vec![Selector::Last])
    }
}

/// One value of `match[version]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Selector {
    /// The oldest version.
    First,
    /// The newest version.
    Last,
    /// The version of this instant.
    At(StixTimestamp),
}

/// A query that cannot be answered: which parameter, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{parameter}: {problem}")]
pub struct QueryError {
    /// The parameter at fault, as it would be written: `match[version]`.
    pub parameter: String,
    /// What is wrong and what would be right.
    pub problem: String,
}

impl QueryError {
    fn new(parameter: &str, problem: impl Into<String>) -> Self {
        Self { parameter: parameter.to_owned(), problem: problem.into() }
    }
}

impl Query {
    /// Reads the part of a URL behind the `?`.
    ///
    /// Parameters that TAXII does not define are ignored, as are defined ones on an endpoint that
    /// does not have them; except when deleting, where a mistyped filter must not delete more than was meant.
    ///
    /// Where `match[version]` is not given, reading means the last version and deleting means all of them: the
    /// object is to be gone afterwards (TAXII 2.1 §5.7).
    ///
    /// # Errors
    /// A value that is not well-formed, a parameter given twice, or bytes that are not UTF-8.
    pub fn parse(raw: &str, endpoint: Endpoint) -> Result<Self, QueryError> {
        let mut query = Self::default();
        if endpoint == Endpoint::Delete {
            query.filter.versions = VersionFilter::All;
        }
        let mut seen = HashSet::new();
        for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode(name)
                .ok_or_else(|| QueryError::new("query", "a parameter name is not percent-encoded UTF-8"))?;
            if endpoint.defines(&name) {
                if !seen.insert(name.clone()) {
                    return Err(QueryError::new(&name, "given more than once; separate alternatives by commas"));
                }
                let value = decode(value).ok_or_else(|| QueryError::new(&name, "not percent-encoded UTF-8"))?;
                query.set(&name, value)?;
            } else if endpoint == Endpoint::Delete {
                return Err(QueryError::new(&name, "a deletion takes match[version] and match[spec_version] only"));
            } else if decode(value).is_none() {
                return Err(QueryError::new(&name, "not percent-encoded UTF-8"));
            }
        }
        Ok(query)
    }

    fn set(&mut self, name: &str, value: String) -> Result<(), QueryError> {
        match name {
            "added_after" => {
                self.added_after =
                    Some(value.parse().map_err(|e: crate::InvalidTimestamp| QueryError::new(name, e.to_string()))?);
            }
            "limit" => self.limit = Some(limit(&value)?),
            "next" => self.next = (!value.is_empty()).then_some(value),
            "match[id]" => self.filter.ids = Some(list(name, &value)?),
            "match[type]" => self.filter.types = Some(list(name, &value)?),
            "match[spec_version]" => self.filter.spec_versions = Some(spec_versions(name, &value)?),
            _ => self.filter.versions = versions(name, &value)?,
        }
        Ok(())
    }
}

/// Undoes percent-encoding and `+`; `None` if the encoding is broken or the result is not UTF-8.
fn decode(text: &str) -> Option<String> {
    let blanks = text.replace('+', " ");
    let escapes_hold = blanks
        .split('%')
        .skip(1)
        .all(|rest| rest.as_bytes().first_chunk::<2>().is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)));
    let decoded = percent_decode_str(&blanks).decode_utf8().ok()?.into_owned();
    escapes_hold.then_some(decoded)
}

fn limit(value: &str) -> Result<u64, QueryError> {
    let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    match value.parse().unwrap_or(u64::MAX) {
        1.. if digits => Ok(value.parse().unwrap_or(u64::MAX)),
        _ => Err(QueryError::new("limit", "expected a whole number of at least 1")),
    }
}

fn list(name: &str, value: &str) -> Result<Vec<String>, QueryError> {
    let mut items: Vec<String> = Vec::new();
    let mut seen = HashSet::new();
    for item in value.split(',') {
        if item.is_empty() || item.trim() != item {
            return Err(QueryError::new(name, "expected values separated by single commas, without blanks"));
        }
        if seen.insert(item) {
            items.push(item.to_owned());
        }
    }
    Ok(items)
}

fn spec_versions(name: &str, value: &str) -> Result<Vec<String>, QueryError> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let items = list(name, value)?;
    match items.iter().all(|item| item.split_once('.').is_some_and(|(n, m)| digits(n) && digits(m))) {
        true => Ok(items),
        false => Err(QueryError::new(name, "expected versions such as 2.1")),
    }
}

fn versions(name: &str, value: &str) -> Result<VersionFilter, QueryError> {
    let items: Vec<&str> = value.split(',').collect();
    if items == ["all"] {
        return Ok(VersionFilter::All);
    }
    let mut selectors = Vec::new();
    for item in items {
        let selector = match item {
            "first" => Selector::First,
            "last" => Selector::Last,
            "all" => return Err(QueryError::new(name, "\"all\" stands alone")),
            _ => Selector::At(item.parse().map_err(|error| {
                QueryError::new(name, format!("expected first, last, all or a timestamp; {error}"))
            })?),
        };
        if selectors.contains(&selector) {
            return Err(QueryError::new(name, "the same value twice"));
        }
        selectors.push(selector);
    }
    Ok(VersionFilter::Any(selectors))
}

/// What is left as it is in a query: RFC 3986's unreserved characters.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl fmt::Display for Query {
    /// The part of a URL behind the `?`, everything percent-encoded; empty if nothing is asked for.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut pairs: Vec<(&str, String)> = Vec::new();
        pairs.extend(self.added_after.map(|t| ("added_after", t.to_string())));
        pairs.extend(self.limit.map(|n| ("limit", n.to_string())));
        pairs.extend(self.next.clone().map(|next| ("next", next)));
        let filter = &self.filter;
        pairs.extend(filter.ids.as_ref().map(|ids| ("match[id]", ids.join(","))));
        pairs.extend(filter.types.as_ref().map(|types| ("match[type]", types.join(","))));
        if filter.versions != VersionFilter::default() {
            pairs.push(("match[version]", filter.versions.to_string()));
        }
        pairs.extend(filter.spec_versions.as_ref().map(|versions| ("match[spec_version]", versions.join(","))));
        for (i, (name, value)) in pairs.iter().enumerate() {
            let separator = if i == 0 { "" } else { "&" };
            write!(f, "{separator}{}={}", utf8_percent_encode(name, ENCODED), utf8_percent_encode(value, ENCODED))?;
        }
        Ok(())
    }
}

impl fmt::Display for VersionFilter {
    /// As the value of `match[version]`: `first,2026-01-01T00:00:00.000Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Any(selectors) = self else { return f.write_str("all") };
        for (i, selector) in selectors.iter().enumerate() {
            let separator = if i == 0 { "" } else { "," };
            match selector {
                Selector::First => write!(f, "{separator}first")?,
                Selector::Last => write!(f, "{separator}last")?,
                Selector::At(timestamp) => write!(f, "{separator}{timestamp}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn objects(raw: &str) -> Result<Query, QueryError> {
        Query::parse(raw, Endpoint::Objects)
    }

    /// AMB-13: every row that is an error.
    #[test]
    fn malformed_queries_are_refused() {
        for bad in [
            "added_after=yesterday",
            "added_after=",
            "added_after=2026-01-01",
            "added_after=2026-01-01T00:00:00%2B00:00",
            "added_after=2026-01-01T00:00:00Z&added_after=2026-01-01T00:00:00Z",
            "limit=0",
            "limit=-1",
            "limit=1.5",
            "limit=",
            "limit=abc",
            "limit=%2B5",
            "limit=+5",
            "limit=00",
            "limit=1&limit=1",
            "next=a&next=b",
            "match[type]=a&match[type]=b",
            "match[id]=a&match%5Bid%5D=b",
            "match[type]=",
            "match[type]=,",
            "match[type]=a,",
            "match[type]=,a",
            "match[type]=a,,b",
            "match[type]=a,%20b",
            "match[type]=a+,b",
            "match[version]=foo",
            "match[version]=",
            "match[version]=all,last",
            "match[version]=last,last",
            "match[version]=2020-01-01T00:00:00Z,2020-01-01T00:00:00.000Z",
            "match[version]=last,",
            "match[version]=2020-01-01T00:00:00%2B00:00",
            "match[spec_version]=2",
            "match[spec_version]=x.y",
            "match[spec_version]=2.",
            "match[type]=%zz",
            "match[type]=%ff",
            "match[type]=%",
            "x=%e",
            "limit",
        ] {
            assert!(objects(bad).is_err(), "{bad}");
        }
    }

    /// AMB-13, AMB-14: every row that is served.
    #[test]
    fn odd_queries_are_served() {
        let default = Query::default();
        for ignored in
            ["", "&&", "x=1&x=2", "match[unknown]=1&match[unknown]=2", "MATCH[type]=a", "Limit=0", "next=", "foo"]
        {
            assert_eq!(objects(ignored), Ok(default.clone()), "{ignored}");
        }
        let two = objects("match[type]=a,b").unwrap();
        for same in ["match%5Btype%5D=a%2Cb", "match%5btype%5d=a,b", "match[type]=a%2Cb", "match[type]=a,b,a"] {
            assert_eq!(objects(same).as_ref(), Ok(&two), "{same}");
        }
        assert_eq!(objects("limit=99999999999999999999999").unwrap().limit, Some(u64::MAX));
        assert_eq!(objects("limit=007").unwrap().limit, Some(7));
        assert!(objects("match[id]=not-an-id").is_ok());
        assert!(objects("match[spec_version]=9.9").is_ok());
        let by_id = Query::parse("match[id]=x&match[type]=", Endpoint::Object).unwrap();
        assert_eq!(by_id, default);
        assert!(Query::parse("match[version]=nonsense", Endpoint::Versions).is_ok());
    }

    /// AMB-13: deleting with a filter it does not know is refused.
    #[test]
    fn delete_takes_two_parameters_only() {
        assert!(Query::parse("match[version]=first&match[spec_version]=2.1", Endpoint::Delete).is_ok());
        assert_eq!(Query::parse("", Endpoint::Delete).unwrap().filter.versions, VersionFilter::All);
        assert_eq!(
            Query::parse("match[version]=last", Endpoint::Delete).unwrap().filter.versions,
            VersionFilter::default()
        );
        for bad in ["limit=1", "match[id]=x", "match[foo]=x", "x=1", "added_after=2026-01-01T00:00:00Z"] {
            assert!(Query::parse(bad, Endpoint::Delete).is_err(), "{bad}");
        }
    }

    fn query() -> impl Strategy<Value = Query> {
        let words = || {
            prop::option::of(
                prop::collection::hash_set("[a-z0-9&=+%é-]{1,8}", 1..4)
                    .prop_map(|set| set.into_iter().collect::<Vec<_>>()),
            )
        };
        let versions = prop_oneof![
            Just(VersionFilter::All),
            Just(VersionFilter::default()),
            Just(VersionFilter::Any(vec![Selector::First, Selector::At("2020-01-01T00:00:00.1230Z".parse().unwrap())])),
        ];
        (
            prop::option::of(0i64..4_000_000_000_000_000),
            prop::option::of(1u64..),
            prop::option::of("[ -~]{1,20}"),
            words(),
            words(),
            versions,
        )
            .prop_map(|(after, limit, next, ids, types, versions)| Query {
                added_after: after.map(Timestamp::from_micros),
                limit,
                next,
                filter: Filter { ids, types, spec_versions: Some(vec!["2.1".into()]), versions },
            })
    }

    proptest! {
        /// TX-CLI-14: what is printed is read back the same.
        #[test]
        fn print_then_parse(query in query()) {
            prop_assert_eq!(objects(&query.to_string()), Ok(query));
        }

        /// TX-SEC-01: any text gives an answer.
        #[test]
        fn never_panics(raw in ".{0,200}") {
            let _ = objects(&raw);
        }
    }
}
