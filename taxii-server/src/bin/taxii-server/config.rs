use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use figment::Figment;
use figment::providers::{Env, Format as _, Serialized, Toml};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use taxii_server::access::{Clearance, InvalidClearance};
use taxii_server::auth::FailedLogins;
use taxii_server::service::limits::Allowance;
use taxii_server::service::{self, Settings};
use taxii_server::store::{Identity, PostgresBuilder, PostgresStore, SqliteBuilder, SqliteStore};

use crate::Outcome;
use crate::cli::{Cli, Command};
use crate::config_audit::Audit;
use crate::config_issuers::{self, Issuer};
use crate::config_misp::Misp;
use crate::database::{Location, Opened};
use crate::listen::{self, Listen};
use crate::output::Output;
use crate::tls;

/// Everything that can be configured, with its default.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// The database: a file, or the URL of a PostgreSQL database.
    pub(crate) database: Location,
    /// Copies of a PostgreSQL database, by streaming replication, that pages may be read from.
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) database_replicas: Vec<Location>,
    /// Where to listen; "stdin" for the socket of a systemd unit with StandardInput=socket.
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) bind: Vec<String>,
    /// The origin that clients use; empty if discovery is to give paths.
    pub(crate) public_url: String,
    /// The path in front of everything.
    pub(crate) prefix: String,
    /// The title of the discovery resource.
    pub(crate) title: String,
    /// Its description.
    pub(crate) description: String,
    /// Its contact.
    pub(crate) contact: String,
    /// May discovery tell anybody of API roots with something that anybody may read?
    pub(crate) anonymous_discovery: bool,
    /// A proxy in front does TLS.
    pub(crate) behind_proxy: bool,
    /// The networks of the proxies that say where requests come from, in Forwarded or X-Forwarded-For.
    #[serde(deserialize_with = "networks")]
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// The header that may carry an API key; empty for none.
    pub(crate) key_header: String,
    /// Threads that serve requests; 0 for one on each core.
    pub(crate) workers: usize,
    /// What to log: error, warn, info, debug, or a filter.
    pub(crate) log: String,
    /// Log as JSON.
    pub(crate) log_json: bool,
    /// How long a status is kept, in hours; at least 24.
    pub(crate) status_hours: u64,
    /// How many minutes lie between two sweeps of what is not to be kept any longer; 0 for no sweeps by this process.
    pub(crate) sweep_minutes: u64,
    /// How long to go on serving after SIGTERM, in seconds, until load balancers have seen that the server is not ready.
    pub(crate) drain_seconds: u64,
    /// Where to listen, in place of `bind`, if not everywhere in the same way.
    pub(crate) listen: Vec<Listen>,
    /// The issuers of tokens.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) issuer: Vec<Issuer>,
    pub(crate) tls: tls::Section,
    pub(crate) markings: Markings,
    pub(crate) limits: Limits,
    pub(crate) audit: Audit,
    pub(crate) misp: Misp,
    /// What is shared with others, and as whom.
    pub(crate) sharing: crate::config_sharing::Section,
    /// The management API.
    pub(crate) manage: crate::manage::Section,
}

/// Which marked objects those see for whom nothing else was said.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Markings {
    /// Who has not logged in.
    pub(crate) anonymous: Sees,
    /// Accounts without a clearance of their own; everything if it is empty.
    pub(crate) default: Sees,
}

impl Default for Markings {
    fn default() -> Self {
        let settings = Settings::default();
        Self { anonymous: Sees(settings.anonymous_clearance), default: Sees(settings.default_clearance) }
    }
}

/// A clearance, or none: the word `everything`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Sees(Option<Clearance>);

impl TryFrom<String> for Sees {
    type Error = InvalidClearance;

    fn try_from(text: String) -> Result<Self, InvalidClearance> {
        match text.trim() {
            "everything" => Ok(Self(None)),
            words => words.parse().map(|clearance| Self(Some(clearance))),
        }
    }
}

