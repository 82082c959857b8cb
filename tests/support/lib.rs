//! What the front-door tests stand on: a browser-like visitor, a real browser, a real
//! Keycloak, and the binary under test, each started once it is asked for and gone
//! when the test process is, however that ends.

pub mod chromium;
pub mod clock;
pub mod glewlwyd;
pub mod guests;
pub mod keycloak;
pub mod oidc_provider;
pub mod parts;
pub mod provider;
pub mod server;
pub mod tied;
pub mod visitor;
