//! The tables, the same on every engine. Their meaning is told in `migrations/`.

diesel::table! {
    settings (name) {
        name -> Text,
        value -> Text,
    }
}

diesel::table! {
    revision (id) {
        id -> Integer,
        number -> BigInt,
    }
}

diesel::table! {
    api_roots (name) {
        name -> Text,
        title -> Text,
        description -> Nullable<Text>,
        max_content_length -> BigInt,
        is_default -> Bool,
    }
}

diesel::table! {
    collections (number) {
        number -> BigInt,
        root -> Text,
        id -> Text,
        alias -> Nullable<Text>,
        title -> Text,
        description -> Nullable<Text>,
        anonymous_read -> Bool,
        spec_versions -> Text,
        ingest -> Text,
        keep_days -> Nullable<Integer>,
        keep_expired_days -> Nullable<Integer>,
        keep_objects -> Nullable<BigInt>,
        default_marking -> Nullable<Text>,
        unmarked -> Text,
        open_markings -> Text,
        supply -> Bool,
        listed -> Bool,
    }
}

diesel::table! {
    marks (collection) {
        collection -> BigInt,
        clock -> BigInt,
        changes -> BigInt,
    }
}

diesel::table! {
    objects (collection, added) {
        collection -> BigInt,
        added -> BigInt,
        spec_version -> Integer,
        is_best -> Bool,
        is_newest -> Bool,
        is_oldest -> Bool,
        newest_in_spec -> Bool,
        oldest_in_spec -> Bool,
        object_type -> Text,
        id -> Text,
        version -> Text,
        version_key -> Text,
        body -> Text,
        valid_until -> Nullable<BigInt>,
        label -> BigInt,
        is_mixed -> Bool,
        provenance -> Nullable<Text>,
    }
}

diesel::table! {
    labels (collection, number) {
        collection -> BigInt,
        number -> BigInt,
        text -> Text,
    }
}

diesel::table! {
    validity_backfill (collection) {
        collection -> BigInt,
        position -> BigInt,
        last -> BigInt,
    }
}

diesel::table! {
    leases (work) {
        work -> Text,
        holder -> Text,
        deadline -> BigInt,
    }
}

diesel::table! {
    statuses (id) {
        id -> Text,
        root -> Text,
        caller -> Text,
        completed -> BigInt,
        body -> Text,
    }
}

diesel::table! {
    organisations (name) {
        name -> Text,
        title -> Text,
        clearance -> Nullable<Text>,
        enabled -> Bool,
    }
}

diesel::table! {
    accounts (name) {
        name -> Text,
        is_admin -> Bool,
        client -> Text,
        organisation -> Nullable<Text>,
        clearance -> Nullable<Text>,
        enabled -> Bool,
    }
}

diesel::table! {
    groups (name) {
        name -> Text,
        title -> Text,
    }
}

diesel::table! {
    group_members (member_of, account) {
        member_of -> Text,
        account -> Text,
    }
}

diesel::table! {
    credentials (id) {
        id -> Text,
        account -> Text,
        name -> Text,
        kind -> Text,
        secret -> Text,
        created -> BigInt,
        expires -> Nullable<BigInt>,
        last_used -> Nullable<BigInt>,
        scope -> Text,
        collections -> Nullable<Text>,
    }
}

diesel::table! {
    grants (subject_kind, subject, object_kind, object) {
        subject_kind -> Text,
        subject -> Text,
        object_kind -> Text,
        object -> Text,
        can_list -> Bool,
        can_read -> Bool,
        can_write -> Bool,
        can_delete -> Bool,
        can_manage -> Bool,
        expires -> Nullable<BigInt>,
    }
}

diesel::table! {
    audit (number) {
        number -> BigInt,
        at -> BigInt,
        action -> Text,
        account -> Nullable<Text>,
        credential -> Nullable<Text>,
        address -> Nullable<Text>,
        root -> Nullable<Text>,
        collection -> Nullable<BigInt>,
        first -> Nullable<BigInt>,
        last -> Nullable<BigInt>,
        span -> Nullable<Integer>,
        details -> Text,
        hash -> Text,
    }
}

diesel::table! {
    audit_head (id) {
        id -> Integer,
        number -> BigInt,
        hash -> Text,
    }
}

diesel::table! {
    tombstones (collection, added) {
        collection -> BigInt,
        added -> BigInt,
        id -> Text,
        version -> Text,
        removed -> BigInt,
    }
}

diesel::table! {
    pollers (collection, account) {
        collection -> BigInt,
        account -> Text,
        polled -> BigInt,
        position -> BigInt,
        polls -> BigInt,
        caught_up -> Nullable<BigInt>,
        every -> Nullable<BigInt>,
    }
}

diesel::table! {
    deletions (collection, stamp) {
        collection -> BigInt,
        stamp -> BigInt,
        id -> Text,
        version -> Text,
        label -> BigInt,
        provenance -> Nullable<Text>,
        entry -> Nullable<Text>,
    }
}

diesel::table! {
    conflicts (collection, digest) {
        collection -> BigInt,
        digest -> Text,
        id -> Text,
        version -> Text,
        kept -> Text,
        body -> Nullable<Text>,
        source -> Text,
        at -> BigInt,
    }
}

diesel::table! {
    partners (holder) {
        holder -> Text,
        server -> Text,
        agreement -> Nullable<Text>,
        since -> BigInt,
    }
}

diesel::table! {
    agreements (id) {
        id -> Text,
        text -> Text,
        digest -> Text,
        added -> BigInt,
    }
}

diesel::table! {
    flows (name) {
        name -> Text,
        settings -> Text,
        position -> Nullable<Text>,
        paused -> Bool,
        status -> Text,
    }
}

diesel::table! {
    counterparts (digest) {
        digest -> Text,
        flow -> Text,
        original -> Text,
        version -> Text,
        derived -> Text,
        derived_version -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(marks, objects);
