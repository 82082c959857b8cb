//! Trades the code for tokens at the token endpoint.

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreIdToken,
    CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreRevocableToken,
    CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AccessToken, AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, Client, ClientId,
    ClientSecret, EmptyAdditionalClaims, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse,
    IssuerUrl, JsonWebKeySet, OAuth2TokenResponse, PkceCodeVerifier, RedirectUrl, RefreshToken,
    RequestTokenError, Scope, StandardErrorResponse, TokenResponse, TokenUrl,
};
use serde::{Deserialize, Deserializer, Serialize};
use url::Url;

use super::assertion::ClientKey;
use super::discovery::Metadata;
use super::outbound::{Failure, Gate};
use super::{Handshake, OidcError};
use crate::domain::{ClientAuth, Provider, Secret};

/// What the token endpoint gave, before anything of it is believed.
#[derive(Debug, Clone)]
pub struct Tokens {
    pub(super) id_token: Secret,
    pub(super) access_token: Secret,
}

impl Tokens {
    /// Tokens as they came.
    pub fn new(id_token: Secret, access_token: Secret) -> Self {
        Self {
            id_token,
            access_token,
        }
    }
}

type Refused = StandardErrorResponse<CoreErrorResponseType>;

/// The client of `openidconnect`, used for its requests alone: whatever comes back is read
/// and verified by ourselves.
pub(super) type Requests = Client<
    EmptyAdditionalClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    Refused,
    Answer,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
    EndpointNotSet,
>;

pub(super) fn client(provider: &Provider, metadata: &Metadata) -> Requests {
    // Only its verifier, which we do not use, would read the issuer and the keys.
    let issuer = IssuerUrl::from_url(metadata.authorization.clone());
    Client::new(
        ClientId::new(provider.client_id.clone()),
        issuer,
        JsonWebKeySet::default(),
    )
    .set_auth_uri(AuthUrl::from_url(metadata.authorization.clone()))
    .set_token_uri(TokenUrl::from_url(metadata.token.clone()))
}

/// Redeems one code, once.
pub(super) async fn redeem(
    gate: &Gate,
    provider: &Provider,
    metadata: &Metadata,
    redirect_uri: &Url,
    handshake: &Handshake,
    code: &Secret,
    now: Timestamp,
) -> Result<Tokens, OidcError> {
    let exchange = Exchange::new(provider, metadata, redirect_uri, handshake, code, now)?;
    match ask(gate, exchange).await {
        Ok(answer) => answer.tokens(),
        Err((error, status)) => Err(refused(error, status)),
    }
}

/// Shows the token endpoint a code that it never gave. A provider proves the client first, so
/// what it says about the code tells that it knows us.
///
/// # Errors
/// It does not, or there is no answer.
pub(super) async fn knows_us(
    gate: &Gate,
    provider: &Provider,
    metadata: &Metadata,
    redirect_uri: &Url,
    handshake: &Handshake,
    now: Timestamp,
) -> Result<(), OidcError> {
    let code = Secret::new("none-usher-doctor");
    let exchange = Exchange::new(provider, metadata, redirect_uri, handshake, &code, now)?;
    match ask(gate, exchange).await {
        Err((RequestTokenError::ServerResponse(response), _))
            if *response.error() == CoreErrorResponseType::InvalidGrant =>
        {
            Ok(())
        }
        Err((error, status)) => Err(refused(error, status)),
        Ok(_) => {
            let detail = "the token endpoint gave tokens for a code that it never issued";
            Err(OidcError::provider("token.answer", detail))
        }
    }
}

