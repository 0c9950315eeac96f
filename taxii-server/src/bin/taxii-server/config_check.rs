//! What is wrong with a configuration, before anything is done with it.

use std::path::Path;

use tracing_subscriber::EnvFilter;

use crate::config::Config;
use crate::listen::Place;
use crate::output::Output;
use crate::{Outcome, config_issuers, health, listen, manage, tls};

/// Headers that mean something else already.
const TAKEN_HEADERS: [&str; 14] = [
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "forwarded",
    "host",
    "if-none-match",
    "range",
    "transfer-encoding",
    "x-forwarded-for",
];

/// Fails if two settings say what cannot both be meant, or one says what nothing comes of: a server that starts with it would be open
/// where its operator thinks it closed.
pub(crate) fn must_agree(config: &Config) -> Outcome {
    if config.audit.required && !config.audit.enabled {
        return Err("audit.required: there is no log that could be required while audit.enabled is false".into());
    }
    let main = config.places()?;
    let is_both = |place: &&Place| !place.bind.ends_with(":0") && main.iter().any(|main| main.bind == place.bind);
    if let Some(both) = manage::places(config)?.iter().find(is_both) {
        return Err(
            format!("manage.bind: the main listener listens on {} already; give it another port", both.bind).into()
        );
    }
    if TAKEN_HEADERS.contains(&config.key_header.to_ascii_lowercase().as_str()) {
        let name = &config.key_header;
        return Err(
            format!("key_header = {name:?}: this header means something else; expected one like X-API-Key").into()
        );
    }
    if actix_web::http::header::HeaderName::try_from(config.key_header.as_str()).is_err()
        && !config.key_header.is_empty()
    {
        return Err(format!("key_header = {:?}: that is no name of a header", config.key_header).into());
    }
    if let Some(name) = config.misp.collections.iter().find(|name| *name != "*" && !name.contains('/')) {
        return Err(format!(
            "misp.collections: {name:?}: expected API root/alias, such as api1/{name}, or \"*\" for all"
        )
        .into());
    }
    filter(config).map(drop)
}

/// What is logged.
pub(crate) fn filter(config: &Config) -> Outcome<EnvFilter> {
    Ok(EnvFilter::try_new(&config.log).map_err(|error| format!("log = {:?}: {error}", config.log))?)
}

pub(crate) fn check(config: &Config, out: &Output) -> Outcome {
    let addresses = config.addresses()?;
    must_agree(config)?;
    tls::open(config)?;
    if !config.public_url.is_empty() && !config.public_url.starts_with("https://") {
        return Err(format!(
            "public_url = {:?}: expected https://HOST, since TAXII 2.1 wants absolute API root URLs to be HTTPS",
            config.public_url
        )
        .into());
    }
    config.replicas()?;
    config.audit.chain()?;
    config_issuers::check(&config.issuer)?;
    config.sharing.us()?;
    if config.database.url().is_none() {
        let file = config.database.file()?;
        if !folder(&file).is_dir() {
            return Err(format!("database = {file:?}: there is no folder {}", folder(&file).display()).into());
        }
    }
    health::leave_free("prefix", &config.prefix)?;
    let listens = match config.is_inherited() {
        true => vec![listen::INHERITED.to_owned()],
        false => addresses.iter().map(ToString::to_string).collect::<Vec<_>>(),
    };
    out.done(
        &format!("the configuration is fine; the server would listen on {}", listens.join(", ")),
        &serde_json::json!({"ok": true, "bind": listens}),
    )
}

fn folder(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
