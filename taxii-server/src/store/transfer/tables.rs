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
    span: Span,
}

pub(in crate::store) struct Column {
    pub(in crate::store) name: &'static str,
    pub(in crate::store) kind: Kind,
    span: Span,
}

/// With which migrations a table or a column is there.
#[derive(Clone, Copy)]
struct Span {
    /// Which one made it, if it was not there from the beginning.
    since: Option<&'static str>,
    /// Which one took it away.
    until: Option<&'static str>,
}

impl Span {
    const ALWAYS: Self = Self { since: None, until: None };

    fn has(self, migrations: &[String]) -> bool {
        let applied = |name: &str| migrations.iter().any(|migration| migration == name);
        self.since.is_none_or(applied) && !self.until.is_some_and(applied)
    }

    const fn since(self, migration: &'static str) -> Self {
        Self { since: Some(migration), ..self }
    }

    const fn until(self, migration: &'static str) -> Self {
        Self { until: Some(migration), ..self }
    }
}

impl Table {
    /// Is it there after these migrations?
    pub(super) fn is_made_by(&self, migrations: &[String]) -> bool {
        self.span.has(migrations)
    }

    /// Is it there after all migrations?
    #[cfg(any(test, feature = "testing"))]
    pub(super) fn is_current(&self) -> bool {
        self.span.until.is_none()
    }

    const fn since(self, migration: &'static str) -> Self {
        Self { span: self.span.since(migration), ..self }
    }

    const fn until(self, migration: &'static str) -> Self {
        Self { span: self.span.until(migration), ..self }
    }
}

impl Column {
    /// Is it there after these migrations?
    pub(super) fn is_made_by(&self, migrations: &[String]) -> bool {
        self.span.has(migrations)
    }

    /// Is it there after all migrations?
    #[cfg(any(test, feature = "testing"))]
    pub(super) fn is_current(&self) -> bool {
        self.span.until.is_none()
    }

    const fn since(self, migration: &'static str) -> Self {
        Self { span: self.span.since(migration), ..self }
    }

    const fn until(self, migration: &'static str) -> Self {
        Self { span: self.span.until(migration), ..self }
    }
}

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
    Column { name, kind: Kind::Number, span: Span::ALWAYS }
}

const fn flag(name: &'static str) -> Column {
    Column { name, kind: Kind::Flag, span: Span::ALWAYS }
}

const fn text(name: &'static str) -> Column {
    Column { name, kind: Kind::Text, span: Span::ALWAYS }
}

const fn small(name: &'static str, key: usize, columns: &'static [Column]) -> Table {
    Table { name, key, columns, size: Size::Small, span: Span::ALWAYS }
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
            flag("listed").since("0005"),
        ],
    ),
    small("marks", 1, &[number("collection"), number("clock"), number("changes")]),
    small("validity_backfill", 1, &[number("collection"), number("position"), number("last")]).since("0003"),
    small("labels", 2, &[number("collection"), number("number"), text("text")]).since("0004"),
    small("organisations", 1, &[text("name"), text("title"), text("clearance"), flag("enabled")]).since("0005"),
    small(
        "accounts",
        1,
        &[
            text("name"),
            text("password").until("0005"),
            flag("is_admin"),
            text("client"),
            text("organisation").since("0005"),
            text("clearance").since("0005"),
            flag("enabled").since("0005"),
        ],
    ),
    small("groups", 1, &[text("name"), text("title")]).since("0005"),
    small("group_members", 2, &[text("member_of"), text("account")]).since("0005"),
    small("keys", 1, &[text("id"), text("account"), text("label"), text("digest"), number("created")]).until("0005"),
    small(
        "credentials",
        1,
        &[
            text("id"),
            text("account"),
            text("name"),
            text("kind"),
            text("secret"),
            number("created"),
            number("expires"),
            number("last_used"),
            text("scope"),
            text("collections"),
        ],
    )
    .since("0005"),
    small("grants", 2, &[text("account"), text("collection"), flag("can_read"), flag("can_write")]).until("0005"),
    small(
        "grants",
        4,
        &[
            text("subject_kind"),
            text("subject"),
            text("object_kind"),
            text("object"),
            flag("can_list"),
            flag("can_read"),
            flag("can_write"),
            flag("can_delete"),
            flag("can_manage"),
            number("expires"),
        ],
    )
    .since("0005"),
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
            text("provenance").since("0007"),
        ],
        size: Size::GreatByCollection,
        span: Span::ALWAYS,
    },
    Table {
        name: "statuses",
        key: 1,
        columns: &[text("id"), text("root"), text("caller"), number("completed"), text("body")],
        size: Size::Great,
        span: Span::ALWAYS,
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
        span: Span::ALWAYS.since("0006"),
    },
    Table {
        name: "tombstones",
        key: 2,
        columns: &[number("collection"), number("added"), text("id"), text("version"), number("removed")],
        size: Size::GreatByPast,
        span: Span::ALWAYS.since("0006"),
    },
    small("partners", 1, &[text("holder"), text("server"), text("agreement"), number("since")]).since("0007"),
    small("agreements", 1, &[text("id"), text("text"), text("digest"), number("added")]).since("0007"),
    small("flows", 1, &[text("name"), text("settings"), text("position"), flag("paused"), text("status")])
        .since("0007"),
    Table {
        name: "deletions",
        key: 2,
        columns: &[
            number("collection"),
            number("stamp"),
            text("id"),
            text("version"),
            number("label"),
            text("provenance"),
            text("entry"),
        ],
        size: Size::GreatByPast,
        span: Span::ALWAYS.since("0007"),
    },
    Table {
        name: "conflicts",
        key: 2,
        columns: &[
            number("collection"),
            text("digest"),
            text("id"),
            text("version"),
            text("kept"),
            text("body"),
            text("source"),
            number("at"),
        ],
        size: Size::GreatByPast,
        span: Span::ALWAYS.since("0007"),
    },
    Table {
        name: "counterparts",
        key: 1,
        columns: &[
            text("digest"),
            text("flow"),
            text("original"),
            text("version"),
            text("derived"),
            text("derived_version"),
        ],
        size: Size::Great,
        span: Span::ALWAYS.since("0007"),
    },
];
