//! The policies of the providers, from start to swap: what is loaded, what becomes of it, and
//! where that is written down (`policy.md` §6).

mod follow;
mod trial;

pub(crate) use self::trial::settings as policy_takes_settings;

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use jiff::Timestamp;

use super::Options;
use crate::audit;
use crate::domain::{
    Activation, AuditOutcome, HostSettings, Kind, PolicyId, Provider, Record, Reference,
    RefusedPolicy,
};
use crate::policy::{self, ActivePolicy, Compiler, Kept, LoadError, LoadStep, Policy, Runtime};
use crate::seal::Vault;
use crate::store::{Store, StoreError};

/// Loads policies and writes down what became of them. A clone is another handle.
#[derive(Clone)]
pub(super) struct Policies {
    runtime: Runtime,
    compiler: Arc<Compiler>,
    store: Store,
    options: Options,
}

/// A component that went through every step.
struct Candidate {
    policy: Policy,
    bytes: Vec<u8>,
}

/// Why a component is not loaded.
struct Refusal {
    error: LoadError,
    /// Of the file, where it could be read.
    sha256: Option<String>,
}

impl Refusal {
    /// Whether that was said of the same file already, in the same words.
    fn is_known_to(&self, active: &ActivePolicy) -> bool {
        active.refused().is_some_and(|known| {
            known.sha256 == self.sha256 && known.message == self.error.to_string()
        })
    }
}

impl Policies {
    /// A loader that keeps what it makes in a private folder beside the database.
    pub(super) fn new(
        runtime: &Runtime,
        host: &HostSettings,
        store: &Store,
        vault: &Vault,
        options: Options,
    ) -> Self {
        let mut compiler = options.compiler();
        if let Some(kept) = private_folder(host, vault) {
            compiler = compiler.keeping(kept);
        }
        Self {
            runtime: runtime.clone(),
            compiler: Arc::new(compiler),
            store: store.clone(),
            options,
        }
    }

    /// The policy of a provider at start: what its file holds. Where that is broken, the last
    /// one that was active from the same place.
    ///
    /// # Errors
    /// The file is broken and none is kept, or the store is unavailable.
    pub(super) async fn open(&self, provider: &Provider) -> anyhow::Result<ActivePolicy> {
        let before = self.store.policy(&provider.name).await?;
        // Another place is another policy: nobody's rules come back by a wrong setting.
        let before = before.filter(|before| before.path == provider.policy.module);
        let refusal = match self.candidate(provider, before.as_ref()).await {
            Ok(candidate) => return self.begin(provider, before, candidate).await,
            Err(refusal) => refusal,
        };
        let last_good = match &before {
            Some(before) => self.last_good(provider, before).await,
            None => None,
        };
        let (Some(before), Some(policy)) = (before, last_good) else {
            return Err(refusal.error).with_context(|| of(provider));
        };
        tracing::error!(
            provider = %provider.name,
            sha256 = policy.id().sha256,
            "started with the policy that was active before, because its file is not loaded now"
        );
        let active = ActivePolicy::new(policy, before.since, before.refused);
        self.refuse(provider, &active, refusal).await;
        Ok(active)
    }

    /// Takes what the file holds, and writes it down where that is news.
    async fn begin(
        &self,
        provider: &Provider,
        before: Option<Activation>,
        candidate: Candidate,
    ) -> anyhow::Result<ActivePolicy> {
        let now = self.now();
        let is_the_same = |before: &&Activation| before.policy == *candidate.policy.id();
        if let Some(before) = before.as_ref().filter(is_the_same) {
            let active = ActivePolicy::new(candidate.policy, before.since, None);
            if before.refused.is_some() {
                self.write(provider, &active, None).await?;
            }
            return Ok(active);
        }
        let active = ActivePolicy::new(candidate.policy, now, None);
        self.keep(provider, &candidate.bytes);
        // The built-in policy of a new installation is no event.
        let is_event = before.is_some() || provider.policy.module.is_some();
        let record = is_event.then(|| self.activated(provider, active.now().id(), now));
        self.write(provider, &active, record).await?;
        Ok(active)
    }

    /// What the file holds, loaded and tried out.
    async fn candidate(
        &self,
        provider: &Provider,
        before: Option<&Activation>,
    ) -> Result<Candidate, Refusal> {
        let bytes = read(provider).await?;
        let candidate = self.load(provider, bytes).await?;
        match trial::at_start(provider, &candidate.policy, before).await {
            Ok(()) => Ok(candidate),
            Err(error) => Err(Refusal {
                error,
                sha256: Some(candidate.policy.id().sha256.clone()),
            }),
        }
    }

    /// Compiles and links, where that delays nobody.
    async fn load(&self, provider: &Provider, bytes: Vec<u8>) -> Result<Candidate, Refusal> {
        let (runtime, compiler) = (self.runtime.clone(), self.compiler.clone());
        let limits = provider.policy.limits;
        let load = move || match runtime.load_by(&compiler, &bytes, limits) {
            Ok(policy) => Ok(Candidate { policy, bytes }),
            Err(error) => Err(Refusal {
                error,
                sha256: Some(policy::digest(&bytes)),
            }),
        };
        let loaded = tokio::task::spawn_blocking(load).await;
        loaded.unwrap_or_else(|error| Err(broke_down(&error)))
    }

