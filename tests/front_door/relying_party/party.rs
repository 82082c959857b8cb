//! A relying party with everything around it that a sign-in needs.

use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use url::Url;
use usher::config::{self, Environment};
use usher::domain::{Entropy, VerifiedIdentity};
use usher::oidc::{self, AuthorizationResponse, Handshake, OidcError, Outbound, RelyingParty};
use usher_tests::provider::Provider;
use usher_tests::visitor::{Page, Visitor};

pub(super) const REDIRECT: &str = "http://127.0.0.1:1/callback_keycloak";

pub(super) struct Party {
    pub(super) rp: RelyingParty,
    ahead: SignedDuration,
    start: Timestamp,
}

impl Party {
    /// With the settings of the product page.
    pub(super) fn of(provider: &Provider) -> Self {
        Self::with(provider, &[])
    }

    /// With more settings of `services`.
    pub(super) fn with(provider: &Provider, more: &[(&str, &str)]) -> Self {
        let mut variables = provider.settings("keycloak");
        for (key, value) in more {
            let place = "CLEARML__services__login__sso__oauth_client__keycloak";
            variables.retain(|(name, _)| *name != format!("{place}__{key}"));
            variables.push((format!("{place}__{key}"), (*value).to_owned()));
        }
        let public = (
            "USHER__PUBLIC_URL".to_owned(),
            "http://127.0.0.1:1".to_owned(),
        );
        let environment: Environment = variables.into_iter().chain([public]).collect();
        let config = config::load(&environment, None).expect("a sound configuration");
        let settings = config.providers.into_iter().next().expect("one provider");
        let outbound = Outbound::new(None, &[]).expect("a client");
        let redirect = Url::parse(REDIRECT).expect("a URL");
        Self {
            rp: RelyingParty::new(Arc::new(settings), redirect, &outbound),
            ahead: SignedDuration::ZERO,
            start: wall_clock(),
        }
    }

    /// Lets time pass for the relying party.
    pub(super) fn wait(&mut self, time: SignedDuration) {
        self.ahead += time;
    }

    /// The time, which stands still unless somebody waits.
    pub(super) fn now(&self) -> Timestamp {
        self.start + self.ahead
    }

    /// Opens a URL without following anything.
    pub(super) async fn visit(&self, url: &Url) -> Page {
        Visitor::new().get(url).await.expect("an answer")
    }

    /// The first half: the browser goes to the provider and comes back.
    pub(super) async fn authorize(&self) -> Result<(Handshake, AuthorizationResponse), OidcError> {
        let handshake = Handshake::draw(&Entropy::new(fill), self.now());
        let url = self.rp.authorize(&handshake, self.now()).await?;
        let page = self.visit(&url).await;
        let answer = match (page.redirect(), page.submits_itself()) {
            (Some(back), _) => back.query().unwrap_or_default().to_owned(),
            (None, Some(form)) => {
                let mut body = url::form_urlencoded::Serializer::new(String::new());
                body.extend_pairs(&form.fields).finish()
            }
            (None, None) => panic!("no way back: {page}"),
        };
        Ok((handshake, AuthorizationResponse::parse(&answer)))
    }

    /// The second half: what comes back becomes an identity.
    pub(super) async fn complete(
        &self,
        handshake: &Handshake,
        response: &AuthorizationResponse,
    ) -> Result<VerifiedIdentity, OidcError> {
        let now = self.now();
        let tokens = self.rp.redeem(response, handshake, now).await?;
        let keys = self.rp.keys(&tokens, now).await?;
        // The provider's clock goes on while ours is wound forward.
        let at = now - self.ahead;
        let verified = oidc::verify(tokens, &keys, &self.rp.expected(handshake), at)?;
        let userinfo = self.rp.userinfo(&verified, &keys, now).await?;
        oidc::collect(verified, userinfo, self.rp.provider())
    }

    pub(super) async fn sign_in(&self) -> Result<VerifiedIdentity, OidcError> {
        let (handshake, response) = self.authorize().await?;
        self.complete(&handshake, &response).await
    }

    /// Comes back from a provider that went down meanwhile.
    pub(super) async fn sign_in_at(
        &self,
        provider: &Provider,
    ) -> Result<VerifiedIdentity, OidcError> {
        let handshake = Handshake::draw(&Entropy::new(fill), self.now());
        let state = handshake.state.as_str();
        let answer = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("code", "c"), ("state", state), ("iss", &provider.issuer())])
            .finish();
        self.complete(&handshake, &AuthorizationResponse::parse(&answer))
            .await
    }
}

fn fill(bytes: &mut [u8]) {
    aws_lc_rs::rand::fill(bytes).expect("the system has randomness");
}

#[expect(
    clippy::disallowed_methods,
    reason = "the provider looks at this clock too"
)]
fn wall_clock() -> Timestamp {
    Timestamp::now()
}
