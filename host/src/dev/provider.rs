//! A development OpenID provider with the endpoints and tokens of a Keycloak realm.
//!
//! Authorization code flow only, PKCE S256 always, one confidential client, exact redirect
//! URIs, RFC 9207. Nobody has a password: the sign-in page lists its users and says beforehand
//! what each should show. Everything lives in memory.

mod authorize;
mod claims;
mod discovery;
mod key;
mod logout;
mod memory;
mod pages;
mod params;
mod realm;
mod respond;
mod sign_in;
mod token;
mod userinfo;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use url::Url;

use self::key::SigningKey;
use self::realm::Realm;
use crate::clock::Clock;
use crate::domain::{Entropy, Secret};

/// What the provider serves.
#[derive(Debug, Clone)]
pub struct ProviderOptions {
    /// The issuer as tokens name it; its path, such as `/realms/dev`, is where the endpoints
    /// live. No slash at the end.
    pub issuer: String,
    /// The one client.
    pub client_id: String,
    /// Its secret, taken by `client_secret_basic` and `client_secret_post`.
    pub client_secret: Secret,
    /// Where authorization responses may go, compared byte for byte.
    pub redirect_uris: Vec<String>,
    /// Where a browser may go after a sign-out, compared byte for byte.
    pub post_logout_redirect_uris: Vec<String>,
    /// Who can sign in, in the order of the sign-in page.
    pub users: Vec<User>,
    /// Where the time comes from.
    pub clock: Clock,
    /// Where codes, cookies and identifiers come from.
    pub entropy: Entropy,
}

/// Somebody who can sign in, as a Keycloak realm knows them.
#[derive(Debug, Clone)]
pub struct User {
    /// The subject, a UUID.
    pub subject: String,
    /// What the sign-in form sends, and the claim `preferred_username`.
    pub username: String,
    /// First name.
    pub given_name: String,
    /// Last name.
    pub family_name: String,
    /// E-mail address, if there is one.
    pub email: Option<String>,
    /// The claim `email_verified`.
    pub email_verified: bool,
    /// The claim `groups`; an empty list is left out of every token, as Keycloak does.
    pub groups: Vec<String>,
    /// Roles of the realm beyond those that everybody has.
    pub realm_roles: Vec<String>,
    /// Roles of the client.
    pub client_roles: Vec<String>,
    /// What the sign-in page says beforehand.
    pub shows: Shows,
}

impl User {
    /// First and last name.
    pub fn name(&self) -> String {
        format!("{} {}", self.given_name, self.family_name)
    }
}

/// What the service should answer when somebody signs in.
#[derive(Debug, Clone)]
pub struct Shows {
    /// Who this person is an example of: "A member".
    pub role: String,
    /// Whether they get in.
    pub admitted: bool,
    /// The result in a few words, or the code of the refusal.
    pub result: String,
    /// The reason in a sentence.
    pub because: String,
}

/// The provider as a router of its own, with a new signing key.
///
/// Makes an RSA key of 2048 bits, which takes up to a second: on an async runtime call it in
/// `spawn_blocking`.
///
/// # Errors
/// The issuer is no http URL with a path, or no key could be made.
pub fn router(options: ProviderOptions) -> anyhow::Result<Router> {
    let issuer = Url::parse(&options.issuer)?;
    let path = issuer.path().to_owned();
    let usable = path.len() > 1 && !path.ends_with('/') && issuer.query().is_none();
    anyhow::ensure!(
        usable,
        "the issuer {issuer} must have a path, such as http://127.0.0.1:8081/realms/dev, without a slash at the end"
    );
    let realm = Arc::new(Realm::new(options, path.clone(), SigningKey::generate()?));
    let endpoints = Router::new()
        .route(
            "/.well-known/openid-configuration",
            get(discovery::metadata),
        )
        .route("/protocol/openid-connect/certs", get(discovery::keys))
        .route(
            "/protocol/openid-connect/auth",
            get(authorize::by_link).post(authorize::by_form),
        )
        .route(
            "/login-actions/authenticate",
            get(sign_in::again).post(sign_in::choose),
        )
        .route("/protocol/openid-connect/token", post(token::redeem))
        .route(
            "/protocol/openid-connect/userinfo",
            get(userinfo::show).post(userinfo::show),
        )
        .route(
            "/protocol/openid-connect/logout",
            get(logout::by_link).post(logout::by_form),
        )
        .route("/login-actions/logout-confirm", post(logout::confirmed))
        .route("/resources/dev.css", get(pages::stylesheet))
        .route("/resources/submit.js", get(pages::script))
        .route("/resources/icon.svg", get(pages::icon));
    Ok(Router::new()
        .nest(&path, endpoints)
        .route("/favicon.ico", get(pages::icon))
        .fallback(pages::nothing_here)
        .layer(DefaultBodyLimit::max(64 * 1024))
        .with_state(realm))
}

#[cfg(test)]
mod tests;
