//! The log of who did what and who received what: exact, in one chain, and there after a crash.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::App;
use actix_web::dev::ServiceResponse;
use actix_web::http::Method;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use async_trait::async_trait;
use serde_json::{Value, json};
use taxii_model::{Filter, Timestamp};
use taxii_server::Taxii;
use taxii_server::audit::{self, Chain, Journal, Log, what_did, who_received};
use taxii_server::auth::{Authenticator, Caller, Credentials, Origin};
use taxii_server::store::{Admin, ApiRoot, Collection, Due, MemoryStore, PostgresStore, SqliteStore, Store, Window};
use taxii_tests::objects::envelope;
use taxii_tests::postgres::Database;

const TAXII: &str = "application/taxii+json;version=2.1";

/// A stream of numbers that is the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len() as u64) as usize]
    }
}

/// Lets everybody in, by any password, which is then the name of the credential.
struct Everybody;

#[async_trait]
impl Authenticator for Everybody {
    async fn authenticate(
        &self,
        credentials: &Credentials,
        _: Origin,
    ) -> taxii_server::store::Result<Option<Arc<Caller>>> {
        let Credentials::Basic { user, password } = credentials else { return Ok(None) };
        let credential = Some(password.as_str().into());
        // Bob does not see everything.
        let clearance = (user == "bob").then(|| Arc::new("tlp:amber".parse().expect("a clearance")));
        Ok(Some(Arc::new(Caller { name: Some(user.clone()), credential, admin: true, clearance, ..Caller::default() })))
    }
}

/// Account, credential, address; and did it come without a part?
type Recipient = (Option<String>, Option<String>, Option<String>, bool);
/// Who got which version of which object, as the pages themselves said.
type Model = BTreeMap<String, BTreeSet<(String, Recipient)>>;

/// One who asks.
struct Poller {
    account: &'static str,
    credential: &'static str,
    address: &'static str,
    next: Option<String>,
    tag: Option<String>,
}

const POLLERS: [(&str, &str, &str); 5] = [
    ("alice", "password", "192.0.2.1"),
    ("alice", "key 1", "192.0.2.1"),
    ("alice", "key 1", "192.0.2.2"),
    ("bob", "key 2", "2001:db8::1"),
    ("", "", "198.51.100.7"),
];

fn object(numbers: &mut Numbers) -> Value {
    let (n, version) = (numbers.below(30), numbers.below(6));
    let kind = if n.is_multiple_of(3) { "malware" } else { "indicator" };
    let mut object =
        if kind == "malware" { taxii_tests::objects::malware() } else { taxii_tests::objects::indicator() };
    object["id"] = format!("{kind}--00000000-0000-4000-8000-{n:012}").into();
    object["modified"] = format!("2021-01-01T00:00:0{version}.000Z").into();
    object["created_by_ref"] = author(n % AUTHORS).into();
    object["description"] = "for everybody".into();
    if n.is_multiple_of(2) {
        object["description"] = "for a few".into();
        let red = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1";
        object["granular_markings"] = json!([{"marking_ref": red, "selectors": ["description"]}]);
    }
    object
}

/// Whoever makes objects: their identities come along where the collection says so.
const AUTHORS: u64 = 3;

fn author(n: u64) -> String {
    format!("identity--00000000-0000-4000-8000-{n:012}")
}

fn request(poller: &Poller, method: &Method, uri: &str) -> TestRequest {
    let address: SocketAddr = SocketAddr::new(poller.address.parse().expect("an address"), 4000);
    let request = TestRequest::default().method(method.clone()).uri(uri).peer_addr(address);
    let request = request.insert_header(("accept", TAXII));
    if poller.account.is_empty() {
        return request;
    }
    use base64::Engine as _;
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", poller.account, poller.credential));
    request.insert_header(("authorization", format!("Basic {pair}")))
}

/// A random question about objects.
fn question(numbers: &mut Numbers, poller: &Poller, collection: &str) -> String {
    let mut uri = format!("/r/collections/{collection}/objects/");
    if numbers.below(4) == 0 {
        let n = numbers.below(30);
        let kind = if n.is_multiple_of(3) { "malware" } else { "indicator" };
        uri.push_str(&format!("{kind}--00000000-0000-4000-8000-{n:012}/"));
    }
    let mut query = vec![format!("limit={}", 1 + numbers.below(12))];
    if let Some(next) = poller.next.as_ref().filter(|_| !uri.contains("--") && numbers.below(3) > 0) {
        query.push(format!("next={next}"));
    }
    if numbers.below(12) == 0 && !uri.contains("--") {
        query.push("added_after=2100-01-01T00:00:00Z".to_owned());
    }
    if numbers.below(3) == 0 {
        query.push(format!("match[version]={}", numbers.one(&["all", "first", "last", "first,last"])));
    }
    if numbers.below(4) == 0 && !uri.contains("--") {
        query.push("match[type]=malware".to_owned());
    }
    format!("{uri}?{}", query.join("&"))
}