struct Exchange {
    client: Requests,
    code: AuthorizationCode,
    verifier: PkceCodeVerifier,
    redirect_uri: RedirectUrl,
    proof: Vec<(&'static str, String)>,
}

impl Exchange {
    fn new(
        provider: &Provider,
        metadata: &Metadata,
        redirect_uri: &Url,
        handshake: &Handshake,
        code: &Secret,
        now: Timestamp,
    ) -> Result<Self, OidcError> {
        let mut proof = Vec::new();
        if let ClientAuth::PrivateKeyJwt(pem) = &provider.client_auth {
            let key = ClientKey::read(pem)?;
            let assertion =
                key.assert(&provider.client_id, &metadata.issuer, &handshake.state, now)?;
            let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
            proof.push(("client_assertion_type", kind.to_owned()));
            proof.push(("client_assertion", assertion));
        }
        Ok(Self {
            client: authenticated(client(provider, metadata), provider),
            code: AuthorizationCode::new(code.expose().to_owned()),
            verifier: PkceCodeVerifier::new(handshake.verifier.expose().to_owned()),
            redirect_uri: RedirectUrl::from_url(redirect_uri.clone()),
            proof,
        })
    }
}

/// An error of the token endpoint, with the status it came with.
type Unanswered = (RequestTokenError<Failure, Refused>, u16);

async fn ask(gate: &Gate, exchange: Exchange) -> Result<Answer, Unanswered> {
    let sender = Sender {
        gate: gate.clone(),
        status: AtomicU16::new(0),
    };
    let mut request = exchange
        .client
        .exchange_code(exchange.code)
        .set_pkce_verifier(exchange.verifier)
        .set_redirect_uri(Cow::Owned(exchange.redirect_uri));
    for (name, value) in exchange.proof {
        request = request.add_extra_param(name, value);
    }
    let answer = request.request_async(&sender).await;
    answer.map_err(|error| (error, sender.status.into_inner()))
}

/// Sends the library's request through our client, and remembers the status for the error. A
/// type of its own, because the compiler cannot see that the future of a closure is `Send`.
struct Sender {
    gate: Gate,
    status: AtomicU16,
}

impl<'c> AsyncHttpClient<'c> for Sender {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Failure>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let answer = self.gate.send(request).await?;
            self.status
                .store(answer.status().as_u16(), Ordering::Relaxed);
            Ok(answer)
        })
    }
}

/// `client_secret_basic` with both halves form-urlencoded (K33), `client_secret_post`, or no
/// secret at all beside a signed assertion.
fn authenticated(client: Requests, provider: &Provider) -> Requests {
    let secret = provider.client_secret.as_ref();
    let secret = secret.map(|secret| ClientSecret::new(secret.expose().to_owned()));
    match (&provider.client_auth, secret) {
        (ClientAuth::SecretBasic, Some(secret)) => client
            .set_client_secret(secret)
            .set_auth_type(AuthType::BasicAuth),
        (ClientAuth::SecretPost, Some(secret)) => client
            .set_client_secret(secret)
            .set_auth_type(AuthType::RequestBody),
        _ => client.set_auth_type(AuthType::RequestBody),
    }
}

/// The answer of the token endpoint. Members that we do not need are not read, so that their
/// form cannot break a sign-in: `expires_in` may be absent or a string.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Answer {
    access_token: AccessToken,
    #[serde(deserialize_with = "token_type")]
    token_type: CoreTokenType,
    #[serde(skip_serializing, default)]
    id_token: Option<IdToken>,
}

/// Not a plain string: the answer has `Debug`.
#[derive(Deserialize)]
#[serde(transparent)]
struct IdToken(String);

impl std::fmt::Debug for IdToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Answer {
    fn tokens(self) -> Result<Tokens, OidcError> {
        if self.token_type != CoreTokenType::Bearer {
            let detail = "the token endpoint gave a token that is no bearer token";
            return Err(OidcError::provider("token_type", detail));
        }
        let Some(IdToken(id_token)) = self.id_token else {
            let detail = "the token endpoint gave no ID token; is openid among the scopes?";
            return Err(OidcError::token("id_token", detail));
        };
        let access_token = self.access_token.into_secret();
        Ok(Tokens::new(
            Secret::new(id_token),
            Secret::new(access_token),
        ))
    }
}

fn token_type<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CoreTokenType, D::Error> {
    let name = String::deserialize(deserializer)?;
    if name.eq_ignore_ascii_case("bearer") {
        return Ok(CoreTokenType::Bearer);
    }
    Ok(CoreTokenType::Extension("other".to_owned()))
}

