use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use proptest::prelude::*;

use super::*;

fn scanner() -> &'static Scanner {
    static SCANNER: LazyLock<Scanner> = LazyLock::new(made);
    &SCANNER
}

fn made() -> Scanner {
    let text = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect();
    let scan = Scan {
        names: text(&["Acme Clinic", "Jörg Müller", "KLS"]),
        domains: text(&["acme-clinic.example"]),
        networks: text(&["203.0.113.0/24"]),
        patterns: vec![Own { rule: "ticket".to_owned(), regex: r"inc-\d{5}".to_owned() }],
        ..Scan::default()
    };
    Scanner::new(&scan).unwrap()
}

/// The first rule that a text trips.
fn rule(text: &str) -> Option<String> {
    scanner().first(text)
}

/// What tells of a victim is found by its rule, however it is written.
#[test]
fn leaks_are_found() {
    for (text, expected) in [
        ("seen at Acme Clinic", "name"),
        ("ACMECLINIC", "name"),
        ("acme_clinic-vpn01", "name"),
        ("A.c.m.e C-l-i-n-i-c", "name"),
        ("ac\u{200b}me cli\u{ad}nic", "name"),
        ("аcmе сliniс", "name"),
        ("jorg muller", "name"),
        ("%41cme%20Clinic", "name"),
        (r"\u0041\u0063\u006d\u0065 Clinic", "name"),
        ("%2541cme%2520Clinic", "name"),
        ("the KLS network", "name"),
        ("mail to jo@partner.example", "mail"),
        ("jo [at] partner [dot] example", "mail"),
        ("jo at partner dot example", "mail"),
        ("on 10.1.2.3", "network"),
        ("on 10[.]1[.]2[.]3", "network"),
        ("on 010.001.002.003", "network"),
        ("10.0.0.0/8", "network"),
        ("fd12:3456::1", "network"),
        ("::ffff:10.1.2.3", "network"),
        ("203.0.113.77", "network"),
        ("dc01.ad.corp", "host"),
        (r"C:\Users\jdoe\AppData\x.exe", "path"),
        (r"C:\\Users\\jdoe\\x.exe", "path"),
        ("/home/jdoe/.ssh", "path"),
        (r"copied to \\filesrv01\c$", "path"),
        ("00-50-56-ab-cd-ef", "mac"),
        ("S-1-5-21-1-2-3-500", "account"),
        ("see INC-00042", "ticket"),
    ] {
        assert_eq!(rule(text).as_deref(), Some(expected), "{text}");
    }
    let domain = scanner().leaks("https://vpn.acme-clinic.example/x").unwrap();
    assert!(domain.iter().any(|leak| leak.rule == "domain"));
}

/// Octets that are written one by one say what they say: in rules of YARA and Snort, in programs, in dumps.
#[test]
fn octets_one_by_one_are_read() {
    let octets = |join: &str, write: &dyn Fn(u8) -> String| {
        "acme-clinic.example".bytes().map(write).collect::<Vec<_>>().join(join)
    };
    let plain = |byte: u8| format!("{byte:02x}");
    let hex = octets("", &plain);
    for text in [
        format!("rule x {{ strings: $a = {{ {} }} condition: $a }}", octets(" ", &plain)),
        format!(
            "rule x {{ strings: $a = {{\n    {}\n}} condition: $a }}",
            octets("\n    ", &|byte| format!("{byte:02X}"))
        ),
        format!("alert tcp any any -> any any (content:\"|{}|\"; sid:1;)", octets(" ", &plain)),
        "alert tcp any any -> any any (content:\"x acme|2d|clinic|2E 65|xample\"; sid:1;)".to_owned(),
        octets(" ", &|byte| format!("0x{byte:02x}")),
        octets(", ", &|byte| format!("0x{byte:02X}")),
        octets("", &|byte| format!("\\x{byte:02x}")),
        octets("\" \"", &|byte| format!("\\x{byte:02x}")),
        octets(":", &plain),
        hex.as_bytes().chunks(4).map(|pair| std::str::from_utf8(pair).unwrap()).collect::<Vec<_>>().join(" "),
        octets(" ", &|byte| format!("{byte:02x} 00")),
        STANDARD.encode(octets(" ", &plain)),
    ] {
        let rules: Vec<String> = scanner().leaks(&text).unwrap().into_iter().map(|leak| leak.rule).collect();
        assert!(rules.contains(&"domain".to_owned()), "{text}: {rules:?}");
    }
    let text = format!("before 12 {} zz after", octets(" ", &plain));
    assert!(matches!(scanner().redact(&text), Outcome::Redacted(rest, _) if rest == "before 12 [removed] zz after"));
    for text in [
        "rule x { strings: $a = { 4d 5a 90 00 03 00 00 00 04 00 00 00 ff ff } condition: $a }",
        "alert tcp any any -> any any (content:\"|de ad be ef|GET /evil|2e|php\"; sid:1;)",
        "unsigned char code[] = { 0xfc, 0x48, 0x83, 0xe4, 0xf0, 0xe8 };",
        "a | 40 | b, |40|, || and |",
        "at 10:11:12 on 20-11-19",
    ] {
        assert_eq!(rule(text), None, "{text}");
    }
}

