//! Logout tokens, as Keycloak sends them to the back channel.

use serde_json::{Value, json};

use super::signer::random;
use super::token::now;
use super::{CLIENT_ID, Edit, Person, Provider, Signature};

/// A logout token before it is signed; by default one that holds.
#[derive(Debug, Clone)]
pub struct LogoutToken {
    /// The header.
    pub header: Value,
    /// The claims.
    pub claims: Value,
    /// How it is signed.
    pub signature: Signature,
}

impl LogoutToken {
    /// The same with another header.
    #[must_use]
    pub fn header(mut self, change: &Edit) -> Self {
        self.header = change.apply(self.header);
        self
    }

    /// The same with other claims.
    #[must_use]
    pub fn claims(mut self, change: &Edit) -> Self {
        self.claims = change.apply(self.claims);
        self
    }

    /// The same, signed otherwise.
    #[must_use]
    pub fn signed(mut self, signature: Signature) -> Self {
        self.signature = signature;
        self
    }
}

impl Provider {
    /// The `sid` of the latest sign-in.
    pub fn latest_session(&self) -> String {
        self.shared.state().latest_session.clone()
    }

    /// A logout token about a session of somebody.
    pub fn logout_token(&self, person: &Person, sid: &str) -> LogoutToken {
        let now = now();
        LogoutToken {
            header: json!({
                "alg": "RS256", "typ": "logout+jwt", "kid": self.shared.state().signers[0].header()["kid"],
            }),
            claims: json!({
                "iss": self.issuer(), "aud": CLIENT_ID, "sub": person.sub, "sid": sid,
                "iat": now, "exp": now + 120, "jti": random(),
                "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
            }),
            signature: Signature::Good,
        }
    }

    /// Signs a logout token with the key of the moment.
    pub fn sign_logout(&self, token: &LogoutToken) -> String {
        let state = self.shared.state();
        state.signers[0].sign(&token.header, &token.claims, token.signature)
    }
}
