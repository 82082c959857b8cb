//! Usher, the sign-in service of a multi-tenant API server.
//!
//! It speaks OpenID Connect to an identity provider, hands the verified claims
//! to a sandboxed WebAssembly policy, and does what the policy decides.
//!
//! A sign-in is one function: [`login::Login::complete`].
//!
//! Another axum server mounts the service with [`router`] and protects its own handlers with
//! the extractor [`SignedIn`]; `host/examples/apiserver.rs` is one.

pub mod administration;
pub mod app;
pub mod audit;
pub mod cli;
pub mod clock;
pub mod config;
#[cfg(feature = "dev")]
pub mod dev;
pub mod directory;
pub mod doctor;
pub mod domain;
pub mod http;
pub mod login;
pub mod oidc;
pub mod policy;
pub mod seal;
pub mod sessions;
pub mod store;

pub use http::{SignedIn, Usher, router};