/// Other ways to write a name, a mail address, the address of a network card, an address or a network of the list.
#[test]
fn other_spellings_are_found() {
    for (text, expected) in [
        ("Acme&nbsp;Clinic", "name"),
        ("Acme&nbspClinic", "name"),
        ("Acme&amp;nbsp;Clinic", "name"),
        ("Acme&ndash;Cl&iacute;nic", "name"),
        ("J&ouml;rg&ensp;M&uuml;ller", "name"),
        ("ᴀᴄᴍᴇ ᴄʟɪɴɪᴄ", "name"),
        ("Ⓐⓒⓜⓔ 🅒🅛🅘🅝🅘🅒", "name"),
        ("\"j doe\"@victim.example", "mail"),
        ("jdoe@[198.51.100.7]", "mail"),
        ("jdoe&commat;victim.example", "mail"),
        ("at 001b.4411.3ab7.", "mac"),
        ("77.113.0.203.in-addr.arpa", "network"),
        ("113.0.203.in-addr.arpa", "network"),
        ("7.1.168.192.in-addr.arpa", "network"),
        ("b.a.9.8.7.6.5.4.3.2.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.2.1.d.f.ip6.arpa", "network"),
        ("3405803853", "network"),
        ("0xCB00714D", "network"),
        ("0313.0.0161.0115", "network"),
        ("203.0.0.0/16", "network"),
        ("::ffff:cb00:714d", "network"),
    ] {
        assert_eq!(rule(text).as_deref(), Some(expected), "{text}");
    }
    for text in [
        "build 2019.0904.1234 of 001b.4411.3ab7.99ff",
        "7.100.51.198.in-addr.arpa",
        "0.0.0.0/0 and 198.51.0.0/16 and 192.0.0.0/4",
        "3325256711 bytes, 1700000000, 0xdeadbeef",
        "010.001.002 012.034.100.200",
        "https://c2.example/?a=1&copy=2&b;=3",
        "\"evil\"@en",
    ] {
        assert_eq!(rule(text), None, "{text}");
    }
}

/// What malware is and does is no leak.
#[test]
fn facts_are_no_leaks() {
    for text in [
        "",
        "Night Heron beacons to 198.51.100.7 and c2.evil.example over 443",
        r"drops C:\Windows\System32\evil.dll and %APPDATA%\x.exe",
        r"C:\Users\Public\x.exe, C:\Users\*\AppData, /home/*/x",
        r"HKEY_LOCAL_MACHINE\Software\Microsoft\Windows\CurrentVersion\Run",
        "841a8921140aba50671ebb0770fecc4ee308c4952cfeff8de154ab14eeef4649",
        "version 1.2.3.4 of 2026-01-01T00:00:00.000Z",
        "2001:db8::1",
        "CVE-2026-12345 T1059.001",
        "[removed]",
        "36:f7:d4:32:f4:ab:70:ea:d3:ce:98:6e:ea:99:93:49:32:0a:b7:06",
        "hosted at evil.example and seen at 198.51.100.7",
        "weakls and kalsium",
    ] {
        assert_eq!(rule(text), None, "{text}");
    }
}

/// Hashes, keys and other random bytes are no leaks: facts that consist of them are kept.
#[test]
fn random_bytes_are_no_leaks() {
    let mut digest = crate::flow::sha256(b"seed");
    let mut wrong = Vec::new();
    for _ in 0..200 {
        let next = crate::flow::sha256(digest.as_bytes());
        let octets = format!("{digest}{next}").into_bytes();
        let octet = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        let key = STANDARD.encode(octets.chunks(2).map(octet).collect::<Vec<u8>>());
        let leaks = [&digest, &key].map(|text| rule(text).map(|rule| (rule, text.clone())));
        wrong.extend(leaks.into_iter().flatten());
        digest = next;
    }
    assert!(wrong.len() <= 1, "{wrong:?}");
}

/// Of a free text, only the leaks go, and the words that tell of nothing stay.
#[test]
fn leaks_are_taken_out() {
    let redacted = |text| match scanner().redact(text) {
        Outcome::Redacted(text, _) => text,
        other => panic!("{other:?}"),
    };
    assert_eq!(redacted("At Acme Clinic, Night Heron used 10.0.0.1."), "At [removed], Night Heron used [removed].");
    assert_eq!(redacted("id QWNtZSBDbGluaWM= end"), "id [removed]= end");
    assert_eq!(redacted("x %41cme Clinic y"), "x [removed] y");
    assert_eq!(scanner().redact("Night Heron"), Outcome::Clean);
}

