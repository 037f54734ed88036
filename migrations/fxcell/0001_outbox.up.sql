-- The ids are the order of the log. A cache, or ids that are made anywhere else than by the table's default, would break the order, and the proof that
-- what is missing will never come.
CREATE SEQUENCE IF NOT EXISTS fxcell.outbox_id_seq AS bigint CACHE 1;

-- The log of events: rows are added and read, never changed, and leave with their partition.
CREATE TABLE IF NOT EXISTS fxcell.outbox (
  id         bigint      NOT NULL DEFAULT nextval('fxcell.outbox_id_seq'),
  shard      smallint    NOT NULL DEFAULT 0,
  topic      text        NOT NULL,
  key        text        NOT NULL, -- order is kept per topic and key; none without one
  kind       text        NOT NULL, -- the contract
  payload    bytea       NOT NULL,
  headers    jsonb       NOT NULL, -- the other attributes of the event
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id)
) PARTITION BY RANGE (id);
ALTER SEQUENCE fxcell.outbox_id_seq OWNED BY fxcell.outbox.id;

-- The partition in use and three ahead of it. There is no default partition: with one, none could be detached while others write.
CREATE TABLE IF NOT EXISTS fxcell.outbox_0 PARTITION OF fxcell.outbox FOR VALUES FROM (0) TO (1000000);
CREATE TABLE IF NOT EXISTS fxcell.outbox_1 PARTITION OF fxcell.outbox FOR VALUES FROM (1000000) TO (2000000);
CREATE TABLE IF NOT EXISTS fxcell.outbox_2 PARTITION OF fxcell.outbox FOR VALUES FROM (2000000) TO (3000000);
CREATE TABLE IF NOT EXISTS fxcell.outbox_3 PARTITION OF fxcell.outbox FOR VALUES FROM (3000000) TO (4000000);

-- Rows come in through the parent alone.
REVOKE INSERT ON fxcell.outbox_0, fxcell.outbox_1, fxcell.outbox_2, fxcell.outbox_3 FROM PUBLIC, CURRENT_USER;

-- The positions of readers: everything up to head was read but for the gaps. Only the owner of the newest epoch moves it, one version at a time.
CREATE TABLE IF NOT EXISTS fxcell.outbox_reader (
  reader     text           NOT NULL,
  shard      smallint       NOT NULL DEFAULT 0,
  epoch      bigint         NOT NULL DEFAULT 0,
  owner      uuid,
  version    bigint         NOT NULL DEFAULT 0,
  head       bigint         NOT NULL DEFAULT 0,
  gaps       int8multirange NOT NULL DEFAULT '{}',
  updated_at timestamptz    NOT NULL DEFAULT now(),
  PRIMARY KEY (reader, shard)
) WITH (fillfactor = 50); -- room for the next version of a row beside it

-- Until when an owner that is not heard of keeps its reader. Apart from the position, so that a heartbeat never waits for a transaction that moves it.
CREATE TABLE IF NOT EXISTS fxcell.outbox_lease (
  reader text        NOT NULL,
  shard  smallint    NOT NULL DEFAULT 0,
  owner  uuid        NOT NULL,
  until  timestamptz NOT NULL,
  PRIMARY KEY (reader, shard)
) WITH (fillfactor = 50);
