//! Databases full of random content, made by way of the stores themselves.

use stix_model::{RawHead, SpecVersion};
use taxii_model::{Selector, Timestamp, VersionFilter};
use taxii_server::auth::ClientProfile;
use taxii_server::store::{
    Account, Actor, Admin, ApiRoot, Change, Collection, CollectionKey, Credential, CredentialKind, Grant, Group,
    Ingest, Item, Member, Object, Organisation, Rights, Scope, Selection, Store, Subject, Submission,
};
use uuid::Uuid;

/// Numbers that look random and are the same each time (splitmix64).
pub struct Random(pub u64);

impl Random {
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.number() % n
    }

    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// Words that databases have had trouble with.
    pub fn words(&mut self) -> String {
        const PARTS: [&str; 14] = [
            "plain",
            "ünïcode",
            "\u{1f40d}",
            "\u{2028}",
            "'quoted'",
            "a \\ b",
            "%_?$1",
            "\u{feff}",
            "e\u{301}",
            "\u{e9}",
            "Ⅷ",
            "\u{10ffff}",
            "--",
            "\t\n",
        ];
        (0..=self.below(4)).map(|_| PARTS[self.below(PARTS.len() as u64) as usize]).collect()
    }
}

pub fn submission(collection: &Collection, items: Vec<Item>) -> Submission {
    Submission {
        status: Uuid::new_v4(),
        root: collection.root.clone(),
        collection: collection.key,
        caller: "somebody".to_owned(),
        received: Timestamp::now(),
        items,
        refused: Vec::new(),
    }
}

pub fn item(text: String) -> Item {
    Item::new(RawHead::read(&text, 100).unwrap().check(Some(SpecVersion::V2_0)).unwrap(), text)
}

/// An object out of few, in one of few versions, in either edition; its text has escapes of all sorts.
pub fn random_item(random: &mut Random) -> Item {
    let n = random.below(40);
    let words = serde_json::Value::from(random.words());
    let day = random.below(20) + 1;
    item(match random.below(4) {
        0 => format!(
            r#"{{"type":"url","id":"url--00000000-0000-4000-8000-{n:012}","value":{words},"x_nul":"\u0000\ud83d\udc0d"}}"#
        ),
        1 => format!(
            r#"{{"type":"indicator","id":"indicator--00000000-0000-4000-8000-{n:012}","created":"2026-01-01T00:00:00Z",
"modified":"2026-01-{day:02}T00:00:00.000Z","name":{words},"x_n":1.50e+02}}"#
        ),
        _ => format!(
            r#"{{ "spec_version":"2.1", "type":"indicator","id":"indicator--00000000-0000-4000-8000-{n:012}","created":"2026-01-01T00:00:00Z",
"modified":"2026-01-{day:02}T00:00:00.000000Z","description":{words},"x_nul":"a\u0000b"}}"#
        ),
    })
}

