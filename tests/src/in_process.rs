//! The library mounted in an actix application in this process, over either store.

use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer};
use taxii_server::Taxii;
use taxii_server::auth::{self, AccountAuthenticator, ClientProfile, FailedLogins};
use taxii_server::service::Settings;
use taxii_server::store::{self, Admin, ApiRoot, MemoryStore, SqliteStore, Store};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::site::{Account, Host, NewCollection, Rights, Root, Serving, Stop, TITLE};

/// A server over a store in this process; the store outlives the server.
pub(crate) struct InProcess<S> {
    store: Arc<S>,
    runtime: Runtime,
    server: Option<Served>,
    _folder: Option<TempDir>,
}

impl InProcess<MemoryStore> {
    pub(crate) fn memory() -> Self {
        Self::over(MemoryStore::new(), None)
    }
}

impl InProcess<SqliteStore> {
    pub(crate) fn sqlite() -> Self {
        let folder = TempDir::with_prefix("taxii-tests-").expect("a temporary folder");
        let store = SqliteStore::open(folder.path().join("taxii.db")).expect("a database");
        Self::over(store, Some(folder))
    }
}

impl<S: Store + Admin> InProcess<S> {
    fn over(store: S, folder: Option<TempDir>) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        Self { store: Arc::new(store), runtime, server: None, _folder: folder }
    }

    fn wait<T>(&self, work: impl Future<Output = store::Result<T>>) -> T {
        self.runtime.block_on(work).expect("the store does as it is told")
    }
}

impl<S: Store + Admin> Host for InProcess<S> {
    fn add_root(&self, root: &Root) {
        let mut made = ApiRoot::new(root.name, root.title).expect("a name");
        made.max_content_length = root.max_content_length.unwrap_or(made.max_content_length);
        made.default = root.default;
        self.wait(self.store.add_root(&made));
    }

    fn add_collection(&self, collection: &NewCollection<'_>) -> String {
        let mut made =
            store::Collection::new(collection.root, Some(collection.alias), collection.title).expect("an alias");
        if let Some(id) = collection.id {
            made.id = id.parse().expect("a UUID");
        }
        if let Some(versions) = collection.spec_versions {
            made.spec_versions = versions.split(',').map(|v| v.parse().expect("an edition")).collect();
        }
        if let Some(policy) = collection.ingest {
            made.ingest = policy.parse().expect("a policy");
        }
        made.anonymous_read = collection.anonymous_read;
        self.wait(self.store.add_collection(&made));
        made.id.to_string()
    }

    fn add_account(&self, account: Account) {
        let password = auth::hash_password(account.password).expect("a hash");
        let client = account.profile.map_or(ClientProfile::Standard, |profile| profile.parse().expect("a profile"));
        let made = store::Account { admin: account.admin, client, ..store::Account::new(account.name) };
        self.wait(self.store.add_account(&made));
        let password = store::Credential::new(account.name, store::CredentialKind::Password, password);
        self.wait(self.store.add_credential(&password));
    }

    fn add_key(&self, account: &str) -> String {
        let fresh = auth::new_key().expect("a key");
        let key = store::Credential::new(account, store::CredentialKind::Key, fresh.digest);
        self.wait(self.store.add_credential(&key));
        fresh.secret
    }

    fn grant(&self, account: &str, root: &str, alias: &str, rights: Rights) {
        let directory = self.wait(self.store.directory());
        let collection = directory.collection(root, alias).expect("a collection").id;
        let rights = store::Rights {
            list: true,
            read: rights.read,
            write: rights.write,
            delete: rights.read && rights.write,
            manage: false,
        };
        self.wait(self.store.set_grant(&store::Grant::of(account, collection, rights)));
    }

    fn serve(&mut self, serving: &Serving) -> SocketAddr {
        let settings = Settings { title: TITLE.to_owned(), ..Settings::default() };
        let settings = Settings { page_limit: serving.page_limit.unwrap_or(settings.page_limit), ..settings };
        // Tests fail to log in more often than anybody else.
        let unlimited = FailedLogins { per_user: 0, per_address: 0 };
        let authenticator = AccountAuthenticator::new(Arc::clone(&self.store)).expect("an authenticator");
        let authenticator = authenticator.failed_logins(unlimited);
        let builder = Taxii::builder(Arc::clone(&self.store)).authenticator(authenticator).settings(settings);
        let taxii = self.runtime.block_on(builder.build()).expect("a server");
        let served = Served::start(taxii);
        let address = served.origin();
        self.server = Some(served);
        address
    }

    fn stop(&mut self, how: Stop) {
        if let Some(served) = self.server.take() {
            self.runtime.block_on(served.stop(matches!(how, Stop::Asked)));
        }
    }
}

/// A server of this process on a free port of the loopback interface.
pub struct Served {
    origin: SocketAddr,
    handle: ServerHandle,
    thread: JoinHandle<()>,
}

impl Served {
    /// Serves until the process ends or it is stopped.
    pub fn start(taxii: Taxii) -> Self {
        let (tell, told) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let fallback = taxii.clone();
                let app = move || {
                    let fallback = fallback.clone();
                    let answer = move |request, payload| {
                        let fallback = fallback.clone();
                        async move { fallback.serve(request, payload).await }
                    };
                    App::new().configure(|config| taxii.configure(config)).default_service(actix_web::web::to(answer))
                };
                let server = HttpServer::new(app)
                    .workers(2)
                    .disable_signals()
                    // A machine that is busy with other tests may take its time.
                    .client_request_timeout(Duration::from_secs(60))
                    .bind("127.0.0.1:0")
                    .expect("an address");
                let address = server.addrs()[0];
                let server = server.run();
                tell.send((address, server.handle())).expect("somebody waits");
                server.await.expect("the server runs");
            });
        });
        let (origin, handle) = told.recv().expect("the server starts");
        Self { origin, handle, thread }
    }

    /// Where it listens.
    pub fn origin(&self) -> SocketAddr {
        self.origin
    }

    async fn stop(self, gracefully: bool) {
        self.handle.stop(gracefully).await;
        self.thread.join().expect("the server ends");
    }
}
