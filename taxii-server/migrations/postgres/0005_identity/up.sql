-- Who may call, and what each may do. Times are microseconds since 1970.

-- Whoever administers locks `revision` first: this waits until nobody does, and nobody does while it runs.
LOCK TABLE revision, marks IN EXCLUSIVE MODE;

CREATE TABLE organisations (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    title TEXT NOT NULL,
    -- Which markings its accounts may see at most: all, without one.
    clearance TEXT,
    enabled BOOLEAN NOT NULL
);

-- Which organisation there is, and which it is, is seen to by whoever changes something, who has the row of `revision`.
ALTER TABLE accounts ADD COLUMN organisation TEXT COLLATE "C";
ALTER TABLE accounts ADD COLUMN clearance TEXT;
ALTER TABLE accounts ADD COLUMN enabled BOOLEAN NOT NULL DEFAULT TRUE;

CREATE TABLE groups (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    title TEXT NOT NULL
);

CREATE TABLE group_members (
    member_of TEXT COLLATE "C" NOT NULL REFERENCES groups (name) ON DELETE CASCADE,
    account TEXT COLLATE "C" NOT NULL REFERENCES accounts (name) ON DELETE CASCADE,
    PRIMARY KEY (member_of, account)
);

-- What lets an account in: of a password the argon2id hash, of a key the SHA-256, of a certificate one of its names, of a
-- token its issuer and subject. `scope` and `collections` say what of the account's rights it may use.
CREATE TABLE credentials (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL REFERENCES accounts (name) ON DELETE CASCADE,
    name TEXT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    secret TEXT COLLATE "C" NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT,
    last_used BIGINT,
    scope TEXT NOT NULL,
    collections TEXT
);
CREATE INDEX credentials_by_account ON credentials (account);
CREATE UNIQUE INDEX credentials_by_secret ON credentials (kind, secret) WHERE kind <> 'password';

INSERT INTO credentials (id, account, name, kind, secret, created, scope)
    SELECT id, account, label, 'key', digest, created, 'list,read,write,delete,manage' FROM keys;
-- The ids are the same wherever this runs, so that copies can be compared.
INSERT INTO credentials (id, account, name, kind, secret, created, scope)
    SELECT '00000000-0000-4000-8000-' || lpad((row_number() OVER (ORDER BY name))::text, 12, '0'), name, 'password', 'password', password, 0,
        'list,read,write,delete,manage'
    FROM accounts WHERE password IS NOT NULL;
DROP TABLE keys;
ALTER TABLE accounts DROP COLUMN password;

-- Who may do what: an account, a group or an organisation, with a collection (by its id) or with all of an API root (by its
-- name). Whoever was allowed to read and to write was allowed to delete.
ALTER TABLE grants DROP CONSTRAINT grants_pkey;
ALTER TABLE grants RENAME TO former_grants;
CREATE TABLE grants (
    subject_kind TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    object_kind TEXT COLLATE "C" NOT NULL,
    object TEXT COLLATE "C" NOT NULL,
    can_list BOOLEAN NOT NULL,
    can_read BOOLEAN NOT NULL,
    can_write BOOLEAN NOT NULL,
    can_delete BOOLEAN NOT NULL,
    can_manage BOOLEAN NOT NULL,
    expires BIGINT,
    PRIMARY KEY (subject_kind, subject, object_kind, object)
);
INSERT INTO grants (subject_kind, subject, object_kind, object, can_list, can_read, can_write, can_delete, can_manage)
    SELECT 'account', account, 'collection', collection, TRUE, can_read, can_write, can_read AND can_write, FALSE
    FROM former_grants;
DROP TABLE former_grants;

-- Does everybody who has logged in see it listed, also without a grant?
ALTER TABLE collections ADD COLUMN listed BOOLEAN NOT NULL DEFAULT FALSE;
