//! A TAXII server inside an application, over the application's own data.
//!
//! The application has a list of blocked addresses. It shares them with anybody, as STIX
//! indicators in one collection that cannot be written to, beside its own routes.
//!
//! ```console
//! $ cargo run -p taxii-server --example own_store
//! $ curl -s http://127.0.0.1:6101/blocklist/collections/addresses/objects/
//! $ curl -s http://127.0.0.1:6101/
//! ```

use std::sync::Arc;

use actix_web::{App, HttpServer, web};
use async_trait::async_trait;
use stix_model::{SpecVersion, Timestamp as StixTimestamp};
use taxii_model::{Filter, Status, Timestamp};
use taxii_server::Taxii;
use taxii_server::store::{
    ApiRoot, Collection, CollectionKey, Directory, Labels, Mark, Page, Record, Result, Selection, Sight, Store,
    StoreError, Submission, Texts, Window,
};
use uuid::Uuid;

/// The application's data: when an address was blocked, and which. Never changed, only added to.
struct Blocklist {
    entries: Vec<(Timestamp, &'static str)>,
    directory: Directory,
}

impl Blocklist {
    fn new() -> std::result::Result<Self, Box<dyn std::error::Error>> {
        let blocked_at = |day: u32| format!("2026-11-{day:02}T00:00:00Z").parse::<Timestamp>();
        let entries =
            vec![(blocked_at(1)?, "192.0.2.7"), (blocked_at(2)?, "198.51.100.23"), (blocked_at(5)?, "203.0.113.99")];
        let mut collection = Collection::new("blocklist", Some("addresses"), "Blocked addresses")?;
        // Clients remember the id: it has to be the same at every start.
        collection.id = "6b0ff2a3-6d8c-4c0b-9c5d-2f7b0a4e1d11".parse()?;
        collection.anonymous_read = true;
        let root = ApiRoot::new("blocklist", "The application's blocklist")?;
        Ok(Self { entries, directory: Directory { roots: vec![root], collections: vec![collection] } })
    }

    /// The entries that a request is about. There is one version of each, so every selection of versions by
    /// rank means all of them.
    fn select(&self, window: &Window) -> Vec<(Timestamp, &'static str)> {
        let Selection { ids, types, .. } = &window.selection;
        let wanted = |(added, address): &(Timestamp, &'static str)| {
            *added > window.after
                && ids.as_ref().is_none_or(|ids| ids.contains(&id(address)))
                && types.as_ref().is_none_or(|types| types.iter().any(|t| t == "indicator"))
                && window.selection.instants().all(|version| *version == modified(*added))
        };
        self.entries.iter().copied().filter(wanted).collect()
    }

    fn page<T>(&self, window: &Window, make: impl Fn(Timestamp, &'static str) -> T) -> Page<T> {
        let selected = self.select(window);
        let more = selected.len() > window.limit;
        Page {
            entries: selected.into_iter().take(window.limit).map(|(added, address)| make(added, address)).collect(),
            more,
        }
    }
}

/// The same address always makes the same id.
fn id(address: &str) -> String {
    let number = address.split('.').filter_map(|part| part.parse::<u64>().ok()).fold(0, |n, part| n * 256 + part);
    format!("indicator--1d0c8b6e-3c0f-4f0a-9b57-{number:012x}")
}

fn modified(added: Timestamp) -> StixTimestamp {
    StixTimestamp::from(added.to_utc())
}

fn indicator(added: Timestamp, address: &str) -> String {
    let (id, date) = (id(address), modified(added));
    format!(
        "{{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"{id}\",\"created\":\"{date}\",\"modified\":\"{date}\",\
         \"pattern\":\"[ipv4-addr:value = '{address}']\",\"pattern_type\":\"stix\",\"valid_from\":\"{date}\"}}"
    )
}

#[async_trait]
impl Store for Blocklist {
    async fn directory(&self) -> Result<Directory> {
        Ok(self.directory.clone())
    }

    async fn revision(&self) -> Result<i64> {
        Ok(1)
    }

    async fn mark(&self, _: CollectionKey) -> Result<Mark> {
        let clock = self.entries.last().map_or_else(Timestamp::default, |(added, _)| *added);
        Ok(Mark { clock, changes: 0 })
    }

    async fn objects(&self, window: &Window) -> Result<Texts> {
        let page = self.page(window, |added, address| (added, indicator(added, address)));
        let mut texts = Texts::default();
        page.entries.iter().for_each(|(added, text)| texts.push(*added, text));
        texts.more = page.more;
        Ok(texts)
    }

    async fn records(&self, window: &Window) -> Result<Page<Record>> {
        Ok(self.page(window, |added, address| Record {
            added,
            id: id(address),
            version: modified(added).to_string(),
            spec_version: SpecVersion::V2_1,
        }))
    }

    async fn holds(
        &self,
        collection: CollectionKey,
        id: &str,
        versions: &[StixTimestamp],
        _: Option<&Arc<Sight>>,
    ) -> Result<bool> {
        let selection = Selection::default().with_id(id);
        let all = Window { selection, ..Window::of(collection, &Filter::default()) };
        Ok(self.select(&all).iter().any(|(added, _)| versions.is_empty() || versions.contains(&modified(*added))))
    }

    async fn add(&self, _: Submission) -> Result<Status> {
        Err(StoreError::Missing("way to write".to_owned()))
    }

    async fn delete(&self, _: CollectionKey, _: &str, _: &Selection, _: Option<&Arc<Sight>>) -> Result<u64> {
        Ok(0)
    }

    // Nothing here is marked, so whoever sees anything sees all of it, and a `Sight` makes no difference.
    async fn labels(&self, collection: CollectionKey) -> Result<Labels> {
        Ok(Labels { mark: self.mark(collection).await?, ..Labels::default() })
    }

    async fn status(&self, _: &str, _: Uuid) -> Result<Option<(Status, String)>> {
        Ok(None)
    }

    async fn secret(&self) -> Result<[u8; 32]> {
        // A real application makes 32 random bytes once and keeps them.
        Ok(*b"an example has nothing to hide..")
    }
}

#[actix_web::main]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let taxii = Taxii::builder(Arc::new(Blocklist::new()?)).title("An application with a blocklist").build().await?;
    let server = HttpServer::new(move || {
        App::new()
            .configure(|config| taxii.configure(config))
            .route("/", web::get().to(|| async { "the application's own page\n" }))
    });
    println!("http://127.0.0.1:6101/blocklist/collections/addresses/objects/");
    Ok(server.bind("127.0.0.1:6101")?.run().await?)
}
