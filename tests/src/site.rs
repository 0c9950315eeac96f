//! A running server with the fixture of the interoperability draft, and a little more.

use std::net::SocketAddr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::binary::Process;
use crate::collection::Collection;
use crate::http::{Request, TAXII};
use crate::in_process::InProcess;

/// Who may be asked for.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    pub name: &'static str,
    pub password: &'static str,
    pub admin: bool,
    /// A client's habits for which the server relaxes the standard.
    pub profile: Option<&'static str>,
}

const fn account(name: &'static str, password: &'static str) -> Account {
    Account { name, password, admin: false, profile: None }
}

const fn profile(name: &'static str) -> Account {
    Account { name, password: "Profile.Passw0rd", admin: false, profile: Some(name) }
}

pub const TEST: Account = account("test", "Passw0rd!");
pub const READER: Account = account("reader", "Reader.Passw0rd");
pub const WRITER: Account = account("writer", "Writer.Passw0rd");
pub const NOBODY: Account = account("nobody", "Nobody.Passw0rd");
pub const ADMIN: Account = Account { admin: true, ..account("admin", "Admin.Passw0rd") };
pub const ELASTIC: Account = profile("elastic");
pub const SENTINEL: Account = profile("sentinel");
pub const OPENCTI: Account = profile("opencti");
pub const XSOAR: Account = profile("xsoar");
pub const MISP: Account = profile("misp");

const ACCOUNTS: [Account; 10] = [TEST, READER, WRITER, NOBODY, ADMIN, ELASTIC, SENTINEL, OPENCTI, XSOAR, MISP];

pub const TITLE: &str = "TAXII Server Under Test";

/// An API root of the fixture.
#[derive(Clone, Copy, Debug)]
pub struct Root {
    pub name: &'static str,
    pub title: &'static str,
    pub max_content_length: Option<u64>,
    pub default: bool,
}

pub const SMALL_LIMIT: usize = 20_000;

pub const ROOTS: [Root; 4] = [
    Root { name: "api1", title: "Sharing Group 1", max_content_length: None, default: true },
    Root { name: "api2", title: "Sharing Group 2", max_content_length: Some(104_857_600), default: false },
    Root { name: "small", title: "Small bodies only", max_content_length: Some(SMALL_LIMIT as u64), default: false },
    Root { name: "closed", title: "Not for test", max_content_length: None, default: false },
];

/// What an account may do with a collection.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rights {
    pub read: bool,
    pub write: bool,
    pub list: bool,
}

pub const READ: Rights = Rights { read: true, write: false, list: false };
pub const WRITE: Rights = Rights { read: false, write: true, list: false };
pub const READ_WRITE: Rights = Rights { read: true, write: true, list: false };
pub const LIST: Rights = Rights { read: false, write: false, list: true };

/// A collection of the interoperability draft: all in `api2`, one for each combination of rights.
#[derive(Clone, Copy, Debug)]
pub struct Fixed {
    pub id: &'static str,
    pub alias: &'static str,
    pub rights: Rights,
}

pub const WRITE_ONLY: Fixed = Fixed { id: "1105e147-e4c1-4566-8fb1-1046d181fbf8", alias: "write-only", rights: WRITE };
pub const READ_AND_WRITE: Fixed =
    Fixed { id: "378e5de7-84a4-45e4-8a34-c02a43d0b657", alias: "read-write", rights: READ_WRITE };
pub const READ_ONLY: Fixed = Fixed { id: "253900d3-b9dd-46df-8184-469380fae6d2", alias: "read-only", rights: READ };
pub const NEITHER: Fixed = Fixed { id: "5a2f1d30-6a0c-4f5e-9d5e-2f3f1c8f7a11", alias: "neither", rights: LIST };

pub const FIXED: [Fixed; 4] = [WRITE_ONLY, READ_AND_WRITE, READ_ONLY, NEITHER];