impl From<Sees> for String {
    fn from(sees: Sees) -> Self {
        sees.0.map_or_else(|| "everything".to_owned(), String::from)
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    /// Entries on a page.
    pub(crate) page_entries: usize,
    /// Bytes of objects on a page.
    pub(crate) page_bytes: usize,
    /// Bytes of answered pages in memory.
    pub(crate) page_cache_bytes: u64,
    /// Objects in one request.
    pub(crate) request_objects: usize,
    /// Connections to a PostgreSQL server.
    pub(crate) database_connections: usize,
    /// For how long to try again while the PostgreSQL server cannot be reached, in seconds.
    pub(crate) database_patience_seconds: u64,
    /// How long the PostgreSQL server may work on one statement, in seconds; 0 for no end.
    pub(crate) database_statement_seconds: u64,
    /// Threads that read from a database file.
    pub(crate) database_readers: usize,
    /// Bytes of the file that each of them keeps in memory.
    pub(crate) database_cache_bytes: usize,
    /// Open client connections for each worker.
    pub(crate) connections: usize,
    /// How long the head of a request may take, in seconds.
    pub(crate) head_seconds: u64,
    /// How long a connection is kept on which nothing is asked, in seconds.
    pub(crate) idle_seconds: u64,
    /// How long a client may take nothing of an answer, in seconds.
    pub(crate) stall_seconds: u64,
    /// How long the sender of a body may pause, in seconds, and how much longer a body may take than its octets per second say.
    pub(crate) body_seconds: u64,
    /// Octets in a second that a body has to come with; 0 for any.
    pub(crate) body_octets_per_second: u64,
    /// Log-ins that may fail in a minute; 0 for as many as they like.
    pub(crate) failed_logins: Failures,
    /// How much each account may ask for.
    pub(crate) account: Allowance,
    /// How much each address may ask for.
    pub(crate) address: Allowance,
}

/// How many log-ins may fail in a minute; 0 for as many as they like.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Failures {
    /// For a user name.
    pub(crate) per_user: u32,
    /// From an address.
    pub(crate) per_address: u32,
}

impl Default for Failures {
    fn default() -> Self {
        let FailedLogins { per_user, per_address } = FailedLogins::default();
        Self { per_user, per_address }
    }
}

impl Default for Config {
    fn default() -> Self {
        let settings = Settings::default();
        Self {
            database: "taxii.db".into(),
            database_replicas: Vec::new(),
            bind: vec!["127.0.0.1:6100".to_owned()],
            public_url: String::new(),
            prefix: settings.prefix,
            title: settings.title,
            description: String::new(),
            contact: String::new(),
            anonymous_discovery: settings.anonymous_discovery,
            behind_proxy: false,
            trusted_proxies: settings.trusted_proxies,
            key_header: settings.key_header.unwrap_or_default(),
            workers: 0,
            log: "info".to_owned(),
            log_json: false,
            status_hours: 7 * 24,
            sweep_minutes: 10,
            drain_seconds: 2,
            listen: Vec::new(),
            issuer: Vec::new(),
            tls: tls::Section::default(),
            markings: Markings::default(),
            limits: Limits::default(),
            audit: Audit::default(),
            misp: Misp::default(),
            sharing: crate::config_sharing::Section::default(),
            manage: crate::manage::Section::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        let settings = Settings::default();
        Self {
            page_entries: settings.page_limit,
            page_bytes: settings.page_bytes,
            page_cache_bytes: settings.cache_bytes,
            request_objects: settings.max_objects,
            database_connections: 8,
            database_patience_seconds: 5,
            database_statement_seconds: 30,
            database_readers: std::thread::available_parallelism().map_or(2, usize::from).max(2),
            database_cache_bytes: 4 << 20,
            connections: 10_000,
            head_seconds: 10,
            idle_seconds: 30,
            stall_seconds: 30,
            body_seconds: settings.body_patience.as_secs(),
            body_octets_per_second: settings.body_rate,
            failed_logins: Failures::default(),
            account: settings.limits.account,
            address: settings.limits.address,
        }
    }
}

pub(crate) fn one_or_many<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::de::DeserializeOwned,
{
    // Read in two steps: what is wrong with one of them is said of it.
    let all = match <figment::value::Value as Deserialize>::deserialize(deserializer)? {
        figment::value::Value::Array(_, many) => many,
        one => vec![one],
    };
    let read = |value: figment::value::Value| value.deserialize().map_err(serde::de::Error::custom);
    all.into_iter().map(read).collect()
}

/// Networks; an address alone is one of its own.
fn networks<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let read = |text: String| {
        let address = || text.parse::<std::net::IpAddr>().map(IpNet::from);
        let wrong =
            |_| serde::de::Error::custom(format!("{text:?}: expected an address or a network, such as 10.0.0.0/8"));
        text.parse().or_else(|_| address()).map_err(wrong)
    };
    one_or_many::<D, String>(deserializer)?.into_iter().map(read).collect()
}

