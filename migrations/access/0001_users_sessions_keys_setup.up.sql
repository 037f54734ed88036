CREATE TABLE access.users (
    id             text PRIMARY KEY,
    username       text NOT NULL,                -- as it is shown
    username_key   text NOT NULL,                -- the same for names that look alike
    email          text NOT NULL,
    email_key      text NOT NULL,
    password       text NOT NULL,                -- the hash, empty without a password
    reset_required boolean NOT NULL,
    roles          text[] NOT NULL,
    status         text NOT NULL,
    epoch          bigint NOT NULL,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    CONSTRAINT users_username_key UNIQUE (username_key),
    CONSTRAINT users_email_key UNIQUE (email_key)
);

-- A session has no foreign key to its user: the one that logs in is read before, and who no longer exists is refused when the session is checked.
CREATE TABLE access.sessions (
    id         text PRIMARY KEY,
    user_id    text NOT NULL,
    started_at timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL,
    revoked_at timestamptz                       -- null while nobody ended it
);

CREATE INDEX sessions_ends_at ON access.sessions (ends_at, id);

CREATE TABLE access.signing_keys (
    id          text PRIMARY KEY,                -- RFC 7638 thumbprint, the kid of tokens
    algorithm   text NOT NULL,
    public      bytea NOT NULL,                  -- PKIX, DER
    private     bytea NOT NULL,                  -- wrapped; empty once retired
    private_key text NOT NULL,                   -- which key-encryption key wrapped it
    state       text NOT NULL CONSTRAINT signing_keys_state CHECK (state IN ('next', 'active', 'retired')),
    created_at  timestamptz NOT NULL,
    active_at   timestamptz,                     -- null while next
    retired_at  timestamptz,                     -- null before
    CONSTRAINT signing_keys_retired CHECK ((state = 'retired') = (retired_at IS NOT NULL))
);

-- At most one key is next, and at most one active.
CREATE UNIQUE INDEX signing_keys_one ON access.signing_keys (state) WHERE state <> 'retired';

CREATE TABLE access.setup (
    id           integer PRIMARY KEY CONSTRAINT setup_one_row CHECK (id = 1),
    token_hash   bytea NOT NULL,                 -- SHA-256
    expires_at   timestamptz NOT NULL,
    completed_at timestamptz                     -- null while no administrator was ever created
);
