//! From text to an agreement.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use stix_model::marking::tlp::TlpLevel;
use toml::de::DeTable;

use super::section::{Notes, Section};
use super::{Agreement, Exchange, Finding, InvalidAgreement, Onward, Party, Severity, SignOff, Terms, check, sign};

const TLP: &str = "write clear, green, amber, amber+strict or red";
const PAP: &str = "write clear, green, amber or red";

impl Agreement {
    /// Reads an agreement, and what is questionable about it.
    ///
    /// # Errors
    /// It is none, or contradicts itself; with everything that is wrong with it.
    pub fn read(text: &str) -> Result<(Self, Vec<Finding>), InvalidAgreement> {
        let notes = Notes::new(text);
        let table = match DeTable::parse(text) {
            Ok(table) => table,
            Err(error) => {
                let at = error.span().unwrap_or_default();
                notes.add(Severity::Error, &at, "document", error.message().to_owned(), "write it in TOML 1.0");
                return Err(InvalidAgreement(notes.finish()));
            }
        };
        let document = Section::new(&notes, table.get_ref(), 0..0, String::new());
        let agreement = agreement(&document, &sign::digest_of(table.get_ref()));
        let findings = notes.finish();
        let is_wrong = findings.iter().any(|finding| finding.severity == Severity::Error);
        match agreement.filter(|_| !is_wrong) {
            Some(agreement) => Ok((agreement, findings)),
            None => Err(InvalidAgreement(findings)),
        }
    }
}

fn agreement(document: &Section<'_, '_>, digest: &str) -> Option<Agreement> {
    let id = document.required_text("id");
    let title = document.text("title");
    let continues = document.text("continues");
    let purposes = document.texts("purposes").unwrap_or_default();
    let (valid_from, valid_until) = (document.instant("valid_from"), document.instant("valid_until"));
    let parties = each(document.sections("party"), party);
    let terms_section = document.section("terms");
    let terms = terms_section.as_ref().map_or_else(Terms::default, |section| terms(section, &Terms::default(), true));
    let exchanges = each(document.sections("exchange"), |section| exchange(section, &terms));
    let signed = each(document.sections("signed"), sign_off);
    document.close();
    check::document(document, &purposes, valid_from, valid_until);
    check::parties(document, &parties);
    check::exchanges(document, &exchanges, &parties);
    check::sign_offs(&signed, &parties, digest);
    Some(Agreement {
        id: id?,
        title,
        continues,
        purposes,
        valid_from: valid_from?,
        valid_until: valid_until?,
        parties: parties.into_iter().filter_map(|(_, party)| party).collect(),
        terms,
        exchanges: exchanges.into_iter().filter_map(|(_, exchange)| exchange).collect(),
        signed: signed.into_iter().filter_map(|(_, signed)| signed).collect(),
        digest: digest.to_owned(),
    })
}

/// What each table says, beside the table.
fn each<'n, 't, T>(
    sections: Vec<Section<'n, 't>>,
    read: impl Fn(&Section<'n, 't>) -> Option<T>,
) -> Vec<(Section<'n, 't>, Option<T>)> {
    let both = |section: Section<'n, 't>| {
        let value = read(&section);
        (section, value)
    };
    sections.into_iter().map(both).collect()
}

fn party(section: &Section<'_, '_>) -> Option<Party> {
    let name = section.required_text("name");
    let identity = section.required_parsed("identity", "write the id of an identity: identity--…");
    let key = bytes(section, "key", 32, "write the 32 bytes of an Ed25519 key in Base64");
    let contact = section.text("contact");
    section.close();
    Some(Party { name: name?, identity: identity?, key, contact })
}

fn bytes(section: &Section<'_, '_>, name: &'static str, count: usize, advice: &str) -> Option<Vec<u8>> {
    let text = section.text(name)?;
    let bytes = STANDARD.decode(&text).ok().filter(|bytes| bytes.len() == count);
    if bytes.is_none() {
        section.error(name, "it has another form or length", advice);
    }
    bytes
}

/// Terms, where they differ from others.
fn terms(section: &Section<'_, '_>, base: &Terms, closes: bool) -> Terms {
    let unmarked = match section.text("unmarked").as_deref() {
        None => base.unmarked,
        Some("stay") => None,
        Some(_) => section.parsed("unmarked", "write stay, or a TLP level").or(base.unmarked),
    };
    let tlp = section.parsed("tlp", TLP).unwrap_or(base.tlp);
    let terms = Terms {
        tlp,
        pap: section.parsed("pap", PAP).unwrap_or(base.pap),
        unmarked,
        profile: section.text("profile").unwrap_or_else(|| base.profile.clone()),
        types: section.texts("types").unwrap_or_else(|| base.types.clone()),
        release: section.texts("release").unwrap_or_else(|| base.release.clone()),
        encrypted: section.boolean("encrypted").unwrap_or(base.encrypted),
        retention_days: section.number("retention_days").or(base.retention_days),
        onward: section.section("onward").map_or_else(|| base.onward.clone(), |onward| self::onward(&onward, tlp)),
    };
    check::types(section, &terms.types, &base.types);
    if terms != *base {
        check::terms(section, &terms);
    }
    if closes {
        section.close();
    }
    terms
}

fn onward(section: &Section<'_, '_>, most: TlpLevel) -> Onward {
    let allowed = section.boolean("allowed").unwrap_or_else(|| {
        section.error("allowed", "it is not said whether it may be passed on", "write allowed = true or false");
        false
    });
    let max_hops = section.number("max_hops").unwrap_or(0);
    let tlp = section.parsed("tlp", TLP).unwrap_or(most);
    section.close();
    Onward { allowed, max_hops, tlp }
}

fn exchange(section: &Section<'_, '_>, base: &Terms) -> Option<Exchange> {
    let (from, to) = (section.required_text("from"), section.required_text("to"));
    let collection = section.required_text("collection");
    let terms = terms(section, base, false);
    section.close();
    Some(Exchange { from: from?, to: to?, collection: collection?, terms })
}

fn sign_off(section: &Section<'_, '_>) -> Option<SignOff> {
    let (party, by) = (section.required_text("party"), section.required_text("by"));
    let at = section.instant("at");
    let terms = section.required_text("terms");
    let signature = bytes(section, "signature", 64, "write the 64 bytes of an Ed25519 signature in Base64");
    section.close();
    Some(SignOff { party: party?, by: by?, at: at?, terms: terms?, signature })
}
