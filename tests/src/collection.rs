//! A collection as a test uses it: put objects in, read pages out, walk to the end.

use serde_json::Value;

use crate::answers::{FIRST, LAST};
use crate::http::{Request, Response};
use crate::objects::{envelope, version_of};
use crate::site::Site;

/// A collection of the site, addressed by its id.
#[derive(Clone)]
pub struct Collection<'s> {
    pub site: &'s Site,
    pub root: String,
    pub id: String,
    pub alias: String,
}

impl<'s> Collection<'s> {
    pub(crate) fn new(site: &'s Site, root: &str, id: &str, alias: &str) -> Self {
        Self { site, root: root.to_owned(), id: id.to_owned(), alias: alias.to_owned() }
    }

    pub fn path(&self) -> String {
        format!("/{}/collections/{}/", self.root, self.id)
    }

    pub fn objects(&self) -> String {
        format!("{}objects/", self.path())
    }

    pub fn manifest(&self) -> String {
        format!("{}manifest/", self.path())
    }

    pub fn object(&self, id: &str) -> String {
        format!("{}{id}/", self.objects())
    }

    pub fn versions(&self, id: &str) -> String {
        format!("{}versions/", self.object(id))
    }

    /// A GET of something below the collection, such as `objects/?limit=1`.
    pub fn get(&self, below: &str) -> Request {
        self.site.get(&format!("{}{below}", self.path()))
    }

    /// A POST of these objects.
    pub fn post(&self, objects: &[Value]) -> Request {
        self.site.request("POST", &self.objects()).json(&envelope(objects))
    }

    pub fn delete(&self, object: &str) -> Request {
        self.site.request("DELETE", &self.object(object))
    }

    /// Adds the objects, all of which have to be taken, and returns the status.
    #[track_caller]
    pub fn add(&self, objects: &[Value]) -> Value {
        let status = self.post(objects).send().expect(202).json();
        assert_eq!(status["status"], "complete", "{status}");
        assert_eq!(status["success_count"], objects.len(), "{status}");
        status
    }

    /// Adds the objects one after the other, each in a request of its own.
    #[track_caller]
    pub fn add_each(&self, objects: &[Value]) {
        for object in objects {
            self.add(std::slice::from_ref(object));
        }
    }

    /// A page below the collection.
    #[track_caller]
    pub fn page(&self, below: &str) -> Page {
        Page::of(&self.get(below).send().expect(200))
    }

    /// The ids a query for objects gives, in order.
    #[track_caller]
    pub fn ids(&self, query: &str) -> Vec<String> {
        self.keys(&format!("objects/?{query}")).into_iter().map(|(id, _)| id).collect()
    }

    /// What a page lists, as (id, version) in order.
    #[track_caller]
    pub fn keys(&self, below: &str) -> Vec<(String, String)> {
        self.page(below).keys()
    }

    /// Everything the collection holds, as the manifest lists it.
    #[track_caller]
    pub fn records(&self) -> Vec<Value> {
        let query = "manifest/?match[version]=all&match[spec_version]=2.0,2.1";
        self.walk(query, By::Next).into_iter().flat_map(|page| page.entries).collect()
    }

    /// Follows the pages to the end.
    #[track_caller]
    pub fn walk(&self, below: &str, by: By) -> Vec<Page> {
        let mut pages = vec![self.page(below)];
        while let Some(page) = pages.last().filter(|page| page.more) {
            assert!(pages.len() < 1000, "{below}: a walk without end");
            pages.push(self.page(&following(below, page, by)));
        }
        pages
    }

    /// What a walk lists, as (id, version) in order.
    #[track_caller]
    pub fn walk_keys(&self, below: &str, by: By) -> Vec<(String, String)> {
        self.walk(below, by).iter().flat_map(Page::keys).collect()
    }
}

/// The request for the page after that one, with the same filters.
pub fn following(below: &str, page: &Page, by: By) -> String {
    let (path, query) = below.split_once('?').unwrap_or((below, ""));
    let mut parameters: Vec<&str> = query.split('&').filter(|part| !part.is_empty()).collect();
    let position = match by {
        By::Next => {
            parameters.retain(|parameter| !parameter.starts_with("next="));
            format!("next={}", encoded(page.next.as_deref().expect("AMB-16: next")))
        }
        By::Date => {
            parameters.retain(|parameter| !parameter.starts_with("added_after="));
            format!("added_after={}", page.last.as_deref().expect("TX-HDR-04: the last date"))
        }
    };
    parameters.push(&position);
    format!("{path}?{}", parameters.join("&"))
}

/// How a client finds the next page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// By the token of the page before (TX-PAG-02).
    Next,
    /// By the date of the last entry of the page before (TX-PAG-03).
    Date,
}

/// A page of objects, manifest records or versions.
#[derive(Clone, Debug)]
pub struct Page {
    pub entries: Vec<Value>,
    pub more: bool,
    pub next: Option<String>,
    pub first: Option<String>,
    pub last: Option<String>,
}

impl Page {
    pub fn of(response: &Response) -> Self {
        let body = response.json();
        let list = body.get("objects").or_else(|| body.get("versions"));
        Self {
            entries: list.and_then(Value::as_array).cloned().unwrap_or_default(),
            more: body.get("more") == Some(&Value::Bool(true)),
            next: body.get("next").and_then(Value::as_str).map(str::to_owned),
            first: response.header(FIRST).map(str::to_owned),
            last: response.header(LAST).map(str::to_owned),
        }
    }

    pub fn keys(&self) -> Vec<(String, String)> {
        self.entries.iter().map(key).collect()
    }
}

/// (id, version) of an object or a manifest record; the versions endpoint has no id.
pub fn key(entry: &Value) -> (String, String) {
    match entry {
        Value::String(version) => (String::new(), version.clone()),
        _ => {
            let version = match entry.get("version") {
                Some(Value::String(version)) if entry.get("date_added").is_some() => version,
                _ => version_of(entry),
            };
            (entry["id"].as_str().expect("entries have an id").to_owned(), version.to_owned())
        }
    }
}

/// Keys as borrowed pairs, to compare with.
pub fn expected(objects: &[Value]) -> Vec<(String, String)> {
    objects.iter().map(key).collect()
}

/// Percent-encodes everything but what is surely safe in a query value.
pub fn encoded(value: &str) -> String {
    value
        .bytes()
        .map(|byte| match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
