//! Media types and content negotiation (TAXII 2.1 §1.6.8, §3.1; RFC 9110 §12.5.1).

/// The media type of everything that TAXII 2.1 sends, in the only spelling that every client accepts.
pub const TAXII: &str = "application/taxii+json;version=2.1";

/// What a media range of an `Accept` header or a `Content-Type` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaType {
    /// Type and subtype in lower case: `application/taxii+json`, `*/*`.
    pub essence: String,
    /// The `version` parameter, without quotes.
    pub version: Option<String>,
    /// The weight: `q` in thousandths, 1000 if absent.
    pub weight: u16,
}

impl MediaType {
    /// Reads one media type with its parameters; names in any case, values plain or quoted, white
    /// space around `;`. Parameters other than `version` and `q` are ignored.
    ///
    /// ```
    /// use taxii_model::media_type::MediaType;
    ///
    /// let range = MediaType::parse("Application/TAXII+json ; Version=\"2.1\"; q=0.5").unwrap();
    /// assert_eq!(range.essence, "application/taxii+json");
    /// assert_eq!(range.version.as_deref(), Some("2.1"));
    /// assert_eq!(range.weight, 500);
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = split_outside_quotes(text, ';').into_iter().map(str::trim);
        let essence = parts.next()?.to_ascii_lowercase();
        let (main, sub) = essence.split_once('/')?;
        if main.is_empty() || sub.is_empty() || essence.contains(char::is_whitespace) {
            return None;
        }
        let mut media_type = Self { essence, version: None, weight: 1000 };
        for parameter in parts.filter(|p| !p.is_empty()) {
            let (name, value) = parameter.split_once('=')?;
            let value = unquote(value.trim());
            match name.trim().to_ascii_lowercase().as_str() {
                "version" => media_type.version = Some(value),
                "q" => media_type.weight = weight(&value)?,
                _ => {}
            }
        }
        Some(media_type)
    }

    /// How closely this range describes `application/taxii+json;version=2.1`; `None` if not at all.
    fn closeness_to_taxii(&self) -> Option<u8> {
        match (self.essence.as_str(), self.version.as_deref()) {
            ("application/taxii+json", Some("2.1")) => Some(3),
            ("application/taxii+json", None) => Some(2),
            ("application/*", None) => Some(1),
            ("*/*", None) => Some(0),
            _ => None,
        }
    }
}

fn weight(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = fraction.len() <= 3 && fraction.bytes().all(|b| b.is_ascii_digit());
    let thousandths: u16 = format!("{fraction:0<3}").parse().ok().filter(|_| digits)?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}

/// Splits at a separator, except inside quoted strings.
fn split_outside_quotes(text: &str, separator: char) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(|c: char| {
        let here = c == separator && !quoted;
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
        here
    })
    .collect()
}

fn unquote(value: &str) -> String {
    match value.strip_prefix('"').and_then(|v| v.strip_suffix('"')) {
        Some(inside) => inside.replace('\\', ""),
        None => value.to_owned(),
    }
}

/// An `Accept` header, all its lines together.
///
/// ```
/// use taxii_model::media_type::Accept;
///
/// assert!(Accept::parse(["*/*"]).taxii());
/// assert!(Accept::parse(["text/html, application/taxii+json; version=\"2.1\";q=0.5"]).taxii());
/// assert!(!Accept::parse(["application/taxii+json;version=2.0"]).taxii());
/// assert!(!Accept::parse(["*/*, application/taxii+json;version=2.1;q=0"]).taxii());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accept {
    /// `None` when the header is missing or empty: anything goes.
    ranges: Option<Vec<MediaType>>,
}

impl Accept {
    /// Reads the lines of the header. Ranges that are not well-formed are passed over.
    pub fn parse<'a>(lines: impl IntoIterator<Item = &'a str>) -> Self {
        let mut ranges = None;
        for line in lines {
            let items = split_outside_quotes(line, ',').into_iter().map(str::trim).filter(|item| !item.is_empty());
            for item in items {
                ranges.get_or_insert_with(Vec::new).extend(MediaType::parse(item));
            }
        }
        Self { ranges }
    }

    /// May the answer be TAXII 2.1? The range that describes it most closely decides.
    #[must_use]
    pub fn taxii(&self) -> bool {
        let Some(ranges) = &self.ranges else { return true };
        ranges
            .iter()
            .filter_map(|range| Some((range.closeness_to_taxii()?, range.weight)))
            .max()
            .is_some_and(|(_, weight)| weight > 0)
    }

    /// Is this range named, with a weight above zero?
    #[must_use]
    pub fn names(&self, essence: &str) -> bool {
        self.ranges.iter().flatten().any(|range| range.essence == essence && range.weight > 0)
    }

    /// Does a web browser ask, for a person to look at? Browsers name both HTML and XHTML.
    #[must_use]
    pub fn browser(&self) -> bool {
        self.names("text/html") && self.names("application/xhtml+xml")
    }
}

