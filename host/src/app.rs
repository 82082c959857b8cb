//! The composition root: the only file that names every module.

mod policies;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::net::TcpListener;

use self::policies::Policies;
pub(crate) use self::policies::policy_takes_settings;
use crate::administration::{Administration, By};
use crate::clock::Clock;
use crate::config::{Config, ConfigErrors, Problem, directory_file};
use crate::directory::Unfit;
use crate::domain::{DatabaseUrl, Entropy, HostSettings, Provider, PublicUrl, Secret};
use crate::http::{self, Usher};
use crate::login::{Connection, Login, Refusals};
use crate::oidc::{Outbound, RelyingParty};
use crate::policy::{self, ActivePolicy, Compiler, Policy, Runtime, RuntimeOptions};
use crate::seal::{self, Vault};
use crate::store::Store;
use crate::{audit, sessions};

/// What a caller of the library may set beside the configuration.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Marks every page as a development service.
    pub development: bool,
    /// Whether this process is `usher serve` and nothing else: then it obeys SIGHUP, and starts
    /// its own program as a child to compile policies in.
    pub owns_process: bool,
    /// The time.
    pub clock: Clock,
    /// Randomness.
    pub entropy: Entropy,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            development: false,
            owns_process: false,
            clock: Clock::system(),
            entropy: system_entropy(),
        }
    }
}