fn header(response: &ServiceResponse, name: &str) -> Option<String> {
    Some(response.headers().get(name)?.to_str().ok()?.to_owned())
}

/// Random polls, submissions, deletions and sweeps; then the log has to say of every version exactly who has got it.
async fn says_who_received_what<S: Store + Admin + Log>(store: Arc<S>, seed: u64, rounds: usize) {
    store.add_root(&ApiRoot::new("r", "R").expect("a name")).await.expect("a root");
    for alias in ["one", "two"] {
        let mut made = Collection::new("r", Some(alias), alias).expect("an alias");
        made.anonymous_read = true;
        made.markings.supply = alias == "two";
        store.add_collection(&made).await.expect("a collection");
    }
    let directory = store.directory().await.expect("a directory");
    let keys: Vec<_> = directory.collections.iter().map(|collection| collection.key).collect();
    let log: Arc<dyn Log> = Arc::<S>::clone(&store);
    let taxii = Taxii::builder(Arc::clone(&store))
        .authenticator(Everybody)
        .audit(Journal::new(log))
        .build()
        .await
        .expect("a server");
    let app = init_service(App::new().configure(|config| taxii.configure(config))).await;

    let send = async |request: TestRequest| call_service(&app, request.to_request()).await;
    let mut numbers = Numbers(seed);
    let mut model = Model::new();
    let mut counts = [0; 6];
    let mut redacted = 0;
    let mut pollers =
        POLLERS.map(|(account, credential, address)| Poller { account, credential, address, next: None, tag: None });
    for alias in ["one", "two"] {
        let identity = |n| {
            json!({"type": "identity", "spec_version": "2.1", "id": author(n), "name": "an author",
                   "created": "2021-01-01T00:00:00.000Z", "modified": "2021-01-01T00:00:00.000Z"})
        };
        let authors: Vec<Value> = (0..AUTHORS).map(identity).collect();
        let post = request(&pollers[0], &Method::POST, &format!("/r/collections/{alias}/objects/"));
        let post = post.insert_header(("content-type", TAXII)).set_payload(envelope(&authors).to_string());
        assert_eq!(send(post).await.status(), 202);
    }
    for round in 0..rounds {
        let alias = *numbers.one(&["one", "two"]);
        match numbers.below(10) {
            0 | 1 => {
                let objects: Vec<Value> = (0..1 + numbers.below(5)).map(|_| object(&mut numbers)).collect();
                let uri = format!("/r/collections/{alias}/objects/");
                let post = request(&pollers[numbers.below(4) as usize], &Method::POST, &uri);
                let post = post.insert_header(("content-type", TAXII)).set_payload(envelope(&objects).to_string());
                assert_eq!(send(post).await.status(), 202);
                counts[0] += 1;
            }
            2 => {
                let id = object(&mut numbers)["id"].as_str().expect("an id").to_owned();
                let version = numbers.one(&["", "?match[version]=first", "?match[version]=last"]);
                let uri = format!("/r/collections/{alias}/objects/{id}/{version}");
                let gone = send(request(&pollers[0], &Method::DELETE, &uri)).await;
                counts[1] += usize::from(gone.status() == 200);
            }
            3 if round % 7 == 0 => {
                let key = *numbers.one(&keys);
                let clock = store.mark(key).await.expect("a mark").clock;
                store.remove_due(key, Due::AddedBefore(clock), 4).await.expect("it sweeps");
                counts[2] += 1;
            }
            _ => {
                let poller = numbers.below(5) as usize;
                let uri = question(&mut numbers, &pollers[poller], alias);
                poll(&send, &mut numbers, &mut pollers[poller], &uri, &mut model, &mut counts).await;
            }
        }
        if numbers.below(20) == 0 {
            taxii.flush().await.expect("it is written");
        }
    }
    taxii.flush().await.expect("it is written");
    println!("{counts:?} submissions, deletions, sweeps, pages, answers without objects, 304 and HEAD");
    assert!(counts.iter().all(|count| *count >= 5), "everything happened: {counts:?}");

    for n in 0..30 {
        for kind in ["malware", "indicator", "identity"] {
            let id = format!("{kind}--00000000-0000-4000-8000-{n:012}");
            let told: BTreeSet<(String, Recipient)> = who_received(&*store, &id)
                .await
                .expect("it is told")
                .into_iter()
                .map(|received| {
                    (received.version, (received.account, received.credential, received.address, received.redacted))
                })
                .collect();
            redacted += told.iter().filter(|(_, recipient)| recipient.3).count();
            assert_eq!(told, model.remove(&id).unwrap_or_default(), "who received {id}");
        }
    }
    assert!(model.is_empty());
    assert!(redacted > 20, "some was redacted: {redacted}");
    let verified = audit::verify(&*store, &Chain::plain(), None).await.expect("it verifies");
    assert_eq!(verified.fault, None);
    who_did_what(&*store).await;
}

