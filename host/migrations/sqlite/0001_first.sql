-- Times are Unix milliseconds. Origin says who granted something: `idp` (a policy, from claims)
-- or `manual` (a person, an invitation, a directory file). Origin is part of the key, so that both
-- can hold at once and neither takes the other away.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
);

CREATE TABLE companies (
    id         TEXT PRIMARY KEY NOT NULL,
    name       TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE domains (
    domain     TEXT PRIMARY KEY NOT NULL,
    company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL
);
CREATE INDEX domains_company ON domains (company_id);

-- A deleted user stays as a tombstone without name and e-mail address: their identities keep
-- pointing at it.
CREATE TABLE users (
    id           TEXT PRIMARY KEY NOT NULL,
    name         TEXT NOT NULL,
    email        TEXT,
    disabled     BOOLEAN NOT NULL DEFAULT FALSE,
    operator     BOOLEAN NOT NULL DEFAULT FALSE,
    created_at   BIGINT NOT NULL,
    signed_in_at BIGINT,
    deleted_at   BIGINT
);
CREATE UNIQUE INDEX users_email ON users (email) WHERE deleted_at IS NULL;

CREATE TABLE identities (
    issuer     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    user_id    TEXT NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX identities_user ON identities (user_id);

-- One company per user: the key says so.
CREATE TABLE memberships (
    user_id    TEXT PRIMARY KEY NOT NULL REFERENCES users (id),
    company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
    origin     TEXT NOT NULL CHECK (origin IN ('idp', 'manual')),
    since      BIGINT NOT NULL
);
CREATE INDEX memberships_company ON memberships (company_id);

-- Counts only where the user is a member of the company.
CREATE TABLE administrators (
    user_id    TEXT NOT NULL REFERENCES users (id),
    company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
    origin     TEXT NOT NULL CHECK (origin IN ('idp', 'manual')),
    since      BIGINT NOT NULL,
    PRIMARY KEY (user_id, company_id, origin)
);
CREATE INDEX administrators_company ON administrators (company_id);

-- `folded` is the name in Unicode lower case, made by Usher: databases fold differently.
CREATE TABLE user_groups (
    company_id TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    folded     TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (company_id, name)
);
CREATE INDEX user_groups_folded ON user_groups (company_id, folded);

-- Counts only where the user is a member of the company.
CREATE TABLE group_members (
    user_id    TEXT NOT NULL REFERENCES users (id),
    company_id TEXT NOT NULL,
    group_name TEXT NOT NULL,
    origin     TEXT NOT NULL CHECK (origin IN ('idp', 'manual')),
    since      BIGINT NOT NULL,
    PRIMARY KEY (user_id, company_id, group_name, origin),
    FOREIGN KEY (company_id, group_name) REFERENCES user_groups (company_id, name)
        ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX group_members_group ON group_members (company_id, group_name);

-- Accepted invitations are kept; one open invitation per e-mail address over the installation.
CREATE TABLE invitations (
    email       TEXT NOT NULL,
    company_id  TEXT NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
    role        TEXT NOT NULL CHECK (role IN ('user', 'admin')),
    created_at  BIGINT NOT NULL,
    accepted_at BIGINT,
    accepted_by TEXT REFERENCES users (id),
    PRIMARY KEY (email, company_id, created_at)
);
CREATE UNIQUE INDEX invitations_open ON invitations (email) WHERE accepted_at IS NULL;
CREATE INDEX invitations_company ON invitations (company_id);

-- `id` is the SHA-256 of the cookie. `id_token` is sealed.
CREATE TABLE sessions (
    id           TEXT PRIMARY KEY NOT NULL,
    user_id      TEXT NOT NULL REFERENCES users (id),
    provider     TEXT NOT NULL,
    issuer       TEXT NOT NULL,
    subject      TEXT NOT NULL,
    sid          TEXT,
    id_token     BLOB NOT NULL,
    attributes   TEXT NOT NULL,
    reference    TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_sid ON sessions (issuer, sid);
CREATE INDEX sessions_identity ON sessions (issuer, subject);
CREATE INDEX sessions_last_seen ON sessions (last_seen_at);

-- Sign-ins on their way to a provider and back. `handshake` is sealed.
CREATE TABLE attempts (
    state_hash   TEXT PRIMARY KEY NOT NULL,
    browser_hash TEXT NOT NULL,
    provider     TEXT NOT NULL,
    handshake    BLOB NOT NULL,
    return_to    TEXT NOT NULL,
    company_id   TEXT,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL
);
CREATE INDEX attempts_expiry ON attempts (expires_at);

-- The decision log. Outlives users and companies, so it refers to neither. `record` holds no claim
-- value; those are in `evidence` and `claims`, sealed, until `values_until`.
CREATE TABLE audit (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    reference    TEXT NOT NULL UNIQUE,
    time         BIGINT NOT NULL,
    kind         TEXT NOT NULL,
    outcome      TEXT NOT NULL,
    code         TEXT,
    provider     TEXT,
    record       TEXT NOT NULL,
    evidence     BLOB,
    claims       BLOB,
    values_until BIGINT
);
CREATE INDEX audit_values_until ON audit (values_until);
