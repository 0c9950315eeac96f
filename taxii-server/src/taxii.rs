use std::sync::Arc;

use actix_web::guard::fn_guard;
use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use async_trait::async_trait;

use crate::access::{Access, Grants};
use crate::audit::Journal;
use crate::auth::{Authenticator, Caller, Credentials, Origin};
use crate::http;
use crate::service::{Result, Service, Settings};
use crate::store::Store;

/// A TAXII 2.1 server to mount in an actix-web application. Cheap to clone.
///
/// ```
/// use std::sync::Arc;
///
/// use actix_web::{App, web};
/// use taxii_server::Taxii;
/// use taxii_server::auth::AccountAuthenticator;
/// use taxii_server::store::MemoryStore;
///
/// # #[actix_web::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = Arc::new(MemoryStore::new());
/// let taxii = Taxii::builder(store.clone())
///     .authenticator(AccountAuthenticator::new(store)?)
///     .title("Sharing group")
///     .prefix("/intel")
///     .build()
///     .await?;
/// let app = App::new().configure(|cfg| taxii.configure(cfg)).route("/health", web::get().to(|| async { "fine" }));
/// # let _ = app;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Taxii {
    service: Arc<Service>,
}

/// Puts a [`Taxii`] together.
///
/// What is not said has a default that is safe: nobody can log in without an authenticator, and
/// only what a collection opens to everybody can be read.
pub struct TaxiiBuilder {
    store: Arc<dyn Store>,
    authenticator: Arc<dyn Authenticator>,
    access: Arc<dyn Access>,
    settings: Settings,
    journal: Option<Journal>,
}

impl Taxii {
    /// Starts with a store.
    pub fn builder<S: Store>(store: Arc<S>) -> TaxiiBuilder {
        Self::over(store)
    }

    /// Starts with a store of whichever kind the program has chosen.
    #[must_use]
    pub fn over(store: Arc<dyn Store>) -> TaxiiBuilder {
        TaxiiBuilder {
            store,
            authenticator: Arc::new(Nobody),
            access: Arc::new(Grants),
            settings: Settings::default(),
            journal: None,
        }
    }

    /// Adds the server's endpoints to an application. What the application registers itself keeps
    /// working: the server answers only for its prefix or, without one, for `/taxii2/` and its API roots.
    pub fn configure(&self, config: &mut ServiceConfig) {
        let (owner, server) = (self.clone(), self.clone());
        let prefix = self.service.settings().prefix.clone();
        let owns =
            fn_guard(move |context| http::owns(context.head().uri.path(), &prefix, &owner.service.last_directory()));
        let serve = move |request: HttpRequest, payload: Payload| {
            let server = server.clone();
            async move { server.serve(request, payload).await }
        };
        // A scope without a path matches by the guard alone, without a regular expression.
        config.service(web::scope("").guard(owns).default_service(web::to(serve)));
    }

    #[cfg(feature = "manage")]
    pub(crate) fn service(&self) -> &Arc<Service> {
        &self.service
    }

    /// Tells when a caller has written something: for what waits for it in the same process.
    #[must_use]
    pub fn written(&self) -> crate::service::Written {
        self.service.written().clone()
    }

    /// Appends to the log what has been gathered and not been appended yet: before the program ends. Without a journal, there is nothing
    /// to do.
    ///
    /// # Errors
    /// The log cannot be appended to; what has been gathered waits.
    pub async fn flush(&self) -> crate::store::Result<()> {
        match self.service.journal() {
            Some(journal) => journal.flush().await,
            None => Ok(()),
        }
    }

    /// Answers any request, one for a path that is not the server's with a TAXII error: for
    /// an application's default service.
    pub async fn serve(&self, request: HttpRequest, payload: Payload) -> HttpResponse {
        http::serve(&self.service, &request, payload).await
    }
}

impl TaxiiBuilder {
    /// Who can log in; nobody unless told otherwise.
    #[must_use]
    pub fn authenticator(self, authenticator: impl Authenticator) -> Self {
        Self { authenticator: Arc::new(authenticator), ..self }
    }

    /// What callers may do; [`Grants`] unless told otherwise.
    #[must_use]
    pub fn access(self, access: impl Access) -> Self {
        Self { access: Arc::new(access), ..self }
    }

    /// Records who does and receives what; nothing is unless told so. See [`crate::audit`].
    #[must_use]
    pub fn audit(self, journal: Journal) -> Self {
        Self { journal: Some(journal), ..self }
    }

    /// The title of the discovery resource.
    #[must_use]
    pub fn title(mut self, title: &str) -> Self {
        title.clone_into(&mut self.settings.title);
        self
    }

    /// The path in front of everything, such as `/intel`; none unless told otherwise.
    #[must_use]
    pub fn prefix(mut self, prefix: &str) -> Self {
        self.settings.prefix = match prefix.trim_matches('/') {
            "" => String::new(),
            path => format!("/{path}"),
        };
        self
    }

