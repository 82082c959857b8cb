-- Logout tokens that were obeyed, by a hash of issuer and `jti`: each counts once. Kept for as long
-- as the token itself would be taken. `whose` is a hash of issuer and `sid` or `sub`: a sign-in
-- that was under way when the token came must not open what was just ended.
CREATE TABLE logout_tokens (
    token_hash  TEXT PRIMARY KEY NOT NULL,
    whose       TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL
);
CREATE INDEX logout_tokens_whose ON logout_tokens (whose);
CREATE INDEX logout_tokens_expiry ON logout_tokens (expires_at);
