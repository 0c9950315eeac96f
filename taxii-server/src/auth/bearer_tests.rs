//! Whose account a token is, with tokens that are signed by keys made here.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::{Value, json};
use taxii_model::Timestamp;

use super::token::tests::signer::Signer;
use super::token::{Algorithm, ClaimNames, Create, Issuer, KeySource, Tokens};
use super::{AccountAuthenticator, Authenticator, Caller, Credentials, Origin, new_key};
use crate::store::{
    Account, Actor, Admin, ApiRoot, Change, Credential, CredentialKind, Grant, Group, Member, MemoryStore, Object,
    Organisation, Rights, Subject,
};

const ISSUER: &str = "https://login.example/realms/isac";
const NOW: i64 = 1_800_000_000;
const READ: Rights = Rights { list: true, read: true, ..Rights::NONE };

/// A store, an issuer with its key in a file, and a clock.
struct Desk {
    store: Arc<MemoryStore>,
    signer: Signer,
    keys: tempfile::NamedTempFile,
    hand: Arc<AtomicI64>,
}

impl Desk {
    /// The account `ana` in the organisation `o`, the groups `g0` and `g1`; each group was granted its own root, and `ana` is in `g0`.
    async fn new() -> Self {
        let store = Arc::new(MemoryStore::new());
        let mut changes = vec![Change::AddOrganisation(Organisation::new("o", "t"))];
        let ana = Account { organisation: Some("o".to_owned()), ..Account::new("ana") };
        changes.push(Change::AddAccount(ana));
        for n in 0..2 {
            let (group, root) = (format!("g{n}"), format!("r{n}"));
            changes.push(Change::AddRoot(ApiRoot::new(&root, "t").unwrap()));
            changes.push(Change::AddGroup(Group { name: group.clone(), title: "t".to_owned() }));
            let grant =
                Grant { subject: Subject::Group(group), object: Object::Root(root), rights: READ, expires: None };
            changes.push(Change::SetGrant(grant));
        }
        changes.push(Change::AddMember(Member { group: "g0".to_owned(), account: "ana".to_owned() }));
        store.change(&Actor::system(), &changes).await.unwrap();
        let keys = tempfile::NamedTempFile::new().unwrap();
        let desk = Self { store, signer: Signer::new(Algorithm::Es256), keys, hand: Arc::default() };
        desk.hand.store(NOW * 1_000_000, Ordering::Relaxed);
        desk.publish(&desk.signer);
        desk
    }

    fn publish(&self, signer: &Signer) {
        std::fs::write(self.keys.path(), json!({"keys": [signer.jwk("one")]}).to_string()).unwrap();
    }

    fn pass(&self, seconds: i64) {
        self.hand.fetch_add(seconds * 1_000_000, Ordering::Relaxed);
    }

    fn authenticator(&self, change: impl FnOnce(&mut Issuer)) -> AccountAuthenticator<MemoryStore> {
        let mut issuer = Issuer { keys: KeySource::File(self.keys.path().to_owned()), ..Issuer::new(ISSUER, "taxii") };
        change(&mut issuer);
        let hand = Arc::clone(&self.hand);
        let clock = Arc::new(move || Timestamp::from_micros(hand.load(Ordering::Relaxed)));
        let authenticator = AccountAuthenticator::with_clock(Arc::clone(&self.store), clock).unwrap();
        authenticator.tokens(Tokens::new(vec![issuer]).unwrap())
    }

    fn sign(&self, more: &Value) -> Credentials {
        let mut claims = json!({"iss": ISSUER, "aud": "taxii", "exp": NOW + 7200});
        let all = claims.as_object_mut().unwrap();
        all.extend(more.as_object().unwrap().clone());
        Credentials::Key(self.signer.sign(&json!({"alg": "ES256", "kid": "one"}), &claims))
    }

    async fn map(&self, subject: &str) -> Credential {
        let made = Credential::new("ana", CredentialKind::Token, format!("{ISSUER} {subject}"));
        self.store.add_credential(&made).await.unwrap();
        made
    }
}

