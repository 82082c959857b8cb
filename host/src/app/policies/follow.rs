//! Swapping while people sign in: the file is looked at, and what it holds anew takes the
//! place of what runs.
//!
//! It is looked at by name twice a second rather than watched: that sees every change on every
//! file system, network and overlay ones too, and the links that Kubernetes swaps, and costs
//! one system call.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::trial::try_out;
use super::{Candidate, Policies, Refusal, read};
use crate::clock::Stopwatch;
use crate::domain::{Activation, Provider};
use crate::policy::{self, ActivePolicy, Fingerprint, LoadStep, case};

/// How often the file is looked at; it is taken once two looks found the same.
const LOOK: Duration = Duration::from_millis(400);
/// For how long a broken or missing file may be one that is just being copied.
const SETTLE: Duration = Duration::from_secs(2);

/// What one look at the file came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Done {
    /// The file is active, or refused.
    Yes,
    /// It may be on its way, or the store is down.
    TryAgain,
}

/// What is looked at: the file and, while its cases keep it out, they too.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    file: Option<Fingerprint>,
    cases: Vec<Fingerprint>,
}

impl Seen {
    fn now(path: &Path, active: &ActivePolicy) -> Self {
        Self {
            file: Fingerprint::of(path),
            cases: match waits_for_cases(active) {
                true => case::fingerprints(path),
                false => Vec::new(),
            },
        }
    }
}

/// Whether mended cases alone would let the file in.
fn waits_for_cases(active: &ActivePolicy) -> bool {
    let refused = active.refused();
    refused.is_some_and(|refused| refused.step == LoadStep::Cases.to_string())
}

