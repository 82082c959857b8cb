//! A provider says that a session has ended.

use jiff::Timestamp;

use super::keys::NoKey;
use super::verify::logout::{self, ExpectedLogout, verify_logout};
use super::{Keys, OidcError, RelyingParty};
use crate::domain::{Code, VerifiedLogout};

impl RelyingParty {
    /// Verifies a logout token that arrived at the back channel.
    ///
    /// # Errors
    /// The token failed a check, or the provider's keys cannot be had: see
    /// [`OidcError::is_about_the_token`].
    pub async fn logout(&self, token: &str, now: Timestamp) -> Result<VerifiedLogout, OidcError> {
        let provider = self.provider();
        // Whoever posts rubbish does not make us ask the provider for anything.
        let expected = ExpectedLogout::new(provider, provider.issuer());
        let parsed = logout::parse(token, &expected)?;
        let metadata = self.metadata(now).await?;
        let known = |keys: &Keys| {
            let chosen = keys.choose(parsed.kid(), provider.signing_algorithm);
            chosen.err() != Some(NoKey::Unknown)
        };
        let keys = self.keys_of_strangers(&metadata.jwks, known, now).await?;
        let expected = ExpectedLogout::new(provider, &metadata.issuer);
        verify_logout(token, &keys, &expected, now)
    }

    /// Whether this is the provider's issuer, as far as that is known without asking it.
    pub fn is_issuer(&self, issuer: &str) -> bool {
        let configured = self.provider().issuer();
        match self.0.contact.issuer() {
            Some(known) => known == issuer,
            None => configured == issuer || configured.strip_suffix('/') == Some(issuer),
        }
    }
}

impl OidcError {
    /// The provider ended its session while the sign-in with it was under way.
    pub fn ended_meanwhile() -> Self {
        let detail = "the provider ended this session while the sign-in was under way";
        Self::token("sid", detail)
    }

    /// K43: a logout token that is shown again.
    pub fn repeated_logout() -> Self {
        Self::token("logout_token.jti", "this logout token was used before")
    }

    /// Whether a token failed a check, so that it is wrong however often it is sent. Otherwise
    /// the provider could not be asked, and the same token may hold later.
    pub fn is_about_the_token(&self) -> bool {
        matches!(self.code, Code::TokenInvalid | Code::ClockSkew)
    }
}