/// The collection of `api1` that needs no credentials to read.
pub const PUBLIC: &str = "public";
/// The collection of `closed`, of which `test` must not learn.
pub const SECRET: &str = "secret";

/// A collection to be made.
#[derive(Clone, Copy, Debug, Default)]
pub struct NewCollection<'a> {
    pub root: &'a str,
    pub alias: &'a str,
    pub title: &'a str,
    pub id: Option<&'a str>,
    pub anonymous_read: bool,
    /// `2.1`, or `2.0,2.1`; the server's default is 2.1 alone.
    pub spec_versions: Option<&'a str>,
    /// The ingest policy; the server's default is `head`.
    pub ingest: Option<&'a str>,
}

/// How the server is to run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Serving {
    /// The most entries of a page; the server's default is 1000.
    pub page_limit: Option<usize>,
}

/// How a server is taken down.
#[derive(Clone, Copy, Debug)]
pub enum Stop {
    /// As an operator would: it may finish what it is doing.
    Asked,
    /// As a power cut would.
    Killed,
}

/// A server that can be administered and started: what every kind of site has to provide.
///
/// Administration works before [`serve`](Host::serve) and while serving, and takes effect at once.
pub trait Host: Send + Sync {
    fn add_root(&self, root: &Root);
    /// Makes the collection and returns its id.
    fn add_collection(&self, collection: &NewCollection<'_>) -> String;
    fn add_account(&self, account: Account);
    /// Makes an API key for the account.
    fn add_key(&self, account: &str) -> String;
    fn grant(&self, account: &str, root: &str, alias: &str, rights: Rights);
    /// Starts serving on a free port of the loopback interface; returns when it accepts connections.
    fn serve(&mut self, serving: &Serving) -> SocketAddr;
    /// Ends serving; a kind that keeps its data can serve again.
    fn stop(&mut self, how: Stop);
    /// The database, as another process may open it, too.
    fn database(&self) -> Option<String> {
        None
    }
}

/// The ways to run a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The library in this process, over the memory store.
    Memory,
    /// The library in this process, over SQLite.
    Sqlite,
    /// The reference server as a process of its own, over SQLite.
    Binary,
}

impl Kind {
    fn host(self) -> Box<dyn Host> {
        match self {
            Self::Memory => Box::new(InProcess::memory()),
            Self::Sqlite => Box::new(InProcess::sqlite()),
            Self::Binary => Box::new(Process::new()),
        }
    }
}

/// What a scratch collection is to be like, where it isn't the plain one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// The API root, if not `api1`.
    pub root: Option<&'static str>,
    pub title: Option<&'a str>,
    pub spec_versions: Option<&'static str>,
    pub ingest: Option<&'static str>,
    pub anonymous_read: bool,
    /// Accounts with the right to read, besides `test` and `reader`.
    pub readers: &'a [Account],
}

/// A server with the fixture.
pub struct Site {
    host: Box<dyn Host>,
    serving: Serving,
    origin: SocketAddr,
    /// An API key of the account `test`.
    pub key: String,
    scratch: AtomicU32,
}

