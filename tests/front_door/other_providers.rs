//! Providers of another make, unchanged and as they come: sign-in, refusal, a rotation of keys,
//! sign-out here and there. What each does that Keycloak does not is in its own words below.

mod glewlwyd;
mod oidc_provider;
