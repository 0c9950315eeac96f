use taxii_model::{Filter, Selector, VersionFilter};

/// What is done to each store, or asked of it.
#[derive(Clone, Debug)]
pub(super) enum Operation {
    /// The clock is moved by so many microseconds, also back.
    Pass(i64),
    /// One submission; its items bring notes, or something was refused at the door.
    Add {
        collection: usize,
        texts: Vec<String>,
        note: bool,
        refused: bool,
    },
    Delete {
        collection: usize,
        id: String,
        filter: Filter,
        sees: Sees,
    },
    /// A page of objects and one of records, behind so many entries, and by so many microseconds beside them.
    Page {
        collection: usize,
        filter: Filter,
        skip: usize,
        beside: i64,
        limit: usize,
        bytes: usize,
        sees: Sees,
    },
    /// All pages of a walk, and the versions of an object.
    Walk {
        collection: usize,
        filter: Filter,
        limit: usize,
        sees: Sees,
    },
    Holds {
        collection: usize,
        id: String,
        seconds: Vec<usize>,
        sees: Sees,
    },
    /// Which labels there are.
    Labels {
        collection: usize,
    },
    /// The status of the last submission but so many, asked for in a root.
    Status {
        back: usize,
        root: usize,
    },
    /// One change, or several that are made together.
    Admin(Vec<Change>),
}

/// Who asks: sees everything, or entries with some of the markings below, all or those up to so many entries.
pub(super) type Sees = Option<(usize, Option<usize>)>;

/// The markings that objects have.
pub(super) const MARKINGS: [&str; 5] = [
    "",
    ",\"object_marking_refs\":[\"marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb\"]",
    ",\"object_marking_refs\":[\"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1\"]",
    ",\"granular_markings\":[{\"marking_ref\":\"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1\",\"selectors\":[\"id\"]}]",
    ",\"object_marking_refs\":null",
];

/// What an administrator does; the numbers are those of roots, collections, accounts, groups and so on.
#[derive(Clone, Copy, Debug)]
pub(super) enum Change {
    AddRoot(usize, bool),
    SetRoot(usize, bool),
    RemoveRoot(usize),
    AddCollection(usize, usize),
    SetCollection(usize, usize),
    RemoveCollection(usize),
    AddAccount(usize),
    SetAccount(usize, usize, bool),
    RemoveAccount(usize),
    AddOrganisation(usize),
    SetOrganisation(usize, bool),
    RemoveOrganisation(usize),
    AddGroup(usize),
    SetGroup(usize, bool),
    RemoveGroup(usize),
    AddMember(usize, usize),
    RemoveMember(usize, usize),
    AddCredential(usize, usize),
    SetCredential(usize, usize),
    RevokeCredential(usize),
    Used(usize),
    SetGrant(usize, usize, bool),
    RemoveGrant(usize, usize),
}

/// A small generator of numbers, so that a failing seed can be run again.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        let mut dice = Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        dice.below(2);
        dice
    }

    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % n as u64) as usize
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    fn likely(&mut self, n: usize, of: usize) -> bool {
        self.below(of) < n
    }
}

/// Collections are made and removed; mostly the first is used.
fn collection(dice: &mut Dice) -> usize {
    dice.one(&[0, 0, 0, 0, 1, 2])
}

impl Operation {
    pub(super) fn random(dice: &mut Dice) -> Self {
        match dice.below(24) {
            0 => Self::Pass(dice.one(&[1, 400, 1000, 3_000_000, 60_000_000, -5_000_000])),
            1..=7 => Self::Add {
                collection: collection(dice),
                texts: (0..dice.below(6)).map(|_| object(dice)).collect(),
                note: dice.likely(1, 3),
                refused: dice.likely(1, 6),
            },
            8..=10 => {
                Self::Delete { collection: collection(dice), id: id(dice), filter: filter(dice), sees: sees(dice) }
            }
            11..=13 => Self::Page {
                collection: collection(dice),
                filter: filter(dice),
                skip: dice.below(8),
                beside: dice.one(&[0, 0, 1, -1]),
                limit: 1 + dice.below(5),
                bytes: dice.one(&[usize::MAX, 1, 300, 500]),
                sees: sees(dice),
            },
            14 | 15 => Self::Walk {
                collection: collection(dice),
                filter: filter(dice),
                limit: 1 + dice.below(4),
                sees: sees(dice),
            },
            16 => Self::Holds {
                collection: collection(dice),
                id: id(dice),
                seconds: (0..dice.below(3)).map(|_| dice.below(6)).collect(),
                sees: sees(dice),
            },
            17 => match dice.likely(1, 2) {
                true => Self::Status { back: dice.below(4), root: dice.one(&[0, 0, 0, 1]) },
                false => Self::Labels { collection: collection(dice) },
            },
            _ => {
                let together = dice.one(&[1, 1, 1, 2, 4]);
                Self::Admin((0..together).map(|_| Change::random(dice)).collect())
            }
        }
    }
}

