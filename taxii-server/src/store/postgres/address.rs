use std::path::PathBuf;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

use super::tls::{self, Connector, Trust};
use crate::store::{Result, StoreError};

/// Where the database is and how to get there: a URL as libpq understands it.
pub(super) struct Address {
    /// One for each host that the URL names.
    pub(super) hosts: Vec<Config>,
    pub(super) tls: Connector,
    /// What every new connection is told first.
    pub(super) greeting: String,
}

/// What the URL says about TLS. The driver knows neither files nor how closely to look at certificates.
#[derive(Default)]
struct Tls {
    mode: String,
    root: Option<PathBuf>,
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
}

impl Address {
    /// Reads a URL. What it leaves open is set so that a server that does not answer is noticed within seconds.
    pub(super) fn parse(url: &str, kind: TargetSessionAttrs, statement_timeout: Duration) -> Result<Self> {
        let (plain, tls) = take_tls(url)?;
        let (mode, tls) = connector(tls)?;
        let hosts =
            each_host(&plain).into_iter().map(|url| Self::host(&url, kind, mode)).collect::<Result<Vec<_>>>()?;
        let options = hosts.first().and_then(Config::get_options).unwrap_or_default();
        let greeting = greeting(options, statement_timeout);
        Ok(Self { hosts, tls, greeting })
    }

    fn host(url: &str, kind: TargetSessionAttrs, mode: SslMode) -> Result<Config> {
        let mut config: Config = url.parse().map_err(|error| wrong(&chain(&error)))?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(wrong("it names no host"));
        }
        config.target_session_attrs(kind);
        if config.get_application_name().is_none() {
            config.application_name("taxii-server");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(3));
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(Duration::from_secs(15));
        }
        config.ssl_mode(mode);
        Ok(config)
    }

    /// The hosts, for messages.
    pub(super) fn hosts(&self) -> String {
        self.hosts.iter().flat_map(named).collect::<Vec<_>>().join(", ")
    }

    /// The role, for messages.
    pub(super) fn user(&self) -> &str {
        self.hosts.first().and_then(Config::get_user).unwrap_or("this user")
    }

    /// The database, for messages.
    pub(super) fn database(&self) -> &str {
        let named = self.hosts.first().and_then(|host| host.get_dbname().or(host.get_user()));
        named.unwrap_or("of this user")
    }
}

/// The hosts of a configuration, for messages.
pub(super) fn named(config: &Config) -> Vec<String> {
    let ports = config.get_ports();
    let hosts = config.get_hosts().iter().enumerate().map(|(n, host)| {
        let port = ports.get(n).or(ports.first()).unwrap_or(&5432);
        match host {
            Host::Tcp(name) => format!("{name}:{port}"),
            #[cfg(unix)]
            Host::Unix(path) => format!("{}:{port}", path.display()),
        }
    });
    hosts.collect()
}

/// One URL for each host that a URL names before its path.
fn each_host(url: &str) -> Vec<String> {
    let Some((scheme, rest)) = url.split_once("://") else { return vec![url.to_owned()] };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (user, hosts) = authority.rsplit_once('@').map_or(("", authority), |(user, hosts)| (user, hosts));
    let at = if user.is_empty() { "" } else { "@" };
    hosts.split(',').map(|host| format!("{scheme}://{user}{at}{host}{path}")).collect()
}

const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// How long statements may take and wait for locks, unless the URL says so itself. Not as options of the connection: poolers between here and
/// the database let none pass that they do not know.
fn greeting(options: &str, statement_timeout: Duration) -> String {
    if statement_timeout.is_zero() {
        return String::new();
    }
    let settings = [
        ("statement_timeout", statement_timeout),
        // Ends what a node that has died without a word has left behind, and its locks.
        ("idle_in_transaction_session_timeout", statement_timeout),
        // Who waits for a lock has a connection that others want: a client may as well come again.
        ("lock_timeout", statement_timeout.min(LOCK_TIMEOUT)),
    ];
    let unsaid = settings.into_iter().filter(|(name, _)| !options.contains(&format!("{name}=")));
    unsaid.map(|(name, timeout)| format!("SET {name} = {};", timeout.as_millis())).collect()
}

fn wrong(why: &str) -> StoreError {
    StoreError::failed(format!(
        "the database URL is wrong: {why}; expected postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full&sslrootcert=FILE"
    ))
}

fn chain(error: &dyn std::error::Error) -> String {
    crate::service::chain(error)
}

/// Does this name a database on a PostgreSQL server, and not a file?
pub(super) fn is_url(database: &str) -> bool {
    ["postgres://", "postgresql://"].iter().any(|scheme| database.starts_with(scheme))
}

/// The URL without its password, for people and logs. A password with an `@`, `/` or `?` that should have been escaped is
/// hidden as well: everything up to the last `@` may belong to it.
pub(super) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let rest = match rest.rsplit_once('@') {
        Some((user, place)) => format!("{}@{place}", user.split(':').next().unwrap_or_default()),
        None => rest.to_owned(),
    };
    let (place, query) = rest.split_once('?').map_or((rest.as_str(), None), |(place, query)| (place, Some(query)));
    let kept: Vec<&str> =
        query.into_iter().flat_map(|query| query.split('&')).filter(|pair| !pair.starts_with("password=")).collect();
    let query = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
    format!("{scheme}://{place}{query}")
}

