use taxii_model::Timestamp;

use super::{Present, State, difference};
use crate::store::{
    Account, Actor, Admin, ApiRoot, Change, Collection, Grant, Group, Member, MemoryStore, Object, Organisation,
    Rights, Subject,
};

/// A store in one of many states.
async fn furnished(seed: u64) -> MemoryStore {
    let store = MemoryStore::new();
    let mut number = seed;
    let mut below = |n: u64| {
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (number >> 33) % n
    };
    let mut changes = Vec::new();
    for n in 0..below(3) {
        changes.push(Change::AddOrganisation(Organisation {
            clearance: (below(2) == 0).then(|| "tlp:amber, any".parse().unwrap()),
            enabled: below(2) == 0,
            ..Organisation::new(&format!("o{n}"), &format!("t{}", below(2)))
        }));
    }
    let organisations = changes.len() as u64;
    let groups = below(3);
    changes.extend((0..groups).map(|n| Change::AddGroup(Group { name: format!("g{n}"), title: "t".to_owned() })));
    let accounts = below(4);
    for n in 0..accounts {
        let organisation = (organisations > 0 && below(2) == 0).then(|| format!("o{}", below(organisations)));
        let (admin, enabled) = (below(2) == 0, below(2) == 0);
        changes.push(Change::AddAccount(Account { organisation, admin, enabled, ..Account::new(&format!("a{n}")) }));
        if groups > 0 {
            changes.push(Change::AddMember(Member { group: format!("g{}", below(groups)), account: format!("a{n}") }));
        }
    }
    for n in 0..below(3) {
        let root = ApiRoot { default: below(2) == 0, ..ApiRoot::new(&format!("r{n}"), "t").unwrap() };
        changes.push(Change::AddRoot(root));
        for m in 0..below(4) {
            let mut collection = Collection::new(&format!("r{n}"), Some(&format!("c{}", (m + seed) % 4)), "t").unwrap();
            collection.id = uuid::Builder::from_random_bytes([(n * 4 + m) as u8; 16]).into_uuid();
            (collection.listed, collection.retention.keep_days) = (below(2) == 0, (below(2) == 0).then_some(5));
            let object = if below(2) == 0 { Object::Collection(collection.id) } else { Object::Root(format!("r{n}")) };
            changes.push(Change::AddCollection(collection));
            if accounts > 0 {
                let subject = Subject::Account(format!("a{}", below(accounts)));
                let expires = (below(2) == 0).then(|| Timestamp::from_micros(1_900_000_000_000_000));
                let [list, read, write, delete, manage] = std::array::from_fn(|_| below(2) == 0);
                let rights = Rights { list, read, write, delete, manage };
                changes.push(Change::SetGrant(Grant { subject, object, rights, expires }));
            }
        }
    }
    store.change(&Actor::system(), &changes).await.unwrap();
    store
}

async fn exported(store: &MemoryStore) -> String {
    Present::read(store).await.unwrap().state().to_toml().unwrap()
}

async fn changes(text: &str, store: &MemoryStore, prune: bool) -> Vec<Change> {
    difference(text, &State::parse(text).unwrap(), &Present::read(store).await.unwrap(), prune).unwrap()
}

/// Promise: to apply what was exported changes nothing; to apply another state with everything else removed makes a store be that
/// state, from whatever it was, and to do so again changes nothing.
#[tokio::test]
async fn applying_makes_it_so() {
    let mut made = 0;
    for seed in 0..60 {
        let (one, other) = (furnished(seed).await, furnished(seed + 1000).await);
        let text = exported(&one).await;
        for prune in [false, true] {
            assert_eq!(changes(&text, &one, prune).await, [], "seed {seed}\n{text}");
        }
        let wanted = changes(&text, &other, true).await;
        made += wanted.len();
        other
            .change(&Actor::system(), &wanted)
            .await
            .unwrap_or_else(|error| panic!("seed {seed}: {error}\n{wanted:#?}"));
        assert_eq!(exported(&other).await, text, "seed {seed}");
        assert_eq!(changes(&text, &other, true).await, [], "seed {seed}");
    }
    assert!(made > 300, "{made}");
}

/// Promise: an error says where it is, and what was perhaps meant.
#[tokio::test]
async fn errors_say_where() {
    let store = furnished(0).await;
    let present = Present::read(&store).await.unwrap();
    for (text, expected) in [
        ("[[roots]]\nname = 'api'\ntitel = 'x'\n", "line 3, column 1: unknown field `titel`; did you mean title?"),
        ("[[group]]\nname = 'x'\n", "line 1, column 3: unknown field `group`; did you mean groups?"),
        ("[[roots]]\nname = 'status'\ntitle = 'x'\n", "line 2, column 8: the path of an API root"),
        ("[[accounts]]\nname = 'x'\n[[accounts]]\nname = 'x'\n", "line 4, column 8: the account \"x\" is there twice"),
        (
            "[[groups]]\nname = 'g'\ntitle = 'x'\nmembers = ['some']\n[[accounts]]\nname = 'somé'\n",
            "line 4, column 12: there is no account \"some\"; did you mean somé?",
        ),
        ("[[accounts]]\nname = 'x'\nclearance = 'tlp:pink'\n", "line 3, column 13: "),
        (
            "[[grants]]\naccount = 'x'\ngroup = 'y'\nroot = 'z'\nrights = []\n",
            "line 2, column 11: a grant is to one of",
        ),
        ("[[accounts]]\nname = \n", "line 2, column 8: "),
    ] {
        let problem = State::parse(text).and_then(|state| difference(text, &state, &present, true)).unwrap_err();
        assert!(problem.to_string().starts_with(expected), "{problem}\n{expected}");
    }
}
