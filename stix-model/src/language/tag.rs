/// Is it a well-formed language tag (RFC 5646 §2.1)? Whether its codes are registered is not looked at.
///
/// ```
/// use stix_model::language::is_tag;
///
/// assert!(is_tag("de") && is_tag("zh-Hant-TW") && is_tag("de-CH-1996") && is_tag("x-house"));
/// assert!(!is_tag("de_CH") && !is_tag("de-") && !is_tag("e"));
/// ```
#[must_use]
pub fn is_tag(text: &str) -> bool {
    is_grandfathered(text) || is_private(text) || is_langtag(text)
}

/// Tags of older standards that do not follow the grammar (RFC 5646 §2.1, `irregular`).
const IRREGULAR: [&str; 17] = [
    "en-GB-oed",
    "i-ami",
    "i-bnn",
    "i-default",
    "i-enochian",
    "i-hak",
    "i-klingon",
    "i-lux",
    "i-mingo",
    "i-navajo",
    "i-pwn",
    "i-tao",
    "i-tay",
    "i-tsu",
    "sgn-BE-FR",
    "sgn-BE-NL",
    "sgn-CH-DE",
];

fn is_grandfathered(text: &str) -> bool {
    IRREGULAR.iter().any(|tag| tag.eq_ignore_ascii_case(text))
}

/// `privateuse`: nothing but `x` and what follows it.
fn is_private(text: &str) -> bool {
    let mut subtags = Subtags(text.split('-').collect::<Vec<_>>().into_iter().peekable());
    subtags.private() && subtags.is_end()
}

/// `langtag`: each part where its place is.
fn is_langtag(text: &str) -> bool {
    let mut subtags = Subtags(text.split('-').collect::<Vec<_>>().into_iter().peekable());
    let Some(language) = subtags.next_if(|tag| is_alpha(tag) && (2..=8).contains(&tag.len())) else { return false };
    if language.len() <= 3 {
        // `extlang`
        let _ = (0..3).all(|_| subtags.next_if(|tag| is_alpha(tag) && tag.len() == 3).is_some());
    }
    let _script = subtags.next_if(|tag| is_alpha(tag) && tag.len() == 4);
    let _region = subtags.next_if(|tag| (is_alpha(tag) && tag.len() == 2) || (is_digits(tag) && tag.len() == 3));
    while subtags.next_if(is_variant).is_some() {}
    while subtags.next_if(|tag| is_alphanumeric(tag) && tag.len() == 1 && !is_x(tag)).is_some() {
        let extension = |tag: &str| is_alphanumeric(tag) && (2..=8).contains(&tag.len());
        if !subtags.many(extension) {
            return false;
        }
    }
    subtags.is_end() || (subtags.private() && subtags.is_end())
}

struct Subtags<'t>(std::iter::Peekable<std::vec::IntoIter<&'t str>>);

impl<'t> Subtags<'t> {
    fn next_if(&mut self, fits: impl Fn(&str) -> bool) -> Option<&'t str> {
        self.0.next_if(|tag| fits(tag))
    }

    /// Takes all that fit; was there any?
    fn many(&mut self, fits: impl Fn(&str) -> bool) -> bool {
        let any = self.next_if(&fits).is_some();
        while self.next_if(&fits).is_some() {}
        any
    }

    fn private(&mut self) -> bool {
        self.next_if(is_x).is_some() && self.many(|tag| is_alphanumeric(tag) && (1..=8).contains(&tag.len()))
    }

    fn is_end(&mut self) -> bool {
        self.0.peek().is_none()
    }
}

fn is_variant(tag: &str) -> bool {
    let dated = tag.len() == 4 && tag.starts_with(|c: char| c.is_ascii_digit());
    is_alphanumeric(tag) && ((5..=8).contains(&tag.len()) || dated)
}

fn is_x(tag: &str) -> bool {
    tag.eq_ignore_ascii_case("x")
}

fn is_alpha(tag: &str) -> bool {
    tag.bytes().all(|c| c.is_ascii_alphabetic())
}

fn is_digits(tag: &str) -> bool {
    tag.bytes().all(|c| c.is_ascii_digit())
}

fn is_alphanumeric(tag: &str) -> bool {
    tag.bytes().all(|c| c.is_ascii_alphanumeric())
}

/// The best of several tags for a wanted one: the same in any case, else the same with less at its end (RFC 4647 §3.4).
///
/// ```
/// use stix_model::language::lookup;
///
/// assert_eq!(lookup("PT-br", ["de", "pt", "pt-BR"]), Some("pt-BR"));
/// assert_eq!(lookup("de-CH-1996", ["pt", "de"]), Some("de"));
/// assert_eq!(lookup("de", ["de-CH"]), None);
/// ```
#[must_use]
pub fn lookup<'t>(wanted: &str, tags: impl IntoIterator<Item = &'t str>) -> Option<&'t str> {
    let tags: Vec<&str> = tags.into_iter().collect();
    let mut wanted = wanted;
    loop {
        if let Some(tag) = tags.iter().find(|tag| tag.eq_ignore_ascii_case(wanted)) {
            return Some(tag);
        }
        (wanted, _) = wanted.rsplit_once('-')?;
        // A letter alone introduces what has just been cut off.
        if let Some((rest, single)) = wanted.rsplit_once('-')
            && single.len() == 1
        {
            wanted = rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CP-05, LC-5: the grammar of RFC 5646, with the examples of its appendix A.
    #[test]
    fn grammar() {
        for good in [
            "de",
            "i-enochian",
            "zh-Hant",
            "zh-cmn-Hans-CN",
            "yue-HK",
            "sr-Latn-RS",
            "sl-rozaj-biske",
            "de-CH-1901",
            "sl-IT-nedis",
            "hy-Latn-IT-arevela",
            "es-419",
            "de-CH-x-phonebk",
            "az-Arab-x-AZE-derbend",
            "x-whatever",
            "qaa-Qaaa-QM-x-southern",
            "en-US-u-islamcal",
            "zh-CN-a-myext-x-private",
            "en-a-myext-b-another",
            "art-lojban",
            "en-GB-oed",
            "EN-gb-OED",
            "zh-min-nan",
            "sgn-BE-FR",
            "abcd",
            "abcdefgh",
            "x-1-2-3",
            "ab-abc-abc-abc",
            "de-1996",
            "en-1-ab",
        ] {
            assert!(is_tag(good), "{good}");
        }
        for bad in [
            "",
            "-",
            "e",
            "x",
            "x-",
            "i",
            "i-nothing",
            "1a",
            "de-",
            "-de",
            "de--CH",
            "de_CH",
            "de CH",
            "a-DE",
            "de-419-DE",
            "ar-a",
            "ar-a-",
            "en-a-b",
            "ab-abc-abc-abc-abc",
            "abcd-abc",
            "abcdefghi",
            "de-x",
            "de-x-123456789",
            "de-é",
            "zh-Hant-Hans",
            "en-12",
            "deutsch-1",
            "de-CH-19",
        ] {
            assert!(!is_tag(bad), "{bad}");
        }
    }
}
