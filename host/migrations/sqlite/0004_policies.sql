-- Which policy decides the sign-ins of each provider, and what was refused since. `path` is absent
-- for the built-in default policy. The component itself lies beside the database.
CREATE TABLE policies (
    provider        TEXT PRIMARY KEY NOT NULL,
    path            TEXT,
    sha256          TEXT NOT NULL,
    contract        TEXT NOT NULL,
    since           BIGINT NOT NULL,
    refused_at      BIGINT,
    refused_step    TEXT,
    refused_message TEXT,
    refused_sha256  TEXT
);
