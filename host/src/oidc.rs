//! The relying party: an OpenID Connect client of one provider, with the authorization code
//! flow and nothing else (`protocol.md` K1 to K33).
//!
//! A sign-in, step by step:
//! 1. [`RelyingParty::authorize`] sends the browser away with the secrets of a [`Handshake`];
//! 2. [`AuthorizationResponse::parse`] reads what comes back, [`RelyingParty::redeem`] checks
//!    it and trades the code for [`Tokens`];
//! 3. [`RelyingParty::keys`] gives the provider's keys, [`verify::verify`] checks the tokens,
//!    purely: the only way to `VerifiedTokens`;
//! 4. [`RelyingParty::userinfo`] fetches more claims, if the site takes them from there;
//! 5. [`claims::collect`] says who it is.
//!
//! Nothing is fetched before it is needed, and nothing that failed stays broken: a provider
//! that was down is asked again a few seconds later.

mod assertion;
mod authorize;
mod back_channel;
mod cache;
mod checks;
pub mod claims;
mod discovery;
mod error;
#[doc(hidden)]
pub mod fuzzing;
mod handshake;
mod jose;
mod json;
mod keys;
mod logout;
mod outbound;
mod probe;
mod redeem;
mod response;
mod status;
mod userinfo;
pub mod verify;

#[cfg(test)]
mod fixture;

use std::pin::Pin;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};
use url::Url;

pub use self::claims::collect;
pub use self::error::OidcError;
pub use self::handshake::Handshake;
pub use self::keys::Keys;
pub use self::outbound::Outbound;
pub use self::probe::{Announced, Seen, Silent};
pub use self::redeem::Tokens;
pub use self::response::AuthorizationResponse;
pub use self::status::Status;
pub use self::verify::{Expected, verify};

use self::cache::Cached;
use self::discovery::Metadata;
use self::jose::Unverified;
use self::keys::NoKey;
use self::outbound::Gate;
use self::status::Contact;
use crate::domain::{ClientAuth, Provider, Secret, VerifiedTokens};

/// An OpenID Connect client of one provider; cheap to clone, all clones share what was
/// fetched.
#[derive(Debug, Clone)]
pub struct RelyingParty(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    provider: Arc<Provider>,
    redirect_uri: Url,
    gate: Gate,
    metadata: Cached<Metadata>,
    keys: Cached<Published>,
    /// For tokens that anybody may send: whoever makes up key ids there does not use up the
    /// fetch that a sign-in after a rotation needs (hole 44).
    strangers_keys: Cached<Published>,
    contact: Contact,
}

/// A key set and where it came from.
#[derive(Debug)]
struct Published {
    at: Url,
    keys: Keys,
}

impl RelyingParty {
    /// A client of `provider` whose browsers come back to `redirect_uri`. Does no I/O.
    pub fn new(provider: Arc<Provider>, redirect_uri: Url, outbound: &Outbound) -> Self {
        let gate = outbound.gate(provider.is_loopback());
        Self(Arc::new(Inner {
            provider,
            redirect_uri,
            gate,
            metadata: Cached::new(discovery::is_refusal),
            // Keys that were good stay good while newer ones cannot be had.
            keys: Cached::new(|_| false),
            strangers_keys: Cached::new(|_| false),
            contact: Contact::default(),
        }))
    }

    /// The settings it was made with.
    pub fn provider(&self) -> &Arc<Provider> {
        &self.0.provider
    }

    /// Where to send the browser for a new attempt.
    ///
    /// # Errors
    /// Discovery failed.
    pub async fn authorize(&self, handshake: &Handshake, now: Timestamp) -> Result<Url, OidcError> {
        self.authorize_as(None, handshake, now).await
    }

    /// The same for somebody of whom is known how they sign in: `login_hint`.
    ///
    /// # Errors
    /// Discovery failed.
    pub async fn authorize_as(
        &self,
        login_hint: Option<&str>,
        handshake: &Handshake,
        now: Timestamp,
    ) -> Result<Url, OidcError> {
        let metadata = self.metadata(now).await?;
        let inner = &*self.0;
        Ok(authorize::url(
            &inner.provider,
            &metadata,
            &inner.redirect_uri,
            handshake,
            login_hint,
        ))
    }

