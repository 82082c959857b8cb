//! Sign-out at the provider (RP-Initiated Logout 1.0, K49).

use openidconnect::{ClientId, CsrfToken, EndSessionUrl, LogoutRequest, PostLogoutRedirectUrl};
use url::Url;

use crate::domain::{Provider, Secret};

/// Where the browser is sent, after our own session has ended.
pub(super) fn url(
    provider: &Provider,
    end_session: &Url,
    id_token_hint: Option<&Secret>,
    post_logout_redirect_uri: &Url,
    state: &str,
) -> Url {
    let redirect = PostLogoutRedirectUrl::from_url(post_logout_redirect_uri.clone());
    let mut url = LogoutRequest::from(EndSessionUrl::from_url(end_session.clone()))
        .set_client_id(ClientId::new(provider.client_id.clone()))
        .set_post_logout_redirect_uri(redirect)
        .set_state(CsrfToken::new(state.to_owned()))
        .http_get_url();
    if let Some(hint) = id_token_hint {
        // Their setter takes a token that their reader has accepted, and it refuses some that
        // we rightly took.
        url.query_pairs_mut()
            .append_pair("id_token_hint", hint.expose());
    }
    url
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::fixture::provider;
    use super::*;

    #[test]
    fn k49_l01_the_request_carries_hint_client_return_and_state() {
        let end = Url::parse("https://id.example/end?x=1").unwrap();
        let done = Url::parse("https://usher.example/logout/done").unwrap();
        let hint = Secret::new("h.e.y");
        let with = url(&provider(), &end, Some(&hint), &done, "opaque");
        let pairs: BTreeMap<_, _> = with.query_pairs().into_owned().collect();
        let expected = [
            ("client_id", "usher"),
            ("id_token_hint", "h.e.y"),
            (
                "post_logout_redirect_uri",
                "https://usher.example/logout/done",
            ),
            ("state", "opaque"),
            ("x", "1"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(pairs, BTreeMap::from(expected));
        let without = url(&provider(), &end, None, &done, "opaque");
        assert!(!without.as_str().contains("id_token_hint"));
    }
}