    /// The component that was active before, if it is kept and takes the settings of today.
    async fn last_good(&self, provider: &Provider, before: &Activation) -> Option<Policy> {
        let bytes = self.compiler.kept()?.component(&before.policy.sha256)?;
        let policy = self.load(provider, bytes).await.ok()?.policy;
        let takes_settings = trial::settings(provider, &policy).await.is_ok();
        takes_settings.then_some(policy)
    }

    /// Keeps a component for the next start.
    fn keep(&self, provider: &Provider, bytes: &[u8]) {
        let Some(kept) = self.compiler.kept() else {
            return;
        };
        if let Err(error) = kept.keep_component(bytes) {
            tracing::warn!(
                provider = %provider.name, %error,
                "the policy could not be kept: should its file be broken at the next start, \
                 there is none to start with"
            );
        }
    }

    /// The running policy stays: says why once, in the log, in the audit log and to whoever
    /// asks for the state.
    async fn refuse(&self, provider: &Provider, active: &ActivePolicy, refusal: Refusal) {
        let is_news = !refusal.is_known_to(active);
        let Refusal { error, sha256 } = refusal;
        let step = error.step.to_string();
        let time = self.now();
        let message = error.to_string();
        tracing::warn!(
            provider = %provider.name,
            file = %place(provider),
            step,
            sha256 = sha256.as_deref().unwrap_or("unknown"),
            active = active.now().id().sha256,
            "{message}; the running one stays"
        );
        active.note_refused(Some(RefusedPolicy {
            time,
            step: step.clone(),
            message: message.clone(),
            sha256: sha256.clone(),
        }));
        let record = Record {
            provider: Some(provider.name.clone()),
            code: Some(step),
            detail: Some(message),
            policy: sha256.map(|sha256| PolicyId {
                sha256,
                contract: "unknown".to_owned(),
            }),
            ..self.record(time)
        };
        let record = is_news.then_some(record);
        if let Err(error) = self.write(provider, active, record).await {
            tracing::warn!(provider = %provider.name, %error, "the refusal is not recorded");
        }
    }

    /// Writes down what is active, and what happened, both or neither.
    async fn write(
        &self,
        provider: &Provider,
        active: &ActivePolicy,
        record: Option<Record>,
    ) -> Result<(), StoreError> {
        let state = Activation {
            provider: provider.name.clone(),
            path: provider.policy.module.clone(),
            policy: active.now().id().clone(),
            since: active.since(),
            refused: active.refused(),
        };
        self.write_state(&state, record).await
    }

    async fn write_state(
        &self,
        state: &Activation,
        record: Option<Record>,
    ) -> Result<(), StoreError> {
        let mut tx = self.store.begin().await?;
        tx.put_policy(state).await?;
        if let Some(record) = &record {
            audit::note(&mut tx, record).await?;
        }
        tx.commit().await
    }

    fn activated(&self, provider: &Provider, policy: &PolicyId, now: Timestamp) -> Record {
        Record {
            provider: Some(provider.name.clone()),
            outcome: AuditOutcome::Admitted,
            detail: Some(format!("activated: {}", place(provider))),
            policy: Some(policy.clone()),
            ..self.record(now)
        }
    }

    /// As the store keeps it, so that it is the same after a restart.
    fn now(&self) -> Timestamp {
        let now = self.options.clock.now();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    fn record(&self, now: Timestamp) -> Record {
        let reference = Reference::from_bytes(self.options.entropy.bytes());
        Record::new(reference, now, Kind::Policy)
    }
}

/// The folder beside an embedded database. Without it everything works, but slower.
fn private_folder(host: &HostSettings, vault: &Vault) -> Option<Kept> {
    let folder = super::policies_folder(&host.database_url)?;
    let vault = vault.clone();
    let kept = Kept::open(&folder, move |text| {
        vault.hmac("kept policies", text.as_bytes())
    });
    let unusable = |error: &std::io::Error| {
        tracing::warn!(
            folder = %folder.display(), %error,
            "policies are not kept: they are compiled at every start, and a broken file has no \
             predecessor then; let the user that runs Usher write there"
        );
    };
    kept.inspect_err(unusable).ok()
}

/// What the provider's file holds.
async fn read(provider: &Provider) -> Result<Vec<u8>, Refusal> {
    let Some(path) = provider.policy.module.clone() else {
        return Ok(policy::DEFAULT.to_vec());
    };
    let limits = provider.policy.limits;
    let read = tokio::task::spawn_blocking(move || policy::read(&path, limits)).await;
    match read {
        Ok(read) => read.map_err(|error| Refusal {
            error,
            sha256: None,
        }),
        Err(error) => Err(broke_down(&error)),
    }
}

/// A panic while a file is loaded is a fault of ours, and still says nothing to anybody else.
fn broke_down(error: &tokio::task::JoinError) -> Refusal {
    let words = format!("loading it broke down: {error}");
    let fix = "report it with the file; the log has the place";
    Refusal {
        error: LoadError::new(LoadStep::Parse, words, fix),
        sha256: None,
    }
}

fn place(provider: &Provider) -> String {
    let module = provider.policy.module.as_deref();
    module.map_or_else(
        || "built in".to_owned(),
        |path: &Path| path.display().to_string(),
    )
}

fn of(provider: &Provider) -> String {
    format!("policy of provider {}: {}", provider.name, place(provider))
}
