//! Health checks, for load balancers and supervisors: `/health/live` and `/health/ready`. Anybody may ask, and learns nothing but
//! yes or no.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, guard};
use tokio::sync::Mutex;

use crate::Outcome;
use crate::database::Opened;
use crate::stop::Draining;

/// Does the process answer at all? If not, it is to be started anew.
const LIVE: &str = "/health/live";
/// Is it worth sending requests to? Not while it stops, and not while the database does not answer.
pub(crate) const READY: &str = "/health/ready";

/// How long the database may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long its answer counts: however many ask, the database is asked once in this time.
const FRESH: Duration = Duration::from_secs(1);

/// Whether requests should come here.
pub(crate) struct Health {
    database: Opened,
    draining: Draining,
    /// Held while the database is asked, so that it is asked by one at a time.
    last: Mutex<Option<(Instant, bool)>>,
}

impl Health {
    pub(crate) fn new(database: Opened, draining: Draining) -> Arc<Self> {
        Arc::new(Self { database, draining, last: Mutex::new(None) })
    }

    /// Adds the two paths to an application; other methods than GET and HEAD go where everything else goes.
    pub(crate) fn configure(self: &Arc<Self>, config: &mut ServiceConfig) {
        let looks = || guard::Any(guard::Get()).or(guard::Head());
        config.service(web::resource(LIVE).guard(looks()).to(async || answer(true)));
        let health = Arc::clone(self);
        let ready = move || {
            let health = Arc::clone(&health);
            async move { answer(health.is_ready().await) }
        };
        config.service(web::resource(READY).guard(looks()).to(ready));
    }

    async fn is_ready(&self) -> bool {
        !self.draining.is_on() && self.has_database().await && !self.draining.is_on()
    }

    async fn has_database(&self) -> bool {
        let mut last = self.last.lock().await;
        if let Some((when, answers)) = *last
            && when.elapsed() < FRESH
        {
            return answers;
        }
        let answers = match tokio::time::timeout(PATIENCE, self.database.revision()).await {
            Ok(Ok(_)) => true,
            Ok(Err(error)) => {
                tracing::warn!(error = crate::output::chain(&error), "not ready");
                false
            }
            Err(_) => {
                tracing::warn!("not ready: the database does not answer within {} seconds", PATIENCE.as_secs());
                false
            }
        };
        *last = Some((Instant::now(), answers));
        answers
    }
}

fn answer(yes: bool) -> HttpResponse {
    let mut response = if yes { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    let response = response.insert_header((CACHE_CONTROL, "no-store")).insert_header((CONTENT_TYPE, "text/plain"));
    response.body(if yes { "yes\n" } else { "no\n" })
}

/// Fails if a path that is to be TAXII's would lie where the health checks are.
pub(crate) fn leave_free(what: &str, path: &str) -> Outcome {
    match path.trim_matches('/').split('/').next() {
        Some("health") => {
            Err(format!("{what}: /health/ is where this program answers health checks; take another path").into())
        }
        _ => Ok(()),
    }
}
