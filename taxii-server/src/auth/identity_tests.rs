//! What the authenticator makes of accounts, groups, organisations, credentials and grants, beside a model that is too simple to be
//! wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use taxii_model::Timestamp;

use super::{AccountAuthenticator, Authenticator, ClientCertificate, Credentials, Origin, hash_password, new_key};
use crate::access::{Access, Grants};
use crate::store::{
    Account, Actor, Admin, ApiRoot, Change, Clock, Collection, Credential, CredentialKind, Grant, Group, Member,
    MemoryStore, Object, Organisation, Rights, Scope, SqliteStore, Store, Subject,
};

const NOW: i64 = 1_800_000_000_000_000;

struct Hand(Arc<AtomicI64>);

impl Hand {
    fn new() -> (Self, Clock) {
        let hand = Arc::new(AtomicI64::new(NOW));
        let clock = Arc::clone(&hand);
        (Self(hand), Arc::new(move || Timestamp::from_micros(clock.load(Ordering::Relaxed))))
    }

    fn pass(&self, micros: i64) {
        self.0.fetch_add(micros, Ordering::Relaxed);
    }
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn yes(&mut self) -> bool {
        self.below(2) == 0
    }

    fn rights(&mut self) -> Rights {
        Rights { list: true, read: self.yes(), write: self.yes(), delete: self.yes(), manage: self.yes() }
    }

    /// Long over, over in a minute's time, or never.
    fn expires(&mut self) -> Option<Timestamp> {
        [Some(NOW - 1), Some(NOW), Some(NOW + 30_000_000), None, None]
            .get(self.below(5) as usize)
            .copied()
            .flatten()
            .map(Timestamp::from_micros)
    }
}

fn key(secret: &str) -> Credentials {
    Credentials::Key(secret.to_owned())
}

async fn ask<S: Admin + Store>(of: &AccountAuthenticator<S>, with: &Credentials) -> Option<Arc<super::Caller>> {
    of.authenticate(with, Origin::default()).await.unwrap()
}

/// Roots, collections, accounts, groups and organisations; two of each.
async fn furnish(store: &(impl Admin + Store)) -> Vec<Collection> {
    let mut changes = Vec::new();
    for root in ["r0", "r1"] {
        changes.push(Change::AddRoot(ApiRoot::new(root, "t").unwrap()));
        for alias in ["a", "b"] {
            let mut collection = Collection::new(root, Some(alias), "t").unwrap();
            (collection.listed, collection.anonymous_read) = (alias == "b", root == "r1" && alias == "b");
            changes.push(Change::AddCollection(collection));
        }
    }
    for n in 0..2 {
        changes.push(Change::AddOrganisation(Organisation::new(&format!("o{n}"), "t")));
        changes.push(Change::AddGroup(Group { name: format!("g{n}"), title: "t".to_owned() }));
        changes.push(Change::AddAccount(Account::new(&format!("a{n}"))));
    }
    store.change(&Actor::system(), &changes).await.unwrap();
    store.directory().await.unwrap().collections
}

/// Everything that a row of the table is made of.
struct Trial {
    account: Account,
    enabled: bool,
    groups: Vec<usize>,
    grants: Vec<Grant>,
    scope: Scope,
    expires: Option<Timestamp>,
}

impl Trial {
    fn random(dice: &mut Dice, collections: &[Collection]) -> Self {
        let organisation = [None, Some("o0".to_owned()), Some("o1".to_owned())].into_iter().nth(dice.below(3) as usize);
        let account = Account {
            organisation: organisation.flatten(),
            enabled: dice.below(8) > 0,
            admin: dice.below(8) == 0,
            ..Account::new("a0")
        };
        let one = |dice: &mut Dice| collections[dice.below(4) as usize].id;
        let grants = (0..dice.below(5)).map(|_| {
            let name = dice.below(2);
            let subject = match dice.below(3) {
                0 => Subject::Account(format!("a{name}")),
                1 => Subject::Group(format!("g{name}")),
                _ => Subject::Organisation(format!("o{name}")),
            };
            let object = match dice.yes() {
                true => Object::Collection(one(dice)),
                false => Object::Root(format!("r{}", dice.below(2))),
            };
            Grant { subject, object, rights: dice.rights(), expires: dice.expires() }
        });
        let grants = grants.collect();
        let collections = (dice.below(3) == 0).then(|| [one(dice), one(dice)].into());
        let scope = if dice.yes() { Scope::default() } else { Scope { rights: dice.rights(), collections } };
        let groups = (0..2).filter(|_| dice.yes()).collect();
        Self { account, enabled: dice.below(8) > 0, groups, grants, scope, expires: dice.expires() }
    }

