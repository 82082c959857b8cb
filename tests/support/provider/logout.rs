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
        let key = self.shared.state().signers[0].header();
        LogoutToken {
            header: json!({
                "typ": "logout+jwt", "alg": key["alg"], "kid": key["kid"],
            }),
            claims: json!({
                "iss": self.issuer(), "aud": CLIENT_ID, "sub": person.sub, "sid": sid,
                "iat": now, "exp": now + 120, "jti": random(),
                "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
            }),
            signature: Signature::Good,
        }
    }

    /// Signs a logout token with the key of the moment, or with the one that it says.
    pub fn sign_logout(&self, token: &LogoutToken) -> String {
        let state = self.shared.state();
        let signer = state.signer(token.signature);
        let mut header = token.header.clone();
        if let Signature::With(_) = token.signature {
            for name in ["alg", "kid"] {
                header[name] = signer.header()[name].clone();
            }
        }
        signer.sign(&header, &token.claims, token.signature)
    }
}