const FILE: &str = "taxii-server.toml";

/// Reads the file, the environment and the options, in this order.
pub(crate) fn load(cli: &Cli) -> Outcome<Config> {
    let file = match &cli.config {
        Some(file) if !file.exists() && !matches!(cli.command, Command::Init) => {
            return Err(format!("there is no configuration file {}", file.display()).into());
        }
        Some(file) => file.clone(),
        None => FILE.into(),
    };
    // The client's own variables begin with TAXII_CLIENT_; TAXII_CONFIG names the file.
    let ours = |key: &figment::value::UncasedStr| !key.starts_with("client_") && key != "config";
    let environment = Env::prefixed("TAXII_").filter(ours).split("__");
    let mut figment = Figment::from(Serialized::defaults(Config::default()));
    if file.exists() {
        figment = figment.merge(Toml::file_exact(file));
    }
    let figment = figment.merge(environment);
    let mut config: Config = figment.extract().map_err(|error| format!("the configuration is wrong: {error}"))?;
    if let Some(database) = &cli.database {
        config.database = database.as_str().into();
    }
    if let Command::Serve(serve) = &cli.command {
        config.overlay(serve);
    }
    Ok(config)
}

impl Config {
    fn overlay(&mut self, serve: &crate::cli::Serve) {
        if !serve.bind.is_empty() {
            self.bind.clone_from(&serve.bind);
            self.listen.clear();
        }
        if let Some(url) = &serve.public_url {
            self.public_url.clone_from(url);
        }
        if let Some(title) = &serve.title {
            self.title.clone_from(title);
        }
        if let Some(limit) = serve.page_limit {
            self.limits.page_entries = limit;
        }
        if let (Some(cert), Some(key)) = (&serve.tls_cert, &serve.tls_key) {
            self.tls.cert.clone_from(cert);
            self.tls.key.clone_from(key);
        }
        self.behind_proxy |= serve.behind_proxy;
    }

    /// Does the server do TLS itself?
    pub(crate) fn has_tls(&self) -> bool {
        self.tls.is_on()
    }

    /// The settings of the library.
    pub(crate) fn settings(&self) -> Settings {
        let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        Settings {
            title: self.title.clone(),
            description: some(&self.description),
            contact: some(&self.contact),
            public_url: some(&self.public_url),
            prefix: self.prefix.clone(),
            page_limit: self.limits.page_entries.max(1),
            page_bytes: self.limits.page_bytes,
            cache_bytes: self.limits.page_cache_bytes,
            max_objects: self.limits.request_objects,
            anonymous_discovery: self.anonymous_discovery,
            key_header: some(&self.key_header.to_ascii_lowercase()),
            limits: service::limits::Limits { account: self.limits.account, address: self.limits.address },
            body_patience: Duration::from_secs(self.limits.body_seconds),
            body_rate: self.limits.body_octets_per_second,
            trusted_proxies: self.trusted_proxies.clone(),
            anonymous_clearance: self.markings.anonymous.0.clone(),
            default_clearance: self.default_clearance(),
            misp: self.misp.settings(),
        }
    }

