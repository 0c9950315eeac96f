//! The statements that take or give many rows at once. Each has a type of its own, so that it is prepared once on
//! each connection and costs one round trip from then on.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, Text};

use crate::store::sql::standing::Standing;

macro_rules! prepared_once {
    ($($statement:ty),+) => {
        $(impl QueryId for $statement {
            type QueryId = Self;
            const HAS_STATIC_QUERY_ID: bool = true;
        })+
    };
}

prepared_once!(Known, Siblings, SetStandings, Mix, InsertLabels, InsertStatuses);

impl QueryId for InsertObjects<'_> {
    type QueryId = InsertObjects<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

/// Which of these objects a collection has an entry of.
pub(super) struct Known {
    pub(super) collection: i64,
    pub(super) ids: Vec<String>,
}

impl Query for Known {
    type SqlType = Text;
}

impl QueryFragment<Pg> for Known {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT asked.id FROM unnest(");
        out.push_bind_param::<Array<Text>, _>(&self.ids)?;
        out.push_sql(") AS asked (id) CROSS JOIN LATERAL (SELECT 1 FROM objects WHERE objects.collection = ");
        out.push_bind_param::<BigInt, _>(&self.collection)?;
        out.push_sql(" AND objects.id = asked.id LIMIT 1) AS entry");
        Ok(())
    }
}

/// The entries of objects that may be at either end of their history, over all encodings and in each edition, and
/// those of certain versions. At either end are two entries at the most: two encodings of one version.
///
/// The texts come along, if they are wanted, of those that something new may be equal to.
pub(super) struct Siblings {
    pub(super) collection: i64,
    pub(super) ids: Vec<String>,
    /// The versions of the objects, pair by pair.
    pub(super) version_ids: Vec<String>,
    pub(super) version_keys: Vec<String>,
    pub(super) with_texts: bool,
}

/// The id, what its standing depends on, the version, the text; the label, and whether the object's entries have different ones.
pub(super) type SiblingRow = (String, crate::store::sql::standing::Row, String, Option<String>, i64, bool);

impl Query for Siblings {
    type SqlType = (Text, (BigInt, Text, Integer, Bool, Bool, Bool, Bool, Bool), Text, Nullable<Text>, BigInt, Bool);
}

impl QueryFragment<Pg> for Siblings {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "SELECT o.id, o.added, o.version_key, o.spec_version, o.is_best, o.is_newest, o.is_oldest, o.newest_in_spec, \
             o.oldest_in_spec, o.version, CASE WHEN ",
        );
        out.push_bind_param::<Bool, _>(&self.with_texts)?;
        out.push_sql(" AND (o.newest_in_spec OR o.version_key = ANY(");
        out.push_bind_param::<Array<Text>, _>(&self.version_keys)?;
        out.push_sql(")) THEN o.body END, o.label, o.is_mixed FROM (SELECT e.added FROM unnest(");
        out.push_bind_param::<Array<Text>, _>(&self.ids)?;
        out.push_sql(") AS asked (id) CROSS JOIN LATERAL (");
        let mut union = "";
        for (edition, limit) in [(None, 2), (Some(20), 1), (Some(21), 1)] {
            for direction in ["", " DESC"] {
                out.push_sql(union);
                union = " UNION ALL ";
                out.push_sql("(SELECT added FROM objects WHERE collection = ");
                out.push_bind_param::<BigInt, _>(&self.collection)?;
                out.push_sql(" AND id = asked.id");
                if let Some(edition) = edition {
                    out.push_sql(&format!(" AND spec_version = {edition}"));
                }
                out.push_sql(&format!(" ORDER BY version_key{direction} LIMIT {limit})"));
            }
        }
        out.push_sql(") AS e UNION SELECT e.added FROM unnest(");
        out.push_bind_param::<Array<Text>, _>(&self.version_ids)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.version_keys)?;
        out.push_sql(") AS asked (id, version_key) CROSS JOIN LATERAL (SELECT added FROM objects WHERE collection = ");
        out.push_bind_param::<BigInt, _>(&self.collection)?;
        out.push_sql(
            " AND id = asked.id AND version_key = asked.version_key LIMIT 2) AS e) AS found \
             JOIN objects AS o ON o.added = found.added WHERE o.collection = ",
        );
        out.push_bind_param::<BigInt, _>(&self.collection)
    }
}

/// New entries, column by column.
#[derive(Default)]
pub(super) struct InsertObjects<'s> {
    pub(super) collection: i64,
    pub(super) added: Vec<i64>,
    pub(super) spec_version: Vec<i32>,
    pub(super) standings: Standings,
    pub(super) object_type: Vec<&'s str>,
    pub(super) id: Vec<&'s str>,
    pub(super) version: Vec<&'s str>,
    pub(super) version_key: Vec<&'s str>,
    pub(super) body: Vec<&'s str>,
    pub(super) valid_until: Vec<Option<i64>>,
    pub(super) label: Vec<i64>,
    pub(super) is_mixed: Vec<bool>,
    pub(super) provenance: Vec<Option<String>>,
}

