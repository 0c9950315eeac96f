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
    accounts (name) {
        name -> Text,
        password -> Nullable<Text>,
        is_admin -> Bool,
        client -> Text,
    }
}

diesel::table! {
    keys (id) {
        id -> Text,
        account -> Text,
        label -> Text,
        digest -> Text,
        created -> BigInt,
    }
}

diesel::table! {
    grants (account, collection) {
        account -> Text,
        collection -> Text,
        can_read -> Bool,
        can_write -> Bool,
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

diesel::allow_tables_to_appear_in_same_query!(marks, objects);
diesel::allow_tables_to_appear_in_same_query!(collections, objects);
