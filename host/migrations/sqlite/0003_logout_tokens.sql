-- Logout tokens that were obeyed, by a hash of issuer and `jti`: each counts once. Kept for as long
-- as the token itself would be taken.
CREATE TABLE logout_tokens (
    token_hash TEXT PRIMARY KEY NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX logout_tokens_expiry ON logout_tokens (expires_at);
