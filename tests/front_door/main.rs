//! Everything through the front door: one test binary.

mod acme;
mod agreement;
mod browser;
mod commands;
mod conformance;
mod crash;
mod dev;
mod doctor;
mod documents;
mod fuzz;
mod guest;
mod guests;
mod hygiene;
mod keycloak;
mod languages;
mod layers;
mod library;
mod limits;
mod operations;
mod other_providers;
mod pages;
mod refusals;
mod relying_party;
mod sessions;
mod sign_in;
mod snippets;
mod start;
mod swap;
mod tested;

/// The service under test.
const USHER: &str = env!("CARGO_BIN_EXE_usher-under-test");
