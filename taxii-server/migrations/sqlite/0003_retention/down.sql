DROP TABLE leases;
DROP TABLE validity_backfill;
DROP INDEX objects_by_validity;
ALTER TABLE objects DROP COLUMN valid_until;
ALTER TABLE collections DROP COLUMN keep_objects;
ALTER TABLE collections DROP COLUMN keep_expired_days;
ALTER TABLE collections DROP COLUMN keep_days;
