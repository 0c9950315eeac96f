DROP TABLE counterparts;
DROP TABLE flows;
DROP TABLE agreements;
DROP TABLE partners;
DROP TABLE conflicts;
DROP TABLE deletions;
ALTER TABLE objects DROP COLUMN provenance;