    /// Puts a store into this state, and returns a key.
    async fn prepare(&self, store: &(impl Admin + Store)) -> String {
        let mut changes = vec![Change::SetAccount(self.account.clone())];
        for n in 0..2 {
            let name = format!("o{n}");
            changes
                .push(Change::SetOrganisation(Organisation { enabled: self.enabled, ..Organisation::new(&name, "t") }));
        }
        changes.extend(store.members().await.unwrap().into_iter().map(Change::RemoveMember));
        changes.extend(store.credentials(None).await.unwrap().iter().map(|c| Change::RevokeCredential { id: c.id }));
        let grants = store.grants(None).await.unwrap().into_iter();
        changes.extend(grants.map(|g| Change::RemoveGrant { subject: g.subject, object: g.object }));
        let member = |n: &usize| Member { group: format!("g{n}"), account: "a0".to_owned() };
        changes.extend(self.groups.iter().map(member).map(Change::AddMember));
        changes.extend(self.grants.iter().cloned().map(Change::SetGrant));
        let fresh = new_key().unwrap();
        let made = Credential::new("a0", CredentialKind::Key, fresh.digest);
        changes.push(Change::AddCredential(Credential { scope: self.scope.clone(), expires: self.expires, ..made }));
        store.change(&Actor::system(), &changes).await.unwrap();
        fresh.secret
    }

    /// May somebody get in, and what may they do? Right by right, and grant by grant.
    fn expected(&self, collection: &Collection, now: Timestamp) -> Option<Rights> {
        let over = |expires: Option<Timestamp>| expires.is_some_and(|expires| expires <= now);
        if over(self.expires) || !self.account.enabled || (self.account.organisation.is_some() && !self.enabled) {
            return None;
        }
        // The last of several grants between the same two counts.
        let counts = |n: usize, grant: &Grant| {
            let same = |other: &Grant| other.subject == grant.subject && other.object == grant.object;
            !over(grant.expires) && !self.grants[n + 1..].iter().any(same)
        };
        let mine = |grant: &Grant| match &grant.subject {
            Subject::Account(name) => name == "a0",
            Subject::Group(name) => self.groups.iter().any(|n| *name == format!("g{n}")),
            Subject::Organisation(name) => self.account.organisation.as_ref() == Some(name),
        };
        let about = |grant: &Grant| {
            grant.object == Object::Collection(collection.id) || grant.object == Object::Root(collection.root.clone())
        };
        let named = self.scope.collections.as_ref().is_none_or(|some| some.contains(&collection.id));
        let may = |right: fn(&Rights) -> bool| {
            let granted = self.grants.iter().enumerate();
            let granted = granted.filter(|(n, grant)| counts(*n, grant) && mine(grant) && about(grant));
            (self.account.admin || granted.into_iter().any(|(_, grant)| right(&grant.rights)))
                && named
                && right(&Rights { list: true, ..self.scope.rights })
        };
        let open = collection.anonymous_read;
        Some(Rights {
            list: may(|rights| rights.list) || open || (collection.listed && named),
            read: may(|rights| rights.read) || open,
            write: may(|rights| rights.write),
            delete: may(|rights| rights.delete),
            manage: may(|rights| rights.manage),
        })
    }
}