    pub(crate) fn default_clearance(&self) -> Option<Clearance> {
        self.markings.default.0.clone().filter(|words| *words != Clearance::default())
    }

    /// Which markings somebody may see; `None` for all.
    pub(crate) fn sees(&self, identity: &Identity) -> Option<Clearance> {
        identity.sees(self.default_clearance().as_ref())
    }

    /// How many log-ins may fail.
    pub(crate) fn failed_logins(&self) -> FailedLogins {
        let Failures { per_user, per_address } = self.limits.failed_logins;
        FailedLogins { per_user, per_address }
    }

    /// Opens the database.
    pub(crate) async fn store(&self) -> Outcome<Opened> {
        let retention = Duration::from_secs(self.status_hours.saturating_mul(3600));
        if let Some(url) = self.database.url() {
            let builder = PostgresStore::builder(url)
                .replicas(self.replicas()?)
                .connections(self.limits.database_connections)
                .patience(Duration::from_secs(self.limits.database_patience_seconds))
                .statement_timeout(Duration::from_secs(self.limits.database_statement_seconds));
            return Ok(Arc::new(
                self.audit.recorded(builder.status_retention(retention), PostgresBuilder::chain)?.open().await?,
            ));
        }
        let builder = SqliteStore::builder(self.database.file()?)
            .readers(self.limits.database_readers)
            .cache(self.limits.database_cache_bytes);
        Ok(Arc::new(self.audit.recorded(builder.status_retention(retention), SqliteBuilder::chain)?.open()?))
    }

    /// The URLs of the copies of the database.
    pub(crate) fn replicas(&self) -> Outcome<Vec<&str>> {
        let url = |copy: &'_ Location| {
            format!(
                "database_replicas: {copy} is no copy of a PostgreSQL database; expected postgres://USER:PASSWORD@HOST/DATABASE"
            )
        };
        if self.database.url().is_none() && !self.database_replicas.is_empty() {
            return Err("database_replicas: only a PostgreSQL database has copies, and database names a file".into());
        }
        self.database_replicas.iter().map(|copy| copy.url().ok_or_else(|| url(copy).into())).collect()
    }

    /// The addresses to listen on, if listening there is safe.
    pub(crate) fn addresses(&self) -> Outcome<Vec<SocketAddr>> {
        let mut addresses = Vec::new();
        for place in self.places()?.iter().filter(|place| place.bind != listen::INHERITED) {
            let named = place.named()?;
            place.must_be_safe(&named, self.behind_proxy)?;
            addresses.extend(named);
        }
        for place in crate::manage::places(self)? {
            place.must_be_safe(&place.named()?, self.behind_proxy)?;
        }
        Ok(addresses)
    }

    /// Does the socket come from whoever starts the server?
    pub(crate) fn is_inherited(&self) -> bool {
        self.places().is_ok_and(|places| places.iter().all(|place| place.bind == listen::INHERITED))
    }

    /// Where clients find the server.
    pub(crate) fn url(&self) -> String {
        let first = self.places().ok().and_then(|places| places.into_iter().next());
        self.url_from(&first.map_or_else(|| "http://127.0.0.1:6100".to_owned(), |place| place.url(&place.bind)))
    }

    /// The same, if it listens here.
    pub(crate) fn url_from(&self, here: &str) -> String {
        let origin = match self.public_url.trim_end_matches('/') {
            "" => here,
            url => url,
        };
        match self.prefix.trim_matches('/') {
            "" => origin.to_owned(),
            prefix => format!("{origin}/{prefix}"),
        }
    }
}

