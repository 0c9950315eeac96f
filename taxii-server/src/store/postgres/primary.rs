use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use diesel::dsl::sql;
use diesel::sql_types::Text;
use diesel_async::AsyncPgConnection;
use tokio_postgres::Config;

use super::address::named;
use crate::store::{Result, StoreError};

/// Which of several hosts is the database.
///
/// All of them but one are standbys, which cannot be written to. When a standby is promoted, it begins a new
/// timeline. A former primary that comes back before somebody has made a standby of it can be written to as well, but is known
/// by its older timeline: who has seen the new one never goes back.
#[derive(Default)]
pub(super) struct Primary {
    /// The newest timeline seen so far; 0 if none.
    timeline: AtomicU32,
    /// The host that was the one the last time.
    last: AtomicUsize,
}

impl Primary {
    /// Connects to the one of the hosts that can be written to. Whoever knows nothing yet asks all of them.
    pub(super) async fn connect<'h, C: Future<Output = Result<AsyncPgConnection>>>(
        &self,
        hosts: &'h [Config],
        connect: impl Fn(&'h Config) -> C,
    ) -> Result<AsyncPgConnection> {
        let (first, knows) = (self.last.load(Ordering::Relaxed), self.timeline.load(Ordering::Relaxed) > 0);
        let mut best: Option<(u32, usize, AsyncPgConnection)> = None;
        let mut failure = StoreError::Unavailable("the URL of the database names no host".to_owned());
        for (n, host) in hosts.iter().enumerate().cycle().skip(first).take(hosts.len()) {
            match connect(host).await {
                Ok(mut connection) => {
                    let timeline = timeline(&mut connection).await;
                    if timeline < self.timeline.load(Ordering::Relaxed) {
                        failure = outdated(host);
                    } else if best.as_ref().is_none_or(|(known, ..)| timeline > *known) {
                        best = Some((timeline, n, connection));
                    }
                }
                Err(error) => failure = error,
            }
            if best.as_ref().is_some_and(|(timeline, ..)| knows || *timeline == 0) {
                break;
            }
        }
        let Some((timeline, n, connection)) = best else { return Err(failure) };
        self.timeline.fetch_max(timeline, Ordering::Relaxed);
        self.last.store(n, Ordering::Relaxed);
        Ok(connection)
    }
}

/// How often a standby has been promoted on the way to this primary; 0 if it does not say.
async fn timeline(connection: &mut AsyncPgConnection) -> u32 {
    // The name of a log file begins with its timeline.
    let name = sql::<Text>("substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)");
    let name = diesel_async::RunQueryDsl::get_result::<String>(diesel::select(name), connection).await;
    name.ok().and_then(|name| u32::from_str_radix(&name, 16).ok()).unwrap_or_default()
}

fn outdated(host: &Config) -> StoreError {
    let hosts = named(host).join(", ");
    tracing::warn!(hosts, "a former primary is back and can be written to; it is left alone: make a standby of it");
    StoreError::Unavailable(format!("the database at {hosts} is a former primary; its successor does not answer"))
}
