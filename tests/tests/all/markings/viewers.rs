//! A server of which the password is the clearance, and objects that say who may see them.

use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer};
use serde_json::{Value, json};
use stix_model::marking::{pap, tlp};
use taxii_server::Taxii;
use taxii_server::access::{Clearance, View, Viewer};
use taxii_server::auth::{Authenticator, Caller, Credentials, Origin};
use taxii_server::service::Settings;
use taxii_server::store::{self, Admin, ApiRoot, Collection, Label, Rights, Store};
use taxii_tests::http::Request;

/// The name of who sees everything.
pub(super) const ALL: &str = "everything";
pub(super) const ROOT: &str = "r";

/// Anybody, who sees what the password says.
struct ByName;

#[async_trait::async_trait]
impl Authenticator for ByName {
    async fn authenticate(&self, credentials: &Credentials, _: Origin) -> store::Result<Option<Arc<Caller>>> {
        let Credentials::Basic { password: words, .. } = credentials else { return Ok(None) };
        let clearance = match words.as_str() {
            ALL => None,
            some => Some(Arc::new(some.parse().expect("a clearance"))),
        };
        let roots = [(ROOT.to_owned(), Rights { manage: false, ..Rights::ALL })].into();
        Ok(Some(Arc::new(Caller { name: Some(words.clone()), clearance, roots, ..Caller::default() })))
    }
}

/// A server in this process, over any store.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    running: Option<(ServerHandle, JoinHandle<()>)>,
}

impl Server {
    /// With these collections in its root.
    pub(super) fn start(store: Arc<dyn Full>, collections: &[&Collection], settings: Settings) -> Self {
        let (tell, told) = mpsc::channel();
        let collections: Vec<Collection> = collections.iter().map(|collection| (*collection).clone()).collect();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                store.add_root(&ApiRoot::new(ROOT, "t").expect("a name")).await.expect("it answers");
                for collection in &collections {
                    store.add_collection(collection).await.expect("it answers");
                }
                let taxii = Taxii::over(store.serves()).authenticator(ByName).settings(settings).build().await;
                let taxii = taxii.expect("a server");
                let server = HttpServer::new(move || App::new().configure(|config| taxii.configure(config)))
                    .workers(2)
                    .disable_signals()
                    // As long as a test on a busy machine may take to say what it wants.
                    .client_request_timeout(Duration::from_secs(60))
                    .bind("127.0.0.1:0")
                    .expect("an address");
                let address = server.addrs()[0];
                let server = server.run();
                tell.send((address, server.handle())).expect("somebody waits");
                server.await.expect("the server runs");
            });
        });
        let (address, handle) = told.recv().expect("the server starts");
        Self { address, running: Some((handle, thread)) }
    }

    /// A request by who has this clearance, below a collection.
    pub(super) fn request(&self, who: &str, method: &str, collection: &str, below: &str) -> Request {
        let target = format!("/{ROOT}/collections/{collection}/{below}");
        Request::new(self.address, method, &target).accept(taxii_tests::http::TAXII).basic("somebody", who)
    }

    pub(super) fn post(&self, collection: &str, objects: &[Value]) {
        let status = self.request(ALL, "POST", collection, "objects/").json(&json!({"objects": objects})).send();
        let status = status.expect(202).json();
        assert_eq!(status["failure_count"], 0, "{status}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some((handle, thread)) = self.running.take() {
            drop(handle.stop(false));
            thread.join().expect("the server ends");
        }
    }
}

/// All that a store can do.
pub(super) trait Full: Store + Admin {
    fn serves(self: Arc<Self>) -> Arc<dyn Store>;
}

impl<S: Store + Admin> Full for S {
    fn serves(self: Arc<Self>) -> Arc<dyn Store> {
        self
    }
}

/// Ways to be marked.
pub(super) const KINDS: [&str; 9] = ["none", "clear", "green", "amber", "red", "pap", "own", "part", "unreadable"];
pub(super) const OWN: &str = "marking-definition--fa42a846-8d90-4e51-bc29-71d5b4802168";

/// A version of an object that is marked in some way. Its description is secret where a part of it is.
pub(super) fn object(n: usize, second: usize, kind: &str) -> Value {
    let mut object = json!({
        "type": "campaign", "spec_version": "2.1", "id": format!("campaign--00000000-0000-4000-8000-{n:012}"),
        "created": "2026-01-01T00:00:00.000Z",
        "modified": format!("2026-01-01T{:02}:{:02}:{:02}.000Z", second / 3600, second / 60 % 60, second % 60),
        "name": format!("campaign {n}"),
    });
    let refs = match kind {
        "none" => return object,
        "part" => {
            object["description"] = "a secret".into();
            object["granular_markings"] = json!([{"marking_ref": tlp::RED.id(), "selectors": ["description"]}]);
            return object;
        }
        "clear" => json!([tlp::CLEAR.id()]),
        "green" => json!([tlp::v1::GREEN.id()]),
        "amber" => json!([tlp::AMBER.id()]),
        "red" => json!([tlp::RED.id()]),
        "pap" => json!([tlp::GREEN.id(), pap::AMBER.id()]),
        "own" => json!([OWN]),
        _ => Value::Null,
    };
    object["object_marking_refs"] = refs;
    object
}

/// What the model shows of an object to who has a clearance.
pub(super) fn shown(who: &str, collection: &Collection, object: &Value) -> Option<Value> {
    if who == ALL {
        return Some(object.clone());
    }
    let clearance: Clearance = who.parse().expect("a clearance");
    match Viewer::new(Arc::new(clearance), collection).view(&Label::of(&object.to_string())) {
        View::Hidden => None,
        View::Whole => Some(object.clone()),
        View::Redacted => {
            let mut left = object.clone();
            let members = left.as_object_mut().expect("an object");
            members.remove("description");
            members.remove("granular_markings");
            Some(left)
        }
    }
}
