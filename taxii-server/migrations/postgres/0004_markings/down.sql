DROP INDEX objects_mixed;
DROP INDEX objects_unread;
ALTER TABLE objects DROP COLUMN is_mixed;
ALTER TABLE objects DROP COLUMN label;
DROP TABLE labels;
ALTER TABLE collections DROP COLUMN supply;
ALTER TABLE collections DROP COLUMN open_markings;
ALTER TABLE collections DROP COLUMN unmarked;
ALTER TABLE collections DROP COLUMN default_marking;
