//! The callers, the collections with their grants, and the servers that they meet at.

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::{Value, json};
use taxii_model::Timestamp;
use taxii_server::Taxii;
use taxii_server::auth::{AccountAuthenticator, FailedLogins, new_key};
use taxii_server::store::{
    Account, Actor, Admin, ApiRoot, Change, Collection, Credential, CredentialKind, Grant, Group, Member, Object,
    Organisation, Rights, Store, Subject,
};
use taxii_tests::http::{Request, TAXII};
use taxii_tests::in_process::Served;
use uuid::Uuid;

use super::model::{May, OWN, Sample, Sees, Version, samples};

/// Somebody who calls.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) name: &'static str,
    /// The account's clearance and the organisation's, as an operator writes them.
    clearances: [Option<String>; 2],
    /// What they come to; `None` is everything.
    pub(super) sees: Option<Sees>,
    /// Are the credentials good? `None`: there are none.
    pub(super) logged_in: Option<bool>,
    admin: bool,
    scope: Option<Rights>,
    spoilt: Option<Spoilt>,
}

/// Why credentials are no good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spoilt {
    Expired,
    Revoked,
    AccountDisabled,
    OrganisationDisabled,
}

/// Everybody there is.
pub(super) fn callers() -> Vec<Caller> {
    let everything = |name| Caller {
        name,
        clearances: [None, None],
        sees: None,
        logged_in: Some(true),
        admin: false,
        scope: None,
        spoilt: None,
    };
    let cleared = |name, account: Option<&str>, organisation: Option<&str>, sees| Caller {
        clearances: [account.map(str::to_owned), organisation.map(str::to_owned)],
        sees: Some(sees),
        ..everything(name)
    };
    let nothing = Sees::default;
    let tlp = |level| Sees { tlp: Some(level), ..nothing() };
    let own = OWN.id();
    vec![
        Caller { logged_in: None, sees: Some(Sees { any: true, ..tlp(0) }), ..everything("anonymous") },
        everything("uncleared"),
        cleared("nothing", Some(""), None, nothing()),
        cleared("any", Some("any"), None, Sees { any: true, ..nothing() }),
        cleared("clear", Some("tlp:clear"), None, tlp(0)),
        cleared("green", Some("tlp:green, any"), None, Sees { any: true, ..tlp(1) }),
        cleared("amber", Some("tlp:amber"), None, tlp(2)),
        cleared("strict", Some("tlp:amber+strict, pap:red"), None, Sees { pap: Some(3), ..tlp(3) }),
        cleared("red", Some("tlp:red, pap:green"), None, Sees { red: true, pap: Some(1), ..tlp(3) }),
        cleared("red-only", Some("tlp:red@any"), None, Sees { red: true, ..nothing() }),
        cleared("elsewhere", Some("tlp:red@6b1f3c1e-0d0d-4c39-9d4b-3f0f7c7a2f11, tlp:green"), None, tlp(1)),
        cleared("own", Some(&format!("tlp:amber, {own}")), None, Sees { own: true, ..tlp(2) }),
        cleared("of-amber", None, Some("tlp:amber, pap:amber"), Sees { pap: Some(2), ..tlp(2) }),
        cleared(
            "both",
            Some("tlp:red, pap:red, any"),
            Some(&format!("tlp:green, pap:clear, {own}")),
            Sees { own: true, pap: Some(0), ..tlp(1) },
        ),
        Caller { scope: Some(rights(true, false, false)), ..cleared("reads", Some("tlp:green"), None, tlp(1)) },
        Caller { scope: Some(rights(false, true, false)), ..everything("writes") },
        Caller { admin: true, ..everything("admin") },
        // Administrators see everything, whatever is written.
        Caller { admin: true, sees: None, ..cleared("chief", Some("tlp:clear"), None, tlp(0)) },
        Caller { spoilt: Some(Spoilt::Expired), logged_in: Some(false), ..everything("expired") },
        Caller { spoilt: Some(Spoilt::Revoked), logged_in: Some(false), ..everything("revoked") },
        Caller { spoilt: Some(Spoilt::AccountDisabled), logged_in: Some(false), ..everything("disabled") },
        Caller { spoilt: Some(Spoilt::OrganisationDisabled), logged_in: Some(false), ..everything("dissolved") },
    ]
}

fn rights(read: bool, write: bool, delete: bool) -> Rights {
    Rights { list: true, read, write, delete, manage: false }
}

/// A collection, and how everybody comes by what they may do with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) number: usize,
    pub(super) name: &'static str,
    gives: Gives,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gives {
    Nothing,
    /// Everybody who has logged in sees that it is there.
    Listed,
    Own(Rights),
    ByGroup(Rights),
    ByOrganisation(Rights),
    ByRoot(Rights),
    Formerly(Rights),
    ForAWhile(Rights),
    /// To the account, and to its group.
    Both(Rights, Rights),
    ToAnybody,
}

