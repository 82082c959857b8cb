//! What a provider can be asked without a person, to find out before a sign-in whether one
//! would work. Nothing of it is cached: who asks wants to know how it is now.

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use openidconnect::http::header;
use serde_json::{Map, Value};
use url::Url;

use super::discovery::{self, Metadata};
use super::error::shown;
use super::{Expected, Handshake, Keys, OidcError, RelyingParty, authorize, redeem, verify};
use crate::domain::{Source, VerifiedTokens};

/// What a provider says about itself, as far as our settings rest on it.
#[derive(Debug, Clone)]
pub struct Announced {
    /// The issuer that tokens must name.
    pub issuer: String,
    /// Something about the settings that the operator should know.
    pub note: Option<String>,
    /// `id_token_signing_alg_values_supported`.
    pub signing_algorithms: Option<Vec<String>>,
    /// `token_endpoint_auth_methods_supported`.
    pub client_auth: Option<Vec<String>>,
    /// `scopes_supported`.
    pub scopes: Option<Vec<String>>,
    /// `response_modes_supported`.
    pub response_modes: Option<Vec<String>>,
    /// Whether there is a userinfo endpoint.
    pub userinfo: bool,
    /// Whether there is an end-session endpoint.
    pub end_session: bool,
    /// `backchannel_logout_supported`.
    pub backchannel_logout: bool,
    /// The time that the provider's answer was sent, where it says so.
    pub date: Option<Timestamp>,
}

/// What became of an authorization request that forbids asking a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Silent {
    /// The provider knows client and redirect URI: it sent the browser back.
    Accepted,
    /// It knows them and refuses the request with this registered error.
    Refused(String),
    /// It shows an error of its own: client or redirect URI are not what it knows.
    Unknown(u16),
    /// It did something that says neither.
    Unclear(u16),
}

/// A source of claims, and what was found there.
pub type Seen = (Source, Result<Value, OidcError>);

impl RelyingParty {
    /// What the provider says about itself.
    ///
    /// # Errors
    /// As at a sign-in: it cannot be reached, or its metadata cannot be used.
    pub async fn announced(&self) -> Result<Announced, OidcError> {
        let inner = &*self.0;
        let (document, headers) = discovery::read(&inner.gate, &inner.provider).await?;
        let metadata = Metadata::check(&inner.provider, &document)?;
        let date = headers.get(header::DATE).and_then(|d| d.to_str().ok());
        Ok(Announced {
            signing_algorithms: texts(&document, "id_token_signing_alg_values_supported"),
            client_auth: texts(&document, "token_endpoint_auth_methods_supported"),
            scopes: texts(&document, "scopes_supported"),
            response_modes: texts(&document, "response_modes_supported"),
            userinfo: metadata.userinfo.is_some(),
            end_session: metadata.end_session.is_some(),
            backchannel_logout: document.get("backchannel_logout_supported")
                == Some(&Value::Bool(true)),
            date: date.and_then(|date| rfc2822::DateTimeParser::new().parse_timestamp(date).ok()),
            issuer: metadata.issuer,
            note: metadata.note,
        })
    }

    /// Whether the provider publishes a key for the configured algorithm.
    ///
    /// # Errors
    /// There is no key set to be had.
    pub async fn has_key(&self, now: Timestamp) -> Result<bool, OidcError> {
        let metadata = self.metadata(now).await?;
        let published = self.fetch_keys(&metadata.jwks).await?;
        Ok(published.keys.any_for(self.0.provider.signing_algorithm))
    }

    /// Asks the authorization endpoint as a browser would in which nobody is signed in, with
    /// `prompt=none`.
    ///
    /// # Errors
    /// The provider cannot be reached.
    pub async fn ask_silently(
        &self,
        handshake: &Handshake,
        now: Timestamp,
    ) -> Result<Silent, OidcError> {
        let inner = &*self.0;
        let metadata = self.metadata(now).await?;
        let (provider, redirect_uri) = (&inner.provider, &inner.redirect_uri);
        let url = authorize::url(provider, &metadata, redirect_uri, handshake, None);
        let answer = inner.gate.fetch(&silent(&url), "text/html").await?;
        let location = answer.headers().get(header::LOCATION);
        let location = location.and_then(|location| url.join(location.to_str().ok()?).ok());
        let status = answer.status().as_u16();
        Ok(match location {
            Some(back) if leads_to(&back, &inner.redirect_uri) => outcome(&back),
            Some(_) => Silent::Unclear(status),
            None if answer.status().is_client_error() => Silent::Unknown(status),
            None => Silent::Unclear(status),
        })
    }

