//! HTTP: routes, handlers that translate and nothing else, pages.

mod account;
pub mod assets;
mod connections;
mod cookies;
pub mod csrf;
mod extract;
mod handlers;
mod layers;
mod limits;
mod metrics;
pub mod pages;
mod problem;
mod routes;
pub mod security;
mod state;
mod tested;

use std::future::Future;

use tokio::net::TcpListener;

pub use self::extract::{NotSignedIn, SignedIn};
pub use self::routes::{ops_router, router};
pub use self::state::{State, Usher};

use self::assets::Assets;
use self::connections::{PerConnection, Timed};
use self::cookies::Cookies;
use self::limits::Limits;
use self::metrics::Metrics;
use self::pages::Site;
use self::security::SecurityHeaders;
use crate::clock::Clock;
use crate::domain::{HostSettings, PublicUrl};
use crate::login::{Connection, Login};

/// Puts the pages around the use case.
///
/// # Errors
/// The brand's colours or logo cannot be used.
pub fn assemble(
    login: Login,
    host: &HostSettings,
    public_url: PublicUrl,
    clock: Clock,
    development: bool,
) -> anyhow::Result<Usher> {
    let assets = Assets::new(&host.brand)?;
    let connections = login.connections.clone();
    let form_targets = move || connections.iter().flat_map(form_targets_of).collect();
    Ok(Usher::new(State {
        login,
        session_life: host.session,
        cookies: Cookies::new(&public_url),
        security: SecurityHeaders::new(&public_url, form_targets),
        site: Site::new(&host.brand, assets.names(), development),
        assets,
        public_url,
        metrics: Metrics::new(),
        limits: Limits::new(&host.trusted_proxies),
        ops_apart: host.ops_listen.is_some(),
        clock,
    }))
}

/// Where forms may lead on to: somebody may sign out before the provider was found again after
/// a restart, so the origin of its issuer always counts.
fn form_targets_of(connection: &Connection) -> Vec<String> {
    let status = connection.relying_party.status();
    let issuer = url::Url::parse(&connection.provider.base_url).ok();
    let issuer = issuer.map(|url| url.origin().ascii_serialization());
    [
        issuer,
        status.authorization_origin,
        status.end_session_origin,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Serves until `stop` resolves, then lets requests under way finish.
///
/// # Errors
/// The listener broke.
pub async fn serve(
    listener: TcpListener,
    usher: Usher,
    stop: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    axum::serve(Timed(listener), PerConnection(router(&usher)))
        .with_graceful_shutdown(stop)
        .await?;
    Ok(())
}

/// Serves health and metrics as long as the process lives.
pub async fn serve_ops(listener: TcpListener, usher: Usher) {
    let service = PerConnection(ops_router(&usher));
    if let Err(error) = axum::serve(Timed(listener), service).await {
        tracing::error!(%error, "the listener for health and metrics broke");
    }
}