impl Policies {
    /// Follows the file of a provider for as long as somebody else holds its policy. SIGHUP is
    /// listened for from now on: unheard, it would end the process.
    pub(in crate::app) fn follow(
        self,
        provider: Arc<Provider>,
        active: ActivePolicy,
    ) -> impl Future<Output = ()> + Send + 'static {
        let hangups = self.options.owns_process.then(hangups).flatten();
        async move {
            match provider.policy.module.clone() {
                Some(path) => self.follow_file(&provider, &active, &path, hangups).await,
                None => remain(&provider, hangups).await,
            }
        }
    }

    async fn follow_file(
        &self,
        provider: &Provider,
        active: &ActivePolicy,
        path: &Path,
        mut hangups: Option<Signal>,
    ) {
        let mut looks = tokio::time::interval(LOOK);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (mut seen, mut dealt_with) = (Seen::now(path, active), None);
        let mut stable = Stopwatch::start();
        loop {
            let told = tokio::select! {
                _ = looks.tick() => false,
                () = next(&mut hangups) => true,
            };
            if active.is_forgotten() {
                return;
            }
            let now = Seen::now(path, active);
            let changed = now != seen;
            if changed {
                (seen, stable) = (now, Stopwatch::start());
            }
            if !told && (changed || dealt_with.as_ref() == Some(&seen)) {
                continue;
            }
            let settled = told || stable.elapsed() >= SETTLE;
            let cases = case::fingerprints(path);
            let done = self.look(provider, active, settled, told).await;
            // What changed while it was loaded is looked at again.
            if done == Done::Yes && Fingerprint::of(path) == seen.file {
                seen.cases = match waits_for_cases(active) {
                    true => cases,
                    false => Vec::new(),
                };
                dealt_with = Some(seen.clone());
            }
        }
    }

    /// Takes what the file holds through every step of loading, beside the running policy.
    async fn look(
        &self,
        provider: &Provider,
        active: &ActivePolicy,
        settled: bool,
        told: bool,
    ) -> Done {
        let bytes = match read(provider).await {
            Ok(bytes) => bytes,
            Err(refusal) => return self.not_yet(provider, active, refusal, settled, told).await,
        };
        let sha256 = policy::digest(&bytes);
        if sha256 == active.now().id().sha256 {
            return self.is_active(provider, active, told).await;
        }
        let known = active.refused().and_then(|refused| refused.sha256);
        if !told && known.as_ref() == Some(&sha256) && !waits_for_cases(active) {
            return Done::Yes;
        }
        let candidate = match self.load(provider, bytes).await {
            Ok(candidate) => candidate,
            Err(refusal) => return self.not_yet(provider, active, refusal, settled, told).await,
        };
        if let Err(error) = try_out(provider, &candidate.policy).await {
            let sha256 = Some(sha256);
            let refusal = Refusal { error, sha256 };
            return self.not_yet(provider, active, refusal, settled, told).await;
        }
        self.swap(provider, active, candidate).await
    }

    /// Half a file looks like a broken one, and between two files there may be none: only what
    /// stays so is refused.
    async fn not_yet(
        &self,
        provider: &Provider,
        active: &ActivePolicy,
        refusal: Refusal,
        settled: bool,
        told: bool,
    ) -> Done {
        let step = refusal.error.step;
        // Cases are copied one after the other, before the component or after it.
        let may_be_on_its_way = matches!(step, LoadStep::Read | LoadStep::Parse | LoadStep::Cases);
        if may_be_on_its_way && !settled {
            return Done::TryAgain;
        }
        if told || !refusal.is_known_to(active) {
            self.refuse(provider, active, refusal).await;
        }
        Done::Yes
    }

    /// The file is the one that decides already.
    async fn is_active(&self, provider: &Provider, active: &ActivePolicy, told: bool) -> Done {
        if told {
            tracing::info!(
                provider = %provider.name,
                sha256 = active.now().id().sha256,
                "the policy is unchanged"
            );
        }
        if active.refused().is_some() {
            active.note_refused(None);
            tracing::info!(provider = %provider.name, "the file is the active policy again");
            if self.write(provider, active, None).await.is_err() {
                return Done::TryAgain;
            }
        }
        Done::Yes
    }

    /// Written down first, then swapped: after a crash in between the file is loaded again.
    async fn swap(&self, provider: &Provider, active: &ActivePolicy, candidate: Candidate) -> Done {
        let Candidate { policy, bytes } = candidate;
        let (now, id) = (self.now(), policy.id().clone());
        self.keep(provider, &bytes);
        let state = Activation {
            provider: provider.name.clone(),
            path: provider.policy.module.clone(),
            policy: id.clone(),
            since: now,
            refused: None,
        };
        let record = self.activated(provider, &id, now);
        if let Err(error) = self.write_state(&state, Some(record)).await {
            tracing::warn!(
                provider = %provider.name, %error,
                "the new policy waits: what is not recorded does not decide"
            );
            return Done::TryAgain;
        }
        let before = active.now().id().sha256.clone();
        active.swap(policy, now);
        tracing::info!(provider = %provider.name, sha256 = id.sha256, before, "policy swapped");
        self.tidy().await;
        Done::Yes
    }

    /// Forgets components that are long out of use.
    async fn tidy(&self) {
        let (Some(kept), Ok(active)) = (self.compiler.kept(), self.store.policies().await) else {
            return;
        };
        let active = active.into_iter().map(|active| active.policy.sha256);
        kept.tidy(&active.collect::<Vec<_>>());
    }
}

/// The built-in policy changes with the service only.
async fn remain(provider: &Provider, mut hangups: Option<Signal>) {
    while let Some(listening) = &mut hangups
        && listening.recv().await.is_some()
    {
        tracing::info!(provider = %provider.name, "the built-in policy is unchanged");
    }
}

fn hangups() -> Option<Signal> {
    let listening = signal(SignalKind::hangup());
    let deaf = |error: &std::io::Error| {
        tracing::warn!(%error, "SIGHUP is not heard; changed policies are noticed all the same");
    };
    listening.inspect_err(deaf).ok()
}

/// The next SIGHUP; never, where nobody listens for it.
async fn next(hangups: &mut Option<Signal>) {
    if let Some(hangups) = hangups
        && hangups.recv().await.is_some()
    {
        return;
    }
    std::future::pending().await
}
