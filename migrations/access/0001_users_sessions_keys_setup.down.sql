DROP TABLE access.setup;
DROP TABLE access.signing_keys;
DROP TABLE access.sessions;
DROP TABLE access.users;
