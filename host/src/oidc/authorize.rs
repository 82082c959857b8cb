//! The authorization request: code flow, PKCE S256, state and nonce, always (K1 to K3).

use std::borrow::Cow;

use openidconnect::core::CoreAuthenticationFlow;
use openidconnect::{CsrfToken, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope};
use url::Url;

use super::Handshake;
use super::discovery::Metadata;
use super::redeem::client;
use crate::domain::{Provider, ResponseMode};

/// What the site may not set by `authorize_params`: it is ours, or would change the flow.
const OURS: [&str; 12] = [
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "redirect_uri",
    "registration",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
];

/// Where the browser is sent.
pub(super) fn url(
    provider: &Provider,
    metadata: &Metadata,
    redirect_uri: &Url,
    handshake: &Handshake,
    login_hint: Option<&str>,
) -> Url {
    let verifier = PkceCodeVerifier::new(handshake.verifier.expose().to_owned());
    let state = CsrfToken::new(handshake.state.clone());
    let nonce = Nonce::new(handshake.nonce.clone());
    let scopes = provider.scopes.iter().filter(|scope| *scope != "openid");
    let client = client(provider, metadata);
    let mut request = client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            || state,
            || nonce,
        )
        .add_scopes(scopes.cloned().map(Scope::new))
        .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
        .set_redirect_uri(Cow::Owned(RedirectUrl::from_url(redirect_uri.clone())));
    if provider.response_mode == ResponseMode::FormPost {
        request = request.add_extra_param("response_mode", "form_post");
    }
    if let Some(hint) = login_hint {
        request = request.add_extra_param("login_hint", hint.to_owned());
    }
    for (name, value) in &provider.authorize_params {
        let said = login_hint.is_some() && name == "login_hint";
        if !said && !OURS.contains(&name.as_str()) {
            request = request.add_extra_param(name.as_str(), value.as_str());
        }
    }
    request.url().0
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::fixture::{handshake, metadata, provider};
    use super::*;

    fn asked(provider: &Provider) -> Vec<(String, String)> {
        let redirect = Url::parse("https://usher.example/callback_keycloak").unwrap();
        let url = url(provider, &metadata(), &redirect, &handshake(), None);
        url.query_pairs().into_owned().collect()
    }

    fn values<'a>(pairs: &'a [(String, String)], name: &str) -> Vec<&'a str> {
        let named = pairs.iter().filter(|(n, _)| n == name);
        named.map(|(_, value)| value.as_str()).collect()
    }

    #[test]
    fn k1_k2_k3_c44_c45_c46_the_request_carries_what_it_must_once() {
        let pairs = asked(&provider());
        for (name, value) in [
            ("response_type", "code"),
            ("client_id", "usher"),
            ("redirect_uri", "https://usher.example/callback_keycloak"),
            ("scope", "openid profile email"),
            ("state", "the-state"),
            ("nonce", "the-nonce"),
            ("code_challenge_method", "S256"),
        ] {
            assert_eq!(values(&pairs, name), [value], "{name}");
        }
        assert_eq!(values(&pairs, "code_challenge")[0].len(), 43);
        assert!(values(&pairs, "response_mode").is_empty());
        assert!(!format!("{pairs:?}").contains(handshake().verifier.expose()));
    }

    #[test]
    fn the_site_may_add_parameters_and_not_replace_ours() {
        let mut provider = provider();
        provider.response_mode = ResponseMode::FormPost;
        let mut params: BTreeMap<String, String> = OURS
            .iter()
            .map(|name| ((*name).into(), "evil".into()))
            .collect();
        params.insert("prompt".into(), "login".into());
        provider.authorize_params = params;
        let pairs = asked(&provider);
        assert_eq!(values(&pairs, "prompt"), ["login"]);
        assert_eq!(values(&pairs, "response_mode"), ["form_post"]);
        assert!(pairs.iter().all(|(_, value)| value != "evil"), "{pairs:?}");
    }
}
