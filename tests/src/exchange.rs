//! Nodes that exchange a collection: what goes from one to the other is carried by the test, byte for byte.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::http::{Request, Response, TAXII};
use crate::node::Node;

/// Where the collection is.
pub const COLLECTION: &str = "/api1/collections/feed/";

/// A node with a collection, an account that may do everything, and one for each neighbour.
pub struct Member {
    pub node: Node,
    /// The id that it says it has.
    pub server: String,
    keys: BTreeMap<String, String>,
}

impl Member {
    /// A node with an SQLite file of its own, with accounts of these names; started.
    pub fn new(accounts: &[String]) -> Self {
        let mut node = Node::new("taxii.db", 0);
        node.admin(&["root", "add", "api1", "--title", "Root"]);
        node.admin(&["collection", "add", "api1", "feed", "--title", "Feed"]);
        let mut keys = BTreeMap::new();
        for account in accounts.iter().map(String::as_str).chain(["own"]) {
            node.admin(&["account", "add", account, "--no-password", "--read", "feed", "--write", "feed"]);
            let made = node.admin(&["credential", "add", account, "--key"]);
            keys.insert(account.to_owned(), made["secret"].as_str().expect("a key").to_owned());
        }
        node.start();
        let mut member = Self { node, server: String::new(), keys };
        let page = member.request("own", "GET", "changes/").try_send().expect("an answer").json();
        member.server = page["server"].as_str().expect("an id").to_owned();
        member
    }

    pub fn address(&self) -> SocketAddr {
        self.node.address
    }

    /// A request below the collection.
    pub fn request(&self, account: &str, method: &str, below: &str) -> Request {
        let key = &self.keys[account];
        let target = format!("{COLLECTION}{below}");
        let request = Request::new(self.node.address, method, &target).accept(TAXII);
        request.add_header("Authorization", &format!("Bearer {key}"))
    }

    pub fn get(&self, account: &str, below: &str) -> Response {
        self.request(account, "GET", below).try_send().expect("an answer")
    }

    /// Sends changes as they are.
    pub fn send(&self, account: &str, changes: &Value) -> Response {
        let request = self.request(account, "POST", "changes/").body("application/json", changes.to_string());
        request.try_send().expect("an answer")
    }

    /// Sends changes that have to be understood, and returns what became of each, with its rule.
    #[track_caller]
    pub fn sent(&self, account: &str, server: &str, changes: &[Value]) -> Vec<String> {
        let answer = self.send(account, &json!({"server": server, "changes": changes}));
        assert_eq!(answer.status, 200, "{answer}");
        became(&answer)
    }

    /// Adds objects as TAXII does.
    #[track_caller]
    pub fn post(&self, objects: &[Value]) {
        let request = self.request("own", "POST", "objects/").json(&json!({"objects": objects}));
        let status = request.try_send().expect("an answer").json();
        assert_eq!(status["success_count"], objects.len(), "{status}");
    }

    #[track_caller]
    pub fn delete(&self, id: &str, query: &str) {
        let request = self.request("own", "DELETE", &format!("objects/{id}/{query}"));
        let answer = request.try_send().expect("an answer");
        assert_eq!(answer.status, 200, "{answer}");
    }

    /// Every version that it has, as texts in order.
    pub fn everything(&self) -> Vec<String> {
        everything(|below| self.get("own", below))
    }
}

/// Every version that a collection has, as texts in order; `get` asks for what is below it.
pub fn everything(get: impl Fn(&str) -> Response) -> Vec<String> {
    let mut all = Vec::new();
    let mut next = String::new();
    loop {
        let page = get(&format!("objects/?match[version]=all{next}")).expect(200).json();
        all.extend(page["objects"].as_array().into_iter().flatten().map(Value::to_string));
        match page["next"].as_str() {
            Some(cursor) if page["more"] == true => next = format!("&next={cursor}"),
            _ => break,
        }
    }
    all.sort();
    all
}

/// What became of each change, with the rule if it was refused.
pub fn became(answer: &Response) -> Vec<String> {
    let told = answer.json();
    let word = |one: &Value| match one["rule"].as_str() {
        Some(rule) => format!("{} {rule}", one["outcome"].as_str().unwrap_or_default()),
        None => one["outcome"].as_str().unwrap_or_default().to_owned(),
    };
    told.as_array().into_iter().flatten().map(word).collect()
}

/// An object that has come this way.
pub fn came(object: &Value, path: &[&str]) -> Value {
    json!({"object": object, "origin": path[0], "hops": path.len(), "path": path})
}

/// The word that a version, or all of them, is gone.
pub fn gone(id: &str, version: Option<&str>, path: &[&str]) -> Value {
    let mut word = json!({"deleted": id, "origin": path[0], "hops": path.len(), "path": path});
    if let Some(version) = version {
        word["version"] = version.into();
    }
    word
}
