use std::fmt;

/// One way to authenticate that a server offers in `WWW-Authenticate` (RFC 9110 §11.6.1).
///
/// ```
/// use taxii_client::Challenge;
///
/// let offers = Challenge::parse(r#"Basic realm="taxii", type=1, title="Login to \"apps\"", Basic realm="simple""#);
/// assert_eq!(offers.len(), 2);
/// assert_eq!(offers[0].parameter("title"), Some("Login to \"apps\""));
/// assert_eq!(offers[1].to_string(), "Basic realm=\"simple\"");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The scheme, as the server spells it: `Basic`.
    pub scheme: String,
    /// Names in lower case, values without quotes. A `token68` stands under the empty name.
    pub parameters: Vec<(String, String)>,
}

impl Challenge {
    /// Reads the value of one header line, which may hold several challenges. What cannot be read is
    /// passed over.
    #[must_use]
    pub fn parse(line: &str) -> Vec<Self> {
        let mut challenges: Vec<Self> = Vec::new();
        for item in items(line) {
            let (scheme, parameter) = split(&item);
            if let Some(scheme) = scheme {
                challenges.push(Self { scheme: scheme.to_owned(), parameters: Vec::new() });
            }
            if let (Some(last), Some(parameter)) = (challenges.last_mut(), parameter) {
                last.parameters.push(parameter);
            }
        }
        challenges
    }

    /// The value of a parameter; names in lower case.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The protection space, which tells people which password is wanted.
    #[must_use]
    pub fn realm(&self) -> Option<&str> {
        self.parameter("realm")
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.scheme)?;
        self.realm().map_or(Ok(()), |realm| write!(f, " realm={realm:?}"))
    }
}

/// The parts between commas, except commas in quoted strings.
fn items(line: &str) -> Vec<String> {
    let (mut items, mut item) = (Vec::new(), String::new());
    let (mut quoted, mut escaped) = (false, false);
    for c in line.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => {
                items.push(std::mem::take(&mut item));
                continue;
            }
            _ => {}
        }
        item.push(c);
    }
    items.push(item);
    items.iter().map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
}

/// `Scheme`, `Scheme name=value`, `Scheme token68==` or `name=value`.
fn split(item: &str) -> (Option<&str>, Option<(String, String)>) {
    let end = item.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(item.len());
    let (word, rest) = item.split_at(end);
    let rest = rest.trim_start();
    match rest.strip_prefix('=') {
        Some(value) => (None, Some((word.to_ascii_lowercase(), unquote(value)))),
        None if rest.is_empty() => (Some(word), None),
        None => (Some(word), Some(argument(rest))),
    }
}

fn argument(text: &str) -> (String, String) {
    match text.split_once('=') {
        Some((name, value)) if !value.is_empty() && !value.trim_start_matches('=').is_empty() => {
            (name.trim().to_ascii_lowercase(), unquote(value))
        }
        _ => (String::new(), text.to_owned()),
    }
}

fn unquote(value: &str) -> String {
    let value = value.trim();
    let Some(inside) = value.strip_prefix('"') else { return value.to_owned() };
    let (mut text, mut escaped) = (String::new(), false);
    for c in inside.chars() {
        match c {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => break,
            _ => {
                escaped = false;
                text.push(c);
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Interoperability case 3.1.1: several challenges in one field, quotes in quotes.
    #[test]
    fn reads_what_servers_offer() {
        for (line, expected) in [
            (
                r#"Basic realm="taxii", type=1, title="Login to \"apps\"", Basic realm="simple""#,
                "Basic realm=\"taxii\" | Basic realm=\"simple\"",
            ),
            ("Basic", "Basic"),
            ("Negotiate, Bearer realm=api, error=\"x, y\"", "Negotiate | Bearer realm=\"api\""),
            ("Negotiate YWJj==", "Negotiate"),
            ("basic REALM = \"a,b\"", "basic realm=\"a,b\""),
            ("", ""),
            (", ,", ""),
            ("Basic realm=\"never closed", "Basic realm=\"never closed\""),
        ] {
            let shown: Vec<String> = Challenge::parse(line).iter().map(Challenge::to_string).collect();
            assert_eq!(shown.join(" | "), expected, "{line}");
        }
        let negotiate = Challenge::parse("Negotiate YWJj==");
        assert_eq!(negotiate[0].parameter(""), Some("YWJj=="));
    }
}