pub(crate) fn print(config: &Config, out: &Output) -> Outcome {
    out.text(|| Ok(toml::to_string_pretty(config)?), config)
}

/// The file that `init` writes: every setting with its default, commented out.
pub(crate) fn template() -> Outcome<String> {
    let defaults = toml::to_string_pretty(&Config::default())?;
    let commented = defaults.lines().map(|line| match line {
        "" => String::new(),
        section if section.starts_with('[') => section.to_owned(),
        setting => format!("# {setting}"),
    });
    let issuer = config_issuers::TEMPLATE.lines().map(|line| format!("# {line}"));
    let text = commented.chain([String::new()]).chain(issuer).collect::<Vec<_>>().join("\n");
    Ok(format!(
        "# taxii-server: settings and their defaults. Remove the # in front of those that you change.\n\n{text}\n"
    ))
}

/// Where `init` puts the file.
pub(crate) fn path(given: Option<&Path>) -> PathBuf {
    given.map_or_else(|| FILE.into(), Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(bind: &str, change: impl FnOnce(&mut Config)) -> Outcome<Vec<SocketAddr>> {
        let mut config = Config { bind: vec![bind.to_owned()], ..Config::default() };
        change(&mut config);
        config.addresses()
    }

    /// It binds to loopback unless told otherwise, and to a public address only with TLS or a proxy.
    #[test]
    fn public_addresses_need_tls_or_a_proxy() {
        assert!(Config::default().addresses().unwrap().iter().all(|a| a.ip().is_loopback()));
        assert!(on("[::1]:0", |_| ()).is_ok());
        for public in ["0.0.0.0:0", "192.0.2.1:443", "[::]:0"] {
            assert!(on(public, |_| ()).unwrap_err().to_string().contains("--behind-proxy"), "{public}");
            assert!(on(public, |c| c.behind_proxy = true).is_ok());
            assert!(on(public, |c| c.tls.cert = "cert.pem".into()).is_ok());
        }
        assert!(on("nonsense", |_| ()).is_err());
    }

    /// Copies belong to a PostgreSQL database. There may be one or several, and no password is shown.
    #[test]
    fn replicas_are_copies_of_a_server() {
        let read = |database: &str, replicas: &str| -> Config {
            let text = format!("database = \"{database}\"\ndatabase_replicas = {replicas}");
            Figment::from(Serialized::defaults(Config::default())).merge(Toml::string(&text)).extract().unwrap()
        };
        let (server, copy) = ("postgres://u:pw@h/d", "postgres://u:secret@c/d");
        assert_eq!(read(server, &format!("\"{copy}\"")).replicas().unwrap(), [copy]);
        let several = read(server, &format!("[\"{copy}\", \"{copy}\"]"));
        assert_eq!(several.replicas().unwrap(), [copy, copy]);
        assert!(!toml::to_string_pretty(&several).unwrap().contains("secret"));
        for (database, replicas) in [("taxii.db", format!("\"{copy}\"")), (server, "\"copy.db\"".to_owned())] {
            let error = read(database, &replicas).replicas().unwrap_err().to_string();
            assert!(error.contains("database_replicas") && !error.contains("secret"), "{error}");
        }
    }

    /// The template is a valid file that changes nothing, and unknown keys are errors.
    #[test]
    fn files_are_checked() {
        let read = |text: &str| {
            let figment = Figment::from(Serialized::defaults(Config::default())).merge(Toml::string(text));
            figment.extract::<Config>().map_err(Box::new)
        };
        assert_eq!(format!("{:?}", read(&template().unwrap()).unwrap()), format!("{:?}", Config::default()));
        assert_eq!(read("bind = \"127.0.0.1:1\"").unwrap().bind, ["127.0.0.1:1"]);
        for wrong in ["titel = \"x\"", "[limits]\npages = 1", "[tsl]\ncert = \"x\"", "workers = \"many\""] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
