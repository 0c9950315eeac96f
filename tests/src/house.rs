//! Organisations that share under agreements: each a server process, as its operator would set it up.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::exchange::everything;
use crate::http::{Request, Response, TAXII};
use crate::node::{Node, until};
use crate::objects::{CREATED, id, id_of};

/// An organisation with a server.
pub struct House {
    /// How agreements call it.
    pub name: String,
    /// Its identity.
    pub identity: String,
    pub node: Node,
    keys: BTreeMap<String, String>,
}

impl House {
    /// With these collections below `/api1/`, and an account `desk` that may do everything with them; not started.
    pub fn new(name: &str, collections: &[&str]) -> Self {
        Self::with(name, collections, &[])
    }

    /// The same with further settings.
    pub fn with(name: &str, collections: &[&str], settings: &[(&str, &str)]) -> Self {
        let identity = id("identity");
        let node = Node::new("taxii.db", 0).setting("TAXII_SHARING__IDENTITY", &identity);
        let node = node.settings(settings);
        node.admin(&["root", "add", "api1", "--title", name]);
        for alias in collections {
            node.admin(&["collection", "add", "api1", alias, "--title", alias]);
        }
        let mut house = Self { name: name.to_owned(), identity, node, keys: BTreeMap::new() };
        let rights: Vec<&str> = collections.iter().flat_map(|alias| ["--read", alias, "--write", alias]).collect();
        house.account("desk", &rights);
        house
    }

    /// Adds an account, and returns its key.
    pub fn account(&mut self, account: &str, options: &[&str]) -> String {
        self.node.admin(&[&["account", "add", account, "--no-password"], options].concat());
        let made = self.node.admin(&["credential", "add", account, "--key"]);
        let key = made["secret"].as_str().expect("a key").to_owned();
        self.keys.insert(account.to_owned(), key.clone());
        key
    }

    /// Lets a partner in, as an account of an organisation of its name; returns `file:` and the file that has the key, at the
    /// partner.
    pub fn lets_in(&mut self, partner: &Self, options: &[&str]) -> String {
        self.node.admin(&["organisation", "add", &partner.name, "--title", &partner.name]);
        let key = self.account(&partner.name, &[&["--organisation", partner.name.as_str()], options].concat());
        let file = partner.node.folder().write(&format!("key-at-{}", self.name), &format!("{key}\n"));
        format!("file:{}", file.display())
    }

    /// The URL of a collection.
    pub fn url(&self, collection: &str) -> String {
        format!("http://{}/api1/collections/{collection}/", self.node.address)
    }

    pub fn place(&self, collection: &str) -> String {
        format!("collection:api1/{collection}")
    }

    pub fn request(&self, account: &str, method: &str, collection: &str, below: &str) -> Request {
        let target = format!("/api1/collections/{collection}/{below}");
        let request = Request::new(self.node.address, method, &target).accept(TAXII);
        request.add_header("Authorization", &format!("Bearer {}", self.keys[account]))
    }

    /// Adds objects; all are taken.
    #[track_caller]
    pub fn post(&self, collection: &str, objects: &[Value]) {
        let request = self.request("desk", "POST", collection, "objects/").json(&json!({"objects": objects}));
        let status = request.try_send().expect("an answer").expect(202).json();
        assert_eq!(status["success_count"], objects.len(), "{status}");
    }

    #[track_caller]
    pub fn delete(&self, collection: &str, id: &str) {
        let answer = self.request("desk", "DELETE", collection, &format!("objects/{id}/")).try_send();
        answer.expect("an answer").expect(200);
    }

    /// All versions of all objects, as they are served.
    pub fn read(&self, collection: &str) -> Response {
        let page =
            self.request("desk", "GET", collection, "objects/?match[version]=all").try_send().expect("an answer");
        assert!(!page.text().contains("\"more\":true"), "one page has everything");
        page
    }

    pub fn objects(&self, collection: &str) -> Vec<Value> {
        self.read(collection).json()["objects"].as_array().cloned().unwrap_or_default()
    }