    /// Checks the authorization response and redeems its code.
    ///
    /// # Errors
    /// The response is not the answer to this attempt or says no; the token endpoint does.
    pub async fn redeem(
        &self,
        response: &AuthorizationResponse,
        handshake: &Handshake,
        now: Timestamp,
    ) -> Result<Tokens, OidcError> {
        let inner = &*self.0;
        let metadata = self.metadata(now).await?;
        let code = response.code(&inner.provider, &metadata, handshake)?;
        let tokens = redeem::redeem(
            &inner.gate,
            &inner.provider,
            &metadata,
            &inner.redirect_uri,
            handshake,
            code,
            now,
        );
        inner.contact.note_person(now, tokens.await)
    }

    /// The keys to verify these tokens with. A token whose key is unknown has the key set
    /// fetched once more, at most once a minute, so that rotated keys are found.
    ///
    /// # Errors
    /// There is no key set to be had.
    pub async fn keys(&self, tokens: &Tokens, now: Timestamp) -> Result<Keys, OidcError> {
        let metadata = self.metadata(now).await?;
        let known = |keys: &Keys| self.knows(keys, tokens);
        self.keys_from(&self.0.keys, &metadata.jwks, known, now)
            .await
    }

    /// The keys to verify a token with that anybody may have sent.
    async fn keys_of_strangers(
        &self,
        at: &Url,
        known: impl Fn(&Keys) -> bool + Send + Sync,
        now: Timestamp,
    ) -> Result<Keys, OidcError> {
        let published = self
            .0
            .keys
            .load(now, |p| p.at == *at, self.publish(at, now));
        let published = published.await?;
        if known(&published.keys) {
            return Ok(published.keys.clone());
        }
        self.keys_from(&self.0.strangers_keys, at, known, now).await
    }

    async fn keys_from(
        &self,
        cached: &Cached<Published>,
        at: &Url,
        known: impl Fn(&Keys) -> bool + Send + Sync,
        now: Timestamp,
    ) -> Result<Keys, OidcError> {
        let published = cached.load(now, |p| p.at == *at, self.publish(at, now));
        let published = published.await?;
        if known(&published.keys) {
            return Ok(published.keys.clone());
        }
        let newer = cached.reload(&published, now, self.publish(at, now));
        Ok(newer.await?.keys.clone())
    }

    /// What the tokens of this attempt must say, for [`verify::verify`].
    pub fn expected(&self, handshake: &Handshake) -> Expected {
        let provider = &self.0.provider;
        let issuer = self.0.contact.issuer();
        let issuer = issuer.as_deref().unwrap_or(provider.issuer());
        Expected::new(provider, issuer, handshake)
    }

    /// The claims of the userinfo endpoint, if the site takes them from there.
    ///
    /// # Errors
    /// The endpoint is missing or refuses, or its answer fails a check (K28, K29).
    pub async fn userinfo(
        &self,
        tokens: &VerifiedTokens,
        keys: &Keys,
        now: Timestamp,
    ) -> Result<Option<Value>, OidcError> {
        if self.0.provider.get_info_from_access_token {
            return Ok(None);
        }
        let metadata = self.metadata(now).await?;
        let claims = self.ask_userinfo(&metadata, tokens, keys).await;
        self.0.contact.note_person(now, claims).map(Some)
    }

    async fn ask_userinfo(
        &self,
        metadata: &Metadata,
        tokens: &VerifiedTokens,
        keys: &Keys,
    ) -> Result<Value, OidcError> {
        let inner = &*self.0;
        let endpoint = metadata.userinfo.as_ref().ok_or_else(|| {
            let detail = "the provider has no userinfo endpoint; set get_info_from_access_token";
            OidcError::provider("userinfo", detail)
        })?;
        let signed = userinfo::Signed {
            keys,
            algorithm: inner.provider.signing_algorithm,
            issuer: &metadata.issuer,
            client_id: &inner.provider.client_id,
        };
        userinfo::fetch(&inner.gate, endpoint, tokens, &signed).await
    }

