-- What the tables from before cannot say is left out: nobody may do more than now.
ALTER TABLE collections DROP COLUMN listed;

ALTER TABLE grants RENAME TO later_grants;
CREATE TABLE grants (
    account TEXT NOT NULL REFERENCES accounts (name) ON DELETE CASCADE,
    collection TEXT NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    can_read BOOLEAN NOT NULL,
    can_write BOOLEAN NOT NULL,
    PRIMARY KEY (account, collection)
);
INSERT INTO grants (account, collection, can_read, can_write)
    SELECT subject, object, can_read, can_write FROM later_grants
    WHERE subject_kind = 'account' AND object_kind = 'collection' AND expires IS NULL;
DROP TABLE later_grants;

ALTER TABLE accounts ADD COLUMN password TEXT;
UPDATE accounts SET password =
    (SELECT max(secret) FROM credentials WHERE account = accounts.name AND kind = 'password' AND expires IS NULL AND collections IS NULL
        AND scope = 'list,read,write,delete,manage' AND accounts.enabled);
CREATE TABLE keys (
    id TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (name) ON DELETE CASCADE,
    label TEXT NOT NULL,
    digest TEXT NOT NULL UNIQUE,
    created BIGINT NOT NULL
);
INSERT INTO keys (id, account, label, digest, created)
    SELECT id, account, name, secret, created FROM credentials 
    WHERE kind = 'key' AND expires IS NULL AND collections IS NULL AND scope = 'list,read,write,delete,manage'
        AND account IN (SELECT name FROM accounts WHERE enabled);
DROP TABLE credentials;
DROP TABLE group_members;
DROP TABLE groups;
ALTER TABLE accounts DROP COLUMN enabled;
ALTER TABLE accounts DROP COLUMN clearance;
ALTER TABLE accounts DROP COLUMN organisation;
DROP TABLE organisations;
