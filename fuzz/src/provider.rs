//! What a provider publishes, and what a browser brings back from it.

use std::sync::LazyLock;

use url::form_urlencoded;
use usher::config::{self, Environment};
use usher::domain::Provider;
use usher::oidc::{AuthorizationResponse, OidcError, fuzzing};

use super::is_a_line;
use super::json::unambiguous;

/// The one issuer whose tokens are taken.
pub(crate) const ISSUER: &str = "https://id.example/realms/acme";

/// A provider with default settings.
pub(crate) static PROVIDER: LazyLock<Provider> = LazyLock::new(|| {
    let set = |place: &str, key: &str, value: &str| {
        let name = format!("CLEARML__{place}__login__sso__oauth_client__main__{key}");
        (name, value.to_owned())
    };
    let environment: Environment = [
        (
            "USHER__PUBLIC_URL".to_owned(),
            "https://usher.example".to_owned(),
        ),
        set("services", "base_url", ISSUER),
        set("secure", "client_id", "usher"),
        set("secure", "client_secret", "of no importance"),
    ]
    .into_iter()
    .collect();
    let config = config::load(&environment, None).expect("a configuration");
    config.providers.into_iter().next().expect("a provider")
});

/// Metadata: every endpoint that is used is an address of the kind that is safe to use.
pub(crate) fn discovery(bytes: &[u8]) {
    let endpoints = match fuzzing::endpoints(bytes, &PROVIDER) {
        Ok(endpoints) => endpoints,
        Err(error) => return assert_is_a_line(&error),
    };
    assert_eq!(unambiguous(bytes)["issuer"], ISSUER);
    for endpoint in endpoints {
        assert_eq!(endpoint.scheme(), "https");
        assert!(endpoint.host_str().is_some_and(|host| !host.is_empty()));
        assert!(endpoint.username().is_empty() && endpoint.password().is_none());
        assert_eq!(endpoint.fragment(), None);
    }
}

/// A key set.
pub(crate) fn jwks(bytes: &[u8]) {
    match fuzzing::keys(bytes) {
        Ok(_) => assert!(unambiguous(bytes)["keys"].is_array()),
        Err(error) => assert_is_a_line(&error),
    }
}

/// An authorization response: what is taken of it stands there once, and as it is taken.
pub(crate) fn response(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let response = AuthorizationResponse::parse(&text);
    let code = response.code.as_ref().map(|code| code.expose());
    let taken = [
        ("code", code),
        ("state", response.state.as_deref()),
        ("iss", response.iss.as_deref()),
        ("error", response.error.as_deref()),
    ];
    for (name, taken) in taken {
        let pairs = form_urlencoded::parse(text.as_bytes());
        let given: Vec<_> = pairs.filter(|(given, _)| given == name).collect();
        match (&given[..], taken) {
            ([], None) => {}
            ([(_, value)], Some(taken)) => assert!(value == taken && taken.len() <= 4096),
            (_, None) => assert!(response.malformed, "{name} is left out"),
            (_, Some(_)) => panic!("{name} is there {} times", given.len()),
        }
    }
}

fn assert_is_a_line(error: &OidcError) {
    let line = error.to_string();
    assert!(is_a_line(&line), "{line:?}");
}
