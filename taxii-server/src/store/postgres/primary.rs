use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use diesel::dsl::sql;
use diesel::sql_types::Text;
use diesel_async::AsyncPgConnection;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_postgres::Config;

use super::address::named;
use crate::store::{Result, StoreError};

/// Which of several hosts is the database.
///
/// All of them but one are standbys, which cannot be written to. When a standby is promoted, it begins a new
/// timeline. A former primary that comes back before somebody has made a standby of it can be written to as well, but is known
/// by its older timeline. So all hosts are asked each time, and who has seen the new timeline never goes back.
#[derive(Default)]
pub(super) struct Primary {
    /// The newest timeline seen so far; 0 if none.
    timeline: AtomicU32,
}

/// For how long the others may still answer once one has that can be written to. Who has seen no timeline yet cannot know a former
/// primary by its own, and waits for every host.
const GRACE: Duration = Duration::from_secs(1);

impl Primary {
    /// Connects to the one of the hosts that can be written to. `connect` tells its timeline, too.
    pub(super) async fn connect<'h, T, C: Future<Output = Result<(u32, T)>>>(
        &self,
        hosts: &'h [Config],
        connect: impl Fn(&'h Config) -> C,
    ) -> Result<T> {
        let asked = hosts.iter().map(|host| {
            let answer = bounded(host, connect(host));
            async move { (host, answer.await) }
        });
        let mut asked: FuturesUnordered<_> = asked.collect();
        let mut best: Option<(u32, &Config, T)> = None;
        let mut failure = StoreError::Unavailable("the URL of the database names no host".to_owned());
        let mut ends: Option<Instant> = None;
        loop {
            let next = match ends {
                None => asked.next().await,
                Some(ends) => timeout_at(ends, asked.next()).await.unwrap_or_default(),
            };
            let Some((host, answer)) = next else { break };
            match answer {
                Ok((timeline, connection)) => {
                    if timeline == 0 || self.timeline.load(Ordering::Relaxed) > 0 {
                        ends = ends.or_else(|| Some(Instant::now() + GRACE));
                    }
                    if best.as_ref().is_none_or(|(known, ..)| timeline > *known) {
                        best = Some((timeline, host, connection));
                    }
                }
                Err(error) => failure = error,
            }
        }
        let Some((timeline, host, connection)) = best else { return Err(failure) };
        if timeline < self.timeline.fetch_max(timeline, Ordering::Relaxed) {
            return Err(outdated(host));
        }
        Ok(connection)
    }
}

/// A host that takes the connection and then says nothing is not waited for either.
async fn bounded<T>(host: &Config, answer: impl Future<Output = Result<T>>) -> Result<T> {
    let longest = host.get_connect_timeout().copied().unwrap_or(Duration::from_secs(3));
    let silent = || StoreError::Unavailable(format!("the database at {} does not answer", named(host).join(", ")));
    timeout(longest, answer).await.unwrap_or_else(|_| Err(silent()))
}

/// How often a standby has been promoted on the way to this primary; 0 if it does not say.
pub(super) async fn timeline(connection: &mut AsyncPgConnection) -> u32 {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What a host does: nothing is written to a standby, so it does not count.
    #[derive(Clone, Copy)]
    enum Is {
        Primary(u32),
        Standby,
        Silent,
        /// It answers after that many seconds.
        Slow(u32, u64),
    }
    use Is::{Primary as Writable, Silent, Slow, Standby};

    /// Connects, and tells to which host.
    async fn connect(primary: &Primary, are: [Is; 2]) -> Result<usize> {
        let hosts: Vec<Config> = ["one", "two"].map(|name| format!("host={name}").parse().unwrap()).into();
        let answer = |host: &Config| {
            let n = usize::from(named(host) != ["one:5432"]);
            async move {
                match are[n] {
                    Writable(timeline) => Ok((timeline, n)),
                    Standby => Err(StoreError::Unavailable("read-only".to_owned())),
                    Silent => std::future::pending().await,
                    Slow(timeline, seconds) => {
                        tokio::time::sleep(Duration::from_secs(seconds)).await;
                        Ok((timeline, n))
                    }
                }
            }
        };
        primary.connect(&hosts, answer).await
    }

    /// Of several that can be written to, the newest is used, whatever was used before and whichever comes first; who has seen
    /// the newest waits for it rather than go back; and hosts that say nothing keep nobody for long.
    #[tokio::test(start_paused = true)]
    async fn the_former_primary_is_left_alone() {
        for first in [[Writable(1), Standby], [Standby, Writable(1)], [Writable(1), Silent]] {
            let primary = Primary::default();
            connect(&primary, first).await.unwrap();
            assert_eq!(connect(&primary, [Writable(1), Writable(2)]).await.unwrap(), 1);
            assert_eq!(connect(&primary, [Writable(2), Writable(1)]).await.unwrap(), 0);
            for away in [Standby, Silent] {
                let error = connect(&primary, [Writable(1), away]).await.unwrap_err();
                assert!(error.to_string().contains("former primary"), "{error}");
            }
        }
        assert_eq!(connect(&Primary::default(), [Writable(1), Slow(2, 2)]).await.unwrap(), 1, "the first time");
        let primary = Primary::default();
        for expected in [Duration::from_secs(3), GRACE] {
            let begun = Instant::now();
            assert_eq!(connect(&primary, [Silent, Writable(1)]).await.unwrap(), 1);
            assert_eq!(begun.elapsed().as_secs(), expected.as_secs());
        }
    }
}
