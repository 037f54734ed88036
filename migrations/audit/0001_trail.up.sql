-- The audit trail. Entries are added and read, and nothing else: a trigger refuses the rest to everybody, and the role that owns the table gives up
-- the right to it. A role that is not the owner gets no more by
--   GRANT USAGE ON SCHEMA audit TO …; GRANT SELECT, INSERT ON audit.entries, audit.keys TO …; GRANT SELECT, UPDATE ON audit.heads TO …;

-- What is sealed is kept as bytes, as the MAC covers it. The other columns are what entries are found by; the check holds them against the bytes.
CREATE TABLE audit.entries (
    chain      text        NOT NULL,
    seq        bigint      NOT NULL CONSTRAINT entries_seq_check CHECK (seq > 0),
    at         timestamptz NOT NULL,
    event_id   text        NOT NULL,
    event_type text        NOT NULL,
    actor_kind text        NOT NULL,
    actor_id   text        NOT NULL,
    action     text        NOT NULL,
    target     text        NOT NULL,
    outcome    text        NOT NULL,
    sealed     bytea       NOT NULL,
    mac        bytea       NOT NULL,
    CONSTRAINT entries_pkey PRIMARY KEY (chain, seq),
    CONSTRAINT entries_event_id_key UNIQUE (chain, event_id)
);
CREATE INDEX entries_at_idx ON audit.entries (at, seq);
CREATE INDEX entries_actor_id_idx ON audit.entries (actor_id, seq);
CREATE INDEX entries_action_idx ON audit.entries (action, seq);
CREATE INDEX entries_target_idx ON audit.entries (target, seq);

-- One row a chain, from before its first entry on: whoever appends locks it. Until then it names no key and has no MAC.
CREATE TABLE audit.heads (
    chain  text   NOT NULL CONSTRAINT heads_pkey PRIMARY KEY,
    size   bigint NOT NULL,
    last   bytea  NOT NULL,
    key_id text   NOT NULL,
    mac    bytea
);
INSERT INTO audit.heads (chain, size, last, key_id) VALUES ('audit', 0, decode(repeat('00', 32), 'hex'), '');

-- The MAC keys, each wrapped by a key that is not in this database.
CREATE TABLE audit.keys (
    number     bigint      NOT NULL CONSTRAINT keys_pkey PRIMARY KEY,
    created_at timestamptz NOT NULL,
    kek        text        NOT NULL,
    wrapped    bytea       NOT NULL
);

CREATE FUNCTION audit.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit.% is never the target of %', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER entries_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.entries EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER heads_stay BEFORE DELETE OR TRUNCATE ON audit.heads EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER keys_stay BEFORE DELETE OR TRUNCATE ON audit.keys EXECUTE FUNCTION audit.refuse();
-- Also where session_replication_role turns triggers off.
ALTER TABLE audit.entries ENABLE ALWAYS TRIGGER entries_stay;
ALTER TABLE audit.heads ENABLE ALWAYS TRIGGER heads_stay;
ALTER TABLE audit.keys ENABLE ALWAYS TRIGGER keys_stay;

REVOKE ALL ON audit.entries, audit.heads, audit.keys FROM PUBLIC;
REVOKE UPDATE, DELETE, TRUNCATE ON audit.entries FROM CURRENT_USER;
REVOKE DELETE, TRUNCATE ON audit.heads, audit.keys FROM CURRENT_USER;
