//! The management API as it is called.

mod documented;
mod hostile;
mod model;
mod resources;
mod shared;
mod whole;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use actix_web::App;
use actix_web::http::{Method, header};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use serde_json::{Value, json};

use super::{Management, openapi};
use crate::auth::{AccountAuthenticator, hash_password};
use crate::store::{Account, Admin, Credential, CredentialKind, MemoryStore, Rights, Scope};
use crate::{Taxii, TaxiiBuilder};

/// A server with the administrator `root` and somebody else, whose keys are `KEY` and `OTHER`.
pub(super) struct Desk {
    pub(super) store: Arc<MemoryStore>,
    pub(super) management: Management,
}

pub(super) const KEY: &str = "taxii_key-of-the-administrator";
pub(super) const OTHER: &str = "taxii_key-of-somebody-else";

pub(super) fn key(account: &str, secret: &str) -> Credential {
    Credential::new(
        account,
        CredentialKind::Key,
        crate::auth::hex(ring::digest::digest(&ring::digest::SHA256, secret.as_bytes()).as_ref()),
    )
}

/// What was answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) text: String,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    #[track_caller]
    pub(super) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    pub(super) fn tag(&self) -> &str {
        &self.headers["etag"]
    }
}

impl Desk {
    pub(super) async fn new() -> Self {
        Self::with(|taxii, _| taxii).await
    }

    /// With something more about the server.
    pub(super) async fn with(more: impl FnOnce(TaxiiBuilder, &Arc<MemoryStore>) -> TaxiiBuilder) -> Self {
        let store = Arc::new(MemoryStore::new().chain(crate::audit::Chain::plain()));
        store.add_account(&Account { admin: true, ..Account::new("root") }).await.unwrap();
        store.add_account(&Account::new("other")).await.unwrap();
        store.add_credential(&key("root", KEY)).await.unwrap();
        store.add_credential(&key("other", OTHER)).await.unwrap();
        let authenticator = AccountAuthenticator::new(Arc::clone(&store)).unwrap();
        let taxii = more(Taxii::builder(Arc::clone(&store)).authenticator(authenticator), &store);
        let taxii = taxii.build().await.unwrap();
        Self { management: Management::new(&taxii, Arc::clone(&store)), store }
    }

    /// Sends a request and holds its answer against the document.
    pub(super) async fn send(&self, request: TestRequest, method: &str, path: &str) -> Answer {
        let app = init_service(App::new().configure(|cfg| self.management.configure(cfg))).await;
        let response = call_service(&app, request.to_request()).await;
        let status = response.status().as_u16();
        let text = |value: &header::HeaderValue| value.to_str().unwrap().to_owned();
        let headers = response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        let text = String::from_utf8(read_body(response).await.to_vec()).unwrap();
        let answer = Answer { status, headers, text };
        documented::check(method, path, &answer);
        answer
    }

    pub(super) async fn call(&self, method: &str, path: &str, body: Value) -> Answer {
        self.call_as(KEY, method, path, body, None).await
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, Value::Null).await
    }

    pub(super) async fn call_as(
        &self,
        key: &str,
        method: &str,
        path: &str,
        body: Value,
        if_match: Option<&str>,
    ) -> Answer {
        let mut request = asking(method, path).insert_header(("authorization", format!("Bearer {key}")));
        if !body.is_null() {
            request = request.insert_header(("content-type", "application/json")).set_payload(body.to_string());
        }
        if let Some(tag) = if_match {
            request = request.insert_header(("if-match", tag));
        }
        self.send(request, method, path).await
    }
}

pub(super) fn asking(method: &str, path: &str) -> TestRequest {
    TestRequest::default().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(path)
}
