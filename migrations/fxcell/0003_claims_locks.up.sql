-- Leases: a row is its holder's until the time in it, by the clock of the server. It stays for a while after, so that the fence of the next holder is
-- greater even if the clock goes back.
CREATE TABLE IF NOT EXISTS fxcell.lock (
  name  text        NOT NULL,
  token text        NOT NULL, -- the holder
  fence bigint      NOT NULL, -- microseconds, or one more than the last
  until timestamptz NOT NULL,
  PRIMARY KEY (name)
) WITH (fillfactor = 50); -- room for the next version of a row beside it
CREATE INDEX IF NOT EXISTS lock_until ON fxcell.lock (until);

CREATE TABLE IF NOT EXISTS fxcell.claim (
  key   text        NOT NULL,
  token text        NOT NULL,
  fence bigint      NOT NULL,
  until timestamptz NOT NULL, -- the end of the lease, or of the retention of what is done
  done  boolean     NOT NULL DEFAULT false,
  PRIMARY KEY (key)
) WITH (fillfactor = 50);
CREATE INDEX IF NOT EXISTS claim_until ON fxcell.claim (until);

-- Attempts: how many, until when there may be none, and when they are forgotten.
CREATE TABLE IF NOT EXISTS fxcell.attempt (
  key     text        NOT NULL,
  n       integer     NOT NULL,
  blocked timestamptz NOT NULL,
  until   timestamptz NOT NULL,
  PRIMARY KEY (key)
) WITH (fillfactor = 50);
CREATE INDEX IF NOT EXISTS attempt_until ON fxcell.attempt (until);
