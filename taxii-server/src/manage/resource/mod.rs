//! What the routes do.

mod account;
pub(super) mod audit;
mod collection;
pub(super) mod credentials;
pub(super) mod explain;
pub(super) mod grants;
mod group;
pub(super) mod members;
mod organisation;
mod root;
pub(super) mod sharing;
pub(super) mod state;
pub(super) mod sweep;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::body::merge;
use super::call::{Call, Outcome, read};
use super::problem::Problem;
use super::route::Replied;
use super::{Managed, serve, tag};
use crate::store::{Change, Result, StoreError, Terms};

/// One kind of things with names of their own.
pub(super) trait Resource: Serialize + DeserializeOwned + Clone + 'static {
    /// What to call one.
    const KIND: &'static str;
    /// Where they are.
    const PATH: &'static str;
    /// The part of a path, and the member of the JSON, that names one.
    const PART: &'static str;
    const NAME: &'static str;

    /// All, in order of name.
    async fn all(store: &dyn Managed) -> Result<Vec<Self>>;
    /// The one of this name.
    async fn find(store: &dyn Managed, name: &str) -> Result<Option<Self>>;
    /// So many behind this name.
    async fn some(store: &dyn Managed, after: Option<&str>, limit: usize) -> Result<Vec<Self>> {
        let all = Self::all(store).await?;
        let rest = all.into_iter().skip_while(|one| after.is_some_and(|after| one.name().as_str() <= after));
        Ok(rest.take(limit).collect())
    }
    fn name(&self) -> String;
    /// What a new one is where nobody says otherwise.
    fn blank(given: &Value) -> std::result::Result<Value, Problem>;
    fn add(self) -> Change;
    fn set(self) -> Change;
    fn remove(self) -> Change;
}

pub(super) async fn list<R: Resource>(call: Call) -> Outcome {
    let limit = call.limit()?;
    let items = R::some(call.store(), call.text("after"), limit + 1).await?;
    call.page_of(items.iter(), R::name)
}

pub(super) async fn show<R: Resource>(call: Call) -> Outcome {
    one(&found::<R>(&call).await?)
}

async fn found<R: Resource>(call: &Call) -> std::result::Result<R, Problem> {
    let name = call.parameter(R::PART);
    let found = R::find(call.store(), name).await?;
    found.ok_or_else(|| Problem::not_found(format!("there is no {} {name:?}; GET {} lists them", R::KIND, R::PATH)))
}

/// One thing, as its own path shows it.
pub(super) fn one(thing: &impl Serialize) -> Outcome {
    Ok(Replied::One(value(thing)?))
}

pub(super) fn value(thing: &impl Serialize) -> std::result::Result<Value, Problem> {
    Ok(serde_json::to_value(thing).map_err(StoreError::failed)?)
}

/// The thing is what If-Match says.
pub(super) fn must_match(call: &Call, thing: &impl Serialize) -> std::result::Result<(), Problem> {
    tag::must_match(call.if_match.as_deref(), &tag::of(&serve::text(&value(thing)?)?))
}

pub(super) async fn add<R: Resource>(mut call: Call) -> Outcome {
    let given = std::mem::take(&mut call.body);
    let mut whole = R::blank(&given)?;
    merge(&mut whole, given);
    let thing: R = read(whole)?;
    let name = thing.name();
    call.change(&[thing.add()]).await?;
    // As it is kept.
    let kept = R::find(call.store(), &name).await?;
    let kept = kept.ok_or_else(|| Problem::not_found(format!("somebody has removed the {} again", R::KIND)))?;
    Ok(Replied::Made(location(&[R::PATH, &name]), value(&kept)?))
}

pub(super) async fn replace<R: Resource>(call: Call) -> Outcome {
    update::<R>(call, |_, given| given).await
}

pub(super) async fn patch<R: Resource>(call: Call) -> Outcome {
    update::<R>(call, |mut known, given| {
        merge(&mut known, given);
        known
    })
    .await
}

async fn update<R: Resource>(mut call: Call, new: impl Fn(Value, Value) -> Value) -> Outcome {
    let given = std::mem::take(&mut call.body);
    call.update(async |call| {
        let known: R = found(call).await?;
        must_match(call, &known)?;
        let thing: R = read(new(value(&known)?, given.clone()))?;
        if thing.name() != known.name() {
            let pointer = format!("/{}", R::NAME);
            return Err(Problem::wrong(&pointer, format!("the path says {:?}: names cannot be changed", known.name())));
        }
        Ok((vec![thing.set()], ()))
    })
    .await?;
    show::<R>(call).await
}

pub(super) async fn remove<R: Resource>(call: Call) -> Outcome {
    call.update(async |call| {
        let known: R = found(call).await?;
        must_match(call, &known)?;
        Ok((vec![known.remove()], ()))
    })
    .await?;
    Ok(Replied::Nothing)
}

/// A path of these parts: the first is one already.
pub(super) fn location(parts: &[&str]) -> String {
    const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'@');
    let encode = |part: &&str| match *part {
        // The root of the server has no name of its own.
        "" => "%2F".to_owned(),
        part => utf8_percent_encode(part, PLAIN).to_string(),
    };
    let (first, rest) = parts.split_first().map_or(("", &[][..]), |(first, rest)| (*first, rest));
    std::iter::once(first.to_owned()).chain(rest.iter().map(encode)).collect::<Vec<_>>().join("/")
}

/// All changes, or none.
pub(super) async fn changes(mut call: Call) -> Outcome {
    #[derive(serde::Deserialize)]
    struct Changes {
        changes: Vec<Change>,
    }
    let Changes { changes } = call.body()?;
    let terms = Terms { dry_run: call.flag("dry_run"), ..Terms::default() };
    call.change_if(&changes, terms).await?;
    let told: Vec<String> = changes.iter().map(ToString::to_string).collect();
    Ok(Replied::Json(json!({"dry_run": terms.dry_run, "changes": told})))
}

pub(super) async fn statistics(call: Call) -> Outcome {
    Ok(Replied::Json(value(&*call.within.service.statistics().await?)?))
}

pub(super) async fn document(_: Call) -> Outcome {
    Ok(Replied::Json(super::openapi()))
}
