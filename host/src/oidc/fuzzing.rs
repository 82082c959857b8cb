//! What strangers send, read without the network that brings it: for `fuzz/`.

use serde_json::{Map, Value};
use url::Url;

use super::discovery::Metadata;
use super::{Expected, Keys, OidcError, json, userinfo};
use crate::domain::Provider;

/// A JSON object, as every document of a provider is read.
///
/// # Errors
/// In words, why it is none.
pub fn object(bytes: &[u8]) -> Result<Map<String, Value>, String> {
    json::object(bytes).map_err(|reason| reason.to_string())
}

/// A JWK Set.
///
/// # Errors
/// It holds no usable key.
pub fn keys(bytes: &[u8]) -> Result<Keys, OidcError> {
    Keys::parse(bytes)
}

/// The endpoints in a provider's metadata.
///
/// # Errors
/// The metadata are none, or not to be used.
pub fn endpoints(bytes: &[u8], provider: &Provider) -> Result<Vec<Url>, OidcError> {
    let document = json::object(bytes);
    let document = document.map_err(|e| OidcError::provider("discovery.json", e.to_string()))?;
    let metadata = Metadata::check(provider, &document)?;
    let required = [metadata.authorization, metadata.token, metadata.jwks];
    let optional = metadata.userinfo.into_iter().chain(metadata.end_session);
    Ok(required.into_iter().chain(optional).collect())
}

/// The claims in an answer of the userinfo endpoint.
///
/// # Errors
/// The first check that failed.
pub fn userinfo(
    kind: &str,
    body: &[u8],
    subject: &str,
    keys: &Keys,
    expected: &Expected,
) -> Result<Value, OidcError> {
    let signed = userinfo::Signed {
        keys,
        algorithm: expected.algorithm,
        issuer: &expected.issuer,
        client_id: &expected.client_id,
    };
    userinfo::claims(kind, body, subject, &signed)
}
