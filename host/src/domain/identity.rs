use serde_json::Value;

use super::{Claims, Email, Secret};

/// Tokens whose signature and claims held, each check of `protocol.md` K15 to K31 included.
///
/// Only `oidc::verify` makes one; a test of the architecture holds this.
#[derive(Debug, Clone)]
pub struct VerifiedTokens {
    issuer: String,
    subject: String,
    id_token: Value,
    access_token: Option<Value>,
    session: Option<String>,
    raw_id_token: Secret,
    raw_access_token: Secret,
}

/// What [`VerifiedTokens::attest`] vouches for.
#[derive(Debug, Clone)]
pub(crate) struct Attested {
    pub(crate) issuer: String,
    pub(crate) subject: String,
    /// Claims of the ID token, a JSON object.
    pub(crate) id_token: Value,
    /// Claims of the access token, where it was verified.
    pub(crate) access_token: Option<Value>,
    /// The ID token's `sid`.
    pub(crate) session: Option<String>,
    pub(crate) raw_id_token: Secret,
    pub(crate) raw_access_token: Secret,
}

impl VerifiedTokens {
    /// To be called by `oidc::verify` alone, after its last check.
    pub(crate) fn attest(attested: Attested) -> Self {
        let Attested {
            issuer,
            subject,
            id_token,
            access_token,
            session,
            raw_id_token,
            raw_access_token,
        } = attested;
        Self {
            issuer,
            subject,
            id_token,
            access_token,
            session,
            raw_id_token,
            raw_access_token,
        }
    }

    /// The subject of the ID token.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The access token, to be sent to the userinfo endpoint in a header and nowhere else.
    pub fn raw_access_token(&self) -> &Secret {
        &self.raw_access_token
    }
}

/// Who a verified sign-in is about, and everything the provider said. The identity is
/// (issuer, subject) and nothing else.
#[derive(Debug, Clone)]
#[expect(
    clippy::manual_non_exhaustive,
    reason = "the attribute would bind other crates only, and this is about our own modules"
)]
pub struct VerifiedIdentity {
    /// The provider's issuer, byte for byte.
    pub issuer: String,
    /// The provider's subject, case-sensitive.
    pub subject: String,
    /// The e-mail address, if there is a well-formed one.
    pub email: Option<Email>,
    /// A name to show.
    pub name: String,
    /// All claims by source.
    pub claims: Claims,
    /// The provider's session id, for single sign-out.
    pub provider_session: Option<String>,
    /// The ID token as it came, the hint of a later sign-out.
    pub raw_id_token: Secret,
    #[expect(
        dead_code,
        reason = "keeps everybody else from making one out of its parts"
    )]
    sealed: (),
}

impl VerifiedIdentity {
    /// The identity behind verified tokens. `userinfo` must have been checked to be about
    /// the same subject; name and e-mail are read from the configured source by the caller.
    pub(crate) fn new(
        tokens: VerifiedTokens,
        userinfo: Option<Value>,
        configured: super::Source,
        name: String,
        email: Option<Email>,
    ) -> Self {
        Self {
            issuer: tokens.issuer,
            subject: tokens.subject,
            email,
            name,
            claims: Claims {
                configured,
                id_token: tokens.id_token,
                access_token: tokens.access_token,
                userinfo,
            },
            provider_session: tokens.session,
            raw_id_token: tokens.raw_id_token,
            sealed: (),
        }
    }

    /// Claims of the verified ID token and access token, before an identity is made of them.
    pub(crate) fn documents(tokens: &VerifiedTokens) -> (&Value, Option<&Value>) {
        (&tokens.id_token, tokens.access_token.as_ref())
    }
}