/// The standing of many entries, column by column.
#[derive(Default)]
pub(super) struct Standings {
    is_best: Vec<bool>,
    is_newest: Vec<bool>,
    is_oldest: Vec<bool>,
    newest_in_spec: Vec<bool>,
    oldest_in_spec: Vec<bool>,
}

impl Standings {
    pub(super) fn push(&mut self, standing: Standing) {
        self.is_best.push(standing.is_best);
        self.is_newest.push(standing.is_newest);
        self.is_oldest.push(standing.is_oldest);
        self.newest_in_spec.push(standing.newest_in_spec);
        self.oldest_in_spec.push(standing.oldest_in_spec);
    }

    fn walk<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let columns = [&self.is_best, &self.is_newest, &self.is_oldest, &self.newest_in_spec, &self.oldest_in_spec];
        for column in columns {
            out.push_sql(", ");
            out.push_bind_param::<Array<Bool>, _>(column)?;
        }
        Ok(())
    }
}

impl QueryFragment<Pg> for InsertObjects<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "INSERT INTO objects (collection, added, spec_version, is_best, is_newest, is_oldest, newest_in_spec, \
             oldest_in_spec, object_type, id, version, version_key, body, valid_until, label, is_mixed, provenance) SELECT ",
        );
        out.push_bind_param::<BigInt, _>(&self.collection)?;
        out.push_sql(", entry.* FROM unnest(");
        out.push_bind_param::<Array<BigInt>, _>(&self.added)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Integer>, _>(&self.spec_version)?;
        self.standings.walk(&mut out)?;
        for column in [&self.object_type, &self.id, &self.version, &self.version_key, &self.body] {
            out.push_sql(", ");
            out.push_bind_param::<Array<Text>, _>(column)?;
        }
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<BigInt>>, _>(&self.valid_until)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.label)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Bool>, _>(&self.is_mixed)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Nullable<Text>>, _>(&self.provenance)?;
        out.push_sql(") AS entry");
        Ok(())
    }
}

/// New standings of entries that were there before.
#[derive(Default)]
pub(super) struct SetStandings {
    pub(super) collection: i64,
    pub(super) added: Vec<i64>,
    pub(super) standings: Standings,
}

impl QueryFragment<Pg> for SetStandings {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "UPDATE objects SET is_best = entry.is_best, is_newest = entry.is_newest, is_oldest = entry.is_oldest, \
             newest_in_spec = entry.newest_in_spec, oldest_in_spec = entry.oldest_in_spec FROM unnest(",
        );
        out.push_bind_param::<Array<BigInt>, _>(&self.added)?;
        self.standings.walk(&mut out)?;
        out.push_sql(
            ") AS entry (added, is_best, is_newest, is_oldest, newest_in_spec, oldest_in_spec) \
             WHERE objects.added = entry.added AND objects.collection = ",
        );
        out.push_bind_param::<BigInt, _>(&self.collection)
    }
}

/// The objects of which the entries have different labels from now on.
#[derive(Default)]
pub(super) struct Mix {
    pub(super) collection: i64,
    pub(super) ids: Vec<String>,
}

impl QueryFragment<Pg> for Mix {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("UPDATE objects SET is_mixed = TRUE WHERE collection = ");
        out.push_bind_param::<BigInt, _>(&self.collection)?;
        out.push_sql(" AND NOT is_mixed AND id = ANY(");
        out.push_bind_param::<Array<Text>, _>(&self.ids)?;
        out.push_sql(")");
        Ok(())
    }
}

/// New labels of a collection, column by column.
pub(super) struct InsertLabels {
    pub(super) collection: i64,
    pub(super) numbers: Vec<i64>,
    pub(super) texts: Vec<String>,
}

impl QueryFragment<Pg> for InsertLabels {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("INSERT INTO labels (collection, number, text) SELECT ");
        out.push_bind_param::<BigInt, _>(&self.collection)?;
        out.push_sql(", entry.* FROM unnest(");
        out.push_bind_param::<Array<BigInt>, _>(&self.numbers)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.texts)?;
        out.push_sql(") AS entry");
        Ok(())
    }
}

/// Statuses of submissions, column by column.
#[derive(Default)]
pub(super) struct InsertStatuses {
    pub(super) id: Vec<String>,
    pub(super) root: Vec<String>,
    pub(super) caller: Vec<String>,
    pub(super) completed: i64,
    pub(super) body: Vec<String>,
}

impl QueryFragment<Pg> for InsertStatuses {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("INSERT INTO statuses (completed, id, root, caller, body) SELECT ");
        out.push_bind_param::<BigInt, _>(&self.completed)?;
        out.push_sql(", entry.* FROM unnest(");
        let mut comma = "";
        for column in [&self.id, &self.root, &self.caller, &self.body] {
            out.push_sql(comma);
            comma = ", ";
            out.push_bind_param::<Array<Text>, _>(column)?;
        }
        out.push_sql(") AS entry");
        Ok(())
    }
}