    /// The origin under which clients reach the server: `https://taxii.example`. Without it, discovery
    /// gives paths, which some products cannot follow.
    #[must_use]
    pub fn public_url(mut self, url: &str) -> Self {
        self.settings.public_url = Some(url.trim_end_matches('/').to_owned());
        self
    }

    /// Everything at once that an operator decides; the prefix and URL as [`TaxiiBuilder::prefix`] and
    /// [`TaxiiBuilder::public_url`] would write them.
    #[must_use]
    pub fn settings(self, settings: Settings) -> Self {
        let (prefix, url) = (settings.prefix.clone(), settings.public_url.clone());
        let with_prefix = Self { settings, ..self }.prefix(&prefix);
        match url {
            Some(url) => with_prefix.public_url(&url),
            None => with_prefix,
        }
    }

    /// Puts the server together.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn build(self) -> Result<Taxii> {
        let service = Service::new(self.store, self.authenticator, self.access, self.settings).await?;
        let service = match self.journal.map(Arc::new) {
            None => service,
            Some(journal) => {
                journal.start();
                service.recorded_by(journal)
            }
        };
        Ok(Taxii { service: Arc::new(service) })
    }
}

/// Knows nobody.
struct Nobody;

#[async_trait]
impl Authenticator for Nobody {
    async fn authenticate(&self, _: &Credentials, _: Origin) -> crate::store::Result<Option<Arc<Caller>>> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::StatusCode;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};
    use actix_web::{App, HttpResponse};

    use super::*;
    use crate::store::{Admin, ApiRoot, Collection, MemoryStore};

    async fn taxii(settings: Settings) -> Taxii {
        let store = Arc::new(MemoryStore::new());
        for name in ["api1", "api2"] {
            store.add_root(&ApiRoot { default: name == "api1", ..ApiRoot::new(name, name).unwrap() }).await.unwrap();
            let open = Collection { anonymous_read: true, ..Collection::new(name, Some("open"), "Open").unwrap() };
            store.add_collection(&open).await.unwrap();
        }
        Taxii::builder(store).settings(settings).build().await.unwrap()
    }

    /// Several servers in one application, each under its own prefix; the application's own routes, registered
    /// before or after, and its own default go on working.
    #[actix_web::test]
    async fn lives_beside_the_host_and_beside_itself() {
        let prefixed = taxii(Settings { prefix: "/intel".to_owned(), ..Settings::default() }).await;
        let plain = taxii(Settings::default()).await;
        let own = |text: &'static str| web::get().to(move || async move { text });
        let app = App::new()
            .route("/before", own("before"))
            .configure(|config| prefixed.configure(config))
            .configure(|config| plain.configure(config))
            .route("/after", own("after"))
            .default_service(web::to(|| async { HttpResponse::NotFound().body("the host's own") }));
        let app = init_service(app).await;
        for (path, status, says) in [
            ("/before", 200, "before"),
            ("/after", 200, "after"),
            ("/elsewhere/", 404, "the host's own"),
            ("/api1/", 200, "\"title\":\"api1\""),
            ("/taxii2/", 401, "Unauthorized"),
            ("/intel/taxii2/", 401, "Unauthorized"),
            ("/intel/api2/collections/open/objects/", 200, "{}"),
            ("/intel/elsewhere/", 401, "Unauthorized"),
        ] {
            let response = call_service(&app, TestRequest::get().uri(path).to_request()).await;
            assert_eq!(response.status(), StatusCode::from_u16(status).unwrap(), "{path}");
            let body = read_body(response).await;
            assert!(std::str::from_utf8(&body).unwrap().contains(says), "{path}: {body:?}");
        }
    }

    /// AMB-27, AMB-37, TX-DSC-03: absolute roots when the server knows its name, paths when not; the default is
    /// one of them, letter by letter. Never from the request.
    #[actix_web::test]
    async fn discovery_gives_absolute_roots_when_it_can() {
        for (public_url, prefix, root) in [
            (None, "", "/api1/"),
            (None, "intel/", "/intel/api1/"),
            (Some("https://taxii.example/"), "/intel", "https://taxii.example/intel/api1/"),
        ] {
            let public_url = public_url.map(str::to_owned);
            let settings =
                Settings { public_url, prefix: prefix.to_owned(), anonymous_discovery: true, ..Settings::default() };
            let server = taxii(settings).await;
            let app = init_service(App::new().configure(|config| server.configure(config))).await;
            let path = format!("/{}/taxii2/", prefix.trim_matches('/')).replace("//", "/");
            let request = TestRequest::get().uri(&path).insert_header(("host", "evil.example"));
            let body = read_body(call_service(&app, request.to_request()).await).await;
            let discovery: taxii_model::Discovery = serde_json::from_slice(&body).unwrap();
            assert_eq!(discovery.default.as_deref(), Some(root));
            assert_eq!(discovery.api_roots.first().map(String::as_str), Some(root));
        }
    }
}
