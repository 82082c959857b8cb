-- One-time links for a local sign-in. `token_hash` is the SHA-256 of the token.
CREATE TABLE recovery_links (
    token_hash TEXT PRIMARY KEY NOT NULL,
    user_id    TEXT NOT NULL REFERENCES users (id),
    expires_at BIGINT NOT NULL
);
