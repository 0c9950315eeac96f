use actix_web::web::Bytes;
use futures_util::Stream;
use futures_util::stream::unfold;
use serde::Serialize;

use super::problem::Problem;
use crate::store::{Result, StoreError};

/// Items, one in a line, read in portions as they are sent.
pub(super) type Lines = std::pin::Pin<Box<dyn Stream<Item = Result<Bytes, Interrupted>>>>;

/// A stream that ends before its end.
#[derive(Debug, thiserror::Error)]
#[error("the store failed while this was sent")]
pub(super) struct Interrupted;

/// Text of several items.
pub(super) fn text<T: Serialize>(items: &[T]) -> Result<Bytes> {
    let mut text = Vec::new();
    for item in items {
        serde_json::to_writer(&mut text, item).map_err(StoreError::failed)?;
        text.push(b'\n');
    }
    Ok(text.into())
}

/// Where a stream stands.
enum Place<S> {
    Read(Bytes, S),
    Rest(S),
    End,
}

/// Sends portion after portion until there is none. The first one is read at once, so that what fails there is told in the proper way.
pub(super) async fn portions<S: 'static, F>(
    state: S,
    next: impl Fn(S) -> F + Clone + 'static,
) -> std::result::Result<Lines, Problem>
where
    F: Future<Output = Result<Option<(Bytes, S)>>> + 'static,
{
    let first = match next(state).await? {
        Some((text, state)) => Place::Read(text, state),
        None => Place::End,
    };
    Ok(Box::pin(unfold(first, move |place| {
        let next = next.clone();
        async move {
            let state = match place {
                Place::Read(text, state) => return Some((Ok(text), Place::Rest(state))),
                Place::Rest(state) => state,
                Place::End => return None,
            };
            match next(state).await {
                Ok(Some((text, state))) => Some((Ok(text), Place::Rest(state))),
                Ok(None) => None,
                Err(error) => {
                    tracing::error!(error = %crate::service::chain(&error), "an answer of the management API broke off");
                    Some((Err(Interrupted), Place::End))
                }
            }
        }
    })))
}
