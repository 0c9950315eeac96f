//! Connections on which somebody begins a request and never ends it.
//!
//! actix gives up on the first head of a connection that does not come in time, and on a connection where nothing comes. The
//! head of a later request may take for ever: that is for us to end. HTTP/2 needs none of this: it asks its clients whether they are
//! there.

use std::any::Any;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use actix_web::rt::time::sleep;
use socket2::{SockRef, Socket};

use crate::config::Config;

/// All connections that may have to be ended.
#[derive(Clone)]
pub(crate) struct Connections {
    begun: Instant,
    /// For how long nothing may be asked.
    patience: Duration,
    open: Arc<Mutex<Vec<Weak<Connection>>>>,
}

/// One connection; its data has it for as long as it is open.
pub(crate) struct Connection {
    /// The same socket a second time.
    socket: Socket,
    begun: Instant,
    /// When something was last answered, in milliseconds.
    last: AtomicU64,
    under_way: AtomicU32,
}

/// A request that is being answered.
pub(crate) struct Busy(Watched);

/// What the data of a connection has.
pub(crate) type Watched = Arc<Connection>;

/// A shorter answer is written as soon as it is there.
const SHORT: u64 = 64 << 10;

impl Connections {
    pub(crate) fn new(config: &Config) -> Self {
        let (head, idle) = (config.limits.head_seconds, config.limits.idle_seconds);
        // 0 stands for no limit; a second is for actix to be first.
        let seconds = if head == 0 { u64::MAX } else { head.saturating_add(idle).saturating_add(1) };
        Self { begun: Instant::now(), patience: Duration::from_secs(seconds), open: Arc::default() }
    }

    /// For [`actix_web::HttpServer::on_connect`].
    pub(crate) fn on_connect(&self, io: &dyn Any, data: &mut Extensions) {
        let stream = match (io.downcast_ref::<TcpStream>(), io.downcast_ref::<TlsStream<TcpStream>>()) {
            (Some(plain), _) => plain,
            (_, Some(tls)) if tls.get_ref().1.alpn_protocol() != Some(b"h2") => tls.get_ref().0,
            _ => return,
        };
        let Ok(socket) = SockRef::from(stream).try_clone() else { return };
        let last = AtomicU64::new(millis(self.begun));
        let connection = Arc::new(Connection { socket, begun: self.begun, last, under_way: AtomicU32::new(0) });
        self.open.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&connection));
        data.insert(connection);
    }

    /// Ends connections, for ever.
    pub(crate) async fn watch(self) {
        loop {
            sleep(Duration::from_secs(1)).await;
            let oldest =
                millis(self.begun).saturating_sub(u64::try_from(self.patience.as_millis()).unwrap_or(u64::MAX));
            self.open.lock().unwrap_or_else(PoisonError::into_inner).retain(|connection| {
                let Some(connection) = connection.upgrade() else { return false };
                let idle = connection.under_way.load(Ordering::Relaxed) == 0;
                if idle && connection.last.load(Ordering::Relaxed) < oldest {
                    // It is gone already, or going now.
                    drop(connection.socket.shutdown(std::net::Shutdown::Both));
                    return false;
                }
                true
            });
        }
    }
}

impl Busy {
    /// A request begins on this connection.
    pub(crate) fn on(connection: &Watched) -> Self {
        connection.under_way.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(connection))
    }

    /// Until the answer has gone out.
    pub(crate) fn until_sent(self, body: BoxBody) -> BoxBody {
        match body.size() {
            BodySize::None => body,
            BodySize::Sized(length) if length <= SHORT => body,
            _ => BoxBody::new(Sending { body, _busy: self }),
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.last.store(millis(self.0.begun), Ordering::Relaxed);
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

fn millis(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// A long answer that goes out.
struct Sending {
    body: BoxBody,
    _busy: Busy,
}

impl MessageBody for Sending {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<actix_web::web::Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}