async fn agrees_with_the_model<S: Admin + Store>(store: Arc<S>, rows: usize, seed: u64) {
    let collections = furnish(&*store).await;
    let mut dice = Dice(seed);
    let (mut let_in, mut kept_out) = (0, 0);
    for row in 0..rows {
        let trial = Trial::random(&mut dice, &collections);
        let secret = trial.prepare(&*store).await;
        let (hand, clock) = Hand::new();
        let authenticator = AccountAuthenticator::with_clock(Arc::clone(&store), clock.clone()).unwrap();
        // What is kept in between is not kept for longer than it holds.
        for pass in [0, 29_999_999, 1] {
            hand.pass(pass);
            let caller = ask(&authenticator, &key(&secret)).await;
            for collection in &collections {
                let found = caller.as_ref().map(|caller| Grants.rights(caller, collection));
                assert_eq!(found, trial.expected(collection, clock()), "seed {seed}, row {row}, {}", collection.root);
                *if found.is_some() { &mut let_in } else { &mut kept_out } += 1;
            }
        }
    }
    assert!(let_in > rows && kept_out > rows, "{let_in} {kept_out}");
}

/// Promise: what a caller may do is the union of what was granted to it, its groups and its organisation and holds now, within the
/// scope of its credential, and nothing else; thousands of combinations, as an independent model says.
#[tokio::test]
async fn rights_are_what_the_model_says() {
    agrees_with_the_model(Arc::new(MemoryStore::new()), 3000, 1).await;
    let folder = tempfile::tempdir().unwrap();
    agrees_with_the_model(Arc::new(SqliteStore::open(folder.path().join("t.db")).unwrap()), 300, 2).await;
}

/// Promise: what is taken away is taken away at the next request, also by another process, and whatever was kept.
#[tokio::test]
async fn what_is_revoked_is_of_no_use_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.db");
    let (ours, theirs) = (Arc::new(SqliteStore::open(&file).unwrap()), SqliteStore::open(&file).unwrap());
    furnish(&theirs).await;
    let authenticator = AccountAuthenticator::new(Arc::clone(&ours)).unwrap();
    for n in 0..20 {
        let fresh = new_key().unwrap();
        let made = Credential::new("a1", CredentialKind::Key, fresh.digest);
        theirs.add_credential(&made).await.unwrap();
        assert!(ask(&authenticator, &key(&fresh.secret)).await.is_some());
        let disabled = Account { enabled: false, ..Account::new("a1") };
        match n % 2 {
            0 => theirs.revoke_credential(made.id).await.unwrap(),
            _ => theirs.set_account(&disabled).await.unwrap(),
        }
        assert!(ask(&authenticator, &key(&fresh.secret)).await.is_none(), "{n}");
        theirs.set_account(&Account::new("a1")).await.unwrap();
    }
}

/// Promise: an old password and its successor are both good until the old one expires; no third one is added; certificates let in by
/// any of their names, the fingerprint before all others.
#[tokio::test]
async fn passwords_overlap_and_certificates_have_names() {
    let store = Arc::new(MemoryStore::new());
    furnish(&*store).await;
    let (hand, clock) = Hand::new();
    let authenticator = AccountAuthenticator::with_clock(Arc::clone(&store), clock.clone()).unwrap();
    let password = |text: &str, expires: Option<i64>| Credential {
        created: clock(),
        expires: expires.map(Timestamp::from_micros),
        ..Credential::new("a0", CredentialKind::Password, hash_password(text).unwrap())
    };
    store.add_credential(&password("old", Some(NOW + 10))).await.unwrap();
    store.add_credential(&password("new", None)).await.unwrap();
    assert!(store.add_credential(&password("third", None)).await.is_err());
    let basic = |password: &str| Credentials::Basic { user: "a0".to_owned(), password: password.to_owned() };
    for _ in 0..2 {
        assert!(ask(&authenticator, &basic("old")).await.is_some());
        assert!(ask(&authenticator, &basic("new")).await.is_some());
    }
    hand.pass(10);
    assert!(ask(&authenticator, &basic("old")).await.is_none());
    assert!(ask(&authenticator, &basic("new")).await.is_some());
    store.add_credential(&password("third", None)).await.unwrap();

    let shown = |names: &[&str]| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Credentials::Certificate(Arc::new(ClientCertificate { fingerprint: format!("{names:?}"), names }))
    };
    let certificate = |name: &str| Credential::new("a1", CredentialKind::Certificate, name.to_owned());
    store.add_credential(&certificate("dns:one.example")).await.unwrap();
    assert!(store.add_credential(&certificate("dns:one.example")).await.is_err());
    let caller = ask(&authenticator, &shown(&["subject:CN=x", "dns:one.example"])).await.unwrap();
    assert_eq!(caller.name.as_deref(), Some("a1"));
    assert!(caller.credential.as_ref().unwrap().starts_with("certificate "));
    assert!(ask(&authenticator, &shown(&["dns:other.example"])).await.is_none());
}