/// One poll, and what the model learns from it.
async fn poll(
    send: impl AsyncFn(TestRequest) -> ServiceResponse,
    numbers: &mut Numbers,
    poller: &mut Poller,
    uri: &str,
    model: &mut Model,
    counts: &mut [usize; 6],
) {
    let method = if numbers.below(8) == 0 { Method::HEAD } else { Method::GET };
    let mut asked = request(poller, &method, uri);
    if let Some(tag) = poller.tag.as_ref().filter(|_| numbers.below(3) == 0) {
        asked = asked.insert_header(("if-none-match", tag.clone()));
    }
    let response = send(asked).await;
    poller.tag = header(&response, "etag");
    if method == Method::HEAD || response.status() != 200 {
        counts[5] += 1;
        return;
    }
    let body: Value = serde_json::from_slice(&read_body(response).await).expect("JSON");
    poller.next = body["next"].as_str().map(str::to_owned);
    let Some(objects) = body["objects"].as_array() else {
        counts[4] += 1;
        return;
    };
    counts[3] += 1;
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    for object in objects {
        let redacted = object["type"] != "identity" && object.get("description").is_none();
        let recipient = (some(poller.account), some(poller.credential), some(poller.address), redacted);
        let version = object["modified"].as_str().expect("a version").to_owned();
        model.entry(object["id"].as_str().expect("an id").to_owned()).or_default().insert((version, recipient));
    }
}

/// What an account did is told of this account alone, and of everything that it did.
async fn who_did_what<L: Log>(log: &L) {
    let mut kinds: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for account in ["alice", "bob", "carol"] {
        let told = kinds.entry(account).or_default();
        let take = |activity: audit::Activity| {
            told.insert(activity.action);
        };
        what_did(log, account, None, None, take).await.expect("it is told");
    }
    assert_eq!(kinds["alice"], ["added", "deleted", "delivered"].map(str::to_owned).into());
    assert_eq!(kinds["bob"], ["added", "delivered"].map(str::to_owned).into());
    assert!(kinds["carol"].is_empty());
}

fn run<T>(work: impl Future<Output = T>) -> T {
    actix_web::rt::System::new().block_on(work)
}

/// Promise 4: whoever a page was sent to is told of every version on it, and nobody else is: not who asked in vain, had it already or asked
/// for the head of a page; also when versions have been deleted or swept since.
#[test]
fn who_received_what_is_exact_in_memory() {
    for seed in 1..4 {
        run(says_who_received_what(Arc::new(MemoryStore::new()), seed, 1500));
    }
}

/// The same over a database file.
#[test]
fn who_received_what_is_exact_on_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path().join("taxii.db")).expect("a database");
    run(says_who_received_what(Arc::new(store), 4, 800));
}

/// The same over a PostgreSQL database.
#[test]
fn who_received_what_is_exact_on_postgres() {
    let Some(database) = Database::new("who received what, on PostgreSQL") else { return };
    let url = database.url();
    run(async { says_who_received_what(Arc::new(PostgresStore::open(&url).await.expect("a store")), 5, 800).await });
}

/// Tombstones are written in the transaction that removes: every entry that ever was is there or has one.
#[test]
fn what_is_gone_is_remembered() {
    run(async {
        let store = Arc::new(MemoryStore::new());
        says_who_received_what(Arc::clone(&store), 9, 1500).await;
        for collection in store.directory().await.expect("a directory").collections {
            let there = store.records(&Window::of(collection.key, &Filter::default())).await.expect("records").entries;
            for record in there {
                let seen = store.sightings(&record.id).await.expect("sightings");
                assert!(seen.iter().any(|s| s.added == record.added && s.removed.is_none()));
                assert!(seen.iter().all(|s| s.removed.is_none_or(|removed| removed > Timestamp::from_micros(0))));
            }
        }
    });
}
