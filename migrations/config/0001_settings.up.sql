-- Settings. Keys sort and are searched by bytes.

-- One row for each key that was ever in use: a deleted setting leaves its last version's number, and the key goes on counting from there.
CREATE TABLE config.settings (
    key         text        COLLATE "C" NOT NULL CONSTRAINT settings_pkey PRIMARY KEY,
    version     bigint      NOT NULL CONSTRAINT settings_version_check CHECK (version > 0),
    id          uuid,
    type        text,
    schema      text,
    sensitive   boolean,
    value       bytea,
    rollback_of bigint,
    created_at  timestamptz,
    updated_at  timestamptz,
    CONSTRAINT settings_whole_check CHECK (num_nulls(id, type, schema, sensitive, value, rollback_of, created_at, updated_at) IN (0, 8))
);

-- The newest versions of each setting, the current one among them.
CREATE TABLE config.versions (
    key         text        COLLATE "C" NOT NULL,
    version     bigint      NOT NULL,
    id          uuid        NOT NULL,
    type        text        NOT NULL,
    schema      text        NOT NULL,
    sensitive   boolean     NOT NULL,
    value       bytea       NOT NULL,
    rollback_of bigint      NOT NULL,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    CONSTRAINT versions_pkey PRIMARY KEY (key, version)
);

-- The newest publication of each setting.
CREATE TABLE config.publications (
    key          text        COLLATE "C" NOT NULL CONSTRAINT publications_pkey PRIMARY KEY,
    id           uuid        NOT NULL,
    config_id    uuid        NOT NULL,
    version      bigint      NOT NULL,
    value        bytea       NOT NULL,
    sensitive    boolean     NOT NULL,
    revision     bigint      NOT NULL,
    published_at timestamptz NOT NULL
);

-- One row: the revision of the last publication. Whoever publishes locks it.
CREATE TABLE config.revisions (
    one  boolean NOT NULL DEFAULT true CONSTRAINT revisions_pkey PRIMARY KEY CONSTRAINT revisions_one_check CHECK (one),
    last bigint  NOT NULL
);
INSERT INTO config.revisions (last) VALUES (0);

REVOKE ALL ON config.settings, config.versions, config.publications, config.revisions FROM PUBLIC;
