ALTER TABLE collections DROP COLUMN ingest;