/// Every way to come by rights.
pub(super) fn places() -> Vec<Place> {
    let (read, write) = (rights(true, false, false), rights(false, true, false));
    let ways = [
        ("none", Gives::Nothing),
        ("listed", Gives::Listed),
        ("list", Gives::Own(rights(false, false, false))),
        ("read", Gives::Own(read)),
        ("write", Gives::Own(write)),
        ("read-write", Gives::Own(rights(true, true, false))),
        ("all", Gives::Own(rights(true, true, true))),
        ("group", Gives::ByGroup(read)),
        ("organisation", Gives::ByOrganisation(rights(true, true, true))),
        ("root", Gives::ByRoot(read)),
        ("formerly", Gives::Formerly(rights(true, true, true))),
        ("for-a-while", Gives::ForAWhile(read)),
        ("both", Gives::Both(read, write)),
        ("anybody", Gives::ToAnybody),
    ];
    ways.into_iter().enumerate().map(|(number, (name, gives))| Place { number, name, gives }).collect()
}

impl Place {
    fn root(&self) -> &'static str {
        if matches!(self.gives, Gives::ByRoot(_)) { "whole" } else { "parts" }
    }

    /// The model of grants: what anybody may, and what the credentials let the account use of its own.
    pub(super) fn may(&self, caller: &Caller) -> May {
        let none = May::default();
        let (mut may, open) = match self.gives {
            Gives::Nothing | Gives::Formerly(_) => (none, none),
            Gives::Listed => (none, May { list: caller.logged_in == Some(true), ..none }),
            Gives::Own(rights) | Gives::ByGroup(rights) | Gives::ByOrganisation(rights) => (of(rights), none),
            Gives::ByRoot(rights) | Gives::ForAWhile(rights) => (of(rights), none),
            Gives::Both(one, other) => (of(one | other), none),
            Gives::ToAnybody => (none, May { list: true, read: true, ..none }),
        };
        if caller.logged_in != Some(true) {
            may = none;
        }
        if caller.admin {
            may = May { list: true, read: true, write: true, delete: true };
        }
        if let Some(scope) = caller.scope {
            may = May {
                list: may.list,
                read: may.read && scope.read,
                write: may.write && scope.write,
                delete: may.delete && scope.delete,
            };
        }
        May { list: may.list || open.list, read: may.read || open.read, ..may }
    }
}

fn of(rights: Rights) -> May {
    May { list: true, read: rights.read, write: rights.write, delete: rights.delete }
}

/// A server with all of it, on one store.
pub(super) struct Site {
    served: Served,
    /// Of the callers, in their order.
    keys: Vec<Option<String>>,
    /// Of the places, in their order.
    collections: Vec<Uuid>,
}

impl Site {
    /// Sets everything up on this store.
    pub(super) async fn new<S: Store + Admin>(store: Arc<S>) -> Self {
        let system = Actor::system();
        let change = async |changes: Vec<Change>| store.change(&system, &changes).await.expect("changes");
        change(vec![
            Change::AddRoot(ApiRoot::new("parts", "Parts").expect("a name")),
            Change::AddRoot(ApiRoot::new("whole", "Whole").expect("a name")),
        ])
        .await;
        let mut collections = Vec::new();
        for place in places() {
            let mut collection = Collection::new(place.root(), Some(place.name), place.name).expect("a name");
            collection.listed = place.gives == Gives::Listed;
            collection.anonymous_read = place.gives == Gives::ToAnybody;
            collections.push(collection.id);
            change(vec![Change::AddCollection(collection)]).await;
        }
        let mut keys = Vec::new();
        for caller in callers() {
            let (changes, key) = enrol(&caller, &collections);
            change(changes).await;
            if caller.spoilt == Some(Spoilt::Revoked) {
                let kept = store.credentials(Some(caller.name)).await.expect("credentials");
                change(kept.iter().map(|one| Change::RevokeCredential { id: one.id }).collect()).await;
            }
            keys.push(key);
        }
        // The table has more wrong credentials than anybody may send.
        let unlimited = FailedLogins { per_user: 0, per_address: 0 };
        let authenticator = AccountAuthenticator::new(Arc::clone(&store)).expect("an authenticator");
        let authenticator = authenticator.failed_logins(unlimited);
        let taxii = Taxii::builder(store).authenticator(authenticator).build().await.expect("a server");
        let site = Self { served: Served::start(taxii), keys, collections };
        site.fill();
        site
    }

    fn fill(&self) {
        let samples = samples();
        let most = samples.iter().map(|sample| sample.versions.len()).max().unwrap_or_default();
        for place in places() {
            for n in 0..most {
                let objects = samples.iter().enumerate().filter_map(|(s, sample)| {
                    sample.versions.get(n).map(|version| object(&id(place.number, s), n, version))
                });
                let answer =
                    self.by("admin", "POST", &place, "objects/").json(&json!({"objects": objects.collect::<Vec<_>>()}));
                let status: Value = answer.send().expect(202).json();
                assert_eq!(status["failure_count"], 0, "{status}");
            }
        }
    }

    /// A request of somebody.
    pub(super) fn by(&self, caller: &str, method: &str, place: &Place, rest: &str) -> Request {
        let target = format!("/{}/collections/{}/{rest}", place.root(), self.collections[place.number]);
        let request = Request::new(self.origin(), method, &target).accept(TAXII);
        let number = callers().iter().position(|known| known.name == caller).expect("a caller");
        match &self.keys[number] {
            Some(key) => request.header("Authorization", &format!("Bearer {key}")),
            None => request,
        }
    }

