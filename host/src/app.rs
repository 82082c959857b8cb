//! The composition root: the only file that names every module.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::net::TcpListener;

use crate::clock::Clock;
use crate::config::Config;
use crate::domain::{DatabaseUrl, Entropy, HostSettings, Provider, PublicUrl, Secret};
use crate::http::{self, Usher};
use crate::login::{Connection, Login};
use crate::oidc::{Outbound, RelyingParty};
use crate::policy::{self, Policy, Runtime, RuntimeOptions};
use crate::seal::{self, Vault};
use crate::store::Store;
use crate::{audit, sessions};

/// What a caller of the library may set beside the configuration.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Marks every page as a development service.
    pub development: bool,
    /// The time.
    pub clock: Clock,
    /// Randomness.
    pub entropy: Entropy,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            development: false,
            clock: Clock::system(),
            entropy: system_entropy(),
        }
    }
}

/// The operating system's randomness.
fn system_entropy() -> Entropy {
    Entropy::new(|bytes| {
        aws_lc_rs::rand::fill(bytes)
            .expect("the operating system gives randomness or nothing works");
    })
}

/// Runs the service at the configured address until it is told to stop.
///
/// # Errors
/// The address is taken, or the service cannot be built from this configuration.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    let address = config.host.listen;
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address} (USHER__LISTEN): is another service running there?")
    })?;
    serve_on(listener, config, Options::default()).await
}

/// Runs the service on a listener until it is told to stop.
///
/// # Errors
/// The service cannot be built from this configuration.
pub async fn serve_on(
    listener: TcpListener,
    config: Config,
    options: Options,
) -> anyhow::Result<()> {
    let usher = build(config, options).await?;
    tracing::info!(
        listen = %listener.local_addr()?,
        public_url = usher.public_url.origin(),
        providers = usher.login.connections.len(),
        "ready"
    );
    tokio::spawn(housekeep(usher.clone()));
    http::serve(listener, usher, stop_signal()).await
}

/// Builds the service: store, secrets, relying parties and policies. Providers are not
/// contacted; they are found when they are needed.
///
/// # Errors
/// What is missing or broken, the variable that names it, and what to do.
pub async fn build(config: Config, options: Options) -> anyhow::Result<Usher> {
    let host = config.host;
    let Some(public_url) = host.public_url.clone() else {
        bail!(
            "USHER__PUBLIC_URL is not set: it is the origin that browsers see, such as \
             https://login.example.com, and redirect URIs are made from it"
        );
    };
    let store = Store::open(&host.database_url).await?;
    let vault = Vault::open(&secret_key(&host, &options.entropy)?)?;
    let outbound = Outbound::new(host.oidc_ca_file.as_deref(), &host.oidc_allow_private)
        .context("USHER__OIDC__CA_FILE")?;
    let runtime = Runtime::start(RuntimeOptions::default())?;
    let mut connections = Vec::new();
    for provider in config.providers {
        require_default_company(&provider, &store).await?;
        connections.push(connect(provider, &public_url, &outbound, &runtime)?);
    }
    http::assemble(
        Login {
            connections,
            store,
            vault,
            records: host.records.clone(),
            entropy: options.entropy,
            signed_out_url: public_url.join("/logout/done"),
        },
        &host,
        public_url,
        options.clock,
        options.development,
    )
}

fn connect(
    provider: Provider,
    public_url: &PublicUrl,
    outbound: &Outbound,
    runtime: &Runtime,
) -> anyhow::Result<Connection> {
    let policy = load_policy(&provider, runtime)?;
    let provider = Arc::new(provider);
    let redirect_uri = public_url.join(&format!("/callback_{}", provider.name));
    Ok(Connection {
        relying_party: RelyingParty::new(provider.clone(), redirect_uri, outbound),
        provider,
        policy,
    })
}

/// The provider's own policy, or the default one.
fn load_policy(provider: &Provider, runtime: &Runtime) -> anyhow::Result<Policy> {
    let limits = provider.policy.limits;
    let Some(path) = &provider.policy.module else {
        return Ok(runtime.load(policy::DEFAULT, limits)?);
    };
    let at = || {
        format!(
            "policy of provider {}: {} (…oauth_client__{}__policy__module)",
            provider.name,
            path.display(),
            provider.name
        )
    };
    let bytes = std::fs::read(path).with_context(at)?;
    runtime.load(&bytes, limits).with_context(at)
}

/// A default company that does not exist would place everybody nowhere.
async fn require_default_company(provider: &Provider, store: &Store) -> anyhow::Result<()> {
    let Some(company) = &provider.default_company else {
        return Ok(());
    };
    if store.company_exists(company.as_str()).await? {
        return Ok(());
    }
    bail!(
        "default_company of provider {}: there is no company `{company}`; \
         create it with: usher company create --id {company} --name NAME",
        provider.name
    )
}

/// The configured key, or the one that is kept next to the database file.
fn secret_key(host: &HostSettings, entropy: &Entropy) -> anyhow::Result<Secret> {
    if let Some(key) = &host.secret_key {
        return Ok(key.clone());
    }
    match &host.database_url {
        DatabaseUrl::Sqlite(path) => seal::load_or_create_key(&key_file(path), entropy),
        DatabaseUrl::Postgres(_) => bail!("USHER__SECRET_KEY is required with PostgreSQL"),
    }
}

/// Where the key of an embedded database is kept.
pub fn key_file(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".key");
    PathBuf::from(name)
}

/// Removes what has had its time, every ten minutes: attempts, sessions, recorded values.
async fn housekeep(usher: Usher) {
    let mut round = tokio::time::interval(HOUSEKEEPING);
    loop {
        round.tick().await;
        let (store, now) = (&usher.login.store, usher.clock.now());
        let swept = async {
            sessions::attempts::purge(store, now).await?;
            sessions::purge(store, &usher.session_life, now).await?;
            audit::purge(store, now).await
        };
        if let Err(error) = swept.await {
            tracing::warn!(%error, "what is out of date could not be removed; trying again later");
        }
    }
}

const HOUSEKEEPING: Duration = Duration::from_secs(600);

/// Resolves on SIGTERM or Ctrl-C.
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};

    let interrupt = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => drop(interrupt.await),
    }
}
