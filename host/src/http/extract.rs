use axum::extract::{FromRef, FromRequestParts};
use axum::http::header::{ACCEPT, LOCATION};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use url::form_urlencoded::byte_serialize;

use super::Usher;
use super::problem::Problem;
use crate::domain::Code;
use crate::sessions::{self, Session};

/// The person behind a request: an extractor for handlers of this service and of any other
/// axum server whose state holds an [`Usher`].
///
/// Rights are read from the directory at every request, so they are always current. Whoever
/// is not signed in gets a redirect to the sign-in page if they are a browser that asks for a
/// page, else 401; while the store is down the answer is 503, never a guess.
///
/// ```
/// use usher::SignedIn;
///
/// async fn hello(SignedIn(session): SignedIn) -> String {
///     format!("{} of {}", session.user.name, session.company.name)
/// }
/// ```
#[derive(Debug, Clone)]
pub struct SignedIn(pub Session);

impl<S> FromRequestParts<S> for SignedIn
where
    Usher: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = NotSignedIn;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, NotSignedIn> {
        let usher = Usher::from_ref(state);
        match usher.session(&parts.headers).await {
            Ok(Some(session)) => Ok(Self(session)),
            Ok(None) => Err(NotSignedIn::nobody(parts)),
            Err(error) => {
                tracing::error!(%error, "a session could not be looked up");
                Err(NotSignedIn::Unavailable)
            }
        }
    }
}

impl Usher {
    /// The session that a request belongs to.
    ///
    /// # Errors
    /// The store is down.
    pub async fn session(
        &self,
        headers: &HeaderMap,
    ) -> Result<Option<Session>, crate::store::StoreError> {
        let Some(cookie) = self.cookies.session(headers) else {
            return Ok(None);
        };
        let now = self.clock.now();
        sessions::look_up(&self.login.store, cookie.expose(), &self.session_life, now).await
    }
}

/// Why there is no [`SignedIn`].
#[derive(Debug)]
pub enum NotSignedIn {
    /// A browser asks for a page: it may sign in and come back to this path.
    Page(String),
    /// A program, or a form: 401.
    Program,
    /// The store is down: 503.
    Unavailable,
}

impl NotSignedIn {
    fn nobody(parts: &Parts) -> Self {
        let accept = parts.headers.get(ACCEPT).and_then(|a| a.to_str().ok());
        let page = accept.is_some_and(|a| a.contains("text/html"));
        if !page || parts.method != axum::http::Method::GET {
            return Self::Program;
        }
        let place = parts
            .uri
            .path_and_query()
            .map_or("/", |place| place.as_str());
        Self::Page(place.to_owned())
    }
}

impl IntoResponse for NotSignedIn {
    fn into_response(self) -> Response {
        match self {
            Self::Page(place) => {
                let place: String = byte_serialize(place.as_bytes()).collect();
                let login = format!("/login?return_to={place}");
                (StatusCode::SEE_OTHER, [(LOCATION, login)]).into_response()
            }
            Self::Program => Problem::new(
                StatusCode::UNAUTHORIZED,
                "not_signed_in",
                "Sign in at /login; the session cookie is missing, unknown or has expired.",
            )
            .into_response(),
            Self::Unavailable => Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                Code::Unavailable.as_str(),
                "The session cannot be checked at the moment. Try again shortly.",
            )
            .into_response(),
        }
    }
}
