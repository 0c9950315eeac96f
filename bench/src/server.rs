//! The two servers under test, in this process: ours, and one that hands out the same bytes from memory.

use std::net::SocketAddr;
use std::sync::{Arc, mpsc};

use actix_web::{App, HttpResponse, HttpServer, web};
use base64::Engine;
use bytes::Bytes;
use stix_model::RawHead;
use taxii_model::{Filter, Timestamp};
use taxii_server::Taxii;
use taxii_server::audit::{Journal, Log};
use taxii_server::auth::{self, AccountAuthenticator};
use taxii_server::service::Settings;
use taxii_server::service::limits::Limits;
use taxii_server::store::{
    Account, Admin, ApiRoot, Collection, CollectionKey, Credential, CredentialKind, Grant, Item, Record, Rights,
    SqliteStore, Store, Submission, Window,
};
use tempfile::TempDir;
use uuid::Uuid;

use crate::content;

pub(crate) const PASSWORD: &str = "a password for the benchmark";

/// A running server with one collection.
pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    /// The collection's path.
    pub(crate) collection: String,
    store: Arc<dyn Store>,
    key: CollectionKey,
    runtime: tokio::runtime::Runtime,
    uncached: Arc<Taxii>,
    _folder: Option<TempDir>,
}

/// A request with the account's credentials.
pub(crate) fn request(method: &str, path: &str, body: &str) -> Vec<u8> {
    let credentials = base64::engine::general_purpose::STANDARD.encode(format!("bench:{PASSWORD}"));
    let taxii = "application/taxii+json;version=2.1";
    let content = match method {
        "POST" => format!("content-type: {taxii}\r\ncontent-length: {}\r\n", body.len()),
        _ => String::new(),
    };
    format!("{method} {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Basic {credentials}\r\naccept: {taxii}\r\n{content}\r\n{body}").into_bytes()
}

/// Makes a root, an account and a collection that it may read and write.
pub(crate) async fn prepare<S: Admin + Store>(store: &S) -> (CollectionKey, Uuid) {
    store.add_root(&ApiRoot::new("bench", "Benchmark").expect("a name")).await.expect("a root");
    let password = auth::hash_password(PASSWORD).expect("a hash");
    store.add_account(&Account::new("bench")).await.expect("an account");
    let password = Credential::new("bench", CredentialKind::Password, password);
    store.add_credential(&password).await.expect("a password");
    add_collection(store, "objects").await
}

/// Makes another collection that the account may read and write.
pub(crate) async fn add_collection<S: Admin + Store>(store: &S, alias: &str) -> (CollectionKey, Uuid) {
    let collection = Collection::new("bench", Some(alias), alias).expect("a name");
    store.add_collection(&collection).await.expect("a collection");
    let grant = Grant::of("bench", collection.id, Rights::ALL);
    store.set_grant(&grant).await.expect("a grant");
    let directory = store.directory().await.expect("a directory");
    let made = directory.collections.iter().find(|made| made.id == collection.id).expect("the collection");
    (made.key, made.id)
}

/// The path of a collection.
pub(crate) fn path(collection: Uuid) -> String {
    format!("/bench/collections/{collection}/")
}

/// Adds `count` objects as 8 concurrent requests of 1,000 would.
pub(crate) async fn fill(store: &dyn Store, key: CollectionKey, count: usize) {
    for from in (0..count).step_by(1000) {
        let items = (from..count.min(from + 1000)).map(|i| {
            let (n, version) = content::nth(i);
            let text = content::object(n, version);
            let head = RawHead::read(&text, 100).expect("JSON").check(None).expect("a head");
            Item::new(head, text)
        });
        let submission = Submission {
            status: Uuid::new_v4(),
            root: "bench".into(),
            collection: key,
            caller: "bench".into(),
            received: Timestamp::now(),
            items: items.collect(),
            refused: Vec::new(),
        };
        let status = store.add(submission).await.expect("to add");
        assert_eq!(status.failure_count, 0, "{:?}", status.failures.first());
    }
}

impl Site {
    /// A server on an empty collection.
    pub(crate) fn empty() -> Self {
        Self::start(0)
    }

    /// A server on a collection of so many objects in an SQLite file.
    pub(crate) fn start(objects: usize) -> Self {
        Self::on_file(objects, false)
    }

    /// The same, and it records who receives what.
    pub(crate) fn recording(objects: usize) -> Self {
        Self::on_file(objects, true)
    }

    fn on_file(objects: usize, records: bool) -> Self {
        let folder = TempDir::new_in(".").expect("a folder");
        let store = Arc::new(SqliteStore::open(folder.path().join("bench.db")).expect("a database"));
        let (key, id) = runtime().block_on(async {
            let (key, id) = prepare(&*store).await;
            fill(&*store, key, objects).await;
            (key, id)
        });
        let journal = records.then(|| Arc::clone(&store) as Arc<dyn Log>).map(Journal::new);
        Self::in_folder(folder, store, key, id, journal)
    }

