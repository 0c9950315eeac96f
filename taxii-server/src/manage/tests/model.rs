use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::audit::{Log as _, action};
use crate::store::{
    Actor, ApiRoot, Change, Grant, Group, Member, Object, Organisation, Store as _, StoreError, Subject,
};

/// Small worlds, in which names collide and things are missing.
fn name() -> impl Strategy<Value = String> + Clone {
    prop_oneof![Just("a".to_owned()), Just("b".to_owned()), Just("c d".to_owned())]
}

fn rights() -> impl Strategy<Value = Rights> + Clone {
    any::<[bool; 5]>().prop_map(|[list, read, write, delete, manage]| Rights { list, read, write, delete, manage })
}

fn change() -> impl Strategy<Value = Change> {
    let root = (name(), name()).prop_map(|(name, title)| ApiRoot::new(&name.replace(' ', "/"), &title).unwrap());
    let organisation = (name(), name()).prop_map(|(name, title)| Organisation::new(&name, &title));
    let group = (name(), name()).prop_map(|(name, title)| Group { name, title });
    let account = (name(), proptest::option::of(name()), any::<bool>())
        .prop_map(|(name, organisation, enabled)| Account { organisation, enabled, ..Account::new(&name) });
    let member = (name(), name()).prop_map(|(group, account)| Member { group, account });
    let subject = prop_oneof![
        name().prop_map(Subject::Account),
        name().prop_map(Subject::Group),
        name().prop_map(Subject::Organisation)
    ];
    let grant = (subject, name(), rights()).prop_map(|(subject, root, rights)| Grant {
        subject,
        object: Object::Root(root.replace(' ', "/")),
        rights,
        expires: None,
    });
    prop_oneof![
        root.clone().prop_map(Change::AddRoot),
        root.clone().prop_map(Change::SetRoot),
        root.prop_map(|root| Change::RemoveRoot { name: root.name }),
        organisation.clone().prop_map(Change::AddOrganisation),
        organisation.prop_map(Change::SetOrganisation),
        name().prop_map(|name| Change::RemoveOrganisation { name }),
        group.clone().prop_map(Change::AddGroup),
        group.prop_map(Change::SetGroup),
        name().prop_map(|name| Change::RemoveGroup { name }),
        account.clone().prop_map(Change::AddAccount),
        account.prop_map(Change::SetAccount),
        name().prop_map(|name| Change::RemoveAccount { name }),
        member.clone().prop_map(Change::AddMember),
        member.prop_map(Change::RemoveMember),
        grant.clone().prop_map(Change::SetGrant),
        grant.prop_map(|grant| Change::RemoveGrant { subject: grant.subject, object: grant.object }),
    ]
}

/// The request that does the same.
fn request(change: &Change) -> (&'static str, String, Value) {
    let at = |parts: &[&str]| crate::manage::resource::location(parts);
    let grant = |subject: &Subject, object: &Object| {
        at(&["/v1/grants", subject.kind(), subject.name(), object.kind(), &object.name()])
    };
    match change {
        Change::AddRoot(root) => ("POST", "/v1/roots".to_owned(), json!(root)),
        Change::SetRoot(root) => ("PUT", at(&["/v1/roots", &root.name]), json!(root)),
        Change::RemoveRoot { name } => ("DELETE", at(&["/v1/roots", name]), Value::Null),
        Change::AddOrganisation(one) => ("POST", "/v1/organisations".to_owned(), json!(one)),
        Change::SetOrganisation(one) => ("PUT", at(&["/v1/organisations", &one.name]), json!(one)),
        Change::RemoveOrganisation { name } => ("DELETE", at(&["/v1/organisations", name]), Value::Null),
        Change::AddGroup(one) => ("POST", "/v1/groups".to_owned(), json!(one)),
        Change::SetGroup(one) => ("PUT", at(&["/v1/groups", &one.name]), json!(one)),
        Change::RemoveGroup { name } => ("DELETE", at(&["/v1/groups", name]), Value::Null),
        Change::AddAccount(one) => ("POST", "/v1/accounts".to_owned(), json!(one)),
        Change::SetAccount(one) => ("PUT", at(&["/v1/accounts", &one.name]), json!(one)),
        Change::RemoveAccount { name } => ("DELETE", at(&["/v1/accounts", name]), Value::Null),
        Change::AddMember(one) => ("PUT", at(&["/v1/groups", &one.group, "members", &one.account]), Value::Null),
        Change::RemoveMember(one) => ("DELETE", at(&["/v1/groups", &one.group, "members", &one.account]), Value::Null),
        Change::SetGrant(one) => {
            ("PUT", grant(&one.subject, &one.object), json!({"rights": one.rights, "expires": one.expires}))
        }
        Change::RemoveGrant { subject, object } => ("DELETE", grant(subject, object), Value::Null),
        other => unreachable!("{other}"),
    }
}

