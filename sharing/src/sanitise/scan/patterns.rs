use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
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
const BUILT_IN: [(&str, &str); 11] = [
    ("mail", r"[\w.%+'\-]+@[\w\-]+(?:\.[\w\-]+)*"),
    // Quoted local parts, and addresses of hosts (RFC 5321 §4.1.2).
    ("mail", r"\x22[^\x22\n]{1,64}\x22@[\w\-]+(?:\.[\w\-]+)+"),
    ("mail", r"[\w.%+'\-]+@\[(?:ipv6:)?[0-9a-f:.]{7,}\]"),
    ("host", r"\b[\w\-]+(?:\.[\w\-]+)*\.(?:local|localdomain|lan|corp|internal|intranet|home\.arpa)\b"),
    ("path", r"(?:users|documents and settings)[\\/]+(?<leak>[^\\/:*?<>|\s'\x22,;]+)"),
    ("path", r"/(?:home|users)/(?<leak>[^/\s'\x22,;:]+)"),
    // A share of a host without a domain, or with a drive.
    ("path", r"(?:^|[\s='\x22(,;])\\{2,4}(?<leak>[\w\-]+)\\+[\w\-]+\$?"),
    ("path", r"(?:^|[\s='\x22(,;])\\{2,4}(?<leak>[\w.\-]+)\\+[a-z]\$"),
    // Serial numbers look alike, and are longer.
    ("mac", r"(?:^|[^0-9a-f:\-])(?<leak>(?:[0-9a-f]{2}[:\-]){5}[0-9a-f]{2})(?:$|[^0-9a-f:\-])"),
    // As switches and routers write them.
    ("mac", r"(?:^|[^0-9a-f.:\-])(?<leak>[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4})(?:$|[^0-9a-f.:\-]|\.(?:$|[^0-9a-f]))"),
    ("account", r"\bs-1-5-21-\d+-\d+-\d+(?:-\d+)?\b"),
];

/// Folders that everybody has, and what stands for a name.
const NOBODY: [&str; 11] =
    ["public", "default", "all", "defaultuser0", "user", "username", "*", "%username%", "<user>", "$user", "[removed]"];