impl Change {
    fn random(dice: &mut Dice) -> Self {
        let (a, b, yes) = (dice.below(3), dice.below(3), dice.likely(1, 2));
        match dice.below(32) {
            0 => Self::AddRoot(a, yes),
            1 => Self::SetRoot(a, yes),
            // What everything else needs is seldom removed.
            2 => Self::RemoveRoot(dice.one(&[1, 2, 1, 2, 0])),
            3 | 4 => Self::AddCollection(a, b),
            5 => Self::SetCollection(a, b),
            6 => Self::RemoveCollection(dice.one(&[0, 1, 1, 2, 2, 3])),
            7..=9 => Self::AddAccount(a),
            10 => Self::SetAccount(a, b, yes),
            11 => Self::RemoveAccount(dice.one(&[2, 2, 1, 0])),
            12 => Self::AddOrganisation(a),
            13 => Self::SetOrganisation(a, yes),
            14 => Self::RemoveOrganisation(a),
            15 => Self::AddGroup(a),
            16 => Self::SetGroup(a, yes),
            17 => Self::RemoveGroup(a),
            18 | 19 => Self::AddMember(a, b),
            20 => Self::RemoveMember(a, b),
            21..=23 => Self::AddCredential(dice.below(8), b),
            24 => Self::SetCredential(dice.below(8), b),
            25 => Self::RevokeCredential(dice.below(8)),
            26 => Self::Used(dice.below(8)),
            // The subjects are those of three kinds, and the objects of two.
            27..=29 => Self::SetGrant(dice.below(9), dice.below(6), yes),
            _ => Self::RemoveGrant(dice.below(9), dice.below(6)),
        }
    }
}

fn sees(dice: &mut Dice) -> Sees {
    let bits = dice.below(1 << MARKINGS.len());
    let until = dice.likely(1, 4).then(|| dice.below(12));
    dice.likely(2, 3).then_some((bits, until))
}

/// Few objects, so that they meet each other.
fn id(dice: &mut Dice) -> String {
    let (kind, digit) = dice.one(&[("indicator", 4), ("indicator", 4), ("url", 5), ("marking-definition", 4)]);
    format!("{kind}--00000000-0000-{digit}000-8000-{:012}", dice.below(3))
}

fn object(dice: &mut Dice) -> String {
    let id = id(dice);
    let name = dice.one(&["x", "x", "x", "y", "\\u00e9 é 🦀"]);
    let kind = id.split("--").next().expect("a type");
    // A second twice, in another spelling.
    let second = dice.one(&["00.000", "01.000", "02.000", "03.000", "04.000", "05.000", "01", "02.0005"]);
    let edition = dice.one(&["\"spec_version\":\"2.1\",", "\"spec_version\":\"2.1\",", ""]);
    // Most objects of a kind keep their markings.
    let usual = usize::from(kind == "indicator");
    let marked = MARKINGS[dice.one(&[usual, usual, usual, 0, 1, 2, 3, 4])];
    match kind {
        "indicator" => format!(
            "{{\"type\":\"indicator\",{edition}\"id\":\"{id}\",\"created\":\"2026-01-01T00:00:00.000Z\",\
             \"modified\":\"2026-01-01T00:00:{second}Z\",\"name\":\"{name}\"{marked}}}"
        ),
        "url" => format!("{{\"type\":\"url\",\"spec_version\":\"2.1\",\"id\":\"{id}\",\"value\":\"{name}\"{marked}}}"),
        _ => format!(
            "{{\"type\":\"{kind}\",{edition}\"id\":\"{id}\",\"created\":\"2026-01-01T00:00:00.000Z\",\
             \"definition_type\":\"statement\",\"definition\":{{\"statement\":\"{name}\"}}{marked}}}"
        ),
    }
}

fn filter(dice: &mut Dice) -> Filter {
    let words = |list: &str| Some(list.split(',').map(str::to_owned).collect::<Vec<_>>());
    let lists = |dice: &mut Dice, of: &[&str]| match dice.likely(1, 2) {
        true => None,
        false => words(dice.one(of)),
    };
    let ids = dice.likely(1, 4).then(|| vec![id(dice), id(dice), "nonsense".to_owned()]);
    let types = lists(dice, &["url", "indicator", "url,indicator", "marking-definition,url", "malware"]);
    let spec_versions = lists(dice, &["2.0", "2.1", "2.0,2.1", "9.9", "2.1,9.9"]);
    Filter { ids, types, spec_versions, versions: versions(dice) }
}

fn versions(dice: &mut Dice) -> VersionFilter {
    let (one, two) = (at(dice.below(6)), at(dice.below(6)));
    match dice.below(8) {
        0 | 1 => VersionFilter::default(),
        2 => VersionFilter::All,
        3 => VersionFilter::Any(vec![Selector::First]),
        4 => VersionFilter::Any(vec![Selector::First, Selector::Last]),
        5 => VersionFilter::Any(vec![one]),
        6 => VersionFilter::Any(vec![one, two]),
        _ => VersionFilter::Any(vec![Selector::Last, one]),
    }
}

fn at(second: usize) -> Selector {
    Selector::At(instant(second))
}

pub(super) fn instant(second: usize) -> stix_model::Timestamp {
    format!("2026-01-01T00:00:0{second}Z").parse().expect("a timestamp")
}
