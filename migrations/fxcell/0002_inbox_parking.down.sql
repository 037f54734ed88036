DROP TABLE IF EXISTS fxcell.outbox_dead;
DROP TABLE IF EXISTS fxcell.inbox_seen;
DROP TABLE IF EXISTS fxcell.inbox;
