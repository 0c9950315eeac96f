use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use stix_model::{RawHead, SpecVersion};
use taxii_model::{Filter, StatusDetails, Timestamp, VersionFilter};
use taxii_server::store::{
    self as made, Account, Actor, Admin, ApiRoot, Collection, CollectionKey, Credential, CredentialKind, Grant, Group,
    Ingest, Item, Label, Member, Object, Organisation, Result, Rights, Scope, Selection, Sight, Store, StoreError,
    Subject, Submission, Window,
};
use uuid::Uuid;

use super::operation::{Change, MARKINGS, Operation, Sees, instant};

/// Noon of some day, in microseconds.
pub(super) const BEGINNING: i64 = 1_800_000_000_000_000;

/// The stores, and the hand of their clock.
pub(super) struct Three {
    pub(super) hand: Arc<AtomicI64>,
    pub(super) stores: [(&'static str, Arc<dyn Full>); 3],
}

/// All that a store can do.
pub(super) trait Full: Store + Admin {}

impl<S: Store + Admin> Full for S {}

/// Does it all, from a common beginning, and says where the stores differ; else, how many answers were the same.
pub(super) async fn differs(three: &Three, operations: &[Operation]) -> std::result::Result<usize, String> {
    three.hand.store(BEGINNING, Ordering::Relaxed);
    let mut trials = Vec::new();
    for (name, store) in &three.stores {
        trials.push((*name, Trial::begin(Arc::clone(store)).await));
    }
    let mut count = 0;
    for (n, operation) in operations.iter().enumerate() {
        if let Operation::Pass(micros) = operation {
            three.hand.fetch_add(*micros, Ordering::Relaxed);
        }
        let mut answers = Vec::new();
        for (name, trial) in &mut trials {
            answers.push((*name, trial.answer(n, operation).await));
        }
        let (_, oracle) = &answers[0];
        count += oracle.len();
        for (name, answer) in &answers[1..] {
            if let Some((ours, theirs)) = oracle.iter().zip(answer).find(|(ours, theirs)| ours != theirs) {
                return Err(format!("operation {n}, {operation:?}:\nmemory: {ours}\n{name}: {theirs}"));
            }
        }
    }
    Ok(count)
}

/// One store, and what was told about it.
struct Trial {
    store: Arc<dyn Full>,
    /// The store's own numbers of the collections, also after they are gone.
    keys: [CollectionKey; 4],
    statuses: Vec<Uuid>,
    revision: i64,
    changes: [i64; 2],
}

/// What parts are marked makes no difference here, only that some are.
fn is_among(label: &Label, seen: &[Label]) -> bool {
    seen.iter().any(|one| {
        (one.is_readable(), one.object(), one.parts()) == (label.is_readable(), label.object(), label.parts())
            && one.is_public() == label.is_public()
    })
}

fn root(n: usize) -> String {
    format!("root{n}")
}

fn collection_id(n: usize) -> Uuid {
    Uuid::from_u128(0x1000_4000_8000_0000_0000_0000 + n as u128)
}

fn account(n: usize) -> String {
    format!("account{n}")
}

/// What everybody is told: an error's kind, and not its words, which are each store's own.
fn told<T: Debug>(result: Result<T>) -> String {
    match result {
        Ok(answer) => format!("{answer:?}"),
        Err(StoreError::Missing(_)) => "missing".to_owned(),
        Err(StoreError::Taken(_)) => "taken".to_owned(),
        Err(error) => format!("{error:?}"),
    }
}

impl Trial {
    /// Removes everything, and makes two roots with two collections.
    async fn begin(store: Arc<dyn Full>) -> Self {
        for root in store.directory().await.expect("it answers").roots {
            store.remove_root(&root.name).await.expect("it is there");
        }
        for account in store.accounts().await.expect("it answers") {
            store.remove_account(&account.name).await.expect("it is there");
        }
        for organisation in store.organisations().await.expect("it answers") {
            let gone = made::Change::RemoveOrganisation { name: organisation.name };
            store.change(&Actor::system(), &[gone]).await.expect("nobody belongs to it");
        }
        for group in store.groups().await.expect("it answers") {
            store
                .change(&Actor::system(), &[made::Change::RemoveGroup { name: group.name }])
                .await
                .expect("it is there");
        }
        // A number that no collection has.
        let mut trial =
            Self { store, keys: [CollectionKey(-1); 4], statuses: Vec::new(), revision: 0, changes: [0; 2] };
        for n in 0..2 {
            told(trial.change(&[Change::AddRoot(n, n == 0), Change::AddCollection(n, n)]).await);
        }
        trial.learn().await;
        trial
    }

    /// The numbers of new collections.
    async fn learn(&mut self) {
        for collection in self.store.directory().await.expect("it answers").collections {
            if let Some(n) = (0..4).find(|n| collection_id(*n) == collection.id) {
                self.keys[n] = collection.key;
            }
        }
    }

    /// What the store says to an operation, and what everybody asks after it.
    async fn answer(&mut self, n: usize, operation: &Operation) -> Vec<String> {
        let mut answers = self.perform(n, operation).await;
        // Of numbers that count changes, only whether they have moved is everybody's.
        for n in 0..2 {
            let mark = self.store.mark(self.keys[n]).await;
            let changes = mark.as_ref().map_or(0, |mark| mark.changes);
            answers.push(format!("{}, moved: {}", told(mark.map(|mark| mark.clock)), changes != self.changes[n]));
            self.changes[n] = changes;
        }
        let revision = self.store.revision().await.expect("it answers");
        answers.push(format!("revision moved: {}", revision != self.revision));
        self.revision = revision;
        answers
    }

    async fn perform(&mut self, n: usize, operation: &Operation) -> Vec<String> {
        let key = |collection: &usize| self.keys[*collection];
        match operation {
            Operation::Pass(_) => Vec::new(),
            Operation::Add { collection, texts, note, refused } => {
                let submission = self.submission(n, key(collection), texts, *note, *refused);
                self.statuses.push(submission.status);
                vec![told(self.store.add(submission).await)]
            }
            Operation::Delete { collection, id, filter, sees } => {
                let sight = self.sight(key(collection), sees).await;
                vec![told(self.store.delete(key(collection), id, &Selection::of(filter), sight.as_ref()).await)]
            }
            Operation::Page { collection, filter, skip, beside, limit, bytes, sees } => {
                let sight = self.sight(key(collection), sees).await;
                let all = Window::of(key(collection), filter);
                let stamps = self.store.records(&all).await.map(|page| page.entries).unwrap_or_default();
                let after =
                    skip.checked_sub(1).and_then(|last| stamps.get(last)).map_or(i64::MIN, |r| r.added.as_micros());
                let after = Timestamp::from_micros(after.saturating_add(*beside));
                let window = Window { after, limit: *limit, bytes: *bytes, sight, ..all };
                let texts = self.store.objects(&window).await;
                let texts = texts.map(|texts| {
                    let all = texts.iter().map(|(added, text)| (added, String::from_utf8_lossy(text).into_owned()));
                    (all.collect::<Vec<_>>(), texts.more)
                });
                vec![told(self.store.records(&window).await), told(texts)]
            }
            Operation::Walk { collection, filter, limit, sees } => {
                let sight = self.sight(key(collection), sees).await;
                self.walk(key(collection), filter, *limit, sight).await
            }
            Operation::Labels { collection } => {
                let labels = self.store.labels(key(collection)).await;
                let told_of = labels.map(|labels| {
                    let all = labels.labels.into_iter().map(|(_, label)| label);
                    (labels.mark.clock, labels.unread, all.collect::<BTreeSet<_>>())
                });
                vec![told(told_of)]
            }
            Operation::Holds { collection, id, seconds, sees } => {
                let sight = self.sight(key(collection), sees).await;
                let versions: Vec<_> = seconds.iter().map(|second| instant(*second)).collect();
                vec![told(self.store.holds(key(collection), id, &versions, sight.as_ref()).await)]
            }
            Operation::Status { back, root: n } => {
                let unknown = Uuid::from_u128(1);
                let id = self.statuses.iter().rev().nth(*back).copied().unwrap_or(unknown);
                vec![told(self.store.status(&root(*n), id).await)]
            }
            Operation::Admin(changes) => {
                let done = told(self.change(changes).await);
                self.learn().await;
                let mut answers = vec![done];
                answers.extend(self.administration().await);
                answers
            }
        }
    }

    fn submission(
        &self,
        n: usize,
        collection: CollectionKey,
        texts: &[String],
        note: bool,
        refused: bool,
    ) -> Submission {
        let item = |text: &String| {
            let head = RawHead::read(text, 100).expect("an object").check(None).expect("a head");
            let mut item = Item::new(head, text.clone());
            item.note = note.then(|| "a note".to_owned());
            item
        };
        let at_the_door = StatusDetails {
            id: "nonsense".to_owned(),
            version: "2026-01-01T00:00:00.000Z".to_owned(),
            message: Some("refused at the door".to_owned()),
        };
        Submission {
            status: Uuid::from_u128(0x3000_4000_8000_0000_0000_0000 + n as u128),
            root: root(0),
            collection,
            caller: format!("caller{}", n % 2),
            received: Timestamp::from_micros(BEGINNING),
            items: texts.iter().map(item).collect(),
            refused: if refused { vec![at_the_door] } else { Vec::new() },
        }
    }

    /// Whoever sees entries with some of the markings, up to one of the entries.
    async fn sight(&self, collection: CollectionKey, sees: &Sees) -> Option<Arc<Sight>> {
        let (bits, until) = (*sees)?;
        let marked = |n: usize| format!("{{\"type\":\"x\",\"id\":\"x\"{}}}", MARKINGS[n]);
        let seen: Vec<Label> =
            (0..MARKINGS.len()).filter(|n| bits >> n & 1 == 1).map(|n| Label::of(&marked(n))).collect();
        let labels = self.store.labels(collection).await.unwrap_or_default();
        let numbers = labels.labels.iter().filter(|(_, label)| is_among(label, &seen)).map(|(number, _)| *number);
        let numbers = numbers.chain(seen.contains(&Label::default()).then_some(0)).collect();
        let editions = Some(vec!["2.0".to_owned(), "2.1".to_owned()]);
        let filter = Filter { spec_versions: editions, versions: VersionFilter::All, ..Filter::default() };
        let every = Window::of(collection, &filter);
        let all = self.store.records(&every).await.map(|page| page.entries).unwrap_or_default();
        let until = until.and_then(|n| all.get(n)).map_or(labels.mark.clock, |record| record.added);
        Some(Arc::new(Sight::new(numbers, until)))
    }

    async fn walk(
        &self,
        collection: CollectionKey,
        filter: &Filter,
        limit: usize,
        sight: Option<Arc<Sight>>,
    ) -> Vec<String> {
        let all = Window { sight, ..Window::of(collection, filter) };
        let mut window = Window { limit, ..all.clone() };
        let (mut pages, mut walked) = (Vec::new(), Vec::new());
        while let Ok(page) = self.store.records(&window).await {
            pages.push(format!("{page:?}"));
            let Some(last) = page.entries.last() else { break };
            window.after = last.added;
            walked.extend(page.entries);
            if !page.more {
                break;
            }
        }
        let whole = self.store.records(&all).await;
        if let Ok(whole) = &whole {
            assert_eq!(whole.entries, walked, "a walk gives what a page without a limit does: {filter:?} by {limit}");
        }
        pages.push(told(whole));
        let every = Window { selection: Selection { versions: VersionFilter::All, ..all.selection }, ..window };
        pages.push(told(self.store.records(&every).await));
        pages
    }

    async fn change(&self, changes: &[Change]) -> Result<()> {
        if let [Change::Used(n)] = changes {
            return self.store.used(credential_id(*n), Timestamp::from_micros(BEGINNING)).await;
        }
        // Others than alone, uses are nothing that is changed.
        let made: Vec<made::Change> = changes.iter().filter_map(|change| meant(*change)).collect();
        self.store.change(&Actor::operator("somebody"), &made).await
    }

    /// All that administrators see.
    async fn administration(&self) -> Vec<String> {
        let mut directory = self.store.directory().await.expect("it answers");
        // The numbers are the store's own.
        directory.collections.iter_mut().for_each(|collection| collection.key = CollectionKey(0));
        let one = account(1);
        vec![
            format!("{directory:?}"),
            told(self.store.accounts().await),
            told(self.store.organisations().await),
            told(self.store.groups().await),
            told(self.store.members().await),
            told(self.store.account(&one).await),
            told(self.store.identity(&one).await),
            told(self.store.credentials(None).await),
            told(self.store.credentials(Some(&one)).await),
            told(self.store.credential(CredentialKind::Key, "secret1").await),
            told(self.store.credential(CredentialKind::Password, "secret0").await),
            told(self.store.grants(None).await),
            told(self.store.grants(Some(&Subject::Account(one))).await),
        ]
    }
}

/// The change as the stores understand it.
fn meant(change: Change) -> Option<made::Change> {
    use made::Change as Made;

    let member = |n: usize, of: usize| Member { group: format!("group{n}"), account: account(of) };
    let organisation = |n: usize, enabled: bool| Organisation {
        enabled,
        clearance: enabled.then(|| "tlp:green".parse().expect("a clearance")),
        ..Organisation::new(&format!("organisation{n}"), "t")
    };
    let group = |n: usize, title: bool| Group { name: format!("group{n}"), title: format!("{title}") };
    Some(match change {
        Change::AddRoot(n, default) => Made::AddRoot(api_root(n, default)),
        Change::SetRoot(n, default) => Made::SetRoot(api_root(n, default)),
        Change::RemoveRoot(n) => Made::RemoveRoot { name: root(n) },
        Change::AddCollection(n, of) => Made::AddCollection(collection(n, of)),
        Change::SetCollection(n, of) => Made::SetCollection(collection(n, of)),
        Change::RemoveCollection(n) => Made::RemoveCollection { id: collection_id(n) },
        Change::AddAccount(n) => Made::AddAccount(person(n, None, n == 0)),
        Change::SetAccount(n, of, admin) => Made::SetAccount(person(n, Some(of), admin)),
        Change::RemoveAccount(n) => Made::RemoveAccount { name: account(n) },
        Change::AddOrganisation(n) => Made::AddOrganisation(organisation(n, true)),
        Change::SetOrganisation(n, enabled) => Made::SetOrganisation(organisation(n, enabled)),
        Change::RemoveOrganisation(n) => Made::RemoveOrganisation { name: format!("organisation{n}") },
        Change::AddGroup(n) => Made::AddGroup(group(n, true)),
        Change::SetGroup(n, title) => Made::SetGroup(group(n, title)),
        Change::RemoveGroup(n) => Made::RemoveGroup { name: format!("group{n}") },
        Change::AddMember(n, of) => Made::AddMember(member(n, of)),
        Change::RemoveMember(n, of) => Made::RemoveMember(member(n, of)),
        Change::AddCredential(n, of) => Made::AddCredential(credential(n, of)),
        Change::SetCredential(n, of) => {
            let expires = (of > 0).then(|| Timestamp::from_micros(BEGINNING + of as i64));
            Made::SetCredential { id: credential_id(n), name: format!("other{of}"), expires, scope: scope(of) }
        }
        Change::RevokeCredential(n) => Made::RevokeCredential { id: credential_id(n) },
        Change::Used(_) => return None,
        Change::SetGrant(n, of, write) => {
            let rights = Rights { list: true, read: !write, write, ..Rights::NONE };
            let expires = (of % 2 == 0).then(|| Timestamp::from_micros(BEGINNING));
            Made::SetGrant(Grant { subject: subject(n), object: object(of), rights, expires })
        }
        Change::RemoveGrant(n, of) => Made::RemoveGrant { subject: subject(n), object: object(of) },
    })
}

fn api_root(n: usize, default: bool) -> ApiRoot {
    let mut made = ApiRoot::new(&root(n), &format!("{default}")).expect("a name");
    (made.default, made.max_content_length) = (default, if default { 5000 } else { 100_000 });
    made
}

fn collection(n: usize, of: usize) -> Collection {
    let mut made = Collection::new(&root(of), Some(&format!("alias{}", n % 2)), "t").expect("an alias");
    made.id = collection_id(n);
    (made.anonymous_read, made.listed) = (of == 1, of == 2);
    made.ingest = if of == 2 { Ingest::Strict } else { Ingest::Head };
    made.spec_versions = SpecVersion::ALL.to_vec();
    made
}

fn person(n: usize, organisation: Option<usize>, admin: bool) -> Account {
    Account {
        organisation: organisation.map(|of| format!("organisation{of}")),
        clearance: (n == 1).then(|| "tlp:amber, any".parse().expect("a clearance")),
        admin,
        enabled: !admin,
        client: if admin { "misp".parse().expect("a profile") } else { Default::default() },
        ..Account::new(&account(n))
    }
}

/// Two of them are recognised by the same, and three are passwords, of which one has expired.
fn credential(n: usize, of: usize) -> Credential {
    let kind = CredentialKind::ALL[n % 4];
    Credential {
        id: credential_id(n),
        name: format!("name{n}"),
        created: Timestamp::from_micros(BEGINNING + n as i64),
        expires: (n > 3).then(|| Timestamp::from_micros(BEGINNING + 6)),
        scope: scope(n),
        ..Credential::new(&account(of), kind, format!("secret{}", n % 4))
    }
}

fn scope(n: usize) -> Scope {
    let collections = (n % 2 == 1).then(|| (0..n).map(collection_id).collect());
    Scope { rights: Rights { write: n > 1, ..Rights::ALL }, collections }
}

fn credential_id(n: usize) -> Uuid {
    Uuid::from_u128(0x2000_4000_8000_0000_0000_0000 + n as u128)
}

fn subject(n: usize) -> Subject {
    let of = n % 3;
    match n / 3 {
        0 => Subject::Account(account(of)),
        1 => Subject::Group(format!("group{of}")),
        _ => Subject::Organisation(format!("organisation{of}")),
    }
}

fn object(n: usize) -> Object {
    if n < 3 { Object::Collection(collection_id(n)) } else { Object::Root(root(n - 3)) }
}
