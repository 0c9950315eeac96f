use std::io::{self, IsTerminal};
use std::path::PathBuf;

use console::Term;
use taxii_client::Credentials;
use url::Url;

use crate::args::{Format, Global};
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::profile::{self, Profile};

/// Everything that a command needs to know, from wherever it came.
pub(crate) struct Settings {
    pub(crate) url: String,
    pub(crate) root: Option<String>,
    pub(crate) credentials: Credentials,
    /// Who is asking, as far as other runs have to be told apart from this one.
    pub(crate) user: Option<String>,
    pub(crate) cacert: Option<PathBuf>,
    pub(crate) identity: Option<(PathBuf, PathBuf)>,
    pub(crate) trusted: Vec<String>,
    pub(crate) allow_http: bool,
    pub(crate) timeout: u64,
    pub(crate) attempts: u32,
    pub(crate) output: Option<Format>,
}

impl Settings {
    /// The command line and the environment come before the profile. `address` is a URL given in the
    /// place of a collection.
    pub(crate) fn resolve(global: &Global, address: Option<&str>, console: &Console) -> Result<Self, Failure> {
        let url = address.map(ToOwned::to_owned).or_else(|| global.url.clone());
        let profile = chosen_profile(global, url.as_deref(), console)?;
        let global = merge(global.clone(), profile.clone());
        let url = url.or(profile.url).ok_or_else(|| {
            Failure::usage("which server? Give --url URL, set TAXII_CLIENT_URL, or keep one with `taxii profile add NAME --url URL`")
        })?;
        let identity = global.cert.clone().map(|cert| {
            let key = global.cert_key.clone().unwrap_or_else(|| cert.clone());
            (cert, key)
        });
        if identity.is_none() && global.cert_key.is_some() {
            return Err(Failure::usage("--cert-key is of no use without --cert"));
        }
        Ok(Self {
            credentials: credentials(&global, profile.password.as_deref(), &url)?,
            url,
            root: global.root,
            user: global.user,
            cacert: global.cacert,
            identity,
            trusted: global.trust_origin,
            allow_http: global.allow_http,
            timeout: global.timeout,
            attempts: global.attempts,
            output: global.output,
        })
    }
}

/// The profile that is asked for; or the default one, unless that is for another server than the URL:
/// its credentials are none of that server's business.
fn chosen_profile(global: &Global, url: Option<&str>, console: &Console) -> Result<Profile, Failure> {
    let profiles = profile::load(console)?;
    if let Some(name) = &global.profile {
        return profiles.get(name).cloned();
    }
    let Some(profile) = profiles.default_profile()? else { return Ok(Profile::default()) };
    let origin = |text: &str| {
        let absolute = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        Url::parse(&absolute).ok().map(|url| url.origin())
    };
    let same = match (url, profile.url.as_deref()) {
        (Some(given), Some(kept)) => origin(given).is_some_and(|given| Some(given) == origin(kept)),
        _ => true,
    };
    Ok(if same { profile.clone() } else { Profile::default() })
}

fn merge(mut global: Global, profile: Profile) -> Global {
    // A secret on the command line replaces all secrets of the profile, not only its own kind.
    let own = global.user.is_some() || global.key.is_some() || global.key_file.is_some();
    if !own {
        (global.user, global.key, global.key_file) = (profile.user, profile.key, profile.key_file);
        global.header = global.header.or(profile.header);
        if global.password.is_none() && global.password_file.is_none() {
            global.password_file = profile.password_file;
        }
    }
    global.root = global.root.or(profile.root);
    global.cacert = global.cacert.or(profile.cacert);
    if global.cert.is_none() {
        (global.cert, global.cert_key) = (profile.cert, global.cert_key.or(profile.cert_key));
    }
    global.trust_origin.extend(profile.trust_origins);
    global.allow_http |= profile.allow_http;
    global
}

fn credentials(global: &Global, kept_password: Option<&str>, url: &str) -> Result<Credentials, Failure> {
    let key = match (&global.key, &global.key_file) {
        (Some(key), _) => Some(key.clone()),
        (None, Some(file)) => Some(read_secret(file)?),
        (None, None) => None,
    };
    let credentials = match (key, &global.user, &global.header) {
        (Some(_), Some(_), _) => return Err(Failure::usage("either a user with a password or a key, not both")),
        (Some(key), None, Some(header)) => Credentials::header(header, &key),
        (Some(key), None, None) => Credentials::bearer(&key),
        (None, Some(user), _) => Credentials::basic(user, &password(global, kept_password, user, url)?),
        (None, None, Some(_)) => {
            return Err(Failure::usage("--header names the header for a key: give --key-file or --key as well"));
        }
        (None, None, None) => Ok(Credentials::none()),
    };
    Ok(credentials?)
}

fn password(global: &Global, kept: Option<&str>, user: &str, url: &str) -> Result<String, Failure> {
    if let Some(file) = &global.password_file {
        return read_secret(file);
    }
    if let Some(password) = global.password.as_deref().or(kept) {
        return Ok(password.to_owned());
    }
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Err(Failure {
            exit: Exit::Permission,
            text: format!("no password for {user}: give --password-file, or set TAXII_CLIENT_PASSWORD"),
        });
    }
    let term = Term::stderr();
    let asked = term.write_str(&format!("Password of {user} at {url}: ")).and_then(|()| term.read_secure_line());
    asked.map_err(|error| Failure::file("terminal", &error))
}

/// The first line of a file, or of standard input.
pub(crate) fn read_secret(file: &str) -> Result<String, Failure> {
    let text = match file {
        "-" => io::read_to_string(io::stdin()),
        file => std::fs::read_to_string(file),
    };
    let text = text.map_err(|error| Failure::file(file, &error))?;
    let secret = text.lines().next().unwrap_or_default().to_owned();
    if secret.is_empty() {
        return Err(Failure::usage(format!("{file}: there is no secret in the first line")));
    }
    Ok(secret)
}
