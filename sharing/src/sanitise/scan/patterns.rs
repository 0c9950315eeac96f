use std::net::IpAddr;
use std::ops::Range;

use ipnet::IpNet;
use regex::Regex;

use super::settings::{InvalidScan, Scan, network};

/// A regular expression; what its group `leak` finds is the leak, else the whole.
#[derive(Clone, Debug)]
pub(super) struct Compiled {
    pub(super) rule: String,
    regex: Regex,
}

/// Rule and expression, against text in lower case.
const BUILT_IN: [(&str, &str); 8] = [
    ("mail", r"[\w.%+'\-]+@[\w\-]+(?:\.[\w\-]+)*"),
    ("host", r"\b[\w\-]+(?:\.[\w\-]+)*\.(?:local|localdomain|lan|corp|internal|intranet|home\.arpa)\b"),
    ("path", r"(?:users|documents and settings)[\\/]+(?<leak>[^\\/:*?<>|\s'\x22,;]+)"),
    ("path", r"/(?:home|users)/(?<leak>[^/\s'\x22,;:]+)"),
    // A share of a host without a domain, or with a drive.
    ("path", r"(?:^|[\s='\x22(,;])\\{2,4}(?<leak>[\w\-]+)\\+[\w\-]+\$?"),
    ("path", r"(?:^|[\s='\x22(,;])\\{2,4}(?<leak>[\w.\-]+)\\+[a-z]\$"),
    // Serial numbers look alike, and are longer.
    ("mac", r"(?:^|[^0-9a-f:\-])(?<leak>(?:[0-9a-f]{2}[:\-]){5}[0-9a-f]{2})(?:$|[^0-9a-f:\-])"),
    ("account", r"\bs-1-5-21-\d+-\d+-\d+(?:-\d+)?\b"),
];

/// Folders that everybody has, and what stands for a name.
const NOBODY: [&str; 11] =
    ["public", "default", "all", "defaultuser0", "user", "username", "*", "%username%", "<user>", "$user", "[removed]"];

pub(super) fn compiled(settings: &Scan) -> Result<Vec<Compiled>, InvalidScan> {
    let built_in = BUILT_IN.iter().map(|(rule, regex)| compile(rule, regex));
    let own = settings.patterns.iter().map(|own| compile(&own.rule, &own.regex));
    let domains = settings.domains.iter().map(|domain| {
        let domain = domain.trim_matches('.').to_lowercase();
        compile("domain", &format!(r"(?:[\w\-]+\.)*{}", regex::escape(&domain)))
    });
    built_in.chain(own).chain(domains).collect()
}

fn compile(rule: &str, regex: &str) -> Result<Compiled, InvalidScan> {
    let problem = |error: regex::Error| InvalidScan::Regex { rule: rule.to_owned(), problem: error.to_string() };
    Ok(Compiled { rule: rule.to_owned(), regex: Regex::new(regex).map_err(problem)? })
}

impl Compiled {
    pub(super) fn find<'t>(&'t self, text: &'t str) -> impl Iterator<Item = Range<usize>> + 't {
        self.regex.captures_iter(text).filter_map(|found| {
            let leak = found.name("leak");
            if leak.is_some_and(|leak| NOBODY.contains(&leak.as_str())) {
                return None;
            }
            leak.or_else(|| found.get(0)).filter(|leak| !leak.is_empty()).map(|leak| leak.range())
        })
    }
}

/// Networks whose addresses do not leave.
#[derive(Clone, Debug)]
pub(super) struct Networks {
    all: Vec<IpNet>,
    address: [Regex; 2],
}

/// RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291 §2.5.6.
const INTERNAL: [&str; 7] =
    ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "fc00::/7", "fe80::/10"];

impl Networks {
    pub(super) fn new(own: &[String]) -> Result<Self, InvalidScan> {
        let parse = |text: &str| network(text).ok_or_else(|| InvalidScan::Network(text.to_owned()));
        let all = INTERNAL.into_iter().chain(own.iter().map(String::as_str)).map(parse).collect::<Result<_, _>>()?;
        let regex = |text: &str| compile("network", text).map(|compiled| compiled.regex);
        let address = [regex(r"\d{1,3}(?:\.\d{1,3}){3}")?, regex("[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}")?];
        Ok(Self { all, address })
    }

    pub(super) fn find<'t>(&'t self, text: &'t str) -> impl Iterator<Item = Range<usize>> + 't {
        let found = self.address.iter().flat_map(|address| address.find_iter(text));
        found.filter(|found| self.has(found.as_str())).map(|found| found.range())
    }

    fn has(&self, text: &str) -> bool {
        // Octets may have zeros in front, which the parser does not take.
        let octets: Vec<String> = text.split('.').map(|octet| octet.trim_start_matches('0').to_owned()).collect();
        let plain = octets.iter().map(|octet| if octet.is_empty() { "0" } else { octet }).collect::<Vec<_>>().join(".");
        let address: Option<IpAddr> = text.parse().ok().or_else(|| plain.parse().ok());
        address.is_some_and(|address| self.all.iter().any(|network| network.contains(&address.to_canonical())))
    }
}