    /// Where to send the browser to end the provider's session too; `None` if the provider
    /// cannot do that.
    ///
    /// # Errors
    /// Discovery failed.
    pub async fn end_session(
        &self,
        id_token_hint: Option<&Secret>,
        post_logout_redirect_uri: &Url,
        state: &str,
        now: Timestamp,
    ) -> Result<Option<Url>, OidcError> {
        let metadata = self.metadata(now).await?;
        let provider = &self.0.provider;
        Ok(metadata.end_session.as_ref().map(|end_session| {
            logout::url(
                provider,
                end_session,
                id_token_hint,
                post_logout_redirect_uri,
                state,
            )
        }))
    }

    /// Asks the provider for its metadata, unless that was done lately: for a sign-in page
    /// that wants to say whether the provider is up.
    ///
    /// # Errors
    /// Discovery failed.
    pub async fn discover(&self, now: Timestamp) -> Result<(), OidcError> {
        self.metadata(now).await.map(drop)
    }

    /// What is known about the provider, without asking it.
    pub fn status(&self) -> Status {
        self.0.contact.status()
    }

    /// Our public keys, as a JWK Set (`/client_jwks_P`); `None` unless `client_auth` is
    /// `private_key_jwt`.
    ///
    /// # Errors
    /// The key file is unusable.
    pub fn client_jwks(&self) -> Result<Option<Value>, OidcError> {
        let ClientAuth::PrivateKeyJwt(pem) = &self.0.provider.client_auth else {
            return Ok(None);
        };
        let key = assertion::ClientKey::read(pem)?;
        Ok(Some(json!({ "keys": [key.public_jwk()] })))
    }

    async fn metadata(&self, now: Timestamp) -> Result<Arc<Metadata>, OidcError> {
        let inner = &*self.0;
        let fetch = async {
            let metadata = discovery::fetch(&inner.gate, &inner.provider).await;
            let metadata = inner.contact.note(now, metadata)?;
            inner.contact.learn(&metadata);
            Ok(metadata)
        };
        inner.metadata.load(now, |_| true, fetch).await
    }

    /// Boxed, because a handler must be `Send` and the compiler cannot see that of a future
    /// handed on through the cache.
    fn publish(
        &self,
        at: &Url,
        now: Timestamp,
    ) -> Pin<Box<dyn Future<Output = Result<Published, OidcError>> + Send>> {
        let (this, at) = (self.clone(), at.clone());
        Box::pin(async move {
            let published = this.fetch_keys(&at).await;
            this.0.contact.note(now, published)
        })
    }

    async fn fetch_keys(&self, at: &Url) -> Result<Published, OidcError> {
        let answer = self.0.gate.fetch(at, "application/json").await?;
        let status = answer.status().as_u16();
        if status != 200 {
            let detail = format!("the key set answered with status {status}");
            return Err(OidcError::provider("jwks.status", detail));
        }
        let keys = Keys::parse(answer.body())?;
        let at = at.clone();
        Ok(Published { at, keys })
    }

    /// Whether every token that will be verified finds its key here, as far as a newer set
    /// could change that.
    fn knows(&self, keys: &Keys, tokens: &Tokens) -> bool {
        let provider = &self.0.provider;
        let known = |token: &Secret, names| match Unverified::parse(token.expose(), names) {
            Ok(token) => {
                keys.choose(token.kid(), provider.signing_algorithm).err() != Some(NoKey::Unknown)
            }
            // It will be refused whatever the keys are.
            Err(_) => true,
        };
        known(&tokens.id_token, &verify::ID_TOKEN)
            && (!provider.get_info_from_access_token
                || known(&tokens.access_token, &verify::ACCESS_TOKEN))
    }
}
