use std::time::Duration;

use taxii_client::{ApiRoot, Client, Collection, Location, Retry};

use crate::args::Format;
use crate::console::{self, Console};
use crate::failure::Failure;
use crate::output;
use crate::settings::Settings;

/// A client, and where its URL leads.
pub(crate) struct Connection {
    pub(crate) client: Client,
    pub(crate) settings: Settings,
    pub(crate) console: Console,
}

impl Connection {
    pub(crate) fn open(settings: Settings, console: &Console) -> Result<Self, Failure> {
        let mut builder = Client::builder(&settings.url)
            .credentials(settings.credentials.clone())
            .timeout(Duration::from_secs(settings.timeout))
            .retry(Retry { attempts: settings.attempts, ..Retry::default() })
            .allow_plain_http(settings.allow_http)
            .product(concat!("taxii/", env!("CARGO_PKG_VERSION")))
            .on_warning(console.on_warning());
        if let Some(file) = &settings.cacert {
            builder = builder.ca_file(file);
        }
        if let Some((certificate, key)) = &settings.identity {
            builder = builder.client_certificate(certificate, key);
        }
        for origin in &settings.trusted {
            builder = builder.trust_origin(origin);
        }
        Ok(Self { client: builder.build()?, settings, console: console.clone() })
    }

    pub(crate) fn format(&self) -> Format {
        output::format(self.settings.output)
    }

    /// The API root that the URL or `--root` names.
    pub(crate) async fn root(&self) -> Result<ApiRoot, Failure> {
        self.root_of(self.client.locate().await?).await
    }

    async fn root_of(&self, location: Location) -> Result<ApiRoot, Failure> {
        let name = self.settings.root.as_deref();
        Ok(match (location, name) {
            (Location::Discovery(discovery), Some(name)) => discovery.root(name)?,
            (Location::Discovery(discovery), None) => discovery.default_root()?,
            (_, Some(name)) => self.client.discovery().await?.root(name)?,
            (Location::ApiRoot(root), None) => root,
            (Location::Collection(collection), None) => collection.root().clone(),
        })
    }

    /// The collection that people mean; `.` and a URL stand for the one that the URL names.
    pub(crate) async fn collection(&self, name: &str) -> Result<Collection, Failure> {
        let location = self.client.locate().await?;
        if name != "." && !name.contains("://") {
            return Ok(self.root_of(location).await?.find(name).await?);
        }
        if let Location::Collection(collection) = location {
            return Ok(collection);
        }
        let root = self.root_of(location).await?;
        let collections = root.collections().await?;
        match collections.as_slice() {
            [one] => Ok(one.clone()),
            several => Err(Failure::usage(several.iter().fold(
                format!("which collection? {} has {}:", root.url(), console::count(several.len() as u64, "collection")),
                |text, collection| format!("{text}\n  {}  {}", collection.id(), collection.title()),
            ))),
        }
    }
}
