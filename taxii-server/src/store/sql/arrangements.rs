//! What was arranged with others. The text is the same for every engine, whose module includes this file and says what its
//! `Connection` and its `Engine` are.

use async_trait::async_trait;
use diesel::prelude::*;
use taxii_model::Timestamp;

use super::{Connection, Engine};
use crate::store::arrangements::{Arrangements, Bookmark, Counterpart, KeptAgreement, KeptFlow};
use crate::store::exchange::sha256;
use crate::store::schema::{agreements, counterparts, flows};
use crate::store::{Admin, Grant, Result, Subject};

/// So many ids go into one question.
const TOGETHER: usize = 500;

fn flows_of(connection: &mut Connection) -> Result<Vec<KeptFlow>> {
    let columns = (flows::name, flows::settings, flows::paused, flows::status);
    let rows: Vec<(String, String, bool, String)> = flows::table.select(columns).order(flows::name).load(connection)?;
    let kept = |(name, settings, paused, status)| KeptFlow { name, settings, paused, status };
    Ok(rows.into_iter().map(kept).collect())
}

fn advance(
    connection: &mut Connection,
    name: &str,
    from: Option<&str>,
    to: Option<&str>,
    status: &str,
) -> Result<bool> {
    let values = (flows::position.eq(to), flows::status.eq(status));
    let rows = match from {
        Some(from) => {
            let one = flows::table.filter(flows::name.eq(name)).filter(flows::position.eq(from));
            diesel::update(one).set(values).execute(connection)?
        }
        None => {
            let one = flows::table.filter(flows::name.eq(name)).filter(flows::position.is_null());
            diesel::update(one).set(values).execute(connection)?
        }
    };
    Ok(rows > 0)
}

type CounterpartRow = (String, String, String, String, String);

fn counterparts_of(connection: &mut Connection, flow: &str, originals: &[String]) -> Result<Vec<Counterpart>> {
    let mut all = Vec::new();
    for originals in originals.chunks(TOGETHER) {
        let own = counterparts::table.filter(counterparts::flow.eq(flow));
        let own = own.filter(counterparts::original.eq_any(originals));
        let columns = (
            counterparts::flow,
            counterparts::original,
            counterparts::version,
            counterparts::derived,
            counterparts::derived_version,
        );
        let rows: Vec<CounterpartRow> = own.select(columns).load(connection)?;
        all.extend(rows.into_iter().map(|(flow, original, version, derived, derived_version)| Counterpart {
            flow,
            original,
            version,
            derived,
            derived_version,
        }));
    }
    all.sort_by(|a, b| (&a.original, &a.version).cmp(&(&b.original, &b.version)));
    Ok(all)
}

fn link(connection: &mut Connection, all: &[Counterpart]) -> Result<()> {
    for one in all {
        let values = (counterparts::derived.eq(&one.derived), counterparts::derived_version.eq(&one.derived_version));
        let key = (
            counterparts::digest.eq(sha256(&format!("{}\n{}\n{}", one.flow, one.original, one.version))),
            counterparts::flow.eq(&one.flow),
            counterparts::original.eq(&one.original),
            counterparts::version.eq(&one.version),
        );
        diesel::insert_into(counterparts::table)
            .values((key, values))
            .on_conflict(counterparts::digest)
            .do_update()
            .set(values)
            .execute(connection)?;
    }
    Ok(())
}

#[async_trait]
impl Arrangements for Engine {
    async fn agreements(&self) -> Result<Vec<KeptAgreement>> {
        self.read(|connection| {
            let rows: Vec<(String, String, String, i64)> = agreements::table.order(agreements::id).load(connection)?;
            let agreement =
                |(id, text, digest, added)| KeptAgreement { id, text, digest, added: Timestamp::from_micros(added) };
            Ok(rows.into_iter().map(agreement).collect())
        })
        .await
    }

    async fn set_agreement(&self, agreement: &KeptAgreement) -> Result<()> {
        let agreement = agreement.clone();
        self.write(move |connection| {
            let values = (
                agreements::text.eq(&agreement.text),
                agreements::digest.eq(&agreement.digest),
                agreements::added.eq(agreement.added.as_micros()),
            );
            diesel::insert_into(agreements::table)
                .values((agreements::id.eq(&agreement.id), values))
                .on_conflict(agreements::id)
                .do_update()
                .set(values)
                .execute(connection)?;
            Ok(())
        })
        .await
    }

    async fn remove_agreement(&self, id: &str) -> Result<bool> {
        let id = id.to_owned();
        self.write(move |connection| Ok(diesel::delete(agreements::table.find(&id)).execute(connection)? > 0)).await
    }

    async fn granted(&self, organisation: &str) -> Result<Vec<Grant>> {
        Admin::grants(self, Some(&Subject::Organisation(organisation.to_owned()))).await
    }

    async fn flows(&self) -> Result<Vec<KeptFlow>> {
        self.read(flows_of).await
    }

    async fn bookmark(&self, name: &str) -> Result<Option<Bookmark>> {
        let name = name.to_owned();
        self.read(move |connection| {
            let row = flows::table.find(&name).select((flows::position, flows::status));
            let row: Option<(Option<String>, String)> = row.get_result(connection).optional()?;
            Ok(row.map(|(position, status)| Bookmark { position, status }))
        })
        .await
    }

    async fn set_flow(&self, name: &str, settings: &str) -> Result<()> {
        let (name, settings) = (name.to_owned(), settings.to_owned());
        self.write(move |connection| {
            let new = (flows::paused.eq(false), flows::status.eq("{}"));
            diesel::insert_into(flows::table)
                .values((flows::name.eq(&name), flows::settings.eq(&settings), new))
                .on_conflict(flows::name)
                .do_update()
                .set(flows::settings.eq(&settings))
                .execute(connection)?;
            Ok(())
        })
        .await
    }

    async fn pause_flow(&self, name: &str, paused: bool) -> Result<bool> {
        let name = name.to_owned();
        self.write(move |connection| {
            Ok(diesel::update(flows::table.find(&name)).set(flows::paused.eq(paused)).execute(connection)? > 0)
        })
        .await
    }

    async fn advance_flow(&self, name: &str, from: Option<&str>, to: Option<&str>, status: &str) -> Result<bool> {
        let (name, status) = (name.to_owned(), status.to_owned());
        let (from, to) = (from.map(str::to_owned), to.map(str::to_owned));
        self.write(move |connection| advance(connection, &name, from.as_deref(), to.as_deref(), &status)).await
    }

    async fn remove_flow(&self, name: &str) -> Result<bool> {
        let name = name.to_owned();
        self.write(move |connection| {
            diesel::delete(counterparts::table.filter(counterparts::flow.eq(&name))).execute(connection)?;
            Ok(diesel::delete(flows::table.find(&name)).execute(connection)? > 0)
        })
        .await
    }

    async fn counterparts(&self, flow: &str, originals: &[String]) -> Result<Vec<Counterpart>> {
        let (flow, originals) = (flow.to_owned(), originals.to_vec());
        self.read(move |connection| counterparts_of(connection, &flow, &originals)).await
    }

    async fn link(&self, all: &[Counterpart]) -> Result<()> {
        let all = all.to_vec();
        self.write(move |connection| link(connection, &all)).await
    }
}