    /// The claims of the sources that the site does not take any from: for somebody who wants to
    /// know where a claim is. They count for nothing.
    pub async fn look_around(
        &self,
        tokens: &VerifiedTokens,
        keys: &Keys,
        expected: &Expected,
        now: Timestamp,
    ) -> Vec<Seen> {
        if self.0.provider.get_info_from_access_token {
            let claims = match self.metadata(now).await {
                Ok(metadata) => self.ask_userinfo(&metadata, tokens, keys).await,
                Err(error) => Err(error),
            };
            return vec![(Source::Userinfo, claims)];
        }
        let (token, subject) = (tokens.raw_access_token().expose(), tokens.subject());
        let claims = verify::access_token(token, keys, expected, subject, now);
        vec![(Source::AccessToken, claims.map(Value::Object))]
    }

    /// Whether the token endpoint accepts our proof of who we are.
    ///
    /// # Errors
    /// It does not: as at a sign-in.
    pub async fn prove(&self, handshake: &Handshake, now: Timestamp) -> Result<(), OidcError> {
        let inner = &*self.0;
        let metadata = self.metadata(now).await?;
        let (gate, provider) = (&inner.gate, &inner.provider);
        redeem::knows_us(
            gate,
            provider,
            &metadata,
            &inner.redirect_uri,
            handshake,
            now,
        )
        .await
    }
}

fn texts(document: &Map<String, Value>, name: &str) -> Option<Vec<String>> {
    let list = document.get(name)?.as_array()?.iter();
    Some(list.filter_map(|v| v.as_str().map(shown)).collect())
}

/// The same request without a person: no form of the provider, and no post of its answer.
fn silent(url: &Url) -> Url {
    let ours = |(name, _): &(_, _)| name != "prompt" && name != "response_mode";
    let mut silent = url.clone();
    silent
        .query_pairs_mut()
        .clear()
        .extend_pairs(url.query_pairs().filter(ours))
        .append_pair("prompt", "none");
    silent
}

fn leads_to(back: &Url, redirect_uri: &Url) -> bool {
    back.origin() == redirect_uri.origin() && back.path() == redirect_uri.path()
}

fn outcome(back: &Url) -> Silent {
    const NOBODY_THERE: [&str; 4] = [
        "login_required",
        "interaction_required",
        "consent_required",
        "account_selection_required",
    ];
    let mut pairs = back.query_pairs();
    match pairs.find(|(name, _)| name == "error") {
        Some((_, error)) if !NOBODY_THERE.contains(&&*error) => Silent::Refused(shown(&error)),
        _ => Silent::Accepted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn the_request_is_made_silent_whatever_the_site_adds_to_it() {
        let asked = url("https://id.example/auth?a=%26b&prompt=login&response_mode=form_post");
        assert_eq!(
            silent(&asked).as_str(),
            "https://id.example/auth?a=%26b&prompt=none"
        );
    }

    #[test]
    fn an_answer_tells_whether_the_request_would_do() {
        let back = |query: &str| outcome(&url(&format!("https://u.example/callback_kc?{query}")));
        assert_eq!(back("error=login_required&state=x"), Silent::Accepted);
        assert_eq!(back("code=x"), Silent::Accepted);
        let refused = Silent::Refused("invalid_scope".to_owned());
        assert_eq!(back("error=invalid_scope"), refused);
        let redirect = url("https://u.example/callback_kc");
        assert!(leads_to(
            &url("https://u.example/callback_kc?x=1"),
            &redirect
        ));
        assert!(!leads_to(&url("https://u.example/callback_kc2"), &redirect));
        assert!(!leads_to(
            &url("https://evil.example/callback_kc"),
            &redirect
        ));
    }
}
