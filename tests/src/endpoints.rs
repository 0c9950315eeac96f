//! The table of the standard: every endpoint and method it has.

use serde_json::Value;

use crate::collection::Collection;
use crate::http::Request;
use crate::objects::{envelope, id_of, indicator};
use crate::site::Site;

/// One endpoint with one of its methods.
#[derive(Clone, Debug)]
pub struct Endpoint {
    pub name: &'static str,
    pub method: &'static str,
    pub target: String,
    pub body: Option<Value>,
    /// The status of a plain success.
    pub success: u16,
    /// Whether it answers with a page, and so has paging and the date headers.
    pub page: bool,
}

impl Endpoint {
    pub fn request(&self, site: &Site) -> Request {
        let request = site.request(self.method, &self.target);
        match &self.body {
            Some(body) => request.json(body),
            None => request,
        }
    }
}

fn get(name: &'static str, target: String, page: bool) -> Endpoint {
    Endpoint { name, method: "GET", target, body: None, success: 200, page }
}

/// All eleven, over a collection in which an object is put first. The last one deletes that object.
pub fn all(collection: &Collection<'_>) -> Vec<Endpoint> {
    let object = indicator();
    let status = collection.add(std::slice::from_ref(&object));
    let root = &collection.root;
    let status = status["id"].as_str().expect("a status has an id");
    let object = collection.object(id_of(&object));
    vec![
        get("discovery", "/taxii2/".to_owned(), false),
        get("api root", format!("/{root}/"), false),
        get("status", format!("/{root}/status/{status}/"), false),
        get("collections", format!("/{root}/collections/"), false),
        get("collection", collection.path(), false),
        get("manifest", collection.manifest(), true),
        get("objects", collection.objects(), true),
        Endpoint {
            name: "add objects",
            method: "POST",
            target: collection.objects(),
            body: Some(envelope(&[indicator()])),
            success: 202,
            page: false,
        },
        get("object", object.clone(), true),
        get("versions", format!("{object}versions/"), true),
        Endpoint { name: "delete object", method: "DELETE", target: object, body: None, success: 200, page: false },
    ]
}

/// Those below a collection.
pub fn of_collection(collection: &Collection<'_>) -> Vec<Endpoint> {
    let path = collection.path();
    all(collection).into_iter().filter(|endpoint| endpoint.target.starts_with(&path)).collect()
}

/// Those that answer with a page: manifest, objects, object, versions.
pub fn pages(collection: &Collection<'_>) -> Vec<Endpoint> {
    all(collection).into_iter().filter(|endpoint| endpoint.page).collect()
}
