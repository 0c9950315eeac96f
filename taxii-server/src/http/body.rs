use std::io::{self, Write};
use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::web::Payload;
use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use futures_util::StreamExt;
use tokio::time::timeout;

use crate::service::{ErrorKind, Result, ServiceError};

/// What is taken of a body.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// So many octets, as they come and after decompression.
    pub(super) octets: u64,
    /// A sender may pause this long, and has this much time more than the slowest rate gives.
    pub(super) patience: Duration,
    /// So many octets in a second at least; 0 for any.
    pub(super) rate: u64,
}

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Plain,
    Gzip,
}

/// Reads a body within these limits (AMB-28).
pub(super) async fn read(
    request: &HttpRequest,
    mut payload: Payload,
    encoding: Encoding,
    limits: Limits,
) -> Result<Bytes> {
    let Limits { octets: limit, patience, rate } = limits;
    let begun = Instant::now();
    let declared = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    let expected = usize::try_from(declared.unwrap_or_default().min(1 << 20)).unwrap_or_default();
    let mut sink = Sink::new(encoding, limit, expected);
    let mut received = 0;
    while let Some(chunk) =
        timeout(left(begun, received, patience, rate), payload.next()).await.map_err(|_| too_slow())?
    {
        let chunk =
            chunk.map_err(|error| ServiceError::new(ErrorKind::BadRequest, format!("the body broke off: {error}")))?;
        received += chunk.len() as u64;
        if received > limit {
            return Err(too_large(limit));
        }
        sink.write(&chunk).map_err(|error| refused(&error, limit))?;
    }
    sink.finish().map_err(|error| refused(&error, limit))
}

/// For how long to wait for more: a pause, but no longer than until the body has become too slow as a whole.
fn left(begun: Instant, received: u64, patience: Duration, rate: u64) -> Duration {
    if rate == 0 {
        return patience;
    }
    let fair = patience.saturating_add(Duration::from_secs(received / rate));
    patience.min(fair.saturating_sub(begun.elapsed()))
}

fn too_large(limit: u64) -> ServiceError {
    let text = format!(
        "the body is larger than the max_content_length of {limit} octets that the API root states; send it in several requests"
    );
    ServiceError::new(ErrorKind::TooLarge, text)
}

fn too_slow() -> ServiceError {
    ServiceError::new(ErrorKind::Timeout, "the body did not come in time")
}

fn refused(error: &io::Error, limit: u64) -> ServiceError {
    match error.kind() {
        io::ErrorKind::FileTooLarge => too_large(limit),
        _ => ServiceError::new(
            ErrorKind::Unprocessable,
            "the body is not what its Content-Encoding says; nothing was added",
        ),
    }
}

/// Takes a body piece by piece.
enum Sink {
    Plain(Bounded),
    Gzip(Box<MultiGzDecoder<Bounded>>),
}

impl Sink {
    fn new(encoding: Encoding, limit: u64, expected: usize) -> Self {
        let bounded = Bounded { bytes: Vec::with_capacity(expected), limit };
        match encoding {
            Encoding::Plain => Self::Plain(bounded),
            Encoding::Gzip => Self::Gzip(Box::new(MultiGzDecoder::new(bounded))),
        }
    }

    fn write(&mut self, chunk: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(sink) => sink.write_all(chunk),
            Self::Gzip(sink) => sink.write_all(chunk),
        }
    }

    fn finish(self) -> io::Result<Bytes> {
        match self {
            Self::Plain(sink) => Ok(sink.bytes.into()),
            Self::Gzip(sink) => sink.finish().map(|sink| sink.bytes.into()),
        }
    }
}

/// Refuses to grow beyond a limit: a small body may decompress to a very large one.
struct Bounded {
    bytes: Vec<u8>,
    limit: u64,
}

impl Write for Bounded {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if (self.bytes.len() + piece.len()) as u64 > self.limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
