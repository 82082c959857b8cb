use std::ops::Deref;
use std::sync::Arc;

use super::assets::Assets;
use super::cookies::Cookies;
use super::limits::Limits;
use super::metrics::Metrics;
use super::pages::Site;
use super::security::SecurityHeaders;
use crate::clock::Clock;
use crate::domain::{PublicUrl, SessionLife};
use crate::login::Login;

/// The service: cheap to clone, made by [`app::build`](crate::app::build).
#[derive(Clone)]
pub struct Usher(Arc<State>);

/// What every handler may use.
pub struct State {
    /// The use case.
    pub login: Login,
    /// What browsers see.
    pub public_url: PublicUrl,
    /// How long sessions live.
    pub session_life: SessionLife,
    /// The time.
    pub clock: Clock,
    /// Whether health and metrics have a listener of their own.
    pub(super) ops_apart: bool,
    pub(super) metrics: Metrics,
    pub(super) limits: Limits,
    pub(super) cookies: Cookies,
    pub(super) security: SecurityHeaders,
    pub(super) site: Site,
    pub(super) assets: Assets,
}

impl Usher {
    pub(super) fn new(state: State) -> Self {
        Self(Arc::new(state))
    }
}

impl Deref for Usher {
    type Target = State;

    fn deref(&self) -> &State {
        &self.0
    }
}
