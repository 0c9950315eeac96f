use std::path::{Path, PathBuf};
use std::sync::Arc;

use sharing::flow::package::{Export, Import, PublicKey, SigningKey};
use sharing::flow::{Fault, Folder, Sink, Source};
use taxii_client::flow::Remote;
use url::Url;

use crate::args::{Global, Mirror};
use crate::connection::Connection;
use crate::console::Console;
use crate::failure::Failure;
use crate::settings::Settings;

/// What an end is, as it is written on the command line.
enum Place {
    Folder(PathBuf),
    Packages(PathBuf),
    Collection(String),
}

impl Place {
    fn of(text: &str) -> Self {
        if let Some(path) = text.strip_prefix("package:") {
            return Self::Packages(path.into());
        }
        if let Some(path) = text.strip_prefix("file:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return Self::Folder(path.into());
        }
        // No URL begins like these, and no name of a collection has a slash.
        let is_path = ["/", "./", "../"].iter().any(|begin| text.starts_with(begin));
        let is_path = is_path || (text.ends_with('/') && !text.contains("://"));
        match is_path || Path::new(text).is_dir() {
            true => Self::Folder(text.into()),
            false => Self::Collection(text.to_owned()),
        }
    }

    fn origin(&self) -> Option<url::Origin> {
        match self {
            Self::Collection(text) => Url::parse(text).ok().map(|url| url.origin()),
            _ => None,
        }
    }
}

/// The two ends.
pub(super) async fn both(
    args: &Mirror,
    global: &Global,
    console: &Console,
) -> Result<(Arc<dyn Source>, Arc<dyn Sink>), Failure> {
    let (from, to) = (Place::of(&args.source), Place::of(&args.sink));
    let secrets = global.user.is_some() || global.key.is_some() || global.key_file.is_some();
    if secrets && matches!((from.origin(), to.origin()), (Some(from), Some(to)) if from != to) {
        return Err(Failure::usage(
            "one set of credentials is not for two servers: keep each with `taxii profile add`, and name them with --source-profile and --sink-profile",
        ));
    }
    let source: Arc<dyn Source> = match from {
        Place::Folder(path) => Arc::new(Folder::new(there(path)?)),
        Place::Packages(path) => {
            let import = Import::new(there(path)?, trusted(args)?);
            Arc::new(args.stream.iter().fold(import, |import, stream| import.stream(stream)))
        }
        Place::Collection(text) => {
            Arc::new(remote(&text, args.source_profile.as_deref(), args, global, console).await?)
        }
    };
    let sink: Arc<dyn Sink> = match to {
        Place::Folder(path) => Arc::new(Folder::new(made(path)?)),
        Place::Packages(path) => {
            let key = args.signing_key.as_deref().ok_or_else(|| {
                Failure::usage("packages are signed: give --signing-key FILE; `taxii package key FILE` makes one")
            })?;
            let key = SigningKey::read(key).map_err(|fault| local(&fault))?;
            let stream = args.stream.as_deref().unwrap_or("mirror");
            Arc::new(Export::new(made(path)?, stream, key).map_err(|fault| local(&fault))?)
        }
        Place::Collection(text) => Arc::new(remote(&text, args.sink_profile.as_deref(), args, global, console).await?),
    };
    Ok((source, sink))
}

fn local(fault: &Fault) -> Failure {
    Failure::usage(fault.to_string())
}

fn trusted(args: &Mirror) -> Result<Vec<PublicKey>, Failure> {
    if args.trust.is_empty() {
        return Err(Failure::usage(
            "whose packages? Give --trust KEY with the public key that `taxii package key` printed over there",
        ));
    }
    args.trust.iter().map(|key| key.parse().map_err(Failure::usage)).collect()
}

fn there(path: PathBuf) -> Result<PathBuf, Failure> {
    match path.is_dir() {
        true => Ok(path),
        false => Err(Failure::usage(format!("{}: there is no such folder", path.display()))),
    }
}

fn made(path: PathBuf) -> Result<PathBuf, Failure> {
    std::fs::create_dir_all(&path).map_err(|error| Failure::file(path.display(), &error))?;
    Ok(path)
}

/// A collection: by URL, or by name at the server of the profile.
async fn remote(
    text: &str,
    profile: Option<&str>,
    args: &Mirror,
    global: &Global,
    console: &Console,
) -> Result<Remote, Failure> {
    let mut global = global.clone();
    if profile.is_some() {
        global.profile = profile.map(ToOwned::to_owned);
    }
    let address = Some(text).filter(|text| text.contains("://"));
    if address.is_none() && global.profile.is_none() && global.url.is_none() {
        return Err(Failure::usage(format!(
            "{text} is neither a folder nor a URL; for a collection by its name, say at which server: --source-profile, --sink-profile or --url"
        )));
    }
    let mut settings = Settings::resolve(&global, address, console)?;
    // The flow itself waits and tries again, and says so.
    settings.attempts = 1;
    let connection = Connection::open(settings, console)?;
    let remote = Remote::new(connection.collection(address.map_or(text, |_| ".")).await?);
    Ok(if args.standard { remote.standard() } else { remote })
}