/// Everything but objects and what has a random id.
async fn state(store: &MemoryStore) -> String {
    let directory = store.directory().await.unwrap();
    let (organisations, groups) = (store.organisations().await.unwrap(), store.groups().await.unwrap());
    let (members, accounts) = (store.members().await.unwrap(), store.accounts().await.unwrap());
    let grants = store.grants(None).await.unwrap();
    format!("{directory:#?}{organisations:#?}{groups:#?}{members:#?}{accounts:#?}{grants:#?}")
}

/// What the log says was changed, apart from when and by whom.
async fn recorded(desk: &Desk) -> Vec<Value> {
    let entries = desk.store.entries(0, 10_000).await.unwrap();
    let changed = entries.iter().filter(|entry| entry.record.action == action::CHANGED);
    let told = changed.map(|entry| serde_json::from_str::<Value>(&entry.record.details).unwrap()["change"].clone());
    told.filter(|change| change["change"] != "add-credential").collect()
}

async fn agree(changes: Vec<Change>, at_once: bool) {
    let (by_api, by_hand) = (Desk::new().await, Desk::new().await);
    if at_once {
        let made = by_hand.store.change(&Actor::system(), &changes).await;
        let answer = by_api.call("POST", "/v1/changes", json!({"changes": changes})).await;
        assert_eq!(made.is_ok(), answer.status == 200, "{changes:?}: {made:?} {answer:?}");
    } else {
        for change in &changes {
            let made = by_hand.store.change(&Actor::system(), std::slice::from_ref(change)).await;
            let (method, path, body) = request(change);
            let answer = by_api.call(method, &path, body).await;
            let joins_again = matches!((change, &made), (Change::AddMember(_), Err(StoreError::Taken(_))));
            assert_eq!(made.is_ok() || joins_again, answer.status < 300, "{change}: {made:?} {answer:?}");
        }
    }
    assert_eq!(state(&by_api.store).await, state(&by_hand.store).await);
    let (here, there) = (recorded(&by_api).await, recorded(&by_hand).await);
    assert_eq!(here, there);
}

/// The API is another way to make the same changes, one by one or all at once: whatever is changed, what is there afterwards is the same,
/// and what fails here fails there.
#[test]
fn requests_and_changes_come_to_the_same() {
    let system = actix_web::rt::System::new();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let run = |(changes, at_once)| {
        system.block_on(agree(changes, at_once));
        Ok(())
    };
    runner.run(&(vec(change(), 1..25), any::<bool>()), run).unwrap();
}

/// What one server has, taken from it over the API and given to another, makes that one the same, whatever it was; to give it again, or to
/// give it back, changes nothing.
#[test]
fn a_state_can_be_carried_over() {
    let system = actix_web::rt::System::new();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let carry = async |here: Vec<Change>, there: Vec<Change>| {
        let (one, other) = (Desk::new().await, Desk::new().await);
        for (desk, changes) in [(&one, here), (&other, there)] {
            for change in changes {
                drop(desk.store.change(&Actor::system(), std::slice::from_ref(&change)).await);
            }
        }
        let wanted = one.get("/v1/state").await.is(200);
        let before = recorded(&other).await.len();
        let told = other.call("POST", "/v1/state?prune=true&dry_run=true", wanted.json()).await.is(200);
        assert_eq!(recorded(&other).await.len(), before, "a dry run");
        let done = other.call("POST", "/v1/state?prune=true&confirm=true", wanted.json()).await.is(200);
        assert_eq!(done.json()["changes"], told.json()["changes"]);
        assert_eq!(state(&other.store).await, state(&one.store).await);
        let made: Vec<Value> = recorded(&other).await.split_off(before);
        assert_eq!(json!(made), done.json()["changes"], "the log has what was told");
        for desk in [&one, &other] {
            assert_eq!(desk.get("/v1/state").await.tag(), wanted.tag());
            let again = desk.call("POST", "/v1/state?prune=true", wanted.json()).await.is(200).json();
            assert_eq!(again, json!({"changes": [], "summary": [], "objects_removed": 0, "dry_run": false}));
        }
    };
    let run = |(here, there)| {
        system.block_on(carry(here, there));
        Ok(())
    };
    runner.run(&(vec(change(), 0..25), vec(change(), 0..25)), run).unwrap();
}
