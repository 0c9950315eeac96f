-- What the markings of objects mean in a collection, for those who do not see everything: the level of TLP of objects without one,
-- whether objects without markings are visible or hidden, definitions that restrict nobody (separated by spaces), and whether pages
-- bring along what their objects refer to.
ALTER TABLE collections ADD COLUMN default_marking TEXT;
ALTER TABLE collections ADD COLUMN unmarked TEXT NOT NULL DEFAULT 'visible';
ALTER TABLE collections ADD COLUMN open_markings TEXT NOT NULL DEFAULT '';
ALTER TABLE collections ADD COLUMN supply BOOLEAN NOT NULL DEFAULT FALSE;

-- The distinct labels of a collection's entries (see store/label.rs), numbered from 1. Rows are only added. Equal texts have one number:
-- whoever adds one has made sure, while nobody else writes to the collection.
CREATE TABLE labels (
    collection BIGINT NOT NULL REFERENCES collections (number) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (collection, number)
);

-- The entry's label: 0 if it has no markings, -1 if nobody has looked yet. Nobody who does not see everything is shown a collection with
-- such entries; they are read in small steps.
ALTER TABLE objects ADD COLUMN label BIGINT NOT NULL DEFAULT -1;
-- May the entries of the object have different labels? Then the standing above says nothing to those who do not see all of them.
ALTER TABLE objects ADD COLUMN is_mixed BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX objects_unread ON objects (collection, added) WHERE label < 0;
CREATE INDEX objects_mixed ON objects (collection, added) WHERE is_mixed;

-- What SQLite's planner would otherwise guess: few have more than one label.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('objects', 'objects_unread', '1000 1000 1'),
    ('objects', 'objects_mixed', '10000 5000 1');
