-- What readers have handled, where the position on the log does not tell: the last id of each topic and key.
CREATE TABLE IF NOT EXISTS fxcell.inbox (
  reader  text   NOT NULL,
  topic   text   NOT NULL,
  key     text   NOT NULL, -- of a long one the digest
  last_id bigint NOT NULL,
  PRIMARY KEY (reader, topic, key)
) WITH (fillfactor = 50); -- room for the next version of a row beside it

-- Events without a key have no order, hence no last one: each is remembered by itself, until it is older than the retention.
CREATE TABLE IF NOT EXISTS fxcell.inbox_seen (
  reader   text        NOT NULL,
  event_id text        NOT NULL, -- of a long one the digest
  id       bigint      NOT NULL, -- the place in the log
  seen_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (reader, event_id)
);
CREATE INDEX IF NOT EXISTS inbox_seen_at ON fxcell.inbox_seen (seen_at);

-- The events that readers gave up on, as they were.
CREATE TABLE IF NOT EXISTS fxcell.outbox_dead (
  reader        text        NOT NULL,
  id            bigint      NOT NULL, -- the place in the log
  event_id      text        NOT NULL,
  kind          text        NOT NULL, -- the contract
  topic         text        NOT NULL,
  key           text        NOT NULL,
  source        text        NOT NULL,
  subject       text        NOT NULL,
  created_at    timestamptz NOT NULL, -- when it was published
  actor_kind    text        NOT NULL,
  actor_id      text        NOT NULL,
  actor_session text        NOT NULL,
  actor_address text        NOT NULL,
  request       text        NOT NULL,
  correlation   text        NOT NULL,
  traceparent   text        NOT NULL,
  tracestate    text        NOT NULL,
  payload       bytea       NOT NULL,
  attempts      integer     NOT NULL,
  reason        text        NOT NULL,
  held          boolean     NOT NULL, -- it was not tried: an earlier event of its key is here
  parked_at     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (reader, id, event_id)
);
CREATE INDEX IF NOT EXISTS outbox_dead_key ON fxcell.outbox_dead (reader, topic, hashtextextended(key, 0)); -- a key may be longer than an index takes