/// A rule does what the settings say.
#[test]
fn rules_have_actions() {
    let scan = |action| Scan { actions: [("mail".to_owned(), action)].into(), ..Scan::default() };
    let outcome = |action| Scanner::new(&scan(action)).unwrap().redact("jo@a.example");
    assert_eq!(outcome(Action::Reject), Outcome::Rejected("mail".to_owned()));
    assert_eq!(outcome(Action::Keep), Outcome::Clean);
    assert_eq!(outcome(Action::Redact), Outcome::Redacted(REMOVED.to_owned(), vec!["mail".to_owned()]));
}

/// Settings that would find everything, or nothing, are refused with what to do.
#[test]
fn settings_are_checked() {
    let one = |text: &str| vec![text.to_owned()];
    for (scan, problem) in [
        (Scan { names: one("a-b"), ..Scan::default() }, "write it in full"),
        (Scan { networks: one("10.0.0"), ..Scan::default() }, "write it like"),
        (
            Scan { patterns: vec![Own { rule: "x".into(), regex: "(".into() }], ..Scan::default() },
            "no regular expression",
        ),
        (Scan { actions: [("x".to_owned(), Action::Keep)].into(), ..Scan::default() }, "there are account"),
    ] {
        let error = Scanner::new(&scan).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
        assert_eq!(scan.check().unwrap_err().to_string(), error);
    }
}

/// An expression of one's own is refused when it is read, not when something is to leave, and finds what it was written for in
/// any case.
#[test]
fn own_expressions_are_checked_when_they_are_read() {
    for regex in ["(", ""] {
        let text =
            format!("name = \"x\"\nbased_on = \"technical\"\n[[scan.pattern]]\nrule = \"x\"\nregex = \"{regex}\"");
        let error = crate::sanitise::Profile::read(&text).unwrap_err().to_string();
        assert!(error.contains("scan: the pattern of rule \"x\" is no regular expression"), "{error}");
    }
    let own = Own { rule: "ticket".to_owned(), regex: r"INC-\d+".to_owned() };
    let scanner = Scanner::new(&Scan { patterns: vec![own], ..Scan::default() }).unwrap();
    assert_eq!(scanner.first("see INC-123 and inc-124").as_deref(), Some("ticket"));
}

/// A text in which too much is packed does not leave.
#[test]
fn what_cannot_be_read_does_not_leave() {
    assert_eq!(rule(&"QUFB".repeat(MOST / 4)).as_deref(), Some("unreadable"));
    assert_eq!(rule(&"An ordinary description of considerable length. ".repeat(200)), None);
}

/// The ways in which a text can be hidden in another.
fn hidden(text: &str, way: usize) -> String {
    let each = |write: &dyn Fn(u8) -> String| text.bytes().map(write).collect::<String>();
    match way {
        0 => text.to_uppercase(),
        1 => STANDARD.encode(text),
        2 => STANDARD_NO_PAD.encode(text),
        3 => URL_SAFE.encode(text),
        4 => STANDARD.encode(STANDARD.encode(text)),
        5 => each(&|byte| format!("%{byte:02X}")),
        6 => text.chars().map(|c| format!("\\u{:04x}", c as u32)).collect(),
        7 => each(&|byte| format!("{byte:02x}")),
        8 => text.chars().flat_map(|c| [c, ' ']).collect(),
        9 => text.chars().flat_map(|c| [c, '\u{200b}']).collect(),
        10 => text.chars().map(|c| format!("&#{};", c as u32)).collect(),
        _ => text.chars().flat_map(|c| [c, '-']).collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Wherever and however a name is hidden, it is found, and nothing of it is left.
    #[test]
    fn hidden_names_are_found(before in "[a-zA-Z0-9 .,=/%\\\\]{0,30}", after in "[a-zA-Z0-9 .,=/%\\\\]{0,30}", way in 0..12_usize) {
        let text = format!("{before} {} {after}", hidden("Acme Clinic", way));
        prop_assert!(scanner().first(&text).is_some(), "{}", text);
        if let Outcome::Redacted(rest, _) = scanner().redact(&text) {
            prop_assert!(!letters(&rest).contains("acmeclinic"), "{} became {}", text, rest);
        }
    }

    /// Any text is looked through, and what is redacted is clean.
    #[test]
    fn any_text_is_looked_through(text in ".{0,200}") {
        if let Outcome::Redacted(rest, _) = scanner().redact(&text) {
            prop_assert_eq!(scanner().first(&rest), None);
        }
    }
}