/// Some roots, collections, accounts, keys and grants, and what happens to them.
pub async fn furnish<S: Store + Admin>(store: &S, random: &mut Random) {
    store.secret().await.unwrap();
    for n in 0..=random.below(2) {
        let mut root = ApiRoot::new(&format!("root{n}/a~b"), &random.words()).unwrap();
        root.description = random.one_in(2).then(|| random.words());
        root.default = random.one_in(2);
        store.add_root(&root).await.unwrap();
        for m in 0..2 + random.below(3) {
            let alias = format!("c{m}");
            let alias = (m < 2 || random.one_in(2)).then_some(alias.as_str());
            let mut collection = Collection::new(&root.name, alias, &random.words()).unwrap();
            collection.description = random.one_in(2).then(|| random.words());
            (collection.anonymous_read, collection.listed) = (random.one_in(2), random.one_in(2));
            collection.spec_versions = SpecVersion::ALL.to_vec();
            collection.ingest = Ingest::ALL[random.below(4) as usize];
            store.add_collection(&collection).await.unwrap();
        }
    }
    let collections = store.directory().await.unwrap().collections;
    let (by, group, organisation) = (Actor::system(), random.words(), random.words());
    let changes = [
        Change::AddGroup(Group { name: group.clone(), title: random.words() }),
        Change::AddOrganisation(Organisation {
            clearance: Some("tlp:green".parse().unwrap()),
            ..Organisation::new(&organisation, &random.words())
        }),
    ];
    store.change(&by, &changes).await.unwrap();
    for n in 0..random.below(8) {
        let name = format!("{}{n}", random.words());
        let organisation = random.one_in(2).then(|| organisation.clone());
        let clearance = random.one_in(3).then(|| "tlp:amber, any".parse().unwrap());
        let (enabled, admin, client) = (!random.one_in(4), random.one_in(5), ClientProfile::Elastic);
        let account = Account { name, organisation, clearance, enabled, admin, client };
        store.add_account(&account).await.unwrap();
        if random.one_in(2) {
            store
                .change(&by, &[Change::AddMember(Member { group: group.clone(), account: account.name.clone() })])
                .await
                .unwrap();
        }
        for kind in CredentialKind::ALL {
            let credential = random_credential(&account.name, kind, n, random);
            store.add_credential(&credential).await.unwrap();
            if random.one_in(2) {
                store.used(credential.id, Timestamp::now()).await.unwrap();
            }
        }
        for collection in &collections {
            let own = Subject::Account(account.name.clone());
            store.set_grant(&random_grant(own, Object::Collection(collection.id), random)).await.unwrap();
        }
    }
    for collection in &collections {
        let root = Object::Root(collection.root.clone());
        store.set_grant(&random_grant(Subject::Group(group.clone()), root, random)).await.unwrap();
        let whose = Subject::Organisation(organisation.clone());
        store.set_grant(&random_grant(whose, Object::Collection(collection.id), random)).await.unwrap();
    }
    if collections.len() > 2 && random.one_in(2) {
        // The number of the last collection is not given out again.
        let last = collections.iter().max_by_key(|c| c.key).unwrap();
        store.remove_collection(last.id).await.unwrap();
    }
}

fn random_credential(account: &str, kind: CredentialKind, n: u64, random: &mut Random) -> Credential {
    let secret = match kind {
        CredentialKind::Password => format!("$argon2id$v=19$m=8,t=1,p=1${n}"),
        _ => format!("{}{:064x}", random.words(), random.number()),
    };
    let rights = Rights { write: random.one_in(2), ..Rights::ALL };
    let collections = random.one_in(2).then(|| (0..random.below(3)).map(|_| Uuid::new_v4()).collect());
    Credential {
        name: random.words(),
        expires: random.one_in(2).then(Timestamp::now),
        scope: Scope { rights, collections },
        ..Credential::new(account, kind, secret)
    }
}

fn random_grant(subject: Subject, object: Object, random: &mut Random) -> Grant {
    let rights = Rights { read: random.one_in(2), write: random.one_in(2), manage: random.one_in(2), ..Rights::ALL };
    Grant { subject, object, rights, expires: random.one_in(2).then(Timestamp::now) }
}

/// Submissions and deletions in every collection.
pub async fn happen<S: Store + Admin>(store: &S, random: &mut Random, times: u64) {
    let collections = store.directory().await.unwrap().collections;
    for _ in 0..times {
        for collection in &collections {
            let items = (0..=random.below(30)).map(|_| random_item(random)).collect();
            store.add(submission(collection, items)).await.unwrap();
            if random.one_in(3) {
                delete(store, collection.key, random).await;
            }
        }
    }
}

/// Removes an object, or its last version.
pub async fn delete<S: Store>(store: &S, collection: CollectionKey, random: &mut Random) {
    let id = format!("indicator--00000000-0000-4000-8000-{:012}", random.below(40));
    let versions = if random.one_in(2) { VersionFilter::All } else { VersionFilter::Any(vec![Selector::Last]) };
    let filter = taxii_model::Filter { versions, ..taxii_model::Filter::default() };
    store.delete(collection, &id, &Selection::of(&filter), None).await.unwrap();
}
