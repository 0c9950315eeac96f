//! What becomes of what left, when nobody knows whether it arrived.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use sharing::agreement::Agreement;
use sharing::flow::{Change, Counters, Fault, Item, Outcome, Provenance, Sink, Source};
use sharing::sanitise::scan::Scan;
use stix_model::marking::tlp;

use super::{Context, Ends, FlowSettings, Local, Us, unknown};
use crate::store::{Admin, ApiRoot, Collection, KeptAgreement, MemoryStore, Store};

const US: &str = "identity--00000000-0000-4000-8000-00000000000a";
const THEM: &str = "identity--00000000-0000-4000-8000-00000000000b";

/// A partner who takes everything, and whose answer may be lost.
#[derive(Default)]
struct Partner {
    got: Mutex<Vec<String>>,
    hangs_up: AtomicBool,
}

#[async_trait]
impl Sink for Partner {
    fn place(&self) -> String {
        "the partner".to_owned()
    }

    async fn deliver(&self, changes: &[Change]) -> Result<Vec<Outcome>, Fault> {
        let word = |change: &Change| match change {
            Change::Object(item) => format!("+{}", item.id()),
            Change::Deleted { id, .. } => format!("-{id}"),
        };
        self.got.lock().unwrap().extend(changes.iter().map(word));
        if self.hangs_up.load(Ordering::Relaxed) {
            return Err(Fault::Unreachable { place: Sink::place(self), reason: "it hung up".to_owned() });
        }
        Ok(vec![Outcome::Added; changes.len()])
    }
}

struct Near(Arc<Partner>);

#[async_trait]
impl Ends for Near {
    async fn source(&self, _: &str, settings: &FlowSettings) -> Result<Arc<dyn Source>, Fault> {
        Err(unknown(&settings.from))
    }

    async fn sink(&self, _: &str, _: &FlowSettings, _: &str) -> Result<Arc<dyn Sink>, Fault> {
        Ok(Arc::clone(&self.0) as Arc<dyn Sink>)
    }
}

fn treaty(collection: &Collection) -> KeptAgreement {
    let text = format!(
        "id = \"treaty\"\npurposes = [\"tests\"]\nvalid_from = 2020-01-01T00:00:00Z\nvalid_until = 2099-01-01T00:00:00Z\n\
         [terms]\nprofile = \"full\"\n[[party]]\nname = \"us\"\nidentity = \"{US}\"\n[[party]]\nname = \"them\"\nidentity = \"{THEM}\"\n\
         [[exchange]]\nfrom = \"us\"\nto = \"them\"\ncollection = \"{}\"\n",
        collection.id
    );
    let terms = Agreement::read(&text).unwrap().0.digest().to_owned();
    let sign = |party| {
        format!("[[signed]]\nparty = \"{party}\"\nby = \"x\"\nat = 2020-01-01T00:00:00Z\nterms = \"{terms}\"\n")
    };
    let text = [text, sign("us"), sign("them")].concat();
    KeptAgreement { id: "treaty".to_owned(), digest: String::new(), text, added: taxii_model::Timestamp::now() }
}

/// A store with a collection, and a flow from it to the partner under an agreement.
struct House {
    store: Arc<MemoryStore>,
    collection: Collection,
    partner: Arc<Partner>,
    context: Context,
    settings: FlowSettings,
}

impl House {
    async fn new() -> Self {
        let store = Arc::new(MemoryStore::new());
        store.add_root(&ApiRoot::new("r", "t").unwrap()).await.unwrap();
        store.add_collection(&Collection::new("r", None, "t").unwrap()).await.unwrap();
        let collection = store.directory().await.unwrap().collections.remove(0);
        let kept = store.arrangements().unwrap();
        kept.set_agreement(&treaty(&collection)).await.unwrap();
        let from = format!("collection:{}", collection.id).parse().unwrap();
        let to = "https://partner.example/api1/collections/x/".parse().unwrap();
        let settings = FlowSettings { agreement: Some("treaty".to_owned()), ..FlowSettings::new(from, to) };
        kept.set_flow("out", &settings.text()).await.unwrap();
        let partner = Arc::new(Partner::default());
        let us = Us { identity: US.parse().unwrap(), profiles: Vec::new(), scan: Scan::default() };
        let context = Context::new(store.clone()).us(Some(us)).ends(Arc::new(Near(Arc::clone(&partner))));
        Self { store, collection, partner, context, settings }
    }

    async fn has(&self, texts: &[String]) {
        let provenance = || Provenance::local("x").leaving("x");
        let changes: Vec<Change> =
            texts.iter().map(|text| Change::Object(Item::parse(text, provenance()).unwrap())).collect();
        let local = Local::new(self.store.clone(), self.collection.id, "in");
        assert_eq!(local.deliver(&changes).await.unwrap(), vec![Outcome::Added; texts.len()]);
    }

    /// Who made it takes it back.
    async fn loses(&self, id: &str) {
        let provenance = Provenance::local("x").leaving("x");
        let word = Change::Deleted { id: id.to_owned(), version: None, provenance };
        let local = Local::new(self.store.clone(), self.collection.id, "in");
        assert_eq!(local.deliver(&[word]).await.unwrap(), [Outcome::Deleted]);
    }

    async fn run(&self) -> Result<Counters, Fault> {
        self.context.run_now("out", &self.settings, |_| ()).await
    }

    /// What the partner got since it was asked last.
    fn told(&self) -> Vec<String> {
        std::mem::take(&mut self.partner.got.lock().unwrap())
    }
}

/// A deletion goes to where the object may be: also if the answer to its delivery was lost, and it was deleted before it could be
/// delivered again.
#[tokio::test]
async fn deletions_follow_what_may_have_arrived() {
    let house = House::new().await;
    let id = "indicator--00000000-0000-4000-8000-000000000001";
    house
        .has(&[format!(
            "{{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"{id}\",\"created\":\"2026-01-01T00:00:00.000Z\",\
             \"modified\":\"2026-01-01T00:00:00.000Z\",\"pattern\":\"[url:value = 'x']\",\"pattern_type\":\"stix\",\
             \"valid_from\":\"2026-01-01T00:00:00Z\",\"object_marking_refs\":[\"{}\"]}}",
            tlp::CLEAR.id()
        )])
        .await;
    house.partner.hangs_up.store(true, Ordering::Relaxed);
    house.run().await.unwrap_err();
    house.partner.hangs_up.store(false, Ordering::Relaxed);
    house.loses(id).await;
    house.run().await.unwrap();
    assert_eq!(house.told(), [format!("+{id}"), format!("-{id}")]);
}

/// A deletion goes to everything that was made of the object: also of one without dates, which came with several contents at once.
#[tokio::test]
async fn every_content_is_deleted() {
    let house = House::new().await;
    let id = "url--00000000-0000-4000-8000-000000000001";
    let clear = tlp::CLEAR.id();
    let url = |value| {
        format!("{{\"type\":\"url\",\"id\":\"{id}\",\"value\":\"{value}\",\"object_marking_refs\":[\"{clear}\"]}}")
    };
    house.has(&[url("https://a.example"), url("https://b.example")]).await;
    house.run().await.unwrap();
    assert_eq!(house.told(), [format!("+{id}"), format!("+{id}")]);
    house.loses(id).await;
    house.run().await.unwrap();
    assert_eq!(house.told(), [format!("-{id}"), format!("-{id}")]);
}
