//! The userinfo endpoint.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::claims;
use super::realm::Realm;

/// `GET` and `POST …/userinfo`, the token in the header and nowhere else.
pub(super) async fn show(State(realm): State<Arc<Realm>>, headers: HeaderMap) -> Response {
    match answer(&realm, &headers) {
        Some(claims) => ([(header::CACHE_CONTROL, "no-store")], Json(claims)).into_response(),
        None => {
            let challenge = "Bearer realm=\"dev\", error=\"invalid_token\"";
            let mut response = StatusCode::UNAUTHORIZED.into_response();
            let challenge = HeaderValue::from_static(challenge);
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, challenge);
            response
        }
    }
}

/// What the token's owner may see, as long as they are signed in here.
fn answer(realm: &Realm, headers: &HeaderMap) -> Option<Value> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let token = realm.key.open(token.trim())?;
    let text = |name: &str| token.get(name).and_then(Value::as_str);
    let alive = token.get("exp")?.as_i64()? > realm.now().as_second();
    let signed_in = realm.memory().is_signed_in(text("sid")?, realm.now());
    if text("typ")? != "Bearer" || !alive || !signed_in {
        return None;
    }
    let subject = text("sub")?;
    let mut users = realm.options.users.iter();
    let user = users.find(|user| user.subject == subject)?;
    Some(claims::userinfo(user, text("scope")?))
}