/// May a body of this `Content-Type` be an envelope? TAXII with version 2.1 or none; also STIX, which
/// products send with the bundles that they post. Not under its older name, `application/vnd.oasis.stix+json`, which
/// belongs to TAXII 2.0; clients read it: [`stix_model::SpecVersion::of_media_type`].
///
/// ```
/// use taxii_model::media_type::is_envelope;
///
/// assert!(is_envelope("application/taxii+json; version=2.1"));
/// assert!(is_envelope("application/stix+json"));
/// assert!(!is_envelope("application/json"));
/// assert!(!is_envelope("application/taxii+json;version=2.0"));
/// ```
#[must_use]
pub fn is_envelope(content_type: &str) -> bool {
    MediaType::parse(content_type).is_some_and(|media_type| {
        matches!(media_type.essence.as_str(), "application/taxii+json" | "application/stix+json")
            && media_type.version.is_none_or(|version| version == "2.1")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// AMB-02, TX-CN-04, TX-CN-08: who is served and who is not.
    #[test]
    fn accept_table() {
        for served in [
            "",
            " ",
            ",",
            "*/*",
            "application/*",
            "application/taxii+json",
            "application/taxii+json;version=2.1",
            "application/taxii+json; version=2.1",
            "APPLICATION/Taxii+JSON ;VERSION=2.1",
            "application/taxii+json;version=\"2.1\"",
            "application/taxii+json;charset=utf-8;version=2.1",
            "text/html, application/taxii+json; version=\"2.1\";q=0.5",
            "application/json, text/plain, */*",
            "application/taxii+json;version=2.0, application/taxii+json;version=2.1",
            "application/stix+json;version=2.1, application/taxii+json",
            "text/html;q=0.9,*/*;q=0.001",
            "application/taxii+json;q=0, application/taxii+json;version=2.1",
            "x/y;a=\"1,2;3\", */*",
            "garbage, */*",
        ] {
            assert!(Accept::parse([served]).taxii(), "{served}");
        }
        for refused in [
            "application/taxii+json;version=2.0",
            "application/taxii+json;version=2.2",
            "application/taxii+json;version=9.9",
            "application/vnd.oasis.taxii+json",
            "application/json",
            "text/html",
            "application/stix+json;version=2.1",
            "application/taxii+json;version=2.1;q=0",
            "*/*;q=0",
            "*/*, application/taxii+json;q=0",
            "garbage",
            "*/*;q=2",
            "application/vnd.oasis.taxii+json; version=2.0",
            "application/taxii+json;version=2.10",
            "application/taxii+json;version=",
        ] {
            assert!(!Accept::parse([refused]).taxii(), "{refused}");
        }
        assert!(Accept::parse([]).taxii());
        assert!(Accept::parse(["text/html", "application/taxii+json"]).taxii(), "several lines are one list");
    }

    /// A browser is told from a program that says `text/html`.
    #[test]
    fn browsers_name_html_and_xhtml() {
        assert!(
            Accept::parse(["text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"]).browser()
        );
        assert!(!Accept::parse(["text/html"]).browser());
        assert!(!Accept::parse(["*/*"]).browser());
        assert!(!Accept::parse([]).browser());
    }

    /// AMB-04, TX-CN-05, TX-CN-07.
    #[test]
    fn content_type_table() {
        for good in [
            TAXII,
            "application/taxii+json",
            "application/stix+json; version=2.1",
            "Application/STIX+json",
            "application/taxii+json;charset=utf-8",
        ] {
            assert!(is_envelope(good), "{good}");
        }
        for bad in [
            "",
            "application/json",
            "text/plain",
            "application/taxii+json;version=2.0",
            "application/stix+json;version=2.0",
            "application/vnd.oasis.stix+json",
            "multipart/form-data",
            "*/*",
        ] {
            assert!(!is_envelope(bad), "{bad}");
        }
    }
}
