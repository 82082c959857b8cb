//! `usher dev`: the whole service with a development identity provider and sample data, on
//! loopback and nowhere else.

mod announce;
mod listen;
pub mod provider;
pub mod samples;
mod settings;
mod stop;

use std::path::PathBuf;

use anyhow::Context;
use axum::Router;
use tokio::net::TcpListener;

use self::listen::Loopback;
use self::provider::ProviderOptions;
use self::settings::Setup;
use self::stop::Stop;
use crate::app;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::{Entropy, Secret};
use crate::store::Store;

/// How to run `usher dev`.
#[derive(Debug, Clone)]
pub struct DevOptions {
    /// Where Usher listens, `IP:PORT` on loopback.
    pub listen: String,
    /// A policy to try instead of the default one.
    pub policy: Option<PathBuf>,
    /// Where the time comes from.
    pub clock: Clock,
    /// Where secrets, codes and cookies come from.
    pub entropy: Entropy,
}

impl DevOptions {
    /// Where Usher listens by default.
    pub const LISTEN: &str = "127.0.0.1:8080";
}

impl Default for DevOptions {
    fn default() -> Self {
        let app::Options { clock, entropy, .. } = app::Options::default();
        Self {
            listen: Self::LISTEN.to_owned(),
            policy: None,
            clock,
            entropy,
        }
    }
}

/// Runs until Ctrl-C, SIGTERM or SIGHUP, and leaves nothing behind.
///
/// The first line on standard output is the URL, the sample users follow.
///
/// # Errors
/// [`ConfigErrors`](crate::config::ConfigErrors) if the address is not on loopback or is
/// taken, or the policy cannot be read; else what failed.
pub async fn run(options: DevOptions) -> anyhow::Result<()> {
    let service = app::Options {
        development: true,
        owns_process: false,
        clock: options.clock,
        entropy: options.entropy,
    };
    let serve = async |listener, config| app::serve_on(listener, config, service).await;
    run_with(options, serve).await
}

/// The same with any service.
async fn run_with<S>(options: DevOptions, serve: S) -> anyhow::Result<()>
where
    S: AsyncFnOnce(TcpListener, Config) -> anyhow::Result<()>,
{
    // 1. Addresses first: everything else is made from them.
    let loopback = Loopback::parse(&options.listen)?;
    let mut stop = Stop::listen()?;
    let usher = loopback.bind().await?;
    let provider = loopback.any_port().bind().await?;

    // 2. A folder that goes with us, and what is configured.
    let data = tempfile::Builder::new().prefix("usher-dev-").tempdir();
    let data = data.context("no temporary folder could be made; set TMPDIR to one that can")?;
    let setup = Setup {
        usher: usher.local_addr()?,
        provider: provider.local_addr()?,
        client_secret: Secret::new(options.entropy.token()),
        data: data.path().to_owned(),
        policy: options.policy.clone(),
    };
    let config = setup.config()?;

    // 3. The sample directory and the provider.
    let store = Store::open(&config.host.database_url).await?;
    samples::seed(&store, options.clock.now()).await?;
    store.close().await;
    let router = router(setup.provider_options(&options)).await?;

    // 4. Serve both until one of them ends or somebody says stop.
    announce::announce(&setup);
    let ended = tokio::select! {
        ended = serve(usher, config) => ended,
        ended = axum::serve(provider, router) => ended.context("the identity provider failed"),
        () = stop.requested() => Ok(()),
    };
    data.close()
        .context("the temporary folder could not be removed")?;
    ended
}

/// The provider; its key takes a moment of pure computation.
async fn router(options: ProviderOptions) -> anyhow::Result<Router> {
    tokio::task::spawn_blocking(|| provider::router(options)).await?
}

#[cfg(test)]
mod tests;