/// Takes what is ours to do out of the parameters of a URL.
fn take_tls(url: &str) -> Result<(String, Tls)> {
    if !is_url(url) {
        return Err(wrong("it does not begin with postgres://"));
    }
    let mut tls = Tls::default();
    let Some((front, query)) = url.split_once('?') else { return Ok((url.to_owned(), tls)) };
    let mut others = Vec::new();
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = || percent_decode_str(value).decode_utf8_lossy().into_owned();
        match name {
            "sslmode" => tls.mode = value(),
            "sslrootcert" => tls.root = Some(value().into()),
            "sslcert" => tls.cert = Some(value().into()),
            "sslkey" => tls.key = Some(value().into()),
            _ => others.push(pair),
        }
    }
    let query = if others.is_empty() { String::new() } else { format!("?{}", others.join("&")) };
    Ok((format!("{front}{query}"), tls))
}

/// How closely to look, as libpq does: without a CA, `require` and `prefer` encrypt and trust whoever answers; with one, its
/// certificates alone are good; `verify-full` wants the name of the host in them, too.
fn connector(tls: Tls) -> Result<(SslMode, Connector)> {
    let (mode, full, needs_root) = match tls.mode.as_str() {
        "disable" => (SslMode::Disable, false, false),
        "" | "allow" | "prefer" => (SslMode::Prefer, false, false),
        "require" => (SslMode::Require, false, false),
        "verify-ca" => (SslMode::Require, false, true),
        "verify-full" => (SslMode::Require, true, true),
        other => {
            return Err(wrong(&format!(
                "there is no sslmode {other}; there are disable, prefer, require, verify-ca and verify-full"
            )));
        }
    };
    let trust = match tls.root {
        None if needs_root => {
            return Err(wrong(&format!("sslmode={} needs sslrootcert=FILE, the certificate of the CA", tls.mode)));
        }
        None => Trust::Anybody,
        Some(root) if full => Trust::Named(root),
        Some(root) => Trust::Signed(root),
    };
    let client = match (tls.cert, tls.key) {
        (Some(cert), Some(key)) => Some((cert, key)),
        (None, None) => None,
        _ => return Err(wrong("sslcert and sslkey belong together")),
    };
    Ok((mode, tls::connector(trust, client)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Address> {
        Address::parse(url, TargetSessionAttrs::ReadWrite, Duration::from_secs(30))
    }

    /// What is wrong with a URL is said, with an example of a right one.
    #[test]
    fn wrong_urls_are_explained() {
        for (url, why) in [
            ("mysql://x/y", "does not begin with postgres://"),
            ("postgres://", "names no host"),
            ("postgres:///taxii", "names no host"),
            ("postgres://h:x/db", "port"),
            ("postgres://h/db?sslmode=perhaps", "no sslmode perhaps"),
            ("postgres://h/db?sslmode=verify-full", "needs sslrootcert"),
            ("postgres://h/db?sslmode=require&sslcert=c.pem", "belong together"),
            ("postgres://h/db?sslmode=verify-ca&sslrootcert=/none.pem", "/none.pem"),
            ("postgres://h/db?colour=blue", "colour"),
        ] {
            let error = crate::service::chain(&parse(url).err().unwrap());
            assert!(error.contains(why), "{url}: {error}");
        }
    }

    /// Several hosts; the one that can be written to is looked for; statements end some time, and the connection brings no
    /// options that a pooler would refuse.
    #[test]
    fn urls_are_completed() {
        let address = parse("postgresql://u:p@one:1,two:2/db?sslmode=require").unwrap();
        assert_eq!(address.hosts(), "one:1, two:2");
        assert_eq!((address.user(), address.database()), ("u", "db"));
        assert_eq!(address.hosts[0].get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
        assert_eq!(address.hosts[1].get_options(), None);
        let locks = "SET lock_timeout = 5000;";
        let idle = "SET idle_in_transaction_session_timeout = 30000;";
        assert_eq!(address.greeting, format!("SET statement_timeout = 30000;{idle}{locks}"));
        assert_eq!(address.hosts[1].get_ssl_mode(), SslMode::Require);
        let own = parse("postgres://u@h/db?options=-c%20statement_timeout%3D5&sslmode=disable").unwrap();
        assert_eq!(own.hosts[0].get_options(), Some("-c statement_timeout=5"));
        assert_eq!(own.greeting, format!("{idle}{locks}"));
        assert_eq!(own.hosts[0].get_ssl_mode(), SslMode::Disable);
    }

    /// Passwords are shown to nobody.
    #[test]
    fn passwords_are_hidden() {
        for (url, shown) in [
            ("postgres://u:secret@h:1/db?sslmode=require", "postgres://u@h:1/db?sslmode=require"),
            ("postgres://u:se@cret@h,i/db", "postgres://u@h,i/db"),
            ("postgres://u:se/cr?e@t@h/db?sslmode=require", "postgres://u@h/db?sslmode=require"),
            ("postgres://u@h/db?password=secret", "postgres://u@h/db"),
            ("postgres://h", "postgres://h"),
            ("taxii.db", "taxii.db"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