/// Promise: nothing that is written down of a change or a credential has a hash or a digest in it.
#[test]
fn secrets_are_never_written() {
    for kind in [CredentialKind::Password, CredentialKind::Key] {
        let credential = Credential::new("a", kind, "the-secret".to_owned());
        let change = Change::AddCredential(credential.clone());
        for text in [
            serde_json::to_string(&change).unwrap(),
            format!("{change:?}{change}{credential}"),
            serde_json::to_string(&credential).unwrap(),
        ] {
            assert!(!text.contains("the-secret"), "{text}");
        }
    }
    let named = Change::AddCredential(Credential::new("a", CredentialKind::Certificate, "dns:x".to_owned()));
    let text = serde_json::to_string(&named).unwrap();
    assert!(text.contains("dns:x"));
    assert_eq!(serde_json::from_str::<Change>(&text).unwrap(), named);
}

/// Promise: changes that are made together are made together, or not at all.
#[tokio::test]
async fn all_or_none() {
    let folder = tempfile::tempdir().unwrap();
    async fn holds(store: &(impl Admin + Store)) {
        furnish(store).await;
        let before = (store.revision().await.unwrap(), store.accounts().await.unwrap());
        let changes =
            [Change::RemoveRoot { name: "r0".to_owned() }, Change::RemoveAccount { name: "nobody".to_owned() }];
        assert!(store.change(&Actor::system(), &changes).await.is_err());
        assert_eq!((store.revision().await.unwrap(), store.accounts().await.unwrap()), before);
        let directory = store.directory().await.unwrap();
        assert_eq!((directory.roots.len(), directory.collections.len()), (2, 4));
        store.mark(directory.collections[0].key).await.unwrap();
    }
    holds(&MemoryStore::new()).await;
    holds(&SqliteStore::open(folder.path().join("t.db")).unwrap()).await;
}

/// Figures, to be read: `cargo test -p taxii-server --release --lib how_long -- --ignored --nocapture`.
#[tokio::test]
#[ignore = "prints figures"]
async fn how_long_it_takes() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStore::open(folder.path().join("t.db")).unwrap());
    furnish(&*store).await;
    let fresh = new_key().unwrap();
    store.add_credential(&Credential::new("a0", CredentialKind::Key, fresh.digest)).await.unwrap();
    let password = Credential::new("a0", CredentialKind::Password, hash_password("p").unwrap());
    store.add_credential(&password).await.unwrap();
    let authenticator = AccountAuthenticator::new(Arc::clone(&store)).unwrap();
    let basic = Credentials::Basic { user: "a0".to_owned(), password: "p".to_owned() };
    for (name, credentials) in [("key", key(&fresh.secret)), ("Basic", basic)] {
        let begun = Instant::now();
        ask(&authenticator, &credentials).await.unwrap();
        let first = begun.elapsed();
        let begun = Instant::now();
        for _ in 0..10_000 {
            ask(&authenticator, &credentials).await.unwrap();
        }
        println!("{name}: {first:?} at first, then {:?}", begun.elapsed() / 10_000);
    }
}