async fn ask(of: &AccountAuthenticator<MemoryStore>, with: &Credentials) -> Option<Arc<Caller>> {
    of.authenticate(with, Origin::default()).await.unwrap()
}

fn by_name(issuer: &mut Issuer) {
    issuer.claims.account = Some("preferred_username".to_owned());
}

fn by_group(issuer: &mut Issuer) {
    issuer.claims =
        ClaimNames { groups: Some("groups".to_owned()), organisation: Some("org".to_owned()), ..issuer.claims.clone() };
}

fn roots(of: &[&str]) -> HashMap<String, Rights> {
    of.iter().map(|root| ((*root).to_owned(), READ)).collect()
}

/// Promise 4: a token is the account that has its credential, else the one that it names, if its issuer may name accounts, else
/// somebody new, if it may make callers; else nobody. Its groups count for who is new, and for accounts only if the issuer was told.
#[tokio::test]
async fn whose_a_token_is() {
    let desk = Desk::new().await;
    desk.map("s-1").await;
    type Change = fn(&mut Issuer);
    let nothing: Change = |_| ();
    let creating: Change = |issuer| {
        by_group(issuer);
        issuer.create = Create::Caller;
    };
    let both: Change = |issuer| {
        by_name(issuer);
        by_group(issuer);
        issuer.create = Create::Caller;
    };
    let adding: Change = |issuer| {
        by_name(issuer);
        by_group(issuer);
        issuer.add_groups = true;
    };
    let [mapped, named, stranger] = [
        json!({"sub": "s-1", "preferred_username": "bob", "groups": ["g1"]}),
        json!({"sub": "s-2", "preferred_username": "ana", "groups": ["g1", "nobody's"]}),
        json!({"sub": "ana", "preferred_username": "eve", "groups": ["g1", "nobody's"], "org": "o"}),
    ];
    let elsewhere = json!({"sub": "s-3", "org": "unknown"});
    let new = format!("{ISSUER} ana");
    for (change, claims, name, may) in [
        (nothing, &mapped, Some("ana"), &["r0"][..]),
        (nothing, &named, None, &[]),
        (nothing, &stranger, None, &[]),
        (by_name, &mapped, Some("ana"), &["r0"]),
        (by_name, &named, Some("ana"), &["r0"]),
        (by_name, &stranger, None, &[]),
        (creating, &mapped, Some("ana"), &["r0"]),
        (creating, &stranger, Some(new.as_str()), &["r1"]),
        (creating, &elsewhere, None, &[]),
        (both, &named, Some("ana"), &["r0"]),
        (both, &stranger, Some("eve"), &["r1"]),
        (adding, &mapped, Some("ana"), &["r0", "r1"]),
        (adding, &named, Some("ana"), &["r0", "r1"]),
        (adding, &stranger, None, &[]),
    ] {
        let found = ask(&desk.authenticator(change), &desk.sign(claims)).await;
        let found = found.map(|caller| {
            assert_eq!(caller.organisation.as_deref(), Some("o"), "{claims}");
            let stored = *claims == mapped;
            let called = caller.credential.clone().unwrap();
            assert!(!called.contains("eyJ") && called.starts_with("token "));
            assert_eq!(&*called == "token login.example", !stored, "{called}");
            assert!(!caller.admin && caller.grants.is_empty());
            (caller.name.clone(), caller.roots.clone())
        });
        assert_eq!(found, name.map(|name| (Some(name.to_owned()), roots(may))), "{claims}");
    }
}