impl Site {
    /// The site all tests of this process share; each test makes its own collections in it.
    pub fn shared(kind: Kind) -> &'static Self {
        static MEMORY: OnceLock<Site> = OnceLock::new();
        static SQLITE: OnceLock<Site> = OnceLock::new();
        static BINARY: OnceLock<Site> = OnceLock::new();
        let site = match kind {
            Kind::Memory => &MEMORY,
            Kind::Sqlite => &SQLITE,
            Kind::Binary => &BINARY,
        };
        site.get_or_init(|| Self::start(kind, Serving::default()))
    }

    /// A site for one test alone.
    pub fn start(kind: Kind, serving: Serving) -> Self {
        Self::serving(kind, serving, install)
    }

    /// A site with one API root that nobody has any rights in, and nothing else: no collection at all.
    pub fn bare(kind: Kind) -> Self {
        Self::serving(kind, Serving::default(), |host| {
            host.add_root(&ROOTS[0]);
            for account in [TEST, ADMIN, NOBODY] {
                host.add_account(account);
            }
        })
    }

    fn serving(kind: Kind, serving: Serving, install: impl FnOnce(&dyn Host)) -> Self {
        let mut host = kind.host();
        install(host.as_ref());
        let key = host.add_key(TEST.name);
        let origin = host.serve(&serving);
        Self { host, serving, origin, key, scratch: AtomicU32::new(0) }
    }

    /// Stops the server and starts it again over the same data.
    pub fn restart(&mut self, how: Stop) {
        self.host.stop(how);
        self.origin = self.host.serve(&self.serving);
    }

    /// Where it listens.
    pub fn origin(&self) -> SocketAddr {
        self.origin
    }

    /// A request by `test`, as the standard wants it.
    pub fn request(&self, method: &str, target: &str) -> Request {
        Request::new(self.origin, method, target).accept(TAXII).account(TEST)
    }

    pub fn get(&self, target: &str) -> Request {
        self.request("GET", target)
    }

    /// A fresh collection: `test` reads and writes, `reader` reads, `writer` writes.
    pub fn collection(&self) -> Collection<'_> {
        self.collection_with(Options::default())
    }

    pub fn collection_with(&self, options: Options<'_>) -> Collection<'_> {
        let number = self.scratch.fetch_add(1, Ordering::Relaxed);
        let root = options.root.unwrap_or("api1");
        let alias = format!("scratch-{number}");
        let title = options.title.map_or_else(|| format!("Scratch {number}"), str::to_owned);
        let id = self.host.add_collection(&NewCollection {
            root,
            alias: &alias,
            title: &title,
            id: None,
            anonymous_read: options.anonymous_read,
            spec_versions: options.spec_versions,
            ingest: options.ingest,
        });
        self.host.grant(TEST.name, root, &alias, READ_WRITE);
        self.host.grant(READER.name, root, &alias, READ);
        self.host.grant(WRITER.name, root, &alias, WRITE);
        for reader in options.readers {
            self.host.grant(reader.name, root, &alias, READ);
        }
        Collection::new(self, root, &id, &alias)
    }

    /// A collection made before the server was restarted.
    pub fn known_collection(&self, root: &str, id: &str, alias: &str) -> Collection<'_> {
        Collection::new(self, root, id, alias)
    }

    /// One of the four collections of the interoperability draft.
    pub fn fixed(&self, fixed: Fixed) -> Collection<'_> {
        Collection::new(self, "api2", fixed.id, fixed.alias)
    }

    /// What administers the server while it runs.
    pub fn host(&self) -> &dyn Host {
        self.host.as_ref()
    }
}

/// Makes the roots, accounts and collections.
fn install(host: &dyn Host) {
    for root in &ROOTS {
        host.add_root(root);
    }
    for account in ACCOUNTS {
        host.add_account(account);
    }
    for fixed in FIXED {
        let title = format!("Rights: {}", fixed.alias);
        let id = host.add_collection(&NewCollection {
            root: "api2",
            alias: fixed.alias,
            title: &title,
            id: Some(fixed.id),
            ..NewCollection::default()
        });
        assert_eq!(id, fixed.id, "a collection gets the id it was asked to have");
        host.grant(TEST.name, "api2", fixed.alias, fixed.rights);
    }
    let public = NewCollection {
        root: "api1",
        alias: PUBLIC,
        title: "Anybody may read",
        anonymous_read: true,
        ..NewCollection::default()
    };
    host.add_collection(&public);
    let secret =
        NewCollection { root: "closed", alias: SECRET, title: "Codename Nightjar", ..NewCollection::default() };
    host.add_collection(&secret);
    host.grant(READER.name, "closed", SECRET, READ);
}
