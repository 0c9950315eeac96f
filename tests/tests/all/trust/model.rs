//! What ought to be seen, decided in the plainest way from what the samples and the callers are, without a line of the
//! server's own code.

use std::collections::BTreeSet;

/// What somebody says of an object, or of a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// A level of TLP, 0 for clear up to 4 for red, and the definition of either edition.
    Tlp(u8, &'static str),
    /// A level of PAP, 0 for clear up to 3 for red.
    Pap(u8, &'static str),
    /// Any other definition.
    Other(&'static str),
}

use Mark::{Other, Pap, Tlp};

pub(super) const OWN: Mark = Other("marking-definition--0a1b2c3d-8d90-4e51-bc29-71d5b4802168");
pub(super) const STRANGE: Mark = Other("marking-definition--5a6b7c8d-8d90-4e51-bc29-71d5b4802168");
const CLEAR: Mark = Tlp(0, "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487");
const GREEN: Mark = Tlp(1, "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb");
const AMBER: Mark = Tlp(2, "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421");
const STRICT: Mark = Tlp(3, "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003");
const RED: Mark = Tlp(4, "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1");
const OLD_WHITE: Mark = Tlp(0, "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9");
const OLD_GREEN: Mark = Tlp(1, "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da");
const OLD_AMBER: Mark = Tlp(2, "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82");
const OLD_RED: Mark = Tlp(4, "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed");

impl Mark {
    pub(super) fn id(self) -> &'static str {
        match self {
            Tlp(_, id) | Pap(_, id) | Other(id) => id,
        }
    }
}

/// One version of a sample.
#[derive(Clone, Debug, Default)]
pub(super) struct Version {
    pub(super) marks: Vec<Mark>,
    /// Properties that are marked for themselves.
    pub(super) parts: Vec<(Mark, &'static str)>,
    /// The markings cannot be read.
    pub(super) broken: bool,
}

/// One object, in its versions from the oldest to the newest.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    pub(super) name: &'static str,
    pub(super) versions: Vec<Version>,
}

fn marked(name: &'static str, marks: &[Mark]) -> Sample {
    Sample { name, versions: vec![of(marks)] }
}

fn of(marks: &[Mark]) -> Version {
    Version { marks: marks.to_vec(), ..Version::default() }
}

fn parts(name: &'static str, marks: &[Mark], parts: &[(Mark, &'static str)]) -> Sample {
    Sample { name, versions: vec![Version { parts: parts.to_vec(), ..of(marks) }] }
}

/// Each kind of marking, alone and with others, on objects, parts and versions.
pub(super) fn samples() -> Vec<Sample> {
    let pap = stix_model::marking::pap::Pap::ALL.map(|pap| {
        let id: &'static str = Box::leak(pap.id().to_string().into_boxed_str());
        (pap.level().as_str(), id)
    });
    let level = |word: &str| ["clear", "green", "amber", "red"].iter().position(|known| *known == word);
    let mut samples = vec![
        marked("unmarked", &[]),
        marked("TLP:CLEAR", &[CLEAR]),
        marked("TLP:GREEN", &[GREEN]),
        marked("TLP:AMBER", &[AMBER]),
        marked("TLP:AMBER+STRICT", &[STRICT]),
        marked("TLP:RED", &[RED]),
        marked("TLP 1 white", &[OLD_WHITE]),
        marked("TLP 1 green", &[OLD_GREEN]),
        marked("TLP 1 amber", &[OLD_AMBER]),
        marked("TLP 1 red", &[OLD_RED]),
        marked("own", &[OWN]),
        marked("strange", &[STRANGE]),
        marked("green and own", &[GREEN, OWN]),
        marked("green and red", &[GREEN, RED]),
        parts("description is red", &[], &[(RED, "description")]),
        parts("description is amber of a green object", &[GREEN], &[(AMBER, "description")]),
        parts("the pattern, which is required, is amber", &[], &[(AMBER, "pattern")]),
        parts("description is red, name is own", &[CLEAR], &[(RED, "description"), (OWN, "name")]),
        Sample { name: "unreadable", versions: vec![Version { broken: true, ..Version::default() }] },
        Sample { name: "green, then red", versions: vec![of(&[GREEN]), of(&[RED])] },
        Sample { name: "red, then green", versions: vec![of(&[RED]), of(&[GREEN])] },
        Sample {
            name: "clear, amber, clear, red",
            versions: vec![of(&[CLEAR]), of(&[AMBER]), of(&[CLEAR]), of(&[RED])],
        },
        Sample { name: "twice amber", versions: vec![of(&[AMBER]), of(&[AMBER])] },
    ];
    for (word, id) in pap {
        let mark = Pap(level(word).expect("a level") as u8, id);
        samples.push(Sample { name: Box::leak(format!("PAP {word}").into_boxed_str()), versions: vec![of(&[mark])] });
        samples.push(parts(Box::leak(format!("amber and PAP {word}").into_boxed_str()), &[AMBER, mark], &[]));
    }
    samples
}

