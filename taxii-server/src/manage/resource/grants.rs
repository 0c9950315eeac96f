use serde::Deserialize;
use taxii_model::Timestamp;
use uuid::Uuid;

use super::{must_match, one};
use crate::manage::call::{Call, Outcome};
use crate::manage::problem::Problem;
use crate::manage::route::Replied;
use crate::store::{Change, Grant, Object, Rights, Subject};

/// What names a grant in a list: all of it, in the order of the list.
fn name(grant: &Grant) -> String {
    let (subject, object) = (&grant.subject, &grant.object);
    [subject.kind(), subject.name(), object.kind(), &object.name()].join("\n")
}

pub(in crate::manage) async fn list(call: Call) -> Outcome {
    let named = |part: &str| call.text(part).map(str::to_owned);
    let subjects = [
        named("account").map(Subject::Account),
        named("group").map(Subject::Group),
        named("organisation").map(Subject::Organisation),
    ];
    let mut subjects = subjects.into_iter().flatten();
    let subject = subjects.next();
    if subjects.next().is_some() {
        return Err(Problem::query("account, group, organisation", "give one of them at most"));
    }
    let grants = call.store().grants(subject.as_ref()).await?;
    let limit = call.limit()?;
    // Sorted as the store sorts, which need not be the order of the names.
    let begin = match call.text("after") {
        Some(after) => grants.iter().position(|grant| name(grant) == after).map(|at| at + 1).ok_or_else(|| {
            Problem::query("after", "there is no such grant any longer; begin anew, without this parameter")
        })?,
        None => 0,
    };
    call.page_of(grants.iter().skip(begin).take(limit + 1), name)
}

/// Who and with what, as the path says.
fn between(call: &Call) -> Result<(Subject, Object), Problem> {
    let none = |what: &str, expected: &str| Problem::not_found(format!("{what:?} in the path: expected {expected}"));
    let subject = call.parameter("subject").to_owned();
    let subject = match call.parameter("subject_kind") {
        "account" => Subject::Account(subject),
        "group" => Subject::Group(subject),
        "organisation" => Subject::Organisation(subject),
        other => return Err(none(other, "account, group or organisation")),
    };
    let object = call.parameter("object");
    let object = match call.parameter("object_kind") {
        "collection" => {
            Object::Collection(Uuid::try_parse(object).map_err(|_| none(object, "the id of a collection"))?)
        }
        "root" => Object::Root(object.trim_matches('/').to_owned()),
        other => return Err(none(other, "collection or root")),
    };
    Ok((subject, object))
}

async fn known(call: &Call) -> Result<Option<Grant>, Problem> {
    let (subject, object) = between(call)?;
    let grants = call.store().grants(Some(&subject)).await?;
    Ok(grants.into_iter().find(|grant| grant.object == object))
}

fn missing() -> Problem {
    Problem::not_found("there is no such grant; GET /v1/grants lists them")
}

pub(in crate::manage) async fn show(call: Call) -> Outcome {
    one(&known(&call).await?.ok_or_else(missing)?)
}

pub(in crate::manage) async fn set(mut call: Call) -> Outcome {
    #[derive(Clone, Deserialize)]
    struct GrantedRights {
        rights: Rights,
        #[serde(default)]
        expires: Option<Timestamp>,
    }
    let (subject, object) = between(&call)?;
    let GrantedRights { rights, expires } = call.body()?;
    let grant = Grant { subject, object, rights, expires };
    call.update(async |call| {
        match known(call).await? {
            Some(known) => must_match(call, &known)?,
            None if call.if_match.is_some() => return Err(Problem::changed_meanwhile()),
            None => {}
        }
        Ok((vec![Change::SetGrant(grant.clone())], ()))
    })
    .await?;
    one(&grant)
}

pub(in crate::manage) async fn remove(call: Call) -> Outcome {
    call.update(async |call| {
        let known = known(call).await?.ok_or_else(missing)?;
        must_match(call, &known)?;
        Ok((vec![Change::RemoveGrant { subject: known.subject, object: known.object }], ()))
    })
    .await?;
    Ok(Replied::Nothing)
}