    /// Every version that a collection has, as texts in order.
    pub fn everything(&self, collection: &str) -> Vec<String> {
        let get = |below: &str| self.request("desk", "GET", collection, below).try_send().expect("an answer");
        everything(get)
    }

    /// Waits until a collection has so many versions.
    #[track_caller]
    pub fn has(&self, collection: &str, versions: usize) {
        let mut last = 0;
        let begun = std::time::Instant::now();
        while begun.elapsed().as_secs() < 120 {
            last = self.objects(collection).len();
            if last == versions {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("{} has {last} versions in {collection}, not {versions}: {}", self.name, self.told());
    }

    /// Everything that one would look at if something did not come.
    pub fn told(&self) -> String {
        format!("{:#}\n{}", self.node.admin(&["flow", "status"]), self.node.log())
    }

    /// Writes an agreement that every party has signed off, and keeps it; returns what the command told.
    #[track_caller]
    pub fn agrees(&self, document: &str, parties: &[&Self]) -> Value {
        self.keeps(&self.signed(document, parties))
    }

    /// Keeps an agreement that every party has signed off; returns what the command told.
    #[track_caller]
    pub fn keeps(&self, signed: &str) -> Value {
        let file = self.node.folder().write("agreement.toml", signed);
        self.node.admin(&["agreement", "add", &file.display().to_string(), "--yes"])
    }

    /// The document with the sign-offs of these parties.
    pub fn signed(&self, document: &str, parties: &[&Self]) -> String {
        let file = self.node.folder().write("unsigned.toml", document);
        let checked = self.node.admin(&["agreement", "check", &file.display().to_string()]);
        let terms = checked["terms"].as_str().expect("a digest");
        let mut text = document.to_owned();
        for House { name, .. } in parties {
            write!(
                text,
                "\n[[signed]]\nparty = \"{name}\"\nby = \"head of {name}\"\nat = {CREATED}\nterms = \"{terms}\"\n"
            )
            .expect("text");
        }
        text
    }

    pub fn flow(&self, name: &str) -> Value {
        self.node.admin(&["flow", "status", name])
    }

    /// What flows have brought of an object, as the log tells it. It tells of what is there, so that comes after it: waits until this flow
    /// is among them.
    #[track_caller]
    pub fn brought(&self, object: &str, flow: &str) -> Vec<Value> {
        let mut told = Vec::new();
        until(&format!("the log tells what {flow} has brought"), || {
            let received = self.node.admin(&["audit", "who-received", object]);
            let rows = received.as_array().expect("rows").iter().map(|row| row["brought"].clone());
            told = rows.filter(|brought| !brought.is_null()).collect();
            told.iter().any(|brought| brought["flow"] == flow)
        });
        told
    }

    /// Waits until a flow is in a phase.
    #[track_caller]
    pub fn is(&self, flow: &str, phase: &str) -> Value {
        until(&format!("{flow} is {phase}"), || self.flow(flow)["phase"] == phase);
        self.flow(flow)
    }
}

/// An agreement between two houses, of which the first gives; `terms` are lines of TOML.
pub fn agreement(id: &str, from: &House, to: &House, collection: &str, until: &str, terms: &str) -> String {
    format!(
        "id = \"{id}\"\npurposes = [\"defence of networks\"]\nvalid_from = {CREATED}\nvalid_until = {until}\n\n\
         [[party]]\nname = \"{}\"\nidentity = \"{}\"\n\n[[party]]\nname = \"{}\"\nidentity = \"{}\"\n\n\
         [terms]\nencrypted = false\n{terms}\n\n\
         [[exchange]]\nfrom = \"{}\"\nto = \"{}\"\ncollection = \"{collection}\"\n",
        from.name, from.identity, to.name, to.identity, from.name, to.name
    )
}

/// The ids of objects of a type.
pub fn ids<'o>(objects: &'o [Value], object_type: &str) -> Vec<&'o str> {
    objects.iter().filter(|object| object["type"] == object_type).map(id_of).collect()
}