/// What a caller may see; `None` for everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sees {
    /// The highest level of TLP, below red.
    pub(super) tlp: Option<u8>,
    pub(super) red: bool,
    pub(super) pap: Option<u8>,
    pub(super) own: bool,
    pub(super) any: bool,
}

impl Sees {
    fn mark(&self, mark: Mark) -> bool {
        match mark {
            Tlp(4, _) => self.red,
            Tlp(level, _) => self.tlp >= Some(level),
            Pap(level, _) => self.pap >= Some(level),
            mark => self.any || (self.own && mark == OWN),
        }
    }

    /// Which properties of the version are hidden; `None` if the version does not exist for the caller.
    fn hidden_parts(&self, version: &Version) -> Option<BTreeSet<&'static str>> {
        if version.broken || !version.marks.iter().all(|mark| self.mark(*mark)) {
            return None;
        }
        let hidden: BTreeSet<_> =
            version.parts.iter().filter(|(mark, _)| !self.mark(*mark)).map(|(_, part)| *part).collect();
        // An indicator without a pattern is none.
        (!hidden.contains("pattern")).then_some(hidden)
    }
}

/// Which versions of a sample somebody sees, each with the properties that are missing from it.
pub(super) fn seen(sees: Option<&Sees>, sample: &Sample) -> Vec<(usize, BTreeSet<&'static str>)> {
    let views = sample.versions.iter().enumerate().map(|(n, version)| {
        let hidden = sees.map_or(Some(BTreeSet::new()), |sees| sees.hidden_parts(version));
        hidden.map(|hidden| (n, hidden))
    });
    views.flatten().collect()
}

/// The rights of a caller to a collection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct May {
    pub(super) list: bool,
    pub(super) read: bool,
    pub(super) write: bool,
    pub(super) delete: bool,
}

/// What is asked of a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    Collection,
    Read,
    Add,
    Delete,
}

/// AMB-23: what the answer is, if the thing itself is there; `logged_in` tells whether the credentials are good.
pub(super) fn status(may: May, logged_in: Option<bool>, ask: Ask) -> u16 {
    let good = match (logged_in, ask) {
        (Some(false), _) => return 401,
        (_, Ask::Add) => 202,
        _ => 200,
    };
    let denied = if logged_in.is_none() { 401 } else { 403 };
    let May { list, read, write, delete } = may;
    match ask {
        _ if !list => {
            if logged_in.is_none() {
                401
            } else {
                404
            }
        }
        Ask::Collection => good,
        Ask::Read if read => good,
        Ask::Add if write => good,
        Ask::Delete if !read && !write => {
            if logged_in.is_none() {
                401
            } else {
                404
            }
        }
        Ask::Delete if read && write && delete => good,
        _ => denied,
    }
}
