//! Handlers translate HTTP and nothing else.

pub(super) mod account;
pub(super) mod api;
pub(super) mod assets;
pub(super) mod callback;
pub(super) mod health;
pub(super) mod initiate;
pub(super) mod login;
pub(super) mod logout;
pub(super) mod metrics;
pub(super) mod provider;
pub(super) mod recovery;
pub(super) mod test;

pub(super) use self::callback::problem;
