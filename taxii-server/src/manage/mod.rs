//! Managing a server over HTTP: what the commands of the program do, by the same changes and under the same log.
//!
//! [`Management`] is an actix scope of its own, for a listener of its own that only administrators reach. Everything lies under
//! `/v1/` and is JSON; what goes wrong is told as problem details (RFC 9457). Who is calling is found out by the [`Taxii`] that it
//! belongs to; whoever is no administrator learns nothing, not even which paths there are.
//!
//! What there is stands in one table, of which the routing and the OpenAPI document (`GET /v1/openapi.json`, [`openapi()`]) are made.
//!
//! ```
//! use std::sync::Arc;
//!
//! use actix_web::App;
//! use taxii_server::Taxii;
//! use taxii_server::auth::AccountAuthenticator;
//! use taxii_server::manage::Management;
//! use taxii_server::store::MemoryStore;
//!
//! # #[actix_web::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = Arc::new(MemoryStore::new());
//! let authenticator = AccountAuthenticator::new(store.clone())?;
//! let taxii = Taxii::builder(store.clone()).authenticator(authenticator).build().await?;
//! let management = Management::new(&taxii, store);
//! let app = App::new().configure(|cfg| management.configure(cfg));
//! # let _ = app;
//! # Ok(())
//! # }
//! ```

mod body;
mod call;
mod check;
mod lines;
mod openapi;
mod page;
mod problem;
mod resource;
mod route;
mod schema;
mod serve;
mod tag;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use crate::Taxii;
use crate::audit::{Chain, Log};
use crate::service::Service;
use crate::sharing::Context;
use crate::store::Store;

pub use crate::store::Managed;
pub use openapi::openapi;
pub use route::{Operation, operations};

/// The management API, to mount in an actix-web application. Cheap to clone.
#[derive(Clone)]
pub struct Management {
    within: Arc<Within>,
}

/// What lasts longer than a request.
#[derive(Clone)]
struct Within {
    service: Arc<Service>,
    store: Arc<dyn Managed>,
    chain: Chain,
    patience: Option<Duration>,
    sharing: Context,
}

impl Management {
    /// Manages this server, whose store has to be the same. Who is calling, from where, and how often somebody may be wrong about it, is
    /// decided as for TAXII.
    pub fn new<S: Managed>(taxii: &Taxii, store: Arc<S>) -> Self {
        Self::over(taxii, store)
    }

    /// Manages a server with a store of whichever kind the program has chosen.
    #[must_use]
    pub fn over(taxii: &Taxii, store: Arc<dyn Managed>) -> Self {
        let service = Arc::clone(taxii.service());
        let sharing = Context::new(Arc::clone(&store) as Arc<dyn Store>);
        let sharing = match service.journal() {
            Some(_) => sharing.log(Arc::clone(&store) as Arc<dyn Log>),
            None => sharing,
        };
        Self { within: Arc::new(Within { service, store, chain: Chain::plain(), patience: None, sharing }) }
    }

    /// How the log is verified; without a key unless told otherwise.
    #[must_use]
    pub fn chain(self, chain: Chain) -> Self {
        Self { within: Arc::new(Within { chain, ..Within::clone(&self.within) }) }
    }

    /// After how long a silence somebody who polls is stalled; three times as long as usual unless told otherwise.
    #[must_use]
    pub fn patience(self, patience: Option<Duration>) -> Self {
        Self { within: Arc::new(Within { patience, ..Within::clone(&self.within) }) }
    }

    /// Who runs the server, and where it is recorded what is decided about sharing. Unless told otherwise nobody has said who, so that no
    /// agreement can be kept, and it is recorded where the server records.
    #[must_use]
    pub fn sharing(self, sharing: Context) -> Self {
        Self { within: Arc::new(Within { sharing, ..Within::clone(&self.within) }) }
    }

    /// Adds everything under `/v1/` to an application.
    pub fn configure(&self, config: &mut ServiceConfig) {
        let management = self.clone();
        let serve = move |request: HttpRequest, payload: Payload| {
            let management = management.clone();
            async move { management.serve(request, payload).await }
        };
        config.service(web::scope("/v1").default_service(web::to(serve)));
    }

    /// Answers any request, one for a path that there is not with a problem: for an application's default service.
    pub async fn serve(&self, request: HttpRequest, payload: Payload) -> HttpResponse {
        serve::serve(&self.within, &request, payload).await
    }
}
