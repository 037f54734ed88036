DROP TABLE IF EXISTS fxcell.outbox_lease;
DROP TABLE IF EXISTS fxcell.outbox_reader;
DROP TABLE IF EXISTS fxcell.outbox; -- with its partitions and its sequence
DROP SEQUENCE IF EXISTS fxcell.outbox_id_seq;