impl OAuth2TokenResponse for Answer {
    type TokenType = CoreTokenType;

    fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    fn token_type(&self) -> &CoreTokenType {
        &self.token_type
    }

    fn expires_in(&self) -> Option<Duration> {
        None
    }

    fn refresh_token(&self) -> Option<&RefreshToken> {
        None
    }

    fn scopes(&self) -> Option<&Vec<Scope>> {
        None
    }
}

impl
    TokenResponse<
        EmptyAdditionalClaims,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    > for Answer
{
    /// None for `openidconnect`: its own reader refuses tokens of real providers.
    fn id_token(&self) -> Option<&CoreIdToken> {
        None
    }
}

/// What a refusal of the token endpoint means, without a word of its own: a parse error of
/// `oauth2` carries the whole body.
fn refused(error: RequestTokenError<Failure, Refused>, status: u16) -> OidcError {
    match error {
        RequestTokenError::Request(failure) => failure.into(),
        RequestTokenError::ServerResponse(response) => {
            let meaning = meaning(response.error());
            let detail = format!("the token endpoint answered {meaning} (status {status})");
            OidcError::provider("token.error", detail)
        }
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            let detail = format!(
                "the token endpoint answered with status {status} and neither tokens nor an error"
            );
            OidcError::provider("token.answer", detail)
        }
    }
}

fn meaning(code: &CoreErrorResponseType) -> &'static str {
    match code {
        CoreErrorResponseType::InvalidClient => {
            "invalid_client: check client_id, client_secret and client_auth"
        }
        CoreErrorResponseType::InvalidGrant => {
            "invalid_grant: the code is used up, expired or not for this client and redirect URI"
        }
        CoreErrorResponseType::InvalidRequest => "invalid_request",
        CoreErrorResponseType::InvalidScope => "invalid_scope: check scopes",
        CoreErrorResponseType::UnauthorizedClient => {
            "unauthorized_client: the client may not use the code flow; check client_secret too"
        }
        CoreErrorResponseType::UnsupportedGrantType => "unsupported_grant_type",
        _ => "an error code that is not registered",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(answer: &str) -> Result<Tokens, &'static str> {
        let answer: Answer = serde_json::from_str(answer).map_err(|_| "parse")?;
        answer.tokens().map_err(|error| error.check)
    }

    #[test]
    fn f20_f21_an_answer_is_taken_whatever_its_other_members_are() {
        for answer in [
            r#"{"access_token":"a","token_type":"bEARER","id_token":"i"}"#,
            r#"{"access_token":"a","token_type":"Bearer","id_token":"i","expires_in":"3600"}"#,
            r#"{"access_token":"a","token_type":"Bearer","id_token":"i","scope":7}"#,
        ] {
            let tokens = tokens(answer).unwrap();
            assert_eq!(tokens.id_token.expose(), "i");
            assert_eq!(tokens.access_token.expose(), "a");
        }
    }

    #[test]
    fn an_answer_without_the_tokens_or_with_another_kind_is_refused() {
        for (answer, check) in [
            (r#"{"access_token":"a","token_type":"Bearer"}"#, "id_token"),
            (
                r#"{"access_token":"a","token_type":"DPoP","id_token":"i"}"#,
                "token_type",
            ),
            (r#"{"token_type":"Bearer","id_token":"i"}"#, "parse"),
            (
                r#"{"access_token":"a","access_token":"b","token_type":"Bearer","id_token":"i"}"#,
                "parse",
            ),
            (
                r#"{"access_token":"a","token_type":"Bearer","id_token":"i","id_token":"j"}"#,
                "parse",
            ),
        ] {
            assert_eq!(tokens(answer).err(), Some(check), "{answer}");
        }
    }

    #[test]
    fn hole45_no_token_is_in_debug_output() {
        let text = r#"{"access_token":"canary","token_type":"Bearer","id_token":"canary"}"#;
        let answer: Answer = serde_json::from_str(text).unwrap();
        assert!(!format!("{answer:?}").contains("canary"));
        assert!(!format!("{:?}", answer.tokens().unwrap()).contains("canary"));
    }
}
