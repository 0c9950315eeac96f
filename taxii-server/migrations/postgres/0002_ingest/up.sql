-- How closely a collection looks at what is added: off, head, schema-valid or strict.
ALTER TABLE collections ADD COLUMN ingest TEXT NOT NULL DEFAULT 'head';
