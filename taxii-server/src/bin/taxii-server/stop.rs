//! Stopping so that no client notices: first the load balancers are told, then the work is finished, then the process ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::rt::time::sleep;
use futures_util::FutureExt as _;
use futures_util::future::{Either, join_all, select};

use crate::Outcome;
use crate::systemd;

/// How long requests that are being answered may take, once the server stops.
pub(crate) const FINISH: Duration = Duration::from_secs(30);

/// How long those who connected last have for saying what they want, where the socket goes on without this process.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Is the server on its way out?
#[derive(Clone, Default)]
pub(crate) struct Draining(Arc<AtomicBool>);

impl Draining {
    fn begin(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub(crate) fn is_on(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// What a person or a supervisor wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    /// SIGTERM: stop without anybody noticing.
    Drain,
    /// Ctrl-C: finish what is being answered, and stop.
    Stop,
    /// SIGQUIT: stop.
    Quit,
}

/// The signals that the process listens to.
pub(crate) struct Signals {
    #[cfg(unix)]
    streams: [(Wish, actix_web::rt::signal::unix::Signal); 3],
}

impl Signals {
    /// Takes signals over: from now on none ends the process by itself.
    pub(crate) fn listen() -> Outcome<Self> {
        #[cfg(unix)]
        {
            use actix_web::rt::signal::unix::{SignalKind, signal};
            let streams = [
                (Wish::Drain, signal(SignalKind::terminate())?),
                (Wish::Stop, signal(SignalKind::interrupt())?),
                (Wish::Quit, signal(SignalKind::quit())?),
            ];
            Ok(Self { streams })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    async fn next(&mut self) -> Wish {
        #[cfg(unix)]
        {
            let came = self.streams.iter_mut().map(|(wish, signal)| signal.recv().map(|_| *wish).boxed_local());
            futures_util::future::select_all(came).await.0
        }
        #[cfg(not(unix))]
        {
            drop(actix_web::rt::signal::ctrl_c().await);
            Wish::Stop
        }
    }
}

/// Waits for a signal and stops the servers as it says. A second signal ends the time for load balancers; whoever cannot wait for
/// what is being answered either sends one more, and then this returns before the server has stopped.
///
/// A socket that was `inherited` stays open when this process has gone, and keeps those who connect for the next one: so
/// nobody is taken from it any longer before the connections are closed.
pub(crate) async fn on_signal(
    mut signals: Signals,
    servers: Vec<ServerHandle>,
    draining: Draining,
    drain: Duration,
    inherited: bool,
) {
    let mut wish = signals.next().await;
    draining.begin();
    systemd::tell("STOPPING=1");
    if wish == Wish::Drain && !inherited {
        tracing::info!(seconds = drain.as_secs(), "stopping: not ready any longer, and serving until that is known");
        if let Either::Right((second, _)) = select(sleep(drain).boxed_local(), signals.next().boxed_local()).await {
            wish = second;
        }
    }
    if inherited {
        join_all(servers.iter().map(ServerHandle::pause)).await;
        sleep(LAST_WORDS).await;
    }
    tracing::info!("stopping: finishing what is being answered");
    let stopped = join_all(servers.iter().map(|server| server.stop(wish != Wish::Quit))).boxed_local();
    if let Either::Left(_) = select(stopped, signals.next().boxed_local()).await {
        std::future::pending::<()>().await;
    }
}