    /// A server on a collection of this store, which lives in the folder.
    pub(crate) fn in_folder<S: Admin + Store>(
        folder: TempDir,
        store: Arc<S>,
        key: CollectionKey,
        id: Uuid,
        journal: Option<Journal>,
    ) -> Self {
        Self { _folder: Some(folder), ..Self::with(store, key, id, journal) }
    }

    /// A server on a collection of this store.
    pub(crate) fn over<S: Admin + Store>(store: Arc<S>, key: CollectionKey, id: Uuid) -> Self {
        Self::with(store, key, id, None)
    }

    fn with<S: Admin + Store>(store: Arc<S>, key: CollectionKey, id: Uuid, journal: Option<Journal>) -> Self {
        let runtime = runtime();
        let build = |cache_bytes, journal| {
            let authenticator = AccountAuthenticator::new(Arc::clone(&store)).expect("an authenticator");
            let settings = Settings { cache_bytes, limits: Limits::NONE, ..Settings::default() };
            let builder = Taxii::builder(Arc::clone(&store)).authenticator(authenticator).settings(settings);
            let builder = match journal {
                Some(journal) => builder.audit(journal),
                None => builder,
            };
            runtime.block_on(builder.build()).expect("a server")
        };
        let taxii = build(Settings::default().cache_bytes, journal);
        let uncached = Arc::new(build(0, None));
        let page = runtime.block_on(page_bytes(&*store, key));
        let address = listen(taxii, page);
        Self { address, collection: path(id), store, key, runtime, uncached, _folder: None }
    }

    /// The dates added of all last versions, in order.
    pub(crate) fn stamps(&self) -> Vec<Timestamp> {
        self.records().into_iter().map(|record| record.added).collect()
    }

    /// All last versions, in order.
    pub(crate) fn records(&self) -> Vec<Record> {
        let records = self.runtime.block_on(self.store.records(&Window::of(self.key, &Filter::default())));
        records.expect("records").entries
    }

    pub(crate) fn newest(&self) -> Timestamp {
        self.runtime.block_on(self.store.mark(self.key)).expect("a mark").clock
    }

    /// Requests for the pages of the collection, one after the other, as a client that follows the dates sends them.
    pub(crate) fn pages(&self, path: &str, size: usize) -> Vec<Vec<u8>> {
        let stamps = self.stamps();
        let first = request("GET", &format!("{path}?limit={size}"), "");
        let after = stamps.chunks_exact(size).map(|page| page[size - 1]);
        let next = after.map(|at| request("GET", &format!("{path}?limit={size}&added_after={at}"), ""));
        // The last one may be empty.
        std::iter::once(first).chain(next).take(stamps.len() / size).collect()
    }

    /// Answers a request in this thread, without keeping pages.
    pub(crate) fn fresh_page(&self, path: &str) {
        let taxii = Arc::clone(&self.uncached);
        let credentials = base64::engine::general_purpose::STANDARD.encode(format!("bench:{PASSWORD}"));
        let local = tokio::task::LocalSet::new();
        let response = local.block_on(&self.runtime, async {
            let request = actix_web::test::TestRequest::get()
                .uri(path)
                .insert_header(("authorization", format!("Basic {credentials}")));
            let (request, mut payload) = request.to_http_parts();
            let payload = <web::Payload as actix_web::FromRequest>::from_request(&request, &mut payload)
                .await
                .expect("a payload");
            taxii.serve(request, payload).await
        });
        assert_eq!(response.status(), 200);
    }
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
}

/// A page of 100 objects as ours answers it.
async fn page_bytes(store: &dyn Store, key: CollectionKey) -> Bytes {
    let window = Window { limit: 100, ..Window::of(key, &Filter::default()) };
    let texts = store.objects(&window).await.expect("a page");
    texts.into_envelope(Some("AQGPK39uU6FNDJxOHR9Sw5oQAAZg2wvV1yJwRm1zJuHe1Q")).into()
}

/// Serves both on one socket: what differs between them is what is measured.
fn listen(taxii: Taxii, page: Bytes) -> SocketAddr {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = HttpServer::new(move || {
                let fixed = |body: Bytes, encoding: Option<&'static str>| {
                    move || {
                        let body = body.clone();
                        async move {
                            let mut response = HttpResponse::Ok();
                            response.content_type("application/taxii+json;version=2.1");
                            if let Some(encoding) = encoding {
                                response.insert_header(("content-encoding", encoding));
                            }
                            response.body(body)
                        }
                    }
                };
                App::new()
                    .route("/static/page", web::get().to(fixed(page.clone(), None)))
                    .route("/static/gzip", web::get().to(fixed(gzip(&page), Some("gzip"))))
                    .route("/static/empty", web::get().to(fixed(Bytes::from_static(b"{}"), None)))
                    .configure(|config| taxii.configure(config))
            })
            .bind("127.0.0.1:0")
            .expect("an address");
            tell.send(server.addrs()[0]).expect("to tell");
            server.run().await.expect("to run");
        });
    });
    told.recv().expect("an address")
}

fn gzip(body: &Bytes) -> Bytes {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(body).expect("to compress");
    encoder.finish().expect("to compress").into()
}