    pub(super) fn origin(&self) -> SocketAddr {
        self.served.origin()
    }
}

/// What makes an account with its organisation, group, credential and grants.
fn enrol(caller: &Caller, collections: &[Uuid]) -> (Vec<Change>, Option<String>) {
    if caller.logged_in.is_none() {
        return (Vec::new(), None);
    }
    let read = |text: &Option<String>| text.as_ref().map(|text| text.parse().expect("a clearance"));
    let (organisation, group) = (format!("of-{}", caller.name), format!("with-{}", caller.name));
    let mut changes = vec![
        Change::AddOrganisation(Organisation {
            clearance: read(&caller.clearances[1]),
            enabled: caller.spoilt != Some(Spoilt::OrganisationDisabled),
            ..Organisation::new(&organisation, "Organisation")
        }),
        Change::AddGroup(Group { name: group.clone(), title: "Group".to_owned() }),
        Change::AddAccount(Account {
            organisation: Some(organisation.clone()),
            clearance: read(&caller.clearances[0]),
            admin: caller.admin,
            enabled: caller.spoilt != Some(Spoilt::AccountDisabled),
            ..Account::new(caller.name)
        }),
        Change::AddMember(Member { group: group.clone(), account: caller.name.to_owned() }),
    ];
    let key = new_key().expect("a key");
    let mut credential = Credential::new(caller.name, CredentialKind::Key, key.digest);
    credential.expires = (caller.spoilt == Some(Spoilt::Expired)).then(|| moved(-1));
    if let Some(rights) = caller.scope {
        credential.scope.rights = rights;
    }
    changes.push(Change::AddCredential(credential));
    let (account, group) = (Subject::Account(caller.name.to_owned()), Subject::Group(group));
    for place in places() {
        let object = Object::Collection(collections[place.number]);
        let grant = |subject: &Subject, object: &Object, rights| Grant {
            subject: subject.clone(),
            object: object.clone(),
            rights,
            expires: None,
        };
        let grants = match place.gives {
            Gives::Nothing | Gives::Listed | Gives::ToAnybody => vec![],
            Gives::Own(rights) => vec![grant(&account, &object, rights)],
            Gives::ByGroup(rights) => vec![grant(&group, &object, rights)],
            Gives::ByOrganisation(rights) => vec![grant(&Subject::Organisation(organisation.clone()), &object, rights)],
            Gives::ByRoot(rights) => vec![grant(&account, &Object::Root(place.root().to_owned()), rights)],
            Gives::Formerly(rights) => vec![Grant { expires: Some(moved(-1)), ..grant(&account, &object, rights) }],
            Gives::ForAWhile(rights) => vec![Grant { expires: Some(moved(1)), ..grant(&account, &object, rights) }],
            Gives::Both(one, other) => vec![grant(&account, &object, one), grant(&group, &object, other)],
        };
        changes.extend(grants.into_iter().map(Change::SetGrant));
    }
    (changes, Some(key.secret))
}

/// So many days from now.
fn moved(days: i64) -> Timestamp {
    Timestamp::from_micros(Timestamp::now().as_micros() + days * 86_400_000_000)
}

/// The id of a sample in a place.
pub(super) fn id(place: usize, sample: usize) -> String {
    format!("indicator--{place:08x}-5eed-4000-8000-{sample:012x}")
}

/// When a version was made.
pub(super) fn modified(version: usize) -> String {
    format!("2026-01-{:02}T00:00:00.000Z", version + 1)
}

/// What nobody may find in an answer who may not see the property of this version.
pub(super) fn canary(id: &str, version: usize, property: &str) -> String {
    let tail = id.rsplit("--").next().unwrap_or(id).replace('-', "");
    format!("canary{tail}v{version}{property}!")
}

/// The object as it is posted.
pub(super) fn object(id: &str, n: usize, version: &Version) -> Value {
    let mut object = json!({
        "type": "indicator",
        "spec_version": "2.1",
        "id": id,
        "created": "2026-01-01T00:00:00.000Z",
        "modified": modified(n),
        "name": canary(id, n, "name"),
        "description": canary(id, n, "description"),
        "pattern": format!("[file:name = '{}']", canary(id, n, "pattern")),
        "pattern_type": "stix",
        "valid_from": "2026-01-01T00:00:00Z",
    });
    if !version.marks.is_empty() {
        object["object_marking_refs"] = version.marks.iter().map(|mark| mark.id()).collect();
    }
    if version.broken {
        object["object_marking_refs"] = json!("not a list");
    }
    if !version.parts.is_empty() {
        let part =
            |(mark, property): &(super::model::Mark, &str)| json!({"marking_ref": mark.id(), "selectors": [property]});
        object["granular_markings"] = version.parts.iter().map(part).collect();
    }
    object
}

/// The object of a sample.
pub(super) fn sample(place: usize, s: usize, n: usize, of: &Sample) -> Value {
    object(&id(place, s), n, &of.versions[n])
}
