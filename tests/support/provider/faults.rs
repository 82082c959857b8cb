use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::{Algorithm, Endpoint};

/// Everything that can be wrong. The default is a provider that behaves.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// What an endpoint says instead of its answer.
    pub says: BTreeMap<Endpoint, Says>,
    /// Changes the metadata.
    pub metadata: Edit,
    /// Changes the published key set.
    pub jwks: Edit,
    /// The authorization endpoint answers `error=` with this code and a hostile description.
    pub error: Option<String>,
    /// The `iss` of the authorization response (RFC 9207).
    pub iss: Iss,
    /// The `state` of the authorization response: another one, or, if `Some(None)`, none.
    pub state: Option<Option<String>>,
    /// Another nonce in the ID token.
    pub nonce: Option<String>,
    /// Changes the ID token's header.
    pub id_header: Edit,
    /// Changes the ID token's claims.
    pub id_claims: Edit,
    /// How the ID token is signed.
    pub id_signature: Signature,
    /// Changes the access token's header.
    pub access_header: Edit,
    /// Changes the access token's claims.
    pub access_claims: Edit,
    /// How the access token is signed.
    pub access_signature: Signature,
    /// The access token is a random text instead of a JWT.
    pub opaque_access_token: bool,
    /// Changes the answer of the token endpoint.
    pub token_answer: Edit,
    /// Changes the claims of userinfo.
    pub userinfo: Edit,
    /// Userinfo answers with a signed JWT.
    pub userinfo_signed: bool,
    /// How that JWT is signed.
    pub userinfo_signature: Signature,
    /// How far the provider's clock is ahead, in seconds.
    pub clock_ahead: i64,
    /// Sign-out comes back without `state`.
    pub end_session_without_state: bool,
}

/// What an endpoint says instead of its answer.
#[derive(Debug, Clone)]
pub enum Says {
    /// A page, with status 200.
    Html,
    /// This status, with a hostile body.
    Status(u16),
    /// A redirect to this URL.
    Redirect(String),
    /// This text, as JSON.
    Text(String),
    /// Its answer, but so much later.
    Late(Duration),
    /// JSON that goes on with one byte a second and never ends.
    Drip,
    /// JSON that goes on as fast as it is read and never ends.
    Endless,
    /// These bytes, announced as compressed with gzip.
    Gzip(Vec<u8>),
}

/// The `iss` of the authorization response.
#[derive(Debug, Clone, Default)]
pub enum Iss {
    /// The issuer.
    #[default]
    Right,
    /// None, though it is announced.
    Missing,
    /// Another one.
    Wrong(String),
}

/// How a token is signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Signature {
    /// With the published key.
    #[default]
    Good,
    /// With a key that nobody publishes.
    Foreign,
    /// Not at all.
    Nothing,
    /// With an HMAC keyed with the public key.
    Hmac,
    /// With the published key of this algorithm, which the header names.
    With(Algorithm),
}

/// A change to a JSON document; by default none.
#[derive(Clone, Default)]
pub struct Edit(Option<Arc<Change>>);

type Change = dyn Fn(&mut Value) + Send + Sync;

/// A change by a closure.
pub fn edit(change: impl Fn(&mut Value) + Send + Sync + 'static) -> Edit {
    Edit(Some(Arc::new(change)))
}

/// The change that takes a member away.
pub fn without(name: &'static str) -> Edit {
    edit(move |document| {
        if let Some(object) = document.as_object_mut() {
            object.remove(name);
        }
    })
}

impl Edit {
    pub(super) fn apply(&self, mut document: Value) -> Value {
        if let Some(change) = &self.0 {
            change(&mut document);
        }
        document
    }
}

impl fmt::Debug for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "edit" } else { "none" })
    }
}
