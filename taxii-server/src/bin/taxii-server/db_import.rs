//! stub
use crate::Outcome;
use crate::cli::Import;
use crate::output::Output;
use taxii_server::store::transfer::Place;

pub(crate) fn run(_: &Place, _: &Import, _: &Output) -> Outcome {
    Err("later".into())
}