impl Options {
    /// What compiles here: in another program's process, its executable is not ours to start.
    fn compiler(&self) -> Compiler {
        match self.owns_process {
            true => Compiler::in_child_of_this_program(),
            false => Compiler::in_process(),
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
    let listener = listen(&config, config.host.listen, "listen").await?;
    let options = Options {
        owns_process: true,
        ..Options::default()
    };
    serve_on(listener, config, options).await
}

async fn listen(
    config: &Config,
    address: SocketAddr,
    setting: &'static str,
) -> Result<TcpListener, ConfigErrors> {
    TcpListener::bind(address).await.map_err(|error| {
        let what = format!("cannot listen on {address}: {error}");
        let fix = "end what listens there (`ss -ltnp` names it), or choose another address";
        let problems = vec![Problem::new(what, config.place(None, setting), fix)];
        ConfigErrors {
            problems,
            warnings: Vec::new(),
        }
    })
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
    let ops = match config.host.ops_listen {
        Some(address) => Some(listen(&config, address, "ops_listen").await?),
        None => None,
    };
    let mut stop = Box::pin(stop_signal());
    let usher = tokio::select! {
        usher = build(config, options) => usher?,
        () = &mut stop => return Ok(()),
    };
    tracing::info!(
        listen = %listener.local_addr()?,
        public_url = usher.public_url.origin(),
        providers = usher.login.connections.len(),
        "ready"
    );
    tokio::spawn(housekeep(usher.clone()));
    if let Some(ops) = ops {
        tracing::info!(ops_listen = %ops.local_addr()?, "health and metrics");
        tokio::spawn(http::serve_ops(ops, usher.clone()));
    }
    http::serve(listener, usher, stop).await
}

/// Builds the service: store, secrets, relying parties and policies. Providers are not
/// contacted; they are found when they are needed. For as long as the service is there, its
/// policies are swapped when their files change.
///
/// # Errors
/// Everything that is missing or broken, each with the setting that names it and what to do:
/// [`ConfigErrors`].
pub async fn build(config: Config, options: Options) -> anyhow::Result<Usher> {
    let host = &config.host;
    let mut broken = Broken::default();
    let place = |path| config.place(None, path);
    if host.public_url.is_none() {
        let what = "public_url is not set: redirect URIs are made from it";
        let fix = "set it to what browsers see, such as https://login.example.com";
        broken.0.push(Problem::new(what, place("public_url"), fix));
    }
    let store = Store::open(&host.database_url).await;
    let store = broken.unless(store, place("database_url"));
    if let Some(file) = &host.directory_file {
        let applied = apply_directory(file, store.as_ref(), &options).await;
        broken.0.extend(applied.err().unwrap_or_default());
    }
    // No key is made next to what is no database of ours.
    let mut vault = None;
    if let Some(store) = &store {
        let opened = open_vault(host, store, &options.entropy).await;
        vault = broken.unless(opened, place("secret_key"));
    }
    let outbound = Outbound::new(host.oidc_ca_file.as_deref(), &host.oidc_allow_private);
    let outbound = broken.unless(outbound, place("oidc.ca_file"));
    let runtime = Runtime::start(RuntimeOptions::default())?;
    let kept = store.as_ref().zip(vault.as_ref());
    let loader = kept.map(|(store, vault)| Policies::new(&runtime, host, store, vault, options));
    let mut policies = Vec::new();
    for provider in &config.providers {
        let place = |path| config.place(Some(&provider.name), path);
        if let Some(store) = &store {
            let exists = require_default_company(provider, store).await;
            broken.unless(exists, place("default_company"));
        }
        let policy = match &loader {
            Some(loader) => loader.open(provider).await.map(Some),
            // Whatever else is broken: everything is said in one go.
            None => load_policy(provider, &runtime, &options.compiler()).map(|_| None),
        };
        policies.extend(broken.unless(policy, place("policy.module")).flatten());
    }
    let (Some(public_url), Some(store), Some(vault), Some(outbound), Some(loader), []) = (
        host.public_url.clone(),
        store,
        vault,
        outbound,
        loader,
        &broken.0[..],
    ) else {
        let (problems, warnings) = (broken.0, Vec::new());
        return Err(ConfigErrors { problems, warnings }.into());
    };
    let host = config.host;
    let connections = config.providers.into_iter().zip(policies);
    let login = Login {
        connections: connections
            .map(|(provider, policy)| connect(provider, policy, &public_url, &outbound))
            .collect(),
        store,
        vault,
        records: host.records.clone(),
        entropy: options.entropy,
        signed_out_url: public_url.join("/logout/done"),
        refusals: Refusals::default(),
    };
    for Connection {
        provider, policy, ..
    } in &login.connections
    {
        tokio::spawn(loader.clone().follow(provider.clone(), policy.clone()));
    }
    http::assemble(login, &host, public_url, options.clock, options.development)
}

/// What is found to be wrong while the service is built.
#[derive(Default)]
struct Broken(Vec<Problem>);

impl Broken {
    /// What is right; what is not is kept with the place of its setting.
    fn unless<T>(&mut self, result: anyhow::Result<T>, place: String) -> Option<T> {
        result
            .map_err(|error| self.0.push(Problem::of(&error, place)))
            .ok()
    }
}

fn connect(
    provider: Provider,
    policy: ActivePolicy,
    public_url: &PublicUrl,
    outbound: &Outbound,
) -> Connection {
    let provider = Arc::new(provider);
    let redirect_uri = public_url.callback(&provider.name);
    Connection {
        relying_party: RelyingParty::new(provider.clone(), redirect_uri, outbound),
        provider,
        policy,
    }
}

/// The provider's own policy, or the default one.
pub(crate) fn load_policy(
    provider: &Provider,
    runtime: &Runtime,
    compiler: &Compiler,
) -> anyhow::Result<Policy> {
    let limits = provider.policy.limits;
    let Some(path) = &provider.policy.module else {
        return Ok(runtime.load_by(compiler, policy::DEFAULT, limits)?);
    };
    let at = || format!("policy of provider {}: {}", provider.name, path.display());
    let bytes = policy::read(path, limits).with_context(at)?;
    runtime.load_by(compiler, &bytes, limits).with_context(at)
}

/// Creates what the directory file lists and is missing, before anything relies on it.
async fn apply_directory(
    file: &Path,
    store: Option<&Store>,
    options: &Options,
) -> Result<(), Vec<Problem>> {
    let (listed, mut problems) = directory_file::read(file);
    let Some(store) = store else {
        return Err(problems);
    };
    let administration = Administration {
        store: store.clone(),
        by: By::DirectoryFile,
        now: options.clock.now(),
        entropy: options.entropy,
    };
    let applied = match problems.as_slice() {
        [] => administration.apply(&listed).await.map(Some),
        _ => administration.try_out(&listed).await.map(|()| None),
    };
    let of = |place: &str, error: anyhow::Error| Problem::of(&error, place);
    match applied {
        Ok(Some(done)) => {
            for kept in &done.kept {
                tracing::warn!(place = kept.place, "directory file: {}; kept", kept.what);
            }
            let created = done.created.len();
            tracing::info!(file = %file.display(), created, "directory file applied");
            return Ok(());
        }
        Ok(None) => {}
        Err(Unfit::Store(error)) => problems.push(of(&file.display().to_string(), error.into())),
        Err(Unfit::Entries(entries)) => {
            let entries = entries.into_iter();
            problems.extend(entries.map(|(place, error)| of(&place, error.into())));
        }
    }
    Err(problems)
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

/// The vault that sealed what lies in the store. Another key would go unnoticed until
/// somebody asks for a record, and by then more is sealed with it.
pub(crate) async fn open_vault(
    host: &HostSettings,
    store: &Store,
    entropy: &Entropy,
) -> anyhow::Result<Vault> {
    let vault = Vault::open(&secret_key(host, entropy)?)?;
    if store.bind_key(&vault.key_id()).await? {
        return Ok(vault);
    }
    bail!(
        "this is not the key that sealed what lies in the database; restore that one (the file \
         beside the database, or USHER__SECRET_KEY); if it is lost, remove the row key_id of the \
         table meta, and recorded claims and open attempts stay unreadable"
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

/// Where policies are kept beside an embedded database.
pub fn policies_folder(database: &DatabaseUrl) -> Option<PathBuf> {
    let DatabaseUrl::Sqlite(path) = database else {
        return None;
    };
    let mut name = path.as_os_str().to_owned();
    name.push(".policies");
    Some(PathBuf::from(name))
}

/// Removes what has had its time, every ten minutes: attempts, sessions, used logout tokens,
/// recorded values.
async fn housekeep(usher: Usher) {
    let mut round = tokio::time::interval(HOUSEKEEPING);
    loop {
        round.tick().await;
        let (store, now) = (&usher.login.store, usher.clock.now());
        let swept = async {
            sessions::attempts::purge(store, now).await?;
            sessions::purge(store, &usher.session_life, now).await?;
            sessions::logout::purge(store, now).await?;
            audit::purge(store, now).await
        };
        if let Err(error) = swept.await {
            tracing::warn!(%error, "what is out of date could not be removed; trying again later");
        }
    }
}

const HOUSEKEEPING: Duration = Duration::from_secs(600);

/// Resolves on SIGTERM or Ctrl-C: listens from now on, not only once somebody waits.
fn stop_signal() -> impl Future<Output = ()> + Send + 'static {
    use tokio::signal::unix::{SignalKind, signal};

    let interrupt = signal(SignalKind::interrupt());
    let terminate = signal(SignalKind::terminate());
    async move {
        match (interrupt, terminate) {
            (Ok(mut interrupt), Ok(mut terminate)) => {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
            }
            // What cannot be listened for ends the process without asking.
            _ => std::future::pending().await,
        }
    }
}
