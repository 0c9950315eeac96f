DROP TABLE pollers;
DROP TABLE tombstones;
DROP TABLE audit_head;
DROP TABLE audit;
