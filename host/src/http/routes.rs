//! Every path of the service (`spec.md` §5), and nothing else.

use axum::Router;
use axum::routing::{get, post};

use super::handlers::{
    account, api, assets, callback, health, initiate, login, logout, metrics, provider, recovery,
    test,
};
use super::{Usher, layers};

/// The whole service as a router: mount it in another server, or serve it as it is.
pub fn router(usher: &Usher) -> Router {
    let mut router = Router::new()
        .route("/", get(login::home))
        .route("/login", get(login::choose))
        .route("/login/start", get(login::start))
        .route("/login/test", get(test::begin))
        .route("/login/initiate", get(initiate::query).post(initiate::form))
        .route("/login/{company}", get(login::choose_in_company))
        .route(
            "/login/recovery/{token}",
            get(recovery::ask).post(recovery::submit),
        )
        .route("/logout", get(logout::ask).post(logout::submit))
        .route("/logout/done", get(logout::done))
        .route("/account", get(account::show))
        .route(
            "/account/sign-out-everywhere",
            post(account::sign_out_everywhere),
        )
        .route("/account/sessions/end", post(account::end_session))
        .route("/api/v1/session", get(api::session))
        .route("/openapi.json", get(api::openapi))
        .route("/assets/{name}", get(assets::asset))
        .fallback(login::not_found)
        .method_not_allowed_fallback(login::wrong_method);
    if !usher.ops_apart {
        router = router.merge(health());
    }
    for connection in &usher.login.connections {
        let name = &connection.provider.name;
        router = router.route(
            &format!("/callback_{name}"),
            get(callback::query).post(callback::form),
        );
        router = router.route(
            &format!("/backchannel_logout_{name}"),
            post(provider::back_channel),
        );
        router = router.route(
            &format!("/frontchannel_logout_{name}"),
            get(provider::front_channel),
        );
        router = router.route(&format!("/client_jwks_{name}"), get(provider::client_jwks));
    }
    layers::around(router, usher).with_state(usher.clone())
}

/// Health and metrics, for the listener of their own (`OPS_LISTEN`).
pub fn ops_router(usher: &Usher) -> Router {
    health()
        .route("/metrics", get(metrics::show))
        .with_state(usher.clone())
}

fn health() -> Router<Usher> {
    Router::new()
        .route("/livez", get(health::alive))
        .route("/readyz", get(health::ready))
}