/// Promise 4: who may not log in does not get in by a token either, neither as somebody new; and no token gets in where no issuer is
/// trusted.
#[tokio::test]
async fn the_disabled_stay_outside() {
    let desk = Desk::new().await;
    let mapping = desk.map("s-1").await;
    let authenticator = desk.authenticator(|issuer| {
        by_name(issuer);
        by_group(issuer);
        issuer.create = Create::Caller;
    });
    let [mapped, named, made] = [
        desk.sign(&json!({"sub": "s-1"})),
        desk.sign(&json!({"sub": "s-2", "preferred_username": "ana"})),
        desk.sign(&json!({"sub": "s-3", "preferred_username": "eve", "org": "o"})),
    ];
    let all = async || {
        let mut found = Vec::new();
        for token in [&mapped, &named, &made] {
            found.push(ask(&authenticator, token).await.is_some());
        }
        found
    };
    assert_eq!(all().await, [true; 3]);
    let ana = desk.store.account("ana").await.unwrap().unwrap();
    desk.store.set_account(&Account { enabled: false, ..ana.clone() }).await.unwrap();
    assert_eq!(all().await, [false, false, true], "at once, whatever was kept");
    desk.store.set_account(&ana).await.unwrap();
    let closed = Organisation { enabled: false, ..Organisation::new("o", "t") };
    desk.store.change(&Actor::system(), &[Change::SetOrganisation(closed)]).await.unwrap();
    assert_eq!(all().await, [false; 3]);
    let open = Organisation::new("o", "t");
    desk.store.change(&Actor::system(), &[Change::SetOrganisation(open)]).await.unwrap();

    // Without its credential, the subject is somebody whom nobody knows.
    let strict = desk.authenticator(|_| ());
    assert!(ask(&strict, &mapped).await.is_some());
    desk.store.revoke_credential(mapping.id).await.unwrap();
    assert!(ask(&strict, &mapped).await.is_none());
    // One that has expired is no reason to look further.
    let over = Credential {
        expires: Some(Timestamp::from_micros((NOW + 10) * 1_000_000)),
        ..Credential::new("ana", CredentialKind::Token, format!("{ISSUER} s-1"))
    };
    desk.store.add_credential(&over).await.unwrap();
    assert!(ask(&strict, &mapped).await.is_some() && ask(&authenticator, &mapped).await.is_some());
    desk.pass(10);
    assert!(ask(&strict, &mapped).await.is_none() && ask(&authenticator, &mapped).await.is_none());

    let untrusting = AccountAuthenticator::new(Arc::clone(&desk.store)).unwrap();
    assert!(ask(&untrusting, &mapped).await.is_none());
}

/// Promise 4: what is kept of a token holds no longer than the token, its account's grants, and for a minute the issuer's key; a
/// key of the store is one although issuers are trusted.
#[tokio::test]
async fn tokens_are_not_kept_too_long() {
    let desk = Desk::new().await;
    desk.map("s-1").await;
    let authenticator = desk.authenticator(|_| ());
    // A minute for clocks that differ is part of it.
    let short = desk.sign(&json!({"sub": "s-1", "exp": NOW - 30}));
    desk.pass(0);
    assert!(ask(&authenticator, &short).await.is_some());
    desk.pass(29);
    assert!(ask(&authenticator, &short).await.is_some());
    desk.pass(1);
    assert!(ask(&authenticator, &short).await.is_none());

    let long = desk.sign(&json!({"sub": "s-1"}));
    let forged = Signer::new(Algorithm::Es256);
    assert!(ask(&authenticator, &long).await.is_some());
    desk.publish(&forged);
    desk.pass(3600);
    // Everybody else is let in by the former keys while those of today are fetched.
    let gone = async {
        loop {
            match ask(&authenticator, &long).await {
                Some(_) => desk.pass(60),
                None => return,
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), gone).await.unwrap();
    assert!(desk.hand.load(Ordering::Relaxed) < (NOW + 7200) * 1_000_000, "by its key and not by its end");

    let fresh = new_key().unwrap();
    desk.store.add_credential(&Credential::new("ana", CredentialKind::Key, fresh.digest)).await.unwrap();
    assert!(ask(&authenticator, &Credentials::Key(fresh.secret)).await.is_some());
}

/// An issuer that cannot be asked is no reason to tell clients that their tokens are wrong.
#[tokio::test]
async fn issuers_that_are_away() {
    let desk = Desk::new().await;
    desk.map("s-1").await;
    let authenticator = desk.authenticator(|issuer| issuer.keys = KeySource::File("/nowhere/keys.json".into()));
    let token = desk.sign(&json!({"sub": "s-1"}));
    assert!(authenticator.authenticate(&token, Origin::default()).await.is_err());
    assert!(ask(&authenticator, &Credentials::Key("taxii_nonsense".to_owned())).await.is_none());
}