pub(super) fn compiled(settings: &Scan) -> Result<Vec<Compiled>, InvalidScan> {
    let built_in = BUILT_IN.iter().map(|(rule, regex)| compile(rule, regex));
    let own = settings.patterns.iter().map(|own| Ok(Compiled { rule: own.rule.clone(), regex: own.compiled()? }));
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
    /// Three numbers with dots between them are rather a version than a network card.
    fn is_number(&self, leak: &str) -> bool {
        self.rule == "mac" && leak.contains('.') && leak.bytes().all(|byte| byte == b'.' || byte.is_ascii_digit())
    }

    pub(super) fn find<'t>(&'t self, text: &'t str) -> impl Iterator<Item = Range<usize>> + 't {
        self.regex.captures_iter(text).filter_map(|found| {
            let leak = found.name("leak");
            if leak.is_some_and(|leak| NOBODY.contains(&leak.as_str()) || self.is_number(leak.as_str())) {
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
    /// Those of the list.
    own: Vec<IpNet>,
    address: [Regex; 2],
    reversed: [Regex; 2],
    number: Regex,
    octal: Regex,
}

/// Wider networks have addresses that are as numbers nothing special.
const NARROW: u8 = 16;

/// Wider networks tell of nobody in them.
const WIDEST: [u8; 2] = [8, 16];

/// RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291 §2.5.6.
const INTERNAL: [&str; 7] =
    ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "fc00::/7", "fe80::/10"];

impl Networks {
    pub(super) fn new(own: &[String]) -> Result<Self, InvalidScan> {
        let parse = |text: &str| network(text).ok_or_else(|| InvalidScan::Network(text.to_owned()));
        let own = own.iter().map(String::as_str).map(parse).collect::<Result<Vec<_>, _>>()?;
        let internal = INTERNAL.into_iter().map(parse).collect::<Result<Vec<_>, _>>()?;
        let all = internal.into_iter().chain(own.iter().copied()).collect();
        let regex = |text: &str| compile("network", text).map(|compiled| compiled.regex);
        let address = [regex(r"\d{1,3}(?:\.\d{1,3}){3}")?, regex("[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}")?];
        let reversed = [regex(r"((?:\d{1,3}\.){1,4})in-addr\.arpa")?, regex(r"((?:[0-9a-f]\.){1,32})ip6\.arpa")?];
        let number = regex(r"\b(?:0x[0-9a-f]{8}|\d{8,10})\b")?;
        let octal = regex(r"\b0[0-7]{0,3}(?:\.0[0-7]{0,3}){3}\b")?;
        Ok(Self { all, own, address, reversed, number, octal })
    }

    pub(super) fn find(&self, text: &str) -> Vec<Range<usize>> {
        let mut leaks = Vec::new();
        for found in self.address.iter().flat_map(|address| address.find_iter(text)) {
            if self.has(found.as_str()) {
                leaks.push(found.range());
            } else if let Some(end) = self.around(text, &found.range()) {
                leaks.push(found.start()..end);
            }
        }
        let [v4, v6] = &self.reversed;
        for (regex, forward) in [(v4, forward_v4 as fn(&str) -> Option<IpNet>), (v6, forward_v6)] {
            let found =
                regex.captures_iter(text).filter_map(|found| Some((found.get(0)?, forward(found.get(1)?.as_str())?)));
            let told = found
                .filter(|(_, network)| self.all.iter().any(|one| one.contains(network) || is_around(network, one)));
            leaks.extend(told.map(|(found, _)| found.range()));
        }
        if self.own.iter().any(is_narrow) {
            let numbers =
                self.number.find_iter(text).filter(|found| number(found.as_str()).is_some_and(|at| self.lists(at)));
            let octals =
                self.octal.find_iter(text).filter(|found| octal(found.as_str()).is_some_and(|at| self.lists(at)));
            leaks.extend(numbers.chain(octals).map(|found| found.range()));
        }
        leaks
    }

    /// Where a network ends that begins with this address and has one of the list in it.
    fn around(&self, text: &str, address: &Range<usize>) -> Option<usize> {
        let rest = text.get(address.end..)?.strip_prefix('/').filter(|_| !self.own.is_empty())?;
        let digits = rest.bytes().take(3).take_while(u8::is_ascii_digit).count();
        let end = address.end + 1 + digits;
        let network: IpNet = text.get(address.start..end)?.parse().ok()?;
        self.own.iter().any(|own| is_around(&network, own)).then_some(end)
    }

    /// Is it an address of a narrow network of the list?
    fn lists(&self, address: u32) -> bool {
        let address = IpAddr::from(Ipv4Addr::from(address));
        self.own.iter().any(|own| is_narrow(own) && own.contains(&address))
    }

    fn has(&self, text: &str) -> bool {
        // Octets may have zeros in front, which the parser does not take.
        let octets: Vec<String> = text.split('.').map(|octet| octet.trim_start_matches('0').to_owned()).collect();
        let plain = octets.iter().map(|octet| if octet.is_empty() { "0" } else { octet }).collect::<Vec<_>>().join(".");
        let address: Option<IpAddr> = text.parse().ok().or_else(|| plain.parse().ok());
        address.is_some_and(|address| self.all.iter().any(|network| network.contains(&address.to_canonical())))
    }
}

fn is_narrow(network: &IpNet) -> bool {
    matches!(network, IpNet::V4(network) if network.prefix_len() >= NARROW)
}

/// Has the first network the other one in it, and is not so wide that this says nothing?
fn is_around(network: &IpNet, inner: &IpNet) -> bool {
    let [v4, v6] = WIDEST;
    let widest = if matches!(network, IpNet::V4(_)) { v4 } else { v6 };
    network.prefix_len() >= widest && network.contains(inner)
}

/// An address as one number.
fn number(text: &str) -> Option<u32> {
    match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// An address whose numbers are octal.
fn octal(text: &str) -> Option<u32> {
    text.split('.').try_fold(0, |address, part| {
        let octet = u8::from_str_radix(part, 8).ok()?;
        Some((address << 8) | u32::from(octet))
    })
}

/// The network of a name in `in-addr.arpa`.
fn forward_v4(reversed: &str) -> Option<IpNet> {
    let octets: Vec<&str> = reversed.trim_end_matches('.').rsplit('.').collect();
    let prefix = u8::try_from(octets.len() * 8).ok()?;
    let address = octets
        .iter()
        .copied()
        .chain(["0"; 4])
        .take(4)
        .try_fold(0_u32, |address, octet| Some((address << 8) | u32::from(octet.parse::<u8>().ok()?)))?;
    IpNet::new(Ipv4Addr::from(address).into(), prefix).ok()
}

/// The network of a name in `ip6.arpa`.
fn forward_v6(reversed: &str) -> Option<IpNet> {
    let digits: Vec<&str> = reversed.trim_end_matches('.').rsplit('.').collect();
    let prefix = u8::try_from(digits.len() * 4).ok()?;
    let digits: String = digits.iter().copied().chain(["0"; 32]).take(32).collect();
    IpNet::new(Ipv6Addr::from(u128::from_str_radix(&digits, 16).ok()?).into(), prefix).ok()
}
