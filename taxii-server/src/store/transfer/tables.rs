//! Every table and every column: the one list that copies, backups and verifications go by. A test compares it with
//! what the engines say of themselves.

use super::value::Kind;

/// A table that is carried from one database to another.
pub(in crate::store) struct Table {
    pub(in crate::store) name: &'static str,
    /// So many of the first columns are the primary key.
    pub(in crate::store) key: usize,
    pub(in crate::store) columns: &'static [Column],
    pub(super) size: Size,
    /// Which migration made it, if it was not there from the beginning.
    since: Option<&'static str>,
}

pub(in crate::store) struct Column {
    pub(in crate::store) name: &'static str,
    pub(in crate::store) kind: Kind,
    /// Which migration made it, if it is younger than its table.
    since: Option<&'static str>,
}

impl Table {
    /// Do these migrations make it?
    pub(super) fn is_made_by(&self, migrations: &[String]) -> bool {
        is_made(self.since, migrations)
    }

    const fn since(self, migration: &'static str) -> Self {
        Self { since: Some(migration), ..self }
    }
}

impl Column {
    /// Do these migrations make it?
    pub(super) fn is_made_by(&self, migrations: &[String]) -> bool {
        is_made(self.since, migrations)
    }

    const fn since(self, migration: &'static str) -> Self {
        Self { since: Some(migration), ..self }
    }
}

fn is_made(since: Option<&str>, migrations: &[String]) -> bool {
    since.is_none_or(|since| migrations.iter().any(|migration| migration == since))
}

/// What migrations do with the rows that they find, beyond what the columns' defaults do: for rows of a database without the
/// migration that come into one with it.
pub(super) const MADE_UP_FOR: &[(&str, &str)] = &[(
    "0003",
    "INSERT INTO validity_backfill (collection, position, last) SELECT collection, 0, clock FROM marks WHERE clock > 0 \
     ON CONFLICT (collection) DO UPDATE SET position = 0, last = excluded.last",
)];

/// How much a table can hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    /// What the server has in memory anyway.
    Small,
    /// Anything; it is read in order of its key.
    Great,
    /// Anything; it is read collection by collection, in order of the rest of its key.
    GreatByCollection,
    /// The same, also of collections that are gone; it changes anyhow.
    GreatByPast,
}

const fn number(name: &'static str) -> Column {
    Column { name, kind: Kind::Number, since: None }
}

const fn flag(name: &'static str) -> Column {
    Column { name, kind: Kind::Flag, since: None }
}

const fn text(name: &'static str) -> Column {
    Column { name, kind: Kind::Text, since: None }
}

const fn small(name: &'static str, key: usize, columns: &'static [Column]) -> Table {
    Table { name, key, columns, size: Size::Small, since: None }
}

/// Tables that are not carried over: who works on something just now is nothing that another database should know.
#[cfg(any(test, feature = "testing"))]
pub(super) const OF_THE_MOMENT: &[&str] = &["leases"];

/// In an order in which rows can be added: what others refer to comes first. The columns of the key lead.
pub(in crate::store) const TABLES: &[Table] = &[
    small("settings", 1, &[text("name"), text("value")]),
    small("revision", 1, &[number("id"), number("number")]),
    small(
        "api_roots",
        1,
        &[text("name"), text("title"), text("description"), number("max_content_length"), flag("is_default")],
    ),
    small(
        "collections",
        1,
        &[
            number("number"),
            text("root"),
            text("id"),
            text("alias"),
            text("title"),
            text("description"),
            flag("anonymous_read"),
            text("spec_versions"),
            text("ingest").since("0002"),
            number("keep_days").since("0003"),
            number("keep_expired_days").since("0003"),
            number("keep_objects").since("0003"),
            text("default_marking").since("0004"),
            text("unmarked").since("0004"),
            text("open_markings").since("0004"),
            flag("supply").since("0004"),
        ],
    ),
    small("marks", 1, &[number("collection"), number("clock"), number("changes")]),
    small("validity_backfill", 1, &[number("collection"), number("position"), number("last")]).since("0003"),
    small("labels", 2, &[number("collection"), number("number"), text("text")]).since("0004"),
    small("accounts", 1, &[text("name"), text("password"), flag("is_admin"), text("client")]),
    small("keys", 1, &[text("id"), text("account"), text("label"), text("digest"), number("created")]),
    small("grants", 2, &[text("account"), text("collection"), flag("can_read"), flag("can_write")]),
    Table {
        name: "objects",
        key: 2,
        columns: &[
            number("collection"),
            number("added"),
            number("spec_version"),
            flag("is_best"),
            flag("is_newest"),
            flag("is_oldest"),
            flag("newest_in_spec"),
            flag("oldest_in_spec"),
            text("object_type"),
            text("id"),
            text("version"),
            text("version_key"),
            text("body"),
            number("valid_until").since("0003"),
            number("label").since("0004"),
            flag("is_mixed").since("0004"),
        ],
        size: Size::GreatByCollection,
        since: None,
    },
    Table {
        name: "statuses",
        key: 1,
        columns: &[text("id"), text("root"), text("caller"), number("completed"), text("body")],
        size: Size::Great,
        since: None,
    },
    small("audit_head", 1, &[number("id"), number("number"), text("hash")]).since("0006"),
    small(
        "pollers",
        2,
        &[
            number("collection"),
            text("account"),
            number("polled"),
            number("position"),
            number("polls"),
            number("caught_up"),
            number("every"),
        ],
    )
    .since("0006"),
    Table {
        name: "audit",
        key: 1,
        columns: &[
            number("number"),
            number("at"),
            text("action"),
            text("account"),
            text("credential"),
            text("address"),
            text("root"),
            number("collection"),
            number("first"),
            number("last"),
            number("span"),
            text("details"),
            text("hash"),
        ],
        size: Size::Great,
        since: Some("0006"),
    },
    Table {
        name: "tombstones",
        key: 2,
        columns: &[number("collection"), number("added"), text("id"), text("version"), number("removed")],
        size: Size::GreatByPast,
        since: Some("0006"),
    },
];
